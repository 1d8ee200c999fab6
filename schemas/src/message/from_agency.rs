//! What agencies say (contract 3.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::list;
use super::{Attachment, JsonObject, Signature};
use crate::{AgencyId, Day, Line, MessageId, Moment, OrderCode, Prose};

/// `case.accepted.v1`: the agency registered the case.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseAccepted {
    /// The order.
    pub order_code: OrderCode,
    /// The agency's number for it.
    pub registration_number: Line<100>,
    /// When it was registered.
    pub registered_at: Moment,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// `case.returned.v1`: not ours.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseReturned {
    /// The order.
    pub order_code: OrderCode,
    /// When it was returned.
    pub returned_at: Moment,
    /// Why.
    pub reason: Prose<2000>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_agency: Option<AgencyId>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// `case.documents_requested.v1`: from an agency to kvit, and from kvit to the portal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseDocumentsRequested {
    /// The order.
    pub order_code: OrderCode,
    /// The agency's name for the request.
    pub request_id: MessageId,
    /// When it was made.
    pub requested_at: Moment,
    /// What is wanted.
    pub text: Prose<20000>,
    /// Until which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// `case.deadline_changed.v1`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseDeadlineChanged {
    /// The order.
    pub order_code: OrderCode,
    /// What happened to the term.
    pub kind: DeadlineChange,
    /// The new last day, where the agency names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Why.
    pub reason: Prose<2000>,
    /// When.
    pub changed_at: Moment,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// What can happen to a term.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineChange {
    /// A later last day.
    Extended,
    /// It stands still, as while a foreign body is queried (DOMAIN.md 4.3).
    Suspended,
    /// It runs again.
    Resumed,
}

/// `case.decided.v1`. Business key: order code and decision id.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseDecided {
    /// The order.
    pub order_code: OrderCode,
    /// The agency's name for the decision.
    pub decision_id: MessageId,
    /// What was decided.
    pub outcome: Outcome,
    /// When.
    pub decided_at: Moment,
    /// Title of the decision.
    pub title: Line<500>,
    /// Its text.
    pub text: Prose<20000>,
    /// Documents with it.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<Attachment>>")]
    pub documents: Vec<Attachment>,
    /// How the applicant gets the paper.
    pub delivery: DecisionDelivery,
    /// The agency's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// The current decision, where this one corrects it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// Administrative decisions (DOMAIN.md 4.4).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The procedure is performed.
    Granted,
    /// Refusal to perform it.
    Refused,
    /// Refusal to accept the application.
    NotAccepted,
}

impl Outcome {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::NotAccepted => "not_accepted",
        }
    }
}

/// How a decision reaches the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionDelivery {
    /// Through the cabinet.
    Electronic,
    /// On paper; the cabinet only tells of it.
    Paper,
}

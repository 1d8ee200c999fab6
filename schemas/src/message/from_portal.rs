//! What portals say (contract 3.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::list;
use super::{Attachment, JsonObject, Signature};
use crate::{
    ApplicantKind, Identification, Line, MessageId, Moment, Money, OrderCode, ProcedureCode, Prose,
    Region,
};

/// `application.submitted.v1`: a citizen ordered a procedure.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSubmitted {
    /// The order code the cabinet formed; the business key.
    pub order_code: OrderCode,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// When the applicant submitted it.
    pub submitted_at: Moment,
    /// Who applies.
    pub applicant: Applicant,
    /// How they proved who they are.
    pub identification: Identification,
    /// Language of the applicant, such as `be`.
    #[schemars(regex(pattern = "^[a-z]{2,3}$"))]
    pub language: Line<3>,
    /// What the portal told them to pay; absent when nothing is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// A right to pay less, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<Exemption>,
    /// The procedure's form, carried byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<JsonObject>,
    /// Documents with the application.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<Attachment>>")]
    pub attachments: Vec<Attachment>,
    /// The applicant's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// Who applies.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// Kind of person.
    pub kind: ApplicantKind,
    /// Identification number or UNP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Line<40>>,
    /// Name.
    pub name: Line<300>,
    /// Region whose agency is responsible.
    pub region: Region,
    /// Town or district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Line<200>>,
}

/// A right to pay less, or nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Of everything, or of a part.
    pub kind: ExemptionKind,
    /// The law or status it rests on.
    pub ground: Line<500>,
    /// The document that confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
}

/// How much an exemption takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExemptionKind {
    /// Nothing is due.
    Full,
    /// What the message's fee says is due.
    Partial,
}

/// `application.withdrawn.v1`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationWithdrawn {
    /// The order.
    pub order_code: OrderCode,
    /// When the applicant withdrew.
    pub withdrawn_at: Moment,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose<2000>>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// `receipt.attached.v1`: a claim to have paid, never money.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptAttached {
    /// The order.
    pub order_code: OrderCode,
    /// When it was attached.
    pub attached_at: Moment,
    /// What the applicant says of the payment.
    pub claim: Claim,
    /// The receipt.
    pub document: Attachment,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// What an applicant says of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Number of the operation, as on the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_number: Option<Line<64>>,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Moment>,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Who paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_name: Option<Line<300>>,
    /// How it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Line<100>>,
}

/// `documents.added.v1`: from a portal to kvit, and from kvit to the agency.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentsAdded {
    /// The order.
    pub order_code: OrderCode,
    /// When they were added.
    pub added_at: Moment,
    /// The request they answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<MessageId>,
    /// The documents.
    #[serde(default, deserialize_with = "list")]
    #[schemars(with = "Option<Vec<Attachment>>")]
    pub attachments: Vec<Attachment>,
    /// Words with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose<20000>>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// `decision.acknowledged.v1`: the cabinet has it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionAcknowledged {
    /// The order.
    pub order_code: OrderCode,
    /// The decision.
    pub decision_id: MessageId,
    /// When it was shown.
    pub shown_at: Moment,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

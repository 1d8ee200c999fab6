//! What kvit says to portals (contract 3.5), and refusals to whoever sent something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attachment, DecisionDelivery, Localized, Outcome, Signature};
use crate::{AgencyId, Day, FeedId, Line, MessageId, Moment, Money, OrderCode, Prose};

/// `case.status.v1`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseStatus {
    /// The order.
    pub order_code: OrderCode,
    /// Grows with each message about the order.
    pub revision: u64,
    /// Where the case stands.
    pub status: Status,
    /// Since when, by kvit's clock.
    pub at: Moment,
    /// The whole fee after exemption; absent when nothing is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Money>,
    /// What counts of it, never more than `due`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Money>,
    /// Why, where a party gave a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Last day of the agency's term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Day>,
}

/// Where a case stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing that counts was paid yet.
    AwaitingPayment,
    /// Something was, not enough.
    Underpaid,
    /// Enough, but not routed yet.
    Paid,
    /// At the agency.
    Routed,
    /// Registered by the agency.
    InWork,
    /// The agency decided.
    Decided,
    /// The applicant withdrew.
    Withdrawn,
    /// Not paid within the payment window.
    Expired,
    /// Money was taken back after the case went to the agency.
    PaymentReversed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AwaitingPayment,
        Self::Underpaid,
        Self::Paid,
        Self::Routed,
        Self::InWork,
        Self::Decided,
        Self::Withdrawn,
        Self::Expired,
        Self::PaymentReversed,
    ];

    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Underpaid => "underpaid",
            Self::Paid => "paid",
            Self::Routed => "routed",
            Self::InWork => "in_work",
            Self::Decided => "decided",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::PaymentReversed => "payment_reversed",
        }
    }
}

/// `decision.published.v1`. Receivers ignore fields they do not know.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DecisionPublished {
    /// The order.
    pub order_code: OrderCode,
    /// Grows with each message about the order.
    pub revision: u64,
    /// The agency's name for the decision.
    pub decision_id: MessageId,
    /// Who decided.
    pub agency: AgencyName,
    /// What was decided.
    pub outcome: Outcome,
    /// When.
    pub decided_at: Moment,
    /// Title of the decision.
    pub title: Line<500>,
    /// Its text.
    pub text: Prose<20000>,
    /// Documents with it.
    pub documents: Vec<Attachment>,
    /// How the applicant gets the paper.
    pub delivery: DecisionDelivery,
    /// The agency's signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// The decision this one corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
}

/// An agency as citizens read it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AgencyName {
    /// Its id.
    pub id: AgencyId,
    /// Its name.
    pub title: Localized,
}

/// `refund.due.v1`: kvit never moves money back; it says that a refund is due.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RefundDue {
    /// Kvit's name for the refund.
    pub refund_id: String,
    /// A later revision of the same refund replaces the earlier.
    pub revision: u64,
    /// Where it stands.
    pub state: RefundState,
    /// The order, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_code: Option<OrderCode>,
    /// The payment the money came with.
    pub payment: RefundPayment,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
}

/// The payment a refund belongs to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RefundPayment {
    /// The feed.
    pub feed: FeedId,
    /// The feed's name for it.
    pub payment_id: MessageId,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// To be paid back.
    Due,
    /// No longer.
    Cancelled,
    /// Paid back.
    Done,
}

impl RefundState {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }
}

/// Why money is to be paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// A part of the payment was more than the due.
    Overpaid,
    /// The whole payment was.
    SecondPayment,
    /// The applicant withdrew.
    Withdrawn,
    /// The application was not accepted.
    NotAccepted,
    /// The case expired, or the payment came after the window.
    Expired,
    /// Nothing was due.
    Exempt,
    /// It belongs to no order.
    Unmatched,
}

impl RefundReason {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overpaid => "overpaid",
            Self::SecondPayment => "second_payment",
            Self::Withdrawn => "withdrawn",
            Self::NotAccepted => "not_accepted",
            Self::Expired => "expired",
            Self::Exempt => "exempt",
            Self::Unmatched => "unmatched",
        }
    }
}

/// `message.refused.v1`, to whichever party sent it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MessageRefused {
    /// The message that was refused; absent when it had no id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_message_id: Option<String>,
    /// Its type, as it was given.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The stable code.
    #[schemars(regex(pattern = "^KV[0-9]{4}$"))]
    pub code: &'static str,
    /// What the code means.
    pub title: Localized,
    /// What exactly was wrong.
    pub detail: String,
    /// Where: a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The order it named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_code: Option<OrderCode>,
}

//! What kvit says to agencies (contract 3.3). Receivers ignore fields they do not know.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Applicant, Attachment, Claim, Evidence, Exemption, JsonObject, Localized, PaymentState,
    Signature,
};
use crate::{
    Day, FeedId, Identification, Line, MessageId, Moment, Money, OrderCode, ProcedureCode, Prose,
};

/// `case.assigned.v1`: a case to decide.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseAssigned {
    /// The order.
    pub order_code: OrderCode,
    /// Grows with each message about the order.
    pub revision: u64,
    /// What is applied for.
    pub procedure: AssignedProcedure,
    /// Who applies.
    pub applicant: Applicant,
    /// How they proved who they are.
    pub identification: Identification,
    /// A right to pay less, or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<Exemption>,
    /// The form, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<JsonObject>,
    /// Documents of the application.
    pub attachments: Vec<Attachment>,
    /// The applicant's signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Language of the applicant.
    pub language: Line<3>,
    /// What the assignment rests on.
    pub evidence: Evidence,
    /// The money.
    pub payment: AssignmentPayment,
    /// When the applicant submitted it.
    pub submitted_at: Moment,
    /// When kvit assigned it.
    pub assigned_at: Moment,
    /// Last day of the term.
    pub due_on: Day,
    /// What was found out about the signature.
    pub signature_check: SignatureCheck,
}

/// The procedure of an assignment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AssignedProcedure {
    /// Its code.
    pub code: ProcedureCode,
    /// Its title.
    pub title: Localized,
}

/// The money of an assignment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AssignmentPayment {
    /// The fee after exemption; absent when nothing is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Money>,
    /// What counts of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Money>,
    /// The payments, in the order in which they fill the due.
    pub payments: Vec<AssignedPayment>,
    /// What the applicant claims.
    pub receipts: Vec<Claim>,
}

/// One payment of an assignment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AssignedPayment {
    /// The feed.
    pub feed: FeedId,
    /// The feed's name for it.
    pub payment_id: MessageId,
    /// Its state.
    pub state: PaymentState,
    /// Its gross amount.
    pub amount: Money,
    /// When it was paid.
    pub paid_at: Moment,
}

/// What was found out about a signature.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SignatureCheck {
    /// The finding.
    pub status: SignatureStatus,
    /// Who signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// With which certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_serial: Option<String>,
}

/// Findings about a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureStatus {
    /// Checked and good.
    Valid,
    /// There is none.
    Absent,
    /// Carried, not checked.
    Unchecked,
}

/// `case.withdrawn.v1`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseWithdrawn {
    /// The order.
    pub order_code: OrderCode,
    /// Grows with each message about the order.
    pub revision: u64,
    /// When the applicant withdrew.
    pub withdrawn_at: Moment,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose<2000>>,
}

/// `case.payment_changed.v1`: the money of a routed case changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CasePaymentChanged {
    /// The order.
    pub order_code: OrderCode,
    /// Grows with each message about the order.
    pub revision: u64,
    /// What happened.
    pub kind: PaymentChange,
    /// How much it concerns.
    pub amount: Money,
    /// When kvit learnt of it.
    pub at: Moment,
    /// What is still missing of the due.
    pub remaining_due: Money,
}

/// What can happen to the money of a routed case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentChange {
    /// Money that counted was taken back.
    Reversed,
    /// Enough is there again.
    Restored,
    /// What was accepted or claimed is now credited.
    Confirmed,
    /// More than the due was paid.
    Overpaid,
}

impl PaymentChange {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reversed => "reversed",
            Self::Restored => "restored",
            Self::Confirmed => "confirmed",
            Self::Overpaid => "overpaid",
        }
    }
}

/// `case.deadline.v1`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseDeadline {
    /// The order.
    pub order_code: OrderCode,
    /// Grows with each message about the order.
    pub revision: u64,
    /// Last day of the term.
    pub due_on: Day,
    /// Why this is said.
    pub kind: DeadlineKind,
    /// Days left; negative when overdue.
    pub days: i64,
}

/// Why a deadline is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// It is near.
    Approaching,
    /// It has passed.
    Overdue,
    /// It is another day now.
    Changed,
}

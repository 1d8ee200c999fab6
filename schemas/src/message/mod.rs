//! The messages of the wire contract: what each says, and how bytes become one.

mod attachment;
mod canonical;
mod common;
mod decode;
mod event;
mod from_agency;
mod from_bank;
mod from_portal;
mod guard;
mod kind;
mod to_agency;
mod to_bank;
mod to_ops;
mod to_portal;
mod xml;

pub use attachment::{Attachment, AttachmentFault, Base64};
pub use canonical::{ContentHash, canonical_json};
pub use common::{Evidence, JsonObject, Localized, PaymentState, Signature};
pub use decode::{Inbound, Invalid, decode_json, decode_xml};
pub use event::{Attributes, DATA, InboundEvent, json_to_event};
pub use from_agency::{
    CaseAccepted, CaseDeadlineChanged, CaseDecided, CaseDocumentsRequested, CaseReturned,
    DeadlineChange, DecisionDelivery, Outcome,
};
pub use from_bank::{Payer, PaymentReported, References};
pub use from_portal::{
    Applicant, ApplicationSubmitted, ApplicationWithdrawn, Claim, DecisionAcknowledged,
    DocumentsAdded, Exemption, ExemptionKind, ReceiptAttached,
};
pub use guard::NESTING_MAX;
pub use kind::{MessageType, Sender};
pub use to_agency::{
    AssignedPayment, AssignedProcedure, AssignmentPayment, CaseAssigned, CaseDeadline,
    CasePaymentChanged, CaseWithdrawn, DeadlineKind, PaymentChange, SignatureCheck,
    SignatureStatus,
};
pub use to_bank::{FileError, FileOutcome, FileReport, RowCounts, SumReport};
pub use to_ops::{Alert, AlertKind};
pub use to_portal::{
    AgencyName, CaseStatus, DecisionPublished, MessageRefused, RefundDue, RefundPayment,
    RefundReason, RefundState, Status,
};
pub use xml::{NAMESPACE, json_to_xml, root_name, xml_to_json, xpath};

/// A message that kvit sends.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each variant is documented at its body")]
pub enum Outbound {
    CaseAssigned(Box<CaseAssigned>),
    CaseWithdrawn(CaseWithdrawn),
    CasePaymentChanged(CasePaymentChanged),
    CaseDeadline(CaseDeadline),
    DocumentsAdded(Box<DocumentsAdded>),
    MessageRefused(Box<MessageRefused>),
    CaseStatus(CaseStatus),
    DecisionPublished(Box<DecisionPublished>),
    CaseDocumentsRequested(Box<CaseDocumentsRequested>),
    RefundDue(RefundDue),
    FileReport(Box<FileReport>),
    Alert(Alert),
}

impl Outbound {
    /// Its type.
    pub fn kind(&self) -> MessageType {
        match self {
            Self::CaseAssigned(_) => MessageType::CaseAssigned,
            Self::CaseWithdrawn(_) => MessageType::CaseWithdrawn,
            Self::CasePaymentChanged(_) => MessageType::CasePaymentChanged,
            Self::CaseDeadline(_) => MessageType::CaseDeadline,
            Self::DocumentsAdded(_) => MessageType::DocumentsAdded,
            Self::MessageRefused(_) => MessageType::MessageRefused,
            Self::CaseStatus(_) => MessageType::CaseStatus,
            Self::DecisionPublished(_) => MessageType::DecisionPublished,
            Self::CaseDocumentsRequested(_) => MessageType::CaseDocumentsRequested,
            Self::RefundDue(_) => MessageType::RefundDue,
            Self::FileReport(_) => MessageType::FileReport,
            Self::Alert(_) => MessageType::AlertRaised,
        }
    }

    /// Its body as JSON.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::CaseAssigned(body) => serde_json::to_vec(body),
            Self::CaseWithdrawn(body) => serde_json::to_vec(body),
            Self::CasePaymentChanged(body) => serde_json::to_vec(body),
            Self::CaseDeadline(body) => serde_json::to_vec(body),
            Self::DocumentsAdded(body) => serde_json::to_vec(body),
            Self::MessageRefused(body) => serde_json::to_vec(body),
            Self::CaseStatus(body) => serde_json::to_vec(body),
            Self::DecisionPublished(body) => serde_json::to_vec(body),
            Self::CaseDocumentsRequested(body) => serde_json::to_vec(body),
            Self::RefundDue(body) => serde_json::to_vec(body),
            Self::FileReport(body) => serde_json::to_vec(body),
            Self::Alert(body) => serde_json::to_vec(body),
        }
    }
}

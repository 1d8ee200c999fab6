//! The types of messages, and who may send each.

use std::fmt;
use std::str::FromStr;

/// Kinds of party on the far side of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    /// A portal front end.
    Portal,
    /// A bank or payment system.
    Bank,
    /// An agency.
    Agency,
    /// Kvit itself: outbound messages.
    Kvit,
}

macro_rules! message_types {
    ($($name:ident = $text:literal from $($sender:ident)|+;)*) => {
        /// A message type of the contract, with its version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the names are those of the contract")]
        pub enum MessageType { $($name),* }

        impl MessageType {
            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The type as it stands in the AMQP property, such as `case.status.v1`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => concat!($text, ".v1")),* }
            }

            /// The type without its version, as routing keys spell it.
            pub fn without_version(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The kinds of party that send it.
            pub fn senders(self) -> &'static [Sender] {
                match self { $(Self::$name => &[$(Sender::$sender),+]),* }
            }
        }

        impl FromStr for MessageType {
            type Err = UnknownType;

            fn from_str(text: &str) -> Result<Self, UnknownType> {
                match text {
                    $(concat!($text, ".v1") => Ok(Self::$name),)*
                    _ => Err(UnknownType),
                }
            }
        }
    };
}

message_types! {
    ApplicationSubmitted = "application.submitted" from Portal;
    ApplicationWithdrawn = "application.withdrawn" from Portal;
    ReceiptAttached = "receipt.attached" from Portal;
    DocumentsAdded = "documents.added" from Portal | Kvit;
    DecisionAcknowledged = "decision.acknowledged" from Portal;
    PaymentReported = "payment.reported" from Bank;
    StatementFile = "statement.file" from Bank;
    CaseAccepted = "case.accepted" from Agency;
    CaseReturned = "case.returned" from Agency;
    CaseDocumentsRequested = "case.documents_requested" from Agency | Kvit;
    CaseDeadlineChanged = "case.deadline_changed" from Agency;
    CaseDecided = "case.decided" from Agency;
    CaseAssigned = "case.assigned" from Kvit;
    CaseWithdrawn = "case.withdrawn" from Kvit;
    CasePaymentChanged = "case.payment_changed" from Kvit;
    CaseDeadline = "case.deadline" from Kvit;
    MessageRefused = "message.refused" from Kvit;
    CaseStatus = "case.status" from Kvit;
    DecisionPublished = "decision.published" from Kvit;
    RefundDue = "refund.due" from Kvit;
    FileReport = "file.report" from Kvit;
    AlertRaised = "alert.raised" from Kvit;
}

/// No type of this name and version exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no message type of this name and version exists")]
pub struct UnknownType;

impl fmt::Display for MessageType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

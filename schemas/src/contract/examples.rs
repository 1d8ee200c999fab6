//! An example of each message, as JSON and as XML.

use crate::message::MessageType;

/// An example.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The body in JSON.
    pub json: &'static str,
    /// The same in XML.
    pub xml: &'static str,
}

macro_rules! examples {
    ($($name:ident = $text:literal;)*) => {
        /// The example of a message; `None` of a bank's file, which has a format of its own.
        pub fn example(kind: MessageType) -> Option<Example> {
            match kind {
                $(MessageType::$name => Some(Example {
                    json: include_str!(concat!("../../examples/json/", $text, ".v1.json")),
                    xml: include_str!(concat!("../../examples/xml/", $text, ".v1.xml")),
                }),)*
                MessageType::StatementFile => None,
            }
        }
    };
}

examples! {
    ApplicationSubmitted = "application.submitted";
    ApplicationWithdrawn = "application.withdrawn";
    ReceiptAttached = "receipt.attached";
    DocumentsAdded = "documents.added";
    DecisionAcknowledged = "decision.acknowledged";
    PaymentReported = "payment.reported";
    CaseAccepted = "case.accepted";
    CaseReturned = "case.returned";
    CaseDocumentsRequested = "case.documents_requested";
    CaseDeadlineChanged = "case.deadline_changed";
    CaseDecided = "case.decided";
    CaseAssigned = "case.assigned";
    CaseWithdrawn = "case.withdrawn";
    CasePaymentChanged = "case.payment_changed";
    CaseDeadline = "case.deadline";
    MessageRefused = "message.refused";
    CaseStatus = "case.status";
    DecisionPublished = "decision.published";
    RefundDue = "refund.due";
    FileReport = "file.report";
    AlertRaised = "alert.raised";
}

//! From bytes to a message, or to a refusal that its sender can act on.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::contract::shape::Shape;
use crate::contract::{self, Direction};
use crate::{Code, Moment, OrderCode};

/// A message from a party, decoded and checked for itself.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each variant is documented at its body")]
pub enum Inbound {
    ApplicationSubmitted(Box<ApplicationSubmitted>),
    ApplicationWithdrawn(Box<ApplicationWithdrawn>),
    ReceiptAttached(Box<ReceiptAttached>),
    DocumentsAdded(Box<DocumentsAdded>),
    DecisionAcknowledged(Box<DecisionAcknowledged>),
    PaymentReported(Box<PaymentReported>),
    CaseAccepted(Box<CaseAccepted>),
    CaseReturned(Box<CaseReturned>),
    CaseDocumentsRequested(Box<CaseDocumentsRequested>),
    CaseDeadlineChanged(Box<CaseDeadlineChanged>),
    CaseDecided(Box<CaseDecided>),
}

/// Why a body is no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The stable code.
    pub code: Code,
    /// JSON Pointer to the place (XPath, where the body is XML); empty for the whole body.
    pub pointer: String,
    /// What exactly is wrong.
    pub detail: String,
    /// The order that the body names, though the rest of it is refused.
    pub order_code: Option<OrderCode>,
}

impl Invalid {
    pub(super) fn whole(code: Code, detail: impl Into<String>) -> Self {
        Self { code, pointer: String::new(), detail: detail.into(), order_code: None }
    }

    pub(super) fn at(code: Code, pointer: &str, detail: impl ToString) -> Self {
        let (pointer, detail) = (pointer.to_owned(), detail.to_string());
        Self { code, pointer, detail, order_code: None }
    }
}

/// Runs `$do` with the body of any inbound message.
macro_rules! each {
    ($message:expr, $body:ident => $do:expr) => {
        match $message {
            Inbound::ApplicationSubmitted($body) => $do,
            Inbound::ApplicationWithdrawn($body) => $do,
            Inbound::ReceiptAttached($body) => $do,
            Inbound::DocumentsAdded($body) => $do,
            Inbound::DecisionAcknowledged($body) => $do,
            Inbound::PaymentReported($body) => $do,
            Inbound::CaseAccepted($body) => $do,
            Inbound::CaseReturned($body) => $do,
            Inbound::CaseDocumentsRequested($body) => $do,
            Inbound::CaseDeadlineChanged($body) => $do,
            Inbound::CaseDecided($body) => $do,
        }
    };
}

/// Reads a JSON body as a message of `kind`. `now` judges times that lie too far ahead.
///
/// # Errors
/// [`Invalid`], in the order in which the contract checks: syntax, nesting, keys, characters,
/// fields, then values, then values that contradict each other.
pub fn decode_json(kind: MessageType, body: &[u8], now: Moment) -> Result<Inbound, Invalid> {
    let text = strict_text(body)?;
    let Some(shape) = contract::shape(kind, Direction::In) else {
        return Err(no_body(kind));
    };
    let decoded = || {
        guard::check(text, shape)?;
        let message = read(kind, text).map_err(|failed| explained(failed, shape))?;
        message.check(now)?;
        Ok(message)
    };
    decoded().map_err(|invalid: Invalid| Invalid { order_code: named_order(text), ..invalid })
}

/// Reads an XML body, in the charset that the content type says, as a message of `kind`.
///
/// # Errors
/// As of JSON, with an XPath for a pointer.
pub fn decode_xml(
    kind: MessageType,
    (body, charset): (&[u8], Option<&str>),
    now: Moment,
) -> Result<Inbound, Invalid> {
    let spelling = (kind, Direction::In);
    let json = xml_to_json(spelling, body, charset)?;
    decode_json(kind, json.as_bytes(), now)
        .map_err(|invalid| Invalid { pointer: xpath(spelling, &invalid.pointer), ..invalid })
}

fn named_order(text: &str) -> Option<OrderCode> {
    #[derive(serde::Deserialize)]
    struct Named {
        order_code: Option<OrderCode>,
    }
    serde_json::from_str::<Named>(text).ok()?.order_code
}

/// The body as text: UTF-8 without a byte-order mark.
pub(super) fn strict_text(body: &[u8]) -> Result<&str, Invalid> {
    if body.starts_with(b"\xEF\xBB\xBF") {
        return Err(Invalid::whole(Code::MALFORMED, "the body begins with a byte-order mark"));
    }
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        Invalid::whole(Code::MALFORMED, format!("the body is not UTF-8 at byte {at}"))
    })
}

fn no_body(kind: MessageType) -> Invalid {
    let detail = format!("{kind} is no message that parties send with a body of the contract");
    Invalid::whole(Code::TYPE_UNKNOWN, detail)
}

/// A value that is not what its type wants: where, and serde's text of it.
enum Failed {
    Value { pointer: String, detail: String },
    Kind(MessageType),
}

fn read(kind: MessageType, text: &str) -> Result<Inbound, Failed> {
    use Inbound as I;
    use MessageType as T;
    Ok(match kind {
        T::ApplicationSubmitted => I::ApplicationSubmitted(parse(text)?),
        T::ApplicationWithdrawn => I::ApplicationWithdrawn(parse(text)?),
        T::ReceiptAttached => I::ReceiptAttached(parse(text)?),
        T::DocumentsAdded => I::DocumentsAdded(parse(text)?),
        T::DecisionAcknowledged => I::DecisionAcknowledged(parse(text)?),
        T::PaymentReported => I::PaymentReported(parse(text)?),
        T::CaseAccepted => I::CaseAccepted(parse(text)?),
        T::CaseReturned => I::CaseReturned(parse(text)?),
        T::CaseDocumentsRequested => I::CaseDocumentsRequested(parse(text)?),
        T::CaseDeadlineChanged => I::CaseDeadlineChanged(parse(text)?),
        T::CaseDecided => I::CaseDecided(parse(text)?),
        T::StatementFile
        | T::CaseAssigned
        | T::CaseWithdrawn
        | T::CasePaymentChanged
        | T::CaseDeadline
        | T::MessageRefused
        | T::CaseStatus
        | T::DecisionPublished
        | T::RefundDue
        | T::FileReport
        | T::AlertRaised => return Err(Failed::Kind(kind)),
    })
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<Box<T>, Failed> {
    serde_json::from_str(text).map(Box::new).map_err(|_| located::<T>(text))
}

/// Reads a second time, slowly, to learn where the first reading failed.
fn located<T: DeserializeOwned>(text: &str) -> Failed {
    let mut reader = serde_json::Deserializer::from_str(text);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut reader) else {
        return Failed::Value { pointer: String::new(), detail: "could not be read".to_owned() };
    };
    let pointer = error.path().iter().filter_map(pointer_segment).collect();
    let inner = error.inner();
    let place = format!(" at line {} column {}", inner.line(), inner.column());
    let said = inner.to_string();
    let detail = said.strip_suffix(&place).unwrap_or(&said).to_owned();
    Failed::Value { pointer, detail }
}

fn explained(failed: Failed, shape: &Shape) -> Invalid {
    let (mut pointer, detail) = match failed {
        Failed::Value { pointer, detail } => (pointer, detail),
        Failed::Kind(kind) => return no_body(kind),
    };
    let place = guard::place(shape, &pointer);
    if place.is_object && place.code == Some(Code::MONEY_MALFORMED) {
        // The currency has been read by then: the digits do not suit it.
        pointer.push_str("/amount");
    }
    let code = match place.code {
        _ if detail.contains("control character") => Code::CONTROL_CHARACTER,
        Some(code) => code,
        None => Code::FIELD_INVALID,
    };
    Invalid { code, pointer, detail, order_code: None }
}

fn pointer_segment(segment: &serde_path_to_error::Segment) -> Option<String> {
    use serde_path_to_error::Segment as S;
    match segment {
        S::Seq { index } => Some(format!("/{index}")),
        S::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        S::Enum { variant } => Some(format!("/{variant}")),
        S::Unknown => None,
    }
}

impl Inbound {
    /// Its type.
    pub fn kind(&self) -> MessageType {
        match self {
            Self::ApplicationSubmitted(_) => MessageType::ApplicationSubmitted,
            Self::ApplicationWithdrawn(_) => MessageType::ApplicationWithdrawn,
            Self::ReceiptAttached(_) => MessageType::ReceiptAttached,
            Self::DocumentsAdded(_) => MessageType::DocumentsAdded,
            Self::DecisionAcknowledged(_) => MessageType::DecisionAcknowledged,
            Self::PaymentReported(_) => MessageType::PaymentReported,
            Self::CaseAccepted(_) => MessageType::CaseAccepted,
            Self::CaseReturned(_) => MessageType::CaseReturned,
            Self::CaseDocumentsRequested(_) => MessageType::CaseDocumentsRequested,
            Self::CaseDeadlineChanged(_) => MessageType::CaseDeadlineChanged,
            Self::CaseDecided(_) => MessageType::CaseDecided,
        }
    }

    /// The order it names; a payment may name none.
    pub fn order_code(&self) -> Option<OrderCode> {
        match self {
            Self::ApplicationSubmitted(body) => Some(body.order_code),
            Self::ApplicationWithdrawn(body) => Some(body.order_code),
            Self::ReceiptAttached(body) => Some(body.order_code),
            Self::DocumentsAdded(body) => Some(body.order_code),
            Self::DecisionAcknowledged(body) => Some(body.order_code),
            Self::PaymentReported(body) => body.order_code,
            Self::CaseAccepted(body) => Some(body.order_code),
            Self::CaseReturned(body) => Some(body.order_code),
            Self::CaseDocumentsRequested(body) => Some(body.order_code),
            Self::CaseDeadlineChanged(body) => Some(body.order_code),
            Self::CaseDecided(body) => Some(body.order_code),
        }
    }

    /// Equal for the same type and the same decoded values, however they were spelled.
    pub fn content_hash(&self) -> ContentHash {
        fn hash<T: Serialize>(kind: MessageType, body: &T) -> ContentHash {
            // Spelling a decoded message cannot fail: it was read from JSON.
            let json = canonical_json(body).unwrap_or_default();
            ContentHash::of(&[kind.as_str().as_bytes(), &json])
        }
        let kind = self.kind();
        each!(self, body => hash(kind, body))
    }

    /// The body as JSON, for keeping.
    ///
    /// # Errors
    /// Never for a decoded message.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        each!(self, body => serde_json::to_vec(body))
    }

    /// All attachments, each with the pointer to it.
    pub fn attachments(&self) -> Vec<(String, &Attachment)> {
        fn listed<'a>(name: &str, all: &'a [Attachment]) -> Vec<(String, &'a Attachment)> {
            all.iter().enumerate().map(|(at, one)| (format!("/{name}/{at}"), one)).collect()
        }
        match self {
            Self::ApplicationSubmitted(body) => {
                let mut all = listed("attachments", &body.attachments);
                let document = body.exemption.as_ref().and_then(|it| it.document.as_ref());
                all.extend(document.map(|one| ("/exemption/document".to_owned(), one)));
                all
            }
            Self::ReceiptAttached(body) => vec![("/document".to_owned(), &body.document)],
            Self::DocumentsAdded(body) => listed("attachments", &body.attachments),
            Self::CaseDecided(body) => listed("documents", &body.documents),
            Self::ApplicationWithdrawn(_)
            | Self::DecisionAcknowledged(_)
            | Self::PaymentReported(_)
            | Self::CaseAccepted(_)
            | Self::CaseReturned(_)
            | Self::CaseDocumentsRequested(_)
            | Self::CaseDeadlineChanged(_) => Vec::new(),
        }
    }

    /// The moment the sender says it happened, with the pointer to it.
    fn said_at(&self) -> (&'static str, Moment) {
        match self {
            Self::ApplicationSubmitted(body) => ("/submitted_at", body.submitted_at),
            Self::ApplicationWithdrawn(body) => ("/withdrawn_at", body.withdrawn_at),
            Self::ReceiptAttached(body) => ("/attached_at", body.attached_at),
            Self::DocumentsAdded(body) => ("/added_at", body.added_at),
            Self::DecisionAcknowledged(body) => ("/shown_at", body.shown_at),
            Self::PaymentReported(body) => ("/paid_at", body.paid_at),
            Self::CaseAccepted(body) => ("/registered_at", body.registered_at),
            Self::CaseReturned(body) => ("/returned_at", body.returned_at),
            Self::CaseDocumentsRequested(body) => ("/requested_at", body.requested_at),
            Self::CaseDeadlineChanged(body) => ("/changed_at", body.changed_at),
            Self::CaseDecided(body) => ("/decided_at", body.decided_at),
        }
    }

    fn check(&self, now: Moment) -> Result<(), Invalid> {
        const AHEAD_SECONDS_MAX: i64 = 24 * 60 * 60;
        let claimed =
            if let Self::ReceiptAttached(body) = self { body.claim.paid_at } else { None };
        let claimed = claimed.map(|at| ("/claim/paid_at", at));
        for (pointer, at) in std::iter::once(self.said_at()).chain(claimed) {
            if at > now.plus_seconds(AHEAD_SECONDS_MAX) {
                let detail = format!("{at} is more than a day in the future");
                return Err(Invalid::at(Code::TIME_IN_FUTURE, pointer, detail));
            }
        }
        if let Self::ApplicationSubmitted(body) = self {
            let language = body.language.as_str();
            if language.len() < 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let detail = format!("{language:?} is not the code of a language, such as be");
                return Err(Invalid::at(Code::FIELD_INVALID, "/language", detail));
            }
        }
        for (pointer, attachment) in self.attachments() {
            attachment.check().map_err(|fault| {
                let (code, member) = match fault {
                    AttachmentFault::Content(member) => (Code::ATTACHMENT_MISMATCH, member),
                    AttachmentFault::Source => (Code::ATTACHMENT_INVALID, ""),
                    AttachmentFault::Sha256 => (Code::ATTACHMENT_INVALID, "sha256"),
                    AttachmentFault::Url => (Code::ATTACHMENT_INVALID, "url"),
                };
                let slash = if member.is_empty() { "" } else { "/" };
                Invalid::at(code, &format!("{pointer}{slash}{member}"), fault)
            })?;
        }
        match self {
            Self::PaymentReported(body) => check_payment(body),
            Self::ApplicationSubmitted(body) => check_application(body),
            Self::ApplicationWithdrawn(_)
            | Self::ReceiptAttached(_)
            | Self::DocumentsAdded(_)
            | Self::DecisionAcknowledged(_)
            | Self::CaseAccepted(_)
            | Self::CaseReturned(_)
            | Self::CaseDocumentsRequested(_)
            | Self::CaseDeadlineChanged(_)
            | Self::CaseDecided(_) => Ok(()),
        }
    }
}

fn check_payment(body: &PaymentReported) -> Result<(), Invalid> {
    if body.amount.is_zero() {
        return Err(Invalid::at(Code::PAYMENT_ZERO, "/amount/amount", "a payment of nothing"));
    }
    match body.withheld {
        Some(withheld) if withheld.currency() != body.amount.currency() => {
            let detail = "withheld is in another currency than amount";
            Err(Invalid::at(Code::MONEY_MALFORMED, "/withheld/currency", detail))
        }
        Some(withheld) if withheld > body.amount => {
            let detail = "more is withheld than was paid";
            Err(Invalid::at(Code::MONEY_MALFORMED, "/withheld/amount", detail))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_application(body: &ApplicationSubmitted) -> Result<(), Invalid> {
    let organisation = body.applicant.kind == crate::ApplicantKind::Organisation;
    if organisation && body.identification == crate::Identification::UniqueId {
        let detail = "an organisation has no unique identifier";
        return Err(Invalid::at(Code::IDENTIFICATION_TOO_LOW, "/identification", detail));
    }
    if body.exemption.as_ref().is_some_and(|it| it.kind == ExemptionKind::Partial)
        && body.fee.is_none()
    {
        let detail = "a partial exemption says in fee what is still due";
        return Err(Invalid::at(Code::FEE_DISAGREES, "/fee", detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

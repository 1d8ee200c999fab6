//! The closed list of refusal codes. Each is one cause; its page says the cure.

mod be;
mod en;
mod ru;

use std::fmt;

use crate::message::Localized;

macro_rules! codes {
    ($($number:literal $name:ident $doc:literal;)*) => {
        impl Code {
            $(#[doc = $doc] pub const $name: Self = Self($number);)*

            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self($number)),*];

            /// The code as messages spell it, such as `KV1101`.
            pub fn as_str(self) -> &'static str {
                match self.0 {
                    $($number => concat!("KV", stringify!($number)),)*
                    _ => "KV0000",
                }
            }
        }
    };
}

/// A stable code of a refusal, a conflict or a row that could not be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

codes! {
    1001 BODY_TOO_LARGE "The message is too large.";
    1002 SENDER_UNKNOWN "The sender is not known.";
    1003 MESSAGE_ID_INVALID "The message id is missing or not valid.";
    1004 TYPE_UNKNOWN "The message type is not known.";
    1005 CONTENT_TYPE_UNSUPPORTED "The content type is not supported.";
    1006 CONTENT_ENCODING_INVALID "The content encoding is not supported or damaged.";
    1007 TYPE_NOT_YOURS "This party does not send this type.";
    1008 ROUTING_KEY_DISAGREES "The routing key disagrees with the message.";
    1009 ENVELOPE_DISAGREES "The envelope disagrees with the body.";
    1101 MALFORMED "The body cannot be read.";
    1102 TOO_DEEP "The body is nested too deeply or has too many parts.";
    1103 DUPLICATE_KEY "A field stands twice.";
    1104 CONTROL_CHARACTER "A text holds a control character.";
    1105 FIELD_UNKNOWN "A field is not known.";
    1106 FIELD_MISSING "A required field is missing.";
    1107 FIELD_INVALID "A field's value is not valid.";
    1108 ORDER_CODE_MALFORMED "The order code is malformed.";
    1109 MONEY_MALFORMED "An amount is malformed.";
    1110 PAYMENT_ZERO "A payment of nothing.";
    1111 TIME_IN_FUTURE "A time lies more than a day in the future.";
    1112 ATTACHMENT_MISMATCH "A document disagrees with its description.";
    1113 ATTACHMENT_INVALID "A document is not described as it must be.";
    1201 MESSAGE_ID_REUSED "The message id was used for other content.";
    1202 APPLICATION_CONFLICT "The order code has another application.";
    1203 PAYMENT_CONFLICT "The payment is known with other values.";
    1204 DECISION_CONFLICT "The decision is known with other content.";
    1205 DECISION_NOT_CURRENT "Another decision is the current one.";
    1206 REQUEST_CONFLICT "The request is known with other content.";
    1301 FEED_NOT_YOURS "The feed is not this bank's.";
    1302 STATE_NOT_ASSERTED "The feed may not assert this state.";
    1303 ORDER_NOT_YOURS "The order is not known or not yours.";
    1304 DECISION_UNKNOWN "The decision is not known.";
    1401 PROCEDURE_UNKNOWN "The procedure is not known.";
    1402 ROUTE_UNKNOWN "No agency is responsible there.";
    1403 IDENTIFICATION_TOO_LOW "The level of identification is too low.";
    1404 FEE_DISAGREES "The fee disagrees with the catalogue.";
    1405 CASE_DECIDED "The case is decided already.";
    1406 TOO_MANY "The order has too many of these.";
    1407 STATE_FORBIDS "The state of the case does not allow it.";
    1408 APPLICANT_NOT_ADMITTED "The procedure is not open to this kind of applicant.";
    1501 FILE_UNREADABLE "The file cannot be read in its format.";
    1502 FILE_TOTALS_DISAGREE "The file's control totals disagree with its rows.";
    1503 FILE_NOT_OURS "The file is for another account, taxpayer or service.";
    1504 FILE_CONFLICT "The statement is known with other content.";
    1505 FILE_NAME_MISSING "The file has no name.";
    1511 ROW_UNREADABLE "A row of a file cannot be read.";
    1601 DEAD_LETTERED "The broker gave up delivering the message.";
    1701 DEFECT "Kvit failed on this message.";
}

/// What a code says in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Texts {
    title: &'static str,
    cause: &'static str,
    cure: &'static str,
}

const NO_TEXTS: Texts = Texts { title: "", cause: "", cure: "" };

impl Code {
    /// What the code means, in the three languages of those who read it.
    pub fn title(self) -> Localized {
        self.localized(|texts| texts.title)
    }

    /// What must have happened.
    pub fn cause(self) -> Localized {
        self.localized(|texts| texts.cause)
    }

    /// What the sender, or the operator, can do.
    pub fn cure(self) -> Localized {
        self.localized(|texts| texts.cure)
    }

    fn localized(self, which: fn(&Texts) -> &'static str) -> Localized {
        let of = |texts: &[(u16, Texts)]| {
            // A test looks that every code has its texts.
            let found = texts.iter().find(|(number, _)| *number == self.0);
            which(found.map_or(&NO_TEXTS, |(_, texts)| texts)).to_owned()
        };
        Localized { be: of(be::TEXTS), ru: of(ru::TEXTS), en: of(en::TEXTS) }
    }

    /// True when the message contradicts what was applied before, rather than being wrong.
    pub fn is_conflict(self) -> bool {
        (1200..1300).contains(&self.0) || self == Self::FILE_CONFLICT
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// No such code exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such code exists")]
pub struct UnknownCode;

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

crate::text::serde_by_text!(Code, "Code", { "type": "string", "pattern": "^KV[0-9]{4}$" });

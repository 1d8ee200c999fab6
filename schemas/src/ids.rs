//! Names of parties and things: short, checked, never mixed up with each other.

use std::fmt;
use std::str::FromStr;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a party's or feed's id.
    #[error("an id is 1 to 40 of a-z, 0-9 and -, not beginning with -")]
    Party,
    /// Not a message id.
    #[error("an id here is 1 to 128 visible ASCII characters")]
    Visible,
    /// Not a procedure's code.
    #[error("a procedure code is 1 to 20 of 0-9, a-z, A-Z, . and -")]
    Procedure,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:expr, $error:expr, $json:tt) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err($error) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        crate::text::serde_by_text!($name, stringify!($name), $json);
    };
}

fn is_party(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

fn is_visible(text: &str) -> bool {
    // Looking at every byte goes many at a time.
    (1..=128).contains(&text.len())
        && text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic())
}

fn is_procedure(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'.' || c == b'-')
}

id!(/// A portal front end.
    PortalId, is_party, IdError::Party,
    { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$" });
id!(/// A bank or payment system.
    BankId, is_party, IdError::Party,
    { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$" });
id!(/// One stream of payment reports of a bank or payment system.
    FeedId, is_party, IdError::Party,
    { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$" });
id!(/// An agency that decides cases.
    AgencyId, is_party, IdError::Party,
    { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$" });
id!(/// A person who operates kvit.
    OperatorId, is_party, IdError::Party,
    { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$" });
id!(/// The idempotency key of a message, and any other party's name for a thing of its own
    /// (payment, decision, request): 1 to 128 visible ASCII characters.
    MessageId, is_visible, IdError::Visible,
    { "type": "string", "pattern": "^[!-~]{1,128}$" });
id!(/// The code of an administrative procedure, such as `5.9` or `18.19.1`.
    ProcedureCode, is_procedure, IdError::Procedure,
    { "type": "string", "pattern": "^[0-9A-Za-z.-]{1,20}$" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_alphabets() {
        assert!("mns-1".parse::<AgencyId>().is_ok());
        for wrong in ["", "-a", "Big", "a_b", &"a".repeat(41)] {
            assert_eq!(wrong.parse::<AgencyId>(), Err(IdError::Party), "{wrong}");
        }
        assert!("a b".parse::<MessageId>().is_err());
        assert!("x".repeat(128).parse::<MessageId>().is_ok());
        assert!("18.19.1".parse::<ProcedureCode>().is_ok());
    }
}

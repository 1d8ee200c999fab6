//! The order code: what a citizen quotes when paying, and what names a case everywhere.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Thirty ASCII digits, leading zeros kept. Holding one proves that it was checked.
///
/// Nothing public says more of its structure than its length (DOMAIN.md 3), so nothing more is
/// assumed here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderCode([u8; Self::DIGITS]);

/// Why a text is no order code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderCodeError {
    /// Not thirty bytes long; holds the length found.
    #[error("an order code has exactly 30 digits, this has {0} bytes")]
    Length(usize),
    /// A byte that is no ASCII digit, at this offset.
    #[error("an order code holds ASCII digits only, byte {at} is none")]
    NotADigit {
        /// Offset of the first such byte.
        at: usize,
    },
}

impl OrderCode {
    /// How many digits an order code has.
    pub const DIGITS: usize = 30;

    /// The digits as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The code whose digits these bytes hold, whatever stands between them.
    pub(crate) fn gathered(bytes: &[u8]) -> Option<Self> {
        let mut digits = [0; Self::DIGITS];
        let mut count = 0;
        for &byte in bytes {
            if byte.is_ascii_digit() {
                *digits.get_mut(count)? = byte;
                count += 1;
            }
        }
        (count == Self::DIGITS).then_some(Self(digits))
    }

    /// The digits as one number below 10^30: the short form of index keys.
    pub fn to_number(self) -> u128 {
        self.0.iter().fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0'))
    }

    /// The code whose digits spell `number`; `None` at 10^30 and above.
    pub fn from_number(mut number: u128) -> Option<Self> {
        let mut digits = [b'0'; Self::DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(number % 10).ok()?;
            number /= 10;
        }
        (number == 0).then_some(Self(digits))
    }
}

impl FromStr for OrderCode {
    type Err = OrderCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Ok(digits) = <[u8; Self::DIGITS]>::try_from(text.as_bytes()) else {
            return Err(OrderCodeError::Length(text.len()));
        };
        match digits.iter().position(|byte| !byte.is_ascii_digit()) {
            Some(at) => Err(OrderCodeError::NotADigit { at }),
            None => Ok(Self(digits)),
        }
    }
}

impl fmt::Display for OrderCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for OrderCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl serde::Serialize for OrderCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.as_str())
        } else {
            self.to_number().serialize(serializer)
        }
    }
}

impl<'de> serde::Deserialize<'de> for OrderCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            crate::text::parsed(deserializer)
        } else {
            let number = u128::deserialize(deserializer)?;
            Self::from_number(number)
                .ok_or_else(|| serde::de::Error::custom("a stored order code is out of range"))
        }
    }
}

impl JsonSchema for OrderCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OrderCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[0-9]{30}$",
            "description": "Exactly 30 ASCII digits; leading zeros are significant."
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_thirty_ascii_digits_are_a_code() {
        assert_eq!("0".repeat(29).parse::<OrderCode>(), Err(OrderCodeError::Length(29)));
        assert_eq!("0".repeat(31).parse::<OrderCode>(), Err(OrderCodeError::Length(31)));
        let mut letter = "0".repeat(30);
        letter.replace_range(4..5, "O");
        assert_eq!(letter.parse::<OrderCode>(), Err(OrderCodeError::NotADigit { at: 4 }));
        // Arabic-Indic digits are digits to Unicode, not to us.
        assert_eq!("٠".repeat(15).parse::<OrderCode>(), Err(OrderCodeError::NotADigit { at: 0 }));
        assert_eq!(OrderCode::from_number(10_u128.pow(30)), None);
    }

    proptest! {
        #[test]
        fn text_and_number_say_the_same(text in "[0-9]{30}") {
            let code: OrderCode = text.parse().unwrap();
            prop_assert_eq!(code.to_string(), text);
            prop_assert_eq!(OrderCode::from_number(code.to_number()), Some(code));
        }
    }
}

//! Bounded text, and how values that are spelled as text meet serde.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// One line: 1 to `MAX` characters, none of them a control character.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line<const MAX: usize>(Box<str>);

/// Text of several lines: up to `MAX` characters; of the control characters only tab and line
/// ends are allowed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prose<const MAX: usize>(Box<str>);

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Empty, or over the limit.
    #[error("must have 1 to {max} characters, has {found}")]
    Length {
        /// The most characters allowed.
        max: usize,
        /// The characters found.
        found: usize,
    },
    /// A control character.
    #[error("holds the control character U+{0:04X}")]
    Control(u32),
}

fn bounded(text: &str, max: usize, control: impl Fn(char) -> bool) -> Result<(), TextError> {
    let found = if text.len() <= max { text.len() } else { text.chars().count() };
    if text.is_empty() || found > max {
        return Err(TextError::Length { max, found });
    }
    match text.chars().find(|&c| control(c)) {
        Some(c) => Err(TextError::Control(u32::from(c))),
        None => Ok(()),
    }
}

/// True for characters that no value may hold: U+0000–U+001F and U+007F–U+009F, except tab and
/// line ends, which prose may hold, and the two that are no characters at all: XML could not carry
/// them on.
pub fn is_forbidden_control(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        other => other.is_control(),
    }
}

macro_rules! bounded_text {
    ($name:ident, $control:expr) => {
        impl<const MAX: usize> $name<MAX> {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> FromStr for $name<MAX> {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                bounded(text, MAX, $control)?;
                Ok(Self(text.into()))
            }
        }

        impl<const MAX: usize> fmt::Display for $name<MAX> {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl<const MAX: usize> fmt::Debug for $name<MAX> {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, out)
            }
        }

        impl<const MAX: usize> Serialize for $name<MAX> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de, const MAX: usize> Deserialize<'de> for $name<MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                parsed(deserializer)
            }
        }

        impl<const MAX: usize> JsonSchema for $name<MAX> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                format!("{}{MAX}", stringify!($name)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
            }
        }
    };
}

bounded_text!(Line, |c| c.is_control() || is_forbidden_control(c));
bounded_text!(Prose, is_forbidden_control);

/// Deserializes a value through its parser, from borrowed or owned text.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    struct Parsed<T>(std::marker::PhantomData<T>);
    impl<T: FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for Parsed<T> {
        type Value = T;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Parsed(std::marker::PhantomData))
}

/// Serde and JSON Schema for a value that is text everywhere.
macro_rules! serde_by_text {
    ($name:ident, $schema:expr, $json:tt) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parsed(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($json)
            }
        }
    };
}
pub(crate) use serde_by_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_refused_and_length_is_counted_in_characters() {
        assert!("Іваноў".parse::<Line<6>>().is_ok());
        assert_eq!("Іваноў".parse::<Line<5>>(), Err(TextError::Length { max: 5, found: 6 }));
        assert_eq!("a\nb".parse::<Line<9>>(), Err(TextError::Control(10)));
        assert!("a\nb".parse::<Prose<9>>().is_ok());
        assert_eq!("a\u{0}b".parse::<Prose<9>>(), Err(TextError::Control(0)));
        assert_eq!("".parse::<Line<9>>(), Err(TextError::Length { max: 9, found: 0 }));
    }
}

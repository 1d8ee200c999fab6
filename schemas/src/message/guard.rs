//! A first walk over a JSON body: what serde's own derive would let pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::Code;
use crate::text::is_forbidden_control;

/// How deep a body may nest: arrays and objects within each other.
pub const NESTING_MAX: usize = 32;

/// Prefix of the walk's own errors; what follows is the code's number and the detail.
const MARK: &str = "\u{1}";

/// Checks nesting, duplicate keys and control characters of a whole body.
///
/// # Errors
/// The code and a sentence. Syntax errors come out as [`Code::MALFORMED`].
pub(super) fn check(body: &[u8]) -> Result<(), (Code, String)> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let walked = Walk { depth: 0 }.deserialize(&mut reader).and_then(|()| reader.end());
    walked.map_err(|error| {
        let text = error.to_string();
        for code in [Code::TOO_DEEP, Code::DUPLICATE_KEY, Code::CONTROL_CHARACTER] {
            if let Some((_, detail)) = text.split_once(&format!("{MARK}{code} ")) {
                return (code, detail.to_owned());
            }
        }
        (Code::MALFORMED, text)
    })
}

fn refuse<E: Error>(code: Code, detail: impl fmt::Display) -> E {
    E::custom(format_args!("{MARK}{code} {detail}"))
}

#[derive(Clone, Copy)]
struct Walk {
    depth: usize,
}

impl Walk {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth < NESTING_MAX {
            Ok(Self { depth: self.depth + 1 })
        } else {
            Err(refuse(Code::TOO_DEEP, format_args!("more than {NESTING_MAX} levels of nesting")))
        }
    }
}

fn no_controls<E: Error>(text: &str) -> Result<(), E> {
    match text.chars().find(|&c| is_forbidden_control(c)) {
        Some(c) => Err(refuse(
            Code::CONTROL_CHARACTER,
            format_args!("a text holds U+{:04X}", u32::from(c)),
        )),
        None => Ok(()),
    }
}

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        no_controls(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys: Vec<Cow<'de, str>> = Vec::with_capacity(16);
        while let Some(Key(key)) = members.next_key()? {
            no_controls(&key)?;
            keys.push(key);
            members.next_value_seed(inner)?;
        }
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(refuse(
                Code::DUPLICATE_KEY,
                format_args!("the key {:?} stands twice in one object", pair[0]),
            )),
            None => Ok(()),
        }
    }
}

/// An object's key, borrowed from the body where it holds no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

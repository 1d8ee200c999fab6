//! A first walk over a JSON body, along the shape of its message: what serde's own derive would
//! let pass, and the sentences that senders read.
//!
//! Serde reads a struct from an array and an enum from an object; here an object is an object.

mod key;
mod place;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use key::Key;
pub(super) use place::place;
use place::{code_of_type, wanted};

use super::Invalid;
use crate::Code;
use crate::contract::shape::{Field, Node, Shape, Sign};
use crate::text::is_forbidden_control;

/// How deep a body may nest: arrays and objects within each other.
pub const NESTING_MAX: usize = 32;

/// Checks nesting, duplicate keys, control characters, and that every place of the body holds what
/// the shape says.
///
/// # Errors
/// The first thing wrong, with its place: what is no strict JSON before what has another shape.
pub(super) fn check(text: &str, shape: &Shape) -> Result<(), Invalid> {
    walked(text, Some(shape), NESTING_MAX)
}

/// Checks an event around a message, which may nest one level deeper, for strict JSON only.
///
/// # Errors
/// The first thing wrong, with its place.
pub(super) fn check_event(text: &str) -> Result<(), Invalid> {
    walked(text, None, NESTING_MAX + 1)
}

fn walked(text: &str, shape: Option<&Shape>, levels: usize) -> Result<(), Invalid> {
    let state = RefCell::new(State { path: Vec::new(), broken: None, unfit: None });
    let walk = Walk { state: &state, shape, node: shape.map(|it| &it.root), code: None, levels };
    let mut reader = serde_json::Deserializer::from_str(text);
    let walked = walk.deserialize(&mut reader).and_then(|()| reader.end());
    let state = state.into_inner();
    match (walked, state.broken, state.unfit) {
        (Err(_), Some(broken), _) => Err(broken),
        (Err(error), None, _) => Err(no_json(&error)),
        (Ok(()), _, Some(unfit)) => Err(unfit),
        (Ok(()), _, None) => Ok(()),
    }
}

fn no_json(error: &serde_json::Error) -> Invalid {
    let (line, column) = (error.line(), error.column());
    let detail = if error.is_eof() {
        format!("the body ends in the middle of its JSON, at line {line} column {column}")
    } else if error.to_string().starts_with("number out of range") {
        format!("a number at line {line} column {column} is beyond 1.7e308, the largest taken")
    } else {
        format!("the body is not well-formed JSON at line {line} column {column}")
    };
    Invalid::whole(Code::MALFORMED, detail)
}

/// What the walk has met.
struct State<'de> {
    path: Vec<Step<'de>>,
    /// Not strict JSON: the walk ends.
    broken: Option<Invalid>,
    /// JSON of another shape: the walk goes on, because worse may follow.
    unfit: Option<Invalid>,
}

enum Step<'de> {
    Key(Cow<'de, str>),
    Item(usize),
}

impl State<'_> {
    fn invalid(&self, code: Code, last: Option<&str>, detail: impl fmt::Display) -> Invalid {
        let mut pointer = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) => push_key(&mut pointer, key),
                Step::Item(at) => pointer.push_str(&format!("/{at}")),
            }
        }
        if let Some(key) = last {
            push_key(&mut pointer, key);
        }
        Invalid::at(code, &pointer, detail)
    }
}

fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// The walk at one place.
#[derive(Clone, Copy)]
struct Walk<'s, 'de> {
    state: &'s RefCell<State<'de>>,
    shape: Option<&'s Shape>,
    node: Option<&'s Node>,
    /// The code of what is wrong with a value here, where its type has one of its own.
    code: Option<Code>,
    /// Levels of nesting that are left.
    levels: usize,
}

impl<'s, 'de> Walk<'s, 'de> {
    fn broken<E: Error>(self, code: Code, detail: impl fmt::Display) -> E {
        let mut state = self.state.borrow_mut();
        let invalid = state.invalid(code, None, detail);
        state.broken = Some(invalid);
        E::custom("not strict JSON")
    }

    fn unfit(self, code: Code, last: Option<&str>, detail: impl fmt::Display) {
        let mut state = self.state.borrow_mut();
        if state.unfit.is_none() {
            state.unfit = Some(state.invalid(code, last, detail));
        }
    }

    fn node(self) -> Option<&'s Node> {
        Some(self.shape?.resolved(self.node?))
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.levels > 0 {
            return Ok(Self { node: None, levels: self.levels - 1, ..self });
        }
        let detail = format_args!("more than {NESTING_MAX} levels of nesting");
        Err(self.broken(Code::TOO_DEEP, detail))
    }

    /// The walk one step further, at `node`.
    fn at(self, node: Option<&'s Node>) -> Self {
        let own = match node {
            Some(Node::Type(name)) => code_of_type(name),
            Some(_) | None => None,
        };
        Self { node, code: own.or(self.code), ..self }
    }

    fn no_controls<E: Error>(self, text: &str) -> Result<(), E> {
        match text.chars().find(|&c| is_forbidden_control(c)) {
            Some(c) => {
                let detail = format_args!("a text holds the character U+{:04X}", u32::from(c));
                Err(self.broken(Code::CONTROL_CHARACTER, detail))
            }
            None => Ok(()),
        }
    }

    /// Complains where something else is wanted than what is there.
    fn wants(self, fits: impl FnOnce(&Node) -> bool, found: &str) {
        if let Some(node) = self.node().filter(|node| !fits(node)) {
            let code = match node {
                // Only values have codes of their own.
                Node::Text(_) | Node::Word(_) | Node::Integer(_) => self.code,
                Node::Object(_) | Node::Map(_) | Node::List(_) | Node::Carried | Node::Type(_) => {
                    None
                }
            };
            let detail = format_args!("must be {}, is {found}", wanted(node));
            self.unfit(code.unwrap_or(Code::FIELD_INVALID), None, detail);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        // In an object, null is absent, and never comes here.
        self.wants(|_| false, "null");
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.wants(|_| false, if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        // Serde hands over only negative numbers this way.
        self.wants(|node| matches!(node, Node::Integer(Sign::Any)), "a negative number");
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.wants(|node| matches!(node, Node::Integer(_)), "a number");
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.wants(|_| false, "a number with a fraction or out of range");
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.no_controls(text)?;
        let is_one = |words: &[(String, String)]| words.iter().any(|(word, _)| word == text);
        let fits = |node: &Node| match node {
            Node::Word(words) => is_one(words),
            Node::Text(_) => true,
            Node::Object(_)
            | Node::Map(_)
            | Node::List(_)
            | Node::Integer(_)
            | Node::Carried
            | Node::Type(_) => false,
        };
        let found = if matches!(self.node(), Some(Node::Word(_))) {
            format!("{:?}", text.chars().take(40).collect::<String>())
        } else {
            "a string".to_owned()
        };
        self.wants(fits, &found);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.wants(|node| matches!(node, Node::List(_)), "a list");
        let inner = self.deeper()?;
        let node = self.node.and_then(|node| self.shape?.item(node));
        let mut at = 0;
        loop {
            self.state.borrow_mut().path.push(Step::Item(at));
            if items.next_element_seed(inner.at(node))?.is_none() {
                self.state.borrow_mut().path.pop();
                return Ok(());
            }
            self.state.borrow_mut().path.pop();
            at += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let is_object =
            |node: &Node| matches!(node, Node::Object(_) | Node::Map(_) | Node::Carried);
        self.wants(is_object, "an object");
        let inner = self.deeper()?;
        let mut keys: Vec<(Cow<'de, str>, bool)> = Vec::with_capacity(16);
        while let Some(Key(key)) = members.next_key()? {
            self.no_controls(&key)?;
            let node = self.node().and_then(|node| self.shape?.member(node, &key));
            if node.is_none() && matches!(self.node(), Some(Node::Object(_))) {
                let detail = "the message has no such field here";
                self.unfit(Code::FIELD_UNKNOWN, Some(&key), detail);
            }
            self.state.borrow_mut().path.push(Step::Key(key.clone()));
            let there = members.next_value_seed(Member(inner.at(node)))?;
            self.state.borrow_mut().path.pop();
            keys.push((key, there));
        }
        if let Some(Node::Object(fields)) = self.node() {
            self.all_there(fields, &keys);
        }
        self.once(keys)
    }
}

impl<'de> Walk<'_, 'de> {
    fn all_there(self, fields: &[Field], keys: &[(Cow<'de, str>, bool)]) {
        for field in fields.iter().filter(|field| field.required) {
            if !keys.iter().any(|(key, there)| *there && *key == field.name) {
                self.unfit(Code::FIELD_MISSING, Some(&field.name), "the field is required");
            }
        }
    }

    fn once<E: Error>(self, keys: Vec<(Cow<'de, str>, bool)>) -> Result<(), E> {
        let mut keys: Vec<Cow<'de, str>> = keys.into_iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let mut state = self.state.borrow_mut();
                let detail = "the key stands twice in one object";
                state.broken = Some(state.invalid(Code::DUPLICATE_KEY, Some(&pair[0]), detail));
                Err(E::custom("not strict JSON"))
            }
            None => Ok(()),
        }
    }
}

/// The value of a member: whether it is there at all, since null means absent.
struct Member<'s, 'de>(Walk<'s, 'de>);

impl<'de> DeserializeSeed<'de> for Member<'_, 'de> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Member<'_, 'de> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_none<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        self.0.deserialize(deserializer).map(|()| true)
    }
}

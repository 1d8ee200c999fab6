//! An XML document as the JSON that says the same, so that one decoder judges both.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::fault::Fault;
use super::tree::{Element, is_space};
use crate::Code;
use crate::contract::shape::{Facets, Field, Node, Shape};

/// The JSON text of an element.
///
/// # Errors
/// What XML can get wrong and JSON cannot: text between elements, elements in a text, a field
/// twice, a carried object that is none.
pub(super) fn spell(shape: &Shape, element: &Element) -> Result<String, Fault> {
    let mut speller = Speller { shape, json: String::new(), path: format!("/{}", element.name) };
    speller.value(&shape.root, element)?;
    Ok(speller.json)
}

struct Speller<'a> {
    shape: &'a Shape,
    json: String,
    path: String,
}

impl Speller<'_> {
    fn fault(&self, code: Code, detail: impl Into<String>) -> Fault {
        Fault::new(code, self.path.clone(), detail)
    }

    fn value(&mut self, node: &Node, element: &Element) -> Result<(), Fault> {
        let shape = self.shape;
        match shape.resolved(node) {
            Node::Object(fields) => self.object(fields, element),
            Node::Map(inner) => self.map(inner, element),
            Node::Word(_) => self.text(element, false),
            Node::Text(facets) => self.text(element, is_time(facets)),
            Node::Integer(_) => self.integer(element),
            Node::Carried => self.carried(element),
            Node::List(_) | Node::Type(_) => {
                unreachable!("lists are spelled by their object, names are followed")
            }
        }
    }

    fn object(&mut self, fields: &[Field], element: &Element) -> Result<(), Fault> {
        self.only_elements(element)?;
        let mut children: BTreeMap<&str, Vec<&Element>> = BTreeMap::new();
        for child in &element.children {
            if !fields.iter().any(|field| field.name == child.name) {
                self.path.push_str(&format!("/{}", child.name));
                return Err(self.fault(Code::FIELD_UNKNOWN, "the message has no such field here"));
            }
            children.entry(&child.name).or_default().push(child);
        }
        self.json.push('{');
        let mut first = true;
        for field in fields {
            let Some(same) = children.get(field.name.as_str()) else { continue };
            if !std::mem::take(&mut first) {
                self.json.push(',');
            }
            self.key(&field.name);
            self.field(field, same)?;
        }
        self.json.push('}');
        Ok(())
    }

    fn field(&mut self, field: &Field, same: &[&Element]) -> Result<(), Fault> {
        let shape = self.shape;
        let outer = self.path.len();
        match (shape.item(&field.node), same) {
            (None, [one]) => {
                self.path.push_str(&format!("/{}", field.name));
                self.value(&field.node, one)?;
            }
            (None, _) => {
                self.path.push_str(&format!("/{}[2]", field.name));
                return Err(self.fault(Code::DUPLICATE_KEY, "the element may stand once only"));
            }
            (Some(item), all) => {
                self.json.push('[');
                for (at, one) in all.iter().enumerate() {
                    if at > 0 {
                        self.json.push(',');
                    }
                    self.path.push_str(&format!("/{}[{}]", field.name, at + 1));
                    self.value(item, one)?;
                    self.path.truncate(outer);
                }
                self.json.push(']');
            }
        }
        self.path.truncate(outer);
        Ok(())
    }

    fn map(&mut self, inner: &Node, element: &Element) -> Result<(), Fault> {
        self.only_elements(element)?;
        self.json.push('{');
        for (at, child) in element.children.iter().enumerate() {
            if at > 0 {
                self.json.push(',');
            }
            self.key(&child.name);
            self.value(inner, child)?;
        }
        self.json.push('}');
        Ok(())
    }

    fn text(&mut self, element: &Element, trimmed: bool) -> Result<(), Fault> {
        self.only_text(element)?;
        let text = if trimmed { element.text.trim_matches(is_space) } else { &element.text };
        self.string(text);
        Ok(())
    }

    fn integer(&mut self, element: &Element) -> Result<(), Fault> {
        self.only_text(element)?;
        let text = element.text.trim_matches(is_space);
        match text.parse::<i128>() {
            Ok(number) => self.json.push_str(&number.to_string()),
            // The decoder says what it wants.
            Err(_) => self.string(text),
        }
        Ok(())
    }

    fn carried(&mut self, element: &Element) -> Result<(), Fault> {
        self.only_text(element)?;
        match serde_json::from_str::<&RawValue>(&element.text) {
            Ok(raw) => {
                self.json.push_str(raw.get());
                Ok(())
            }
            Err(_) => Err(self.fault(Code::FIELD_INVALID, "must hold a JSON object as its text")),
        }
    }

    fn only_elements(&self, element: &Element) -> Result<(), Fault> {
        if element.has_words() {
            return Err(self.fault(Code::FIELD_INVALID, "holds text where elements are wanted"));
        }
        Ok(())
    }

    fn only_text(&self, element: &Element) -> Result<(), Fault> {
        if element.children.is_empty() {
            return Ok(());
        }
        Err(self.fault(Code::FIELD_INVALID, "holds elements where text is wanted"))
    }

    fn key(&mut self, name: &str) {
        self.string(name);
        self.json.push(':');
    }

    fn string(&mut self, text: &str) {
        self.json.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Times and dates may stand among white space, as XML Schema has it.
fn is_time(facets: &Facets) -> bool {
    facets.format.is_some()
}

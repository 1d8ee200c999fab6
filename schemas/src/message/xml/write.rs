//! JSON that kvit says as the XML that says the same.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::value::RawValue;

use super::NAMESPACE;
use crate::contract::shape::{Field, Node, Shape};

/// The document of a body with this root.
///
/// # Errors
/// When the body is no JSON of the shape.
pub(super) fn document(shape: &Shape, root: &str, json: &str) -> serde_json::Result<String> {
    let mut writer = Writer { shape, xml: String::with_capacity(json.len() * 2) };
    writer.xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writer.element((root, &format!(" xmlns=\"{NAMESPACE}\"")), &shape.root, json, 0)?;
    Ok(writer.xml)
}

struct Writer<'a> {
    shape: &'a Shape,
    xml: String,
}

impl Writer<'_> {
    fn element(
        &mut self,
        (name, attributes): (&str, &str),
        node: &Node,
        json: &str,
        depth: usize,
    ) -> serde_json::Result<()> {
        let shape = self.shape;
        self.indent(depth);
        // Writing to a String cannot fail.
        let _ = write!(self.xml, "<{name}{attributes}>");
        match shape.resolved(node) {
            Node::Object(fields) => {
                self.xml.push('\n');
                self.fields(fields, json, depth + 1)?;
                self.indent(depth);
            }
            Node::Map(inner) => {
                self.xml.push('\n');
                let members: std::collections::BTreeMap<String, &RawValue> =
                    serde_json::from_str(json)?;
                for (name, value) in members {
                    self.element((&name, ""), inner, value.get(), depth + 1)?;
                }
                self.indent(depth);
            }
            Node::Word(_) | Node::Text(_) => self.text(&serde_json::from_str::<String>(json)?),
            Node::Integer(_) | Node::Carried => self.text(json),
            Node::List(_) | Node::Type(_) => {
                unreachable!("lists are written by their object, names are followed")
            }
        }
        let _ = writeln!(self.xml, "</{name}>");
        Ok(())
    }

    fn fields(&mut self, fields: &[Field], json: &str, depth: usize) -> serde_json::Result<()> {
        let shape = self.shape;
        let members: HashMap<String, &RawValue> = serde_json::from_str(json)?;
        for field in fields {
            let Some(value) = members.get(&field.name) else { continue };
            match shape.resolved(&field.node) {
                _ if value.get() == "null" => {}
                Node::List(item) => {
                    for one in serde_json::from_str::<Vec<&RawValue>>(value.get())? {
                        self.element((&field.name, ""), item, one.get(), depth)?;
                    }
                }
                node @ (Node::Object(_)
                | Node::Map(_)
                | Node::Word(_)
                | Node::Text(_)
                | Node::Integer(_)
                | Node::Carried
                | Node::Type(_)) => {
                    self.element((&field.name, ""), node, value.get(), depth)?;
                }
            }
        }
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.xml.extend(std::iter::repeat_n("  ", depth));
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.xml.push_str("&amp;"),
                '<' => self.xml.push_str("&lt;"),
                '>' => self.xml.push_str("&gt;"),
                // A reader would make a line feed of a plain one.
                '\r' => self.xml.push_str("&#13;"),
                '\t' | '\n' => self.xml.push(c),
                // Not allowed in XML in any spelling.
                '\u{FFFE}' | '\u{FFFF}' => self.xml.push('\u{FFFD}'),
                c if u32::from(c) < 0x20 => self.xml.push('\u{FFFD}'),
                c => self.xml.push(c),
            }
        }
    }
}

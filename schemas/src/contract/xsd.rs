//! The XSD of each message: one file that stands for itself, in the order of the fields.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::shape::{Facets, Field, Named, Node, Shape, Sign};
use super::{Direction, shape};
use crate::Currency;
use crate::message::{MessageType, NAMESPACE, root_name};

/// The XSD; `None` for a message that does not travel this way, or whose body is a file.
pub fn xsd(kind: MessageType, direction: Direction) -> Option<String> {
    let shape = shape(kind, direction)?;
    let mut writer = Writer { shape, text: String::new(), wanted: BTreeSet::new() };
    writer.schema(kind, direction);
    Some(writer.text)
}

struct Writer<'a> {
    shape: &'a Shape,
    text: String,
    /// Names of types that were used.
    wanted: BTreeSet<&'a str>,
}

impl<'a> Writer<'a> {
    fn schema(&mut self, kind: MessageType, direction: Direction) {
        let note = match direction {
            Direction::In => {
                "What a party says to kvit. Kvit takes the fields of an element in any order, and \
                 no others; an absent element is null."
            }
            Direction::Out => {
                "What kvit says. Elements may be added within a version: a receiver ignores those \
                 that it does not know. XSD 1.0 cannot say so after optional elements."
            }
        };
        self.line(0, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self.line(0, &format!("<!-- {kind}, made from the code of kvit. {note} -->"));
        self.line(0, "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"");
        self.line(2, &format!("xmlns=\"{NAMESPACE}\" targetNamespace=\"{NAMESPACE}\""));
        self.line(2, &format!("elementFormDefault=\"qualified\" version=\"{kind}\">"));
        let shape = self.shape;
        self.line(1, &format!("<xs:element name=\"{}\">", root_name(kind)));
        self.documentation(2, &shape.description);
        self.anonymous(2, &shape.root);
        self.line(1, "</xs:element>");
        let mut written = BTreeSet::new();
        while let Some(name) = self.wanted.difference(&written).next().copied() {
            written.insert(name);
            if let Some(named) = shape.named.get(name) {
                self.named(name, named);
            }
        }
        self.line(0, "</xs:schema>");
    }

    fn named(&mut self, name: &str, named: &'a Named) {
        let element = if is_complex(&named.node) { "complexType" } else { "simpleType" };
        self.line(1, &format!("<xs:{element} name=\"{name}\">"));
        self.documentation(2, &named.description);
        self.content(2, &named.node);
        self.line(1, &format!("</xs:{element}>"));
    }

    /// The type of an element, without a name.
    fn anonymous(&mut self, depth: usize, node: &'a Node) {
        let element = if is_complex(node) { "complexType" } else { "simpleType" };
        self.line(depth, &format!("<xs:{element}>"));
        self.content(depth + 1, node);
        self.line(depth, &format!("</xs:{element}>"));
    }

    fn content(&mut self, depth: usize, node: &'a Node) {
        match node {
            Node::Object(fields) => {
                self.line(depth, "<xs:sequence>");
                for field in fields {
                    self.field(depth + 1, field);
                }
                self.line(depth, "</xs:sequence>");
            }
            Node::Map(inner) => self.currencies(depth, inner),
            Node::Word(words) => {
                self.line(depth, "<xs:restriction base=\"xs:string\">");
                for (word, said) in words {
                    self.word(depth + 1, word, said);
                }
                self.line(depth, "</xs:restriction>");
            }
            Node::Text(facets) => self.text(depth, facets),
            Node::Integer(sign) => {
                self.line(depth, &format!("<xs:restriction base=\"{}\"/>", integer(*sign)));
            }
            Node::Carried => self.line(depth, "<xs:restriction base=\"xs:string\"/>"),
            Node::List(_) | Node::Type(_) => {
                unreachable!("lists and names are written by their field")
            }
        }
    }

    fn field(&mut self, depth: usize, field: &'a Field) {
        let (node, many) = match &field.node {
            Node::List(item) => (item.as_ref(), true),
            node @ (Node::Object(_)
            | Node::Map(_)
            | Node::Word(_)
            | Node::Text(_)
            | Node::Integer(_)
            | Node::Carried
            | Node::Type(_)) => (node, false),
        };
        let mut attributes = String::new();
        if many || !field.required {
            attributes.push_str(" minOccurs=\"0\"");
        }
        if many {
            attributes.push_str(" maxOccurs=\"unbounded\"");
        }
        let mut said = field.description.clone();
        let named = match node {
            Node::Type(name) => {
                self.wanted.insert(name);
                Some(name.as_str())
            }
            Node::Integer(sign) => Some(integer(*sign)),
            Node::Carried => {
                said.push_str(" A JSON object, as text.");
                Some("xs:string")
            }
            Node::Text(facets) if *facets == Facets::default() => Some("xs:string"),
            Node::Object(_) | Node::Map(_) | Node::List(_) | Node::Word(_) | Node::Text(_) => None,
        };
        let named = named.map(|name| format!(" type=\"{name}\"")).unwrap_or_default();
        let name = &field.name;
        self.line(depth, &format!("<xs:element name=\"{name}\"{named}{attributes}>"));
        self.documentation(depth + 1, &said);
        if named.is_empty() {
            self.anonymous(depth + 1, node);
        }
        self.line(depth, "</xs:element>");
    }

    fn text(&mut self, depth: usize, facets: &Facets) {
        let (base, pattern) = match facets.format.as_deref() {
            Some("date-time") => ("xs:dateTime", Some(r".*(Z|[+\-][0-9]{2}:[0-9]{2})".to_owned())),
            Some("date") => ("xs:date", Some("[0-9]{4}-[0-9]{2}-[0-9]{2}".to_owned())),
            Some(_) | None => ("xs:string", facets.pattern.as_deref().map(unanchored)),
        };
        self.line(depth, &format!("<xs:restriction base=\"{base}\">"));
        for (facet, value) in [("minLength", facets.least), ("maxLength", facets.most)] {
            if let Some(value) = value {
                self.line(depth + 1, &format!("<xs:{facet} value=\"{value}\"/>"));
            }
        }
        if let Some(pattern) = pattern {
            self.line(depth + 1, &format!("<xs:pattern value=\"{}\"/>", escaped(&pattern)));
        }
        self.line(depth, "</xs:restriction>");
    }

    fn word(&mut self, depth: usize, word: &str, said: &str) {
        if said.is_empty() {
            return self.line(depth, &format!("<xs:enumeration value=\"{word}\"/>"));
        }
        self.line(depth, &format!("<xs:enumeration value=\"{word}\">"));
        self.documentation(depth + 1, said);
        self.line(depth, "</xs:enumeration>");
    }

    /// The members of the only kind of map: an element for each currency.
    fn currencies(&mut self, depth: usize, inner: &'a Node) {
        let Node::Type(of) = inner else { unreachable!("the members of a map have a name") };
        self.wanted.insert(of);
        self.line(depth, "<xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">");
        for currency in Currency::all() {
            self.line(depth + 1, &format!("<xs:element name=\"{currency}\" type=\"{of}\"/>"));
        }
        self.line(depth, "</xs:choice>");
    }

    fn documentation(&mut self, depth: usize, said: &str) {
        if !said.is_empty() {
            let said = escaped(&said.replace('\n', " "));
            let text = format!(
                "<xs:annotation><xs:documentation>{said}</xs:documentation></xs:annotation>"
            );
            self.line(depth, &text);
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:width$}{text}", "", width = depth * 2);
    }
}

fn is_complex(node: &Node) -> bool {
    matches!(node, Node::Object(_) | Node::Map(_))
}

fn integer(sign: Sign) -> &'static str {
    match sign {
        Sign::Any => "xs:long",
        Sign::NotNegative => "xs:unsignedLong",
    }
}

/// Patterns of XSD are anchored by themselves.
fn unanchored(pattern: &str) -> String {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    pattern.strip_suffix('$').unwrap_or(pattern).to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

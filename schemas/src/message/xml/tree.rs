//! An XML document as a bounded tree of elements, with everything refused that the contract does
//! not use.

use quick_xml::NsReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use super::NAMESPACE;
use super::fault::Fault;
use crate::Code;
use crate::message::NESTING_MAX;
use crate::text::is_forbidden_control;

/// Most elements of a document. A message of 16 MiB with the shortest elements would have two
/// million.
const ELEMENTS_MAX: usize = 100_000;
/// Most attributes of an element: namespaces, and where to find the schema.
const ATTRIBUTES_MAX: usize = 16;
/// The namespace of `schemaLocation`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    /// All its text, in one.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Whether there is text other than white space between its children.
    pub(super) fn has_words(&self) -> bool {
        self.text.chars().any(|c| !is_space(c))
    }
}

/// White space of XML.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Reads a whole document.
///
/// # Errors
/// What is wrong first, and where.
pub(super) fn read(text: &str) -> Result<Element, Fault> {
    if let Some(c) = text.chars().find(|&c| is_forbidden_control(c)) {
        let detail = format!("the document holds the character U+{:04X}", u32::from(c));
        return Err(Fault::new(Code::CONTROL_CHARACTER, "", detail));
    }
    let mut reader = NsReader::from_str(text);
    let config = reader.config_mut();
    config.enable_all_checks(true);
    config.expand_empty_elements = true;
    let mut open = Open { stack: Vec::new(), root: None, elements: 0 };
    loop {
        let before = reader.buffer_position();
        let malformed = |_| {
            let detail = format!("the document is not well-formed XML near byte {before}");
            Fault::new(Code::MALFORMED, "", detail)
        };
        let (namespace, event) = reader.read_resolved_event().map_err(malformed)?;
        let ours = matches!(namespace, ResolveResult::Bound(Namespace(uri)) if uri == NAMESPACE);
        match event {
            Event::Start(start) => {
                open.start(&start, ours)?;
                open.attributes(&reader, &start)?;
            }
            Event::End(_) => open.end(),
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") {
                    return Err(open.fault(Code::MALFORMED, "]]> stands in a text"));
                }
                open.text(&text)?;
            }
            Event::CData(text) => open.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let text = resolved(&reference).ok_or_else(|| {
                    let detail = "only &lt; &gt; &amp; &apos; &quot; and characters by number";
                    open.fault(Code::MALFORMED, format!("an entity is not defined: {detail}"))
                })?;
                open.text(text.encode_utf8(&mut [0; 4]))?;
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) => {
                return Err(open.fault(Code::MALFORMED, "a document type is not taken"));
            }
            // The one at the beginning was read before.
            Event::Decl(_) => {
                return Err(open.fault(Code::MALFORMED, "an XML declaration within the document"));
            }
            Event::Empty(_) => unreachable!("empty elements are expanded"),
            Event::Eof => break,
        }
    }
    open.finished()
}

fn resolved(reference: &BytesRef<'_>) -> Option<char> {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Some(c),
        Ok(None) => match reference.xml10_content().as_ref() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => None,
        },
        Err(_) => None,
    }
}

/// The elements that are not closed yet.
struct Open {
    stack: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Open {
    fn fault(&self, code: Code, detail: impl Into<String>) -> Fault {
        let mut path = String::new();
        for element in &self.stack {
            path.push('/');
            path.push_str(&element.name);
        }
        Fault::new(code, path, detail)
    }

    fn start(&mut self, start: &BytesStart<'_>, ours: bool) -> Result<(), Fault> {
        let name = start.local_name().as_ref().to_owned();
        if self.root.is_some() {
            return Err(Fault::new(Code::MALFORMED, "", "a second root element"));
        }
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            let detail = format!("more than {ELEMENTS_MAX} elements");
            return Err(self.fault(Code::TOO_DEEP, detail));
        }
        if self.stack.len() >= NESTING_MAX {
            let detail = format!("more than {NESTING_MAX} levels of nesting");
            return Err(self.fault(Code::TOO_DEEP, detail));
        }
        self.stack.push(Element { name, text: String::new(), children: Vec::new() });
        if ours {
            return Ok(());
        }
        let code =
            if self.stack.len() == 1 { Code::ENVELOPE_DISAGREES } else { Code::FIELD_UNKNOWN };
        Err(self.fault(code, format!("the element is not in the namespace {NAMESPACE}")))
    }

    fn attributes(&self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<(), Fault> {
        let all: Result<Vec<_>, _> = start.attributes().take(ATTRIBUTES_MAX + 1).collect();
        let damaged = |_| self.fault(Code::MALFORMED, "an attribute is damaged or repeated");
        let all = all.map_err(damaged)?;
        if all.len() > ATTRIBUTES_MAX {
            let detail = format!("more than {ATTRIBUTES_MAX} attributes");
            return Err(self.fault(Code::TOO_DEEP, detail));
        }
        for attribute in all {
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
            let instance =
                matches!(namespace, ResolveResult::Bound(Namespace(uri)) if uri == INSTANCE);
            let name = local.as_ref();
            if !(instance && matches!(name, "schemaLocation" | "noNamespaceSchemaLocation")) {
                let mut fault = self.fault(Code::FIELD_UNKNOWN, "the contract has no attributes");
                fault.path.push_str(&format!("/@{name}"));
                return Err(fault);
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        let Some(element) = self.stack.pop() else { return };
        match self.stack.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        match self.stack.last_mut() {
            Some(element) => {
                element.text.push_str(text);
                Ok(())
            }
            None if text.chars().all(is_space) => Ok(()),
            None => Err(Fault::new(Code::MALFORMED, "", "text outside the root element")),
        }
    }

    fn finished(self) -> Result<Element, Fault> {
        if !self.stack.is_empty() {
            return Err(self.fault(Code::MALFORMED, "the document ends within an element"));
        }
        self.root.ok_or_else(|| Fault::new(Code::MALFORMED, "", "there is no root element"))
    }
}

//! The way through a document: which elements are open, what their texts are, and what of them
//! the message wants.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::events::{BytesRef, BytesStart};

use super::bytes::Bytes;
use super::draft::VALUE_BYTES_MAX;
use super::message::{Message, is_amount};
use super::names::{Names, Opener};
use super::places::{Place, message_number};
use super::plain::Plain;
use crate::feeds::error::{Fault, RowFault};

/// The longest tag, for the names of open elements are kept.
const TAG_BYTES_MAX: usize = 64 << 10;

/// Where in the document the reader is.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) names: Names,
    open: Vec<Place>,
    /// How many elements are open in the last of `open` that are of no interest.
    skipped: usize,
    /// The text of the element that is open.
    text: String,
    too_long: bool,
    /// The root element is closed.
    closed: bool,
    /// How many elements are open around a document in a CDATA section.
    pub(super) cdata: Option<usize>,
    /// A message began.
    pub(super) message_met: bool,
    /// The XML reader already knows what comes next: nothing may be taken from under it.
    pub(super) looked_ahead: bool,
    /// The version that a namespace names.
    pub(super) version: Option<String>,
}

impl Walk {
    /// Around the message, or behind it.
    pub(super) fn is_outside(&self) -> bool {
        self.skipped == 0 && matches!(self.open.last(), None | Some(Place::Outside))
    }

    /// Inside of an element whose text is wanted, so that all of it matters.
    pub(super) fn is_in_text(&self) -> bool {
        self.skipped == 0 && matches!(self.open.last(), Some(Place::Text(_)))
    }

    /// Takes a plain tag or element inside of the message, and gives its length.
    #[inline]
    pub(super) fn plain<R: BufRead>(
        &mut self,
        bytes: &Bytes<R>,
        to: &mut Message,
    ) -> Option<usize> {
        if self.looked_ahead || self.cdata.is_some() || self.is_outside() {
            return None;
        }
        match Plain::at_start_of(bytes.buffered())? {
            Plain::Leaf { name, currency, text, length } => {
                if self.skipped == 0 {
                    let text = std::str::from_utf8(text).ok()?;
                    let code = currency.and_then(|code| std::str::from_utf8(code).ok());
                    self.enter(local(name), bytes.position(), || code.map(Cow::Borrowed), to);
                    self.text(text).ok()?;
                    self.leave(to);
                }
                Some(length)
            }
            Plain::Start { name, length } => {
                if !self.names.has_room() {
                    return None;
                }
                self.names.open(name, Opener::Plain);
                self.enter(local(name), bytes.position(), || None, to);
                Some(length)
            }
            Plain::End { name, length } => {
                if !self.names.innermost_is(name, Opener::Plain) {
                    return None;
                }
                self.names.close(name).ok()?;
                self.leave(to);
                Some(length)
            }
        }
    }

    pub(super) fn start(
        &mut self,
        tag: &BytesStart<'_>,
        at: u64,
        to: &mut Message,
    ) -> Result<(), &'static str> {
        if tag.len() > TAG_BYTES_MAX || !self.names.has_room() {
            return Err("a tag is longer, or elements lie deeper, than in any message");
        }
        let outside = self.is_outside();
        if self.names.depth() == 0 && self.closed {
            return Err("a second document begins");
        }
        self.names.open(tag.name().as_ref().as_bytes(), Opener::Xml);
        if outside {
            self.start_outside(tag, to);
            return Ok(());
        }
        self.enter(tag.local_name().as_ref().as_bytes(), at, || currency(tag), to);
        Ok(())
    }

    /// An element of the message.
    #[inline]
    fn enter<'a>(
        &mut self,
        name: &[u8],
        at: u64,
        currency: impl FnOnce() -> Option<Cow<'a, str>>,
        to: &mut Message,
    ) {
        let place = match self.open.last() {
            Some(around) if self.skipped == 0 => around.child(name),
            Some(_) | None => Place::Skipped,
        };
        if place == Place::Skipped {
            self.skipped += 1;
            return;
        }
        if let Place::Text(text) = place {
            self.text.clear();
            self.too_long = false;
            if is_amount(text) {
                to.start_amount(currency().as_deref());
            }
        } else {
            to.start(place, at);
        }
        self.open.push(place);
    }

    /// An element around the message, or the message itself.
    fn start_outside(&mut self, tag: &BytesStart<'_>, to: &mut Message) {
        if let Some(version) = version(tag) {
            self.version = Some(version);
        }
        let name = tag.local_name();
        let Some(number) = message_number(name.as_ref().as_bytes()) else {
            self.open.push(Place::Outside);
            return;
        };
        if !std::mem::replace(&mut self.message_met, true) {
            to.describe(number, self.version.as_deref());
        }
        to.begin(number);
        self.open.push(Place::Message);
    }

    pub(super) fn end(&mut self, name: &[u8], to: &mut Message) -> Result<(), &'static str> {
        self.names.close(name)?;
        self.leave(to);
        Ok(())
    }

    #[inline]
    fn leave(&mut self, to: &mut Message) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(place) = self.open.pop() else { return };
        self.closed = self.open.is_empty();
        if let Place::Text(text) = place {
            let value = if self.too_long { Err(too_long()) } else { Ok(self.text.as_str()) };
            to.text(text, value);
            self.text.clear();
        } else {
            to.end(place);
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match self.open.last() {
            Some(Place::Text(_)) if self.skipped == 0 => {
                if self.text.len() + text.len() > VALUE_BYTES_MAX {
                    self.too_long = true;
                } else {
                    self.text.push_str(text);
                }
                Ok(())
            }
            // Some programs fill up the end with zeros, or mark it as DOS did.
            None if text.bytes().any(|byte| byte > b' ') => Err("text around the document"),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), &'static str> {
        let named = match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        let named = named.ok_or("a reference to an entity that XML does not have")?;
        if self.open.is_empty() {
            return Err("text around the document");
        }
        self.text(named.encode_utf8(&mut [0; 4]))
    }

    /// In a document that stands in a CDATA section nothing may end the section; behind it
    /// something must.
    pub(super) fn check_cdata(&mut self, around: usize, piece: &[u8]) -> Result<(), &'static str> {
        let end = memchr::memmem::find(piece, b"]]>");
        match end {
            None => Ok(()),
            Some(_) if self.names.depth() > around => {
                Err("the CDATA section ends inside of its document")
            }
            Some(at) if piece[..at].trim_ascii().is_empty() => {
                self.cdata = None;
                Ok(())
            }
            Some(_) => Err("text around the document"),
        }
    }
}

/// The name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    name.iter().position(|&byte| byte == b':').map_or(name, |colon| &name[colon + 1..])
}

/// The currency of an amount's tag.
fn currency<'a>(tag: &'a BytesStart<'_>) -> Option<Cow<'a, str>> {
    // As nearly all write it.
    if let Some(rest) = tag.attributes_raw().strip_prefix(" Ccy=\"")
        && let Some((code, "")) = rest.split_once('"')
    {
        return Some(Cow::Borrowed(code));
    }
    for attribute in tag.attributes().with_checks(false).flatten() {
        if attribute.key.as_ref() == "Ccy" {
            return Some(attribute.value);
        }
    }
    None
}

/// The version in a tag's namespaces, such as `camt.053.001.08`.
fn version(tag: &BytesStart<'_>) -> Option<String> {
    let mut found = None;
    for attribute in tag.attributes().with_checks(false).flatten() {
        let value: &str = &attribute.value;
        if attribute.key.as_ref().starts_with("xmlns")
            && let Some(at) = value.find("camt.05")
        {
            let version = value[at..].chars();
            let version = version.take_while(|c| c.is_ascii_alphanumeric() || *c == '.');
            found = Some(version.take(24).collect());
        }
    }
    found
}

fn too_long() -> Fault {
    Fault::new(RowFault::TooLong, format!("a value has more than {VALUE_BYTES_MAX} bytes"))
}

//! ISO 20022 cash management to customers: camt.052 (report), .053 (statement) and .054
//! (notification), all versions, in any envelope (FEEDS.md D 1–14). Read as a stream of XML
//! events: what is held is one entry, however long the file is.
//!
//! A document that is cut, not well-formed, or followed by another ends with an error, after the
//! rows before it: what they say holds only once the reader came to the end. Document types are
//! refused, so there are no entities but the five of XML.

mod bytes;
mod charset;
mod draft;
mod message;
mod names;
mod places;
mod plain;
mod rows;
mod statement;
mod values;

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use self::bytes::Bytes;
use self::draft::VALUE_BYTES_MAX;
use self::message::{Message, is_amount};
use self::names::{Names, Opener};
use self::places::{Place, message_number};
use self::plain::Plain;
use super::books::Item;
use super::error::{Fault, FeedError, RowFault};
use super::row::FileHead;
use super::{DETECT_BYTES, FileFormat, Options};

/// The longest tag, for the names of open elements are kept.
const TAG_BYTES_MAX: usize = 64 << 10;

/// The most space before a document that stands in a CDATA section.
const CDATA_SPACE_MAX: usize = 256;

const CDATA: &[u8] = b"<![CDATA[";

/// A document that is being read.
pub(super) struct Camt<R> {
    xml: Reader<Bytes<R>>,
    /// The tag or text that was read last.
    buffer: Vec<u8>,
    walk: Walk,
    message: Message,
    ended: bool,
}

/// Where in the document the reader is.
#[derive(Default)]
struct Walk {
    names: Names,
    open: Vec<Place>,
    /// How many elements are open in the last of `open` that are of no interest.
    skipped: usize,
    /// The text of the element that is open.
    text: String,
    too_long: bool,
    /// The root element is closed.
    closed: bool,
    /// How many elements are open around a document in a CDATA section.
    cdata: Option<usize>,
    /// A message began.
    message_met: bool,
    /// The XML reader already knows what comes next: nothing may be taken from under it.
    looked_ahead: bool,
    /// The version that a namespace names.
    version: Option<String>,
}

/// True for bytes that begin as such a document does, in any character set that has ASCII in it.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(DETECT_BYTES)];
    let ascii = |step: usize, from: usize| {
        bytes.iter().skip(from).step_by(step).copied().collect::<Vec<u8>>()
    };
    let start = match bytes {
        [0xef, 0xbb, 0xbf, start @ ..] => start.to_vec(),
        [0xff, 0xfe, ..] | [b'<', 0, ..] => ascii(2, 0),
        [0xfe, 0xff, ..] | [0, b'<', ..] => ascii(2, 1),
        start => start.to_vec(),
    };
    let start = start.trim_ascii_start();
    let start = start.strip_prefix(&[0xff]).or(start.strip_prefix(&[0xfe])).unwrap_or(start);
    let has = |name: &[u8]| memchr::memmem::find(start, name).is_some();
    start.trim_ascii_start().starts_with(b"<") && (has(b"BkToCstmr") || has(b"camt.05"))
}

impl<R: BufRead> Camt<R> {
    /// Reads up to the first entry, or the end of the first statement.
    pub(super) fn open(source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mut xml = Reader::from_reader(Bytes::open(source)?);
        if xml.get_mut().ahead(1)?.is_empty() {
            return Err(FeedError::Empty);
        }
        // Half of the tags are read past it: names are compared here.
        xml.config_mut().check_end_names = false;
        xml.config_mut().allow_unmatched_ends = true;
        let mut camt = Self {
            xml,
            buffer: Vec::new(),
            walk: Walk::default(),
            message: Message::new(options),
            ended: false,
        };
        camt.fill()?;
        Ok(camt)
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        let bytes = self.xml.get_ref();
        (bytes.position(), bytes.charset())
    }

    pub(super) fn head(&self) -> &FileHead {
        &self.message.head
    }

    pub(super) fn next(&mut self) -> Result<Option<Item>, FeedError> {
        self.fill()?;
        Ok(self.message.items.pop_front())
    }

    /// Reads until there is an item, or the end.
    fn fill(&mut self) -> Result<(), FeedError> {
        while self.message.items.is_empty() && !self.ended {
            self.ended = self.step()?;
        }
        Ok(())
    }

    /// Reads a tag or a text; true at the end.
    fn step(&mut self) -> Result<bool, FeedError> {
        let Self { xml, buffer, walk, message, .. } = self;
        if walk.is_outside() {
            enter_cdata(xml, walk)?;
        }
        if !walk.is_in_text() {
            let bytes = xml.get_mut();
            bytes.skip_layout();
            if let Some(length) = walk.plain(bytes, message) {
                bytes.consume(length);
                return Ok(false);
            }
        }
        buffer.clear();
        xml.get_mut().begin_piece();
        let event = match xml.read_event_into(buffer) {
            Ok(event) => event,
            Err(error) => return Err(wrong(xml.get_ref(), error)),
        };
        let at = xml.get_ref().piece();
        // Behind a text the XML reader has looked at what follows.
        walk.looked_ahead = matches!(event, Event::Text(_));
        let done = match event {
            Event::Start(tag) => walk.start(&tag, at, message),
            Event::Empty(tag) => walk
                .start(&tag, at, message)
                .and_then(|()| walk.end(tag.name().as_ref().as_bytes(), message)),
            Event::End(tag) => walk.end(tag.name().as_ref().as_bytes(), message),
            Event::Text(text) => walk.text(&text),
            Event::CData(text) => walk.text(&text),
            Event::GeneralRef(reference) => walk.reference(&reference),
            Event::Decl(_) if walk.is_outside() => Ok(()),
            Event::Decl(_) => Err("an XML declaration inside the message"),
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::DocType(_) => Err("a document type, which is refused"),
            Event::Eof => return self.finish(),
        };
        let done = match walk.cdata {
            Some(around) => done.and_then(|()| walk.check_cdata(around, buffer)),
            None => done,
        };
        done.map(|()| false).map_err(|detail| FeedError::Document { byte_offset: at, detail })
    }

    /// The end of the bytes.
    fn finish(&mut self) -> Result<bool, FeedError> {
        let walk = &self.walk;
        let bytes = self.xml.get_ref();
        if walk.names.depth() > 0 || walk.cdata.is_some() {
            let detail = "it ends here, inside of an element";
            return Err(FeedError::Document { byte_offset: bytes.position(), detail });
        }
        if bytes.is_damaged() {
            let damaged = "some bytes are no characters of the file's character set";
            self.message.items.push_back(Item::Warning(damaged.to_owned()));
        }
        match &walk.version {
            Some(version) if !walk.message_met => self.message.empty(version),
            None if !walk.message_met => return Err(FeedError::Format(FileFormat::Camt)),
            Some(_) | None => {}
        }
        Ok(true)
    }
}

impl Walk {
    /// Around the message, or behind it.
    fn is_outside(&self) -> bool {
        self.skipped == 0 && matches!(self.open.last(), None | Some(Place::Outside))
    }

    /// Inside of an element whose text is wanted, so that all of it matters.
    fn is_in_text(&self) -> bool {
        self.skipped == 0 && matches!(self.open.last(), Some(Place::Text(_)))
    }

    /// Takes a plain tag or element inside of the message, and gives its length.
    #[inline]
    fn plain<R: BufRead>(&mut self, bytes: &Bytes<R>, to: &mut Message) -> Option<usize> {
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

    fn start(
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
            return self.start_outside(tag, to);
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
    fn start_outside(
        &mut self,
        tag: &BytesStart<'_>,
        to: &mut Message,
    ) -> Result<(), &'static str> {
        if let Some(version) = version(tag) {
            self.version = Some(version);
        }
        let name = tag.local_name();
        let Some(number) = message_number(name.as_ref().as_bytes()) else {
            self.open.push(Place::Outside);
            return Ok(());
        };
        if std::mem::replace(&mut self.message_met, true) {
            return Err("a second message begins");
        }
        to.begin(number, self.version.as_deref());
        self.open.push(Place::Message);
        Ok(())
    }

    fn end(&mut self, name: &[u8], to: &mut Message) -> Result<(), &'static str> {
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

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match self.open.last() {
            Some(Place::Text(_)) if self.skipped == 0 => {
                if self.text.len() + text.len() > VALUE_BYTES_MAX {
                    self.too_long = true;
                } else {
                    self.text.push_str(text);
                }
                Ok(())
            }
            None if !text.trim_ascii().is_empty() => Err("text around the document"),
            Some(_) | None => Ok(()),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), &'static str> {
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
    fn check_cdata(&mut self, around: usize, piece: &[u8]) -> Result<(), &'static str> {
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

/// Goes into a CDATA section that holds markup as if it were not there: so a document in it is
/// read as a stream, like any other.
fn enter_cdata<R: BufRead>(xml: &mut Reader<Bytes<R>>, walk: &mut Walk) -> Result<(), FeedError> {
    let ahead = xml.get_mut().ahead(CDATA.len() + CDATA_SPACE_MAX)?;
    let Some(inside) = ahead.strip_prefix(CDATA) else { return Ok(()) };
    let space = inside.len() - inside.trim_ascii_start().len();
    if inside.get(space) != Some(&b'<') || walk.open.is_empty() || walk.cdata.is_some() {
        return Ok(());
    }
    // Whichever the XML reader expects, text or markup, it goes on at `<`.
    xml.stream().consume(CDATA.len() + space);
    walk.cdata = Some(walk.names.depth());
    Ok(())
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

/// Why the XML reader stopped. Its own words may hold what stands in the document.
fn wrong<R: BufRead>(bytes: &Bytes<R>, error: quick_xml::Error) -> FeedError {
    use quick_xml::Error;
    let detail = match error {
        _ if bytes.is_too_long() => "a tag or a text is longer than any real one",
        Error::Io(error) => {
            let kind = error.kind();
            return FeedError::Io(std::io::Error::new(kind, error));
        }
        Error::Syntax(_) => "a tag, comment or section has no end",
        Error::IllFormed(_) => "it is not well-formed",
        Error::Encoding(_) => "bytes that are no characters",
        Error::InvalidAttr(_) | Error::Escape(_) | Error::Namespace(_) => "it is not well-formed",
    };
    FeedError::Document { byte_offset: bytes.piece(), detail }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

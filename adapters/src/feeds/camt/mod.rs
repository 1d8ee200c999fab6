//! ISO 20022 cash management to customers: camt.052 (report), .053 (statement) and .054
//! (notification), all versions, in any envelope (FEEDS.md D 1–14). Read as a stream of XML
//! events: what is held is one entry, however long the file is.
//!
//! A document that is cut, not well-formed, or followed by another ends with an error, after the
//! rows before it: what they say holds only once the reader came to the end. An envelope may hold
//! several messages, each as markup, in a CDATA section or as escaped text. Document types are
//! refused, so there are no entities but the five of XML.

mod bytes;
mod charset;
mod draft;
mod escaped;
mod message;
mod names;
mod open;
mod paid;
mod places;
mod plain;
mod rows;
mod statement;
mod values;
mod walk;

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::Event;

use self::bytes::Bytes;
use self::message::Message;
use self::walk::Walk;
use super::books::Item;
use super::error::FeedError;
use super::row::FileHead;
use super::{DETECT_BYTES, FileFormat, Options};

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
    start.trim_ascii_start().starts_with(b"<") && names_message(start)
}

/// True where a message, or its namespace, is named soon.
fn names_message(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(DETECT_BYTES)];
    let has = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
    has(b"BkToCstmr") || has(b"camt.05")
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
            enter_payload(xml, walk)?;
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

/// Goes into a CDATA section that holds markup, or text that is escaped markup, as if it were not
/// so: a document in it is read as a stream, like any other.
fn enter_payload<R: BufRead>(xml: &mut Reader<Bytes<R>>, walk: &mut Walk) -> Result<(), FeedError> {
    if walk.names.depth() == 0 || walk.cdata.is_some() || xml.get_ref().is_escaped() {
        return Ok(());
    }
    let space_of = |bytes: &[u8]| bytes.len() - bytes.trim_ascii_start().len();
    let ahead = xml.get_mut().ahead(DETECT_BYTES)?;
    let before = space_of(ahead);
    let ahead = &ahead[before..];
    // Whichever the XML reader expects, text or markup, it goes on at `<`. Behind a text it expects
    // a reference: such a document does not stand alone in its element.
    if ahead.starts_with(escaped::BEGINNING) && !walk.looked_ahead && names_message(ahead) {
        xml.stream().consume(before);
        xml.get_mut().begin_escaped();
        return Ok(());
    }
    let Some(inside) = ahead.strip_prefix(CDATA) else { return Ok(()) };
    let space = space_of(inside);
    if inside.get(space) != Some(&b'<') {
        return Ok(());
    }
    xml.stream().consume(before + CDATA.len() + space);
    walk.cdata = Some(walk.names.depth());
    Ok(())
}

/// Why the XML reader stopped. Its own words may hold what stands in the document.
fn wrong<R: BufRead>(bytes: &Bytes<R>, error: quick_xml::Error) -> FeedError {
    use quick_xml::Error;
    let byte_offset = bytes.piece();
    if bytes.is_too_long() {
        let detail = "a tag or a text is longer than any real one";
        return FeedError::Document { byte_offset, detail };
    }
    let detail = match error {
        Error::Io(error) => {
            let kind = error.kind();
            return FeedError::Io(std::io::Error::new(kind, error));
        }
        Error::Syntax(_) => "a tag, comment or section has no end",
        Error::IllFormed(_) => "it is not well-formed",
        Error::Encoding(_) => "bytes that are no characters",
        Error::InvalidAttr(_) | Error::Escape(_) | Error::Namespace(_) => "it is not well-formed",
    };
    FeedError::Document { byte_offset, detail }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

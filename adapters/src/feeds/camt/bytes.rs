//! The bytes of a document as UTF-8, in pieces whose borders do not depend on how the bytes
//! arrive, with the place in the file of each.

use std::io::{self, BufRead, ErrorKind, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};

use super::charset::{Beginning, decide, width};
use super::escaped::Escaped;

/// How much is read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// The most bytes of one tag, text, comment or instruction. Texts that are used have a limit of
/// their own; this one bounds the memory that a piece of XML may take before it is known what it
/// is.
pub(super) const PIECE_BYTES_MAX: usize = 4 << 20;

/// Stands for each byte that is none of UTF-8, so that places in the file stay true. It is a
/// control character, which no text of a row keeps.
const DAMAGED: u8 = 0x1a;

/// The longest character of UTF-8.
const CHARACTER_BYTES_MAX: usize = 4;

/// A source of UTF-8 for the XML reader.
pub(super) struct Bytes<R> {
    source: R,
    /// `buffer[start..end]` can be had; what is behind was read and is no whole character yet.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// `None` while all was ASCII.
    charset: Option<&'static Encoding>,
    declared: Option<&'static Encoding>,
    /// For all character sets but UTF-8: bytes that were read, and what decodes them.
    decoder: Option<(Decoder, Vec<u8>)>,
    /// Inside of a document that is written as text.
    escaped: Option<Escaped>,
    /// Where `buffer[start]` stands in the file.
    position: u64,
    /// Where the piece begins that is being read, and how much of it was used.
    piece: u64,
    used: usize,
    at_end: bool,
    damaged: bool,
}

impl<R: BufRead> Bytes<R> {
    pub(super) fn open(source: R) -> io::Result<Self> {
        let mut bytes = Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            charset: None,
            declared: None,
            decoder: None,
            escaped: None,
            position: 0,
            piece: 0,
            used: 0,
            at_end: false,
            damaged: false,
        };
        bytes.read_chunk()?;
        let beginning = Beginning::of(&bytes.buffer);
        bytes.declared = beginning.declared;
        bytes.charset = beginning.charset;
        bytes.start = beginning.mark;
        bytes.end = beginning.mark;
        bytes.position = u64::try_from(beginning.mark).unwrap_or(0);
        match beginning.charset {
            Some(charset) if charset != UTF_8 => bytes.decode_from_here(charset),
            Some(_) | None => bytes.examine(),
        }
        Ok(bytes)
    }

    /// The name of the character set, `ascii` while nothing else was met.
    pub(super) fn charset(&self) -> &'static str {
        match self.charset {
            None => "ascii",
            Some(charset) => CHARSET_NAMES
                .iter()
                .find(|name| name.eq_ignore_ascii_case(charset.name()))
                .copied()
                .unwrap_or(charset.name()),
        }
    }

    /// Where the next byte stands in the file.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Where the piece that is being read begins.
    pub(super) fn piece(&self) -> u64 {
        self.piece
    }

    /// The piece that was being read is longer than any may be.
    pub(super) fn is_too_long(&self) -> bool {
        self.used > PIECE_BYTES_MAX
    }

    /// Bytes were met that are no characters.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// A tag, a text or the like begins here.
    pub(super) fn begin_piece(&mut self) {
        self.piece = self.position;
        self.used = 0;
    }

    /// Passes the space before a tag: between elements it is the layout of whoever wrote the
    /// file, and as many pieces as there are tags.
    #[inline]
    pub(super) fn skip_layout(&mut self) {
        let available = self.buffered();
        if let Some(tag) = memchr::memchr(b'<', available)
            // Other bytes that are not above space have no place in a document.
            && available[..tag].iter().fold(0, |most, byte| most.max(*byte)) <= b' '
        {
            self.consume(tag);
        }
    }

    /// What can be had without reading.
    #[inline]
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The next bytes, `count` at least, fewer only at the end.
    pub(super) fn ahead(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && !self.at_end {
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn refill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.end -= self.start;
        self.start = 0;
        self.read_chunk()?;
        let from = self.end;
        if self.decoder.is_some() {
            self.decode();
        } else {
            self.examine();
        }
        self.resolve(from);
        Ok(())
    }

    /// What follows is a document that is written as text.
    pub(super) fn begin_escaped(&mut self) {
        self.escaped = Some(Escaped::default());
        self.resolve(self.start);
    }

    pub(super) fn is_escaped(&self) -> bool {
        self.escaped.is_some()
    }

    /// Makes what was read from `from` on markup, where it is written as text.
    fn resolve(&mut self, from: usize) {
        if let Some(escaped) = &mut self.escaped {
            let places = (self.start, from, self.end);
            self.end = escaped.resolve(&mut self.buffer, places, self.at_end);
        }
    }

    /// Reads behind what is there until a whole chunk was read, or the end is reached.
    fn read_chunk(&mut self) -> io::Result<()> {
        let target = self.decoder.as_mut().map_or(&mut self.buffer, |(_, raw)| raw);
        let mut filled = target.len();
        target.resize(filled + CHUNK_BYTES, 0);
        let end = target.len();
        let mut read = Ok(());
        while filled < end && !self.at_end {
            match self.source.read(&mut target[filled..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    read = Err(error);
                    break;
                }
            }
        }
        target.truncate(filled);
        read
    }

    /// Makes what was read available as far as it is ASCII or UTF-8.
    fn examine(&mut self) {
        if self.charset.is_none() {
            let found = self.buffer[self.end..].iter().position(|byte| !byte.is_ascii());
            let Some(first) = found.map(|first| self.end + first) else {
                self.end = self.buffer.len();
                return;
            };
            self.end = first;
            if self.buffer.len() - first < CHARACTER_BYTES_MAX && !self.at_end {
                return;
            }
            let charset = decide(&self.buffer[first..], self.declared);
            self.charset = Some(charset);
            if charset != UTF_8 {
                self.decode_from_here(charset);
                return;
            }
        }
        while let Err(error) = std::str::from_utf8(&self.buffer[self.end..]) {
            self.end += error.valid_up_to();
            let bad = match error.error_len() {
                Some(length) => length,
                None if self.at_end => self.buffer.len() - self.end,
                None => return,
            };
            self.buffer[self.end..self.end + bad].fill(DAMAGED);
            self.damaged = true;
        }
        self.end = self.buffer.len();
    }

    /// What follows `end` is in `charset`.
    fn decode_from_here(&mut self, charset: &'static Encoding) {
        let raw = self.buffer.split_off(self.end);
        self.decoder = Some((charset.new_decoder_without_bom_handling(), raw));
        self.decode();
    }

    /// So much is used of a document that is longer where it stands.
    fn pass_escaped(&mut self, count: usize) {
        let Some(escaped) = &mut self.escaped else { return };
        let more = escaped.pass(count);
        let is_wide = self.charset.is_some_and(|charset| !charset.is_ascii_compatible());
        let more = if is_wide { 2 * more } else { more };
        self.position += u64::try_from(more).unwrap_or(u64::MAX);
        if escaped.is_used() {
            self.escaped = None;
        }
    }

    fn decode(&mut self) {
        let Some((decoder, raw)) = &mut self.decoder else { return };
        let room = decoder.max_utf8_buffer_length(raw.len()).unwrap_or(0);
        let decoded = self.buffer.len();
        self.buffer.resize(decoded + room, 0);
        let (_, _, written, damaged) =
            decoder.decode_to_utf8(raw, &mut self.buffer[decoded..], self.at_end);
        self.damaged |= damaged;
        self.end = decoded + written;
        self.buffer.truncate(self.end);
        raw.clear();
    }
}

/// The usual names, as they are told of other feeds.
const CHARSET_NAMES: [&str; 12] = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1257",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-15",
    "ibm866",
    "koi8-r",
];

impl<R: BufRead> Read for Bytes<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bytes<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            if self.used > PIECE_BYTES_MAX {
                return Err(io::Error::other("a piece of XML is too long"));
            }
            return self.ahead(1);
        }
        Ok(&self.buffer[self.start..self.end])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        let width = match (&self.decoder, self.charset) {
            (Some(_), Some(charset)) => {
                width(&self.buffer[self.start..self.start + count], charset)
            }
            // ASCII and UTF-8 are passed on as they are.
            (Some(_) | None, Some(_) | None) => count,
        };
        self.position += u64::try_from(width).unwrap_or(u64::MAX);
        if self.escaped.is_some() {
            self.pass_escaped(count);
        }
        self.start += count;
        self.used += count;
    }
}

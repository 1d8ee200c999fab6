//! A file as decoded lines, in memory that does not grow with it. Bytes are decoded by blocks of
//! whole lines: asking them line by line what they mean costs more than all else together.

use std::io::{BufRead, ErrorKind};
use std::ops::Range;

use super::charset::{Decoded, Decoder, has_controls, without_controls};
use super::error::{Fault, FeedError, RowFault};

/// The longest line that is read, in bytes; real ones stay below 2,000. The rest of a longer one
/// is skipped, and the line is a fault.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// The most bytes that are decoded at once. Without a line end in them their line is too long.
const BLOCK_BYTES: usize = LINE_BYTES_MAX + 1;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// One line that is not blank.
pub(super) struct Line<'a> {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its text without the line end.
    pub(super) text: Result<&'a str, Unread>,
}

/// Why a line cannot be read.
#[derive(Clone, Copy)]
pub(super) enum Unread {
    TooLong,
    NotUtf8,
}

/// The lines of a source, ended by LF or CRLF.
pub(super) struct Lines<R> {
    source: R,
    decoder: Decoder,
    /// What was read of the source; up to `decoded` it was decoded, up to `passed` given.
    bytes: Vec<u8>,
    decoded: usize,
    passed: usize,
    block: Block,
    /// Where the next line begins: in the block, and in the file.
    at: usize,
    offset: u64,
    /// The length of the byte-order mark, which the first line has before it.
    mark: usize,
    line: Place,
    held: bool,
}

/// Lines that were decoded together.
#[derive(Default)]
struct Block {
    text: String,
    /// How many bytes of the file it is.
    bytes: usize,
    /// Some of its characters stand in no value.
    has_controls: bool,
    /// It is one line that cannot be read.
    unread: Option<Unread>,
}

/// Where the line that is given stands.
#[derive(Default)]
struct Place {
    offset: u64,
    range: Range<usize>,
    /// Its text, where the block has control characters.
    cleaned: Option<String>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R, decoder: Decoder) -> Self {
        Self {
            source,
            decoder,
            bytes: Vec::new(),
            decoded: 0,
            passed: 0,
            block: Block::default(),
            at: 0,
            offset: 0,
            mark: 0,
            line: Place::default(),
            held: false,
        }
    }

    /// The next line that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, FeedError> {
        Ok(if self.advance()? { Some(self.line()) } else { None })
    }

    /// Goes on to the next line that is not blank. False at the end.
    pub(super) fn advance(&mut self) -> Result<bool, FeedError> {
        if std::mem::take(&mut self.held) {
            return Ok(true);
        }
        loop {
            if self.at == self.block.text.len() {
                if !self.fill()? {
                    return Ok(false);
                }
                if self.block.unread.is_some() {
                    self.line.offset = self.offset;
                    self.pass(self.block.bytes);
                    return Ok(true);
                }
            }
            if self.step() {
                return Ok(true);
            }
        }
    }

    /// The line that [`Self::advance`] went to.
    pub(super) fn line(&self) -> Line<'_> {
        let text = match (self.block.unread, &self.line.cleaned) {
            (Some(why), _) => Err(why),
            (None, Some(cleaned)) => Ok(cleaned.as_str()),
            (None, None) => Ok(&self.block.text[self.line.range.clone()]),
        };
        Line { offset: self.line.offset, text }
    }

    /// Gives the line back, to be the next one again.
    pub(super) fn hold(&mut self) {
        self.held = true;
    }

    /// How many bytes were read, and the name of their character set as far as it is known.
    pub(super) fn progress(&self) -> (u64, &'static str) {
        (self.offset, self.decoder.name())
    }

    /// Goes on by one line of the block. False for a blank one.
    fn step(&mut self) -> bool {
        let rest = &self.block.text[self.at..];
        let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let line = &rest[..end];
        let bytes = if line.is_ascii() {
            line.len()
        } else {
            let bytes = &self.bytes[self.passed..self.decoded];
            memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
        };
        self.passed += bytes;
        // Marks of the end of a file, and zeros that fill it up, say nothing, either.
        let is_blank = line.bytes().all(|byte| byte <= b' ');
        if !is_blank {
            let text = line.strip_suffix('\n').unwrap_or(line);
            let text = if text.ends_with('\r') { text.trim_end_matches('\r') } else { text };
            self.line.offset = self.offset;
            self.line.range = self.at..self.at + text.len();
            self.line.cleaned = self.block.has_controls.then(|| without_controls(text));
        }
        self.at += end;
        self.pass(bytes);
        !is_blank
    }

    /// So many bytes of the file were given.
    fn pass(&mut self, bytes: usize) {
        let bytes = bytes + std::mem::take(&mut self.mark);
        self.offset = self.offset.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Decodes the next block. False at the end of the file.
    fn fill(&mut self) -> Result<bool, FeedError> {
        self.at = 0;
        self.block.text.clear();
        self.block.unread = None;
        let Some(end) = self.read_lines()? else {
            self.block.unread = Some(Unread::TooLong);
            self.block.bytes = self.skip_line()?;
            return Ok(true);
        };
        let lines = &self.bytes[self.decoded..end];
        if lines.is_empty() {
            self.pass(0);
            return Ok(false);
        }
        self.block.bytes = match self.decoder.decode(lines, &mut self.block.text) {
            Decoded::Text(bytes) => bytes,
            Decoded::NotUtf8(bytes) => {
                self.block.unread = Some(Unread::NotUtf8);
                bytes
            }
        };
        self.passed = self.decoded;
        self.decoded += self.block.bytes;
        self.block.has_controls = has_controls(&self.block.text);
        Ok(true)
    }

    /// Reads until there are whole lines, and gives their end; `None` when a line is too long.
    fn read_lines(&mut self) -> Result<Option<usize>, FeedError> {
        let mut searched = self.decoded;
        loop {
            if let Some(end) = memchr::memrchr(b'\n', &self.bytes[searched..]) {
                return Ok(Some(searched + end + 1));
            }
            self.bytes.drain(..self.decoded);
            self.decoded = 0;
            searched = self.bytes.len();
            let room = BLOCK_BYTES - self.bytes.len();
            if room == 0 {
                return Ok(None);
            }
            let is_first = self.offset == 0 && self.mark == 0 && self.bytes.len() < UTF8_MARK.len();
            let chunk = chunk(&mut self.source)?;
            let used = chunk.len().min(room);
            self.bytes.extend_from_slice(&chunk[..used]);
            self.source.consume(used);
            if is_first {
                self.unmark();
                searched = 0;
            }
            if used == 0 {
                return Ok(Some(self.bytes.len()));
            }
        }
    }

    /// Skips a line that is too long. Gives its length.
    fn skip_line(&mut self) -> Result<usize, FeedError> {
        let mut skipped = self.bytes.len();
        self.bytes.clear();
        loop {
            let chunk = chunk(&mut self.source)?;
            let end = memchr::memchr(b'\n', chunk);
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.source.consume(used);
            skipped += used;
            if end.is_some() || used == 0 {
                return Ok(skipped);
            }
        }
    }

    /// Takes the byte-order mark off the file's beginning.
    fn unmark(&mut self) {
        if self.bytes.starts_with(UTF8_MARK) {
            self.mark = UTF8_MARK.len();
            self.bytes.drain(..self.mark);
            self.decoder.marked_utf8();
        }
    }
}

/// What the source has next; nothing at its end.
fn chunk(source: &mut impl BufRead) -> Result<&[u8], FeedError> {
    loop {
        match source.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    // What is there is given again.
    Ok(source.fill_buf()?)
}

impl Unread {
    pub(super) fn fault(self) -> Fault {
        match self {
            Self::TooLong => Fault::new(
                RowFault::TooLong,
                format!("a line has more than {LINE_BYTES_MAX} bytes"),
            ),
            Self::NotUtf8 => {
                Fault::new(RowFault::Charset, "a line is not UTF-8, others before are")
            }
        }
    }
}

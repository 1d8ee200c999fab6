//! The lines of a message file as bytes: LF, CR or both end one, and the line may be a slice of
//! the source's own buffer. Nothing is decoded before the whole of a field is there, since a fold
//! may cut a character in two.
//!
//! Where FinTS carries messages some banks write `@@` for the ends of their lines. A file is known
//! by its first field: what has `@@` before or behind it has such lines throughout.

use std::io::{BufRead, ErrorKind};

use memchr::{memchr2, memchr3_iter};

use crate::feeds::error::FeedError;
use crate::feeds::lines::LINE_BYTES_MAX;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// One line that is not empty.
pub(super) struct Line<'a> {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its bytes without the line end.
    pub(super) bytes: &'a [u8],
    /// It was longer than [`LINE_BYTES_MAX`], and only its beginning is here.
    pub(super) cut: bool,
}

/// The lines of a source.
pub(super) struct Lines<R> {
    source: R,
    /// How many bytes of the source's buffer the line given last has taken.
    used: usize,
    /// A line that lies in more than one buffer.
    carry: Vec<u8>,
    offset: u64,
    marked: bool,
    /// `@@` ends lines; unknown until the first field's line is complete.
    doubled: Option<bool>,
}

/// Where the bytes of a line are.
struct Found {
    offset: u64,
    /// Its length in the source's buffer; `None` when it is in `carry`.
    inside: Option<usize>,
    cut: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, used: 0, carry: Vec::new(), offset: 0, marked: false, doubled: None }
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The file began with the mark of UTF-8.
    pub(super) fn is_marked_utf8(&self) -> bool {
        self.marked
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, FeedError> {
        let found = loop {
            let Some(found) = self.find()? else { return Ok(None) };
            if found.inside != Some(0) && (found.inside.is_some() || !self.carry.is_empty()) {
                break found;
            }
        };
        let Found { offset, inside, cut } = found;
        let mut bytes = match inside {
            Some(length) => self.source.fill_buf()?.get(..length).unwrap_or_default(),
            None => &self.carry[..],
        };
        if offset == 0
            && let Some(rest) = bytes.strip_prefix(UTF8_MARK)
        {
            bytes = rest;
            self.marked = true;
        }
        if self.doubled.is_none() && bytes.starts_with(b":") {
            self.doubled = Some(false);
        }
        Ok(Some(Line { offset, bytes, cut }))
    }

    /// Goes past the line given last and finds the end of the next.
    fn find(&mut self) -> Result<Option<Found>, FeedError> {
        self.source.consume(std::mem::take(&mut self.used));
        self.carry.clear();
        let offset = self.offset;
        let (mut any, mut cut) = (false, false);
        // The buffer before ended with one `@`.
        let mut half = false;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                return Ok(any.then_some(Found { offset, inside: None, cut }));
            }
            let (length, taken) = if self.doubled == Some(false) {
                line_end(chunk)
            } else {
                let (length, taken) = line_end_or_signs(chunk, half);
                if chunk.get(length) == Some(&b'@') {
                    self.doubled = Some(true);
                    if half && length == 0 {
                        self.carry.pop();
                    }
                }
                half = taken == length && chunk.ends_with(b"@");
                (length, taken)
            };
            let ended = taken > length;
            self.offset = self.offset.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            if ended && !any && length <= LINE_BYTES_MAX {
                self.used = taken;
                return Ok(Some(Found { offset, inside: Some(length), cut }));
            }
            any = true;
            let room = (LINE_BYTES_MAX - self.carry.len()).min(length);
            self.carry.extend_from_slice(&chunk[..room]);
            cut |= room < length;
            self.source.consume(taken);
            if ended {
                return Ok(Some(Found { offset, inside: None, cut }));
            }
        }
    }
}

/// How long the line is, and how long with what ends it.
fn line_end(chunk: &[u8]) -> (usize, usize) {
    let end = memchr2(b'\n', b'\r', chunk);
    let length = end.unwrap_or(chunk.len());
    let both = chunk[length..].starts_with(b"\r\n");
    (length, length + usize::from(end.is_some()) + usize::from(both))
}

/// The same of a line that `@@` may end, too. Half of it may be in the buffer before.
fn line_end_or_signs(chunk: &[u8], half: bool) -> (usize, usize) {
    for at in memchr3_iter(b'\n', b'\r', b'@', chunk) {
        match chunk[at..] {
            [b'@', ..] if half && at == 0 => return (at, at + 1),
            [b'@', b'@', ..] | [b'\r', b'\n', ..] => return (at, at + 2),
            [b'@', ..] | [] => {}
            [_, ..] => return (at, at + 1),
        }
    }
    (chunk.len(), chunk.len())
}

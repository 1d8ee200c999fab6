//! The lines of a table as bytes, in memory that does not grow with it. A line may be given back:
//! where a quoted value does not end, its lines are read again as rows of their own.

use std::collections::VecDeque;
use std::io::{BufRead, ErrorKind};

use crate::feeds::error::FeedError;

/// The longest line, and the longest row of several lines, that is read, in bytes.
pub(super) const ROW_BYTES_MAX: usize = 64 << 10;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// One line without its end.
#[derive(Debug, Default)]
pub(super) struct RawLine {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its bytes; of a line that is too long, the first ones.
    pub(super) bytes: Vec<u8>,
    /// It was too long.
    pub(super) cut: bool,
    /// A line end follows; only the last line may have none.
    pub(super) ended: bool,
}

/// The lines of a source, ended by LF or CRLF.
pub(super) struct RawLines<R> {
    source: R,
    offset: u64,
    held: VecDeque<RawLine>,
    marked: bool,
}

impl<R: BufRead> RawLines<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, offset: 0, held: VecDeque::new(), marked: false }
    }

    /// How many bytes were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.offset
    }

    /// The file began with the mark of UTF-8; known after the first line.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Gives lines back, to be the next ones again, in their order.
    pub(super) fn hold(&mut self, lines: impl DoubleEndedIterator<Item = RawLine>) {
        lines.rev().for_each(|line| self.held.push_front(line));
    }

    /// The next line, blank or not.
    pub(super) fn next(&mut self) -> Result<Option<RawLine>, FeedError> {
        if let Some(line) = self.held.pop_front() {
            return Ok(Some(line));
        }
        let mut line = RawLine { offset: self.offset, ..RawLine::default() };
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', chunk);
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = (ROW_BYTES_MAX - line.bytes.len()).min(part.len());
            line.bytes.extend_from_slice(&part[..room]);
            line.cut |= room < part.len();
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.source.consume(used);
            self.offset = self.offset.saturating_add(u64::try_from(used).unwrap_or(u64::MAX));
            line.ended = end.is_some();
            if line.ended {
                break;
            }
        }
        if self.offset == line.offset {
            return Ok(None);
        }
        while line.bytes.last() == Some(&b'\r') {
            line.bytes.pop();
        }
        if line.offset == 0 {
            self.unmark(&mut line);
        }
        Ok(Some(line))
    }

    fn unmark(&mut self, first: &mut RawLine) {
        if first.bytes.starts_with(UTF8_MARK) {
            first.bytes.drain(..UTF8_MARK.len());
            self.marked = true;
        }
    }
}

//! A file as decoded lines, in memory that does not grow with it.

use std::io::{BufRead, ErrorKind};

use super::charset::Decoder;
use super::error::{Fault, FeedError, RowFault};

/// The longest line that is read, in bytes; real ones stay below 2,000. The rest of a longer one
/// is skipped, and the line is a fault.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const UTF16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// One line that is not blank.
pub(super) struct Line {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its text without the line end.
    pub(super) text: Result<String, Fault>,
}

/// The lines of a source, ended by LF or CRLF.
pub(super) struct Lines<R> {
    source: R,
    decoder: Decoder,
    buffer: Vec<u8>,
    offset: u64,
    held: Option<Line>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R, decoder: Decoder) -> Self {
        Self { source, decoder, buffer: Vec::new(), offset: 0, held: None }
    }

    /// The next line that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Line>, FeedError> {
        if let Some(line) = self.held.take() {
            return Ok(Some(line));
        }
        loop {
            let offset = self.offset;
            let Some(whole) = self.fill()? else { return Ok(None) };
            let line = self.unmarked(offset)?;
            if whole && line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let text = if whole {
                self.decode()
            } else {
                Err(Fault::new(
                    RowFault::TooLong,
                    format!("a line has more than {LINE_BYTES_MAX} bytes"),
                ))
            };
            return Ok(Some(Line { offset, text }));
        }
    }

    /// How many bytes were read, and the name of their character set as far as it is known.
    pub(super) fn progress(&self) -> (u64, &'static str) {
        (self.offset, self.decoder.name())
    }

    /// Gives a line back, to be the next one again.
    pub(super) fn hold(&mut self, line: Line) {
        self.held = Some(line);
    }

    /// Reads a line into the buffer, without its end. `Some(false)` when it was too long.
    fn fill(&mut self) -> Result<Option<bool>, FeedError> {
        self.buffer.clear();
        let (mut any, mut whole) = (false, true);
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', chunk);
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = (LINE_BYTES_MAX - self.buffer.len()).min(part.len());
            self.buffer.extend_from_slice(&part[..room]);
            whole &= room == part.len();
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.source.consume(used);
            self.offset = self.offset.saturating_add(u64::try_from(used).unwrap_or(u64::MAX));
            if end.is_some() {
                break;
            }
        }
        while self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        Ok(any.then_some(whole))
    }

    /// Takes the byte-order mark off the first line.
    fn unmarked(&mut self, offset: u64) -> Result<&[u8], FeedError> {
        if offset == 0 {
            if UTF16_MARKS.iter().any(|mark| self.buffer.starts_with(mark)) {
                return Err(FeedError::Charset("it is UTF-16".to_owned()));
            }
            if self.buffer.starts_with(UTF8_MARK) {
                self.buffer.drain(..UTF8_MARK.len());
                self.decoder.marked_utf8();
            }
        }
        Ok(&self.buffer)
    }

    fn decode(&mut self) -> Result<String, Fault> {
        let text = self.decoder.decode(&self.buffer);
        text.map_err(|_| Fault::new(RowFault::Charset, "a line is not UTF-8, others before are"))
    }
}

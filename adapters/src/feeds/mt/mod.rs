//! MT940, the customer statement, MT950, the same between banks and without texts, and MT942, the
//! interim report (SWIFT category 9), as banks write them: in blocks or without, several messages
//! in a file, fields that almost keep to the standard (FEEDS.md D 15–18). Entries are given as they
//! come; a message is never held.

mod desk;
mod details;
mod entry;
mod lines;
mod names;
mod posting;
mod statement;
mod tag;
mod text;
mod value;

use std::io::BufRead;

use self::desk::Desk;
use self::lines::Lines;
use super::books::Item;
use super::error::FeedError;
use super::row::FileHead;
use super::{FileFormat, Options};

/// How much text may stand before the first message.
const FOREWORD_BYTES_MAX: u64 = 64 * 1024;

/// True for bytes with a line that only such messages have.
pub(super) fn begins(bytes: &[u8]) -> bool {
    tag::begins(bytes)
}

/// The messages of a file that is being read.
pub(super) struct Messages<R> {
    lines: Lines<R>,
    desk: Desk,
    ended: bool,
}

impl<R: BufRead> Messages<R> {
    /// Reads up to the first entry, or the end of the first message.
    pub(super) fn open(source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mut messages =
            Self { lines: Lines::new(source), desk: Desk::new(options), ended: false };
        while messages.desk.is_idle() && messages.read()? {
            if !messages.desk.knows_format() && messages.lines.offset() > FOREWORD_BYTES_MAX {
                break;
            }
        }
        if !messages.desk.knows_format() {
            let empty = messages.lines.offset() == 0;
            let error = FeedError::Format(FileFormat::Mt940);
            return Err(if empty { FeedError::Empty } else { error });
        }
        messages.desk.describe();
        Ok(messages)
    }

    pub(super) fn head(&self) -> &FileHead {
        self.desk.head()
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        (self.lines.offset(), self.desk.charset())
    }

    pub(super) fn next(&mut self) -> Result<Option<Item>, FeedError> {
        loop {
            if let Some(item) = self.desk.take() {
                return Ok(Some(item));
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }

    /// Reads a line; `false` when there was none, and nothing more will come.
    fn read(&mut self) -> Result<bool, FeedError> {
        if self.ended {
            return Ok(false);
        }
        match self.lines.next()? {
            Some(line) => self.desk.line(&line),
            None => {
                self.ended = true;
                self.desk.end();
            }
        }
        if self.lines.is_marked_utf8() {
            self.desk.marked_utf8();
        }
        Ok(true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

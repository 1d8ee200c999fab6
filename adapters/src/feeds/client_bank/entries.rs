//! The client-bank text as entries: `^Key=Value^`, one a line, values continued over lines.

use std::io::BufRead;

use crate::feeds::error::{Fault, FeedError, RowFault};
use crate::feeds::lines::{LINE_BYTES_MAX, Lines};

/// What stands on a line, or on several when a value holds line ends.
pub(super) enum Entry {
    /// A key and its value, as written.
    Field { key: String, value: String, offset: u64 },
    /// `[IN_PARAM]`, the echo of the request, begins (true), or `[OUT_PARAM]` (false).
    Section { echo: bool },
    /// The line of `#` that ends a statement.
    End,
    /// Something else, where nothing else should stand.
    Stray { fault: Fault },
}

/// How a statement begins.
pub(super) const OPENING: &str = "*****";

/// The entries of a statement behind its first line.
pub(super) struct Entries<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Entries<R> {
    pub(super) fn new(lines: Lines<R>) -> Self {
        Self { lines }
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        self.lines.progress()
    }

    pub(super) fn next(&mut self) -> Result<Option<Entry>, FeedError> {
        let Some(line) = self.lines.next()? else { return Ok(None) };
        let offset = line.offset;
        let text = match line.text {
            Ok(text) => text,
            Err(fault) => return Ok(Some(Entry::Stray { fault })),
        };
        if text.starts_with(OPENING) {
            return Err(FeedError::SeveralStatements);
        }
        if let Some(echo) = section(&text) {
            return Ok(Some(Entry::Section { echo }));
        }
        if is_end(&text) {
            return Ok(Some(Entry::End));
        }
        let field = text.strip_prefix('^').and_then(|rest| rest.split_once('='));
        let Some((key, start)) = field.filter(|(key, _)| !key.contains('^')) else {
            let fault = Fault::new(RowFault::Layout, "a line is no ^Key=Value^");
            return Ok(Some(Entry::Stray { fault }));
        };
        Ok(Some(match self.value(start)? {
            Ok(value) => Entry::Field { key: key.trim().to_owned(), value, offset },
            Err(fault) => Entry::Stray { fault },
        }))
    }

    /// The value that begins with `start`, up to the `^` at the end of this line or a later one.
    fn value(&mut self, start: &str) -> Result<Result<String, Fault>, FeedError> {
        if let Some(whole) = start.trim_end().strip_suffix('^') {
            return Ok(Ok(whole.to_owned()));
        }
        let mut value = start.to_owned();
        loop {
            if let Some(whole) = value.trim_end().strip_suffix('^') {
                return Ok(Ok(whole.to_owned()));
            }
            let cut = || Fault::new(RowFault::Unterminated, "a value has no ^ at its end");
            let Some(line) = self.lines.next()? else { return Ok(Err(cut())) };
            match &line.text {
                Ok(text) if !begins_entry(text) => {
                    if value.len() + text.len() > LINE_BYTES_MAX {
                        return Ok(Err(Fault::new(RowFault::TooLong, "a value is too long")));
                    }
                    value.push('\n');
                    value.push_str(text);
                }
                Ok(_) | Err(_) => {
                    self.lines.hold(line);
                    return Ok(Err(cut()));
                }
            }
        }
    }
}

fn begins_entry(text: &str) -> bool {
    text.starts_with('^') || text.starts_with(OPENING) || section(text).is_some() || is_end(text)
}

fn section(text: &str) -> Option<bool> {
    match text.trim() {
        "[IN_PARAM]" => Some(true),
        "[OUT_PARAM]" => Some(false),
        _ => None,
    }
}

fn is_end(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 3 && text.bytes().all(|byte| byte == b'#')
}

//! The client-bank text as entries: `^Key=Value^`, one a line, values continued over lines.

use std::io::BufRead;

use crate::feeds::error::{Fault, FeedError, RowFault};
use crate::feeds::lines::{LINE_BYTES_MAX, Lines};
use crate::feeds::values::trimmed;

/// What stands on a line, or on several when a value holds line ends.
pub(super) enum Entry<'a> {
    /// A key and its value, as written.
    Field { key: &'a str, value: &'a str, offset: u64 },
    /// `[IN_PARAM]`, the echo of the request, begins (true), or `[OUT_PARAM]` (false).
    Section { echo: bool },
    /// The line of `#` that ends a statement.
    End,
    /// The first line of another statement.
    Opening { line: &'a str },
    /// Something else, where nothing else should stand.
    Stray { fault: Fault },
}

/// How a statement begins.
pub(super) const OPENING: &str = "*****";

/// The entries of a file behind its first line.
pub(super) struct Entries<R> {
    lines: Lines<R>,
    folded: Folded,
}

/// A field whose value goes on over lines.
#[derive(Default)]
struct Folded {
    key: String,
    value: String,
    offset: u64,
}

impl<R: BufRead> Entries<R> {
    pub(super) fn new(lines: Lines<R>) -> Self {
        Self { lines, folded: Folded::default() }
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        self.lines.progress()
    }

    pub(super) fn next(&mut self) -> Result<Option<Entry<'_>>, FeedError> {
        if !self.lines.advance()? {
            return Ok(None);
        }
        let line = self.lines.line();
        if let Ok(text) = line.text
            && !is_whole(text)
            && let Some((key, start)) = field(text)
        {
            self.folded.begin(key, start, line.offset);
            return Ok(Some(match self.unfold()? {
                Ok(()) => self.folded.entry(),
                Err(fault) => Entry::Stray { fault },
            }));
        }
        let line = self.lines.line();
        Ok(Some(match line.text {
            Ok(text) => entry(text, line.offset),
            Err(unread) => Entry::Stray { fault: unread.fault() },
        }))
    }

    /// Reads the value on, up to the `^` at the end of a later line.
    fn unfold(&mut self) -> Result<Result<(), Fault>, FeedError> {
        let value = &mut self.folded.value;
        loop {
            let cut = || Fault::new(RowFault::Unterminated, "a value has no ^ at its end");
            let Some(line) = self.lines.next()? else { return Ok(Err(cut())) };
            match line.text {
                Ok(text) if !begins_entry(text) => {
                    if value.len() + text.len() > LINE_BYTES_MAX {
                        return Ok(Err(Fault::new(RowFault::TooLong, "a value is too long")));
                    }
                    value.push('\n');
                    value.push_str(text);
                }
                Ok(_) | Err(_) => {
                    self.lines.hold();
                    return Ok(Err(cut()));
                }
            }
            if let Some(length) = whole(value).map(str::len) {
                value.truncate(length);
                return Ok(Ok(()));
            }
        }
    }
}

impl Folded {
    fn begin(&mut self, key: &str, start: &str, offset: u64) {
        key.clone_into(&mut self.key);
        start.clone_into(&mut self.value);
        self.offset = offset;
    }

    fn entry(&self) -> Entry<'_> {
        Entry::Field { key: &self.key, value: &self.value, offset: self.offset }
    }
}

/// What a line says that is whole.
fn entry(text: &str, offset: u64) -> Entry<'_> {
    if let Some((key, value)) = field(text)
        && let Some(value) = whole(value)
    {
        Entry::Field { key, value, offset }
    } else if text.starts_with(OPENING) {
        Entry::Opening { line: text }
    } else if let Some(echo) = section(text) {
        Entry::Section { echo }
    } else if is_end(text) {
        Entry::End
    } else {
        Entry::Stray { fault: Fault::new(RowFault::Layout, "a line is no ^Key=Value^") }
    }
}

/// The key, and what of the value stands on its line.
#[inline]
fn field(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_ascii_start().strip_prefix('^')?;
    let end = rest.bytes().position(|byte| matches!(byte, b'=' | b'^'))?;
    let value = rest[end..].strip_prefix('=')?;
    Some((trimmed(&rest[..end]), value))
}

/// True for a line behind which no value goes on.
fn is_whole(text: &str) -> bool {
    text.ends_with('^') || !text.starts_with('^') || whole(text).is_some()
}

/// The value without the `^` that ends it.
fn whole(value: &str) -> Option<&str> {
    value.strip_suffix('^').or_else(|| value.trim_end().strip_suffix('^'))
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

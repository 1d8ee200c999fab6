//! A table as rows of values: quoted values may hold delimiters and line ends.

use std::io::BufRead;

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::column::{COLUMNS_MAX, Column};
use super::mapping::TableKind;
use super::raw_lines::{ROW_BYTES_MAX, RawLine, RawLines};
use super::text::Text;
use crate::feeds::error::{Fault, FeedError, RowFault};
use crate::feeds::values::filled;

/// The most lines that a row may run over. Where a quote has no end, as many lines are looked at
/// twice at most.
const ROW_LINES_MAX: usize = 64;

/// One row that is not blank.
pub(super) struct Record {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its values, or why it has none.
    pub(super) cells: Result<Cells, Fault>,
    /// Its last value may be cut: nothing says that it ends here.
    pub(super) open: bool,
}

/// The values of a row, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cells {
    /// One after the other.
    Values(Vec<String>),
    /// In one line, each in its place.
    Line(String),
}

/// The rows of a source.
pub(super) struct Records<R> {
    lines: RawLines<R>,
    text: Text,
    splitter: Option<Splitter>,
}

/// The state machine of delimited rows, and its room.
struct Splitter {
    machine: csv_core::Reader,
    delimiter: u8,
    quote: Option<u8>,
    values: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(source: R, kind: TableKind, text: Text) -> Self {
        let splitter = match kind {
            TableKind::Delimited { delimiter, quote } => Some(Splitter::new(delimiter, quote)),
            TableKind::Fixed => None,
        };
        Self { lines: RawLines::new(source), text, splitter }
    }

    /// How many bytes were read, and the name of their character set as far as it is known.
    pub(super) fn progress(&self) -> (u64, &'static str) {
        (self.lines.bytes_read(), self.text.name())
    }

    /// Passes over lines.
    pub(super) fn skip_lines(&mut self, count: u32) -> Result<(), FeedError> {
        for _ in 0..count {
            let Some(line) = self.lines.next()? else { break };
            self.look(&line);
        }
        Ok(())
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Record>, FeedError> {
        while let Some(line) = self.lines.next()? {
            self.look(&line);
            if line.cut {
                let what = format!("a line has more than {ROW_BYTES_MAX} bytes");
                return Ok(Some(record(line.offset, Err(Fault::new(RowFault::TooLong, what)))));
            }
            if line.bytes.iter().all(|byte| *byte <= b' ') {
                continue;
            }
            let record = match self.splitter {
                Some(_) => self.delimited(line)?,
                None => record(line.offset, self.text.decode(&line.bytes).map(Cells::Line)),
            };
            if !record.cells.as_ref().is_ok_and(Cells::are_blank) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn look(&mut self, line: &RawLine) {
        if line.offset == 0 && self.lines.is_marked() {
            self.text.marked_utf8();
        }
        self.text.look(&line.bytes);
    }

    /// The row that begins with `first`, and goes on while a quoted value has not ended.
    fn delimited(&mut self, first: RawLine) -> Result<Record, FeedError> {
        let offset = first.offset;
        let Some(splitter) = &mut self.splitter else { return Ok(unended(offset)) };
        splitter.begin();
        let mut lines = vec![first];
        let mut bytes = 0;
        loop {
            let Some(line) = lines.last() else { return Ok(unended(offset)) };
            bytes += line.bytes.len() + 1;
            let state = splitter.take(&line.bytes);
            let may_go_on = lines.len() < ROW_LINES_MAX;
            match state {
                Taken::Whole => break,
                Taken::TooMany => {
                    let what = format!("a row has more than {COLUMNS_MAX} values");
                    return Ok(record(offset, Err(Fault::new(RowFault::TooLong, what))));
                }
                Taken::Part => {}
            }
            let next = if may_go_on { self.lines.next()? } else { None };
            match next {
                Some(next) if !next.cut && bytes + next.bytes.len() < ROW_BYTES_MAX => {
                    lines.push(next);
                }
                next => {
                    self.lines.hold(
                        lines.into_iter().skip(1).chain(next).collect::<Vec<_>>().into_iter(),
                    );
                    return Ok(unended(offset));
                }
            }
        }
        if lines.len() > 1 && !splitter.is_strict(&lines) {
            self.lines.hold(lines.into_iter().skip(1));
            return Ok(unended(offset));
        }
        let open = lines
            .last()
            .is_some_and(|line| !line.ended && line.bytes.last().copied() != splitter.quote);
        for line in &lines {
            self.text.look(&line.bytes);
        }
        Ok(Record { open, ..record(offset, splitter.cells(&self.text)) })
    }
}

fn record(offset: u64, cells: Result<Cells, Fault>) -> Record {
    Record { offset, cells, open: false }
}

fn unended(offset: u64) -> Record {
    record(offset, Err(Fault::new(RowFault::Unterminated, "a quoted value has no end")))
}

/// What became of a line.
enum Taken {
    /// The row ends with it.
    Whole,
    /// A quoted value goes on.
    Part,
    /// There are more values than any table has.
    TooMany,
}

impl Splitter {
    fn new(delimiter: u8, quote: Option<u8>) -> Self {
        let machine = ReaderBuilder::new()
            .delimiter(delimiter)
            .quote(quote.unwrap_or(b'"'))
            .quoting(quote.is_some())
            .terminator(Terminator::Any(b'\n'))
            .build();
        Self { machine, delimiter, quote, values: Vec::new(), ends: Vec::new() }
    }

    fn begin(&mut self) {
        self.machine.reset();
        self.values.clear();
        self.ends.clear();
    }

    fn take(&mut self, line: &[u8]) -> Taken {
        // Nothing means the end of all input to the machine.
        let taken = if line.is_empty() { Taken::Part } else { self.feed(line) };
        match taken {
            Taken::Part => self.feed(b"\n"),
            taken @ (Taken::Whole | Taken::TooMany) => taken,
        }
    }

    /// Gives bytes to the machine; what it makes of them is never longer than they are.
    fn feed(&mut self, bytes: &[u8]) -> Taken {
        let (values, ends) = (self.values.len(), self.ends.len());
        self.values.resize(values + bytes.len() + 1, 0);
        self.ends.resize(COLUMNS_MAX.max(ends), 0);
        let (result, _, written, ended) =
            self.machine.read_record(bytes, &mut self.values[values..], &mut self.ends[ends..]);
        self.values.truncate(values + written);
        self.ends.truncate(ends + ended);
        match result {
            ReadRecordResult::Record | ReadRecordResult::End => Taken::Whole,
            ReadRecordResult::InputEmpty => Taken::Part,
            ReadRecordResult::OutputEndsFull | ReadRecordResult::OutputFull => Taken::TooMany,
        }
    }

    /// In a row of several lines every quoted value ends before a delimiter or the row's end. Else
    /// a stray quote has swallowed rows.
    fn is_strict(&self, lines: &[RawLine]) -> bool {
        let Some(quote) = self.quote else { return true };
        let bytes: Vec<&[u8]> = lines.iter().map(|line| line.bytes.as_slice()).collect();
        let bytes = bytes.join(&b'\n');
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == quote {
                at += 1;
                loop {
                    let Some(end) = memchr::memchr(quote, &bytes[at..]) else { return false };
                    at += end + 1;
                    match bytes.get(at) {
                        Some(byte) if *byte == quote => at += 1,
                        Some(byte) if *byte == self.delimiter => break,
                        Some(_) => return false,
                        None => return true,
                    }
                }
                at += 1;
            } else {
                let Some(end) = memchr::memchr(self.delimiter, &bytes[at..]) else { return true };
                at += end + 1;
            }
        }
        true
    }

    fn cells(&self, text: &Text) -> Result<Cells, Fault> {
        let mut begin = 0;
        let mut cells = Vec::with_capacity(self.ends.len());
        for end in &self.ends {
            cells.push(text.decode(&self.values[begin..*end])?);
            begin = *end;
        }
        Ok(Cells::Values(cells))
    }
}

impl Cells {
    /// What stands in a column, without blanks around; `None` when that is nothing.
    pub(super) fn get(&self, column: &Column) -> Option<&str> {
        match (self, column) {
            (Self::Values(values), Column::Position(position)) => {
                values.get(position - 1).and_then(|value| filled(value))
            }
            (Self::Line(line), Column::Range { from, to }) => {
                filled(&line[place(line, from - 1)..place(line, *to)])
            }
            (Self::Values(_), Column::Name(_) | Column::Range { .. })
            | (Self::Line(_), Column::Name(_) | Column::Position(_)) => None,
        }
    }

    /// The row ends before the column does.
    pub(super) fn lacks(&self, column: &Column) -> bool {
        match (self, column) {
            (Self::Values(values), Column::Position(position)) => values.len() < *position,
            (Self::Line(line), Column::Range { to, .. }) => {
                line.len() < *to || (!line.is_ascii() && line.chars().count() < *to)
            }
            (Self::Values(_), Column::Name(_) | Column::Range { .. })
            | (Self::Line(_), Column::Name(_) | Column::Position(_)) => true,
        }
    }

    /// The line ends inside the column: what stands in it may be cut.
    pub(super) fn cuts(&self, column: &Column) -> bool {
        match (self, column) {
            (Self::Line(line), Column::Range { from, to }) => {
                let length = if line.is_ascii() { line.len() } else { line.chars().count() };
                (*from..*to).contains(&length)
            }
            (Self::Line(_), Column::Name(_) | Column::Position(_))
            | (Self::Values(_), Column::Name(_) | Column::Position(_) | Column::Range { .. }) => {
                false
            }
        }
    }

    /// The first value that is not empty; the whole line, where there are none.
    pub(super) fn first(&self) -> &str {
        match self {
            Self::Values(values) => values.iter().find_map(|value| filled(value)).unwrap_or(""),
            Self::Line(line) => line.trim(),
        }
    }

    fn are_blank(&self) -> bool {
        match self {
            Self::Values(values) => values.iter().all(|value| value.trim().is_empty()),
            Self::Line(line) => line.trim().is_empty(),
        }
    }
}

/// The byte at which the character begins that has `before` others before it.
fn place(line: &str, before: usize) -> usize {
    if line.is_ascii() {
        return before.min(line.len());
    }
    line.char_indices().nth(before).map_or(line.len(), |(at, _)| at)
}

//! Tables of any bank: delimited text and lines of fixed width, by a declared mapping of columns.
//! A file without a mapping cannot be read as a table; [`propose()`] makes one of a sample.

mod amounts;
mod column;
mod control;
mod dates;
mod header;
mod lint;
mod mapping;
mod names;
mod propose;
mod raw_lines;
mod records;
mod row;
mod text;

use std::collections::VecDeque;
use std::io::BufRead;

pub use self::amounts::{AmountFormat, DecimalMark, ThousandsMark};
pub use self::column::Column;
pub use self::dates::DateFormat;
pub use self::mapping::{
    Columns, MappingProblem, Rows, TableDraft, TableKind, TableMapping, Words,
};
pub use self::propose::{SAMPLE_BYTES, TableNote, TableProposal, propose};
pub use self::text::TableCharset;

use self::control::{Control, RowKind};
use self::header::{Header, HeaderSearch};
use self::names::Names;
use self::records::{Cells, Record, Records};
use self::row::RowReader;
use self::text::Text;
use super::books::Item;
use super::error::{Fault, FeedError, RowFault};
use super::row::{FileHead, Row};
use super::totals::Declared;
use super::{FileFormat, Options};

/// A table that is being read.
pub(super) struct Table<R> {
    records: Records<R>,
    /// The mapping, with positions in the place of names.
    draft: TableDraft,
    header: Option<Header>,
    head: FileHead,
    names: Names,
    control: Control,
    /// How many values a row has.
    width: Option<usize>,
    rows: u64,
    /// What was read and not given yet.
    ready: VecDeque<Item>,
    /// The last row may be cut.
    open: bool,
    /// It was told that a spreadsheet has rounded references.
    rounded_told: bool,
    ended: bool,
}

impl<R: BufRead> Table<R> {
    /// Reads up to the header row, where there is one.
    pub(super) fn open(source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mapping = options.table.ok_or(FeedError::NoMapping)?;
        let draft = mapping.get().clone();
        let head = FileHead {
            format: FileFormat::Table,
            kind: match draft.kind {
                TableKind::Delimited { .. } => "delimited".into(),
                TableKind::Fixed => "fixed".into(),
            },
            account: None,
            unp: None,
            statement_identities: Vec::new(),
            currency: draft.currency.filter(|_| draft.columns.currency.is_none()),
            declared: Declared::default(),
        };
        let mut table = Self {
            records: Records::new(source, draft.kind, Text::new(draft.charset)),
            header: None,
            head,
            names: Names::new(options.identity),
            control: Control::default(),
            width: None,
            rows: 0,
            ready: VecDeque::new(),
            open: false,
            rounded_told: false,
            ended: false,
            draft,
        };
        table.records.skip_lines(table.draft.skip_lines)?;
        table.find_header()?;
        Ok(table)
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        self.records.progress()
    }

    pub(super) fn head(&self) -> &FileHead {
        &self.head
    }

    /// What comes next; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item>, FeedError> {
        while self.ready.is_empty() && !self.ended {
            match self.records.next()? {
                Some(record) => self.take(record),
                None => self.end(),
            }
        }
        Ok(self.ready.pop_front())
    }

    fn find_header(&mut self) -> Result<(), FeedError> {
        if !self.draft.header || self.draft.kind == TableKind::Fixed {
            return Ok(());
        }
        let mut search = HeaderSearch::new(&self.draft);
        while let Some(record) = self.records.next()? {
            // What stands before the header is no payment, readable or not.
            let Ok(cells) = record.cells else { continue };
            if let RowKind::Figures(figures) = control::kind(&self.draft.rows, &cells) {
                self.control.keep(figures, cells);
                continue;
            }
            if let Some(header) = search.look(&cells)? {
                header.resolve(&mut self.draft);
                self.width = Some(header.names.len());
                self.header = Some(header);
                return Ok(());
            }
        }
        Err(search.fault())
    }

    fn take(&mut self, record: Record) {
        self.open = record.open;
        let cells = match record.cells {
            Ok(cells) => cells,
            Err(fault) => return self.refuse(record.offset, fault, true),
        };
        if self.header.as_ref().is_some_and(|header| header.is_repeated_by(&cells)) {
            return;
        }
        match control::kind(&self.draft.rows, &cells) {
            RowKind::Ignored => {}
            RowKind::End => self.end(),
            RowKind::Figures(figures) => self.control.keep(figures, cells),
            RowKind::Unknown => {
                let what = "the row is none of those that rows.data and others tell of";
                self.refuse(record.offset, Fault::new(RowFault::Layout, what), true);
            }
            RowKind::Payment => self.payment(record.offset, &cells),
        }
    }

    fn payment(&mut self, offset: u64, cells: &Cells) {
        if let Err(fault) = self.fit(cells) {
            return self.refuse(offset, fault, true);
        }
        if self.open && is_cut(&self.draft, cells) {
            let fault = Fault::new(RowFault::Layout, "the file is cut in this row");
            return self.refuse(offset, fault, true);
        }
        let reader = RowReader { draft: &self.draft, cells };
        let moved = match reader.moved() {
            Ok(moved) => moved,
            Err(fault) => return self.refuse(offset, fault, true),
        };
        self.ready.push_back(Item::Entry(moved.entry()));
        let row = reader.row((self.rows + 1, offset), moved, &mut self.names);
        match row {
            Ok(row) => {
                self.rows += 1;
                self.head.currency.get_or_insert(row.amount.currency());
                if self.head.account.is_none() {
                    self.head.account.clone_from(&row.account);
                }
                self.warn_of_rounded(&row);
                self.ready.push_back(Item::Row(Box::new(row)));
            }
            Err(fault) => self.refuse(offset, fault, false),
        }
    }

    /// Spreadsheets make `1E+29` of an order code, and nobody can tell which one it was.
    fn warn_of_rounded(&mut self, row: &Row) {
        let references = &row.references;
        let mut places = references.creditor.iter().map(String::as_str).chain(
            [&row.personal_account, &references.end_to_end, &row.purpose]
                .into_iter()
                .filter_map(|text| text.as_deref()),
        );
        if !self.rounded_told && places.any(is_rounded) {
            self.rounded_told = true;
            let warning = format!(
                "row {} has a number that a spreadsheet rounded, such as 1E+29: order codes are lost",
                row.row
            );
            self.ready.push_back(Item::Warning(warning));
        }
    }

    /// A row with more values than the table has columns has a delimiter in a value, and those
    /// behind it are not where they are looked for.
    fn fit(&mut self, cells: &Cells) -> Result<(), Fault> {
        let Cells::Values(values) = cells else { return Ok(()) };
        let width = *self.width.get_or_insert(values.len());
        if values.iter().skip(width).all(|value| value.trim().is_empty()) {
            return Ok(());
        }
        let what = format!("a row has {} values, the table {width}", values.len());
        Err(Fault::new(RowFault::Layout, what))
    }

    fn refuse(&mut self, offset: u64, fault: Fault, lost: bool) {
        self.rows += 1;
        self.ready.push_back(Item::Refused { error: fault.of_row(self.rows, offset), lost });
    }

    fn end(&mut self) {
        self.ended = true;
        let declared = self.control.declared(&self.draft, self.head.currency);
        self.head.declared = declared.clone();
        if self.open {
            let warning = "the last row has no line end: its last value may be cut";
            self.ready.push_back(Item::Warning(warning.to_owned()));
        }
        self.ready.push_back(Item::Statement(Box::new(declared)));
        if self.control.is_incomplete(&self.draft.rows) {
            self.ready.push_back(Item::Cut);
        }
    }
}

/// A delimited row without a line end lacks values that are read. Where a line end follows, it may:
/// some programs write no values that are empty. Texts at the end of fixed lines may be shorter.
fn is_cut(draft: &TableDraft, cells: &Cells) -> bool {
    draft.kind != TableKind::Fixed
        && draft.payment_columns().iter().any(|(_, column)| cells.lacks(column))
}

/// A number such as `1E+29` or `1,23E+29` as a word of its own.
fn is_rounded(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().any(|word| {
        let parts = word.split_once("E+").or_else(|| word.split_once("e+"));
        parts.is_some_and(|(number, power)| {
            let (whole, fraction) = number.split_once([',', '.']).unwrap_or((number, "0"));
            digits(whole) && digits(fraction) && digits(power)
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

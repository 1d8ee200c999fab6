//! Rows that are no payments: those to pass over, and those with control figures.

use kvit_schemas::{Currency, Money};

use super::amounts::{AmountFormat, Signed};
use super::column::Column;
use super::mapping::{Rows, TableDraft};
use super::records::Cells;
use crate::feeds::totals::{Balance, Declared};

/// What a row is, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    /// A payment.
    Payment,
    /// To be passed over.
    Ignored,
    /// Nothing follows it.
    End,
    /// Totals or a balance.
    Figures(Figures),
    /// Nothing is said of such a row.
    Unknown,
}

/// Which figures a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figures {
    Total,
    Opening,
    Closing,
}

/// The control figures of a file, while it is read.
#[derive(Default)]
pub(super) struct Control {
    total: Option<Cells>,
    opening: Option<Cells>,
    closing: Option<Cells>,
    /// A row of figures stood there twice.
    repeated: bool,
}

/// A pattern is compared without regard to letter case and to how many blanks there are.
fn fits(pattern: &str, text: &str, is_line: bool) -> bool {
    let pattern = Column::plain_name(pattern);
    match pattern.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning.trim_end()),
        None if is_line => text.starts_with(&pattern),
        None => text == pattern,
    }
}

/// What the row is.
pub(super) fn kind(rows: &Rows, cells: &Cells) -> RowKind {
    let Rows { data, ignore, end, total, opening, closing, .. } = rows;
    if [data, ignore, end, total, opening, closing].iter().all(|patterns| patterns.is_empty()) {
        return RowKind::Payment;
    }
    let text = Column::plain_name(cells.first());
    let is_line = matches!(cells, Cells::Line(_));
    let is = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, &text, is_line));
    if is(end) {
        RowKind::End
    } else if is(total) {
        RowKind::Figures(Figures::Total)
    } else if is(opening) {
        RowKind::Figures(Figures::Opening)
    } else if is(closing) {
        RowKind::Figures(Figures::Closing)
    } else if is(ignore) {
        RowKind::Ignored
    } else if data.is_empty() || is(data) {
        RowKind::Payment
    } else {
        RowKind::Unknown
    }
}

impl Control {
    /// Keeps a row of figures for the end.
    pub(super) fn keep(&mut self, figures: Figures, cells: Cells) {
        // One row may tell both balances; of several, the first opens and the last closes.
        match figures {
            Figures::Total => {
                self.repeated |= self.total.is_some();
                self.total = Some(cells);
            }
            Figures::Opening => {
                self.opening.get_or_insert(cells);
            }
            Figures::Closing => self.closing = Some(cells),
        }
    }

    /// Which rows of figures the mapping tells of and the file does not have: it may be cut.
    pub(super) fn is_incomplete(&self, rows: &Rows) -> bool {
        (!rows.total.is_empty() && self.total.is_none())
            || (!rows.closing.is_empty() && self.closing.is_none())
    }

    /// What the figures are, in the one currency of the file.
    pub(super) fn declared(&self, draft: &TableDraft, currency: Option<Currency>) -> Declared {
        let rows = &draft.rows;
        let mut unreadable = Vec::new();
        let figure = |name, cells, column| {
            let read = Figure { text: text(cells, column)?, format: draft.amounts, currency };
            Some((name, read))
        };
        let opening = figure("rows.opening_balance", &self.opening, &rows.opening_balance);
        let closing = figure("rows.closing_balance", &self.closing, &rows.closing_balance);
        let mut declared = Declared {
            opening: readable(opening, &mut unreadable, Figure::balance),
            closing: readable(closing, &mut unreadable, Figure::balance),
            ..Declared::default()
        };
        if self.repeated {
            // Totals of parts: their sums are not this reader's to make.
            unreadable.push("rows.total, of which there are several,");
        } else {
            let count = figure("rows.total_count", &self.total, &rows.total_count);
            let credits = figure("rows.total_credits", &self.total, &rows.total_credits);
            let debits = figure("rows.total_debits", &self.total, &rows.total_debits);
            declared.count = readable(count, &mut unreadable, Figure::count);
            declared.credits = readable(credits, &mut unreadable, Figure::sum);
            declared.debits = readable(debits, &mut unreadable, Figure::sum);
        }
        declared.unreadable = unreadable;
        declared
    }
}

/// The text of a control figure, and how it is to be read.
struct Figure<'a> {
    text: &'a str,
    format: AmountFormat,
    currency: Option<Currency>,
}

/// What the figure is; where it is nothing, its name is noted.
fn readable<'a, T>(
    figure: Option<(&'static str, Figure<'a>)>,
    unreadable: &mut Vec<&'static str>,
    read: fn(&Figure<'a>) -> Option<T>,
) -> Option<T> {
    let (name, figure) = figure?;
    let value = read(&figure);
    if value.is_none() {
        unreadable.push(name);
    }
    value
}

impl Figure<'_> {
    fn signed(&self) -> Option<Signed> {
        self.format.read("", self.text, self.currency?).ok()
    }

    /// A sum; one of money from us may be written with a minus.
    fn sum(&self) -> Option<Money> {
        self.signed().map(|signed| signed.money)
    }

    fn balance(&self) -> Option<Balance> {
        let Signed { negative, money } = self.signed()?;
        let minor = if negative { -money.minor() } else { money.minor() };
        Some(Balance { minor, currency: money.currency() })
    }

    /// One number, with words around it such as `12 rows`.
    fn count(&self) -> Option<u64> {
        let is_digit = |c: char| c.is_ascii_digit();
        let digits = self.text.trim_matches(|c| !is_digit(c));
        digits.parse().ok()
    }
}

fn text<'a>(cells: &'a Option<Cells>, column: &Option<Column>) -> Option<&'a str> {
    cells.as_ref()?.get(column.as_ref()?)
}

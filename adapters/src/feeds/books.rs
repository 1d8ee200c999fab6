//! What a file's entries and rows add up to, for the file and for the statement that is being
//! read, and what was found wrong with its control figures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kvit_schemas::{Currency, Money};

use super::error::{Fault, FeedError, RowError, RowFault};
use super::row::Row;
use super::totals::{Declared, Discrepancy, Entry, Totals, compare};

/// The most findings, and the most warnings, that are kept of a file.
const FOUND_MAX: usize = 100;

/// What a format's reader gives, in the order of the file.
pub(super) enum Item {
    /// An entry of one row, usable or not.
    Record(Result<Box<Row>, RowError>),
    /// An entry begins, and is counted; its rows follow.
    Entry(Entry),
    /// A row of the entry that was given before it.
    Row(Box<Row>),
    /// A row that cannot be used.
    Refused {
        /// Why.
        error: RowError,
        /// It is a whole entry, whose money could not be read.
        lost: bool,
    },
    /// The statement is at its end, and declared this.
    Statement(Box<Declared>),
    /// The mark that ends such a file is missing.
    Cut,
    /// Something that the operator should know and that changes nothing.
    Warning(String),
}

/// Control figures that disagree with what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Number of the statement, from 1; `None` in a file that is one, and for the file as a whole.
    pub statement: Option<u64>,
    /// What disagrees.
    pub discrepancy: Discrepancy,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(statement) = self.statement {
            write!(out, "statement {statement}: ")?;
        }
        self.discrepancy.fmt(out)
    }
}

/// The figures of a file so far.
#[derive(Default)]
pub(super) struct Books {
    pub(super) file: Totals,
    statement: Totals,
    pub(super) statements: u64,
    /// The declared credits of all statements; what not all of them declare is `None`.
    pub(super) declared: BTreeMap<Currency, Option<Money>>,
    found: Vec<(Option<u64>, Discrepancy)>,
    pub(super) warnings: Vec<String>,
}

impl Books {
    pub(super) fn entry(&mut self, entry: Entry) -> Result<(), FeedError> {
        let added = self.file.add_entry(entry).and_then(|()| self.statement.add_entry(entry));
        added.map_err(|_| FeedError::Sum)
    }

    /// Counts a row; one whose parts leave the range of sums cannot be used.
    pub(super) fn row(&mut self, row: &Row) -> Result<(), RowError> {
        let added = self.file.add_row(row).and_then(|()| self.statement.add_row(row));
        added.map_err(|_| {
            let fault = Fault::new(RowFault::Amount, "the file's sum is too much");
            self.refuse(false);
            fault.of_row(row.row, row.byte_offset)
        })
    }

    pub(super) fn refuse(&mut self, lost: bool) {
        self.file.refuse(lost);
        self.statement.refuse(lost);
    }

    /// The statement is at its end.
    pub(super) fn close(&mut self, declared: &Declared, fines_counted: bool) {
        self.statements += 1;
        for discrepancy in compare(declared, &self.statement, fines_counted) {
            self.find(discrepancy);
        }
        let read = std::mem::take(&mut self.statement);
        let mut currencies: BTreeSet<Currency> = read.sums.into_keys().collect();
        currencies.extend(declared.credits.map(Money::currency));
        for currency in currencies {
            let here = declared.credits.filter(|credits| credits.currency() == currency);
            let first = self.declared.entry(currency).or_insert(Some(Money::zero(currency)));
            *first = first.zip(here).and_then(|(sum, here)| sum.checked_add(here).ok());
        }
    }

    fn find(&mut self, discrepancy: Discrepancy) {
        if self.found.len() < FOUND_MAX {
            self.found.push((Some(self.statements), discrepancy));
        }
    }

    /// Something is wrong with the file as a whole.
    pub(super) fn find_in_file(&mut self, discrepancy: Discrepancy) {
        if self.found.len() < FOUND_MAX {
            self.found.push((None, discrepancy));
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        if self.warnings.len() < FOUND_MAX {
            self.warnings.push(warning);
        }
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let finding = |(statement, discrepancy): &(Option<u64>, Discrepancy)| Finding {
            statement: statement.filter(|_| self.statements > 1),
            discrepancy: discrepancy.clone(),
        };
        self.found.iter().map(finding).collect()
    }
}

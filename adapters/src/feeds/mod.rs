//! Payment files: bytes → rows, streaming. A [`Reader`] reads a file's head when it is opened and
//! then one row at a time; what it holds does not grow with the file.
//!
//! A record that cannot be used is a [`RowError`], and reading goes on; a [`FeedError`] ends it.
//! After the last row [`Reader::check`] says where the file's own control figures disagree with
//! what was read. Nothing here decides what becomes of a payment.

mod charset;
mod client_bank;
mod erip;
mod error;
mod lines;
mod row;
mod totals;
mod values;

use std::fmt;
use std::io::BufRead;
use std::str::FromStr;

pub use self::error::{FeedError, RowError, RowFault};
pub use self::row::{Direction, FileHead, Payer, References, Row, RowState};
pub use self::totals::{Balance, Declared, Discrepancy, Figure, Sums, Totals};

use self::client_bank::Statement;
use self::erip::Register;
use self::error::Fault;

/// The file formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// ERIP's registers 206, 210 and 216.
    Erip,
    /// The Belarusian client-bank text, `***** ^Type=`.
    ClientBank,
}

/// A name of no format, or of no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {expected}")]
pub struct NameError {
    expected: &'static str,
}

/// Which of ERIP's two amounts of a payment count.
///
/// The default is the amount alone: it answers the amount demanded, which for a procedure is its
/// whole fee, while the fine is a penalty for late payment, which no procedure demands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum AmountRule {
    /// `amount`.
    #[default]
    Amount,
    /// `amount` and `fine_amount` together.
    AmountPlusFine,
}

/// What a reader has to be told beside the bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The file's name; ERIP tells the kinds of its messages by the extension.
    pub file_name: Option<&'a str>,
    /// Which of ERIP's amounts count.
    pub amount_rule: AmountRule,
}

/// Reads a file row by row. Iterating gives each record, usable or not, until the end or an
/// error that ends the reading.
pub struct Reader<R> {
    source: Source<R>,
    totals: Totals,
    amount_rule: AmountRule,
    ended: bool,
}

enum Source<R> {
    Erip(Register<R>),
    ClientBank(Statement<R>),
}

impl FileFormat {
    const ALL: [Self; 2] = [Self::Erip, Self::ClientBank];

    /// The name in settings and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Erip => "erip",
            Self::ClientBank => "client_bank",
        }
    }

    /// The format whose files begin as `bytes` do. The first kilobyte is enough.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
        let first = start.trim_ascii_start().lines().next()?;
        if client_bank::begins(first) {
            Some(Self::ClientBank)
        } else {
            erip::begins(first).then_some(Self::Erip)
        }
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads the head. `source` is read once, from its beginning.
    pub fn open(format: FileFormat, source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let source = match format {
            FileFormat::Erip => Source::Erip(Register::open(source, options)?),
            FileFormat::ClientBank => Source::ClientBank(Statement::open(source)?),
        };
        let amount_rule = options.amount_rule;
        Ok(Self { source, totals: Totals::default(), amount_rule, ended: false })
    }

    /// What the file says of itself.
    pub fn head(&self) -> &FileHead {
        match &self.source {
            Source::Erip(register) => register.head(),
            Source::ClientBank(statement) => statement.head(),
        }
    }

    /// The name of the character set the bytes were read in, `ascii` while nothing else was met.
    pub fn charset(&self) -> &'static str {
        self.progress().1
    }

    /// How many bytes of the file were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.progress().0
    }

    fn progress(&self) -> (u64, &'static str) {
        match &self.source {
            Source::Erip(register) => register.progress(),
            Source::ClientBank(statement) => statement.progress(),
        }
    }

    /// What was read so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Where the control figures disagree with what was read. Means something after the last row.
    pub fn check(&self) -> Vec<Discrepancy> {
        let fines_counted = self.amount_rule == AmountRule::AmountPlusFine;
        let mut found = totals::compare(&self.head().declared, &self.totals, fines_counted);
        match &self.source {
            Source::ClientBank(statement) if !statement.is_ended() => {
                found.push(Discrepancy::EndMissing);
            }
            Source::ClientBank(_) | Source::Erip(_) => {}
        }
        found
    }

    /// Counts a record; one whose money leaves the range of sums cannot be used.
    fn count(&mut self, read: Result<Row, RowError>) -> Result<Row, RowError> {
        let counted = read.and_then(|row| match self.totals.add(&row) {
            Ok(()) => Ok(row),
            Err(_) => Err(Fault::new(RowFault::Amount, "the file's sum is too much")
                .of_row(row.row, row.byte_offset)),
        });
        self.totals.refused += u64::from(counted.is_err());
        counted
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Result<Row, RowError>, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = match &mut self.source {
            Source::Erip(register) => register.next(),
            Source::ClientBank(statement) => statement.next(),
        };
        match read {
            Ok(Some(row)) => Some(Ok(self.count(row))),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

impl FromStr for FileFormat {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == text);
        known.ok_or(NameError { expected: "erip, client_bank" })
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for AmountRule {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "amount" => Ok(Self::Amount),
            "amount_plus_fine" => Ok(Self::AmountPlusFine),
            _ => Err(NameError { expected: "amount, amount_plus_fine" }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

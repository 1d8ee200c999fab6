//! Payment files: bytes → rows, streaming. A [`Reader`] reads a file's head when it is opened and
//! then one row at a time; what it holds does not grow with the file.
//!
//! A record that cannot be used is a [`RowError`], and reading goes on; a [`FeedError`] ends it.
//! After the last row [`Reader::findings`] says where the file's own control figures disagree with
//! what was read. Nothing here decides what becomes of a payment.

mod books;
mod camt;
mod charset;
mod client_bank;
mod codes;
mod erip;
mod error;
mod identity;
mod lines;
mod mt;
mod onec;
mod row;
mod table;
mod totals;
mod utf16;
mod values;

use std::fmt;
use std::io::BufRead;
use std::str::FromStr;

pub use self::books::Finding;
pub use self::codes::{FoundIn, FoundOrderCode};
pub use self::error::{FeedError, RowError, RowFault};
pub use self::identity::{Identity, IdentityRule, message_id};
pub use self::row::{Direction, FileHead, Lump, Payer, References, Row, RowState, STATEMENTS_MAX};
pub use self::table::{
    AmountFormat, Column, Columns, DateFormat, DecimalMark, MappingProblem, Rows, SAMPLE_BYTES,
    TableCharset, TableDraft, TableKind, TableMapping, TableNote, TableProposal, ThousandsMark,
    Words, propose,
};
pub use self::totals::{Balance, Declared, Discrepancy, Figure, Sums, Totals};

use kvit_schemas::{Currency, Money};

use self::books::{Books, Item};
use self::camt::Camt;
use self::client_bank::Statement;
use self::erip::Register;
use self::error::Fault;
use self::mt::Messages;
use self::onec::Exchange;
use self::table::Table;
use self::totals::Entry;
use self::utf16::Utf8;

/// How much of a file's beginning tells its format.
pub const DETECT_BYTES: usize = 16 << 10;

/// The file formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// ERIP's registers 206, 210 and 216.
    Erip,
    /// The Belarusian client-bank text, `***** ^Type=`.
    ClientBank,
    /// ISO 20022 camt.052, .053 and .054.
    Camt,
    /// 1CClientBankExchange.
    OneC,
    /// SWIFT's MT940, MT942 and MT950.
    Mt940,
    /// Delimited text, or lines of fixed width, by a declared mapping of columns.
    Table,
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
    /// What identifies a payment.
    pub identity: IdentityRule,
    /// The account's currency, for files that do not tell it.
    pub currency: Option<Currency>,
    /// What stands where in a table; other formats need none.
    pub table: Option<&'a TableMapping>,
}

/// A record, usable or not.
type Read = Result<Box<Row>, RowError>;

/// Reads a file row by row. Iterating gives each record, usable or not, until the end or an
/// error that ends the reading.
pub struct Reader<R> {
    source: Source<R>,
    books: Books,
    amount_rule: AmountRule,
    /// The character set that the format's reader did not see.
    utf16: Option<&'static str>,
    ended: bool,
}

enum Source<R> {
    Erip(Box<Register<Utf8<R>>>),
    ClientBank(Box<Statement<Utf8<R>>>),
    Camt(Box<Camt<R>>),
    OneC(Box<Exchange<Utf8<R>>>),
    Mt940(Box<Messages<Utf8<R>>>),
    Table(Box<Table<Utf8<R>>>),
}

impl FileFormat {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Erip, Self::ClientBank, Self::Camt, Self::OneC, Self::Mt940, Self::Table];

    /// The name in settings and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Erip => "erip",
            Self::ClientBank => "client_bank",
            Self::Camt => "camt",
            Self::OneC => "1c",
            Self::Mt940 => "mt940",
            Self::Table => "table",
        }
    }

    /// The format whose files begin as `bytes` do. [`DETECT_BYTES`] are enough.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        if camt::begins(bytes) {
            return Some(Self::Camt);
        }
        let bytes = &bytes[..bytes.len().min(DETECT_BYTES)];
        let utf8 = utf16::sample(bytes);
        let bytes = utf8.as_deref().unwrap_or(bytes);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let start = String::from_utf8_lossy(bytes);
        let first = start.trim_ascii_start().lines().next()?;
        if client_bank::begins(first) {
            Some(Self::ClientBank)
        } else if onec::begins(first) {
            Some(Self::OneC)
        } else if erip::begins(first) {
            Some(Self::Erip)
        } else {
            mt::begins(start.as_bytes()).then_some(Self::Mt940)
        }
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads the head. `source` is read once, from its beginning.
    pub fn open(format: FileFormat, source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mut utf16 = None;
        let mut text = |source| {
            let text = Utf8::new(source)?;
            utf16 = text.charset();
            Ok::<_, FeedError>(text)
        };
        let source = match format {
            FileFormat::Erip => Source::Erip(Box::new(Register::open(text(source)?, options)?)),
            FileFormat::ClientBank => {
                Source::ClientBank(Box::new(Statement::open(text(source)?, options)?))
            }
            FileFormat::Camt => Source::Camt(Box::new(Camt::open(source, options)?)),
            FileFormat::OneC => Source::OneC(Box::new(Exchange::open(text(source)?, options)?)),
            FileFormat::Mt940 => Source::Mt940(Box::new(Messages::open(text(source)?, options)?)),
            FileFormat::Table => Source::Table(Box::new(Table::open(text(source)?, options)?)),
        };
        let amount_rule = options.amount_rule;
        Ok(Self { source, books: Books::default(), amount_rule, utf16, ended: false })
    }

    /// What the file says of itself.
    pub fn head(&self) -> &FileHead {
        match &self.source {
            Source::Erip(register) => register.head(),
            Source::ClientBank(statement) => statement.head(),
            Source::Camt(camt) => camt.head(),
            Source::OneC(exchange) => exchange.head(),
            Source::Mt940(messages) => messages.head(),
            Source::Table(table) => table.head(),
        }
    }

    /// The name of the character set the bytes were read in, `ascii` while nothing else was met.
    pub fn charset(&self) -> &'static str {
        self.utf16.unwrap_or(self.progress().1)
    }

    /// How many bytes of the file were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.progress().0
    }

    fn progress(&self) -> (u64, &'static str) {
        match &self.source {
            Source::Erip(register) => register.progress(),
            Source::ClientBank(statement) => statement.progress(),
            Source::Camt(camt) => camt.progress(),
            Source::OneC(exchange) => exchange.progress(),
            Source::Mt940(messages) => messages.progress(),
            Source::Table(table) => table.progress(),
        }
    }

    /// What was read so far.
    pub fn totals(&self) -> &Totals {
        &self.books.file
    }

    /// How many statements ended so far.
    pub fn statements(&self) -> u64 {
        self.books.statements
    }

    /// What the statements that ended declare as credits, together; `None` where one of them says
    /// nothing.
    pub fn declared_credits(&self, currency: Currency) -> Option<Money> {
        self.books.declared.get(&currency).copied().flatten()
    }

    /// Where control figures disagree with what was read, the first hundred. Complete after the
    /// last row.
    pub fn findings(&self) -> Vec<Finding> {
        self.books.findings()
    }

    /// What an operator should know and what changes nothing, the first hundred.
    pub fn warnings(&self) -> &[String] {
        &self.books.warnings
    }

    /// Counts what was read; gives the row, where it is one.
    fn take(&mut self, item: Item) -> Result<Option<Read>, FeedError> {
        match item {
            Item::Entry(entry) => self.books.entry(entry)?,
            Item::Row(row) => return Ok(Some(self.books.row(&row).map(|()| row))),
            Item::Refused { error, lost } => {
                self.books.refuse(lost);
                return Ok(Some(Err(error)));
            }
            Item::Statement(declared) => {
                let fines_counted = self.amount_rule == AmountRule::AmountPlusFine;
                self.books.close(&declared, fines_counted);
            }
            Item::Record(read) => return Ok(Some(self.record(read))),
            Item::Cut => self.books.find_in_file(Discrepancy::EndMissing),
            Item::Warning(warning) => self.books.warn(warning),
        }
        Ok(None)
    }

    /// A record of a format where each is an entry of one row.
    fn record(&mut self, read: Read) -> Read {
        let row = match read {
            Ok(row) => row,
            Err(error) => {
                self.books.refuse(true);
                return Err(error);
            }
        };
        let entry = Entry { direction: row.direction, amount: row.amount, booked: true };
        if self.books.entry(entry).is_err() {
            let fault = Fault::new(RowFault::Amount, "the file's sum is too much");
            self.books.refuse(true);
            return Err(fault.of_row(row.row, row.byte_offset));
        }
        self.books.row(&row).map(|()| row)
    }

    /// The next row, usable or not; `None` at the end.
    fn read(&mut self) -> Result<Option<Read>, FeedError> {
        loop {
            let item = match &mut self.source {
                Source::Erip(register) => register.next()?,
                Source::ClientBank(statement) => statement.next()?,
                Source::Camt(camt) => camt.next()?,
                Source::OneC(exchange) => exchange.next()?,
                Source::Mt940(messages) => messages.next()?,
                Source::Table(table) => table.next()?,
            };
            let Some(item) = item else { return Ok(None) };
            if let Some(row) = self.take(item)? {
                return Ok(Some(row));
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Result<Row, RowError>, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        // A row is large: it is moved once.
        read.map(|read| read.map(|read| read.map(|row| *row)))
    }
}

impl FromStr for FileFormat {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == text);
        known.ok_or(NameError { expected: "erip, client_bank, camt, 1c, mt940, table" })
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

//! Why a file, or one row of it, could not be read.

use super::FileFormat;

/// The file cannot be read as what it is said to be.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Reading the bytes failed.
    #[error("could not read the file")]
    Io(#[from] std::io::Error),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Its beginning is not that of the format.
    #[error("the file does not begin as the format {0} does")]
    Format(FileFormat),
    /// A kind of the format that carries no payments.
    #[error("an ERIP message {0} is not a payment register")]
    NotARegister(&'static str),
    /// A kind whose layout is not known.
    #[error("no layout is known for the kind {0:?}")]
    Kind(String),
    /// The file's name says another kind than its first line.
    #[error("the name says kind {name}, the first line is not of that kind")]
    KindMismatch {
        /// The kind by the name.
        name: &'static str,
    },
    /// A value of the head that is needed and cannot be read.
    #[error("the head's {field} cannot be read")]
    Head {
        /// The field's name in the format.
        field: &'static str,
    },
    /// The document is cut, not well-formed, or not alone.
    #[error("the document cannot be read from byte {byte_offset} on: {detail}")]
    Document {
        /// Where in the file.
        byte_offset: u64,
        /// What is wrong.
        detail: &'static str,
    },
    /// A table of which nobody said what stands where.
    #[error("a table needs a mapping of its columns: feeds.<id>.table, or --map")]
    NoMapping,
    /// No row names the columns as the mapping does.
    #[error("no row names the columns; the one that comes nearest lacks {0}")]
    NoHeader(String),
    /// A name of the mapping is that of two columns.
    #[error("two columns are called {0}: the mapping must use the position")]
    ColumnTwice(String),
    /// The money of its entries is more than can be counted.
    #[error("the file's sum is too much")]
    Sum,
}

impl FeedError {
    /// The error of reading, where the bytes could not be had; else the fault of the file itself.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn into_io(self) -> Result<std::io::Error, Self> {
        match self {
            Self::Io(error) => Ok(error),
            Self::Empty
            | Self::Format(_)
            | Self::NotARegister(_)
            | Self::Kind(_)
            | Self::KindMismatch { .. }
            | Self::Head { .. }
            | Self::Document { .. }
            | Self::NoMapping
            | Self::NoHeader(_)
            | Self::ColumnTwice(_)
            | Self::Sum => Err(self),
        }
    }
}

/// One record cannot be used; the reader goes on with the next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row} at byte {byte_offset}: {detail}")]
pub struct RowError {
    /// Number of the record in the file, from 1.
    pub row: u64,
    /// Where in the file the record begins.
    pub byte_offset: u64,
    /// Why.
    pub reason: RowFault,
    /// A sentence, with the value at fault where that helps. Holds no personal data.
    pub detail: String,
}

/// The reasons for which a record is not used. Their texts are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFault {
    /// The fields are not those of such a record.
    Layout,
    /// A line, or a value of several lines, is longer than any real one.
    TooLong,
    /// Bytes that are no text in the file's character set.
    Charset,
    /// A value has no end: the file was cut, or two were mixed.
    Unterminated,
    /// A field that must be there is not.
    Missing,
    /// A field is there twice with different values.
    Repeated,
    /// Not an amount, or one that cannot be.
    Amount,
    /// Not a currency, or not the account's.
    Currency,
    /// Not a date or a time.
    Date,
    /// Not an operation number.
    Operation,
    /// Money both ways in one record, or a word that says no way.
    Direction,
    /// A word that is none of those known to say whether money is on the account.
    State,
}

impl RowFault {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::TooLong => "too_long",
            Self::Charset => "charset",
            Self::Unterminated => "unterminated",
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Date => "date",
            Self::Operation => "operation",
            Self::Direction => "direction",
            Self::State => "state",
        }
    }
}

/// What is wrong with a record, before it is known which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: RowFault,
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(reason: RowFault, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// `field` holds `text`, which is no value of it. The text is shown cut, and its letters as
    /// `x`: where fields are shifted it may be somebody's name.
    pub(super) fn value(reason: RowFault, field: &str, text: &str) -> Self {
        let masked = |c: char| if c.is_alphabetic() { 'x' } else { c };
        let shown: String = text.chars().take(24).map(masked).collect();
        Self::new(reason, format!("{field} cannot be {shown:?}"))
    }

    pub(super) fn of_row(self, row: u64, byte_offset: u64) -> RowError {
        RowError { row, byte_offset, reason: self.reason, detail: self.detail }
    }
}

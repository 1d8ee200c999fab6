//! Why an export or import ended early.

use std::io;

use crate::store::StoreError;
use crate::store::rows::{self, OpenError, RowError};

/// Why a store was not carried.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// A line of the export is not what an export has there.
    #[error("line {line}: {fault}")]
    Line {
        /// Counted from one.
        line: u64,
        /// What is wrong.
        fault: Fault,
    },
    /// The export could not be read.
    #[error("reading the export")]
    Read(#[source] io::Error),
    /// The export could not be written.
    #[error("writing the export")]
    Write(#[source] io::Error),
    /// The store could not be opened.
    #[error("{}", .0.told())]
    Open(OpenError),
    /// The store could not be read or written.
    #[error("the store")]
    Store(#[from] StoreError),
    /// Rows are damaged or missing.
    #[error("the store is not sound, and only what is sound is carried: {0}")]
    Unsound(String),
    /// A row of a table that this version does not know.
    #[error("row {0} is of no table that this version of kvit knows")]
    Table(String),
    /// There is something in the store already.
    #[error("the store is not empty: {0}")]
    NotEmpty(String),
    /// The import that is underway began with another export.
    #[error(
        "line {line}: this is not the export that the import into this store began with; go on \
         with that one, or remove the store's directory and begin anew"
    )]
    OtherExport {
        /// Where they differ at the latest.
        line: u64,
    },
    /// What was read back is not what the export says.
    #[error("the store does not hold what the export says: section {0} differs")]
    Differs(String),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file does not begin as an export does.
    #[error("this is no export of a kvit store")]
    Foreign,
    /// It is of another version of the format.
    #[error("the export has version {0}; this kvit reads version 1")]
    Version(String),
    /// The header cannot be read.
    #[error("the header cannot be read: {0}")]
    Header(String),
    /// The file ends here.
    #[error("the export ends here, before its last line: it was cut short")]
    Short,
    /// Longer than any row.
    #[error("the line is longer than any row")]
    Long,
    /// A line of no known kind, or at a place where that kind cannot stand.
    #[error("{0}")]
    Unexpected(&'static str),
    /// A section of a table that is not known.
    #[error("table {0} is not known to this version of kvit")]
    Table(String),
    /// Checksum and content differ.
    #[error("the checksum does not match: the line was altered, or one before it is missing")]
    Checksum,
    /// Key or value cannot be a row's.
    #[error("{0}")]
    Row(&'static str),
    /// The row does not come after the one before.
    #[error("the row does not follow the one before it in the order of keys")]
    Order,
    /// Number of rows or hash differ from what was read.
    #[error("{0} of what was read differs from what this line says")]
    Sum(&'static str),
    /// There are bytes after the last line.
    #[error("there is something after the last line")]
    Trailing,
}

impl From<rows::StoreError> for CarryError {
    fn from(error: rows::StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl From<RowError> for CarryError {
    fn from(error: RowError) -> Self {
        Self::Store(error.into())
    }
}

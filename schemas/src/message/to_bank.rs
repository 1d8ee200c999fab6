//! What kvit answers to a statement file (contract 3.2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::FeedId;

/// `file.report.v1`: the one answer to each file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileReport {
    /// The feed.
    pub feed: FeedId,
    /// The name the bank gave the file.
    pub file_name: String,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub sha256: String,
    /// The format it was read as.
    pub format: String,
    /// What became of it.
    pub outcome: FileOutcome,
    /// The statement's own identity, where the format has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statement_id: Option<String>,
    /// Counts: `read = applied + duplicate + suspended + rejected`.
    pub rows: RowCounts,
    /// Sums of credits by currency, as decimal text.
    pub sums: BTreeMap<String, SumReport>,
    /// What was wrong, row by row.
    pub errors: Vec<FileError>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// Every row was used.
    Applied,
    /// Some rows were rejected.
    Partial,
    /// Nothing of it was used.
    Refused,
    /// The same bytes were applied before.
    Duplicate,
}

/// How the rows of a file ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowCounts {
    /// Rows in the file.
    pub read: u64,
    /// Rows that told something new and found their order.
    pub applied: u64,
    /// Rows that told nothing new.
    pub duplicate: u64,
    /// Rows whose money waits in suspense.
    pub suspended: u64,
    /// Rows that could not be used.
    pub rejected: u64,
}

/// Sums of one currency, as decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SumReport {
    /// What the file says of itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub declared: Option<String>,
    /// What its rows add up to.
    pub read: String,
    /// What the applied rows add up to.
    pub applied: String,
}

/// What was wrong with a row, or with the whole file (row 0).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileError {
    /// The row, from 1; 0 for the file as a whole.
    pub row: u64,
    /// Where it begins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub byte_offset: Option<u64>,
    /// The stable code.
    pub code: String,
    /// What exactly was wrong.
    pub detail: String,
}

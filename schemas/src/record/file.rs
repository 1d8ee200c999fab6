//! A statement file on its way through kvit.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::message::FileReport;
use crate::{BankId, FeedId, MessageId, Moment};

/// One file of one feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its number in the store.
    pub seq: Seq,
    /// The feed.
    pub feed: FeedId,
    /// The bank that sent it.
    pub bank: BankId,
    /// The message it came with.
    pub message_id: MessageId,
    /// When it came.
    pub received_at: Moment,
    /// How far it is.
    pub state: FileState,
    /// How many rows of it are committed.
    pub position: u64,
    /// The report as far as it is known, as JSON.
    pub report: String,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// Some of its rows are committed.
    Applying,
    /// All of them are, and the report is on its way.
    Done,
    /// It was refused as a whole; the same bytes are judged anew when they come again.
    Refused,
}

impl FileRecord {
    /// The report so far; `None` when what is kept is not one.
    pub fn report(&self) -> Option<FileReport> {
        serde_json::from_str(&self.report).ok()
    }
}

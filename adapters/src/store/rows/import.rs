//! Import: a store that is being filled from an export takes no other commits until it is whole.
//!
//! One of the store's own rows says so. It changes in the same commit as the rows it speaks of, so
//! after a crash it tells exactly what is in.

use std::path::Path;

use super::error::{OpenError, RowError, StoreError};
use super::frame::{self, Defect};
use super::{Batch, CommitSeq, OpenReport, RowOptions, RowStore, key, open, read};

const UNDERWAY: u8 = 0;
const FINISHED: u8 = 1;

/// What a store knows of the import that fills or filled it, with a note that only the one who
/// imports understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// A part is in.
    Underway(Vec<u8>),
    /// All is in.
    Finished(Vec<u8>),
}

impl Import {
    pub(super) fn encode(&self) -> Vec<u8> {
        let (state, note) = match self {
            Self::Underway(note) => (UNDERWAY, note),
            Self::Finished(note) => (FINISHED, note),
        };
        [&[state], note.as_slice()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&UNDERWAY, note) => Some(Self::Underway(note.to_vec())),
            (&FINISHED, note) => Some(Self::Finished(note.to_vec())),
            _ => None,
        }
    }
}

/// What the tree says of an import; `None` for a store that was never imported into.
pub(super) fn of(tree: &sled::Tree) -> Result<Option<Import>, RowError> {
    let Some(bytes) = tree.get(key::IMPORT).map_err(RowError::Read)? else { return Ok(None) };
    let damaged = |defect| read::damaged(key::IMPORT, defect);
    let payload = frame::decode_whole(key::IMPORT, &bytes).map_err(damaged)?;
    Import::decode(payload).map(Some).ok_or_else(|| damaged(Defect::Stray))
}

impl RowStore {
    /// Opens a store to import into; a new one is underway from its first commit on, with `note`.
    /// What is found where there is one already, [`RowStore::import`] says.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_to_import(
        path: &Path,
        options: RowOptions,
        note: Vec<u8>,
    ) -> Result<(Self, OpenReport), OpenError> {
        open::open(path, options, Some(&Import::Underway(note)))
    }

    /// What the store knows of its import; `None` when there was none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn import(&self) -> Result<Option<Import>, RowError> {
        of(&self.db)
    }

    /// How many rows the commits left.
    pub fn row_count(&self) -> u64 {
        self.last_commit().1.rows
    }

    /// As [`RowStore::apply`], with what is known of the import from then on. The commit's number
    /// is at least `at_least`: what comes after an import must not take the numbers of what was
    /// imported.
    ///
    /// # Errors
    /// As [`RowStore::apply`].
    pub fn apply_import(
        &self,
        batch: &Batch,
        import: &Import,
        at_least: CommitSeq,
    ) -> Result<CommitSeq, StoreError> {
        self.commit(batch, at_least, Some(import))
    }
}

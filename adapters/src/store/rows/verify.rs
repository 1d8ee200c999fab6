//! Verifying: every row, every piece, every frame.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::error::{OpenError, RowError};
use super::files::failed;
use super::frame::{self, Defect, Frame};
use super::key::{self, Place};
use super::tally::Tally;
use super::{CommitSeq, RowStore, read};

/// How many damaged rows a report names; the rest is only counted.
const NAMED_MAX: usize = 100;
/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 1_000;

/// Rows whose keys begin with the same byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCount {
    /// Rows, each counted once however many pieces it has.
    pub rows: u64,
    /// Pieces beyond the first of each row.
    pub further_pieces: u64,
    /// Bytes in the tree: keys, frames, values.
    pub bytes: u64,
}

/// What was found in a store.
#[derive(Debug)]
pub struct VerifyReport {
    /// The last commit when it began.
    pub commit: CommitSeq,
    /// Sound or not, by the first byte of the key.
    pub by_first_byte: BTreeMap<u8, RowCount>,
    /// The first hundred damages.
    pub damages: Vec<RowError>,
    /// All damages, also those not named.
    pub damages_count: u64,
    /// Whether the rows are all those, and only those, that commits left.
    pub completeness: Completeness,
    /// Files sled keeps beside its synced one.
    pub blob_files: u64,
}

/// Whether the rows are all those, and only those, that commits left. Tells a row that vanished
/// without a trace, or came back with an older value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// They are.
    Complete,
    /// They are not; which row it is, nobody can say.
    Incomplete {
        /// How many rows there should be.
        expected_rows: u64,
        /// How many there are.
        found_rows: u64,
    },
    /// Commits went on during the walk, so there was nothing firm to compare with.
    NotCompared,
}

impl VerifyReport {
    /// Whether there is nothing to complain of.
    pub fn is_sound(&self) -> bool {
        self.damages_count == 0
            && self.blob_files == 0
            && !matches!(self.completeness, Completeness::Incomplete { .. })
    }

    fn count(&mut self, stored_key: &[u8], bytes: &[u8]) {
        let (first, further) = match key::place(stored_key) {
            Place::Row(key) => (key.first(), 0),
            Place::Piece(key, _) => (key.first(), 1),
            Place::Commit | Place::Header | Place::Import | Place::Unknown => (None, 0),
        };
        let Some(first) = first else { return };
        let count = self.by_first_byte.entry(*first).or_default();
        count.rows += 1 - further;
        count.further_pieces += further;
        let length = stored_key.len() + bytes.len();
        count.bytes = count.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }

    fn damage(&mut self, error: RowError) {
        self.damages_count += 1;
        if self.damages.len() < NAMED_MAX {
            self.damages.push(error);
        }
    }
}

impl RowStore {
    /// Walks everything that is stored and checks it, pieces against their rows and rows against
    /// their pieces. May run beside commits. `progress` is told now and then how many rows of the
    /// tree were seen.
    ///
    /// # Errors
    /// When the directory cannot be listed. Damage is no error but what the report is for; where
    /// sled itself cannot read on, the walk ends with that as its last damage.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<VerifyReport, OpenError> {
        let dir = self.files.dir();
        let (commit, expected) = self.last_commit();
        let mut found_tally = Tally::default();
        let mut report = VerifyReport {
            commit,
            completeness: Completeness::NotCompared,
            by_first_byte: BTreeMap::new(),
            damages: Vec::new(),
            damages_count: 0,
            blob_files: self.files.blobs().map_err(failed("listing the blobs of", dir))?,
        };
        let mut seen = 0;
        for found in self.db.iter() {
            let checked = found.map_err(RowError::Read).and_then(|(stored_key, bytes)| {
                report.count(&stored_key, &bytes);
                if let Place::Row(_) = key::place(&stored_key) {
                    found_tally.add(frame::stated_checksum(&bytes));
                }
                self.check(&stored_key, bytes)
            });
            if let Err(error) = checked {
                let over = matches!(error, RowError::Read(_));
                report.damage(error);
                if over {
                    break; // sled would answer the same for ever
                }
            }
            seen += 1;
            if seen % PROGRESS_ROWS == 0 {
                progress(seen);
            }
        }
        progress(seen);
        if self.last_commit() == (commit, expected) {
            report.completeness = completeness(expected, found_tally);
        }
        Ok(report)
    }

    pub(super) fn last_commit(&self) -> (CommitSeq, Tally) {
        let tally = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        (self.applied(), *tally)
    }

    fn check(&self, stored_key: &[u8], bytes: sled::IVec) -> Result<(), RowError> {
        match key::place(stored_key) {
            Place::Commit | Place::Header | Place::Import => {
                match frame::decode_whole(stored_key, &bytes) {
                    Ok(_) => Ok(()),
                    Err(defect) => Err(read::damaged(stored_key, defect)),
                }
            }
            Place::Row(_) => read::join(&self.db, stored_key, bytes).map(|_| ()),
            Place::Piece(key, index) => self.check_piece(stored_key, &bytes, key, index),
            Place::Unknown => Err(read::damaged(stored_key, Defect::Stray)),
        }
    }

    /// A piece is damaged when no row asks for it. What is wrong with its own bytes is found from
    /// its row.
    fn check_piece(
        &self,
        stored_key: &[u8],
        bytes: &sled::IVec,
        key: &[u8],
        index: u16,
    ) -> Result<(), RowError> {
        let row_key = key::row(key);
        let row = self.db.get(&row_key).map_err(RowError::Read)?;
        let asked = match row.as_deref().map(|row| frame::decode(&row_key, row)) {
            Some(Ok(Frame::First { pieces, .. })) => index < pieces && index > 0,
            Some(Ok(Frame::Whole(_) | Frame::Further { .. })) | None => false,
            Some(Err(_)) => true, // nobody can say; the row is reported itself
        };
        let still = self.db.get(stored_key).map_err(RowError::Read)?;
        if asked || still.as_ref() != Some(bytes) {
            return Ok(()); // or replaced meanwhile
        }
        Err(read::damaged(stored_key, Defect::PieceOrphan(index)))
    }
}

fn completeness(expected: Tally, found: Tally) -> Completeness {
    if found == expected {
        return Completeness::Complete;
    }
    Completeness::Incomplete { expected_rows: expected.rows, found_rows: found.rows }
}

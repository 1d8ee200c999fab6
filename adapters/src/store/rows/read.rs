//! Reading rows: checks their frames, joins their pieces.

use std::ops::Bound;

use super::error::RowError;
use super::frame::{self, Defect, Frame};
use super::key;

/// A row as a scan gives it: key and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Rows in the order of their keys, or backwards from the end; at most one leaf of the tree (some
/// 100 KB) and one value are in memory at a time.
///
/// The rows are not those of one moment: a row committed during the scan may or may not be seen,
/// but no value is ever a mixture of two. A damaged row is an error in its place and the scan can
/// go on behind it; after [`RowError::Read`] it is over.
pub struct Rows<'a> {
    tree: &'a sled::Tree,
    found: sled::Iter,
    over: bool,
}

impl<'a> Rows<'a> {
    /// Rows between two keys of the tree.
    pub(super) fn between(tree: &'a sled::Tree, bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>)) -> Self {
        Self { tree, found: tree.range(bounds), over: false }
    }

    /// The next row from either end. Rows removed before their pieces could be read are passed by.
    fn pull(
        &mut self,
        end: impl Fn(&mut sled::Iter) -> Option<sled::Result<(sled::IVec, sled::IVec)>>,
    ) -> Option<Result<Row, RowError>> {
        while !self.over {
            let item = end(&mut self.found).map(|found| {
                let (stored_key, bytes) = found.map_err(RowError::Read)?;
                let value = join(self.tree, &stored_key, bytes)?;
                Ok(value.map(|value| (key::named(&stored_key).0.into_vec(), value)))
            });
            // sled's iterator answers a failed read with the same failure for ever.
            self.over = matches!(item, None | Some(Err(RowError::Read(_))));
            if let Some(row) = item.and_then(Result::transpose) {
                return Some(row);
            }
        }
        None
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pull(Iterator::next)
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.pull(DoubleEndedIterator::next_back)
    }
}

/// The value of the row at a key of the tree.
pub(super) fn get(tree: &sled::Tree, stored_key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
    match tree.get(stored_key).map_err(RowError::Read)? {
        Some(bytes) => join(tree, stored_key, bytes),
        None => Ok(None),
    }
}

/// The same, with what a commit must know to replace the row. Only for the one who commits: the
/// row must not change meanwhile.
pub(super) fn get_to_change(
    tree: &sled::Tree,
    stored_key: &[u8],
) -> Result<Option<(Vec<u8>, Old)>, RowError> {
    let Some(bytes) = tree.get(stored_key).map_err(RowError::Read)? else { return Ok(None) };
    let old = described(stored_key, &bytes)?;
    Ok(join(tree, stored_key, bytes)?.map(|value| (value, old)))
}

/// What a commit must know of a row it replaces or removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Old {
    pub(super) pieces: u16,
    pub(super) checksum: u32,
}

/// What lies at a key of the tree, before a commit changes it.
pub(super) fn old(tree: &sled::Tree, stored_key: &[u8]) -> Result<Option<Old>, RowError> {
    let found = tree.get(stored_key).map_err(RowError::Read)?;
    found.map(|bytes| described(stored_key, &bytes)).transpose()
}

fn described(stored_key: &[u8], bytes: &[u8]) -> Result<Old, RowError> {
    let checksum = frame::stated_checksum(bytes);
    match frame::decode(stored_key, bytes) {
        Ok(Frame::Whole(_)) => Ok(Old { pieces: 1, checksum }),
        Ok(Frame::First { pieces, .. }) => Ok(Old { pieces, checksum }),
        Ok(Frame::Further { .. }) => Err(damaged(stored_key, frame::FURTHER_AT_ROW)),
        Err(defect) => Err(damaged(stored_key, defect)),
    }
}

/// The value of a row whose own bytes were just read; `None` when it was removed meanwhile.
pub(super) fn join(
    tree: &sled::Tree,
    stored_key: &[u8],
    mut bytes: sled::IVec,
) -> Result<Option<Vec<u8>>, RowError> {
    loop {
        let defect = match frame::decode(stored_key, &bytes) {
            Ok(Frame::Whole(payload)) => return Ok(Some(payload.to_vec())),
            Ok(Frame::First { written, pieces, payload }) => {
                match collect(tree, stored_key, (written, pieces), payload)? {
                    Ok(value) => return Ok(Some(value)),
                    Err(defect) => defect,
                }
            }
            Ok(Frame::Further { .. }) => frame::FURTHER_AT_ROW,
            Err(defect) => defect,
        };
        // A row replaced while its pieces were read is not damaged: then read the newer one.
        match tree.get(stored_key).map_err(RowError::Read)? {
            None => return Ok(None),
            Some(now) if now == bytes => return Err(damaged(stored_key, defect)),
            Some(now) => bytes = now,
        }
    }
}

/// Joins the pieces that were written by one commit.
fn collect(
    tree: &sled::Tree,
    stored_key: &[u8],
    (written, pieces): (u64, u16),
    first: &[u8],
) -> Result<Result<Vec<u8>, Defect>, RowError> {
    let mut value = first.to_vec();
    for index in 1..pieces {
        let piece_key = key::piece(&key::named(stored_key).0, index);
        let Some(bytes) = tree.get(&piece_key).map_err(RowError::Read)? else {
            return Ok(Err(Defect::PieceMissing(index)));
        };
        match frame::decode(&piece_key, &bytes) {
            Ok(Frame::Further { written: by, payload }) if by == written => {
                value.extend_from_slice(payload);
            }
            Ok(Frame::Whole(_) | Frame::First { .. } | Frame::Further { .. }) => {
                return Ok(Err(Defect::PieceForeign(index)));
            }
            Err(_) => return Ok(Err(Defect::PieceDamaged(index))),
        }
    }
    Ok(Ok(value))
}

pub(super) fn damaged(stored_key: &[u8], defect: Defect) -> RowError {
    RowError::Damaged { key: key::named(stored_key), defect }
}

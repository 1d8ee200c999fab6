//! Batches: what one commit changes.

use std::collections::BTreeMap;

use super::frame::{self, Frame, PIECE_BYTES, ROW_BYTES_MAX};
use super::key::{self, KEY_BYTES_MAX};
use super::read::Old;

/// Longest value of a row. Far above any body the settings let in: reaching it is a bug.
pub const VALUE_BYTES_MAX: usize = 64 << 20;

const _: () = assert!(VALUE_BYTES_MAX / PIECE_BYTES < 65_535, "indexes of pieces are u16");

/// Puts and removes that become visible, and durable, together. The last word on a key counts.
#[derive(Debug, Default, Clone)]
pub struct Batch(BTreeMap<Vec<u8>, Change>);

/// What is to become of a row.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Its new value; `None` removes it.
    pub(super) value: Option<Vec<u8>>,
    pub(super) before: Before,
    pub(super) next: Next,
}

/// What will most likely be done with a row next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing soon.
    Rest,
    /// It is read by a commit soon.
    Read,
    /// It is replaced or removed soon, without being read.
    Replace,
}

/// What is at a row's place before the batch. A commit looks where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nobody has looked.
    Unknown,
    /// This, since nothing was applied after somebody looked.
    Known(Option<Old>),
}

impl Batch {
    /// Nothing to change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the row, replacing what is there.
    ///
    /// # Panics
    /// When the key is empty or longer than [`KEY_BYTES_MAX`], or the value longer than
    /// [`VALUE_BYTES_MAX`]: the caller's bug.
    pub fn put(&mut self, key: &[u8], value: impl Into<Vec<u8>>) {
        self.change(key.to_vec(), Some(value.into()), (Before::Unknown, Next::Rest));
    }

    /// Removes the row; nothing happens when there is none.
    ///
    /// # Panics
    /// As [`Batch::put`], for the key.
    pub fn remove(&mut self, key: &[u8]) {
        self.change(key.to_vec(), None, (Before::Unknown, Next::Rest));
    }

    /// Writes the row, or removes it where there is no value; with what is there before, and what
    /// comes next.
    ///
    /// # Panics
    /// As [`Batch::put`].
    pub fn change(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, (before, next): (Before, Next)) {
        assert!((1..=KEY_BYTES_MAX).contains(&key.len()), "a key of {} bytes", key.len());
        let bytes = value.as_ref().map_or(0, Vec::len);
        assert!(bytes <= VALUE_BYTES_MAX, "a value of {bytes} bytes is too long");
        self.0.insert(key, Change { value, before, next });
    }

    /// How many rows it changes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes in the order of their keys.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&[u8], &Change)> {
        self.0.iter().map(|(key, change)| (&**key, change))
    }
}

/// Adds one change to a batch of sled, split into pieces where needed; pieces of the row's old
/// value which the new one does not overwrite are removed with it. Answers what the new row is,
/// `None` when there is none.
pub(super) fn translate(
    rows: &mut sled::Batch,
    written: u64,
    (key, value): (&[u8], Option<&[u8]>),
    old: Option<Old>,
) -> Option<Old> {
    let (pieces, checksum) = match value {
        Some(value) if frame::fits_whole(key, value) => {
            (1, Some(insert(rows, key::row(key), &Frame::Whole(value))))
        }
        Some(value) => {
            let (pieces, checksum) = split(rows, written, key, value);
            (pieces, Some(checksum))
        }
        None => {
            rows.remove(key::row(key));
            (1, None)
        }
    };
    for surplus in pieces..old.map_or(0, |old| old.pieces) {
        rows.remove(key::piece(key, surplus));
    }
    checksum.map(|checksum| Old { pieces, checksum })
}

fn split(rows: &mut sled::Batch, written: u64, key: &[u8], value: &[u8]) -> (u16, u32) {
    let (first, rest) = value.split_at(PIECE_BYTES);
    let mut pieces = 1;
    for payload in rest.chunks(PIECE_BYTES) {
        insert(rows, key::piece(key, pieces), &Frame::Further { written, payload });
        pieces += 1;
    }
    (pieces, insert(rows, key::row(key), &Frame::First { written, pieces, payload: first }))
}

/// Adds a framed row; answers its checksum.
fn insert(rows: &mut sled::Batch, stored_key: Vec<u8>, content: &Frame<'_>) -> u32 {
    let framed = frame::encode(&stored_key, content);
    let bytes = stored_key.len() + framed.len();
    assert!(bytes <= ROW_BYTES_MAX, "a row of {bytes} bytes would leave sled's synced file");
    let checksum = frame::stated_checksum(&framed);
    rows.insert(stored_key, framed);
    checksum
}

/// Adds one of the store's own rows.
pub(super) fn insert_own(rows: &mut sled::Batch, stored_key: &[u8], payload: &[u8]) {
    insert(rows, stored_key.to_vec(), &Frame::Whole(payload));
}

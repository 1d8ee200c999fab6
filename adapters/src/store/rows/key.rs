//! Keys: what callers name a row by, and where its bytes lie in the tree.
//!
//! The first byte of every key in the tree is its region, so that a scan of the callers' rows never
//! meets the store's own rows nor the pieces of large ones:
//!
//! | region | key | holds |
//! |---|---|---|
//! | `00` | one byte | the store's own rows: header, last commit, import |
//! | `01` | the caller's key | a whole row, or the first piece of a large one |
//! | `02` | the caller's key, index of the piece (u16) | a further piece |
//!
//! The index has a fixed width, so two different (key, index) pairs never share a key in the tree,
//! whatever the lengths of the callers' keys.

use std::fmt;

/// Longest key of a row. An index page of sled holds up to 320 keys and must stay below the
/// 131,052 bytes from which sled puts pages into separate files (RULES.md 3.8 S3).
pub const KEY_BYTES_MAX: usize = 256;

/// Where the last commit's number and tally lie.
pub(super) const COMMIT: &[u8] = &[OWN, b'c'];
/// Where the store's header lies.
pub(super) const HEADER: &[u8] = &[OWN, b'h'];
/// Where it lies how far an import is.
pub(super) const IMPORT: &[u8] = &[OWN, b'i'];

const OWN: u8 = 0;
const ROW: u8 = 1;
const PIECE: u8 = 2;

/// A row's key, shown in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub Box<[u8]>);

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// What a key found in the tree stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Commit,
    Header,
    Import,
    Row(&'a [u8]),
    Piece(&'a [u8], u16),
    Unknown,
}

/// Reads a key of the tree.
pub(super) fn place(stored: &[u8]) -> Place<'_> {
    match stored.split_first() {
        _ if stored == COMMIT => Place::Commit,
        _ if stored == HEADER => Place::Header,
        _ if stored == IMPORT => Place::Import,
        Some((&ROW, key)) if !key.is_empty() => Place::Row(key),
        Some((&PIECE, rest)) => match rest.split_last_chunk() {
            Some((key, index)) if !key.is_empty() => Place::Piece(key, u16::from_be_bytes(*index)),
            Some(_) | None => Place::Unknown,
        },
        Some(_) | None => Place::Unknown,
    }
}

/// Where the row of this key lies. With a prefix of a key: where the rows below it begin.
pub(super) fn row(key: &[u8]) -> Vec<u8> {
    [&[ROW], key].concat()
}

/// Where a further piece lies; the first piece lies in the row itself.
pub(super) fn piece(key: &[u8], index: u16) -> Vec<u8> {
    [&[PIECE], key, &index.to_be_bytes()].concat()
}

/// The caller's key of a row or piece; of anything else the bytes as they are.
pub(super) fn named(stored: &[u8]) -> Key {
    match place(stored) {
        Place::Row(key) | Place::Piece(key, _) => Key(key.into()),
        Place::Commit | Place::Header | Place::Import | Place::Unknown => Key(stored.into()),
    }
}

/// The first key of the tree after all rows.
pub(super) fn rows_end() -> Vec<u8> {
    vec![PIECE]
}

/// The first key of the tree after all rows whose keys begin with `prefix`.
pub(super) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = row(prefix);
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end // never empty: the region's byte has a successor
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_from_their_places() {
        assert_eq!(place(&row(b"k")), Place::Row(b"k"));
        assert_eq!(place(&piece(b"k", 258)), Place::Piece(b"k", 258));
        assert_eq!(place(COMMIT), Place::Commit);
        assert_eq!(place(HEADER), Place::Header);
        assert_eq!(place(IMPORT), Place::Import);
        for unknown in [&[][..], &[0], &[0, 9], &[1], &[2], &[2, 0, 0], &[3, 1]] {
            assert_eq!(place(unknown), Place::Unknown, "{unknown:?}");
        }
        assert_eq!(named(&piece(&[0, 0xfe], 1)).to_string(), "00fe");
    }

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(after_prefix(b"a"), row(b"b"));
        assert_eq!(after_prefix(&[7, 0xff, 0xff]), row(&[8]));
        assert_eq!(after_prefix(&[0xff]), rows_end());
        assert_eq!(after_prefix(&[]), rows_end());
    }
}

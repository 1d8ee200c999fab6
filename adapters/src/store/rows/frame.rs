//! Frames: what stands around the bytes of a row, so that damage is noticed.
//!
//! | bytes | of | meaning |
//! |---|---|---|
//! | 1 | all | version of the frame |
//! | 1 | all | kind: 0 whole row, 1 first of several pieces, 2 further piece |
//! | 4 | all | CRC32C over the key in the tree and all other bytes here |
//! | 8 | kinds 1, 2 | number of the commit that wrote the pieces |
//! | 2 | kind 1 | how many pieces there are, this one included |
//! | rest | all | payload |
//!
//! Numbers are big-endian. Pieces carry the number of their commit, so a reader that overtakes, or
//! is overtaken by, a replacement of the row never joins pieces of two values.

use super::key::KEY_BYTES_MAX;

/// Longest row as it lies in the tree, key and frame included. Sled puts pages of 131,052 bytes
/// and more into files which it never syncs; a leaf holds at most 19 rows (RULES.md 3.8 S3).
pub const ROW_BYTES_MAX: usize = 6_000;

/// Payload of a piece, except the last one's.
pub(super) const PIECE_BYTES: usize = 4_096;

const VERSION: u8 = 1;
const WHOLE: u8 = 0;
const FIRST: u8 = 1;
const FURTHER: u8 = 2;
const HEAD_BYTES: usize = 6;
const REGION_BYTES: usize = 1;
const PIECE_HEAD_BYTES: usize = HEAD_BYTES + 8 + 2;

const _: () = assert!(
    REGION_BYTES + KEY_BYTES_MAX + 2 + PIECE_HEAD_BYTES + PIECE_BYTES <= ROW_BYTES_MAX,
    "a piece with the longest key fits into a row",
);

/// Why the bytes of a row are not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Shorter than its frame.
    #[error("it is cut short")]
    Short,
    /// Checksum and content differ.
    #[error("its checksum does not match")]
    Checksum,
    /// Sound, but of a version this program does not know.
    #[error("its frame has the unknown version {0}")]
    Version(u8),
    /// Sound, but of no kind that may lie at this key.
    #[error("its frame has kind {0}, which does not belong at this key")]
    Kind(u8),
    /// A piece of the row is not there.
    #[error("its piece {0} is missing")]
    PieceMissing(u16),
    /// A piece of the row is of another value, or no piece.
    #[error("its piece {0} belongs to another value")]
    PieceForeign(u16),
    /// A piece of the row is damaged itself.
    #[error("its piece {0} is damaged")]
    PieceDamaged(u16),
    /// A piece no row asks for.
    #[error("its piece {0} belongs to no row")]
    PieceOrphan(u16),
    /// A row at a key that neither callers nor the store use.
    #[error("nothing belongs at this key")]
    Stray,
}

/// A frame that was found sound.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    Whole(&'a [u8]),
    First { written: u64, pieces: u16, payload: &'a [u8] },
    Further { written: u64, payload: &'a [u8] },
}

/// Whether a value of this length is stored as one row.
pub(super) fn fits_whole(key: &[u8], value: &[u8]) -> bool {
    REGION_BYTES + key.len() + HEAD_BYTES + value.len() <= ROW_BYTES_MAX
}

/// Frames a payload for the key of the tree it will lie at.
pub(super) fn encode(stored_key: &[u8], frame: &Frame<'_>) -> Vec<u8> {
    let (kind, payload) = match frame {
        Frame::Whole(payload) => (WHOLE, payload),
        Frame::First { payload, .. } => (FIRST, payload),
        Frame::Further { payload, .. } => (FURTHER, payload),
    };
    let mut bytes = Vec::with_capacity(PIECE_HEAD_BYTES + payload.len());
    bytes.extend_from_slice(&[VERSION, kind, 0, 0, 0, 0]);
    match frame {
        Frame::Whole(_) => {}
        Frame::First { written, pieces, .. } => {
            bytes.extend_from_slice(&written.to_be_bytes());
            bytes.extend_from_slice(&pieces.to_be_bytes());
        }
        Frame::Further { written, .. } => bytes.extend_from_slice(&written.to_be_bytes()),
    }
    bytes.extend_from_slice(payload);
    let sum = checksum(stored_key, VERSION, kind, &bytes[HEAD_BYTES..]);
    bytes[2..HEAD_BYTES].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// Checks the bytes found at a key of the tree.
pub(super) fn decode<'a>(stored_key: &[u8], bytes: &'a [u8]) -> Result<Frame<'a>, Defect> {
    let (&[version, kind, a, b, c, d], rest) = bytes.split_first_chunk().ok_or(Defect::Short)?;
    if checksum(stored_key, version, kind, rest) != u32::from_be_bytes([a, b, c, d]) {
        return Err(Defect::Checksum);
    }
    match (version, kind) {
        (VERSION, WHOLE) => Ok(Frame::Whole(rest)),
        (VERSION, FIRST) => {
            let (written, rest) = rest.split_first_chunk().ok_or(Defect::Short)?;
            let (pieces, payload) = rest.split_first_chunk().ok_or(Defect::Short)?;
            let (written, pieces) = (u64::from_be_bytes(*written), u16::from_be_bytes(*pieces));
            Ok(Frame::First { written, pieces, payload })
        }
        (VERSION, FURTHER) => {
            let (written, payload) = rest.split_first_chunk().ok_or(Defect::Short)?;
            Ok(Frame::Further { written: u64::from_be_bytes(*written), payload })
        }
        (VERSION, unknown) => Err(Defect::Kind(unknown)),
        (unknown, _) => Err(Defect::Version(unknown)),
    }
}

/// The checksum a frame states, sound or not; 0 where it is cut short.
pub(super) fn stated_checksum(bytes: &[u8]) -> u32 {
    match bytes {
        [_, _, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]),
        _ => 0,
    }
}

/// The payload of a row that is never split.
pub(super) fn decode_whole<'a>(stored_key: &[u8], bytes: &'a [u8]) -> Result<&'a [u8], Defect> {
    match decode(stored_key, bytes)? {
        Frame::Whole(payload) => Ok(payload),
        Frame::First { .. } => Err(Defect::Kind(FIRST)),
        Frame::Further { .. } => Err(Defect::Kind(FURTHER)),
    }
}

/// What to say of a further piece lying where a row should.
pub(super) const FURTHER_AT_ROW: Defect = Defect::Kind(FURTHER);

fn checksum(stored_key: &[u8], version: u8, kind: u8, rest: &[u8]) -> u32 {
    let sum = crc32c::crc32c(stored_key);
    let sum = crc32c::crc32c_append(sum, &[version, kind]);
    crc32c::crc32c_append(sum, rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_back() {
        for frame in [
            Frame::Whole(b""),
            Frame::Whole(b"value"),
            Frame::First { written: 7, pieces: 3, payload: b"first" },
            Frame::Further { written: u64::MAX, payload: b"" },
        ] {
            assert_eq!(decode(b"key", &encode(b"key", &frame)), Ok(frame));
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed_and_so_is_another_key() {
        let bytes = encode(b"key", &Frame::First { written: 7, pieces: 3, payload: b"first" });
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(b"key", &damaged), Err(Defect::Checksum), "bit {bit}");
        }
        assert_eq!(decode(b"kez", &bytes), Err(Defect::Checksum));
        for length in 0..HEAD_BYTES {
            assert_eq!(decode(b"key", &bytes[..length]), Err(Defect::Short), "{length}");
        }
    }

    #[test]
    fn a_sound_frame_of_another_version_is_named() {
        let sum = checksum(b"key", 9, 0, b"");
        let bytes = [&[9, 0], &sum.to_be_bytes()[..]].concat();
        assert_eq!(decode(b"key", &bytes), Err(Defect::Version(9)));
    }
}

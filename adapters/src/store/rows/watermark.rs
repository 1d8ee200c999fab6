//! The watermark: up to which commit the store was once on stable storage.
//!
//! A small file of its own, written after each sync of the tree and never before, so it can lag
//! behind what is durable but not run ahead. A tree that holds less than the watermark says has
//! lost a tail that was promised to others.
//!
//! Two slots, a block apart, are written in turn: a torn write leaves the other one.
//!
//! | bytes | meaning |
//! |---|---|
//! | 8 | the store's id |
//! | 8 | number of the commit |
//! | 4 | CRC32C of the bytes before |

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::header::StoreId;

const SLOT_BYTES: usize = 20;
/// Slots never share a block of the disk.
const SLOT_STRIDE: usize = 4_096;
const SLOTS: [u64; 2] = [0, 4_096];

/// What a watermark file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// There is no such file.
    Missing,
    /// There is one, but no slot of it is sound.
    Unreadable,
    /// This commit of this store was durable.
    At { id: StoreId, commit: u64 },
}

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct Watermark {
    file: File,
    id: StoreId,
    turn: usize,
}

impl Mark {
    /// Reads the higher of the sound slots.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(file) => file.take(65_536).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Missing),
            Err(error) => return Err(error),
        };
        let slots = bytes.chunks(SLOT_STRIDE).filter_map(decode);
        Ok(slots
            .max_by_key(|(_, commit)| *commit)
            .map_or(Self::Unreadable, |(id, commit)| Self::At { id, commit }))
    }
}

impl Watermark {
    /// Opens the file, or creates it, with `commit` in both slots, on stable storage. The caller
    /// syncs the directory.
    pub(super) fn start(path: &Path, id: StoreId, commit: u64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        let mut mark = Self { file, id, turn: 0 };
        for _ in SLOTS {
            // One at a time: the other slot stays sound while this one is written.
            mark.write(commit)?;
            mark.sync()?;
        }
        Ok(mark)
    }

    /// Hands the mark to the kernel. The caller has made `commit` durable before.
    pub(super) fn write(&mut self, commit: u64) -> io::Result<()> {
        self.turn = (self.turn + 1) % SLOTS.len();
        self.file.write_all_at(&encode(self.id, commit), SLOTS[self.turn])
    }

    /// Puts what was written on stable storage.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn encode(id: StoreId, commit: u64) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..8].copy_from_slice(&id.0.to_be_bytes());
    bytes[8..16].copy_from_slice(&commit.to_be_bytes());
    let sum = crc32c::crc32c(&bytes[..16]);
    bytes[16..].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn decode(slot: &[u8]) -> Option<(StoreId, u64)> {
    let (id, rest) = slot.split_first_chunk()?;
    let (commit, rest) = rest.split_first_chunk()?;
    let (sum, _) = rest.split_first_chunk()?;
    (crc32c::crc32c(&slot[..16]) == u32::from_be_bytes(*sum))
        .then_some((StoreId(u64::from_be_bytes(*id)), u64::from_be_bytes(*commit)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    const ID: StoreId = StoreId(0xabcd);

    #[test]
    fn the_higher_sound_slot_counts_and_a_torn_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("watermark");
        assert_eq!(Mark::read(&path).unwrap(), Mark::Missing);

        let mut mark = Watermark::start(&path, ID, 5).unwrap();
        mark.write(6).unwrap();
        mark.write(7).unwrap();
        assert_eq!(Mark::read(&path).unwrap(), Mark::At { id: ID, commit: 7 });

        let mut bytes = fs::read(&path).unwrap();
        let newest = SLOTS.into_iter().map(|at| usize::try_from(at).unwrap());
        let newest = newest.max_by_key(|at| bytes[*at + 15]).unwrap();
        bytes[newest + 17] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(Mark::read(&path).unwrap(), Mark::At { id: ID, commit: 6 });

        fs::write(&path, b"nonsense").unwrap();
        assert_eq!(Mark::read(&path).unwrap(), Mark::Unreadable);
    }

    #[test]
    fn starting_again_replaces_whatever_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("watermark");
        drop(Watermark::start(&path, ID, 9).unwrap());
        drop(Watermark::start(&path, StoreId(1), 2).unwrap());
        assert_eq!(Mark::read(&path).unwrap(), Mark::At { id: StoreId(1), commit: 2 });
    }
}

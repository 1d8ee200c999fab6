//! The tally: what each commit says the whole store holds.
//!
//! sled skips a record of its log that it cannot read and may open as if nothing had happened. Of
//! 300 single bits flipped in a file of 2 MB, 139 made it refuse, 146 lay in dead bytes, and 15
//! silently lost a row or brought an older value back, checksum and all. No frame can tell.
//! So the row of the last commit also counts the rows and adds up their checksums, kept up to date
//! with each change; [`RowStore::verify`](super::RowStore::verify) compares.

use super::CommitSeq;

/// How many rows there are, and the sum of the checksums in their frames. Further pieces are not
/// counted: their rows know them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) sum: u64,
}

/// What the row of the last commit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastCommit {
    pub(super) seq: CommitSeq,
    pub(super) tally: Tally,
}

impl Tally {
    /// Counts a row that is there from now on. The sum wraps: it is compared, not read.
    pub(super) fn add(&mut self, checksum: u32) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(checksum.into());
    }

    /// Counts a row off that was there. A store that lost it unnoticed must not stop at this, so
    /// the count wraps and stays wrong, which verifying finds.
    pub(super) fn remove(&mut self, checksum: u32) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(checksum.into());
    }
}

impl LastCommit {
    /// Number of the commit, rows, sum; big-endian.
    pub(super) fn encode(&self) -> Vec<u8> {
        [self.seq.0, self.tally.rows, self.tally.sum].map(u64::to_be_bytes).concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (seq, rest) = bytes.split_first_chunk()?;
        let (rows, sum) = rest.split_first_chunk()?;
        let tally = Tally {
            rows: u64::from_be_bytes(*rows),
            sum: u64::from_be_bytes(sum.try_into().ok()?),
        };
        Some(Self { seq: CommitSeq(u64::from_be_bytes(*seq)), tally })
    }
}

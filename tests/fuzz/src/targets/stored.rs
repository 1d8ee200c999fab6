//! What the store reads: rows as records, and the lines of an export.

use kvit_adapters::store::{KeyValue, Name, StoreError, Tables, Which, carry};
use kvit_schemas::record::{
    AuditBatch, Case, Fate, FileRecord, LedgerEntry, OutMessage, Pause, Payment, Position,
    Proposal, QuarantineRecord, Seq, Timer,
};

/// A store in which every row holds the same bytes.
struct Same<'a>(&'a [u8]);

impl Tables for Same<'_> {
    fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(Some(self.0.to_vec()))
    }

    fn list(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, StoreError> {
        Ok(vec![(prefix.to_vec(), self.0.to_vec())])
    }

    fn entry(&self, _: Which, _: &Name) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(Some(self.0.to_vec()))
    }
}

/// The first byte, from `a` on, says as which record the rest is read.
pub(super) fn records(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    let (rows, key) = (Same(bytes), b"key");
    let read = match first.wrapping_sub(b'a') % 16 {
        0 => rows.record::<Case>(key).map(drop),
        1 => rows.record::<Payment>(key).map(drop),
        2 => rows.record::<FileRecord>(key).map(drop),
        3 => rows.record::<LedgerEntry>(key).map(drop),
        4 => rows.record::<Position>(key).map(drop),
        5 => rows.mark(0..=9, "portal a", "m-1").map(drop),
        6 => rows.record::<Vec<OutMessage>>(key).map(drop),
        7 => rows.quarantined(Seq(1)).map(drop),
        8 => rows.record::<Vec<Timer>>(key).map(drop),
        9 => rows.record::<AuditBatch>(key).map(drop),
        10 => rows.fate(Seq(1)).map(drop),
        11 => rows.proposal(Seq(1)).map(drop),
        12 => rows.pauses().map(drop),
        13 => rows.body(Seq(1)).map(drop),
        14 => rows.payments_by_reference(("erip", "1"), false).map(drop),
        _ => rows.record::<(Seq, Vec<QuarantineRecord>, Fate, Proposal, Pause)>(key).map(drop),
    };
    if let Err(error) = read {
        assert!(matches!(error, StoreError::Record { .. }), "{error}");
    }
}

/// An export as somebody brings it.
pub(super) fn export(input: &[u8]) {
    match carry::check(input, |_| ()) {
        Ok(sums) => assert!(sums.rows <= u64::try_from(input.len()).unwrap_or(u64::MAX)),
        Err(error) => drop(error.to_string()),
    }
}

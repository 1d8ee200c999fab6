//! Rows in memory: the double of the sled store for simulation and property tests.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::KeyValue;

/// Rows in the order of their keys.
#[derive(Debug, Default)]
pub struct MemoryRows {
    rows: RwLock<Held>,
    /// Rows that were read: tests look that a page costs a page.
    read: AtomicU64,
}

#[derive(Debug, Default)]
struct Held {
    commit: u64,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryRows {
    pub(super) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.rows.read().unwrap_or_else(PoisonError::into_inner).rows.get(key).cloned()
    }

    pub(super) fn page(
        &self,
        bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
        limit: usize,
    ) -> Vec<KeyValue> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let found = rows.rows.range(bounds).take(limit);
        let found: Vec<KeyValue> = found.map(|(key, row)| (key.clone(), row.clone())).collect();
        self.read.fetch_add(u64::try_from(found.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        found
    }

    /// Rows that were read so far.
    pub fn rows_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(super) fn last(&self, bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>)) -> Option<Vec<u8>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.rows.range(bounds).next_back().map(|(key, _)| key.clone())
    }

    pub(super) fn apply(&self, changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> u64 {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in changes {
            match value {
                Some(value) => drop(rows.rows.insert(key, value)),
                None => drop(rows.rows.remove(&key)),
            }
        }
        rows.commit += 1;
        rows.commit
    }

    pub(super) fn commit(&self) -> u64 {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).commit
    }
}

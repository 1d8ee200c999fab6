//! Rows in memory: the double of the sled store for simulation and property tests.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use super::KeyValue;

/// Rows in the order of their keys.
#[derive(Debug, Default)]
pub struct MemoryRows {
    rows: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    commit: u64,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryRows {
    pub(super) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).rows.get(key).cloned()
    }

    pub(super) fn page(
        &self,
        bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
        limit: usize,
    ) -> Vec<KeyValue> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.rows
            .range(bounds)
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
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

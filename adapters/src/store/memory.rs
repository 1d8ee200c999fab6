//! Rows in memory: the double of the sled store for simulation and property tests. It keeps the
//! promises of the real one and no others: what is not synced may be lost from any commit on, and
//! after a failed step there is no further commit.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::KeyValue;
use super::rows::StoreError;

/// Rows in the order of their keys.
#[derive(Debug, Default)]
pub struct MemoryRows {
    rows: RwLock<Held>,
    /// Rows that were read: tests look that a page costs a page.
    read: AtomicU64,
}

type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

#[derive(Debug, Default)]
struct Held {
    commit: u64,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What the commits that are not synced replaced, the oldest first.
    unsynced: Vec<Changes>,
    next: Option<Fault>,
    poisoned: bool,
    /// What keys begin with whose rows are not written.
    lost: Option<Vec<u8>>,
}

/// What fails next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A commit, before anything of it is written.
    Apply,
    /// A commit, though it was written.
    Applied,
    /// A sync; a crash may then leave what it was to make durable, or not.
    Sync,
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

    pub(super) fn apply(&self, changes: Changes) -> Result<u64, StoreError> {
        let mut held = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        held.may_commit()?;
        if held.next == Some(Fault::Apply) {
            return Err(held.fail());
        }
        let mut before = Changes::new();
        for (key, value) in changes {
            if held.lost.as_ref().is_some_and(|lost| key.starts_with(lost)) {
                continue;
            }
            let was = match value {
                Some(value) => held.rows.insert(key.clone(), value),
                None => held.rows.remove(&key),
            };
            before.insert(key, was);
        }
        held.unsynced.push(before);
        held.commit += 1;
        if held.next == Some(Fault::Applied) {
            return Err(held.fail());
        }
        Ok(held.commit)
    }

    pub(super) fn sync(&self) -> Result<(), StoreError> {
        let mut held = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        held.may_commit()?;
        if held.next == Some(Fault::Sync) {
            return Err(held.fail());
        }
        held.unsynced.clear();
        Ok(())
    }

    pub(super) fn commit(&self) -> u64 {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).commit
    }

    /// How many commits are not synced.
    pub fn unsynced(&self) -> usize {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).unsynced.len()
    }

    /// What the disk holds after a power cut that left this many of the commits not synced.
    #[must_use]
    pub fn after_crash(&self, left: usize) -> Self {
        let held = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let mut rows = held.rows.clone();
        let gone = held.unsynced.get(left..).unwrap_or_default();
        for (key, was) in gone.iter().rev().flatten() {
            match was {
                Some(was) => drop(rows.insert(key.clone(), was.clone())),
                None => drop(rows.remove(key)),
            }
        }
        let commit = held.commit - u64::try_from(gone.len()).unwrap_or(u64::MAX);
        let lost = held.lost.clone();
        let held = Held { commit, rows, lost, ..Held::default() };
        Self { rows: RwLock::new(held), read: AtomicU64::new(0) }
    }

    /// The next step of this kind fails, and every one after it.
    pub fn fail_next(&self, fault: Fault) {
        self.rows.write().unwrap_or_else(PoisonError::into_inner).next = Some(fault);
    }

    /// From now on rows whose keys begin so are not written: what happens to whoever forgets to.
    pub fn lose(&self, prefix: &[u8]) {
        let mut held = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        held.lost = Some(prefix.to_vec());
    }
}

impl Held {
    fn may_commit(&self) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned("a planted fault".to_owned()));
        }
        Ok(())
    }

    fn fail(&mut self) -> StoreError {
        self.poisoned = true;
        StoreError::Sync(io::Error::other("a planted fault"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn change(key: u8, value: Option<u8>) -> Changes {
        Changes::from([(vec![key], value.map(|value| vec![value]))])
    }

    #[test]
    fn a_crash_leaves_what_was_synced_and_any_of_the_commits_after_it() {
        let rows = MemoryRows::default();
        rows.apply(change(1, Some(1))).unwrap();
        rows.sync().unwrap();
        rows.apply(change(1, Some(2))).unwrap();
        rows.apply(change(1, None)).unwrap();
        let left = |left| (rows.after_crash(left).get(&[1]), rows.after_crash(left).commit());
        assert_eq!(left(0), (Some(vec![1]), 1));
        assert_eq!(left(1), (Some(vec![2]), 2));
        assert_eq!(left(2), (None, 3));
    }

    #[test]
    fn after_a_failed_step_nothing_is_committed() {
        for (fault, written) in [(Fault::Apply, 0), (Fault::Applied, 1)] {
            let rows = MemoryRows::default();
            rows.fail_next(fault);
            assert!(rows.apply(change(1, Some(1))).is_err());
            assert!(rows.apply(change(1, Some(1))).is_err() && rows.sync().is_err());
            assert_eq!(rows.unsynced(), written, "{fault:?}");
        }
    }
}

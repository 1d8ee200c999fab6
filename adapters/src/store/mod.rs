//! The store: typed tables over rows. What is committed together is there together or not at all.

mod beside;
mod bodies;
pub mod carry;
mod codec;
mod desk;
mod draft;
mod index;
mod keys;
mod listing;
mod memory;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod pack_tests;
pub mod rows;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod story_tests;
mod tables;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;

pub use draft::{Applied, Draft, SoFar};
pub use index::{Name, Which};
pub use listing::{AuditFault, DaySum, LedgerCheck, Page};
pub use memory::{Fault, MemoryRows};
pub use tables::{DueTimer, OutboxRow, StoryLine, Tables};

use index::Index;
use rows::{Before, OpenError, OpenReport, RowError, RowOptions, RowStore, Stats, SyncTimes};

/// A store.
#[derive(Debug)]
pub struct Store {
    under: Under,
    names: Index,
    marks: Index,
}

/// What a store keeps its rows in.
#[derive(Debug)]
pub enum Under {
    /// Embedded sled.
    Sled(Box<RowStore>),
    /// Memory, for simulation; gone with the process.
    Memory(MemoryRows),
}

/// Why the store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row is damaged or cannot be read.
    #[error("reading a row of the store")]
    Row(#[from] RowError),
    /// A commit failed; the store takes no further one.
    #[error("committing to the store")]
    Commit(#[from] rows::StoreError),
    /// A row's bytes are not the record they should be.
    #[error("row {key} holds no readable record: {why}")]
    Record {
        /// Its key in hexadecimal.
        key: String,
        /// What is wrong.
        why: String,
    },
}

/// A row: key and value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// The number of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit(pub u64);

impl Store {
    /// Opens the sled store in a directory.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, options: RowOptions) -> Result<(Self, OpenReport), OpenError> {
        let (rows, report) = RowStore::open(path, options)?;
        let store = Self::over(Under::Sled(Box::new(rows))).map_err(|error| {
            OpenError::Damaged { path: path.to_owned(), what: rows::described(&error) }
        })?;
        Ok((store, report))
    }

    /// An empty store in memory.
    pub fn in_memory() -> Self {
        let index = |which| Index::new(which, index::FEW_ENTRIES);
        let under = Under::Memory(MemoryRows::default());
        Self { under, names: index(Which::Names), marks: index(Which::Marks) }
    }

    /// The store that these rows make.
    ///
    /// # Errors
    /// When its indexes cannot be read.
    pub fn over(under: Under) -> Result<Self, StoreError> {
        let entries_max = match under {
            Under::Sled(_) => index::ENTRIES_MAX,
            Under::Memory(_) => index::FEW_ENTRIES,
        };
        let index = |which| Index::new(which, entries_max);
        let mut store = Self { under, names: index(Which::Names), marks: index(Which::Marks) };
        store.names = store.loaded(Which::Names, index(Which::Names))?;
        store.marks = store.loaded(Which::Marks, index(Which::Marks))?;
        Ok(store)
    }

    /// The index as its rows say.
    fn loaded(&self, which: Which, mut index: Index) -> Result<Index, StoreError> {
        let (young, runs) = keys::letters(which);
        let mut from = Bound::Included(vec![runs]);
        let mut filters = Vec::new();
        while let Some(filter) = self.page_rows(from, after_prefix(&[runs]), 1)?.pop() {
            from = after_prefix(&filter.0);
            from = match from {
                Bound::Excluded(next) => Bound::Included(next),
                Bound::Included(_) | Bound::Unbounded => break,
            };
            filters.push(filter);
            if filters.len() == index::FILTERS_AT_ONCE {
                index.load_runs(std::mem::take(&mut filters))?;
            }
        }
        index.load_runs(filters)?;
        let mut from = Bound::Included(vec![young]);
        loop {
            let rows = self.page_rows(from, after_prefix(&[young]), 256)?;
            let Some((last, _)) = rows.last() else { break };
            from = Bound::Excluded(last.clone());
            rows.into_iter().try_for_each(|row| index.load_young(row))?;
        }
        Ok(index)
    }

    /// What the rows are kept in.
    pub fn under(&self) -> &Under {
        &self.under
    }

    fn index(&self, which: Which) -> &Index {
        match which {
            Which::Names => &self.names,
            Which::Marks => &self.marks,
        }
    }

    /// The store's name: ids of messages begin with it, so that a new store never repeats the ids
    /// of a lost one.
    pub fn name(&self) -> String {
        match &self.under {
            Under::Sled(rows) => rows.header().id.to_string(),
            Under::Memory(_) => "memory".to_owned(),
        }
    }

    /// Begins a commit.
    pub fn draft(&self) -> Draft<'_> {
        Draft::new(self)
    }

    /// Puts everything applied before the call on stable storage; how long that took, where there
    /// is such a thing.
    ///
    /// # Errors
    /// Any error ends all commits of this store.
    pub fn sync(&self) -> Result<Option<SyncTimes>, StoreError> {
        match &self.under {
            Under::Sled(rows) => Ok(Some(rows.sync()?.times)),
            Under::Memory(rows) => {
                rows.sync()?;
                Ok(None)
            }
        }
    }

    /// Every row in the order of the keys, one at a time.
    fn each_row<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.under {
            Under::Sled(rows) => rows.scan(&[]).try_for_each(|row| {
                let (key, value) = row.map_err(StoreError::from)?;
                each(&key, &value)
            }),
            Under::Memory(rows) => {
                let all = rows.page((Bound::Unbounded, Bound::Unbounded), usize::MAX);
                all.iter().try_for_each(|(key, value)| each(key, value))
            }
        }
    }

    fn get_row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.under {
            Under::Sled(rows) => Ok(rows.get(key)?),
            Under::Memory(rows) => Ok(rows.get(key)),
        }
    }

    /// A row's value, with what a batch must know to change it.
    fn row_to_change(&self, key: &[u8]) -> Result<(Option<Vec<u8>>, Before), StoreError> {
        match &self.under {
            Under::Sled(rows) => {
                let (value, old) = rows.get_to_change(key)?.unzip();
                Ok((value, Before::Known(old)))
            }
            Under::Memory(rows) => Ok((rows.get(key), Before::Unknown)),
        }
    }

    /// At most `limit` rows between two bounds, in the order of their keys.
    fn page_rows(
        &self,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        match &self.under {
            Under::Sled(rows) => {
                let (from, to) = (from.as_ref(), to.as_ref());
                let found = rows.scan_range(from.map(Vec::as_slice), to.map(Vec::as_slice));
                found.take(limit).map(|row| row.map_err(StoreError::from)).collect()
            }
            Under::Memory(rows) => Ok(rows.page((from, to), limit)),
        }
    }

    /// The last key between two bounds.
    fn last_key(
        &self,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.under {
            Under::Sled(rows) => {
                let (from, to) = (from.as_ref(), to.as_ref());
                let mut found = rows.scan_range(from.map(Vec::as_slice), to.map(Vec::as_slice));
                Ok(found.next_back().transpose()?.map(|(key, _)| key))
            }
            Under::Memory(rows) => Ok(rows.last((from, to))),
        }
    }

    fn apply_rows(
        &self,
        changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        before: impl Fn(&[u8]) -> Before,
    ) -> Result<Commit, StoreError> {
        match &self.under {
            Under::Sled(rows) => {
                let mut batch = rows::Batch::new();
                for (key, value) in changes {
                    let around = (before(&key), keys::next(&key));
                    batch.change(key, value, around);
                }
                Ok(Commit(rows.apply(&batch)?.0))
            }
            Under::Memory(rows) => Ok(Commit(rows.apply(changes)?)),
        }
    }

    /// Syncs and closes; the next opening has nothing to recover.
    ///
    /// # Errors
    /// As [`Store::sync`].
    pub fn close(self) -> Result<(), StoreError> {
        match self.under {
            Under::Sled(rows) => rows.close().map(drop).map_err(StoreError::from),
            Under::Memory(_) => Ok(()),
        }
    }

    /// Bytes that may still be written to the store's disk; `None` for one in memory.
    ///
    /// # Errors
    /// When the file system does not answer.
    pub fn free_bytes(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.stats()?.map(|stats| stats.free_bytes))
    }

    /// The figures of this moment; `None` for one in memory.
    ///
    /// # Errors
    /// When the file system does not answer.
    pub fn stats(&self) -> Result<Option<Stats>, StoreError> {
        match &self.under {
            Under::Sled(rows) => Ok(Some(rows.stats()?)),
            Under::Memory(_) => Ok(None),
        }
    }

    /// The number of the last applied commit.
    pub fn last_commit(&self) -> u64 {
        match &self.under {
            Under::Sled(rows) => rows.applied().0,
            Under::Memory(rows) => rows.commit(),
        }
    }
}

/// The bound behind all keys that begin with `prefix`.
fn after_prefix(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

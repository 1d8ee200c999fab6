//! Durable rows: byte strings by byte-string keys in one sled tree, committed in batches.
//!
//! A commit is two steps, so that one thread can apply the next batch while another makes the last
//! one durable: [`RowStore::apply`] makes a batch visible, all of it or nothing;
//! [`RowStore::sync`] makes all that was applied before survive a power cut. sled's own flush does
//! not: it never syncs its file (RULES.md 3.8 S1).
//!
//! Nothing here knows what the rows mean. What it promises beyond sled: durability, a checksum on
//! every row and a tally over all of them, values of any length, a store that knows its format and
//! whether it lost a tail, and an error instead of a panic where its files are damaged.
//!
//! Every call may block on the disk. Opening, and `sync`, never run on a thread of the async
//! runtime.

mod batch;
mod error;
mod faults;
mod files;
mod frame;
mod header;
mod import;
mod key;
mod lock;
mod open;
mod read;
mod recent;
mod stats;
mod tally;
mod tree;
mod verify;
mod watermark;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

pub use batch::{Batch, Before, Next, VALUE_BYTES_MAX};
pub use error::{LostTail, OpenError, RowError, StoreError};
pub use faults::{Faults, Point};
pub use frame::{Defect, ROW_BYTES_MAX};
pub use header::{FORMAT, Header, StoreId};
pub use import::Import;
pub use key::{KEY_BYTES_MAX, Key};
pub use open::{OnLostTail, OpenReport, RowOptions};
pub use read::{Old, Row, Rows};
pub use stats::{Stats, SyncTimes};
pub use verify::{Completeness, RowCount, VerifyReport};

use batch::Change;
use files::Files;
use lock::Lock;
use recent::Recent;
use stats::Since;
use tally::{LastCommit, Tally};
use watermark::Watermark;

use crate::crash;

/// The number of a commit: one more than the one before, from the store's creation on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitSeq(pub u64);

/// What a sync achieved.
#[derive(Debug, Clone, Copy)]
pub struct Synced {
    /// All commits up to this one are on stable storage.
    pub up_to: CommitSeq,
    /// How long it took.
    pub times: SyncTimes,
}

/// Bytes that may be applied before sled writes them out: two of its segments.
const UNFLUSHED_BYTES_MAX: usize = 1 << 20;

/// Changes of rows from which on that is worth it: sled reads their log in some ten milliseconds.
const SNAPSHOT_AFTER_ROWS: u64 = 50_000;

/// An open store. Shared by reference; reads, `apply` and `sync` may run at the same time.
///
/// Dropping it keeps what was applied, as far as no power cut comes between; [`RowStore::close`]
/// makes sure. After a failed commit the process should exit without either: sled writes once more
/// when dropped, and panics when the disk refuses.
#[derive(Debug)]
pub struct RowStore {
    files: Files,
    header: Header,
    config: sled::Config,
    db: sled::Db,
    faults: Faults,
    /// What the last commit says the store holds. Held while a batch is applied.
    writer: Mutex<Tally>,
    recent: Mutex<Recent>,
    applied: AtomicU64,
    rows_changed: AtomicU64,
    /// Bytes applied since sled last wrote out everything.
    unflushed: AtomicUsize,
    /// Held while syncing.
    durable: Mutex<Durable>,
    synced: AtomicU64,
    last_sync: Mutex<Option<SyncTimes>>,
    failed: OnceLock<String>,
    /// The last field: the lock goes when all else is closed.
    _lock: Lock,
}

/// What makes commits durable.
#[derive(Debug)]
struct Durable {
    /// `<path>/db`, which sled writes to through a descriptor of its own.
    file: File,
    watermark: Watermark,
    watermark_every: Duration,
    watermark_synced: Since,
}

impl RowStore {
    /// Opens the store in directory `path`, and creates it there if the options say so.
    ///
    /// # Errors
    /// See [`OpenError`]; [`OpenError::advice`] says what to do.
    pub fn open(path: &Path, options: RowOptions) -> Result<(Self, OpenReport), OpenError> {
        open::open(path, options, None)
    }

    /// What the store says about itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The value of a row, as of the last applied batch.
    ///
    /// # Errors
    /// When the row is damaged or the tree cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        read::get(&self.db, &key::row(key))
    }

    /// The value of a row with what a batch must know to change it, for the one who applies.
    ///
    /// # Errors
    /// As [`RowStore::get`].
    pub fn get_to_change(&self, key: &[u8]) -> Result<Option<(Vec<u8>, Old)>, RowError> {
        let copy = self.recent().get(key).cloned();
        match copy {
            Some(recent::Copy { old, value: Some(value) }) => Ok(Some((value, old))),
            Some(_) | None => read::get_to_change(&self.db, &key::row(key)),
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Whoever panicked while holding it has put in or taken out a whole copy, or none.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows whose keys begin with `prefix`; all rows for an empty one.
    pub fn scan(&self, prefix: &[u8]) -> Rows<'_> {
        let from = Bound::Included(key::row(prefix));
        Rows::between(&self.db, (from, Bound::Excluded(key::after_prefix(prefix))))
    }

    /// The rows whose keys lie between two bounds; none when the bounds are crossed.
    pub fn scan_range(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Rows<'_> {
        let from = match from {
            Bound::Unbounded => Bound::Included(key::row(&[])),
            Bound::Included(_) | Bound::Excluded(_) => from.map(key::row),
        };
        let to = match to {
            Bound::Unbounded => Bound::Excluded(key::rows_end()),
            Bound::Included(_) | Bound::Excluded(_) => to.map(key::row),
        };
        Rows::between(&self.db, (from, to))
    }

    /// Makes a batch visible, all of it or nothing, and gives it the next number. It is not durable
    /// before a [`RowStore::sync`] that was called afterwards.
    ///
    /// # Errors
    /// [`StoreError::Row`] when a row to be replaced is damaged: nothing was written. Any other
    /// error ends all commits of this store.
    pub fn apply(&self, batch: &Batch) -> Result<CommitSeq, StoreError> {
        self.commit(batch, CommitSeq(0), None)
    }

    fn commit(
        &self,
        batch: &Batch,
        at_least: CommitSeq,
        import: Option<&Import>,
    ) -> Result<CommitSeq, StoreError> {
        let mut tally = self.usable(&self.writer)?;
        let commit = CommitSeq(self.applied().0 + 1).max(at_least);
        let (mut rows, mut after) = (sled::Batch::default(), *tally);
        let mut written = Vec::with_capacity(batch.len());
        for (key, change) in batch.changes() {
            let old = self.before(key, change.before)?;
            if let Some(old) = old {
                after.remove(old.checksum);
            }
            let value = change.value.as_deref();
            let new = batch::translate(&mut rows, commit.0, (key, value), old);
            if let Some(new) = new {
                after.add(new.checksum);
            }
            written.push((key, change, new));
        }
        let last = LastCommit { seq: commit, tally: after };
        batch::insert_own(&mut rows, key::COMMIT, &last.encode());
        if let Some(import) = import {
            batch::insert_own(&mut rows, key::IMPORT, &import.encode());
        }
        self.write(rows).map_err(|error| self.fail(StoreError::Write(error)))?;
        self.keep_up(batch).map_err(|error| self.fail(StoreError::Flush(error)))?;
        self.remember(written);
        *tally = after;
        self.applied.store(commit.0, Ordering::Release);
        let changed = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.rows_changed.fetch_add(changed, Ordering::Relaxed);
        self.faults
            .at(Point::AfterApply)
            .map_err(|error| self.fail(StoreError::Write(error.into())))?;
        Ok(commit)
    }

    /// Puts everything applied before the call on stable storage. Deliveries of those commits may
    /// be acknowledged when it returns.
    ///
    /// # Errors
    /// Any error ends all commits of this store: what the disk holds is unknown.
    pub fn sync(&self) -> Result<Synced, StoreError> {
        let mut durable = self.usable(&self.durable)?;
        let up_to = self.applied();
        self.sync_up_to(up_to, &mut durable).map_err(|error| self.fail(error))
    }

    /// Syncs, watermark included, and closes. After many changes it opens sled once more, which
    /// then writes its snapshot: the next start does not read again what was logged until here.
    ///
    /// # Errors
    /// As [`RowStore::sync`].
    pub fn close(self) -> Result<CommitSeq, StoreError> {
        let synced = self.sync()?;
        let watermark = self.usable(&self.durable).map(|durable| durable.watermark.sync())?;
        watermark.map_err(StoreError::Watermark)?;
        if self.rows_changed.load(Ordering::Relaxed) >= SNAPSHOT_AFTER_ROWS {
            let Self { files, config, db, .. } = self;
            drop(db);
            if let Err(error) = tree::open(&files, &config) {
                // All is stored; only the next start takes longer, or tells the same.
                tracing::warn!(%error, "the store is closed, but sled wrote no snapshot of it");
            }
        }
        Ok(synced.up_to)
    }

    /// The last applied commit.
    pub fn applied(&self) -> CommitSeq {
        CommitSeq(self.applied.load(Ordering::Acquire))
    }

    fn remember(&self, written: Vec<(&[u8], &Change, Option<Old>)>) {
        let mut recent = self.recent();
        for (key, change, new) in written {
            match (new, change.next) {
                (Some(old), Next::Read) => {
                    recent.put(key, recent::Copy { old, value: change.value.clone() });
                }
                (Some(old), Next::Replace) => recent.put(key, recent::Copy { old, value: None }),
                (Some(_), Next::Rest) | (None, _) => recent.remove(key),
            }
        }
    }

    /// What is there before a change. Told wrongly, the tally would be wrong for ever: debug builds
    /// look all the same.
    fn before(&self, key: &[u8], told: Before) -> Result<Option<Old>, RowError> {
        match told {
            Before::Unknown => match self.recent().get(key) {
                Some(copy) => Ok(Some(copy.old)),
                None => read::old(&self.db, &key::row(key)),
            },
            Before::Known(old) => {
                debug_assert_eq!(read::old(&self.db, &key::row(key)).ok(), Some(old), "{key:02x?}");
                Ok(old)
            }
        }
    }

    fn write(&self, rows: sled::Batch) -> sled::Result<()> {
        self.faults.at(Point::BeforeApply)?;
        self.db.apply_batch(rows)
    }

    /// Lets sled's writers catch up now and then. Too many segments on their way at once can stop
    /// sled for ever: its few writers wait for a lock whose holder waits for one of them.
    fn keep_up(&self, batch: &Batch) -> sled::Result<()> {
        let weight =
            |(key, change): (&[u8], &Change)| key.len() + change.value.as_ref().map_or(0, Vec::len);
        let bytes = batch.changes().map(weight).sum::<usize>();
        if self.unflushed.fetch_add(bytes, Ordering::AcqRel) + bytes < UNFLUSHED_BYTES_MAX {
            return Ok(());
        }
        self.unflushed.store(0, Ordering::Release);
        self.db.flush().map(drop)
    }

    fn sync_up_to(&self, up_to: CommitSeq, durable: &mut Durable) -> Result<Synced, StoreError> {
        self.faults.at(Point::BeforeSync).map_err(StoreError::Sync)?;
        let (flushed, flush) = stats::timed(|| self.db.flush());
        flushed.map_err(StoreError::Flush)?;
        self.faults.at(Point::AfterFlush).map_err(StoreError::Sync)?;
        crash::reach(crash::Point::Flushed);
        let (synced, fsync) = stats::timed(|| durable.file.sync_data());
        synced.map_err(StoreError::Sync)?;
        self.faults.at(Point::AfterSync).map_err(StoreError::Sync)?;
        let (marked, watermark) = stats::timed(|| durable.mark(up_to));
        marked.map_err(StoreError::Watermark)?;
        let times = SyncTimes { flush, fsync, watermark };
        self.synced.store(up_to.0, Ordering::Release);
        *self.last_sync.lock().unwrap_or_else(PoisonError::into_inner) = Some(times);
        Ok(Synced { up_to, times })
    }

    /// The guarded state, unless an earlier commit failed or panicked.
    fn usable<'a, T>(&self, state: &'a Mutex<T>) -> Result<MutexGuard<'a, T>, StoreError> {
        let guard = state
            .lock()
            .map_err(|_| self.fail(StoreError::Poisoned("a commit ended in a panic".to_owned())))?;
        match self.failed.get() {
            Some(cause) => Err(StoreError::Poisoned(cause.clone())),
            None => Ok(guard),
        }
    }

    /// Remembers the first failure and hands the error on.
    fn fail(&self, error: StoreError) -> StoreError {
        self.failed.get_or_init(|| described(&error));
        error
    }
}

impl Durable {
    /// Writes the watermark; puts it on stable storage only now and then (see
    /// [`RowOptions::watermark_every`]).
    fn mark(&mut self, up_to: CommitSeq) -> std::io::Result<()> {
        self.watermark.write(up_to.0)?;
        if self.watermark_synced.elapsed() >= self.watermark_every {
            self.watermark.sync()?;
            self.watermark_synced = Since::now();
        }
        Ok(())
    }
}

impl fmt::Display for CommitSeq {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// An error with its sources, on one line.
pub(super) fn described(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

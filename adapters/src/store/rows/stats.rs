//! Figures of a running store.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{CommitSeq, RowError, RowStore};

/// How long the steps of a sync took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncTimes {
    /// Handing the bytes to the kernel.
    pub flush: Duration,
    /// Putting them on stable storage.
    pub fsync: Duration,
    /// Writing the watermark.
    pub watermark: Duration,
}

/// Figures of a running store.
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// Bytes of the tree's files.
    pub disk_bytes: u64,
    /// Bytes this process may still write to the file system.
    pub free_bytes: u64,
    /// The last commit that is visible.
    pub applied: CommitSeq,
    /// The last commit known to be on stable storage.
    pub synced: CommitSeq,
    /// Rows put or removed since the store was opened.
    pub rows_changed: u64,
    /// How long the last sync took, if there was one.
    pub last_sync: Option<SyncTimes>,
}

impl RowStore {
    /// The figures of this moment. Does not wait for a running commit, so a disk that hangs can be
    /// seen by it.
    ///
    /// # Errors
    /// When the file system does not answer.
    pub fn stats(&self) -> Result<Stats, RowError> {
        let disk_bytes = self.db.size_on_disk().map_err(RowError::Read)?;
        let space = rustix::fs::statvfs(self.files.dir())
            .map_err(|error| RowError::Read(std::io::Error::from(error).into()))?;
        Ok(Stats {
            disk_bytes,
            free_bytes: space.f_bavail.saturating_mul(space.f_frsize),
            applied: self.applied(),
            synced: CommitSeq(self.synced.load(Ordering::Acquire)),
            rows_changed: self.rows_changed.load(Ordering::Relaxed),
            last_sync: *self.last_sync.lock().unwrap_or_else(PoisonError::into_inner),
        })
    }
}

/// A moment of the monotonic clock: the one place here that looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(Instant);

impl Since {
    pub(super) fn now() -> Self {
        Self(Instant::now())
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Does the work and says how long it took.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let since = Since::now();
    let outcome = work();
    (outcome, since.elapsed())
}

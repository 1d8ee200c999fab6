//! Opening and creating a store.

use std::fs::DirBuilder;
use std::num::NonZeroU64;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use kvit_schemas::Moment;

use super::batch::{self, Batch};
use super::error::{LostTail, OpenError};
use super::files::{Files, failed};
use super::header::{FORMAT, Header, StoreId};
use super::import::{self, Import};
use super::key;
use super::lock::{Lock, LockError};
use super::stats::Since;
use super::tally::{LastCommit, Tally};
use super::tree::{self, Tree};
use super::watermark::{Mark, Watermark};
use super::{CommitSeq, Durable, Faults, RowStore, described};

/// How to open a store.
#[derive(Debug, Clone)]
pub struct RowOptions {
    /// Whether to create the store where there is none.
    pub create: bool,
    /// What becomes the time of creation, if it comes to that.
    pub now: Moment,
    /// Bytes of sled's page cache; the process needs a multiple of it (RULES.md 3.8 S7).
    pub cache_bytes: u64,
    /// How often sled's own thread hands bytes to the kernel and collects garbage. It cannot be
    /// turned off: nothing else collects (RULES.md 3.8 S4).
    pub flush_every_ms: NonZeroU64,
    /// How often the watermark is put on stable storage; zero: with each sync. Between, it is only
    /// handed to the kernel, so a power cut may set it back by as much time: should the same power
    /// cut lose commits of that time, nobody would notice. A clean close always puts it there.
    pub watermark_every: Duration,
    /// What to do when commits are lost.
    pub on_lost_tail: OnLostTail,
    /// Where commits fail on purpose; none outside of tests.
    pub faults: Faults,
}

/// What to do with a store that lost commits, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLostTail {
    /// Do not open it.
    Refuse,
    /// Open it, report the loss, and go on from what is there: an operator said so.
    Accept,
}

/// What was found on opening.
#[derive(Debug)]
pub struct OpenReport {
    /// Whether the store is new.
    pub created: bool,
    /// The last commit; it is on stable storage.
    pub commit: CommitSeq,
    /// What was lost, when the options accept that.
    pub lost_tail: Option<LostTail>,
    /// Files sled keeps beside its synced one. There should be none (RULES.md 3.8 S3).
    pub blob_files: u64,
}

/// The commit that writes the header.
const FIRST: CommitSeq = CommitSeq(1);

/// The tree, once it is known to be a store's.
struct Found {
    db: sled::Db,
    header: Header,
    last: LastCommit,
    created: bool,
    lost_tail: Option<LostTail>,
}

/// Opens a store to use it, or, with what a new one is to say of that, to import into it.
pub(super) fn open(
    path: &Path,
    options: RowOptions,
    import: Option<&Import>,
) -> Result<(RowStore, OpenReport), OpenError> {
    let files = Files::of(path);
    let ours = rustix::process::geteuid().as_raw();
    if let Some((path, owner)) = files.foreign(ours)? {
        return Err(OpenError::Foreign { path, owner, ours });
    }
    let lock = enter(&files, options.create)?;
    let mark = Mark::read(&files.watermark()).map_err(failed("reading", &files.watermark()))?;
    if files.db().exists() {
        // What a killed process left in the kernel's cache must be on stable storage before sled
        // reads it: sled writes, and syncs, a snapshot that refers to it.
        files.sync(&files.db())?;
    } else if mark != Mark::Missing {
        return Err(OpenError::Damaged { path: path.into(), what: "its tree is missing".into() });
    }
    let blob_files = files.blobs().map_err(failed("listing the blobs of", path))?;
    let config = tree::config(&files, &options);
    let found = found((&files, &config), &options, mark, import)?;
    if import.is_none() {
        whole(path, &found.db)?;
    }
    let (created, lost_tail) = (found.created, found.lost_tail);
    if let (Some(tail), OnLostTail::Refuse) = (lost_tail, options.on_lost_tail) {
        return Err(OpenError::LostTail { path: path.to_owned(), tail });
    }
    let store = start((&files, config), options, lock, found)?;
    if lost_tail.is_some() {
        // Settles it: from here on the tree is as far as the watermark again.
        let settled = store.apply(&Batch::new()).and_then(|_| store.sync());
        settled.map_err(|error| OpenError::Damaged {
            path: path.to_owned(),
            what: described(&error),
        })?;
    }
    let commit = store.applied();
    Ok((store, OpenReport { created, commit, lost_tail, blob_files }))
}

/// Takes the lock; makes the directory first, if that is wanted. Its parent must be there.
fn enter(files: &Files, create: bool) -> Result<Lock, OpenError> {
    let dir = files.dir();
    if !create && !files.db().exists() && !files.watermark().exists() {
        return Err(OpenError::Absent { path: dir.to_owned() });
    }
    if !dir.exists() {
        // Personal data: nobody else reads it.
        DirBuilder::new().mode(0o700).create(dir).map_err(failed("creating", dir))?;
    }
    Lock::take(&files.lock()).map_err(|error| match error {
        LockError::Held(holder) => OpenError::Locked { path: dir.to_owned(), holder },
        LockError::Io(source) => failed("locking", &files.lock())(source),
    })
}

/// Opens the tree, begins it if it is new, and compares it with the watermark.
fn found(
    (files, config): (&Files, &sled::Config),
    options: &RowOptions,
    mark: Mark,
    import: Option<&Import>,
) -> Result<Found, OpenError> {
    let path = files.dir();
    let Tree { db, begun } = tree::open(files, config)?;
    match begun {
        Some((header, last)) => {
            let lost_tail = compare(path, &header, last.seq, mark)?;
            Ok(Found { db, header, last, created: false, lost_tail })
        }
        None if mark != Mark::Missing => Err(OpenError::Damaged {
            path: path.to_owned(),
            what: "its tree is empty, though its watermark knows of commits".to_owned(),
        }),
        None if !options.create => Err(OpenError::Absent { path: path.to_owned() }),
        None => {
            let id = StoreId::random().map_err(failed("naming", path))?;
            let header = Header { format: FORMAT, id, created_at: options.now };
            let last = LastCommit { seq: FIRST, tally: Tally::default() };
            begin(&db, &header, &last, import).map_err(|error| OpenError::Damaged {
                path: path.to_owned(),
                what: described(&error),
            })?;
            Ok(Found { db, header, last, created: true, lost_tail: None })
        }
    }
}

/// Refuses a store of which only a part was imported.
fn whole(path: &Path, db: &sled::Db) -> Result<(), OpenError> {
    match import::of(db) {
        Ok(None | Some(Import::Finished(_))) => Ok(()),
        Ok(Some(Import::Underway(_))) => Err(OpenError::HalfImported { path: path.to_owned() }),
        Err(error) => Err(OpenError::Damaged { path: path.to_owned(), what: described(&error) }),
    }
}

fn begin(
    db: &sled::Db,
    header: &Header,
    last: &LastCommit,
    import: Option<&Import>,
) -> sled::Result<()> {
    let mut rows = sled::Batch::default();
    batch::insert_own(&mut rows, key::HEADER, &header.encode());
    batch::insert_own(&mut rows, key::COMMIT, &last.encode());
    if let Some(import) = import {
        batch::insert_own(&mut rows, key::IMPORT, &import.encode());
    }
    db.apply_batch(rows)?;
    db.flush().map(|_| ())
}

/// What the tree lost since the watermark was written. A store whose creation was cut short may
/// have no watermark yet.
fn compare(
    path: &Path,
    header: &Header,
    stored: CommitSeq,
    mark: Mark,
) -> Result<Option<LostTail>, OpenError> {
    match mark {
        Mark::At { id, .. } if id != header.id => {
            Err(OpenError::Mixed { path: path.to_owned(), store: header.id, watermark: id })
        }
        Mark::At { commit, .. } if commit > stored.0 => {
            Ok(Some(LostTail::Behind { stored, synced: CommitSeq(commit) }))
        }
        Mark::At { .. } => Ok(None),
        Mark::Missing | Mark::Unreadable if stored <= FIRST => Ok(None),
        Mark::Missing => Ok(Some(LostTail::NoWatermark)),
        Mark::Unreadable => Ok(Some(LostTail::BadWatermark)),
    }
}

/// Syncs what was found, sets the watermark to it, and puts the store together.
fn start(
    (files, config): (&Files, sled::Config),
    options: RowOptions,
    lock: Lock,
    found: Found,
) -> Result<RowStore, OpenError> {
    let file = files.sync(&files.db())?;
    // After an accepted loss the numbers go on behind the lost ones: no number means two commits.
    let commit = match found.lost_tail {
        Some(LostTail::Behind { synced, .. }) => synced,
        Some(LostTail::NoWatermark | LostTail::BadWatermark) | None => found.last.seq,
    };
    let watermark = Watermark::start(&files.watermark(), found.header.id, commit.0)
        .map_err(failed("writing", &files.watermark()))?;
    files.sync_names()?;
    Ok(RowStore {
        files: files.clone(),
        header: found.header,
        config,
        db: found.db,
        faults: options.faults,
        writer: Mutex::new(found.last.tally),
        recent: Mutex::default(),
        applied: AtomicU64::new(commit.0),
        rows_changed: AtomicU64::new(0),
        unflushed: AtomicUsize::new(0),
        durable: Mutex::new(Durable {
            file,
            watermark,
            watermark_every: options.watermark_every,
            watermark_synced: Since::now(),
        }),
        synced: AtomicU64::new(commit.0),
        last_sync: Mutex::new(None),
        failed: OnceLock::new(),
        _lock: lock,
    })
}

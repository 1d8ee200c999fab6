//! Tests of the row layer as a whole, on real directories.
#![allow(clippy::unwrap_used)]

mod commits;
mod crash;
mod damage;
mod model;
mod opening;

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use super::*;

fn options() -> RowOptions {
    RowOptions {
        create: true,
        now: "2026-03-05T10:15:00+03:00".parse().unwrap(),
        cache_bytes: 8 << 20,
        flush_every_ms: NonZeroU64::new(50).unwrap(),
        watermark_every: Duration::ZERO,
        on_lost_tail: OnLostTail::Refuse,
        faults: Faults::none(),
    }
}

/// A directory of its own, and where the store goes in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    (dir, path)
}

fn open(path: &Path) -> RowStore {
    RowStore::open(path, options()).unwrap().0
}

/// The tree without the store around it, once its last user let go of it.
fn raw(path: &Path) -> sled::Db {
    let since = Since::now();
    loop {
        match sled::open(path) {
            Err(sled::Error::Io(_)) if since.elapsed() < Duration::from_secs(10) => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

fn refusal(path: &Path) -> OpenError {
    RowStore::open(path, options()).map(|_| ()).unwrap_err()
}

fn batch(rows: &[(&[u8], &[u8])]) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in rows {
        batch.put(key, *value);
    }
    batch
}

fn commit(store: &RowStore, rows: &[(&[u8], &[u8])]) -> CommitSeq {
    let commit = store.apply(&batch(rows)).unwrap();
    assert!(store.sync().unwrap().up_to >= commit);
    commit
}

fn keys(rows: Rows<'_>) -> Vec<String> {
    rows.map(|row| String::from_utf8(row.unwrap().0).unwrap()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A value in several pieces, recognisable by its number.
fn large(number: u64, bytes: usize) -> Vec<u8> {
    number.to_be_bytes().into_iter().cycle().take(bytes).collect()
}

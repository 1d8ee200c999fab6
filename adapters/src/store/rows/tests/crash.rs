//! Ending the process by force in the middle of commits.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;

const DIRECTORY: &str = "KVIT_ROWS_CRASH_DIRECTORY";
/// How many commits a row outlives.
const KEPT: u64 = 10;

/// One row of several pieces, one small, and the removal of what has grown old.
fn changes(commit: u64) -> Batch {
    let mut batch = Batch::new();
    let length = 300 * usize::try_from(commit % 100).unwrap();
    batch.put(&[&b"large"[..], &commit.to_be_bytes()].concat(), large(commit, length));
    batch.put(&[&b"small"[..], &commit.to_be_bytes()].concat(), large(commit, 200));
    batch.put(b"last", commit.to_be_bytes());
    if let Some(old) = commit.checked_sub(KEPT) {
        batch.remove(&[&b"large"[..], &old.to_be_bytes()].concat());
    }
    batch
}

/// What the store holds after this commit, if commits are all or nothing.
fn check(store: &RowStore, commit: u64) {
    let last = store.get(b"last").unwrap().unwrap();
    assert_eq!(last, commit.to_be_bytes());
    let rows: Vec<Row> = store.scan(b"large").map(Result::unwrap).collect();
    let oldest = (commit + 1).saturating_sub(KEPT).max(2);
    let expected = (oldest..=commit).map(|number| {
        let key = [&b"large"[..], &number.to_be_bytes()].concat();
        (key, large(number, 300 * usize::try_from(number % 100).unwrap()))
    });
    assert!(rows == expected.collect::<Vec<_>>(), "large rows of commit {commit}");
    let small = u64::try_from(store.scan(b"small").count()).unwrap();
    assert_eq!(small, commit - 1);
}

/// Not a test by itself: what the killed process does. Says each commit that is durable.
#[test]
fn commits_until_killed() {
    let Some(path) = std::env::var_os(DIRECTORY) else { return };
    let path = PathBuf::from(path);
    let store = RowStore::open(&path, RowOptions { create: false, ..options() }).unwrap().0;
    let (applied, to_sync) = std::sync::mpsc::sync_channel(0);
    std::thread::scope(|scope| {
        let store = &store;
        scope.spawn(move || {
            loop {
                let next = store.applied().0 + 1;
                store.apply(&changes(next)).unwrap();
                applied.send(()).unwrap();
            }
        });
        for () in to_sync {
            println!("\nsynced {}", store.sync().unwrap().up_to);
        }
    });
}

#[test]
fn what_was_synced_survives_being_killed() {
    let (_dir, path) = place();
    drop(open(&path));
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::rows::tests::crash::commits_until_killed", "--nocapture"])
            .env(DIRECTORY, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut synced = || {
            let text = said.by_ref().map_while(Result::ok);
            text.filter_map(|line| line.strip_prefix("synced ")?.parse::<u64>().ok()).next()
        };
        for _ in 0..20 + 13 * round {
            synced().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let promised = std::iter::from_fn(synced).last();

        let (store, report) = RowStore::open(&path, options()).unwrap();
        assert!(promised.is_none_or(|promised| report.commit.0 >= promised), "{report:?}");
        check(&store, report.commit.0);
        let verified = store.verify(|_| {}).unwrap();
        assert!(verified.is_sound(), "{verified:?}");
    }
}

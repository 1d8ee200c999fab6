use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use super::*;

fn now() -> Moment {
    "2026-03-05T12:00:00+03:00".parse().unwrap()
}

fn folder(completion: Completion) -> (TempDir, DropFolder) {
    let directory = tempfile::tempdir().unwrap();
    let folder = DropFolder::open(directory.path(), completion).unwrap();
    (directory, folder)
}

fn put(folder: &DropFolder, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).unwrap();
}

/// With a time of its own, so that the order does not hang on the disk's clock.
fn put_at(folder: &DropFolder, name: &str, seconds: u64) {
    put(folder, name, name);
    let file = fs::File::options().write(true).open(folder.path().join(name)).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
}

fn names(scan: &Scan) -> Vec<&str> {
    scan.ready.iter().map(|name| name.to_str().unwrap()).collect()
}

fn settle(folder: &DropFolder, name: &str, end: End) -> Settled {
    let dropped = folder.take(name.as_ref()).unwrap();
    folder.settle(&dropped, end, b"{}").unwrap()
}

#[test]
fn files_come_by_time_then_by_name_and_temporary_ones_not_at_all() {
    let (_directory, mut folder) = folder(Completion::Rename);
    for (name, seconds) in [("b", 20), ("a", 20), ("z", 10), ("late.210", 30)] {
        put_at(&folder, name, seconds);
    }
    for name in [".hidden", "x.tmp", "y.PART", "w.filepart"] {
        put(&folder, name, "half");
    }
    let scan = folder.scan(now()).unwrap();
    assert_eq!(names(&scan), ["z", "a", "b", "late.210"]);
    assert_eq!((scan.files, scan.is_full), (4, false));
    assert_eq!(scan.oldest.map(Moment::seconds), Some(10));
}

#[test]
fn what_is_no_file_is_told_once_and_left() {
    let (directory, mut folder) = folder(Completion::Rename);
    put(&folder, "real", "x");
    fs::create_dir(directory.path().join("sub")).unwrap();
    symlink("/etc/hostname", directory.path().join("link")).unwrap();
    let scan = folder.scan(now()).unwrap();
    assert_eq!(names(&scan), ["real"]);
    let skipped: BTreeSet<&str> = scan.skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, BTreeSet::from(["link", "sub"]));
    assert!(folder.scan(now()).unwrap().skipped.is_empty(), "once is enough");
    assert!(matches!(folder.take("link".as_ref()), Err(Skip::NotAFile)));
    assert!(matches!(folder.take("sub".as_ref()), Err(Skip::NotAFile)));
    assert!(matches!(folder.take("none".as_ref()), Err(Skip::Gone)));
}

#[test]
fn a_folder_whose_places_are_taken_by_something_else_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("done"), "").unwrap();
    let error = DropFolder::open(directory.path(), Completion::Rename).unwrap_err();
    assert!(error.to_string().ends_with("done is no folder"), "{error}");
    assert!(DropFolder::open(&directory.path().join("none"), Completion::Rename).is_err());
}

#[test]
fn a_file_is_stable_when_it_has_not_changed_for_as_long_as_was_set() {
    let (_directory, mut folder) = folder(Completion::Stable(10));
    put(&folder, "a", "1");
    let mut ready = |after, write: Option<&str>| {
        if let Some(text) = write {
            put(&folder, "a", text);
        }
        !folder.scan(now().plus_seconds(after)).unwrap().ready.is_empty()
    };
    assert!(!ready(0, None), "seen for the first time");
    assert!(!ready(9, None));
    assert!(!ready(10, Some("12")), "it has grown");
    assert!(!ready(19, None));
    assert!(ready(20, None));
}

#[test]
fn a_marker_makes_its_file_complete_and_goes_with_it() {
    let (directory, mut folder) = folder(Completion::Marker(".done".to_owned()));
    put(&folder, "a.210", "1");
    assert!(folder.scan(now()).unwrap().ready.is_empty());
    put(&folder, "a.210.done", "");
    let scan = folder.scan(now()).unwrap();
    assert_eq!((names(&scan), scan.files), (vec!["a.210"], 1));
    settle(&folder, "a.210", End::Done);
    assert!(!directory.path().join("a.210.done").exists());
    // A crash between the move and this leaves a marker, which must not complete the next file.
    put(&folder, "a.210.done", "");
    assert!(folder.scan(now()).unwrap().ready.is_empty());
    put(&folder, "a.210", "half");
    assert!(folder.scan(now()).unwrap().ready.is_empty(), "the old marker is gone");
}

#[test]
fn a_file_moves_with_its_report_and_the_same_name_again_replaces_nothing() {
    let (directory, folder) = folder(Completion::Rename);
    let at = |name: &str| directory.path().join(name);
    put(&folder, "a", "first");
    assert_eq!(settle(&folder, "a", End::Done), Settled::Moved(at("done/a")));
    assert_eq!(fs::read(at("done/a.report.json")).unwrap(), b"{}");
    put(&folder, "a", "second");
    assert_eq!(settle(&folder, "a", End::Done), Settled::Moved(at("done/a~1")));
    put(&folder, "a", "third");
    assert_eq!(settle(&folder, "a", End::Rejected), Settled::Moved(at("rejected/a")));
    assert_eq!(fs::read_to_string(at("done/a")).unwrap(), "first");
    assert_eq!(fs::read_to_string(at("done/a~1")).unwrap(), "second");
    assert!(at("done/a~1.report.json").exists() && !at("a").exists());
}

#[test]
fn what_is_read_is_what_was_opened_whatever_becomes_of_its_name() {
    let (directory, mut folder) = folder(Completion::Rename);
    let path = directory.path().join("a");
    put(&folder, "a", "old");
    let dropped = folder.take("a".as_ref()).unwrap();
    put(&folder, "b.tmp", "new");
    fs::rename(directory.path().join("b.tmp"), &path).unwrap();
    let mut text = String::new();
    dropped.reader().read_to_string(&mut text).unwrap();
    assert_eq!(text, "old");
    let settled = folder.settle(&dropped, End::Done, b"{}").unwrap();
    let report = directory.path().join("done/a.report.json");
    assert_eq!(settled, Settled::Replaced(report), "the new file is not the one that was read");
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(&folder.scan(now()).unwrap()), ["a"]);
}

#[test]
fn writing_to_an_open_file_is_noticed() {
    let (_directory, folder) = folder(Completion::Rename);
    put(&folder, "a", "old");
    let dropped = folder.take("a".as_ref()).unwrap();
    assert!(dropped.is_unchanged());
    put(&folder, "a", "more than that");
    assert!(!dropped.is_unchanged());
}

#[test]
fn each_laying_down_has_an_identity_of_its_own_that_a_restart_does_not_change() {
    let (directory, folder) = folder(Completion::Rename);
    put(&folder, "a", "x");
    let identity = || folder.take("a".as_ref()).unwrap().identity();
    let first = identity();
    assert_eq!(identity(), first);
    settle(&folder, "a", End::Rejected);
    fs::rename(directory.path().join("rejected/a"), directory.path().join("a")).unwrap();
    assert_ne!(identity(), first, "somebody put it there again");
}

#[test]
fn what_cannot_be_taken_is_left_alone_for_a_while_and_holds_up_nobody() {
    let (_directory, mut folder) = folder(Completion::Rename);
    put_at(&folder, "a", 10);
    put_at(&folder, "b", 20);
    folder.scan(now()).unwrap();
    folder.put_off("a".as_ref(), now());
    assert_eq!(names(&folder.scan(now()).unwrap()), ["b"]);
    assert_eq!(names(&folder.scan(now().plus_seconds(61)).unwrap()), ["a", "b"]);
    folder.put_off("a".as_ref(), now());
    put_at(&folder, "a", 5);
    assert_eq!(names(&folder.scan(now()).unwrap()), ["a", "b"], "it has changed");
}

#[test]
fn ten_thousand_files_come_in_order_and_in_bounded_portions() {
    let (directory, mut folder) = folder(Completion::Rename);
    for number in 0..10_000_u64 {
        // Names run against times.
        put_at(&folder, &format!("{:05}", 9_999 - number), 1_000 + number);
    }
    let (mut taken, mut portions) = (Vec::new(), 0);
    loop {
        let scan = folder.scan(now()).unwrap();
        assert!(scan.ready.len() <= 256, "memory does not grow with their number");
        if scan.ready.is_empty() {
            break;
        }
        portions += 1;
        for name in scan.ready {
            fs::rename(directory.path().join(&name), directory.path().join("done").join(&name))
                .unwrap();
            taken.push(name.into_string().unwrap());
        }
    }
    let wanted: Vec<String> = (0..10_000).rev().map(|number| format!("{number:05}")).collect();
    assert!(taken == wanted && portions == 40);
}

#[test]
fn a_folder_for_ends_that_was_tidied_away_is_made_anew() {
    let (directory, folder) = folder(Completion::Rename);
    std::fs::remove_dir(directory.path().join("done")).unwrap();
    put(&folder, "a.txt", "a");
    assert!(matches!(settle(&folder, "a.txt", End::Done), Settled::Moved(_)));
    assert!(directory.path().join("done/a.txt").exists());
}

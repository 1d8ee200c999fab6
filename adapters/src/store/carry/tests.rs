//! Exports and imports on real directories.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kvit_schemas::message::ContentHash;
use kvit_schemas::record::{Actor, AuditLine, Disposition, Mark, Seq, Subject};
use kvit_schemas::{Moment, OrderCode};

use super::*;
use crate::store::rows::{Faults, OnLostTail, OpenError, Point, RowOptions};
use crate::store::{Store, Tables};

const SMALL: Bounds = Bounds { rows: 7, bytes: 20_000 };

fn now() -> Moment {
    "2026-03-05T10:15:00+03:00".parse().unwrap()
}

pub(in crate::store) fn options() -> RowOptions {
    RowOptions {
        create: true,
        now: now(),
        cache_bytes: 8 << 20,
        flush_every_ms: NonZeroU64::new(50).unwrap(),
        watermark_every: Duration::ZERO,
        on_lost_tail: OnLostTail::Refuse,
        faults: Faults::none(),
    }
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A store with rows of some tables: empty, small, and of several pieces.
    fn filled(&self, commits: u64) -> Store {
        let (store, _) = Store::open(&self.path("old"), options()).unwrap();
        for commit in 1..=commits {
            fill(&store, commit);
        }
        store.sync().unwrap();
        store
    }
}

fn fill(store: &Store, seq: u64) {
    let mut draft = store.draft();
    draft.put_body(Seq(seq), seq.to_be_bytes().repeat(usize::try_from(seq % 5).unwrap() * 700));
    let mark = Mark { content: ContentHash::of(&[&seq.to_be_bytes()]), seq: Seq(seq) };
    draft.put_mark(1..=1, ("portal", &format!("m-{seq}")), mark);
    draft.put_firing(&format!("job-{seq}"), now());
    let code: OrderCode = format!("{seq:030}").parse().unwrap();
    draft.audit(AuditLine {
        at: now(),
        seq: Seq(seq),
        actor: Actor::Unknown,
        message: Some(("payment.reported.v1".to_owned(), format!("for {code}"))),
        disposition: Some(Disposition::Applied),
        subjects: vec![Subject::Case(Seq(seq))],
        notes: Vec::new(),
    });
    draft.apply(Seq(seq + 1)).unwrap();
}

fn exported(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    export(store, &mut bytes, now(), |_| {}).unwrap();
    bytes
}

/// All but the header, and the hash over it in the last line.
fn rows_of(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    let total = lines.pop().unwrap();
    lines.push(total.rsplit_once(' ').unwrap().0.to_owned());
    lines
}

fn take(input: impl Read, path: &Path, options: RowOptions) -> Result<Imported, CarryError> {
    let purpose = Purpose { path, options, reason: "the old disk broke" };
    import(BufReader::with_capacity(64, input), purpose, SMALL, |_| {})
}

fn refused(input: &[u8], path: &Path) -> String {
    take(input, path, options()).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn an_import_of_an_export_exports_the_same_rows_under_a_new_name() {
    let place = Place::new();
    let old = place.filled(60);
    let first = exported(&old);
    assert_eq!(check(&*first, |_| {}).unwrap().header.store, old.name());

    let new = take(&*first, &place.path("new"), options()).unwrap();
    assert_eq!((new.rows_before, new.sums.rows), (0, 60 * 4 + 48 + 4 + 2));
    let new = new.store;
    assert_eq!(rows_of(&exported(&new)), rows_of(&first));
    assert_ne!(new.name(), old.name());
    assert_eq!(new.last_commit(), old.last_commit());
    assert_eq!(new.verify_audit(|_| {}).unwrap(), old.verify_audit(|_| {}).unwrap());
    assert_eq!(new.audit_head().unwrap(), old.audit_head().unwrap());
    let origin = origin(&new).unwrap().unwrap();
    assert_eq!((origin.header.store, origin.reason), (old.name(), "the old disk broke".to_owned()));

    // Both go on alike: no commit takes the number of an imported one.
    for store in [&old, &new] {
        fill(store, 61);
    }
    assert_eq!(rows_of(&exported(&new)), rows_of(&exported(&old)));
    new.close().unwrap();
    let (new, _) = Store::open(&place.path("new"), options()).unwrap();
    assert_eq!(rows_of(&exported(&new)), rows_of(&exported(&old)));
}

#[test]
fn an_empty_store_and_one_in_memory_are_carried_too() {
    let place = Place::new();
    let new = take(&*exported(&place.filled(0)), &place.path("new"), options()).unwrap();
    assert_eq!(new.sums.rows, 0);
    let memory = Store::in_memory();
    (1..20).for_each(|seq| fill(&memory, seq));
    let new = take(&*exported(&memory), &place.path("other"), options()).unwrap();
    assert_eq!(rows_of(&exported(&new.store)), rows_of(&exported(&memory)));
}

#[test]
fn an_import_that_fails_at_any_step_opens_for_nothing_but_going_on() {
    let place = Place::new();
    let bytes = exported(&place.filled(12));
    let mut interrupted = 0;
    for step in 0.. {
        let path = place.path(&format!("new-{step}"));
        let (left, points) = (AtomicU64::new(step), Arc::new(AtomicU64::new(0)));
        let seen = Arc::clone(&points);
        let faults = Faults::ask(move |_: Point| {
            seen.fetch_add(1, Ordering::Relaxed);
            match left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1)) {
                Ok(_) => Ok(()),
                Err(_) => Err(io::Error::other("pulled the plug")),
            }
        });
        let outcome = take(&*bytes, &path, RowOptions { faults, ..options() });
        let Err(error) = outcome else {
            assert!(points.load(Ordering::Relaxed) <= step);
            break;
        };
        assert!(matches!(error, CarryError::Store(_)), "{error}");
        match Store::open(&path, options()) {
            Err(OpenError::HalfImported { .. }) => interrupted += 1,
            // The very last commit was visible, and only its caller does not know it.
            Ok((store, _)) => {
                assert_eq!(rows_of(&exported(&store)), rows_of(&bytes), "step {step}");
                continue;
            }
            Err(error) => panic!("{error}"),
        }
        let again = take(&*bytes, &path, options()).unwrap();
        assert_eq!(rows_of(&exported(&again.store)), rows_of(&bytes), "step {step}");
    }
    assert!(interrupted > 20, "{interrupted} steps");
}

#[test]
fn a_cut_export_is_refused_and_the_whole_one_goes_on_where_it_ended() {
    let place = Place::new();
    let bytes = exported(&place.filled(30));
    let path = place.path("new");
    for part in 1..6 {
        let cut = &bytes[..bytes.len() * part / 6];
        let error = refused(cut, &path);
        assert!(error.contains("cut short") || error.contains("checksum"), "{error}");
        let error = Store::open(&path, options()).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::HalfImported { .. }), "{error}");
        assert!(error.advice().contains("same file again"));
    }
    let other = exported(&Place::new().filled(31));
    assert!(refused(&other, &path).contains("not the export that the import"));
    let again = take(&*bytes, &path, options()).unwrap();
    let before = again.rows_before;
    assert!(before > 20 && before < again.sums.rows, "{before}");
    assert_eq!(rows_of(&exported(&again.store)), rows_of(&bytes));
    drop(again);
    let finished = refused(&bytes, &path);
    assert!(finished.contains("was imported up to its commit 31"), "{finished}");
}

#[test]
fn an_altered_beginning_is_noticed_when_the_import_goes_on() {
    let place = Place::new();
    let store = place.filled(30);
    let bytes = exported(&store);
    let path = place.path("new");
    refused(&bytes[..bytes.len() / 2], &path);
    // The same header and rows that are sound in themselves, one of them another.
    let mut draft = store.draft();
    draft.put_body(Seq(1), b"another".to_vec());
    draft.apply(Seq(31)).unwrap();
    let altered = exported(&store);
    let end = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let mixed = [&bytes[..end(&bytes)], &altered[end(&altered)..]].concat();
    assert!(refused(&mixed, &path).contains("not the export that the import"));
    assert!(take(&*bytes, &path, options()).is_ok());
}

#[test]
fn only_an_empty_store_is_imported_into() {
    let place = Place::new();
    let old = place.filled(3);
    let bytes = exported(&old);
    old.close().unwrap();
    let error = refused(&bytes, &place.path("old"));
    assert!(error.contains("not empty: it has 17 rows and its last commit is 4"), "{error}");
    let (old, _) = Store::open(&place.path("old"), options()).unwrap();
    assert_eq!(rows_of(&exported(&old)), rows_of(&bytes), "nothing was changed");

    let path = place.path("started");
    Store::open(&path, options()).unwrap().0.close().unwrap();
    assert!(take(&*bytes, &path, options()).is_ok(), "a store that heard nothing is empty");
}

#[test]
fn any_byte_that_is_altered_or_missing_is_refused() {
    let place = Place::new();
    let bytes = exported(&place.filled(2));
    assert!(check(&*bytes, |_| {}).is_ok());
    for at in 0..bytes.len() {
        for bit in [0x01, 0x20, 0x80] {
            let mut altered = bytes.clone();
            altered[at] ^= bit;
            let error = check(&*altered, |_| {}).map(|_| ()).unwrap_err();
            assert!(matches!(error, CarryError::Line { .. }), "byte {at}: {error}");
        }
        assert!(check(&bytes[..at], |_| {}).is_err(), "cut before byte {at}");
    }
}

#[test]
fn lines_that_are_missing_doubled_or_elsewhere_are_refused() {
    let place = Place::new();
    let bytes = exported(&place.filled(3));
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let judge = |lines: &[&[u8]]| check(&*lines.concat(), |_| {}).map(|_| ());
    assert!(judge(&lines).is_ok());
    for at in 0..lines.len() {
        let mut missing = lines.clone();
        missing.remove(at);
        assert!(judge(&missing).is_err(), "without line {}", at + 1);
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        assert!(judge(&doubled).is_err(), "line {} twice", at + 1);
        for other in at + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, other);
            assert!(judge(&swapped).is_err(), "lines {} and {} swapped", at + 1, other + 1);
        }
    }
}

#[test]
fn a_refusal_names_line_and_reason() {
    let place = Place::new();
    let text = String::from_utf8(exported(&place.filled(2))).unwrap();
    let path = place.path("new");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at - 1] = line;
        lines.concat()
    };
    let last = lines.len();
    for (altered, expected) in [
        (String::new(), "line 1: this is no export of a kvit store"),
        ("PK\u{3}\u{4}".repeat(5_000), "line 1: this is no export of a kvit store"),
        (text.replacen("export 1", "export 2", 1), "line 1: the export has version 2"),
        (text.replacen("\"commit\"", "\"c\"", 1), "line 1: the header cannot be read"),
        (with(2, "section ! nothing\n"), "line 2: table ! nothing is not known"),
        (with(3, "zz zz 00000000\n"), "line 3: the checksum does not match"),
        (with(3, ""), "line 3: the checksum does not match"),
        (with(last, ""), &format!("line {last}: the export ends here")),
        (with(last, "total 1 1 00\n"), &format!("line {last}: number or hash of all lines")),
        (text.clone() + "more", &format!("line {last}: there is something after")),
    ] {
        let error = check(altered.as_bytes(), |_| {}).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\nnot: {expected}");
        if expected.starts_with("line 1") {
            refused(altered.as_bytes(), &path);
            assert!(!path.exists(), "{expected}: nothing is made for what is no export");
        }
    }
}

#[test]
fn a_store_that_lost_a_row_is_not_exported() {
    let place = Place::new();
    let store = place.filled(3);
    store.close().unwrap();
    // sled's own threads let go of it a little later.
    let tree = std::iter::repeat_with(|| {
        std::thread::yield_now();
        sled::open(place.path("old"))
    });
    let tree = tree.filter_map(Result::ok).next().unwrap();
    let (key, _) = tree.scan_prefix([1, b'b']).next().unwrap().unwrap();
    tree.remove(key).unwrap();
    drop(tree);
    let (store, _) = Store::open(&place.path("old"), options()).unwrap();
    let mut out = Vec::new();
    let error = export(&store, &mut out, now(), |_| {}).unwrap_err();
    assert!(matches!(error, CarryError::Unsound(_)), "{error}");
    assert!(out.is_empty());
}

/// Counts the rows that were read.
struct Counted<'a> {
    bytes: &'a [u8],
    rows: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        let rows = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.rows.fetch_add(u64::try_from(rows).unwrap(), Ordering::Relaxed);
        Ok(read)
    }
}

#[test]
fn no_more_than_a_batch_of_rows_is_held_at_a_time() {
    let place = Place::new();
    let store = place.filled(400);
    let bytes = exported(&store);
    let read = Arc::new(AtomicU64::new(0));
    let (held_max, committed) = (Cell::new(0), Cell::new(0));
    let input = Counted { bytes: &bytes, rows: &read };
    let path = place.path("new");
    let purpose = Purpose { path: &path, options: options(), reason: "a test" };
    let imported = import(BufReader::with_capacity(64, input), purpose, SMALL, |rows| {
        held_max.set(held_max.get().max(read.load(Ordering::Relaxed) - committed.get()));
        committed.set(read.load(Ordering::Relaxed));
        assert!(rows <= committed.get());
    });
    assert_eq!(imported.unwrap().sums.rows, 400 * 4 + 320 + 26 + 2);
    // With what a read-ahead of 64 bytes can hold, and up to two ends and beginnings of sections.
    assert!(held_max.get() <= 7 + 2 + 4, "{} lines between two commits", held_max.get());
}

//! Damage: of rows, and of the files.

use std::sync::mpsc;

use expect_test::{Expect, expect};

use super::*;

/// A store with a small row, a large one and a small one, changed behind its back.
fn damaged(path: &Path, harm: impl FnOnce(&sled::Db)) -> RowStore {
    let store = open(path);
    commit(&store, &[(b"a", b"first"), (b"b", &large(7, 10_000)), (b"c", b"last")]);
    store.close().unwrap();
    let db = raw(path);
    harm(&db);
    db.flush().unwrap();
    drop(db);
    open(path)
}

/// Puts a sound row there, as sled does when it forgets the newer one.
fn put(db: &sled::Db, key: &[u8], value: &[u8]) {
    let row = key::row(key);
    db.insert(&row, frame::encode(&row, &frame::Frame::Whole(value))).unwrap();
}

fn flip(db: &sled::Db, stored_key: &[u8], at: usize) {
    let mut bytes = db.get(stored_key).unwrap().unwrap().to_vec();
    bytes[at] ^= 1;
    db.insert(stored_key, bytes).unwrap();
}

#[track_caller]
fn check(harm: impl FnOnce(&sled::Db), expected: Expect) {
    let (_dir, path) = place();
    let report = damaged(&path, harm).verify(|_| {}).unwrap();
    assert_eq!(report.damages_count, u64::try_from(report.damages.len()).unwrap());
    let mut lines: Vec<String> =
        report.damages.iter().map(|damage| format!("{damage}\n")).collect();
    lines.push(format!("{:?}\n", report.completeness));
    expected.assert_eq(&lines.concat());
}

#[test]
fn every_kind_of_damage_is_named_with_its_key() {
    check(
        |_| {},
        expect![[r#"
        Complete
    "#]],
    );
    check(
        |db| flip(db, &key::row(b"a"), 8),
        expect![[r#"
            row 61 is damaged: its checksum does not match
            Complete
        "#]],
    );
    check(
        |db| drop(db.insert(key::row(b"c"), b"xyz").unwrap()),
        expect![[r#"
            row 63 is damaged: it is cut short
            Incomplete { expected_rows: 3, found_rows: 3 }
        "#]],
    );
    check(
        |db| flip(db, &key::piece(b"b", 2), 20),
        expect![[r#"
            row 62 is damaged: its piece 2 is damaged
            Complete
        "#]],
    );
    check(
        |db| drop(db.remove(key::piece(b"b", 1)).unwrap()),
        expect![[r#"
            row 62 is damaged: its piece 1 is missing
            Complete
        "#]],
    );
    check(
        |db| drop(db.remove(key::row(b"b")).unwrap()),
        expect![[r#"
            row 62 is damaged: its piece 1 belongs to no row
            row 62 is damaged: its piece 2 belongs to no row
            Incomplete { expected_rows: 3, found_rows: 2 }
        "#]],
    );
    check(
        |db| {
            let piece = key::piece(b"b", 1);
            let other = frame::Frame::Further { written: 1, payload: b"of another value" };
            db.insert(&piece, frame::encode(&piece, &other)).unwrap();
        },
        expect![[r#"
            row 62 is damaged: its piece 1 belongs to another value
            Complete
        "#]],
    );
    check(
        |db| {
            let row = key::row(b"a");
            let piece = frame::Frame::Further { written: 2, payload: b"" };
            db.insert(&row, frame::encode(&row, &piece)).unwrap();
            db.insert([3, 1], b"stray").unwrap();
        },
        expect![[r#"
            row 61 is damaged: its frame has kind 2, which does not belong at this key
            row 0301 is damaged: nothing belongs at this key
            Incomplete { expected_rows: 3, found_rows: 3 }
        "#]],
    );
}

#[test]
fn a_row_that_vanished_or_came_back_is_missed() {
    check(
        |db| drop(db.remove(key::row(b"a")).unwrap()),
        expect![[r#"
        Incomplete { expected_rows: 3, found_rows: 2 }
    "#]],
    );
    check(
        |db| put(db, b"a", b"older"),
        expect![[r#"
        Incomplete { expected_rows: 3, found_rows: 3 }
    "#]],
    );
    check(
        |db| put(db, b"d", b"removed"),
        expect![[r#"
        Incomplete { expected_rows: 3, found_rows: 4 }
    "#]],
    );
}

#[test]
fn a_damaged_row_is_an_error_wherever_it_is_met_and_no_other_row_is() {
    let (_dir, path) = place();
    let store = damaged(&path, |db| flip(db, &key::row(b"b"), 30));
    let named = |error: RowError| error.to_string();
    let error = "row 62 is damaged: its checksum does not match";
    assert_eq!(store.get(b"b").map_err(named).unwrap_err(), error);
    let rows: Vec<_> = store.scan(&[]).map(|row| row.map(|row| row.0).map_err(named)).collect();
    assert_eq!(rows, [Ok(b"a".to_vec()), Err(error.to_owned()), Ok(b"c".to_vec())]);

    let refused = store.apply(&batch(&[(b"a", b"new"), (b"b", b"new")])).unwrap_err();
    assert_eq!(described(&refused), format!("applying a batch: {error}"));
    assert_eq!(store.get(b"a").unwrap(), Some(b"first".to_vec()), "nothing was written");
    commit(&store, &[(b"a", b"new")]);
}

#[test]
fn the_progress_of_verifying_ends_with_all_rows() {
    let (_dir, path) = place();
    let store = open(&path);
    let mut batch = Batch::new();
    for number in 0..2_500_u64 {
        batch.put(&number.to_be_bytes(), [7; 10]);
    }
    store.apply(&batch).unwrap();
    let mut told = Vec::new();
    let report = store.verify(|seen| told.push(seen)).unwrap();
    assert_eq!(told, [1_000, 2_000, 2_502]);
    let count = report.by_first_byte[&0];
    assert_eq!((count.rows, count.further_pieces), (2_500, 0));
    assert_eq!(count.bytes, 2_500 * (1 + 8 + 6 + 10));
    assert_eq!((report.commit, report.completeness), (CommitSeq(2), Completeness::Complete));

    let busy = store.verify(|_| assert!(store.apply(&Batch::new()).is_ok())).unwrap();
    assert_eq!(busy.completeness, Completeness::NotCompared);
    assert!(busy.is_sound());
}

type Harm = fn(&mut Vec<u8>, usize);

const HARMS: [(&str, Harm); 4] = [
    ("a flipped bit", |bytes, at| bytes[at] ^= 0x40),
    ("zeroed bytes", |bytes, at| bytes[at..].iter_mut().take(4_096).for_each(|byte| *byte = 0)),
    ("overwritten bytes", |bytes, at| {
        bytes[at..].iter_mut().zip((0..=250_u8).cycle().take(70_000)).for_each(|(to, by)| *to = by);
    }),
    ("a cut", |bytes, at| bytes.truncate(at)),
];

/// Opens a damaged copy, as the daemon would, with a limit on how long it may take.
fn outcome(path: &Path) -> Result<(RowStore, OpenReport), OpenError> {
    let (answer, answered) = mpsc::sync_channel(1);
    let path = path.to_owned();
    std::thread::spawn(move || answer.send(RowStore::open(&path, options())).is_ok());
    answered.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn damaged_files_are_refused_with_advice_or_found_by_verifying() {
    let (dir, path) = place();
    let store = open(&path);
    for number in 0..100_u64 {
        let length = if number % 2 == 0 { 300 } else { 20_000 };
        commit(&store, &[(&number.to_be_bytes(), &large(number, length))]);
    }
    let whole: Vec<Row> = store.scan(&[]).map(Result::unwrap).collect();
    store.close().unwrap();
    let mut refused = 0;
    for case in 0..HARMS.len() * 16 {
        let ((name, harm), file) = (HARMS[case / 16], ["db", "conf"][case % 2]);
        let eighth = case / 2 % 8;
        let copied = dir.path().join("damaged");
        copy(&path, &copied);
        let mut bytes = fs::read(path.join(file)).unwrap();
        let at = bytes.len() * eighth / 8 + eighth;
        harm(&mut bytes, at);
        fs::write(copied.join(file), bytes).unwrap();
        let case = format!("{name} at {at} of {file}");
        match outcome(&copied) {
            Ok((store, report)) => {
                assert_eq!(report.commit, CommitSeq(101), "{case}");
                let sound = store.verify(|_| {}).unwrap().is_sound();
                let same = store.scan(&[]).flatten().eq(whole.iter().cloned());
                assert_eq!(sound, same, "{case}");
            }
            Err(error) => {
                refused += 1;
                assert!(
                    matches!(
                        error,
                        OpenError::Damaged { .. }
                            | OpenError::Incompatible { .. }
                            | OpenError::LostTail { .. }
                    ),
                    "{case}: {error:?}"
                );
                assert!(error.advice().contains("import"), "{case}: {}", error.advice());
            }
        }
        fs::remove_dir_all(&copied).unwrap();
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn a_tree_that_is_gone_is_not_begun_again() {
    let (_dir, path) = place();
    let store = open(&path);
    commit(&store, &[(b"k", b"v")]);
    store.close().unwrap();
    fs::write(path.join("db"), []).unwrap();
    let empty = refusal(&path).to_string();
    assert!(empty.ends_with("its tree is empty, though its watermark knows of commits"), "{empty}");
    fs::remove_file(path.join("db")).unwrap();
    assert!(refusal(&path).to_string().ends_with("its tree is missing"));
    assert!(!path.join("db").exists());
}

//! Opening: creation, lock, format, lost tails.

use super::*;

#[test]
fn a_store_is_created_once_and_keeps_its_name() {
    let (_dir, path) = place();
    let (store, report) = RowStore::open(&path, options()).unwrap();
    assert!(report.created && report.lost_tail.is_none());
    assert_eq!((report.commit, report.blob_files), (CommitSeq(1), 0));
    let header = *store.header();
    assert_eq!((header.format, header.created_at), (FORMAT, options().now));
    store.close().unwrap();

    let now = "2027-01-01T00:00:00+03:00".parse().unwrap();
    let later = RowOptions { now, create: false, ..options() };
    let (store, report) = RowStore::open(&path, later).unwrap();
    assert!(!report.created);
    assert_eq!(*store.header(), header);

    let (_other, path) = place();
    assert_ne!(open(&path).header().id, header.id);
}

#[test]
fn where_none_is_wanted_none_is_made() {
    let (_dir, path) = place();
    let look = || RowStore::open(&path, RowOptions { create: false, ..options() }).map(|_| ());
    assert!(matches!(look(), Err(OpenError::Absent { .. })));
    assert!(!path.exists());
    fs::create_dir(&path).unwrap();
    assert!(matches!(look(), Err(OpenError::Absent { .. })));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    drop(open(&path));
    look().unwrap();
}

#[test]
fn a_directory_without_a_parent_is_not_made() {
    let (dir, _) = place();
    let error = refusal(&dir.path().join("a/b"));
    assert!(matches!(error, OpenError::Io { doing: "creating", .. }), "{error:?}");
    assert!(error.told().contains("a/b: No such file or directory (os error 2)\nCheck that"));
    assert!(error.advice().contains("belongs to the user"));
}

#[test]
fn files_of_another_user_are_named_with_their_owner_and_root_makes_none_for_others() {
    use std::os::unix::fs::MetadataExt;
    let (dir, path) = place();
    let files = Files::of(&path);
    let ours = fs::metadata(dir.path()).unwrap().uid();
    let other = ours + 1;
    let foreign = |uid| files.foreign(uid).unwrap();
    assert_eq!(foreign(other), None, "a directory may be lent to others");
    let above = (dir.path().to_owned(), ours);
    assert_eq!(foreign(0), (ours != 0).then_some(above), "but not to root");
    open(&path).close().unwrap();
    fs::write(path.join("lost+found"), "").unwrap();
    assert_eq!(foreign(ours), None);
    assert_eq!(foreign(other), Some((path.join("blobs"), ours)));

    let error = OpenError::Foreign { path: path.join("db"), owner: 990, ours: 0 };
    let told = format!("{} belongs to the user with the uid 990", path.join("db").display());
    assert!(error.to_string().starts_with(&told), "{error}");
    assert!(error.advice().contains("runuser -u kvit --"));
}

#[test]
fn a_second_opening_is_told_who_holds_the_store() {
    let (_dir, path) = place();
    let store = open(&path);
    let error = refusal(&path);
    let OpenError::Locked { holder, .. } = &error else { panic!("{error:?}") };
    assert!(holder.starts_with(&format!("process {} on ", std::process::id())), "{holder}");
    assert_eq!(error.to_string(), format!("store {} is in use by {holder}", path.display()));
    store.close().unwrap();
    drop(open(&path));

    let sled = raw(&path);
    assert!(matches!(refusal(&path), OpenError::Locked { .. }));
    drop(sled);
}

#[test]
fn a_later_format_is_refused_and_left_alone() {
    let (_dir, path) = place();
    let header = *open(&path).header();
    let db = raw(&path);
    let mut rows = sled::Batch::default();
    batch::insert_own(&mut rows, key::HEADER, &Header { format: 7, ..header }.encode());
    db.apply_batch(rows).unwrap();
    drop(db);
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Format { found: 7, .. }), "{error:?}");
    assert!(error.to_string().ends_with("has format 7, this program reads format 4"));
    assert!(error.advice().contains("kvit store export"));
}

#[test]
fn a_tree_of_somebody_else_is_refused() {
    let (_dir, path) = place();
    raw(&path).insert(b"theirs", b"row").unwrap();
    let error = refusal(&path);
    assert!(error.to_string().ends_with("it has rows, but its header is missing"), "{error}");
}

/// A store at commit 3 whose tree was replaced by the one of commit 2.
fn rolled_back(path: &Path, older: &Path) {
    let store = open(path);
    commit(&store, &[(b"kept", b"1")]);
    store.close().unwrap();
    copy(path, older);
    let store = open(path);
    commit(&store, &[(b"lost", b"2")]);
    store.close().unwrap();
    let newest = fs::read(path.join("watermark")).unwrap();
    fs::remove_dir_all(path).unwrap();
    copy(older, path);
    fs::write(path.join("watermark"), newest).unwrap();
}

#[test]
fn a_lost_tail_is_noticed_until_somebody_accepts_it() {
    let (dir, path) = place();
    rolled_back(&path, &dir.path().join("older"));
    let behind = LostTail::Behind { stored: CommitSeq(2), synced: CommitSeq(3) };
    for _ in 0..2 {
        let error = refusal(&path);
        assert!(matches!(&error, OpenError::LostTail { tail, .. } if *tail == behind), "{error:?}");
        assert!(error.advice().contains("import the last backup"));
    }
    let accepting = RowOptions { on_lost_tail: OnLostTail::Accept, ..options() };
    let (store, report) = RowStore::open(&path, accepting.clone()).unwrap();
    assert_eq!(report.lost_tail, Some(behind));
    assert_eq!(report.commit, CommitSeq(4), "no number means two commits");
    assert_eq!(store.get(b"kept").unwrap(), Some(b"1".to_vec()));
    assert_eq!(store.get(b"lost").unwrap(), None);
    drop(store);
    let (_, report) = RowStore::open(&path, accepting).unwrap();
    assert_eq!(report.lost_tail, None);
}

#[test]
fn without_a_watermark_nobody_can_tell() {
    for (watermark, expected) in
        [(None, LostTail::NoWatermark), (Some("nonsense"), LostTail::BadWatermark)]
    {
        let (_dir, path) = place();
        let store = open(&path);
        commit(&store, &[(b"k", b"v")]);
        store.close().unwrap();
        match watermark {
            Some(text) => fs::write(path.join("watermark"), text).unwrap(),
            None => fs::remove_file(path.join("watermark")).unwrap(),
        }
        let error = refusal(&path);
        assert!(matches!(&error, OpenError::LostTail { tail, .. } if *tail == expected));
        let accepting = RowOptions { on_lost_tail: OnLostTail::Accept, ..options() };
        assert_eq!(RowStore::open(&path, accepting).unwrap().1.lost_tail, Some(expected));
        drop(open(&path));
    }
}

#[test]
fn a_creation_that_was_cut_short_is_finished() {
    let (_dir, path) = place();
    drop(raw(&path));
    let (store, report) = RowStore::open(&path, options()).unwrap();
    assert!(report.created);
    drop(store);
    fs::write(path.join("watermark"), [0; 3]).unwrap();
    assert!(!RowStore::open(&path, options()).unwrap().1.created);
}

#[test]
fn a_watermark_of_another_store_is_refused() {
    let (dir, path) = place();
    let other = dir.path().join("other");
    open(&path).close().unwrap();
    open(&other).close().unwrap();
    fs::copy(other.join("watermark"), path.join("watermark")).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Mixed { .. }), "{error:?}");
}

#[test]
fn files_beside_the_synced_one_are_reported() {
    let (_dir, path) = place();
    drop(open(&path));
    fs::write(path.join("blobs/1"), "x").unwrap();
    let (store, report) = RowStore::open(&path, options()).unwrap();
    assert_eq!(report.blob_files, 1);
    fs::write(path.join("blobs/2"), "x").unwrap();
    assert!(!store.verify(|_| {}).unwrap().is_sound());
}

#[test]
fn after_many_changes_a_close_leaves_little_to_read_for_the_next_start() {
    let (_dir, path) = place();
    let snapshots = || {
        let names = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("snap.")).collect::<Vec<_>>()
    };
    let mut left = Vec::new();
    for changes in [10, SNAPSHOT_AFTER_ROWS] {
        let store = open(&path);
        let at_start = snapshots();
        for first in (0..changes).step_by(1_000) {
            let mut batch = Batch::new();
            for row in first..changes.min(first + 1_000) {
                batch.put(&row.to_be_bytes(), vec![7; 20]);
            }
            store.apply(&batch).unwrap();
        }
        store.close().unwrap();
        left.push(snapshots() != at_start);
    }
    assert_eq!(left, [false, true]);
    let last = (SNAPSHOT_AFTER_ROWS - 1).to_be_bytes();
    assert_eq!(open(&path).get(&last).unwrap(), Some(vec![7; 20]));
}

//! Commits: visibility, pieces, durability, failure.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;

#[test]
fn a_row_is_visible_once_applied_and_counted_once() {
    let (_dir, path) = place();
    let store = open(&path);
    assert_eq!(store.apply(&batch(&[(b"a1", b"x"), (b"a2", b"")])).unwrap(), CommitSeq(2));
    assert_eq!(store.get(b"a1").unwrap(), Some(b"x".to_vec()));
    assert_eq!(store.get(b"a2").unwrap(), Some(vec![]));
    assert_eq!(store.get(b"a").unwrap(), None);
    let before = store.stats().unwrap();
    assert_eq!((before.applied, before.synced), (CommitSeq(2), CommitSeq(1)));

    assert_eq!(store.sync().unwrap().up_to, CommitSeq(2));
    let after = store.stats().unwrap();
    assert_eq!((after.synced, after.rows_changed), (CommitSeq(2), 2));
    assert!(after.last_sync.is_some() && after.disk_bytes > 0 && after.free_bytes > 0);
}

#[test]
fn a_scan_gives_each_large_row_once_from_either_end() {
    let (_dir, path) = place();
    let store = open(&path);
    let value = large(7, 30_000);
    commit(&store, &[(b"a", b"1"), (b"ab", &value), (b"abc", &value), (b"b", b"2")]);
    assert_eq!(keys(store.scan(b"a")), ["a", "ab", "abc"]);
    let mut both = store.scan(&[]);
    assert_eq!(both.next_back().unwrap().unwrap().0, b"b");
    assert_eq!(both.next().unwrap().unwrap().0, b"a");
    assert_eq!(both.next_back().unwrap().unwrap(), (b"abc".to_vec(), value.clone()));
    assert_eq!(both.next().unwrap().unwrap(), (b"ab".to_vec(), value));
    assert!(both.next().is_none() && both.next_back().is_none());
    let page = store.scan_range(Bound::Excluded(b"a"), Bound::Unbounded).take(2);
    assert_eq!(page.map(|row| row.unwrap().0).collect::<Vec<_>>(), [&b"ab"[..], b"abc"]);
}

#[test]
fn a_smaller_value_leaves_no_pieces_of_the_larger_one() {
    let (_dir, path) = place();
    let store = open(&path);
    let further = |store: &RowStore| {
        let report = store.verify(|_| {}).unwrap();
        assert!(report.is_sound(), "{report:?}");
        report.by_first_byte.values().map(|count| count.further_pieces).sum::<u64>()
    };
    commit(&store, &[(b"k", &large(1, 50_000))]);
    assert_eq!(further(&store), 12);
    commit(&store, &[(b"k", &large(2, 9_000))]);
    assert_eq!(further(&store), 2);
    assert_eq!(store.get(b"k").unwrap(), Some(large(2, 9_000)));
    commit(&store, &[(b"k", b"small")]);
    assert_eq!(further(&store), 0);
    commit(&store, &[(b"k", &large(3, 50_000))]);
    let mut batch = Batch::new();
    batch.put(b"k", b"forgotten".to_vec());
    batch.remove(b"k");
    assert_eq!(batch.len(), 1);
    store.apply(&batch).unwrap();
    assert_eq!((further(&store), store.get(b"k").unwrap()), (0, None));
}

#[test]
fn the_largest_value_is_kept() {
    let (_dir, path) = place();
    let store = open(&path);
    commit(&store, &[(b"k", &large(9, VALUE_BYTES_MAX))]);
    store.close().unwrap();
    assert!(open(&path).get(b"k").unwrap() == Some(large(9, VALUE_BYTES_MAX)));
}

#[test]
#[should_panic(expected = "a value of 67108865 bytes is too long")]
fn a_longer_value_is_a_bug() {
    Batch::new().put(b"k", vec![0; VALUE_BYTES_MAX + 1]);
}

#[test]
#[should_panic(expected = "a key of 0 bytes")]
fn an_empty_key_is_a_bug() {
    Batch::new().remove(b"");
}

#[test]
fn readers_never_see_a_mixture_of_two_values() {
    let (_dir, path) = place();
    let store = open(&path);
    commit(&store, &[(b"k", &large(0, 40_000))]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..200_u64 {
                let length = 5_000 + usize::try_from(number % 7).unwrap() * 6_000;
                store.apply(&batch(&[(b"k", &large(number, length))])).unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        while !done.load(Ordering::SeqCst) {
            let scanned = store.scan(b"k").next().unwrap().unwrap().1;
            for value in [store.get(b"k").unwrap().unwrap(), scanned] {
                let number = u64::from_be_bytes(value[..8].try_into().unwrap());
                assert!(value == large(number, value.len()), "{number}");
            }
        }
    });
}

#[test]
fn one_thread_may_apply_while_another_syncs() {
    let (_dir, path) = place();
    let store = open(&path);
    let (applied, to_sync) = std::sync::mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        let store = &store;
        scope.spawn(move || {
            for number in 0..100_u64 {
                let commit = store.apply(&batch(&[(&number.to_be_bytes(), b"v")])).unwrap();
                applied.send(commit).unwrap();
            }
        });
        for commit in to_sync {
            assert!(store.sync().unwrap().up_to >= commit);
        }
    });
    assert_eq!(store.close().unwrap(), CommitSeq(101));
    assert_eq!(open(&path).scan(&[]).count(), 100);
}

/// A store whose commits fail at one point once `armed`.
fn failing(path: &Path, point: Point) -> (RowStore, Arc<AtomicBool>) {
    let armed = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&armed);
    let faults = Faults::ask(move |at| {
        if at == point && asked.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is gone"));
        }
        Ok(())
    });
    (RowStore::open(path, RowOptions { faults, ..options() }).unwrap().0, armed)
}

#[test]
fn after_a_failed_step_every_commit_is_refused_and_reading_goes_on() {
    for (point, present) in [
        (Point::BeforeApply, false),
        (Point::AfterApply, true),
        (Point::BeforeSync, true),
        (Point::AfterFlush, true),
        (Point::AfterSync, true),
    ] {
        let (_dir, path) = place();
        let (store, armed) = failing(&path, point);
        commit(&store, &[(b"before", b"1")]);
        armed.store(true, Ordering::SeqCst);
        let rows = batch(&[(b"after", b"2")]);
        let error = store.apply(&rows).and_then(|_| store.sync()).unwrap_err();
        assert!(described(&error).contains("the disk is gone"), "{point:?}: {error:?}");

        armed.store(false, Ordering::SeqCst);
        for again in [store.apply(&rows).map(|_| ()), store.sync().map(|_| ())] {
            let refusal = again.unwrap_err();
            assert!(matches!(&refusal, StoreError::Poisoned(_)), "{point:?}: {refusal:?}");
            assert!(refusal.to_string().contains("the disk is gone"), "{refusal}");
        }
        assert_eq!(store.get(b"before").unwrap(), Some(b"1".to_vec()));
        assert_eq!(store.stats().unwrap().synced, CommitSeq(2), "{point:?}");
        assert!(matches!(store.close(), Err(StoreError::Poisoned(_))));

        let store = open(&path);
        assert_eq!(store.get(b"after").unwrap().is_some(), present, "{point:?}");
        commit(&store, &[(b"again", b"3")]);
    }
}

#[test]
fn a_panic_in_a_commit_ends_all_commits() {
    let (_dir, path) = place();
    let faults = Faults::ask(|at| {
        assert!(at != Point::AfterFlush, "a bug");
        Ok(())
    });
    let store = RowStore::open(&path, RowOptions { faults, ..options() }).unwrap().0;
    store.apply(&batch(&[(b"k", b"v")])).unwrap();
    std::thread::scope(|scope| scope.spawn(|| store.sync()).join().unwrap_err());
    assert!(matches!(store.sync(), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.apply(&Batch::new()), Err(StoreError::Poisoned(_))));
    assert_eq!(store.stats().unwrap().synced, CommitSeq(1));
}

//! The store against a map in memory.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// A key, and length and content of its new value; `None` removes.
type Change = (Vec<u8>, Option<(usize, u8)>);

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<Change>),
    Reopen,
}

/// Few keys that are prefixes of each other, so that rows are replaced and removed often.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(0), Just(1), Just(2), Just(b'a'), Just(0xff)], 1..4)
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..300_usize, 2 => 4_000..6_100_usize, 1 => 6_100..100_000_usize]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop_oneof![1 => Just(None), 3 => (length(), any::<u8>()).prop_map(Some)];
    let commit = vec((key(), value), 0..20).prop_map(Step::Commit);
    vec(prop_oneof![9 => commit, 1 => Just(Step::Reopen)], 1..30)
}

fn apply(store: &RowStore, model: &mut Model, changes: Vec<Change>) {
    let mut batch = Batch::new();
    for (key, value) in changes {
        match value.map(|(length, byte)| vec![byte; length]) {
            Some(value) => {
                batch.put(&key, value.clone());
                model.insert(key, value);
            }
            None => {
                batch.remove(&key);
                model.remove(&key);
            }
        }
    }
    store.apply(&batch).unwrap();
}

fn agree(store: &RowStore, model: &Model) {
    let stored: Vec<Row> = store.scan(&[]).map(Result::unwrap).collect();
    let expected: Vec<Row> = model.clone().into_iter().collect();
    assert!(stored == expected, "forward");
    let mut backward: Vec<Row> = store.scan(&[]).rev().map(Result::unwrap).collect();
    backward.reverse();
    assert!(backward == expected, "backward");
    for (key, value) in model {
        assert!(store.get(key).unwrap().as_ref() == Some(value), "get");
    }
    for prefix in [&[0][..], &[1, 0], &[0xff], &[0xff, 0xff], b"a"] {
        let stored: Vec<_> = store.scan(prefix).map(|row| row.unwrap().0).collect();
        let expected: Vec<_> = model.keys().filter(|key| key.starts_with(prefix)).collect();
        assert!(stored.iter().collect::<Vec<_>>() == expected, "prefix {prefix:?}");
    }
    for (from, to) in [(&[0][..], &[1, 1][..]), (&[1], &[0xff]), (b"a", b"a"), (b"b", b"a")] {
        let stored = store.scan_range(Bound::Excluded(from), Bound::Included(to));
        let stored: Vec<_> = stored.map(|row| row.unwrap().0).collect();
        let inside = |key: &&Vec<u8>| key.as_slice() > from && key.as_slice() <= to;
        let expected: Vec<_> = model.keys().filter(inside).collect();
        assert!(stored.iter().collect::<Vec<_>>() == expected, "range {from:?} {to:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_what_a_map_would_hold(steps in steps()) {
        let (_dir, path) = place();
        let (mut store, mut model) = (open(&path), Model::new());
        for step in steps {
            match step {
                Step::Commit(changes) => apply(&store, &mut model, changes),
                Step::Reopen => {
                    agree(&store, &model);
                    store.close().unwrap();
                    store = open(&path);
                }
            }
        }
        agree(&store, &model);
        let report = store.verify(|_| {}).unwrap();
        prop_assert!(report.is_sound(), "{report:?}");
        prop_assert_eq!(report.completeness, Completeness::Complete);
        let rows: u64 = report.by_first_byte.values().map(|count| count.rows).sum();
        prop_assert_eq!(rows, u64::try_from(model.len()).unwrap());
    }
}

#[test]
fn many_rows_of_any_size_never_reach_the_unsynced_files() {
    let (_dir, path) = place();
    let store = open(&path);
    let mut random = 88_172_645_463_325_252_u64;
    for _ in 0..60 {
        let mut batch = Batch::new();
        for _ in 0..40 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let key = (random % 1_000).to_be_bytes();
            match random >> 60 {
                0..4 => batch.remove(&key),
                4 => batch.put(&key, large(random, 50_000)),
                5..8 => batch.put(&key, large(random, 400)),
                _ => batch.put(&key, large(random, 5_900)),
            }
        }
        store.apply(&batch).unwrap();
        store.sync().unwrap();
    }
    let report = store.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn the_longest_keys_never_reach_the_unsynced_files() {
    let (_dir, path) = place();
    let store = open(&path);
    for round in 0..60_u64 {
        let mut batch = Batch::new();
        for number in 0..100_u64 {
            // The varying bytes come first, so that no common prefix shortens the keys.
            let hash = (round * 100 + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            batch.put(&large(hash, KEY_BYTES_MAX), [0; 8]);
        }
        store.apply(&batch).unwrap();
    }
    store.sync().unwrap();
    assert!(store.verify(|_| {}).unwrap().is_sound());
}

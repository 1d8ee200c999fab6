//! Entries through commits, runs, crashes and reopening.

use std::ops::RangeInclusive;

use kvit_schemas::Moment;
use kvit_schemas::message::ContentHash;
use kvit_schemas::record::{Mark, Seq};

use super::*;
use crate::store::{Store, Tables, Under};

fn mark(seq: u64) -> Mark {
    Mark { content: ContentHash::of(&[&seq.to_be_bytes()]), seq: Seq(seq) }
}

/// A commit that marks these messages.
fn commit(store: &Store, period: u32, seqs: impl Iterator<Item = u64>) {
    let mut draft = store.draft();
    let next = store.next_seq().unwrap();
    for seq in seqs {
        draft.put_mark(
            period.saturating_sub(1)..=period,
            ("portal", &format!("m-{seq}")),
            mark(seq),
        );
        assert!(draft.mark(period..=period, "portal", &format!("m-{seq}")).unwrap().is_some());
    }
    draft.apply(next).unwrap();
}

fn found(store: &Store, seq: u64) -> Option<Mark> {
    found_in(store, 1..=2, seq)
}

fn found_in(store: &Store, periods: RangeInclusive<u32>, seq: u64) -> Option<Mark> {
    store.mark(periods, "portal", &format!("m-{seq}")).unwrap()
}

fn memory(store: &Store) -> &crate::store::MemoryRows {
    match store.under() {
        Under::Memory(rows) => rows,
        Under::Sled(_) => unreachable!("these stores are in memory"),
    }
}

/// The store after a power cut that left this many of the commits not synced.
fn reopened(store: &Store, left: usize) -> Store {
    Store::over(Under::Memory(memory(store).after_crash(left))).unwrap()
}

fn rows(store: &Store, letter: u8) -> usize {
    store.list(&[letter]).unwrap().len()
}

#[test]
fn what_was_entered_is_found_in_memory_in_runs_and_after_reopening() {
    let store = Store::in_memory();
    for nth in 0..700 {
        commit(&store, 1, nth * 10..nth * 10 + 10);
    }
    let again = reopened(&store, usize::MAX);
    for store in [&store, &again] {
        for seq in 0..7_000 {
            assert_eq!(found(store, seq), Some(mark(seq)), "{seq}");
        }
        assert_eq!((7_000..9_000).find_map(|seq| found(store, seq)), None);
        assert!(rows(store, keys::MARK) < 8, "few rows of single commits are left");
    }
    let state = again.index(Which::Marks).state.read().unwrap();
    assert_eq!(state.runs.runs(), 100, "each of them of 70 entries, and more than one group");
}

#[test]
fn a_look_reads_few_rows_however_many_runs_there_are() {
    let store = Store::in_memory();
    for nth in 0..1_000 {
        commit(&store, 1, nth * 64..nth * 64 + 64);
    }
    let before = memory(&store).rows_read();
    for seq in 0..1_000 {
        assert!(found(&store, seq * 64).is_some() && found(&store, seq + 100_000).is_none());
    }
    let read = memory(&store).rows_read() - before;
    // A thousand runs are asked twice a thousand times: so small ones say "perhaps" once in 20,000.
    assert!((1_000..1_250).contains(&read), "{read} rows");
}

#[test]
fn runs_of_marks_that_count_no_longer_go_few_at_a_time() {
    let store = Store::in_memory();
    let run = |period: u32, nth: u64| {
        let first = 10_000 * u64::from(period) + 64 * nth;
        commit(&store, period, first..first + 64);
    };
    let runs = || store.index(Which::Marks).state.read().unwrap().runs.runs();
    (0..200).for_each(|nth| run(1, nth));
    (0..20).for_each(|nth| run(2, nth));
    assert_eq!(runs(), 220, "marks of the period before count");
    assert_eq!(found_in(&store, 1..=2, 10_000), Some(mark(10_000)));
    let mut left = 220;
    for nth in 0..205 {
        run(3, nth);
        left = (left - 1).max(20 + nth + 1);
        assert_eq!(u64::try_from(runs()).unwrap(), left, "two old ones go with a new one");
    }
    let again = reopened(&store, usize::MAX);
    for store in [&store, &again] {
        assert_eq!(rows(store, keys::MARK_RUN), 2 * 225, "of each run a filter and a row");
        for seq in (20_000..20_000 + 20 * 64).chain(30_000..30_000 + 205 * 64) {
            assert_eq!(found_in(store, 2..=3, seq), Some(mark(seq)), "{seq}");
        }
    }
}

#[test]
fn names_stay_for_good() {
    let store = Store::in_memory();
    let name = |nth: u64| keys::reference(("key", &nth.to_string()), false);
    for nth in 0..70 {
        let mut draft = store.draft();
        let next = store.next_seq().unwrap();
        (nth * 64..nth * 64 + 64).for_each(|nth| draft.put_entry(Which::Names, name(nth), &nth));
        draft.put_mark(u32::MAX - 1..=u32::MAX, ("portal", &nth.to_string()), mark(nth));
        draft.apply(next).unwrap();
    }
    let found = |nth| store.named::<u64>(Which::Names, &name(nth)).unwrap();
    assert!((0..70 * 64).all(|nth| found(nth) == Some(nth)));
}

#[test]
fn the_newest_word_on_a_name_counts_wherever_the_older_ones_are() {
    let store = Store::in_memory();
    for period in [1, 2, 0] {
        let kept = if period > 0 { Some(mark(1)) } else { None };
        for nth in 0..20 {
            // The first entry is in each commit, the others are new.
            let others = (0..9).map(|other| 1_000 * u64::from(period + 1) + 10 * nth + other);
            commit(&store, period, others.chain([1]));
            assert_eq!(found(&store, 1), kept, "{period}, {nth}");
            assert_eq!(found(&reopened(&store, usize::MAX), 1), kept);
        }
    }
}

#[test]
fn a_crash_at_any_commit_leaves_the_entries_of_those_that_are_left() {
    let store = Store::in_memory();
    commit(&store, 1, 0..10);
    store.sync().unwrap();
    for nth in 1..30 {
        commit(&store, 1, nth * 10..nth * 10 + 10);
    }
    for left in 0..30_u64 {
        let after = reopened(&store, usize::try_from(left).unwrap());
        for seq in 0..300 {
            assert_eq!(found(&after, seq).is_some(), seq < 10 * (left + 1), "{seq}, {left} left");
        }
        // It goes on from there.
        commit(&after, 1, 1_000..1_100);
        assert!((1_000..1_100).chain(0..10 * (left + 1)).all(|seq| found(&after, seq).is_some()));
    }
}

#[test]
fn runs_are_found_again_in_a_store_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let options = crate::store::carry::tests::options;
    let commits = 5_u64;
    let each = u64::try_from(ENTRIES_MAX).unwrap() / 4 + 100;
    let (store, _) = Store::open(&path, options()).unwrap();
    for nth in 0..commits {
        commit(&store, 1, nth * each..(nth + 1) * each);
    }
    store.close().unwrap();
    let (store, _) = Store::open(&path, options()).unwrap();
    assert!((0..commits * each).step_by(7).all(|seq| found(&store, seq) == Some(mark(seq))));
    assert!((0..1_000).all(|seq| found(&store, commits * each + seq).is_none()));
    assert_eq!(store.index(Which::Marks).state.read().unwrap().runs.runs(), 1);
    let Under::Sled(rows) = store.under() else { unreachable!("it is on disk") };
    let report = rows.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.by_first_byte[&keys::MARK_RUN].rows, 512 + 1);
    let longest = store.list(&[keys::MARK_RUN]).unwrap();
    let longest = longest.iter().filter(|(key, _)| key.len() > 9).map(|(_, row)| row.len()).max();
    assert!(longest.unwrap() < 5_900, "{longest:?} bytes fit into a row");
}

#[test]
fn rows_of_small_commits_go_a_few_with_each_commit_after_their_run() {
    let store = Store::in_memory();
    for nth in 0..64 {
        commit(&store, 1, std::iter::once(nth));
    }
    assert_eq!(rows(&store, keys::MARK), 63, "the run's own commit has none, the others stay");
    let mut left = vec![63_usize];
    let mut again = reopened(&store, usize::MAX);
    while left.last() > Some(&0) {
        let nth = 100 + u64::try_from(left.len()).unwrap();
        commit(&again, 1, std::iter::once(nth));
        left.push(rows(&again, keys::MARK) - left.len());
        again = reopened(&again, usize::MAX);
        assert!((0..64).chain(101..=nth).all(|seq| found(&again, seq) == Some(mark(seq))));
    }
    assert_eq!(left, [63, 45, 27, 9, 0], "beside those that each commit adds");
}

#[test]
fn rows_that_no_commit_wrote_are_errors() {
    let now: Moment = "2026-03-05T10:15:00+03:00".parse().unwrap();
    for (key, row) in [
        (keys::young(Which::Marks, 1, 0), vec![1; 30]),
        (vec![keys::MARK, 3], vec![]),
        (keys::run(Which::Names, 1), vec![0; 5]),
        (vec![keys::MARK_RUN, 3], vec![0; 128]),
    ] {
        let store = Store::in_memory();
        let mut draft = store.draft();
        draft.put_firing("job", now);
        draft.plant(key.clone(), row);
        draft.apply(Seq(2)).unwrap();
        let rows = memory(&store).after_crash(1);
        let error = Store::over(Under::Memory(rows)).unwrap_err();
        assert!(matches!(error, StoreError::Record { .. }), "{key:?}: {error}");
    }
}

#[test]
fn filters_that_are_taken_in_together_say_what_each_alone_does() {
    let name = |run: u64, nth: u64| -> Name {
        ContentHash::of(&[&run.to_be_bytes(), &nth.to_be_bytes()]).0[..16].try_into().unwrap()
    };
    let names = |run| (0..200).map(move |nth| name(run, nth));
    let filter = |number| {
        // Some hundred runs of one size, some of another.
        let mut bits = Bits::for_entries(if number < 100 { 1_000 } else { 90 });
        names(number).for_each(|name| bits.set(&name));
        (Run { number, period: 1 }, bits)
    };
    let all: Vec<_> = (0..115).map(filter).collect();
    for portion in [1, 3, 8, 9, 63, 64, 115] {
        let mut filters = Filters::default();
        all.chunks(portion).for_each(|some| filters.add(some));
        assert_eq!(filters.runs(), all.len());
        for number in 0..120 {
            for name in names(number) {
                let said = all.iter().rev().filter(|(_, bits)| bits.has(&name));
                let said: Vec<_> =
                    said.map(|(run, bits)| (run.number, bits.bucket(&name))).collect();
                assert_eq!(filters.with(&name), said, "{number} in portions of {portion}");
            }
        }
    }
}

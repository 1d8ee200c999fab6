//! Bodies and timers in the rows that they share.

use kvit_schemas::Moment;
use kvit_schemas::record::{Fate, Seq, Timer, TimerKind, TimerQueue};

use super::{Store, Tables, keys};

fn rows(store: &Store, letter: u8) -> usize {
    store.list(&[letter]).unwrap().len()
}

/// Commits bodies of so many bytes under these numbers.
fn keep(store: &Store, bodies: &[(u64, usize)]) {
    let mut draft = store.draft();
    for (seq, bytes) in bodies {
        let body = vec![u8::try_from(seq % 251).unwrap(); *bytes];
        draft.put_body(Seq(*seq), body.clone());
        assert_eq!(draft.body(Seq(*seq)).unwrap(), Some(body), "read through the draft");
    }
    let next = bodies.iter().map(|(seq, _)| Seq(seq + 1)).max().unwrap();
    draft.apply(next.max(store.next_seq().unwrap())).unwrap();
}

fn length(store: &Store, seq: u64) -> Option<usize> {
    let body = store.body(Seq(seq)).unwrap()?;
    assert!(body.iter().all(|byte| u64::from(*byte) == seq % 251), "the body of {seq}");
    Some(body.len())
}

#[test]
fn short_bodies_share_rows_over_commits_and_long_ones_do_not() {
    let store = Store::in_memory();
    keep(&store, &[(1, 10), (5, 1_000), (6, 1_001), (7, 0)]);
    keep(&store, &[(14, 300), (15, 1), (16, 2), (40, 9_000)]);
    let kept = [(1, 10), (5, 1_000), (6, 1_001), (7, 0), (14, 300), (15, 1), (16, 2), (40, 9_000)];
    for (seq, bytes) in kept {
        assert_eq!(length(&store, seq), Some(bytes), "{seq}");
    }
    assert!([0, 2, 8, 13, 17, 39, 41].iter().all(|seq| length(&store, *seq).is_none()));
    assert_eq!((rows(&store, keys::BODIES), rows(&store, keys::BODY)), (2, 2));
}

#[test]
fn a_body_is_replaced_and_forgotten_without_its_neighbours() {
    let store = Store::in_memory();
    keep(&store, &[(1, 10), (2, 20), (3, 3_000), (20, 5)]);
    keep(&store, &[(1, 2_000), (3, 30)]);
    assert_eq!([1, 2].map(|seq| length(&store, seq)), [Some(2_000), Some(20)]);
    assert_eq!(length(&store, 3), Some(30), "the short one counts");
    for seq in [1, 3, 20] {
        let mut draft = store.draft();
        draft.forget_quarantined(Seq(seq), &Fate::default());
        assert_eq!(draft.body(Seq(seq)).unwrap(), None);
        draft.apply(Seq(21)).unwrap();
    }
    assert_eq!([1, 2, 3, 20].map(|seq| length(&store, seq)), [None, Some(20), None, None]);
    assert_eq!((rows(&store, keys::BODIES), rows(&store, keys::BODY)), (1, 0));
}

fn timer(second: i64, order: u64) -> Timer {
    Timer {
        due: Moment::from_micros(second * 1_000_000).unwrap(),
        kind: TimerKind::Window,
        order_code: format!("{order:030}").parse().unwrap(),
    }
}

/// What is due, as seconds and orders.
fn due(store: &Store, second: i64) -> Vec<Timer> {
    let now = Moment::from_micros(second * 1_000_000).unwrap();
    let due = store.timers_due(TimerQueue::Windows, now, 3).unwrap();
    due.into_iter().map(|due| due.timer).collect()
}

fn commit(store: &Store, timers: Vec<Timer>) {
    let mut draft = store.draft();
    timers.into_iter().for_each(|timer| draft.put_timer(timer));
    draft.apply(Seq(1)).unwrap();
}

#[test]
fn timers_of_a_minute_share_a_row_and_each_is_due_at_its_own_moment() {
    let store = Store::in_memory();
    commit(&store, vec![timer(659, 1), timer(601, 2), timer(630, 3), timer(660, 4), timer(601, 2)]);
    commit(&store, vec![timer(610, 5), timer(-70, 6)]);
    assert_eq!(rows(&store, keys::TIMER), 4);
    assert_eq!(due(&store, 600), [timer(-70, 6)]);

    let mut seen = Vec::new();
    for now in [600, 601, 609, 611, 640, 700] {
        loop {
            let at = Moment::from_micros(now * 1_000_000).unwrap();
            let due = store.timers_due(TimerQueue::Windows, at, 3).unwrap();
            if due.is_empty() {
                break;
            }
            let mut draft = store.draft();
            for due in &due {
                draft.remove_timer(due);
                seen.push((now, due.timer.clone()));
            }
            draft.apply(Seq(1)).unwrap();
        }
        // What is left of a row does not lie before what is due in other rows.
        let from = keys::timers(TimerQueue::Windows);
        let left = store.list(&from).unwrap();
        let until =
            keys::timers_after(TimerQueue::Windows, Moment::from_micros(now * 1_000_000).unwrap());
        assert!(left.iter().all(|(key, _)| *key >= until), "at {now}");
    }
    let order = [
        (600, timer(-70, 6)),
        (601, timer(601, 2)),
        (611, timer(610, 5)),
        (640, timer(630, 3)),
        (700, timer(659, 1)),
        (700, timer(660, 4)),
    ];
    assert_eq!(seen, order);
    assert_eq!(rows(&store, keys::TIMER), 0);
}

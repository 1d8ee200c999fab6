//! Defects that seeds have found, each played straight.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use kvit::pipeline::Queue;
use kvit_adapters::amqp::{AckHandle, PublishOutcome};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{Store, Tables, Under};
use kvit_schemas::record::FateState;
use serde_json::json;
use tokio::time::Instant;

use crate::daemon::{Daemon, poll};
use crate::operator::request;
use crate::story::{Letter, Story};
use crate::world::{BEGIN, moment};

/// Seed 70.
#[test]
fn a_message_that_cannot_be_sent_holds_up_nobody_who_waits_behind_it() {
    let store = Arc::new(Store::in_memory());
    let mut daemon = Daemon::start(store, &Clock::manual(moment(BEGIN)), None);
    let mut letter = Story::of(1).letters.swap_remove(0);
    letter.bytes = b"{".to_vec();
    for tag in 1..=2 {
        let ack = AckHandle::of(0, 0, tag);
        daemon.receive(letter.delivery((0, ack), false));
        assert!(daemon.look());
    }
    assert!(daemon.commit(2).unwrap() && daemon.sync().unwrap());
    assert!(daemon.answer() && daemon.answer());
    let begun = Instant::now();
    let turn = |daemon: &mut Daemon, seconds: u64, outcome: Option<PublishOutcome>| {
        let at = begun + Duration::from_secs(seconds);
        daemon.relay(true, at).unwrap();
        let lanes = daemon.busy_lanes();
        let sent: Vec<_> = lanes.iter().flat_map(|lane| daemon.window(*lane, 9)).collect();
        if let Some(outcome) = outcome {
            let outcomes = sent.iter().map(|it| (it.ticket, outcome.clone())).collect();
            daemon.outcomes.push_back(outcomes);
            daemon.relay(false, at).unwrap();
        }
        sent.into_iter().map(|it| it.message_id).collect::<Vec<_>>()
    };
    let unknown = PublishOutcome::Unknown("the channel closed".to_owned());
    let both = turn(&mut daemon, 0, Some(unknown));
    let probe = turn(&mut daemon, 61, Some(PublishOutcome::Malformed("cause")));
    let next = turn(&mut daemon, 122, Some(PublishOutcome::Confirmed));
    assert_eq!(both.len(), 2, "both are refusals to one portal");
    assert_eq!((probe, next), (vec![both[0].clone()], vec![both[1].clone()]));
}

/// Seed 523.
#[test]
fn a_file_whose_release_a_crash_cut_off_is_released_though_the_clock_was_set_back() {
    let clock = Clock::manual(moment(BEGIN));
    let mut daemon = Daemon::start(Arc::new(Store::in_memory()), &clock, None);
    let mut stories = (1..).map(|seed| Story::of(seed).letters);
    let is_file = |letter: &Letter| letter.queue == Queue::Files;
    let file = stories.find_map(|letters| letters.into_iter().find(is_file)).unwrap();
    daemon.receive(file.dead((4, AckHandle::of(4, 0, 1)), false));
    assert!(daemon.look());
    turn_until(&mut daemon, |daemon| daemon.store.quarantine_len().unwrap() == 1);
    let number = daemon.store.quarantine(None, 1).unwrap().items[0].seq;
    let release = |daemon: &Daemon| {
        let path = format!("/v1/quarantine/{}/release", number.0);
        request(daemon, &path, &json!({ "reason": "it is plain" }))
    };
    let state = |daemon: &Daemon| daemon.store.fate(number).unwrap().state;
    let mut begun = release(&daemon);
    assert!(poll(&mut begun).is_none());
    turn_until(&mut daemon, |daemon| state(daemon) == FateState::Releasing);
    let Under::Memory(rows) = daemon.store.under() else { unreachable!("it is in memory") };
    let store = Arc::new(Store::over(Under::Memory(rows.after_crash(usize::MAX))).unwrap());
    clock.set(clock.now().plus_seconds(-60));
    let mut daemon = Daemon::start(store, &clock, None);
    let mut again = release(&daemon);
    let mut answer = None;
    turn_until(&mut daemon, |_| {
        answer = poll(&mut again);
        answer.is_some()
    });
    let (status, said) = answer.unwrap();
    assert_eq!((status, said["outcome"].as_str()), (StatusCode::OK, Some("applied")));
    assert_eq!(state(&daemon), FateState::Released);
}

fn turn_until(daemon: &mut Daemon, mut done: impl FnMut(&Daemon) -> bool) {
    for _ in 0..1_000 {
        if done(daemon) {
            return;
        }
        daemon.commit(9).unwrap();
        daemon.sync().unwrap();
        daemon.answer();
        daemon.relay(true, Instant::now()).unwrap();
    }
    panic!("it is never done");
}

//! Defects that seeds have found, each played straight.

use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::amqp::{AckHandle, PublishOutcome};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::Store;
use tokio::time::Instant;

use crate::daemon::Daemon;
use crate::story::Story;
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

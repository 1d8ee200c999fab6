//! Deterministic simulation: the real intake, engine, tables, committer, syncer, relay, files and
//! schedule under one scheduler with a seed, with a broker, a clock and a store in memory that
//! redeliver, reorder, duplicate, delay, drop, nack, return, close, block, give up, lose
//! acknowledgements, leave outcomes unknown, fail commits, and crash at any step; and with people
//! who release and pause by the admin API.
//!
//! What must hold is looked at after each step (`checks`), and at the end against a reference that
//! knows nothing of kvit (`model`). A failure prints its seed and how to replay it:
//! `KVIT_SEED=<seed> cargo test -p kvit-tests --test sim every_seed -- --nocapture`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may panic")]

mod block;
mod broker;
mod checks;
mod daemon;
mod dead;
mod desk;
mod ending;
mod files;
mod model;
mod mutations;
mod operator;
mod regressions;
mod run;
mod story;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use checks::Broken;
use mutations::Mutation;
use run::{Figures, Run};

/// Seeds that a gate plays.
const SEEDS: u64 = 1_000;
/// Seeds within which a planted fault must be found.
const PLANTED_SEEDS: u64 = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Plays a seed. A panic of kvit's own checks is a failure like any other.
fn play(seed: u64, mutation: Option<Mutation>, trace: bool) -> Result<Figures, Broken> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::new(seed, mutation, trace);
        run.play().map(|()| run.figures)
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Broken(format!("panic: {}", text.unwrap_or_default())))
    })
}

#[test]
fn whatever_goes_wrong_every_seed_ends_as_the_reference_says() {
    let only = number("KVIT_SEED");
    let (first, many) = (only.unwrap_or(1), number("KVIT_SEEDS").unwrap_or(SEEDS));
    let last = only.unwrap_or(first + many - 1);
    let mut all = Figures::default();
    for seed in first..=last {
        if (seed - first) % 1_000 == 999 {
            println!("{seed} …");
        }
        match play(seed, None, only.is_some()) {
            Ok(figures) => all.add(&figures),
            Err(Broken(what)) => panic!(
                "seed {seed}: {what}\nreplay it with KVIT_SEED={seed} cargo test -p kvit-tests \
                 --test sim every_seed -- --nocapture"
            ),
        }
    }
    println!("{} seeds: {all:?}", last - first + 1);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [3, 17] {
        let (one, other) = (play(seed, None, false), play(seed, None, false));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}

/// A planted fault must be found within a few seeds, by the check that is there for it.
fn must_be_found(mutation: Mutation, by: &str) {
    let mut otherwise = Vec::new();
    for seed in 1..=PLANTED_SEEDS {
        match play(seed, Some(mutation), false) {
            Err(Broken(what)) if what.contains(by) => return,
            Err(Broken(what)) => otherwise.push(what),
            Ok(_) => {}
        }
    }
    panic!("{mutation:?} was not found by {by:?}, but by {otherwise:?}");
}

#[test]
fn an_acknowledgement_before_the_sync_is_found() {
    must_be_found(Mutation::AcknowledgeBeforeSync, "acknowledged before");
}

#[test]
fn a_message_that_stood_in_no_outbox_is_found() {
    must_be_found(Mutation::PublishWithoutOutbox, "said before it was durable");
}

#[test]
fn a_message_applied_twice_is_found() {
    must_be_found(Mutation::ForgetMarks, "applied twice");
}

#[test]
fn a_running_number_used_twice_is_found() {
    must_be_found(Mutation::ForgetNumbers, "one id for two messages");
}

#[test]
fn an_audit_log_with_a_gap_is_found() {
    must_be_found(Mutation::ForgetAudit, "the audit log is damaged");
}

#[test]
fn a_ledger_that_lost_a_sum_is_found() {
    must_be_found(Mutation::ForgetTotals, "the ledger disagrees");
}

#[test]
fn a_timer_that_was_forgotten_is_found() {
    must_be_found(Mutation::ForgetTimers, "expired");
}

#[test]
fn a_returned_message_that_was_dropped_is_found() {
    must_be_found(Mutation::DropReturned, "messages lost");
}

#[test]
fn a_nack_taken_for_success_is_found() {
    must_be_found(Mutation::NackIsSuccess, "messages lost");
}

#[test]
fn an_unknown_outcome_taken_for_success_is_found() {
    must_be_found(Mutation::UnknownIsSuccess, "messages lost");
}

#[test]
fn a_window_to_a_blocked_broker_taken_for_success_is_found() {
    must_be_found(Mutation::BlockIsSuccess, "messages lost");
}

#[test]
fn a_dead_letter_that_was_not_kept_is_found() {
    must_be_found(Mutation::ForgetQuarantine, "a dead letter is not in quarantine");
}

#[test]
fn a_message_released_twice_is_found() {
    must_be_found(Mutation::ForgetFates, "released twice");
}

#[test]
fn a_pause_that_was_forgotten_is_found() {
    must_be_found(Mutation::ForgetPauses, "taken from a paused source");
}

#[test]
fn a_sighting_added_as_money_is_found() {
    must_be_found(Mutation::AddSightings, "money added");
}

#[test]
fn a_party_taken_for_another_is_found() {
    must_be_found(Mutation::MistakeParties, "to the wrong party");
}

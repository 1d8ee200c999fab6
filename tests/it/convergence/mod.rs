//! Convergence (contract 2): for every causally possible order of the same conflict-free facts,
//! with any repetition and batching, the end is the same.
//!
//! Each history is a set of facts made from a seed. It is played twice in different orders through
//! the real intake, engine and tables, over a store in memory. A failure prints its seed; replay
//! it with `KVIT_SEED=<seed> KVIT_HISTORIES=1`.

mod history;
mod play;

use history::History;
use play::{Ending, play};

/// Orders tried for the second playing until one is found in which every fact can happen.
const TRIES: u64 = 8;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A playing in which every fact of the history could happen.
fn possible(history: &History, seed: u64) -> Option<Ending> {
    (0..TRIES).find_map(|attempt| play(history, seed.wrapping_mul(31).wrapping_add(attempt)))
}

#[test]
fn any_order_repetition_and_batching_of_the_same_facts_ends_the_same() {
    let histories = number("KVIT_HISTORIES", 10_000);
    let first = number("KVIT_SEED", 1);
    let (mut compared, mut decided, mut refunded, mut seed) = (0, 0, 0, first);
    while compared < histories {
        let history = History::of(seed);
        let played = possible(&history, seed ^ 0x5eed).zip(possible(&history, !seed));
        if let Some((one, other)) = played {
            assert_eq!(one, other, "seed {seed} does not converge: {history:#?}");
            compared += 1;
            decided += u64::from(one.has_decision());
            refunded += u64::from(one.has_refund());
        }
        seed += 1;
        assert!(seed - first < histories * 4 + 100, "too few histories are causally possible");
    }
    println!("{compared} histories compared, {decided} with a decision, {refunded} with a refund");
    if histories >= 1_000 {
        assert!(decided > histories / 20, "decisions are hardly tried: {decided}");
        assert!(refunded > histories / 20, "refunds are hardly tried: {refunded}");
    }
}

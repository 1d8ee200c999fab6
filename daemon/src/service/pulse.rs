//! Whether the daemon's parts get on: what the watchdog, `/livez` and `/readyz` are told by.
//!
//! Stalled is worse than late. A part that stalled hangs, and only a restart helps; what is late
//! is not ready, but a broker that is away or a destination that takes nothing is neither.

use std::time::Duration;

/// What the parts last did, in microseconds since 1970; 0 where there is nothing to wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    /// The moment all this was looked at.
    pub(super) now: u64,
    /// When the batch that is being applied was begun.
    pub(super) applying_since: u64,
    /// When the sync that is under way was begun.
    pub(super) syncing_since: u64,
    /// When the relay's loop last turned.
    pub(super) relay_turned_at: u64,
    /// Since when there has always been a delivery in flight.
    pub(super) busy_since: u64,
    /// When a commit last became durable.
    pub(super) durable_at: u64,
    /// Since when the broker owes its word on a message, while it is there and takes messages.
    pub(super) unconfirmed_since: u64,
}

impl Pulse {
    /// Parts that have not got on within their bound: the process had better be restarted.
    pub(super) fn stalled(&self, bound: Duration) -> Vec<&'static str> {
        let hangs = |since: u64| self.age(since).is_some_and(|age| age > bound);
        let mut stalled = Vec::new();
        if hangs(self.syncing_since) {
            stalled.push("the store's disk does not answer");
        }
        if hangs(self.applying_since) {
            stalled.push("the committer does not get on");
        }
        if hangs(self.relay_turned_at) {
            stalled.push("the relay does not get on");
        }
        stalled
    }

    /// What takes longer than it should though nothing hangs: the daemon is not ready.
    pub(super) fn late(&self, bound: Duration) -> Vec<String> {
        let mut late = Vec::new();
        let waiting = self.age(self.busy_since).map(|_| self.busy_since.max(self.durable_at));
        if let Some(age) = waiting.and_then(|since| self.age(since)).filter(|age| *age > bound) {
            let seconds = age.as_secs();
            late.push(format!("deliveries wait, and nothing was committed for {seconds} s"));
        }
        if let Some(age) = self.age(self.unconfirmed_since).filter(|age| *age > bound) {
            let seconds = age.as_secs();
            late.push(format!("the broker has not confirmed a message for {seconds} s"));
        }
        late
    }

    fn age(&self, since: u64) -> Option<Duration> {
        (since > 0).then(|| Duration::from_micros(self.now.saturating_sub(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;
    const BOUND: Duration = Duration::from_secs(10);

    fn quiet() -> Pulse {
        Pulse { now: 100 * S, relay_turned_at: 100 * S, durable_at: S, ..Pulse::default() }
    }

    #[test]
    fn a_daemon_with_nothing_to_do_is_neither_stalled_nor_late() {
        assert!(quiet().stalled(BOUND).is_empty());
        assert!(quiet().late(BOUND).is_empty());
    }

    #[test]
    fn a_sync_that_hangs_stalls_and_one_that_is_slow_does_not() {
        let slow = Pulse { syncing_since: 91 * S, ..quiet() };
        assert!(slow.stalled(BOUND).is_empty());
        let hung = Pulse { syncing_since: 89 * S, ..quiet() };
        assert_eq!(hung.stalled(BOUND), ["the store's disk does not answer"]);
    }

    #[test]
    fn a_part_that_hangs_is_named() {
        let hung = Pulse { applying_since: 80 * S, relay_turned_at: 80 * S, ..quiet() };
        let named = ["the committer does not get on", "the relay does not get on"];
        assert_eq!(hung.stalled(BOUND), named);
    }

    #[test]
    fn a_broker_that_is_blocked_or_away_stalls_nothing() {
        // The relay's loop turns on, and the broker owes nothing while it takes nothing.
        let blocked = Pulse { unconfirmed_since: 0, ..quiet() };
        assert!(blocked.stalled(BOUND).is_empty() && blocked.late(BOUND).is_empty());
    }

    #[test]
    fn deliveries_that_wait_while_nothing_is_committed_are_late() {
        let busy = Pulse { busy_since: 50 * S, durable_at: 95 * S, ..quiet() };
        assert!(busy.late(BOUND).is_empty(), "it grinds on");
        let grinding = Pulse { busy_since: 50 * S, durable_at: 60 * S, ..quiet() };
        assert_eq!(grinding.late(BOUND), ["deliveries wait, and nothing was committed for 40 s"]);
        let fresh = Pulse { busy_since: 95 * S, durable_at: S, ..quiet() };
        assert!(fresh.late(BOUND).is_empty(), "the last commit is old because nothing came");
    }

    #[test]
    fn a_word_that_the_broker_owes_is_late() {
        let owed = Pulse { unconfirmed_since: 50 * S, ..quiet() };
        assert_eq!(owed.late(BOUND), ["the broker has not confirmed a message for 50 s"]);
        assert!(owed.stalled(BOUND).is_empty());
    }
}

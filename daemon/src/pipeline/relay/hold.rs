//! Destinations that do not take messages, and what waits for them.

use std::collections::BTreeSet;
use std::time::Duration;

use kvit_schemas::Moment;
use tokio::time::Instant;

use super::Place;

/// How long a destination waits after its first failure; doubled with each further one.
pub(super) const HOLD_FIRST: Duration = Duration::from_millis(500);
pub(super) const HOLD_MAX: Duration = Duration::from_secs(60);

/// A destination that did not take a message.
pub(super) struct Hold {
    pub(super) reason: String,
    pub(super) since: Moment,
    pub(super) failures: u32,
    pub(super) next: Instant,
    pub(super) waiting: BTreeSet<(Place, usize)>,
    /// A probe is on its way.
    pub(super) probing: bool,
}

/// A destination that waits, for people.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Held {
    /// Where the messages should go, at the broker.
    pub destination: String,
    /// The same for people.
    pub place: String,
    /// Why they do not.
    pub reason: String,
    /// How many wait.
    pub messages: usize,
    /// Since when.
    pub since: Moment,
}

impl Hold {
    /// Nothing waits yet.
    pub(super) fn new(since: Moment, now: Instant) -> Self {
        Self {
            reason: String::new(),
            since,
            failures: 0,
            next: now,
            waiting: BTreeSet::new(),
            probing: false,
        }
    }

    /// True when another attempt may be made.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.probing && self.next <= now
    }
}

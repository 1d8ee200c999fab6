//! Destinations that wait: told to people, and tried again when one wants it.

use kvit_schemas::record::Destination;
use tokio::time::Instant;

use super::{Held, Hold, Relay};
use crate::pipeline::desk::place;

impl Relay {
    /// A person wants a destination tried again at once; or all of them.
    pub(super) fn kick(&mut self, wanted: Option<&str>) {
        for (destination, hold) in &mut self.held {
            if wanted.is_none_or(|wanted| place(destination) == wanted) {
                hold.next = Instant::now();
            }
        }
    }

    /// Those that wait, for people.
    pub(super) fn held_now(&self) -> Vec<Held> {
        let told = |(destination, hold): (&Destination, &Hold)| {
            let (exchange, key) = self.addresses.of(destination, "");
            Held {
                destination: format!("{exchange} {key}"),
                place: place(destination),
                reason: hold.reason.clone(),
                messages: hold.waiting.len(),
                since: hold.since,
            }
        };
        self.held.iter().map(told).collect()
    }
}

//! Destinations that wait: tried again after a while, or when a person wants it, and told to
//! people.

use kvit_adapters::store::StoreError;
use kvit_schemas::record::Destination;
use tokio::time::Instant;

use super::hold::{HOLD_FIRST, HOLD_MAX};
use super::ticket::Ticket;
use super::{Held, Hold, Place, Relay};
use crate::blocking::read;
use crate::pipeline::desk::place;

impl Relay {
    /// A person wants a destination tried again at once; or all of them.
    pub(super) fn kick(&mut self, wanted: Option<&str>) {
        for (destination, hold) in &mut self.held {
            if wanted.is_none_or(|wanted| place(destination) == wanted) {
                hold.next = self.now;
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

    pub(super) fn hold(&mut self, ticket: Ticket, reason: &str) {
        let hold = self.held.entry(ticket.destination.clone()).or_insert_with(|| {
            tracing::warn!(destination = ?ticket.destination, reason, "destination held");
            Hold::new(ticket.since, self.now)
        });
        reason.clone_into(&mut hold.reason);
        hold.waiting.insert((ticket.place, ticket.nth));
        // Of a window that failed as a whole, only the first message counts as an attempt.
        if hold.failures == 0 || hold.probing {
            let wait = HOLD_FIRST.saturating_mul(1 << hold.failures.min(10)).min(HOLD_MAX);
            hold.failures = hold.failures.saturating_add(1);
            hold.next = self.now + wait;
        }
        hold.probing = false;
    }

    /// Sends one message to each held destination whose time has come; a confirmed one is
    /// followed by the rest.
    pub(super) async fn retry(&mut self, now: Instant) -> Result<(), StoreError> {
        let due: Vec<Destination> = self
            .held
            .iter()
            .filter(|(_, hold)| hold.is_due(now))
            .map(|(destination, _)| destination.clone())
            .collect();
        for destination in due {
            let Some(hold) = self.held.get_mut(&destination) else { continue };
            let room = self.window.0.saturating_sub(self.tickets.len());
            let many = if hold.failures == 0 { self.window.1.min(room) } else { 1 };
            if many == 0 {
                continue;
            }
            hold.probing = true;
            let next: Vec<(Place, usize)> = hold.waiting.iter().take(many).copied().collect();
            for waiting in &next {
                hold.waiting.remove(waiting);
            }
            for (sent, (place, nth)) in next.into_iter().enumerate() {
                if sent > 0 && !self.has_room() {
                    self.wait_on(&destination, (place, nth));
                    continue;
                }
                let row =
                    read(&self.store, move |store| store.outbox_row(place.0, place.1)).await?;
                match row.and_then(|row| row.messages.into_iter().nth(nth)) {
                    Some(message) => self.publish(place, nth, message).await?,
                    // Sent meanwhile: there is nothing more to be confirmed.
                    None => {
                        let (since, destination) = (self.clock.now(), destination.clone());
                        self.confirmed(&Ticket::sent((place, nth), destination, since));
                    }
                }
            }
        }
        Ok(())
    }

    /// There was no room for a message of a destination that takes messages again.
    fn wait_on(&mut self, destination: &Destination, message: (Place, usize)) {
        let since = self.clock.now();
        let hold =
            self.held.entry(destination.clone()).or_insert_with(|| Hold::new(since, self.now));
        hold.waiting.insert(message);
    }
}

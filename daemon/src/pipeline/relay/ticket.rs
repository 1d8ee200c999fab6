//! A message that waits for the broker's word.

use std::time::Duration;

use kvit_schemas::Moment;
use kvit_schemas::message::MessageType;
use kvit_schemas::record::{Destination, OutMessage};

use super::Place;
use crate::telemetry::spans::Publishing;
use crate::telemetry::{events, list};

/// A message handed to the publisher.
pub(super) struct Ticket {
    pub(super) place: Place,
    pub(super) nth: usize,
    pub(super) destination: Destination,
    /// Bytes of its body.
    pub(super) bytes: usize,
    /// When it was handed to the publisher.
    pub(super) since: Moment,
    /// Its type and the time its cause was sent, where the whole way is measured.
    pub(super) way: Option<(String, Moment)>,
    /// Its span, where its trace is recorded.
    pub(super) span: Option<Publishing>,
}

impl Ticket {
    pub(super) fn of((place, nth): (Place, usize), message: &OutMessage, now: Moment) -> Self {
        let measured = [MessageType::CaseAssigned, MessageType::DecisionPublished];
        let way =
            message.caused_at.filter(|_| measured.iter().any(|it| it.as_str() == message.kind));
        let way = way.map(|caused_at| (message.kind.clone(), caused_at));
        let destination = message.destination.clone();
        Self { place, nth, destination, bytes: 0, since: now, way, span: None }
    }

    /// Of a message that had been sent before.
    pub(super) fn sent(
        (place, nth): (Place, usize),
        destination: Destination,
        since: Moment,
    ) -> Self {
        Self { place, nth, destination, bytes: 0, since, way: None, span: None }
    }

    /// Observes how long the broker took, and the whole way where that is measured; the span ends.
    pub(super) fn measure(&mut self, now: Moment) {
        let micros = now.micros().saturating_sub(self.since.micros());
        let waited = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
        list::PUBLISH_CONFIRM.observe(waited, &[]);
        if let Some((kind, caused_at)) = &self.way {
            events::took(kind, *caused_at, now);
        }
        if let Some(span) = self.span.take() {
            span.confirmed();
        }
    }
}

/// The lane of a message: one for all of an order.
pub(super) fn lane_of(message: &OutMessage) -> usize {
    let number = message.order_code.map_or(0, kvit_schemas::OrderCode::to_number);
    usize::try_from(number % 1_009).unwrap_or_default()
}

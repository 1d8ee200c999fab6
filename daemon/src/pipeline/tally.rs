//! Counting deliveries: each that is taken ends in exactly one way, also where it is dropped.

use std::sync::{Arc, Mutex, PoisonError};

use kvit_schemas::record::Disposition;
use kvit_schemas::{Code, Moment};

use super::intake::Queue;
use crate::telemetry::spans::Delivering;

/// Deliveries of all queues since the start.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    queues: [QueueCounts; 5],
    /// When there was last nothing in flight and then something came.
    busy_since: Option<Moment>,
}

/// Deliveries of one queue.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct QueueCounts {
    /// Taken from the queue.
    pub received: u64,
    /// Of these, such as the broker has marked as delivered before.
    pub redelivered: u64,
    /// Not ended yet.
    pub in_flight: u64,
    /// Ended as applied, duplicate, conflict, refused; or not answered.
    pub ended: [u64; 5],
}

/// How a delivery ended: with the words of the contract, or without an answer.
pub const ENDS: [&str; 5] = ["applied", "duplicate", "conflict", "refused", "unanswered"];

const UNANSWERED: usize = 4;

impl QueueCounts {
    /// What was received, less what ended, less what is in flight: 0 unless kvit has lost count.
    pub fn unbalanced(&self) -> i128 {
        let ended: u64 = self.ended.iter().sum();
        i128::from(self.received) - i128::from(ended) - i128::from(self.in_flight)
    }
}

impl Tally {
    /// Counts a delivery as taken. What is given back follows it to its end.
    pub fn take(self: &Arc<Self>, queue: Queue, redelivered: bool, now: Moment) -> Taken {
        self.change(|counts| {
            if counts.queues.iter().all(|queue| queue.in_flight == 0) {
                counts.busy_since = Some(now);
            }
            let counts = &mut counts.queues[place(queue)];
            counts.received += 1;
            counts.redelivered += u64::from(redelivered);
            counts.in_flight += 1;
        });
        Taken { tally: Arc::clone(self), queue, ended: None, code: None, span: None }
    }

    /// The counts of each queue, all of one moment.
    pub fn counts(&self) -> Vec<(Queue, QueueCounts)> {
        let queues = self.0.lock().unwrap_or_else(PoisonError::into_inner).queues;
        Queue::ALL.into_iter().zip(queues).collect()
    }

    /// How many deliveries ended so.
    pub fn ended(&self, disposition: Disposition) -> u64 {
        self.counts().iter().map(|(_, counts)| counts.ended[slot(disposition)]).sum()
    }

    /// Since when there has always been something in flight; `None` when there is nothing.
    pub fn busy_since(&self) -> Option<Moment> {
        let counts = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = counts.queues.iter().any(|queue| queue.in_flight > 0);
        counts.busy_since.filter(|_| busy)
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A delivery on its way. Dropped without an end, it counts as not answered: it comes again.
#[derive(Debug)]
pub struct Taken {
    tally: Arc<Tally>,
    queue: Queue,
    ended: Option<Disposition>,
    /// Why it was refused.
    code: Option<Code>,
    span: Option<Delivering>,
}

impl Taken {
    /// A span ends with it.
    pub(crate) fn traced(&mut self, span: Option<Delivering>) {
        self.span = span;
    }

    /// Remembers why it is being refused.
    pub(crate) fn coded(&mut self, code: Option<Code>) {
        self.code = code;
    }

    /// Counts the end.
    pub fn end(mut self, disposition: Disposition) {
        self.ended = Some(disposition);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (queue, at) = (place(self.queue), self.ended.map_or(UNANSWERED, slot));
        self.tally.change(|counts| {
            let counts = &mut counts.queues[queue];
            counts.in_flight -= 1;
            counts.ended[at] += 1;
        });
        if let Some(span) = self.span.take() {
            span.ended((self.ended, self.code), ENDS[at]);
        }
    }
}

fn place(queue: Queue) -> usize {
    match queue {
        Queue::Portal => 0,
        Queue::Bank => 1,
        Queue::Files => 2,
        Queue::Agency => 3,
        Queue::Dead => 4,
    }
}

fn slot(disposition: Disposition) -> usize {
    match disposition {
        Disposition::Applied => 0,
        Disposition::Duplicate => 1,
        Disposition::Conflict => 2,
        Disposition::Refused => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delivery_is_in_flight_until_it_ends_in_exactly_one_way() {
        let tally = Arc::new(Tally::default());
        let now = "2026-03-05T12:00:00+03:00".parse().unwrap();
        let take = |queue, again| tally.take(queue, again, now);
        let (one, two, three) =
            (take(Queue::Bank, false), take(Queue::Bank, true), take(Queue::Portal, false));
        assert_eq!(tally.busy_since(), Some(now));
        one.end(Disposition::Applied);
        drop(two);
        let counts = tally.counts();
        for (queue, counts) in &counts {
            assert_eq!(counts.unbalanced(), 0, "{queue:?}");
        }
        let bank = counts[1].1;
        assert_eq!((bank.received, bank.redelivered, bank.in_flight), (2, 1, 0));
        assert_eq!(bank.ended, [1, 0, 0, 0, 1], "one applied, one not answered");
        assert_eq!(counts[0].1.in_flight, 1);
        three.end(Disposition::Refused);
        assert_eq!(tally.busy_since(), None);
        assert_eq!((tally.ended(Disposition::Refused), tally.ended(Disposition::Applied)), (1, 1));
    }
}

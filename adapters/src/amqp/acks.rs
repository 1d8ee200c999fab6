//! Acknowledging: what may be said to the broker, and when.
//!
//! One acknowledgement for many messages is several times as fast as one for each, but it covers
//! *everything* up to its tag. So only the contiguous run of committed tags is acknowledged; a
//! tag beyond a gap waits until the gap closes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// A delivery's name on the channel it came by. Given back through [`Acks::acknowledge`] once
/// the commit that holds the delivery's effects is on stable storage, and not before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AckHandle {
    pub(crate) slot: usize,
    /// Which channel: tags begin at 1 again on each new one.
    pub(crate) epoch: u64,
    pub(crate) tag: u64,
}

/// Takes acknowledgements from any thread, without waiting. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Acks(Arc<[Inbox]>);

/// The committed deliveries of one queue that its channel's task has not seen yet. Bounded by
/// the queue's prefetch: the broker sends no more than that without an acknowledgement.
#[derive(Debug, Default)]
struct Inbox {
    committed: Mutex<Vec<AckHandle>>,
    arrived: Notify,
}

impl AckHandle {
    /// The name of the delivery with this tag on the channel of this number, of the queue in this
    /// slot.
    pub fn of(slot: usize, epoch: u64, tag: u64) -> Self {
        Self { slot, epoch, tag }
    }

    /// The tag, if the channel it came by is still the one of this number.
    pub fn tag_on(self, epoch: u64) -> Option<u64> {
        (self.epoch == epoch).then_some(self.tag)
    }
}

impl Acks {
    /// For so many queues.
    pub fn new(queues: usize) -> Self {
        Self((0..queues).map(|_| Inbox::default()).collect())
    }

    /// Says that these deliveries are done with. Those of a channel that is gone meanwhile are
    /// counted and otherwise ignored: the broker delivers them again.
    pub fn acknowledge(&self, handles: Vec<AckHandle>) {
        for (slot, inbox) in self.0.iter().enumerate() {
            let mut ours = handles.iter().filter(|handle| handle.slot == slot).peekable();
            if ours.peek().is_some() {
                inbox.lock().extend(ours);
                inbox.arrived.notify_one();
            }
        }
    }

    /// Waits until something was acknowledged on a queue.
    pub(crate) async fn arrived(&self, slot: usize) {
        match self.0.get(slot) {
            Some(inbox) => inbox.arrived.notified().await,
            None => std::future::pending().await,
        }
    }

    /// What was acknowledged on a queue and not taken yet.
    pub fn take(&self, slot: usize) -> Vec<AckHandle> {
        self.0.get(slot).map(|inbox| std::mem::take(&mut *inbox.lock())).unwrap_or_default()
    }
}

impl Inbox {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<AckHandle>> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tags of one channel: handed on, committed, acknowledged.
#[derive(Debug, Default)]
pub struct AckPrefix {
    /// The last tag handed on to the caller; tags are handed on in order, from 1.
    handed_on: u64,
    /// All tags up to this one are acknowledged.
    acknowledged: u64,
    /// Committed tags above it.
    committed: BTreeSet<u64>,
}

impl AckPrefix {
    /// A delivery was handed on.
    pub fn hand_on(&mut self, tag: u64) {
        self.handed_on = tag;
    }

    /// A tag that was acknowledged before, or never handed on, must not reach the broker: it
    /// closes the channel for that.
    pub fn commit(&mut self, tag: u64) {
        if tag > self.acknowledged && tag <= self.handed_on {
            self.committed.insert(tag);
        }
    }

    /// The end of the contiguous committed run and its length, if it has grown; from here on it
    /// counts as acknowledged.
    pub fn take_run(&mut self) -> Option<(u64, u64)> {
        let before = self.acknowledged;
        while self.committed.first() == Some(&(self.acknowledged + 1)) {
            self.committed.pop_first();
            self.acknowledged += 1;
        }
        (self.acknowledged > before).then(|| (self.acknowledged, self.acknowledged - before))
    }

    /// What is committed beyond a gap, in order: to be acknowledged one by one at the end.
    pub fn take_rest(&mut self) -> BTreeSet<u64> {
        std::mem::take(&mut self.committed)
    }

    /// True when nothing that was handed on is still to be acknowledged.
    pub(crate) fn is_settled(&self) -> bool {
        self.acknowledged == self.handed_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contiguous_run_is_acknowledged_and_nothing_twice() {
        let mut prefix = AckPrefix::default();
        (1..=6).for_each(|tag| prefix.hand_on(tag));
        prefix.commit(2);
        prefix.commit(3);
        assert_eq!(prefix.take_run(), None, "1 is missing");
        prefix.commit(1);
        assert_eq!(prefix.take_run(), Some((3, 3)));
        prefix.commit(2);
        prefix.commit(0);
        prefix.commit(7);
        assert_eq!(prefix.take_run(), None, "2 is done, 0 means all, 7 never came");
        prefix.commit(5);
        prefix.commit(6);
        assert!(!prefix.is_settled());
        assert_eq!(prefix.take_rest().into_iter().collect::<Vec<_>>(), [5, 6]);
    }

    #[test]
    fn handles_reach_the_queue_they_came_from() {
        let acks = Acks::new(2);
        let handle = |slot, tag| AckHandle { slot, epoch: 1, tag };
        acks.acknowledge(vec![handle(1, 1), handle(0, 1), handle(1, 2)]);
        assert_eq!(acks.take(0), [handle(0, 1)]);
        assert_eq!(acks.take(1), [handle(1, 1), handle(1, 2)]);
        assert_eq!(acks.take(1), []);
    }
}

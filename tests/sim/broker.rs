//! A broker in memory. It keeps AMQP's promises and no others: what is not acknowledged comes
//! again, what is published arrives or not, and whoever publishes may never learn which.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kvit::pipeline::Queue;
use kvit_adapters::amqp::{AckHandle, AckPrefix, Acks, Delivery, Outgoing, PublishOutcome};

use crate::story::Letter;
use kvit_tests::dice::Dice;

/// Deliveries of one queue that may be unacknowledged at a time.
const PREFETCH: usize = 6;
/// How often a message may come back before the broker gives it up.
const DELIVERY_LIMIT: usize = 2;
/// The queues that kvit reads; the last is that of what the broker gave up.
pub(crate) const QUEUES: usize = Queue::ALL.len();
const DEAD: usize = QUEUES - 1;

/// What is in a queue that kvit reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Content {
    /// A letter, by its number.
    Letter(usize),
    /// A message of kvit's own that its party could not take.
    Own(usize),
}

/// One copy of it, and how often it came back.
#[derive(Debug, Clone, Copy)]
struct Copy {
    content: Content,
    returned: usize,
}

#[derive(Default)]
struct InQueue {
    ready: VecDeque<Copy>,
    unacked: BTreeMap<u64, Copy>,
    /// Kvit has a channel on it.
    open: bool,
    epoch: u64,
    tag: u64,
    prefix: AckPrefix,
}

/// A message of kvit that reached a queue.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) exchange: String,
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Broker {
    queues: [InQueue; QUEUES],
    /// Destinations that take nothing now, and what becomes of messages to them.
    closed: BTreeMap<String, PublishOutcome>,
    /// Letters by number that were acknowledged on the queue they were sent to.
    pub(crate) acknowledged: BTreeSet<usize>,
    /// Messages of kvit's own that died at their party.
    own: Vec<Arrived>,
    /// All that was given up.
    pub(crate) dead: BTreeSet<Content>,
    /// Ids of messages that kvit was told have arrived.
    pub(crate) confirmed: BTreeSet<String>,
    /// Ids of messages that could not be sent as they are.
    pub(crate) malformed: BTreeSet<String>,
}

/// What becomes of the messages of one window.
pub(crate) struct Window {
    pub(crate) outcomes: Vec<(u64, PublishOutcome)>,
    pub(crate) arrived: Vec<Arrived>,
}

fn place(queue: Queue) -> usize {
    Queue::ALL.iter().position(|it| *it == queue).unwrap_or_default()
}

impl Broker {
    /// A party publishes a letter, to the end of the queue or, where another of its connections
    /// was slower, before the end.
    pub(crate) fn send(&mut self, (number, letter): (usize, &Letter), dice: &mut Dice) {
        let ready = &mut self.queues[place(letter.queue)].ready;
        let copy = Copy { content: Content::Letter(number), returned: 0 };
        let at = if dice.one_in(3) { dice.below(ready.len() + 1) } else { ready.len() };
        ready.insert(at, copy);
    }

    /// Queues with something to deliver and room for it.
    pub(crate) fn deliverable(&self) -> Vec<usize> {
        let may = |queue: &InQueue| {
            queue.open && !queue.ready.is_empty() && queue.unacked.len() < PREFETCH
        };
        (0..self.queues.len()).filter(|at| may(&self.queues[*at])).collect()
    }

    /// The next delivery of a queue.
    pub(crate) fn deliver(&mut self, slot: usize, letters: &[Letter]) -> Option<Delivery> {
        let queue = &mut self.queues[slot];
        let copy = queue.ready.pop_front()?;
        queue.tag += 1;
        queue.unacked.insert(queue.tag, copy);
        queue.prefix.hand_on(queue.tag);
        let from = (slot, AckHandle::of(slot, queue.epoch, queue.tag));
        let again = copy.returned > 0;
        Some(match copy.content {
            Content::Letter(letter) if slot == DEAD => letters[letter].dead(from, again),
            Content::Letter(letter) => letters[letter].delivery(from, again),
            Content::Own(own) => self.own[own].dead(from, again),
        })
    }

    /// The id of what is in a queue.
    pub(crate) fn id<'a>(&'a self, content: Content, letters: &'a [Letter]) -> &'a str {
        match content {
            Content::Letter(letter) => &letters[letter].id,
            Content::Own(own) => &self.own[own].id,
        }
    }

    /// Takes what was acknowledged on a queue; what is gone from it now.
    pub(crate) fn take_acks(&mut self, slot: usize, acks: &Acks) -> Vec<Content> {
        let queue = &mut self.queues[slot];
        for handle in acks.take(slot) {
            if let Some(tag) = handle.tag_on(queue.epoch) {
                queue.prefix.commit(tag);
            }
        }
        let Some((upto, _)) = queue.prefix.take_run() else { return Vec::new() };
        let left = queue.unacked.split_off(&(upto + 1));
        let gone = std::mem::replace(&mut queue.unacked, left);
        self.done_with(slot, gone.into_values())
    }

    fn done_with(&mut self, slot: usize, gone: impl Iterator<Item = Copy>) -> Vec<Content> {
        let gone: Vec<Content> = gone.map(|copy| copy.content).collect();
        for content in &gone {
            if let (Content::Letter(letter), true) = (content, slot != DEAD) {
                self.acknowledged.insert(*letter);
            }
        }
        gone
    }

    /// Kvit's channel on a queue follows what kvit wants of it: opened, or closed in order, with
    /// what is committed acknowledged, gaps or not. What is gone from the queue now.
    pub(crate) fn steer(&mut self, slot: usize, wanted: bool, acks: &Acks) -> Vec<Content> {
        if wanted || !self.queues[slot].open {
            self.queues[slot].open = wanted;
            return Vec::new();
        }
        let mut gone = self.take_acks(slot, acks);
        let queue = &mut self.queues[slot];
        let rest = queue.prefix.take_rest().into_iter();
        let rest: Vec<Copy> = rest.filter_map(|tag| queue.unacked.remove(&tag)).collect();
        gone.extend(self.done_with(slot, rest.into_iter()));
        self.lose_channel(slot);
        gone
    }

    /// A consuming channel is gone: what is not acknowledged goes back to its place, and what came
    /// back too often to the dead letters.
    pub(crate) fn lose_channel(&mut self, slot: usize) {
        let queue = &mut self.queues[slot];
        let mut died = Vec::new();
        for (_, copy) in std::mem::take(&mut queue.unacked).into_iter().rev() {
            let copy = Copy { returned: copy.returned + 1, ..copy };
            if copy.returned > DELIVERY_LIMIT && slot != DEAD {
                died.push(copy.content);
            } else {
                queue.ready.push_front(copy);
            }
        }
        queue.open = false;
        queue.epoch += 1;
        queue.tag = 0;
        queue.prefix = AckPrefix::default();
        died.into_iter().rev().for_each(|content| self.give_up(content));
    }

    fn give_up(&mut self, content: Content) {
        self.queues[DEAD].ready.push_back(Copy { content, returned: 0 });
        self.dead.insert(content);
    }

    /// A party has sent a message of kvit back too often.
    pub(crate) fn bury(&mut self, message: Arrived) {
        self.own.push(message);
        self.give_up(Content::Own(self.own.len() - 1));
    }

    pub(crate) fn lose_all_channels(&mut self) {
        (0..self.queues.len()).for_each(|slot| self.lose_channel(slot));
    }

    /// True when nothing waits and nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.queues.iter().all(|queue| queue.ready.is_empty() && queue.unacked.is_empty())
    }

    /// A destination takes nothing from now on: its queue is full, or not bound.
    pub(crate) fn close(&mut self, destination: String, full: bool) {
        let outcome = if full { PublishOutcome::Refused } else { PublishOutcome::Unroutable };
        self.closed.insert(destination, outcome);
    }

    pub(crate) fn open_all(&mut self) {
        self.closed.clear();
    }

    /// Takes a window of a lane. `trouble` is what goes wrong with the channel meanwhile: then of
    /// each message nobody learns whether it arrived. An `odd` window holds messages that are refused on
    /// our own side.
    pub(crate) fn publish(
        &mut self,
        window: Vec<Outgoing>,
        (trouble, odd): (bool, bool),
        dice: &mut Dice,
    ) -> Window {
        let mut done = Window { outcomes: Vec::new(), arrived: Vec::new() };
        for message in window {
            let closed = self.closed.get(&format!("{} {}", message.exchange, message.routing_key));
            let outcome = match closed {
                Some(outcome) => outcome.clone(),
                None if odd && dice.one_in(4) => PublishOutcome::Malformed("cause"),
                None if trouble => PublishOutcome::Unknown("the channel closed".to_owned()),
                None => PublishOutcome::Confirmed,
            };
            let arrives = match outcome {
                PublishOutcome::Confirmed => true,
                PublishOutcome::Unknown(_) => dice.one_in(2),
                PublishOutcome::Unroutable
                | PublishOutcome::Refused
                | PublishOutcome::Malformed(_) => false,
            };
            if outcome == PublishOutcome::Confirmed {
                self.confirmed.insert(message.message_id.clone());
            }
            if matches!(outcome, PublishOutcome::Malformed(_)) {
                self.malformed.insert(message.message_id.clone());
            }
            done.outcomes.push((message.ticket, outcome));
            if arrives {
                done.arrived.push(Arrived {
                    exchange: message.exchange,
                    key: message.routing_key,
                    id: message.message_id,
                    kind: message.kind,
                    body: message.body,
                });
            }
        }
        done
    }
}

impl Letter {
    pub(crate) fn delivery(&self, (slot, ack): (usize, AckHandle), redelivered: bool) -> Delivery {
        let exchange = match self.queue {
            Queue::Portal => "kvit.portal.in",
            Queue::Bank | Queue::Files => "kvit.bank.in",
            Queue::Agency => "kvit.agency.in",
            Queue::Dead => "kvit.dead",
        };
        let header = |name: &String| ("kvit-file-name".to_owned(), name.clone());
        Delivery {
            source: slot,
            ack,
            exchange: exchange.to_owned(),
            routing_key: self.key.clone(),
            redelivered,
            properties: kvit_adapters::amqp::Properties {
                message_id: Some(self.id.clone()),
                kind: Some(self.kind.to_owned()),
                user_id: Some(self.user.to_owned()),
                headers: self.file_name.iter().map(header).collect(),
                ..kvit_adapters::amqp::Properties::default()
            },
            body: self.bytes.clone(),
        }
    }
}

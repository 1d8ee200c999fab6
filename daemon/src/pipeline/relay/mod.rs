//! The relay: outbox rows to the broker, forgotten only after the broker's word.
//!
//! It keeps a window of rows in memory. Rows come from the syncer while it keeps up; when it does
//! not, or at start, they are read from the store, up to the last durable commit. A message that
//! the broker would not take holds up its destination, and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kvit_adapters::amqp::{Outcomes, PublishOutcome, PublisherHandle};
use kvit_adapters::clock::Clock;
use kvit_adapters::crash::{self, Point};
use kvit_adapters::store::{OutboxRow, Store, StoreError};
use kvit_schemas::record::{Destination, OutBody, OutMessage};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

mod hold;
mod queued;
mod ticket;
mod waiting;

use super::committer::{CommitterHandle, Progress, Work};
use super::outgoing::Addresses;
use super::pieces;
use crate::blocking::read;
use crate::telemetry::{Spans, list};
pub use hold::Held;
use hold::Hold;
use ticket::{Ticket, lane_of};

/// Messages on their way from which on no further row is taken.
const WINDOW: usize = 2_048;
/// Bytes on their way from which on no further row is taken, so that large messages go one at a
/// time: each lane of the publisher may fill one window while another is being confirmed.
const WINDOW_BYTES: usize = 4 << 20;
/// What the publisher's inlets and the outcomes' channel must hold, so that the relay never waits
/// for the publisher while the publisher waits for the relay: the window and its last row.
pub const CHANNEL_DEPTH: usize = 2 * WINDOW;
/// Rows read from the store at a time.
const PAGE: usize = 256;
/// How often held destinations are looked at.
const TICK: Duration = Duration::from_millis(250);

/// The place of a row in the outbox.
type Place = (u64, u16);

/// Publishes what the outbox holds, oldest first.
pub struct Relay {
    store: Arc<Store>,
    publisher: PublisherHandle,
    committer: CommitterHandle,
    addresses: Addresses,
    progress: Arc<Progress>,
    clock: Clock,
    spans: Spans,
    /// The last row queued.
    cursor: Option<Place>,
    /// Rows that wait for room, oldest first.
    queued: VecDeque<OutboxRow>,
    queued_bytes: usize,
    /// Rows are to be read from the store, beginning after the cursor.
    behind: bool,
    rows: BTreeMap<Place, Row>,
    tickets: HashMap<u64, Ticket>,
    next_ticket: u64,
    /// Bytes of all messages under way.
    bytes: usize,
    held: BTreeMap<Destination, Hold>,
    sent: Vec<Place>,
    /// When this turn began.
    now: Instant,
    /// Messages on their way from which on no further row is taken, and rows read at a time.
    window: (usize, usize),
}

/// Something that the relay is to look at.
#[derive(Debug)]
pub enum Event {
    /// The broker's word on some messages.
    Settled(Outcomes),
    /// Rows that became durable just now.
    Fresh(Vec<OutboxRow>),
    /// A person wants a destination tried again, or all of them.
    Kicked(Option<String>),
    /// Time passed.
    Tick,
}

/// A row under way: which of its messages are not confirmed yet.
struct Row {
    left: BTreeSet<usize>,
}

impl Relay {
    /// A relay that begins with what the store holds.
    pub fn new(
        store: Arc<Store>,
        publisher: PublisherHandle,
        committer: CommitterHandle,
        addresses: Addresses,
        (progress, clock, spans): (Arc<Progress>, Clock, Spans),
    ) -> Self {
        Self {
            store,
            publisher,
            committer,
            addresses,
            progress,
            clock,
            spans,
            cursor: None,
            queued: VecDeque::new(),
            queued_bytes: 0,
            behind: true,
            rows: BTreeMap::new(),
            tickets: HashMap::new(),
            next_ticket: 0,
            bytes: 0,
            held: BTreeMap::new(),
            sent: Vec::new(),
            now: Instant::now(),
            window: (WINDOW, PAGE),
        }
    }

    /// With a narrower window, so that few messages fill it.
    #[must_use]
    pub fn narrowed(mut self, messages: usize, page: usize) -> Self {
        self.window = (messages.clamp(1, WINDOW), page.clamp(1, PAGE));
        self
    }

    /// Publishes until told to stop. What is not confirmed by then comes again after the next
    /// start, under the same ids.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn run(
        mut self,
        mut fresh: mpsc::Receiver<Vec<OutboxRow>>,
        mut outcomes: mpsc::Receiver<Outcomes>,
        (held, mut kicks): (watch::Sender<Vec<Held>>, mpsc::Receiver<Option<String>>),
        stop: CancellationToken,
    ) -> Result<(), StoreError> {
        let mut tick = tokio::time::interval(TICK);
        loop {
            self.catch_up().await?;
            let event = tokio::select! {
                biased;
                Some(window) = outcomes.recv() => Event::Settled(window),
                Some(rows) = fresh.recv() => Event::Fresh(rows),
                Some(kicked) = kicks.recv() => Event::Kicked(kicked),
                _ = tick.tick() => {
                    self.tell(&held);
                    Event::Tick
                }
                () = stop.cancelled() => break,
            };
            self.turn(event, Instant::now()).await?;
        }
        self.progress.relay_turned_at.store(0, Ordering::Release);
        Ok(())
    }

    /// Reads what the store holds, where it was not handed over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catch_up(&mut self) -> Result<(), StoreError> {
        Progress::mark(&self.progress.relay_turned_at, &self.clock);
        self.take_queued().await?;
        while self.behind && self.queued.is_empty() {
            self.read_on().await?;
            self.take_queued().await?;
        }
        Ok(())
    }

    /// One turn of the loop.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn turn(&mut self, event: Event, now: Instant) -> Result<(), StoreError> {
        self.now = now;
        match event {
            Event::Settled(window) => self.settle(window),
            Event::Fresh(rows) => self.take_fresh(rows),
            Event::Kicked(kicked) => self.kick(kicked.as_deref()),
            Event::Tick => {}
        }
        self.report_sent();
        let idle = self.queued.is_empty() && self.tickets.is_empty() && self.sent.is_empty();
        let busy = self.behind || !idle;
        self.progress.relay_busy.store(busy, Ordering::Release);
        if self.held.values().any(|hold| hold.is_due(now)) {
            self.retry(now).await?;
        }
        Ok(())
    }

    /// What others may know: what is held, and how long the broker has owed its word.
    fn tell(&self, held: &tokio::sync::watch::Sender<Vec<Held>>) {
        held.send_replace(self.held_now());
        let oldest = self.tickets.values().map(|ticket| ticket.since).min();
        let micros = oldest.map_or(0, |since| u64::try_from(since.micros()).unwrap_or_default());
        self.progress.unconfirmed_since.store(micros, Ordering::Release);
    }

    async fn take(&mut self, row: OutboxRow) -> Result<(), StoreError> {
        let place = (row.commit, row.part);
        self.cursor = self.cursor.max(Some(place));
        self.rows.insert(place, Row { left: (0..row.messages.len()).collect() });
        for (nth, message) in row.messages.into_iter().enumerate() {
            match self.held.get_mut(&message.destination) {
                Some(hold) => drop(hold.waiting.insert((place, nth))),
                None => self.publish(place, nth, message).await?,
            }
        }
        Ok(())
    }

    async fn publish(
        &mut self,
        place: Place,
        nth: usize,
        message: OutMessage,
    ) -> Result<(), StoreError> {
        let mut ticket = Ticket::of((place, nth), &message, self.clock.now());
        let body = message.body.clone();
        let Some(body) = self.whole(body).await? else {
            self.cannot_be_sent(&ticket, "its kept body is missing; run `kvit store verify`");
            return Ok(());
        };
        ticket.bytes = body.len();
        let address = || self.addresses.of(&message.destination, &message.kind);
        ticket.span = self.spans.publishing(&message, address);
        let number = self.next_ticket;
        self.next_ticket += 1;
        // Messages of one order to one destination keep their order: they share a lane.
        let lane = lane_of(&message);
        let outgoing = match self.addresses.outgoing(number, message, body) {
            Ok(outgoing) => outgoing,
            Err(error) => {
                self.cannot_be_sent(&ticket, &format!("its body cannot be written: {error}"));
                return Ok(());
            }
        };
        self.bytes += ticket.bytes;
        self.tickets.insert(number, ticket);
        crash::reach(Point::Publishing);
        if self.publisher.lane(lane).send(outgoing).await.is_err() {
            // The publisher has ended: the daemon is stopping, and the row stays in the store.
            self.forget(number);
        }
        Ok(())
    }

    async fn whole(&self, body: OutBody) -> Result<Option<Vec<u8>>, StoreError> {
        match body {
            OutBody::Inline(bytes) => Ok(Some(bytes)),
            OutBody::Stored(_) | OutBody::Pieces(_) => {
                read(&self.store, move |store| pieces::whole(store, body)).await
            }
        }
    }

    /// The ticket of a message that is not under way any more.
    fn forget(&mut self, number: u64) -> Option<Ticket> {
        let ticket = self.tickets.remove(&number)?;
        self.bytes -= ticket.bytes;
        Some(ticket)
    }

    /// True when one more row may be taken.
    fn has_room(&self) -> bool {
        self.tickets.len() < self.window.0 && self.bytes < WINDOW_BYTES
    }

    fn settle(&mut self, window: Outcomes) {
        for (number, outcome) in window {
            let Some(mut ticket) = self.forget(number) else { continue };
            let word = match &outcome {
                PublishOutcome::Confirmed => "confirmed",
                PublishOutcome::Unroutable => "returned",
                PublishOutcome::Refused => "nacked",
                PublishOutcome::Unknown(_) => "unknown",
                PublishOutcome::Malformed(_) => "malformed",
            };
            list::PUBLISHES_ENDED.add(1, &[("outcome", word.to_owned())]);
            match outcome {
                PublishOutcome::Confirmed => {
                    ticket.measure(self.clock.now());
                    self.confirmed(&ticket);
                }
                PublishOutcome::Unroutable => {
                    self.hold(ticket, "no queue is bound for it; check `kvit topology`");
                }
                PublishOutcome::Refused => {
                    self.hold(ticket, "the broker refuses it: its queue is full and nobody reads");
                }
                PublishOutcome::Unknown(reason) => self.hold(ticket, &reason),
                PublishOutcome::Malformed(what) => {
                    self.cannot_be_sent(&ticket, &format!("{what} is too long for AMQP"));
                }
            }
        }
    }

    /// Kvit's own bug, or damage. The message stays in the outbox and holds up nobody; it is tried
    /// again after the next start.
    fn cannot_be_sent(&mut self, ticket: &Ticket, why: &str) {
        tracing::error!(place = ?ticket.place, why, "a message cannot be sent");
        self.probed(&ticket.destination);
    }

    fn confirmed(&mut self, ticket: &Ticket) {
        if let Some(row) = self.rows.get_mut(&ticket.place) {
            row.left.remove(&ticket.nth);
            if row.left.is_empty() {
                crash::reach(Point::Confirmed);
                self.rows.remove(&ticket.place);
                self.sent.push(ticket.place);
            }
        }
        if let Some(hold) = self.held.get_mut(&ticket.destination) {
            hold.failures = 0;
        }
        self.probed(&ticket.destination);
    }

    /// A held destination may be tried with what waits for it next, if anything does.
    fn probed(&mut self, destination: &Destination) {
        let Some(hold) = self.held.get_mut(destination) else { return };
        hold.probing = false;
        hold.next = self.now;
        if hold.waiting.is_empty() {
            self.held.remove(destination);
            tracing::info!(?destination, "destination takes messages again");
        }
    }

    /// Tells the committer which rows may go. It may be waiting for this very relay to take new
    /// rows, so nothing waits for it here: what it cannot take now is told later.
    fn report_sent(&mut self) {
        if self.sent.is_empty() {
            return;
        }
        let sent = std::mem::take(&mut self.sent);
        match self.committer.work.try_send(Work::Sent(sent)) {
            Err(TrySendError::Full(Work::Sent(sent))) => self.sent = sent,
            // Without a committer the rows stay, and are sent again after the next start.
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {}
        }
    }
}

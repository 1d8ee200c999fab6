//! What is known of the running daemon: shared with health checks and the admin API.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kvit_adapters::amqp::{BrokerState, ConsumerHandle, Link};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{Store, StoreError, Tables};
use kvit_schemas::record::Pause;
use kvit_schemas::{FeedId, Moment};
use tokio::sync::{mpsc, watch};

use super::backlog::Backlog;
use super::folders::FolderState;
use super::pulse::Pulse;
use crate::pipeline::relay::Held;
use crate::pipeline::{Intake, Progress, Queue, Tally, Work};
use crate::schedule::{Job, RunNow};
use crate::settings::Settings;

/// Where messages are taken from, by the names people use.
pub const SOURCES: [(&str, Queue); 4] = [
    ("portal", Queue::Portal),
    ("bank", Queue::Bank),
    ("files", Queue::Files),
    ("agency", Queue::Agency),
];

/// What parts of the daemon know of each other.
pub struct Shared {
    /// The settings in force.
    pub settings: Settings,
    /// The store, for reading.
    pub store: Arc<Store>,
    /// The committer's inlet; weak, so that the committer ends when intake and relay have.
    pub work: mpsc::WeakSender<Work>,
    /// How far the committer is.
    pub progress: Arc<Progress>,
    /// Deliveries and how they ended.
    pub tally: Arc<Tally>,
    /// The connections to the broker.
    pub broker: watch::Receiver<BrokerState>,
    /// Destinations that take no messages.
    pub held: watch::Receiver<Vec<Held>>,
    /// Why the broker was never looked at yet, after an attempt: nothing is connected before.
    pub unseen: watch::Sender<Option<String>>,
    /// What is missing at the broker.
    pub missing: watch::Sender<Vec<String>>,
    /// Why no messages are taken, if so.
    pub paused: watch::Sender<Option<String>>,
    /// What waits in the store, as it was looked at last.
    pub backlog: watch::Sender<Backlog>,
    /// Queues of parties in which messages have waited long and which nobody reads: how many.
    pub neglected: watch::Sender<BTreeMap<String, u32>>,
    /// Drop folders by feed.
    pub folders: watch::Sender<BTreeMap<FeedId, FolderState>>,
    /// The consumer.
    pub consumer: ConsumerHandle,
    /// Looks at messages out of quarantine, as at any.
    pub intake: Intake,
    /// One file of a feed at a time.
    pub turns: super::folders::Turns,
    /// Sources that people paused.
    pub pauses: watch::Sender<Vec<Pause>>,
    /// Held while pauses are read from the store and obeyed.
    pub steering: Mutex<()>,
    /// Where the relay is told to try a destination again at once, or all.
    pub kick: mpsc::Sender<Option<String>>,
    /// The schedules.
    pub jobs: Vec<Job>,
    /// Where a schedule is run out of turn.
    pub run: mpsc::Sender<RunNow>,
    /// The clock.
    pub clock: Clock,
    /// When the daemon started.
    pub started_at: Moment,
}

/// Whether the daemon does its work, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// True when it does.
    pub ready: bool,
    /// Why not, or what is amiss though it does.
    pub reasons: Vec<String>,
}

impl Shared {
    /// Outbox rows that are not sent yet.
    pub fn outbox_rows(&self) -> u64 {
        self.progress.outbox_rows.load(Ordering::Acquire)
    }

    /// True while the relay has messages under way, or rows to read.
    pub fn is_relay_busy(&self) -> bool {
        self.progress.relay_busy.load(Ordering::Acquire)
    }

    /// True while the publishing side works.
    pub fn is_publishing(&self) -> bool {
        self.broker.borrow().publishing == Link::Up
    }

    /// Pauses exactly the sources that people paused, as the store has it.
    pub(crate) fn apply_pauses(&self) -> Result<(), StoreError> {
        // Read and obeyed by one at a time: of two people who change it at once the last one holds.
        let _turn = self.steering.lock().unwrap_or_else(PoisonError::into_inner);
        let pauses = self.store.pauses()?;
        let is_paused = |name: &str| pauses.iter().any(|pause| pause.source == name);
        let paused = SOURCES.iter().filter(|(name, _)| is_paused(name));
        let places = paused.filter_map(|(_, queue)| Queue::ALL.iter().position(|it| it == queue));
        self.consumer.pause_sources(places.collect());
        self.pauses.send_replace(pauses);
        Ok(())
    }

    /// The sources that people paused, a sentence each.
    pub(crate) fn paused_sources(&self) -> Vec<String> {
        let told = |pause: &Pause| {
            let Pause { source, by, reason, at } = pause;
            format!("source {source} is paused by {by} since {at}: {reason}")
        };
        self.pauses.borrow().iter().map(told).collect()
    }

    /// Takes up what the store knows from before this start.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recall(&self) -> Result<(), StoreError> {
        self.count_outbox()?;
        self.apply_pauses()
    }

    /// Counts what the outbox held before.
    fn count_outbox(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let rows = self.store.outbox(after, 1_000)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some((last.commit, last.part));
            let many = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            self.progress.outbox_rows.fetch_add(many, Ordering::AcqRel);
        }
    }

    /// Parts that hang; none when the process gets on.
    pub fn stalled(&self) -> Vec<&'static str> {
        self.pulse().stalled(Duration::from_secs(self.settings.health.stalled_after_seconds))
    }

    /// Whole seconds of the last sync, or of the one under way where that takes longer.
    pub(super) fn last_sync_seconds(&self) -> u64 {
        let since = self.progress.syncing_since.load(Ordering::Acquire);
        let now = micros(self.clock.now());
        let under_way = if since == 0 { 0 } else { now.saturating_sub(since) };
        let micros = under_way.max(self.progress.sync_micros.load(Ordering::Acquire));
        micros / 1_000_000
    }

    fn pulse(&self) -> Pulse {
        let at = |time: &AtomicU64| time.load(Ordering::Acquire);
        let progress = &self.progress;
        let unconfirmed = if self.is_publishing() { at(&progress.unconfirmed_since) } else { 0 };
        Pulse {
            now: micros(self.clock.now()),
            applying_since: at(&progress.applying_since),
            syncing_since: at(&progress.syncing_since),
            relay_turned_at: at(&progress.relay_turned_at),
            busy_since: self.tally.busy_since().map_or(0, micros),
            durable_at: at(&progress.durable_at),
            unconfirmed_since: unconfirmed,
        }
    }

    /// Whether the daemon does its work (RULES.md 3.12 L2).
    pub fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        reasons.extend(self.stalled().into_iter().map(str::to_owned));
        let late = Duration::from_secs(self.settings.health.late_after_seconds);
        reasons.extend(self.pulse().late(late));
        let broker = self.broker.borrow().clone();
        for (side, link) in [("consuming", &broker.consuming), ("publishing", &broker.publishing)] {
            match link {
                Link::Up => {}
                Link::Down { reason, .. } => reasons.push(format!("{side}: {reason}")),
                Link::Blocked { reason } => {
                    reasons.push(format!("{side}: blocked by the broker: {reason}"));
                }
            }
        }
        reasons.extend(self.unseen.borrow().iter().map(|why| format!("broker: {why}")));
        reasons.extend(self.paused.borrow().iter().map(|why| format!("paused: {why}")));
        let ready = reasons.is_empty();
        reasons.extend(self.paused_sources());
        let missing = self.missing.borrow();
        reasons.extend(missing.iter().map(|what| format!("missing at the broker: {what}")));
        let held = self.held.borrow();
        reasons.extend(held.iter().map(|held| {
            format!("{}: {} messages wait: {}", held.destination, held.messages, held.reason)
        }));
        reasons.extend(self.folders.borrow().iter().filter_map(|(feed, state)| {
            let problem = state.problem.as_ref()?;
            Some(format!("drop folder of {feed}, {}: {problem}", state.path))
        }));
        Readiness { ready, reasons }
    }
}

fn micros(at: Moment) -> u64 {
    u64::try_from(at.micros()).unwrap_or_default()
}

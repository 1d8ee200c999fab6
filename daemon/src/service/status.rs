//! What is known of the running daemon: shared with health checks and the admin API.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kvit_adapters::amqp::{BrokerState, ConsumerHandle, Link};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{Store, StoreError};
use kvit_schemas::Moment;
use tokio::sync::{mpsc, watch};

use crate::pipeline::relay::Held;
use crate::pipeline::{Progress, Work};
use crate::settings::Settings;

/// A sync that takes longer than this is a disk that hangs.
const SYNC_SECONDS_MAX: u64 = 10;

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
    /// The connections to the broker.
    pub broker: watch::Receiver<BrokerState>,
    /// Destinations that take no messages.
    pub held: watch::Receiver<Vec<Held>>,
    /// What is missing at the broker.
    pub missing: watch::Sender<Vec<String>>,
    /// Why no messages are taken, if so.
    pub paused: watch::Sender<Option<String>>,
    /// The consumer.
    pub consumer: ConsumerHandle,
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

    /// Counts what the outbox held before this start.
    pub(super) fn count_outbox(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let rows = self.store.outbox(after, 1_000)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some((last.commit, last.part));
            let many = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            self.progress.outbox_rows.fetch_add(many, Ordering::AcqRel);
        }
    }

    /// True while the store's thread gets on.
    pub fn is_store_alive(&self) -> bool {
        let since = self.progress.syncing_since.load(Ordering::Acquire);
        let now = u64::try_from(self.clock.now().micros()).unwrap_or_default();
        since == 0 || now.saturating_sub(since) < SYNC_SECONDS_MAX * 1_000_000
    }

    /// Whether the daemon does its work (RULES.md 3.12 L2).
    pub fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        if !self.is_store_alive() {
            reasons.push("the store's disk does not answer".to_owned());
        }
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
        reasons.extend(self.paused.borrow().iter().map(|why| format!("paused: {why}")));
        let ready = reasons.is_empty();
        let missing = self.missing.borrow();
        reasons.extend(missing.iter().map(|what| format!("missing at the broker: {what}")));
        let held = self.held.borrow();
        reasons.extend(held.iter().map(|held| {
            format!("{}: {} messages wait: {}", held.destination, held.messages, held.reason)
        }));
        Readiness { ready, reasons }
    }
}

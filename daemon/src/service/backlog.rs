//! What waits, and for how long: looked at now and then, on a thread that may wait for the disk.

use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::store::{Store, StoreError};
use kvit_schemas::Moment;
use kvit_schemas::record::SuspenseReason;
use tokio_util::sync::CancellationToken;

use super::{RunError, Shared};
use crate::blocking::read;
use crate::telemetry::{self, list};

/// How often at the most.
const EVERY: Duration = Duration::from_secs(15);
/// Looking takes at most one part in so many of a thread's time, however much waits.
const SHARE: u32 = 20;
/// Payments read at a time.
const PAGE: usize = 500;
/// Payments in suspense are counted up to here; beyond, the figure says "at least".
const PAYMENTS_MAX: u64 = 200_000;

/// What waits in one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How much.
    pub items: u64,
    /// Since when the oldest of it.
    pub oldest: Option<Moment>,
}

/// What waits in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows of the outbox.
    pub outbox: Waiting,
    /// Payments whose order is not known yet.
    pub waiting: Waiting,
    /// Other payments in suspense.
    pub suspense: Waiting,
    /// Messages in quarantine.
    pub quarantine: Waiting,
}

impl Waiting {
    fn add(&mut self, since: Option<Moment>) {
        self.items += 1;
        self.oldest = [self.oldest, since].into_iter().flatten().min();
    }
}

impl Backlog {
    /// Looks at the store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(store: &Store, outbox_rows: u64) -> Result<Self, StoreError> {
        let first = store.outbox(None, 1)?;
        let oldest = first.iter().flat_map(|row| &row.messages).map(|message| message.at).min();
        let quarantined = store.quarantine(None, 1)?.items;
        let mut backlog = Self {
            outbox: Waiting { items: outbox_rows, oldest },
            quarantine: Waiting {
                items: store.quarantine_len()?,
                oldest: quarantined.first().map(|record| record.at),
            },
            ..Self::default()
        };
        let mut after = None;
        loop {
            let page = store.suspense(after, PAGE)?;
            for payment in &page.items {
                let unknown = Some(SuspenseReason::UnknownOrder);
                let place = if payment.allocation.reason == unknown {
                    &mut backlog.waiting
                } else {
                    &mut backlog.suspense
                };
                place.add(payment.sightings.iter().map(|seen| seen.paid_at).min());
            }
            after = page.next;
            if after.is_none() || backlog.waiting.items + backlog.suspense.items > PAYMENTS_MAX {
                return Ok(backlog);
            }
        }
    }
}

/// Looks until told to stop.
pub(super) async fn watch(shared: Arc<Shared>, stop: CancellationToken) -> Result<(), RunError> {
    loop {
        let began = tokio::time::Instant::now();
        let rows = shared.outbox_rows();
        let (backlog, stats) =
            read(&shared.store, move |store| Ok((Backlog::of(store, rows)?, store.stats()?)))
                .await?;
        if let Some(stats) = stats {
            list::STORE_BYTES.set(stats.disk_bytes, &[]);
            list::STORE_FREE_BYTES.set(stats.free_bytes, &[]);
        }
        show(&shared, &backlog);
        shared.backlog.send_replace(backlog);
        telemetry::fold();
        let pause = EVERY.max(began.elapsed() * SHARE);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

fn show(shared: &Shared, backlog: &Backlog) {
    let held = shared.held.borrow().clone();
    let messages: usize = held.iter().map(|held| held.messages).sum();
    let retry = Waiting {
        items: u64::try_from(messages).unwrap_or(u64::MAX),
        oldest: held.iter().map(|held| held.since).min(),
    };
    let Backlog { outbox, waiting, suspense, quarantine } = *backlog;
    let places = [
        ("outbox", outbox),
        ("retry", retry),
        ("waiting", waiting),
        ("suspense", suspense),
        ("quarantine", quarantine),
    ];
    let now = shared.clock.now();
    for (place, waits) in places {
        let labels = [("place", place.to_owned())];
        list::BACKLOG_ITEMS.set(waits.items, &labels);
        list::BACKLOG_OLDEST.set(waits.oldest.map_or(0, |since| seconds(since, now)), &labels);
    }
    if let Some(bytes) = resident_bytes() {
        list::PROCESS_RESIDENT_BYTES.set(bytes, &[]);
    }
}

/// Whole seconds from one moment to another; 0 when it lies ahead.
pub(super) fn seconds(since: Moment, now: Moment) -> u64 {
    u64::try_from(now.seconds().saturating_sub(since.seconds())).unwrap_or_default()
}

/// `VmRSS` of `/proc/self/status`, which counts in kB.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1_024)
}

//! Watches over limits: stops taking messages while the outbox is too deep or the disk too full,
//! so that the broker keeps them, and the store is never the one to fail.

use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::store::StoreError;
use tokio_util::sync::CancellationToken;

use super::alarms::{self, Alarms};
use super::{RunError, Shared};
use crate::blocking::read;

const EVERY: Duration = Duration::from_millis(500);

/// Looks at the limits, and knows what it has told.
#[derive(Debug, Default)]
pub struct Watch {
    alarms: Alarms,
}

/// Watches until told to stop.
pub(super) async fn run(shared: Arc<Shared>, stop: CancellationToken) -> Result<(), RunError> {
    let mut tick = tokio::time::interval(EVERY);
    let mut watch = Watch::default();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return Ok(()),
        }
        watch.look(&shared).await?;
    }
}

impl Watch {
    /// Looks once: tells what is amiss, and takes no more messages, or takes them again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn look(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let paused = shared.paused.borrow().clone();
        // A file system that does not answer is no reason to stop: the store will tell.
        let free = read(&shared.store, |store| Ok(store.free_bytes().ok().flatten())).await?;
        alarms::send(shared, &mut self.alarms, alarms::causes(shared, free));
        let reason = reason((shared, free), paused.is_some());
        // Only the change is worth a word: the figures in the reason change all the time.
        if reason.is_some() == paused.is_some() {
            return Ok(());
        }
        match &reason {
            Some(reason) => {
                tracing::warn!(reason, "taking no more messages for now");
                shared.consumer.pause();
            }
            None => {
                tracing::info!("taking messages again");
                shared.consumer.resume();
            }
        }
        shared.paused.send_replace(reason);
        Ok(())
    }
}

/// Why messages are not to be taken; once paused, limits must be well kept before going on.
fn reason((shared, free): (&Shared, Option<u64>), paused: bool) -> Option<String> {
    let limit = shared.settings.pipeline.outbox_rows_max;
    let limit = if paused { limit / 2 } else { limit };
    let rows = shared.outbox_rows();
    if rows > limit {
        return Some(format!("{rows} rows wait in the outbox"));
    }
    let least = shared.settings.store.free_bytes_min;
    let least = if paused { least.saturating_mul(2) } else { least };
    let free = free?;
    (free < least).then(|| format!("only {free} bytes are free on the store's disk"))
}

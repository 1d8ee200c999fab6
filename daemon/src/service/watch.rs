//! Watches over limits: stops taking messages while the outbox is too deep or the disk too full,
//! so that the broker keeps them, and the store is never the one to fail.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Shared;

const EVERY: Duration = Duration::from_millis(500);

/// Watches until told to stop.
pub(super) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return,
        }
        let paused = shared.paused.borrow().clone();
        let reason = reason(&shared, paused.is_some());
        // Only the change is worth a word: the figures in the reason change all the time.
        if reason.is_some() == paused.is_some() {
            continue;
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
    }
}

/// Why messages are not to be taken; once paused, limits must be well kept before going on.
fn reason(shared: &Shared, paused: bool) -> Option<String> {
    let limit = shared.settings.pipeline.outbox_rows_max;
    let limit = if paused { limit / 2 } else { limit };
    let rows = shared.outbox_rows();
    if rows > limit {
        return Some(format!("{rows} rows wait in the outbox"));
    }
    let least = shared.settings.store.free_bytes_min;
    let least = if paused { least.saturating_mul(2) } else { least };
    let free = shared.store.free_bytes().ok().flatten()?;
    (free < least).then(|| format!("only {free} bytes are free on the store's disk"))
}

//! `kvit run`: the daemon, from settings to drained.

use kvit_adapters::clock::Clock;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::failure::{Exit, Failure};
use super::{Global, print};
use crate::telemetry::log;

/// Runs until a signal comes, then drains. A second signal ends it at once.
///
/// A daemon that failed is not torn down: after a failed commit the store must not be dropped,
/// because sled would write once more.
pub(super) fn run(global: &Global) -> Result<(), Failure> {
    let loaded = global.load_with_secrets()?;
    log::start(&loaded.settings.log);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let started = Clock::System.now();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let stop = CancellationToken::new();
        let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(obey(signals, stop.clone()));
        crate::service::run(loaded.settings, stop).await.map_err(Failure::from)
    });
    match ended {
        Ok(left) => {
            let rows = left.outbox_rows;
            tracing::info!(outbox_rows = rows, %started, "kvit has stopped");
            runtime.shutdown_background();
            let text = match rows {
                0 => "stopped; nothing is left in the outbox".to_owned(),
                _ => format!("stopped; left in the outbox: {rows}, sent after the next start"),
            };
            print(&text)
        }
        Err(failure) => {
            tracing::error!(reason = failure.message, "kvit cannot go on");
            std::process::exit(failure.exit.code().into())
        }
    }
}

/// The first signal asks to drain; whoever sends another does not want to wait.
async fn obey((mut terminate, mut interrupt): (Signal, Signal), stop: CancellationToken) {
    either(&mut terminate, &mut interrupt).await;
    stop.cancel();
    either(&mut terminate, &mut interrupt).await;
    tracing::warn!("told to stop again: leaving at once; what is committed is in the store");
    std::process::exit(Exit::Runtime.code().into());
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

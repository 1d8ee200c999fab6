//! `kvit run`: the daemon, from settings to drained.

use std::io::IsTerminal;

use kvit_adapters::clock::Clock;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::failure::{Exit, Failure};
use super::{Global, print};
use crate::settings::{Log, LogFormat};

/// lapin logs each lost connection as an error of its own (RULES.md V3), and each returned message
/// with all its properties; both are told by events of ours.
const QUIET: &str = "lapin=error,lapin::returned_messages=off";

/// Runs until a signal comes, then drains. A second signal ends it at once.
///
/// A daemon that failed is not torn down: after a failed commit the store must not be dropped,
/// because sled would write once more.
pub(super) fn run(global: &Global) -> Result<(), Failure> {
    let loaded = global.load()?;
    start_log(&loaded.settings.log);
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

/// What is logged: the operator's filter, and silence of libraries it does not name.
fn filter(log: &Log) -> EnvFilter {
    EnvFilter::new(directives(&log.filter))
}

fn directives(given: &str) -> String {
    let named = given.split(',').any(|directive| directive.trim_start().starts_with("lapin"));
    if named { given.to_owned() } else { format!("{given},{QUIET}") }
}

fn start_log(log: &Log) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Human => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lapin_is_quiet_unless_the_operator_names_it() {
        assert_eq!(directives("info"), "info,lapin=error,lapin::returned_messages=off");
        assert_eq!(directives("info, lapin=debug"), "info, lapin=debug");
    }
}

//! What systemd is told (`Type=notify`): ready, alive, stopping, and how it is. Without
//! `$NOTIFY_SOCKET` nothing is told to anybody.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use super::Shared;

/// How often the status line is brought up to date where there is no watchdog.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// The store is open and everything was started; a broker that is away does not hold up a start.
pub(super) fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("running")]);
}

/// Stopping was begun and may take so long.
pub(super) fn stopping(grace: Duration) {
    // Closing the store comes on top of the time to drain.
    let micros = u32::try_from((grace + STATUS_EVERY).as_micros()).unwrap_or(u32::MAX);
    tell(&[
        NotifyState::Stopping,
        NotifyState::ExtendTimeoutUsec(micros),
        NotifyState::Status("stopping: finishing what was begun"),
    ]);
}

/// Tells systemd that the daemon lives, as long as its parts get on; and how it is. A part that
/// hangs ends the telling, and the watchdog restarts the daemon.
pub(super) async fn watch(shared: Arc<Shared>, stop: CancellationToken) {
    let watchdog = sd_notify::watchdog_enabled();
    let mut tick = tokio::time::interval(watchdog.map_or(STATUS_EVERY, |within| within / 2));
    let (mut told, mut hung) = (String::new(), false);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return,
        }
        let stalled = shared.stalled();
        if stalled.is_empty() != hung {
            // As before.
        } else if hung {
            tracing::warn!("what had stalled gets on again");
        } else {
            tracing::error!(?stalled, "parts of the daemon have stalled");
        }
        hung = !stalled.is_empty();
        if watchdog.is_some() && !hung {
            tell(&[NotifyState::Watchdog]);
        }
        let status = status(&shared);
        if status != told {
            tell(&[NotifyState::Status(&status)]);
            told = status;
        }
    }
}

/// One line: what the broker says is told, too, and must not look like a message of its own.
fn status(shared: &Shared) -> String {
    let readiness = shared.readiness();
    let text = match (readiness.ready, readiness.reasons.first()) {
        (true, None) => "working".to_owned(),
        (true, Some(reason)) => format!("working; {reason}"),
        (false, reason) => format!("not ready: {}", reason.map_or("", String::as_str)),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

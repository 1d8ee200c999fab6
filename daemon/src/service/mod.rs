//! The daemon: builds its parts, watches over them, and drains them when told to stop.
//!
//! | part | reads | writes |
//! |---|---|---|
//! | consumer | broker | deliveries |
//! | intake thread | deliveries | work |
//! | committer, syncer | work | store, acknowledgements, relay |
//! | relay, publisher | outbox | broker, work (what was sent) |
//! | schedule, admin | store | work |

mod alarms;
mod backlog;
mod broker;
mod certificates;
mod daemon;
mod folders;
pub mod intake;
mod parts;
mod pulse;
mod setup;
mod status;
mod supervisor;
mod watch;

use std::time::Duration;

use kvit_adapters::store::StoreError;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

pub use backlog::Backlog;
pub use certificates::{CertificateFile, certificates};
pub use folders::{FolderState, Turns, turns};
pub use parts::{input_queues, jobs};
pub(crate) use setup::unserved;
pub use setup::{
    Prepared, SetupError, amqp_options, make_parent, open_store, rules, store_options, topology,
};
pub use status::{Readiness, SOURCES, Shared};
pub use watch::Watch;

use crate::pipeline::Work;
use crate::settings::Settings;
use daemon::Daemon;

/// Why the daemon stopped though nobody told it to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It could not start.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Nothing more can be committed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A part ended that should not have.
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
    /// A thread could not be started.
    #[error("starting a thread")]
    Thread(#[source] std::io::Error),
    /// A listener could not be opened.
    #[error("opening {key}, {place}")]
    Listen {
        /// The setting that names the place.
        key: &'static str,
        /// Address or socket.
        place: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// What was left when the daemon stopped; all of it is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Outbox rows not sent.
    pub outbox_rows: u64,
}

/// Runs until `stop` is cancelled, then drains within `shutdown.grace_seconds`.
///
/// # Errors
/// See [`RunError`]. The process must exit then without waiting for anything.
pub async fn run(settings: Settings, stop: CancellationToken) -> Result<Left, RunError> {
    crate::telemetry::install();
    let prepared = setup::prepare(settings)?;
    let grace = Duration::from_secs(prepared.settings.shutdown.grace_seconds);
    let mut daemon = Daemon::start(prepared).await?;
    supervisor::ready();
    tracing::info!("kvit is running");
    let failed = daemon.supervise(&stop).await;
    if let Some(error) = failed {
        // The store must not be dropped after a failed commit: sled would write once more.
        std::mem::forget(daemon);
        return Err(error);
    }
    supervisor::stopping(grace);
    tracing::info!("stopping: taking no more messages");
    if tokio::time::timeout(grace, daemon.drain()).await.is_err() {
        tracing::warn!("the time to drain is over; what is left is in the store");
    }
    Ok(daemon.close().await)
}

/// Hands work to the committer on behalf of a person; `None` when it has ended.
pub(crate) async fn committed<T>(
    shared: &Shared,
    work: impl FnOnce(oneshot::Sender<T>) -> Work,
) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    shared.work.upgrade()?.send(work(reply)).await.ok()?;
    answer.await.ok()
}

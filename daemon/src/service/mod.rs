//! The daemon: builds its parts, watches over them, and drains them when told to stop.
//!
//! | part | reads | writes |
//! |---|---|---|
//! | consumer | broker | deliveries |
//! | intake thread | deliveries | work |
//! | committer, syncer | work | store, acknowledgements, relay |
//! | relay, publisher | outbox | broker, work (what was sent) |
//! | schedule, admin | store | work |

mod broker;
mod intake;
mod setup;
mod status;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::amqp::{BrokerStatus, Consumer, ConsumerHandle, InputQueue, Lanes, Publisher};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{OutboxRow, Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch as watched};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use setup::unserved;
pub use setup::{Prepared, SetupError, amqp_options, open_store, rules, topology};
pub use status::{Readiness, Shared};

use crate::pipeline::committer::{Committer, CommitterHandle, Progress};
use crate::pipeline::relay::{self, Held, Relay};
use crate::pipeline::{Addresses, Applier, Limits, Queue, Work};
use crate::schedule::{Job, Schedule};
use crate::settings::Settings;

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
    /// A listener could not be opened.
    #[error("opening a listener")]
    Listen(#[source] std::io::Error),
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
    let prepared = setup::prepare(settings)?;
    let grace = Duration::from_secs(prepared.settings.shutdown.grace_seconds);
    let mut daemon = Daemon::start(prepared).await?;
    tracing::info!("kvit is running");
    let failed = daemon.supervise(&stop).await;
    if let Some(error) = failed {
        // The store must not be dropped after a failed commit: sled would write once more.
        std::mem::forget(daemon);
        return Err(error);
    }
    tracing::info!("stopping: taking no more messages");
    if tokio::time::timeout(grace, daemon.drain()).await.is_err() {
        tracing::warn!("the time to drain is over; what is left is in the store");
    }
    Ok(daemon.close().await)
}

struct Daemon {
    shared: Arc<Shared>,
    consumer: ConsumerHandle,
    /// Parts that run until told to stop.
    parts: JoinSet<Result<&'static str, RunError>>,
    committed: oneshot::Receiver<Result<(), StoreError>>,
    stop_front: CancellationToken,
    stop_back: CancellationToken,
    intake_done: oneshot::Receiver<()>,
    consumer_done: oneshot::Receiver<()>,
    relay_done: oneshot::Receiver<()>,
    store: Arc<Store>,
}

/// Channels between the parts.
struct Wires {
    relay_rows: mpsc::Sender<Vec<OutboxRow>>,
    rows: mpsc::Receiver<Vec<OutboxRow>>,
    held: watched::Sender<Vec<Held>>,
    may_republish: watched::Receiver<bool>,
}

impl Daemon {
    async fn start(prepared: Prepared) -> Result<Self, RunError> {
        let Prepared { settings, directory, rules, store } = prepared;
        let clock = Clock::System;
        let progress = Arc::new(Progress::default());
        progress.durable.store(store.last_commit(), std::sync::atomic::Ordering::Release);
        let (broker_status, broker_state) = BrokerStatus::new();
        let options = amqp_options(&settings)?;
        let (deliveries, delivered) = mpsc::channel(usize::from(settings.broker.prefetch) * 2);
        let queues = input_queues(&settings);
        let (consumer, consumer_handle) =
            Consumer::new(options.clone(), queues, deliveries, broker_status.clone());
        let lanes = Lanes { count: settings.broker.publish_lanes, depth: relay::CHANNEL_DEPTH };
        let (told, outcomes) = mpsc::channel(relay::CHANNEL_DEPTH);
        let (publisher, publisher_handle) =
            Publisher::new(options.clone(), lanes, told, broker_status);

        let (relay_rows, rows) = mpsc::channel(64);
        let (held, held_now) = watched::channel(Vec::new());
        let (set_republish, may_republish) = watched::channel(true);
        let wires = Wires { relay_rows, rows, held, may_republish };
        let limits = Limits {
            message_bytes: settings.limits.message_bytes_max,
            file_bytes: settings.limits.file_bytes_max,
            quarantine_bytes: settings.limits.quarantine_body_bytes_max,
        };
        let keep_days = u32::from(settings.dedupe.keep_days);
        let applier = Applier::new(&store, rules, directory.clone(), limits, keep_days)?;
        let committer = Committer {
            relay: wires.relay_rows,
            acks: consumer_handle.acks().clone(),
            clock: clock.clone(),
            progress: Arc::clone(&progress),
            batch_max: settings.pipeline.batch_messages_max,
        };
        let depth = settings.pipeline.batch_messages_max * 2;
        let (handle, committed) =
            committer.start(Arc::clone(&store), applier, depth).map_err(RunError::Listen)?;

        let shared = Arc::new(Shared {
            settings: settings.clone(),
            store: Arc::clone(&store),
            work: handle.work.downgrade(),
            progress: Arc::clone(&progress),
            broker: broker_state,
            held: held_now,
            missing: watched::channel(Vec::new()).0,
            paused: watched::channel(None).0,
            consumer: consumer_handle.clone(),
            clock: clock.clone(),
            started_at: clock.now(),
        });
        shared.count_outbox()?;

        let (stop_front, stop_back) = (CancellationToken::new(), CancellationToken::new());
        let (intake_ended, intake_done) = oneshot::channel();
        let intake = crate::pipeline::Intake { directory: directory.clone(), limits };
        intake::start((delivered, handle.work.clone()), intake, clock.clone(), intake_ended)
            .map_err(RunError::Listen)?;

        let mut parts = JoinSet::new();
        let (consumer_ended, consumer_done) = oneshot::channel();
        let (relay_ended, relay_done) = oneshot::channel();
        spawn_broker(&mut parts, (&shared, options), (consumer, publisher, set_republish), {
            (consumer_ended, stop_front.clone(), stop_back.clone())
        });
        let relay = Relay::new(
            Arc::clone(&store),
            publisher_handle,
            CommitterHandle { work: handle.work.clone() },
            Addresses { prefix: settings.broker.prefix.clone() },
            progress,
        );
        let stop = stop_back.clone();
        parts.spawn(async move {
            relay.run(wires.rows, outcomes, wires.held, stop).await?;
            // Whoever waits for the relay may have given up already.
            let _ = relay_ended.send(());
            Ok("the relay")
        });
        let schedule = Schedule {
            jobs: jobs(&settings)?,
            store: Arc::clone(&store),
            work: handle.work.clone(),
            clock,
            may_republish: wires.may_republish,
        };
        let stop = stop_front.clone();
        parts.spawn(async move {
            schedule.run(stop).await?;
            Ok("the schedule")
        });
        spawn_servers(&mut parts, &shared, &stop_front).await?;
        drop(handle);
        Ok(Self {
            shared,
            consumer: consumer_handle,
            parts,
            committed,
            stop_front,
            stop_back,
            intake_done,
            consumer_done,
            relay_done,
            store,
        })
    }

    /// Waits for the word to stop, or for a part that fails.
    async fn supervise(&mut self, stop: &CancellationToken) -> Option<RunError> {
        tokio::select! {
            () = stop.cancelled() => None,
            ended = &mut self.committed => Some(match ended {
                Ok(Err(error)) => RunError::Store(error),
                Ok(Ok(())) | Err(_) => RunError::Ended("the committer"),
            }),
            Some(part) = self.parts.join_next() => Some(match part {
                Ok(Ok(name)) => RunError::Ended(name),
                Ok(Err(error)) => error,
                Err(_) => RunError::Ended("a part"),
            }),
        }
    }

    /// Intake first, then what is in the batch, then what can still be published.
    async fn drain(&mut self) {
        self.stop_front.cancel();
        self.consumer.drain();
        // Each may have ended already; then there is nothing to wait for.
        let _ = (&mut self.consumer_done).await;
        let _ = (&mut self.intake_done).await;
        while self.shared.outbox_rows() > 0 && self.shared.is_publishing() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.stop_back.cancel();
        let _ = (&mut self.relay_done).await;
        let _ = (&mut self.committed).await;
    }

    async fn close(mut self) -> Left {
        let left = Left { outbox_rows: self.shared.outbox_rows() };
        self.parts.shutdown().await;
        drop(self.shared);
        match Arc::into_inner(self.store) {
            Some(store) => {
                if let Err(error) = store.close() {
                    tracing::error!(error = %error, "the store was not closed in order");
                }
            }
            None => tracing::warn!("the store is still in use; it recovers at the next start"),
        }
        left
    }
}

type Broker = (Consumer, Publisher, watched::Sender<bool>);
type Stops = (oneshot::Sender<()>, CancellationToken, CancellationToken);

/// The parts that talk to the broker begin once its topology is known to be there, or declared.
fn spawn_broker(
    parts: &mut JoinSet<Result<&'static str, RunError>>,
    (shared, options): (&Arc<Shared>, kvit_adapters::amqp::AmqpOptions),
    (consumer, publisher, set_republish): Broker,
    (consumer_ended, stop_front, stop_back): Stops,
) {
    let ready = CancellationToken::new();
    let stop = stop_front.clone();
    let (watching, verified) = (Arc::clone(shared), ready.clone());
    parts.spawn(async move {
        broker::watch(watching, options, (verified, set_republish), stop).await;
        Ok("the topology watch")
    });
    let (verified, stop) = (ready.clone(), stop_front.clone());
    parts.spawn(async move {
        tokio::select! {
            () = verified.cancelled() => consumer.run(CancellationToken::new()).await,
            () = stop.cancelled() => {}
        }
        // Whoever waits for the consumer may have given up already.
        let _ = consumer_ended.send(());
        stop.cancelled().await;
        Ok("the consumer")
    });
    let stop = stop_back;
    parts.spawn(async move {
        tokio::select! {
            () = ready.cancelled() => publisher.run(stop.clone()).await,
            () = stop.cancelled() => {}
        }
        Ok("the publisher")
    });
    let (watching, stop) = (Arc::clone(shared), stop_front);
    parts.spawn(async move {
        watch::run(watching, stop).await;
        Ok("the watch")
    });
}

async fn spawn_servers(
    parts: &mut JoinSet<Result<&'static str, RunError>>,
    shared: &Arc<Shared>,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let health = crate::health::bind(shared).await.map_err(RunError::Listen)?;
    let admin = crate::admin::bind(shared).await.map_err(RunError::Listen)?;
    let token = stop.clone();
    let at_health = Arc::clone(shared);
    parts.spawn(async move {
        if let Some(listener) = health {
            crate::health::serve(listener, at_health, token.clone())
                .await
                .map_err(RunError::Listen)?;
        }
        token.cancelled().await;
        Ok("the health listener")
    });
    let (token, at_admin) = (stop.clone(), Arc::clone(shared));
    parts.spawn(async move {
        crate::admin::serve(admin, at_admin, token).await.map_err(RunError::Listen)?;
        Ok("the admin API")
    });
    Ok(())
}

fn input_queues(settings: &Settings) -> Vec<InputQueue> {
    let queue = |(source, queue): (usize, Queue)| InputQueue {
        source,
        name: format!("{}.{}", settings.broker.prefix, queue.name()),
        prefetch: match queue {
            Queue::Files => 1,
            Queue::Dead => 16,
            Queue::Portal | Queue::Bank | Queue::Agency => settings.broker.prefetch,
        },
    };
    Queue::ALL.into_iter().enumerate().map(queue).collect()
}

fn jobs(settings: &Settings) -> Result<Vec<Job>, SetupError> {
    use kvit_schemas::record::TimerQueue as Q;
    let times = &settings.schedule;
    let named = [
        ("schedule.expiry", &times.expiry, Q::Windows),
        ("schedule.republish", &times.republish, Q::Republishing),
        ("schedule.reminders", &times.reminders, Q::Deadlines),
    ];
    let job = |(name, text, queue): (&'static str, &String, Q)| {
        text.parse().map(|cron| Job { name, cron, queue }).map_err(SetupError::Schedule)
    };
    named.into_iter().map(job).collect()
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

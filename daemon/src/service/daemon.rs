//! The running daemon: how its parts are wired, and in which order they end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kvit_adapters::amqp::{
    AmqpOptions, BrokerState, BrokerStatus, Consumer, ConsumerHandle, Lanes, Outcomes, Publisher,
    PublisherHandle,
};
use kvit_adapters::clock::Clock;
use kvit_adapters::crash::{self, Point};
use kvit_adapters::store::{OutboxRow, Store, StoreError};
use kvit_schemas::PortalId;
use tokio::sync::{mpsc, oneshot, watch as watched};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::folders::{self, Turns};
use super::parts::{
    Listeners, Parts, input_queues, jobs, spawn_broker, spawn_folders, spawn_servers, spawn_watches,
};
use super::{Left, Prepared, RunError, Shared, amqp_options, intake};
use crate::pipeline::committer::{Batching, Committer, CommitterHandle, Progress};
use crate::pipeline::relay::{self, Held, Relay};
use crate::pipeline::{Addresses, Applier, Intake, Limits, Tally, Work};
use crate::schedule::{RunNow, Schedule};
use crate::settings::Settings;
use crate::telemetry::Spans;
use crate::telemetry::spans::Exporter;

pub(super) struct Daemon {
    shared: Arc<Shared>,
    /// Parts that run until told to stop.
    parts: Parts,
    committed: oneshot::Receiver<Result<(), StoreError>>,
    stop_front: CancellationToken,
    stop_back: CancellationToken,
    intake_done: oneshot::Receiver<()>,
    consumer_done: oneshot::Receiver<()>,
    relay_done: oneshot::Receiver<()>,
    store: Arc<Store>,
    exporter: Option<Exporter>,
}

/// Both sides of the traffic with the broker, not running yet.
struct Traffic {
    options: AmqpOptions,
    consumer: Consumer,
    consumer_handle: ConsumerHandle,
    delivered: mpsc::Receiver<kvit_adapters::amqp::Delivery>,
    publisher: Publisher,
    publisher_handle: PublisherHandle,
    outcomes: mpsc::Receiver<Outcomes>,
    state: watched::Receiver<BrokerState>,
}

impl Traffic {
    fn of(settings: &Settings) -> Result<Self, RunError> {
        let (status, state) = BrokerStatus::new();
        let options = amqp_options(settings)?;
        let (deliveries, delivered) = mpsc::channel(usize::from(settings.broker.prefetch) * 2);
        let queues = input_queues(settings);
        let (consumer, consumer_handle) =
            Consumer::new(options.clone(), queues, deliveries, status.clone());
        let lanes = Lanes { count: settings.broker.publish_lanes, depth: relay::CHANNEL_DEPTH };
        let (told, outcomes) = mpsc::channel(relay::CHANNEL_DEPTH);
        let (publisher, publisher_handle) = Publisher::new(options.clone(), lanes, told, status);
        Ok(Self {
            options,
            consumer,
            consumer_handle,
            delivered,
            publisher,
            publisher_handle,
            outcomes,
            state,
        })
    }
}

/// The commit path, running.
struct CommitPath {
    handle: CommitterHandle,
    committed: oneshot::Receiver<Result<(), StoreError>>,
    intake_done: oneshot::Receiver<()>,
    rows: mpsc::Receiver<Vec<OutboxRow>>,
    progress: Arc<Progress>,
    tally: Arc<Tally>,
    turns: Turns,
    intake: Intake,
    spans: Spans,
    exporter: Option<Exporter>,
}

impl CommitPath {
    /// Starts the threads from delivery to sync.
    fn start(
        prepared: &Prepared,
        clock: &Clock,
        consumer: &ConsumerHandle,
        delivered: mpsc::Receiver<kvit_adapters::amqp::Delivery>,
    ) -> Result<Self, RunError> {
        let Prepared { settings, directory, rules, store } = prepared;
        let progress = Arc::new(Progress::default());
        progress.durable.store(store.last_commit(), Ordering::Release);
        Progress::mark(&progress.durable_at, clock);
        let tally = Arc::new(Tally::default());
        let limits = Limits {
            message_bytes: settings.limits.message_bytes_max,
            file_bytes: settings.limits.file_bytes_max,
            quarantine_bytes: settings.limits.quarantine_body_bytes_max,
        };
        let keep_days = u32::from(settings.dedupe.keep_days);
        let applier = Applier::new(store, rules.clone(), directory.clone(), limits, keep_days)?;
        // A few commits may wait for the relay; then the syncer waits with them.
        let (relay, rows) = mpsc::channel(64);
        let committer = Committer {
            relay,
            acks: consumer.acks().clone(),
            clock: clock.clone(),
            progress: Arc::clone(&progress),
            batching: Batching {
                inputs_max: settings.pipeline.batch_messages_max,
                interval: settings.pipeline.commit_interval,
            },
        };
        let depth = settings.pipeline.batch_messages_max * 2;
        let (handle, committed) =
            committer.start(Arc::clone(store), applier, depth).map_err(RunError::Thread)?;
        let (ended, intake_done) = oneshot::channel();
        let intake = Intake { directory: directory.clone(), limits };
        let (spans, exporter) = Spans::start(settings, clock);
        let counted = (clock.clone(), Arc::clone(&tally), spans.clone());
        let turns = folders::turns(settings);
        let inlets = (handle.work.clone(), Arc::clone(&turns));
        let looking = intake.clone();
        intake::start((delivered, inlets), looking, counted, ended).map_err(RunError::Thread)?;
        Ok(Self {
            handle,
            committed,
            intake_done,
            rows,
            progress,
            tally,
            turns,
            intake,
            spans,
            exporter,
        })
    }
}

impl Daemon {
    /// Starts all parts.
    pub(super) async fn start(prepared: Prepared) -> Result<Self, RunError> {
        let (clock, listeners) = (Clock::System, Listeners::bind(&prepared.settings).await?);
        let traffic = Traffic::of(&prepared.settings)?;
        let consumer = traffic.consumer_handle.clone();
        let path = CommitPath::start(&prepared, &clock, &consumer, traffic.delivered)?;
        let Prepared { settings, store, .. } = prepared;
        let (held, held_now) = watched::channel(Vec::new());
        let (set_unread, unread) = watched::channel(BTreeSet::new());
        let ((kick, kicks), (run, wishes)) = (mpsc::channel(16), mpsc::channel(16));
        let shared = Arc::new(Shared {
            settings: settings.clone(),
            store: Arc::clone(&store),
            work: path.handle.work.downgrade(),
            progress: Arc::clone(&path.progress),
            tally: path.tally,
            broker: traffic.state,
            held: held_now,
            unseen: watched::channel(None).0,
            missing: watched::channel(Vec::new()).0,
            paused: watched::channel(None).0,
            backlog: watched::channel(Backlog::default()).0,
            neglected: watched::channel(BTreeMap::new()).0,
            folders: watched::channel(BTreeMap::new()).0,
            consumer,
            intake: path.intake,
            turns: Arc::clone(&path.turns),
            pauses: watched::channel(Vec::new()).0,
            steering: Mutex::default(),
            kick,
            jobs: jobs(&settings)?,
            run,
            clock: clock.clone(),
            started_at: clock.now(),
        });
        shared.recall()?;
        let (stop_front, stop_back) = (CancellationToken::new(), CancellationToken::new());
        let mut parts: Parts = JoinSet::new();
        let (consumer_ended, consumer_done) = oneshot::channel();
        spawn_broker(
            &mut parts,
            (&shared, traffic.options),
            (traffic.consumer, traffic.publisher, set_unread),
            (consumer_ended, stop_front.clone(), stop_back.clone()),
        );
        let relay = Relay::new(
            Arc::clone(&store),
            traffic.publisher_handle,
            path.handle.clone(),
            Addresses::from(&settings),
            (path.progress, clock, path.spans),
        );
        let ends = (path.rows, traffic.outcomes, (held, kicks));
        let relay_done = spawn_relay(&mut parts, relay, ends, &stop_back);
        spawn_folders(&mut parts, &shared, (&path.handle.work, &path.turns), &stop_front);
        spawn_schedule(&mut parts, &shared, (path.handle.work, unread, wishes), &stop_front);
        spawn_servers(&mut parts, listeners, &shared, &stop_front);
        spawn_watches(&mut parts, &shared, (&stop_front, &stop_back));
        Ok(Self {
            shared,
            parts,
            committed: path.committed,
            stop_front,
            stop_back,
            intake_done: path.intake_done,
            consumer_done,
            relay_done,
            store,
            exporter: path.exporter,
        })
    }

    /// Waits for the word to stop, or for a part that fails.
    pub(super) async fn supervise(&mut self, stop: &CancellationToken) -> Option<RunError> {
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
    pub(super) async fn drain(&mut self) {
        self.stop_front.cancel();
        self.shared.consumer.drain();
        // Each may have ended already; then there is nothing to wait for.
        let _ = (&mut self.consumer_done).await;
        let _ = (&mut self.intake_done).await;
        crash::reach(Point::Draining);
        // What is held for a destination stays; a relay that is quiet has sent the rest.
        let mut quiet = 0;
        while quiet < 5 && self.shared.outbox_rows() > 0 && self.shared.is_publishing() {
            tokio::time::sleep(Duration::from_millis(60)).await;
            quiet = if self.shared.is_relay_busy() { 0 } else { quiet + 1 };
        }
        self.stop_back.cancel();
        // As above: how a part ended is told where the parts are watched, and nothing waits twice.
        let _ = (&mut self.relay_done).await;
        let _ = (&mut self.committed).await;
    }

    pub(super) async fn close(mut self) -> Left {
        let left = Left { outbox_rows: self.shared.outbox_rows() };
        self.parts.shutdown().await;
        if let Some(exporter) = self.exporter {
            exporter.finish().await;
        }
        drop(self.shared);
        crash::reach(Point::Closing);
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

type Timed = (mpsc::Sender<Work>, watched::Receiver<BTreeSet<PortalId>>, mpsc::Receiver<RunNow>);

fn spawn_schedule(
    parts: &mut Parts,
    shared: &Shared,
    (work, unread, wishes): Timed,
    stop: &CancellationToken,
) {
    let (jobs, clock) = (shared.jobs.clone(), shared.clock.clone());
    let schedule = Schedule { jobs, store: Arc::clone(&shared.store), work, clock, unread, wishes };
    let stop = stop.clone();
    parts.spawn(async move { Ok(schedule.run(stop).await.map(|()| "the schedule")?) });
}

type Steered = (watched::Sender<Vec<Held>>, mpsc::Receiver<Option<String>>);
type RelayEnds = (mpsc::Receiver<Vec<OutboxRow>>, mpsc::Receiver<Outcomes>, Steered);

fn spawn_relay(
    parts: &mut Parts,
    relay: Relay,
    (rows, outcomes, held): RelayEnds,
    stop: &CancellationToken,
) -> oneshot::Receiver<()> {
    let (ended, done) = oneshot::channel();
    let stop = stop.clone();
    parts.spawn(async move {
        relay.run(rows, outcomes, held, stop).await?;
        // Whoever waits for the relay may have given up already.
        let _ = ended.send(());
        Ok("the relay")
    });
    done
}

//! The daemon as it is: its own intake, committer, syncer, relay, schedule and files, wired as the
//! service wires them, but turned by hand, one step at a time. What is behind it is the store in
//! memory; what is before it are the ends of its channels.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use kvit::pipeline::committer::{Batches, Batching, Committer, Pending, Syncer};
use kvit::pipeline::desk::{By, DeskAct, DeskEnded, DeskWork};
use kvit::pipeline::relay::{Event, Relay};
use kvit::pipeline::{Addresses, Applier, CommitterHandle, Intake, Prepared, Taken, Work};
use kvit::schedule::Schedule;
use kvit::service::intake::{is_file, look_at, take_files};
use kvit::service::{Backlog, Shared, Watch, amqp_options, input_queues, jobs, turns};
use kvit::settings::Directory;
use kvit::telemetry::Spans;
use kvit_adapters::amqp::{
    AckHandle, Acks, BrokerStatus, Consumer, Delivery, Lanes, Outcomes, Outgoing, PublisherHandle,
};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{OutboxRow, Store, StoreError};
use kvit_schemas::PortalId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::mutations::Mutation;
use crate::world::{LIMITS, WORLD};

/// Channels are short here, so that they are often full.
const DEPTH: usize = 6;
const LANES: usize = 2;
/// Messages on their way that fill the relay's window, and rows it reads at a time.
const WINDOW: usize = 5;
const PAGE: usize = 3;
/// Commits that may wait for the sync.
const PENDING: usize = 2;

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// A running daemon.
pub(crate) struct Daemon {
    pub(crate) store: Arc<Store>,
    pub(crate) acks: Acks,
    shared: Arc<Shared>,
    watch: Watch,
    /// Portals that do not read what is said to them.
    pub(crate) unread: watch::Sender<BTreeSet<PortalId>>,
    spans: Spans,
    delivered: VecDeque<Delivery>,
    work: mpsc::Sender<Work>,
    inlet: mpsc::Receiver<Work>,
    batches: Batches,
    syncer: Syncer,
    pending: VecDeque<Pending>,
    /// Commits whose sync is done, and whether the first of them is acknowledged already.
    durable: VecDeque<Pending>,
    acknowledged: bool,
    rows: mpsc::Receiver<Vec<OutboxRow>>,
    relay_room: mpsc::Sender<Vec<OutboxRow>>,
    relay: Relay,
    lanes: Vec<mpsc::Receiver<Outgoing>>,
    pub(crate) outcomes: VecDeque<Outcomes>,
    files: mpsc::Sender<(Prepared, (Taken, AckHandle))>,
    taking_files: Task<()>,
    schedule: Arc<Schedule>,
    looking: Option<Task<Result<bool, StoreError>>>,
    mutation: Option<Mutation>,
}

/// What the daemon's parts know of each other, with the handle of a consumer that is never run:
/// the broker in memory asks it what is wanted.
fn shared(
    store: &Arc<Store>,
    directory: &Directory,
    (clock, work): (&Clock, &mpsc::Sender<Work>),
) -> Arc<Shared> {
    let settings = &WORLD.settings;
    let (status, broker) = BrokerStatus::new();
    let (options, queues) = (amqp_options(settings).unwrap(), input_queues(settings));
    let (_, consumer) = Consumer::new(options, queues, mpsc::channel(1).0, status);
    Arc::new(Shared {
        settings: settings.clone(),
        store: Arc::clone(store),
        work: work.downgrade(),
        progress: Arc::default(),
        tally: Arc::default(),
        broker,
        held: watch::channel(Vec::new()).1,
        unseen: watch::channel(None).0,
        missing: watch::channel(Vec::new()).0,
        paused: watch::channel(None).0,
        backlog: watch::channel(Backlog::default()).0,
        neglected: watch::channel(BTreeMap::new()).0,
        folders: watch::channel(BTreeMap::new()).0,
        consumer,
        intake: Intake { directory: directory.clone(), limits: LIMITS },
        turns: turns(settings),
        pauses: watch::channel(Vec::new()).0,
        steering: std::sync::Mutex::default(),
        kick: mpsc::channel(1).0,
        jobs: jobs(settings).unwrap(),
        run: mpsc::channel(1).0,
        clock: clock.clone(),
        started_at: clock.now(),
    })
}

fn schedule(
    store: &Arc<Store>,
    work: &mpsc::Sender<Work>,
    (clock, unread): (&Clock, watch::Receiver<BTreeSet<PortalId>>),
) -> Schedule {
    Schedule {
        jobs: jobs(&WORLD.settings).unwrap(),
        store: Arc::clone(store),
        work: work.clone(),
        clock: clock.clone(),
        unread,
        wishes: mpsc::channel(1).1,
    }
}

/// What a poll brings, where nobody waits: whoever turns the daemon comes again.
pub(crate) fn poll<T>(task: &mut Task<T>) -> Option<T> {
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// A future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the relay waits, though all its channels have room"),
    }
}

impl Daemon {
    /// Starts on what the store holds, as the service does.
    pub(crate) fn start(store: Arc<Store>, clock: &Clock, mutation: Option<Mutation>) -> Self {
        let world = &*WORLD;
        let settings = &world.settings;
        let rules = Mutation::rules(mutation, &world.rules);
        let directory = Mutation::directory(mutation, Directory::from(settings));
        let (work, inlet) = mpsc::channel(DEPTH);
        let shared = shared(&store, &directory, (clock, &work));
        shared.recall().unwrap();
        let progress = Arc::clone(&shared.progress);
        progress.durable.store(store.last_commit(), Ordering::Release);
        let keep_days = u32::from(settings.dedupe.keep_days);
        let applier = Applier::new(&store, rules, directory.clone(), LIMITS, keep_days).unwrap();
        let acks = shared.consumer.acks().clone();
        let (relay_room, rows) = mpsc::channel(DEPTH);
        let committer = Committer {
            relay: relay_room.clone(),
            acks: acks.clone(),
            clock: clock.clone(),
            progress: Arc::clone(&progress),
            batching: Batching { inputs_max: DEPTH, interval: Duration::ZERO },
        };
        let (batches, syncer) = committer.parts(Arc::clone(&store), applier);
        let depth = kvit::pipeline::relay::CHANNEL_DEPTH;
        let (publisher, lanes) = PublisherHandle::new(Lanes { count: LANES, depth });
        let relay = Relay::new(
            Arc::clone(&store),
            publisher,
            CommitterHandle { work: work.clone() },
            Addresses::from(settings),
            (progress, clock.clone(), Spans::default()),
        );
        let relay = relay.narrowed(WINDOW, PAGE);
        let (unread, unread_now) = watch::channel(BTreeSet::new());
        let schedule = Arc::new(schedule(&store, &work, (clock, unread_now)));
        let (files, waiting) = mpsc::channel(DEPTH);
        let turns = (work.clone(), Arc::clone(&shared.turns));
        let taking_files = Box::pin(take_files(waiting, directory, turns));
        Self {
            store,
            acks,
            shared,
            watch: Watch::default(),
            unread,
            spans: Spans::default(),
            delivered: VecDeque::new(),
            work,
            inlet,
            batches,
            syncer,
            pending: VecDeque::new(),
            durable: VecDeque::new(),
            acknowledged: false,
            rows,
            relay_room,
            relay,
            lanes,
            outcomes: VecDeque::new(),
            files,
            taking_files,
            schedule,
            looking: None,
            mutation,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.delivered.len() < DEPTH
    }

    pub(crate) fn receive(&mut self, delivery: Delivery) {
        self.delivered.push_back(delivery);
    }

    /// The intake looks at one delivery and hands it on; false when it cannot.
    pub(crate) fn look(&mut self) -> bool {
        if self.work.capacity() == 0 || self.files.capacity() == 0 {
            return false;
        }
        let Some(delivery) = self.delivered.pop_front() else { return false };
        let counted = (&self.shared.clock, &self.shared.tally, &self.spans);
        let (prepared, taken) = look_at(&self.shared.intake, delivery, counted);
        if is_file(&prepared) {
            self.files.try_send((prepared, taken)).unwrap();
        } else {
            self.work.try_send(Work::Delivery(Box::new(prepared), taken)).unwrap();
        }
        true
    }

    /// The committer applies what has come in meanwhile, at most so much.
    pub(crate) fn commit(&mut self, most: usize) -> Result<bool, StoreError> {
        let mut batch = Vec::new();
        while batch.len() < most
            && self.pending.len() < PENDING
            && let Ok(work) = self.inlet.try_recv()
        {
            batch.push(work);
        }
        if batch.is_empty() {
            return Ok(false);
        }
        let mut pending = self.batches.apply(&mut batch)?;
        if self.mutation == Some(Mutation::AcknowledgeBeforeSync) {
            self.syncer.acknowledge(&mut pending);
        }
        self.pending.push_back(pending);
        Ok(true)
    }

    /// The syncer makes durable what is applied.
    pub(crate) fn sync(&mut self) -> Result<bool, StoreError> {
        if self.pending.is_empty() || !self.durable.is_empty() {
            return Ok(false);
        }
        self.syncer.sync()?;
        self.durable.append(&mut self.pending);
        Ok(true)
    }

    /// The syncer answers: first the deliveries of a commit, then everybody else.
    pub(crate) fn answer(&mut self) -> bool {
        let Some(first) = self.durable.front_mut() else { return false };
        if !self.acknowledged {
            self.syncer.acknowledge(first);
            self.acknowledged = true;
            return true;
        }
        if self.relay_room.capacity() == 0 {
            return false;
        }
        if let Some(first) = self.durable.pop_front() {
            self.syncer.hand_on(first);
        }
        self.acknowledged = false;
        true
    }

    /// The relay looks at what comes first to it: the broker's word, or new rows; or at the time.
    pub(crate) fn relay(&mut self, rows_first: bool, at: Instant) -> Result<bool, StoreError> {
        now(self.relay.catch_up())?;
        let settled = |outcomes: &mut VecDeque<Outcomes>| outcomes.pop_front().map(Event::Settled);
        let fresh = |rows: &mut mpsc::Receiver<_>| rows.try_recv().ok().map(Event::Fresh);
        let event = if rows_first {
            fresh(&mut self.rows).or_else(|| settled(&mut self.outcomes))
        } else {
            settled(&mut self.outcomes).or_else(|| fresh(&mut self.rows))
        };
        let idle = event.is_none();
        now(self.relay.turn(event.unwrap_or(Event::Tick), at))?;
        Ok(!idle)
    }

    /// Lanes in which messages wait.
    pub(crate) fn busy_lanes(&self) -> Vec<usize> {
        (0..self.lanes.len()).filter(|lane| !self.lanes[*lane].is_empty()).collect()
    }

    /// The next messages of a lane.
    pub(crate) fn window(&mut self, lane: usize, most: usize) -> Vec<Outgoing> {
        let lane = &mut self.lanes[lane];
        std::iter::from_fn(|| lane.try_recv().ok()).take(most).collect()
    }

    /// The task of the files goes as far as it can.
    pub(crate) fn take_files(&mut self) {
        assert!(poll(&mut self.taking_files).is_none(), "the task of the files has ended");
    }

    /// The schedule looks at the clock, or goes on where it waited; true when it has looked.
    pub(crate) fn schedule(&mut self) -> Result<bool, StoreError> {
        let schedule = Arc::clone(&self.schedule);
        let looking =
            self.looking.get_or_insert_with(|| Box::pin(async move { schedule.look().await }));
        let Some(looked) = poll(looking) else { return Ok(false) };
        self.looking = None;
        looked.map(|_| true)
    }

    /// A person hands in an act; `None` when there is no room for it now.
    pub(crate) fn ask(&self, act: DeskAct, dry_run: bool) -> Option<oneshot::Receiver<DeskEnded>> {
        let (id, reason) = ("operator".parse().unwrap(), "it is plain".to_owned());
        let work = DeskWork { act, by: By { id, reason }, approves: None, dry_run };
        let (reply, answer) = oneshot::channel();
        self.work.try_send(Work::Desk(Box::new(work), reply)).ok().map(|()| answer)
    }

    /// A person wants all destinations tried again.
    pub(crate) fn kick(&mut self, at: Instant) -> Result<(), StoreError> {
        now(self.relay.turn(Event::Kicked(None), at))
    }

    /// The daemon looks at its limits; true when it began or ceased to hold back.
    pub(crate) fn watch(&mut self) -> Result<bool, StoreError> {
        let before = self.is_holding_back();
        now(self.watch.look(&self.shared))?;
        Ok(self.is_holding_back() != before)
    }

    /// It takes no messages, for too many wait to be sent.
    pub(crate) fn is_holding_back(&self) -> bool {
        self.shared.paused.borrow().is_some()
    }

    /// What its parts know of each other.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// True when nothing is under way in the daemon.
    pub(crate) fn is_idle(&self) -> bool {
        let lanes = self.lanes.iter().all(mpsc::Receiver::is_empty);
        lanes
            && self.delivered.is_empty()
            && self.inlet.is_empty()
            && self.pending.is_empty()
            && self.durable.is_empty()
            && self.rows.is_empty()
            && self.outcomes.is_empty()
    }
}

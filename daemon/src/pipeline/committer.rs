//! Group commit: what has come in meanwhile becomes one commit; while it is being synced, the
//! next is applied. Answers are given only after the sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kvit_adapters::amqp::{AckHandle, Acks};
use kvit_adapters::clock::Clock;
use kvit_adapters::crash::{self, Point};
use kvit_adapters::store::{Applied, Draft, DueTimer, OutboxRow, Store, StoreError};
use kvit_schemas::message::Alert;
use kvit_schemas::record::{Disposition, Timer};
use tokio::sync::{mpsc, oneshot};

use super::apply::Applier;
use super::desk::{DeskEnded, DeskWork};
use super::files::{FileAnswer, FileStep};
use super::intake::Prepared;
use super::tally::Taken;
use crate::telemetry::{events, list};

/// Something to be committed.
#[derive(Debug)]
pub enum Work {
    /// A delivery.
    Delivery(Box<Prepared>, Answerable),
    /// A step of a file on its way.
    File(Box<FileStep>, oneshot::Sender<FileAnswer>),
    /// An act of a person.
    Desk(Box<DeskWork>, oneshot::Sender<DeskEnded>),
    /// Timers that are due.
    Timers {
        /// Those to be looked at.
        due: Vec<DueTimer>,
        /// Those to be put off.
        later: Vec<DueTimer>,
        /// Until when.
        again: kvit_schemas::Moment,
        /// Told when it is done.
        reply: oneshot::Sender<()>,
    },
    /// The operators' tools are to be told something.
    Alert(Alert),
    /// A schedule fired.
    Fired(String, kvit_schemas::Moment, oneshot::Sender<()>),
    /// Outbox rows whose messages are all confirmed, by commit and part.
    Sent(Vec<(u64, u16)>),
    /// A file's delivery is done with, and how.
    Done(Answerable, Disposition),
}

/// A delivery that is to be answered: its place in the count, and its name on its channel.
pub type Answerable = (Taken, AckHandle);

/// Where work is handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CommitterHandle {
    /// The inlet; bounded.
    pub work: mpsc::Sender<Work>,
}

/// What others may know of the committer.
#[derive(Debug, Default)]
pub struct Progress {
    /// The last commit on stable storage.
    pub durable: AtomicU64,
    /// Outbox rows that are not sent yet.
    pub outbox_rows: AtomicU64,
    /// The relay has messages under way, or rows to read.
    pub relay_busy: AtomicBool,
    /// Set while a sync is under way: when it began, microseconds since 1970.
    pub syncing_since: AtomicU64,
    /// Set while a batch is being applied: when that began.
    pub applying_since: AtomicU64,
    /// How long the last sync took, in microseconds.
    pub sync_micros: AtomicU64,
    /// When the last commit became durable, or the daemon started.
    pub durable_at: AtomicU64,
    /// When the relay's loop last turned; 0 before its first turn and after its last.
    pub relay_turned_at: AtomicU64,
    /// When the oldest message that waits for the broker's word was handed to the publisher; 0
    /// when none does.
    pub unconfirmed_since: AtomicU64,
}

impl Progress {
    /// Sets one of the times to now.
    pub fn mark(at: &AtomicU64, clock: &Clock) {
        at.store(u64::try_from(clock.now().micros()).unwrap_or_default(), Ordering::Release);
    }
}

/// A batch waits no longer once nothing came for so long.
const PAUSE: Duration = Duration::from_millis(1);

/// How much one commit takes together.
#[derive(Debug, Clone, Copy)]
pub struct Batching {
    /// Most inputs of one commit.
    pub inputs_max: usize,
    /// At most from one commit's beginning to the next one's, while inputs keep coming.
    pub interval: Duration,
}

/// The two threads of the commit path.
pub struct Committer {
    /// Where what is durable goes.
    pub relay: mpsc::Sender<Vec<OutboxRow>>,
    /// Where deliveries are acknowledged.
    pub acks: Acks,
    /// The clock.
    pub clock: Clock,
    /// What others may know.
    pub progress: Arc<Progress>,
    /// How much one commit takes together.
    pub batching: Batching,
}

/// What is said once a commit is durable.
#[derive(Default)]
struct Answers {
    taken: Vec<(Answerable, Disposition)>,
    files: Vec<(oneshot::Sender<FileAnswer>, FileAnswer)>,
    acts: Vec<(oneshot::Sender<DeskEnded>, DeskEnded)>,
    done: Vec<oneshot::Sender<()>>,
    sent_rows: u64,
}

/// A commit that is applied, and what is to be said once it is durable.
pub struct Pending {
    applied: Applied,
    answers: Answers,
}

impl Committer {
    /// Starts both threads. They end when all handles are gone, or with the error that ended
    /// them: the daemon must stop then, for nothing more can be committed.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        self,
        store: Arc<Store>,
        applier: Applier,
        depth: usize,
    ) -> std::io::Result<(CommitterHandle, oneshot::Receiver<Result<(), StoreError>>)> {
        let (work, inlet) = mpsc::channel(depth);
        // One commit may wait while another is being synced; more would only add latency.
        let (pending, to_sync) = mpsc::channel(1);
        let (ended, end) = oneshot::channel();
        let batching = self.batching;
        let (batches, syncer) = self.parts(Arc::clone(&store), applier);
        let syncing: JoinHandle<Result<(), StoreError>> = std::thread::Builder::new()
            .name("kvit-sync".to_owned())
            .spawn(move || syncer.run(to_sync))?;
        std::thread::Builder::new().name("kvit-commit".to_owned()).spawn(move || {
            let applied = apply_all(batches, (inlet, pending), batching);
            // Whoever is told that all has ended may take the store apart.
            drop(store);
            let synced = match syncing.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            // Nobody listens any more when the daemon is already stopping.
            let _ = ended.send(applied.and(synced));
        })?;
        Ok((CommitterHandle { work }, end))
    }

    /// What the threads turn, for whoever turns it otherwise.
    pub fn parts(self, store: Arc<Store>, applier: Applier) -> (Batches, Syncer) {
        let batches = Batches {
            store: Arc::clone(&store),
            applier,
            clock: self.clock.clone(),
            progress: Arc::clone(&self.progress),
        };
        let Self { relay, acks, clock, progress, batching: _ } = self;
        (batches, Syncer { store, relay, acks, clock, progress })
    }
}

fn apply_all(
    mut batches: Batches,
    (mut inlet, pending): (mpsc::Receiver<Work>, mpsc::Sender<Pending>),
    Batching { inputs_max, interval }: Batching,
) -> Result<(), StoreError> {
    let mut batch = Vec::with_capacity(inputs_max);
    let mut next = Instant::now();
    let wait = |until: Instant| {
        let left = until.saturating_duration_since(Instant::now());
        std::thread::sleep(left.min(PAUSE));
        !left.is_zero()
    };
    while gather(&mut inlet, (&mut batch, inputs_max), || wait(next)) {
        next = Instant::now() + interval;
        if pending.blocking_send(batches.apply(&mut batch)?).is_err() {
            // The syncer has failed, and its error is the one to report.
            return Ok(());
        }
    }
    Ok(())
}

/// Takes what has come in; if that is not a full batch, also what comes while it waits, as long as
/// anything does: a commit of a few inputs costs the processor much of what one of many does, but
/// parties that wait for answers are not to wait for each other. False when nothing more comes.
fn gather<T>(
    inlet: &mut mpsc::Receiver<T>,
    (batch, inputs_max): (&mut Vec<T>, usize),
    mut wait: impl FnMut() -> bool,
) -> bool {
    if inlet.blocking_recv_many(batch, inputs_max) == 0 {
        return false;
    }
    let mut before = 0;
    while before < batch.len() && batch.len() < inputs_max && wait() {
        before = batch.len();
        batch.extend(std::iter::from_fn(|| inlet.try_recv().ok()).take(inputs_max - batch.len()));
    }
    true
}

/// Makes commits of batches.
pub struct Batches {
    store: Arc<Store>,
    applier: Applier,
    clock: Clock,
    progress: Arc<Progress>,
}

impl Batches {
    /// Applies a batch as one commit.
    ///
    /// # Errors
    /// When the store fails: nothing of the batch may be answered, and nothing more committed.
    pub fn apply(&mut self, batch: &mut Vec<Work>) -> Result<Pending, StoreError> {
        let began = self.clock.now();
        Progress::mark(&self.progress.applying_since, &self.clock);
        list::COMMIT_INPUTS.observe_many(batch.len());
        let mut draft = self.store.draft();
        let begun = draft.so_far();
        let mut answers = Answers::default();
        for work in batch.drain(..) {
            one(&mut self.applier, &mut draft, work, (&self.clock, &mut answers))?;
        }
        crash::reach(Point::Judged);
        // Only here: what is tried out for people to see happens to nobody.
        draft.since(begun).0.iter().flat_map(|line| &line.notes).for_each(events::noted);
        let applied = draft.apply(self.applier.next_seq())?;
        crash::reach(Point::Applied);
        self.progress.applying_since.store(0, Ordering::Release);
        list::COMMIT_APPLY.observe(between(began, self.clock.now()), &[]);
        Ok(Pending { applied, answers })
    }
}

fn one(
    applier: &mut Applier,
    draft: &mut Draft<'_>,
    work: Work,
    (clock, answers): (&Clock, &mut Answers),
) -> Result<(), StoreError> {
    let now = clock.now();
    match work {
        Work::Delivery(prepared, (mut taken, ack)) => {
            let (disposition, code) = applier.delivery(draft, &prepared, now)?;
            taken.coded(code);
            answers.taken.push(((taken, ack), disposition));
        }
        Work::File(step, reply) => {
            let answer = applier.file(draft, *step, now)?;
            answers.files.push((reply, answer));
        }
        Work::Desk(work, reply) => {
            let ended = applier.desk(draft, *work, now)?;
            answers.acts.push((reply, ended));
        }
        Work::Timers { due, later, again, reply } => {
            for timer in later {
                draft.remove_timer(&timer);
                draft.put_timer(Timer { due: again, ..timer.timer });
            }
            for timer in due {
                draft.remove_timer(&timer);
                applier.timer(draft, timer.timer, now)?;
            }
            answers.done.push(reply);
        }
        Work::Alert(alert) => applier.tell(draft, alert, now),
        Work::Fired(schedule, nominal, reply) => {
            draft.put_firing(&schedule, nominal);
            answers.done.push(reply);
        }
        Work::Sent(rows) => {
            for (commit, part) in rows {
                draft.outbox_done(commit, part);
                answers.sent_rows += 1;
            }
        }
        Work::Done(taken, disposition) => answers.taken.push((taken, disposition)),
    }
    Ok(())
}

fn between(began: kvit_schemas::Moment, ended: kvit_schemas::Moment) -> Duration {
    let micros = ended.micros().saturating_sub(began.micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// Makes commits durable, and only then says so.
pub struct Syncer {
    store: Arc<Store>,
    relay: mpsc::Sender<Vec<OutboxRow>>,
    acks: Acks,
    clock: Clock,
    progress: Arc<Progress>,
}

impl Syncer {
    fn run(self, mut to_sync: mpsc::Receiver<Pending>) -> Result<(), StoreError> {
        while let Some(first) = to_sync.blocking_recv() {
            let mut waiting = vec![first];
            // Whatever is applied by now becomes durable by the same sync.
            while let Ok(next) = to_sync.try_recv() {
                waiting.push(next);
            }
            self.sync()?;
            crash::reach(Point::Synced);
            for mut pending in waiting {
                self.acknowledge(&mut pending);
                self.hand_on(pending);
            }
        }
        Ok(())
    }

    /// Puts all that is applied on stable storage.
    ///
    /// # Errors
    /// When the store fails: nothing may be answered any more.
    pub fn sync(&self) -> Result<(), StoreError> {
        Progress::mark(&self.progress.syncing_since, &self.clock);
        if let Some(times) = self.store.sync()? {
            let took = (times.flush + times.fsync).as_micros();
            let took = u64::try_from(took).unwrap_or(u64::MAX);
            self.progress.sync_micros.store(took, Ordering::Release);
            list::COMMIT_FLUSH.observe(times.flush, &[]);
            list::COMMIT_FSYNC.observe(times.fsync, &[]);
        }
        self.progress.syncing_since.store(0, Ordering::Release);
        Progress::mark(&self.progress.durable_at, &self.clock);
        Ok(())
    }

    /// Acknowledges the deliveries of a commit that is durable.
    pub fn acknowledge(&self, pending: &mut Pending) {
        let Pending { applied, answers } = pending;
        self.progress.durable.store(applied.commit.0, Ordering::Release);
        let answered = std::mem::take(&mut answers.taken);
        let (taken, acks): (Vec<_>, Vec<_>) =
            answered.into_iter().map(|((taken, ack), end)| ((taken, end), ack)).unzip();
        self.acks.acknowledge(acks);
        for (taken, disposition) in taken {
            taken.end(disposition);
        }
    }

    /// Hands the messages of a commit that is durable to the relay, and tells who waits for it.
    pub fn hand_on(&self, pending: Pending) {
        let Pending { applied, answers } = pending;
        let rows = u64::try_from(applied.outbox.len()).unwrap_or(u64::MAX);
        self.progress.outbox_rows.fetch_add(rows, Ordering::AcqRel);
        self.progress.outbox_rows.fetch_sub(answers.sent_rows, Ordering::AcqRel);
        if !applied.outbox.is_empty() {
            // A relay that has ended leaves the rows in the store; the next start sends them.
            let _ = self.relay.blocking_send(applied.outbox);
            crash::reach(Point::HandedOn);
        }
        if answers.sent_rows > 0 {
            crash::reach(Point::Forgotten);
        }
        if !answers.acts.is_empty() {
            crash::reach(Point::Acted);
        }
        // Those who asked may have gone meanwhile; what they asked for is done all the same.
        for (reply, answer) in answers.files {
            let _ = reply.send(answer);
        }
        for (reply, ended) in answers.acts {
            let _ = reply.send(ended);
        }
        for reply in answers.done {
            let _ = reply.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_waits_until_it_is_full_or_nothing_more_comes() {
        let (sender, mut inlet) = mpsc::channel(10);
        let send =
            |inputs: std::ops::Range<u32>| inputs.for_each(|it| sender.try_send(it).unwrap());
        let mut batch = Vec::new();

        send(0..2);
        let mut coming = vec![4..7, 2..4];
        let come = || coming.pop().map(&send).is_some();
        assert!(gather(&mut inlet, (&mut batch, 5), come));
        assert_eq!(batch, [0, 1, 2, 3, 4], "until it is full");
        batch.clear();
        assert!(gather(&mut inlet, (&mut batch, 2), || panic!("a full batch waits")));
        assert_eq!(batch, [5, 6]);

        send(7..8);
        let mut waits = 0;
        let nothing = || {
            waits += 1;
            true
        };
        batch.clear();
        assert!(gather(&mut inlet, (&mut batch, 2), nothing));
        assert_eq!((batch.as_slice(), waits), ([7].as_slice(), 1), "until nothing comes");
        batch.clear();

        drop(sender);
        assert!(!gather(&mut inlet, (&mut batch, 3), || panic!("nothing more comes")));
    }
}

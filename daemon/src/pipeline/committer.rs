//! Group commit: what has come in meanwhile becomes one commit; while it is being synced, the
//! next is applied. Answers are given only after the sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use kvit_adapters::amqp::{AckHandle, Acks};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{Applied, Draft, OutboxRow, Store, StoreError};
use kvit_schemas::record::{Disposition, Timer};
use tokio::sync::{mpsc, oneshot};

use super::apply::{Applier, Ended};
use super::files::{FileAnswer, FileStep};
use super::intake::Prepared;
use crate::engine::Input;

/// Something to be committed.
#[derive(Debug)]
pub enum Work {
    /// A delivery.
    Delivery(Box<Prepared>, AckHandle),
    /// A step of a file on its way.
    File(Box<FileStep>, oneshot::Sender<FileAnswer>),
    /// An act of a person.
    Act {
        /// What.
        input: Input,
        /// Who and why.
        actor: kvit_schemas::record::Actor,
        /// How it ended.
        reply: oneshot::Sender<Ended>,
    },
    /// Timers that are due.
    Timers {
        /// Those to be looked at.
        due: Vec<Timer>,
        /// Those to be put off.
        later: Vec<Timer>,
        /// Until when.
        again: kvit_schemas::Moment,
        /// Told when it is done.
        reply: oneshot::Sender<()>,
    },
    /// A schedule fired.
    Fired(String, kvit_schemas::Moment, oneshot::Sender<()>),
    /// Outbox rows whose messages are all confirmed, by commit and part.
    Sent(Vec<(u64, u16)>),
    /// A file's delivery is done with.
    Done(AckHandle),
}

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
    dispositions: [AtomicU64; 4],
}

impl Progress {
    /// How many deliveries ended so, since the start.
    pub fn ended(&self, disposition: Disposition) -> u64 {
        self.slot(disposition).load(Ordering::Relaxed)
    }

    fn slot(&self, disposition: Disposition) -> &AtomicU64 {
        let [applied, duplicate, conflict, refused] = &self.dispositions;
        match disposition {
            Disposition::Applied => applied,
            Disposition::Duplicate => duplicate,
            Disposition::Conflict => conflict,
            Disposition::Refused => refused,
        }
    }
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
    /// Most inputs of one commit.
    pub batch_max: usize,
}

/// What is said once a commit is durable.
#[derive(Default)]
struct Answers {
    acks: Vec<AckHandle>,
    files: Vec<(oneshot::Sender<FileAnswer>, FileAnswer)>,
    acts: Vec<(oneshot::Sender<Ended>, Ended)>,
    done: Vec<oneshot::Sender<()>>,
    dispositions: Vec<Disposition>,
    sent_rows: u64,
}

struct Pending {
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
        let syncer = Syncer {
            store: Arc::clone(&store),
            relay: self.relay,
            acks: self.acks,
            clock: self.clock.clone(),
            progress: self.progress,
        };
        let syncing: JoinHandle<Result<(), StoreError>> = std::thread::Builder::new()
            .name("kvit-sync".to_owned())
            .spawn(move || syncer.run(to_sync))?;
        let (clock, batch_max) = (self.clock, self.batch_max.max(1));
        std::thread::Builder::new().name("kvit-commit".to_owned()).spawn(move || {
            let applied = apply_all(&store, applier, &clock, (inlet, pending, batch_max));
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
}

fn apply_all(
    store: &Store,
    mut applier: Applier,
    clock: &Clock,
    (mut inlet, pending, batch_max): (mpsc::Receiver<Work>, mpsc::Sender<Pending>, usize),
) -> Result<(), StoreError> {
    let mut batch = Vec::with_capacity(batch_max);
    while inlet.blocking_recv_many(&mut batch, batch_max) > 0 {
        let mut draft = store.draft();
        let mut answers = Answers::default();
        for work in batch.drain(..) {
            one(&mut applier, &mut draft, work, (clock, &mut answers))?;
        }
        let applied = draft.apply(applier.next_seq())?;
        if pending.blocking_send(Pending { applied, answers }).is_err() {
            // The syncer has failed, and its error is the one to report.
            return Ok(());
        }
    }
    Ok(())
}

fn one(
    applier: &mut Applier,
    draft: &mut Draft<'_>,
    work: Work,
    (clock, answers): (&Clock, &mut Answers),
) -> Result<(), StoreError> {
    let now = clock.now();
    match work {
        Work::Delivery(prepared, ack) => {
            answers.dispositions.push(applier.delivery(draft, &prepared, now)?);
            answers.acks.push(ack);
        }
        Work::File(step, reply) => {
            let answer = applier.file(draft, *step, now)?;
            answers.dispositions.extend(answer.disposition());
            answers.files.push((reply, answer));
        }
        Work::Act { input, actor, reply } => {
            let ended = applier.act(draft, input, actor, now)?;
            answers.acts.push((reply, ended));
        }
        Work::Timers { due, later, again, reply } => {
            for timer in later {
                draft.remove_timer(&timer);
                draft.put_timer(&Timer { due: again, ..timer });
            }
            for timer in due {
                applier.timer(draft, timer, now)?;
            }
            answers.done.push(reply);
        }
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
        Work::Done(ack) => answers.acks.push(ack),
    }
    Ok(())
}

struct Syncer {
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
            self.mark(&self.progress.syncing_since);
            self.store.sync()?;
            self.progress.syncing_since.store(0, Ordering::Release);
            for pending in waiting {
                self.answer(pending);
            }
        }
        Ok(())
    }

    fn mark(&self, at: &AtomicU64) {
        let now = u64::try_from(self.clock.now().micros()).unwrap_or_default();
        at.store(now, Ordering::Release);
    }

    fn answer(&self, pending: Pending) {
        let Pending { applied, answers } = pending;
        self.progress.durable.store(applied.commit.0, Ordering::Release);
        self.acks.acknowledge(answers.acks);
        let rows = u64::try_from(applied.outbox.len()).unwrap_or(u64::MAX);
        self.progress.outbox_rows.fetch_add(rows, Ordering::AcqRel);
        self.progress.outbox_rows.fetch_sub(answers.sent_rows, Ordering::AcqRel);
        for disposition in answers.dispositions {
            self.progress.slot(disposition).fetch_add(1, Ordering::Relaxed);
            metrics::counter!("kvit_messages_ended_total", "disposition" => disposition.as_str())
                .increment(1);
        }
        if !applied.outbox.is_empty() {
            // A relay that has ended leaves the rows in the store; the next start sends them.
            let _ = self.relay.blocking_send(applied.outbox);
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

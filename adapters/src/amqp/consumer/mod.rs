//! Receiving: one channel for each queue, all on one connection.
//!
//! Deliveries go into a bounded channel; when it is full nothing more is taken from the broker,
//! whose own bound is the prefetch. Acknowledgements come back through [`Acks`], from any thread.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use lapin::Channel;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::AmqpOptions;
use super::acks::{AckHandle, Acks};
use super::connection::{AmqpError, Backoff, Session, Supervisor, close, code, in_time, name};
use super::delivery::Delivery;
use super::link::{BrokerStatus, LinkReport, Side};
use channel::ChannelWork;

mod channel;

/// A queue to receive from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputQueue {
    /// The caller's number for it, given back with each delivery.
    pub source: usize,
    /// The queue's name.
    pub name: String,
    /// Most deliveries that may be unacknowledged at a time. Times the size limit of a message,
    /// this is the memory that the queue may take.
    pub prefetch: u16,
}

/// What has happened since the start. Each number only grows.
#[derive(Debug, Default)]
pub struct ConsumerStats {
    /// Deliveries handed on.
    pub received: AtomicU64,
    /// Of these, such as the broker has marked as delivered before.
    pub redelivered: AtomicU64,
    /// Acknowledgements given to the broker.
    pub acknowledged: AtomicU64,
    /// Acknowledgements that came when their channel was gone. The messages come again.
    pub acks_lost: AtomicU64,
}

/// Whether messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intake {
    Open,
    Paused,
    /// Paused by a person, one source alone: nothing is amiss.
    Held,
    Draining,
}

/// What is wanted of all queues, and those that a person has paused.
#[derive(Debug)]
struct Wanted {
    intake: Intake,
    paused: BTreeSet<usize>,
}

/// Tells each queue's task what is wanted of it.
#[derive(Debug)]
struct Steering {
    wanted: Mutex<Wanted>,
    all: watch::Sender<Intake>,
    queues: Vec<(usize, watch::Sender<Intake>)>,
}

impl Steering {
    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut wanted);
        let tell = |sender: &watch::Sender<Intake>, now: Intake| {
            sender.send_if_modified(|known| std::mem::replace(known, now) != now);
        };
        tell(&self.all, wanted.intake);
        for (source, queue) in &self.queues {
            let held = wanted.intake == Intake::Open && wanted.paused.contains(source);
            tell(queue, if held { Intake::Held } else { wanted.intake });
        }
    }
}

/// Receives until told to stop. Reconnects by itself.
pub struct Consumer {
    supervisor: Supervisor,
    intake: watch::Receiver<Intake>,
    queues: Vec<QueueTask>,
}

/// Steers a [`Consumer`]. Cheap to clone; no method waits.
#[derive(Debug, Clone)]
pub struct ConsumerHandle {
    acks: Acks,
    steering: Arc<Steering>,
    stats: Arc<ConsumerStats>,
}

impl ConsumerHandle {
    /// Where acknowledgements go.
    pub fn acks(&self) -> &Acks {
        &self.acks
    }

    /// The counters.
    pub fn stats(&self) -> &ConsumerStats {
        &self.stats
    }

    /// Closes all channels once what was acknowledged so far is with the broker: what is not goes
    /// back to its queue, in order. For times when nothing can be committed.
    pub fn pause(&self) {
        self.set(Intake::Paused);
    }

    /// Pauses exactly these sources, and takes from all others.
    pub fn pause_sources(&self, sources: BTreeSet<usize>) {
        self.steering.change(|wanted| wanted.paused = sources);
    }

    /// True while messages of this source are wanted: its channel is open, or is being opened.
    pub fn is_wanted(&self, source: usize) -> bool {
        let queue = self.steering.queues.iter().find(|(known, _)| *known == source);
        queue.is_some_and(|(_, steer)| *steer.borrow() == Intake::Open)
    }

    /// Opens the channels again.
    pub fn resume(&self) {
        self.set(Intake::Open);
    }

    /// Takes no more deliveries, acknowledges those already handed on as they are done with, and
    /// then ends [`Consumer::run`]. Cannot be taken back.
    pub fn drain(&self) {
        self.set(Intake::Draining);
    }

    fn set(&self, wanted: Intake) {
        self.steering.change(|now| {
            if now.intake != Intake::Draining {
                now.intake = wanted;
            }
        });
    }
}

impl Consumer {
    /// A consumer of these queues, and its handle. Nothing is done before [`Consumer::run`].
    pub fn new(
        options: AmqpOptions,
        queues: Vec<InputQueue>,
        deliveries: mpsc::Sender<Delivery>,
        status: BrokerStatus,
    ) -> (Self, ConsumerHandle) {
        let report = Arc::new(LinkReport::new(status, Side::Consuming, queues.len()));
        let acks = Acks::new(queues.len());
        let stats = Arc::new(ConsumerStats::default());
        let (all, intake) = watch::channel(Intake::Open);
        let mut steered = Vec::with_capacity(queues.len());
        let task = |(slot, queue): (usize, InputQueue)| {
            let (steer, intake) = watch::channel(Intake::Open);
            steered.push((queue.source, steer));
            QueueTask {
                slot,
                queue,
                await_timeout: options.await_timeout,
                epoch: 0,
                deliveries: deliveries.clone(),
                intake,
                acks: acks.clone(),
                stats: Arc::clone(&stats),
                report: Arc::clone(&report),
            }
        };
        let queues = queues.into_iter().enumerate().map(task).collect();
        let wanted = Mutex::new(Wanted { intake: Intake::Open, paused: BTreeSet::new() });
        let steering = Arc::new(Steering { wanted, all, queues: steered });
        let handle = ConsumerHandle { acks, steering, stats };
        (Self { supervisor: Supervisor::new(options, report), intake, queues }, handle)
    }

    /// Receives until cancelled, or drained, or nobody takes deliveries any more. In each case
    /// what was acknowledged by then is with the broker, if it can be reached.
    pub async fn run(mut self, stop: CancellationToken) {
        let drained = |intake: &Intake| *intake == Intake::Draining;
        loop {
            let mut intake = self.intake.clone();
            let session = tokio::select! {
                session = self.supervisor.next(&stop) => session,
                // Nothing can be acknowledged without a connection: there is nothing to drain.
                _ = intake.wait_for(drained) => None,
            };
            let Some(session) = session else { return };
            session
                .during(async {
                    join_all(self.queues.iter_mut().map(|queue| queue.serve(&session))).await;
                })
                .await;
            let unwanted = self.queues.iter().all(|queue| queue.deliveries.is_closed());
            let done = stop.is_cancelled() || unwanted || drained(&self.intake.borrow());
            if done {
                close(&session.connection).await;
                return;
            }
            self.supervisor.ended(session, &stop).await;
        }
    }
}

/// One queue's channel, opened as often as needed.
struct QueueTask {
    slot: usize,
    queue: InputQueue,
    await_timeout: Duration,
    /// Counts the channels: what is acknowledged for an older one is void.
    epoch: u64,
    deliveries: mpsc::Sender<Delivery>,
    intake: watch::Receiver<Intake>,
    acks: Acks,
    stats: Arc<ConsumerStats>,
    report: Arc<LinkReport>,
}

/// Why a channel's work ended.
enum Ended {
    /// Session over, told to stop or drained.
    Done,
    /// To be opened again when intake is.
    Paused,
    /// To be opened again after a while.
    Broken(String),
}

impl QueueTask {
    /// Works on the queue until the session ends or the queue is drained.
    async fn serve(&mut self, session: &Session) {
        let mut backoff = Backoff::default();
        while let Some(()) = session.ended.run_until_cancelled(self.wanted()).await {
            if *self.intake.borrow() == Intake::Draining {
                return;
            }
            let ended = match self.subscribe(session).await {
                Ok((channel, consumer)) => {
                    backoff = Backoff::default();
                    self.report.part_opened(self.slot);
                    self.work(session, &channel, consumer).await
                }
                Err(error) => Ended::Broken(self.advice(&error)),
            };
            match ended {
                Ended::Done => return,
                Ended::Paused => {}
                Ended::Broken(reason) => {
                    if session.connection.status().connected() {
                        self.report.part_failed(self.slot, reason);
                    }
                    let pause = tokio::time::sleep(backoff.next());
                    session.ended.run_until_cancelled(pause).await;
                }
            }
        }
    }

    /// The message in our own terms, counted.
    fn delivery(&self, message: lapin::message::Delivery) -> Delivery {
        let stats = &self.stats;
        stats.received.fetch_add(1, Ordering::Relaxed);
        stats.redelivered.fetch_add(u64::from(message.redelivered), Ordering::Relaxed);
        let ack = AckHandle { slot: self.slot, epoch: self.epoch, tag: message.delivery_tag };
        Delivery::of(message, self.queue.source, ack)
    }

    /// Waits while intake is paused.
    async fn wanted(&mut self) {
        if *self.intake.borrow() == Intake::Paused {
            self.report.part_failed(self.slot, "intake is paused".into());
        }
        if *self.intake.borrow() == Intake::Held {
            self.report.part_opened(self.slot);
        }
        let taken = |intake: &Intake| !matches!(intake, Intake::Paused | Intake::Held);
        // An error means that nobody can steer any more: as it was said last.
        let _ = self.intake.wait_for(taken).await;
    }

    async fn subscribe(&self, session: &Session) -> Result<(Channel, lapin::Consumer), AmqpError> {
        let limit = self.await_timeout;
        let channel = session.channel(limit).await?;
        let qos = channel.basic_qos(self.queue.prefetch, BasicQosOptions::default());
        in_time(limit, "setting the prefetch", qos).await?;
        let queue = name(&self.queue.name)?;
        let consume = channel.basic_consume(
            queue,
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = in_time(limit, "subscribing", consume).await?;
        Ok((channel, consumer))
    }

    fn advice(&self, error: &AmqpError) -> String {
        let queue = &self.queue.name;
        match error.code() {
            Some(code::NOT_FOUND) => {
                format!("queue {queue} does not exist; `kvit topology --apply` makes it")
            }
            Some(code::ACCESS_REFUSED) => {
                format!("queue {queue} may not be read: give our user the permission")
            }
            Some(_) | None => format!("queue {queue}: {}", error.reason()),
        }
    }

    async fn work(
        &mut self,
        session: &Session,
        channel: &Channel,
        consumer: lapin::Consumer,
    ) -> Ended {
        self.epoch += 1;
        let mut work = ChannelWork::new(self, channel, consumer);
        let ended = work.run(session).await;
        work.finish().await;
        ended
    }
}

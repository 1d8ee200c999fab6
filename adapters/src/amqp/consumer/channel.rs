//! One channel of a consumer, from its first delivery to its last acknowledgement.

use std::sync::atomic::Ordering;

use futures_util::{FutureExt, StreamExt};
use lapin::Channel;
use lapin::options::BasicAckOptions;

use super::{Ended, Intake, QueueTask};
use crate::amqp::acks::AckPrefix;
use crate::amqp::connection::{AmqpError, CLOSE_TIMEOUT, Session, code, in_time};
use crate::crash::{self, Point};

/// What the broker's stream of deliveries yields: `None` is its end, and nothing may be asked of
/// it after that.
type Received = Option<lapin::Result<lapin::message::Delivery>>;

/// The work on one channel.
pub(super) struct ChannelWork<'a> {
    task: &'a mut QueueTask,
    channel: &'a Channel,
    /// Gone when draining.
    stream: Option<lapin::Consumer>,
    /// Received, and not handed on yet.
    next: Option<Received>,
    prefix: AckPrefix,
}

enum Step {
    Ended,
    Steered,
    Acknowledged,
    /// There is something to hand on, and perhaps room for it.
    Deliverable,
}

impl<'a> ChannelWork<'a> {
    pub(super) fn new(
        task: &'a mut QueueTask,
        channel: &'a Channel,
        consumer: lapin::Consumer,
    ) -> Self {
        let (stream, next, prefix) = (Some(consumer), None, AckPrefix::default());
        Self { task, channel, stream, next, prefix }
    }

    /// Hands on and acknowledges until the channel is of no more use.
    pub(super) async fn run(&mut self, session: &Session) -> Ended {
        self.task.intake.mark_changed();
        loop {
            if self.stream.is_none() && self.prefix.is_settled() {
                return Ended::Done;
            }
            let ended = match self.step(session).await {
                Step::Ended => Some(Ended::Done),
                Step::Steered => self.steer(),
                Step::Acknowledged => match self.acknowledge().await {
                    Ok(()) => None,
                    Err(error) => Some(Ended::Broken(self.task.advice(&error))),
                },
                Step::Deliverable => self.hand_on(),
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    async fn step(&mut self, session: &Session) -> Step {
        let task = &mut *self.task;
        let has_next = self.next.is_some();
        let receive = async {
            match self.stream.as_mut() {
                Some(stream) => stream.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = session.ended.cancelled() => Step::Ended,
            Ok(()) = task.intake.changed() => Step::Steered,
            () = task.acks.arrived(task.slot) => Step::Acknowledged,
            permit = task.deliveries.reserve(), if has_next => match permit {
                Ok(_) => Step::Deliverable,
                // Nobody is there to take it: the caller is going down.
                Err(_) => Step::Ended,
            },
            received = receive, if !has_next => {
                self.next = Some(received);
                Step::Deliverable
            }
        }
    }

    fn steer(&mut self) -> Option<Ended> {
        let intake = *self.task.intake.borrow_and_update();
        match intake {
            Intake::Open => None,
            Intake::Paused | Intake::Held => Some(Ended::Paused),
            Intake::Draining => {
                self.stream = None;
                self.next = None;
                None
            }
        }
    }

    /// Hands on what has been received, and what has arrived behind it, while there is room:
    /// otherwise each message would pay for a turn of the loop.
    fn hand_on(&mut self) -> Option<Ended> {
        loop {
            let message = match self.next.take()? {
                Some(Ok(message)) => message,
                Some(Err(source)) => {
                    let error = AmqpError::Failed { what: "receiving", source };
                    return Some(Ended::Broken(self.task.advice(&error)));
                }
                None => {
                    return Some(Ended::Broken(format!(
                        "queue {}: the broker ended the subscription (the queue was deleted, or \
                         has moved)",
                        self.task.queue.name
                    )));
                }
            };
            let Ok(permit) = self.task.deliveries.try_reserve() else {
                self.next = Some(Some(Ok(message)));
                return None;
            };
            self.prefix.hand_on(message.delivery_tag);
            permit.send(self.task.delivery(message));
            self.next = self.stream.as_mut()?.next().now_or_never();
        }
    }

    /// Tells the broker of all that has been committed without a gap.
    async fn acknowledge(&mut self) -> Result<(), AmqpError> {
        for handle in self.task.acks.take(self.task.slot) {
            match handle.tag_on(self.task.epoch) {
                Some(tag) => self.prefix.commit(tag),
                None => drop(self.task.stats.acks_lost.fetch_add(1, Ordering::Relaxed)),
            }
        }
        let Some((tag, count)) = self.prefix.take_run() else { return Ok(()) };
        self.tell(tag, true, count).await
    }

    async fn tell(&self, tag: u64, multiple: bool, count: u64) -> Result<(), AmqpError> {
        crash::reach(Point::Acknowledging);
        let ack = self.channel.basic_ack(tag, BasicAckOptions { multiple });
        let told = in_time(self.task.await_timeout, "acknowledging", ack).await;
        crash::reach(Point::Acknowledged);
        let stats = &self.task.stats;
        let counter = if told.is_ok() { &stats.acknowledged } else { &stats.acks_lost };
        counter.fetch_add(count, Ordering::Relaxed);
        told
    }

    /// Acknowledges what is committed, gaps or not, and gives the rest back by closing.
    pub(super) async fn finish(mut self) {
        let mut told = self.acknowledge().await;
        for tag in self.prefix.take_rest() {
            match told {
                Ok(()) => told = self.tell(tag, false, 1).await,
                Err(_) => {
                    self.task.stats.acks_lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        if self.channel.status().connected() {
            let closing = self.channel.close(code::OK, "done".into());
            if let Err(error) = in_time(CLOSE_TIMEOUT, "closing a channel", closing).await {
                tracing::debug!(reason = error.reason(), "channel not closed in order");
            }
        }
    }
}

//! The parties at the broker: one connection to say, one to hear, with bounded windows.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, bail};
use kvit_adapters::amqp::{
    AckHandle, AmqpOptions, BrokerStatus, Consumer, ConsumerHandle, Delivery, InputQueue, Lanes,
    Outcomes, Outgoing, PublishOutcome, Publisher, PublisherHandle, Topology,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::{PORTALS, Post};
use super::seen::Reader;

/// Most messages that the broker has not confirmed yet.
const WINDOW: usize = 512;
/// Most deliveries of a queue that were not acknowledged yet.
const PREFETCH: u16 = 256;

/// All parties.
pub(super) struct Traffic {
    prefix: String,
    publisher: PublisherHandle,
    outcomes: mpsc::Receiver<Outcomes>,
    deliveries: mpsc::Receiver<Delivery>,
    consumer: ConsumerHandle,
    pub(super) readers: Vec<Reader>,
    in_flight: HashMap<u64, Outgoing>,
    next_ticket: u64,
    /// Messages that the broker has confirmed.
    pub(super) confirmed: u64,
    stop: CancellationToken,
    parts: JoinSet<()>,
}

/// What came next.
pub(super) enum Came {
    /// Messages have arrived.
    Deliveries(Vec<Delivery>),
    /// The broker confirmed some, or nothing came for a while.
    Nothing,
}

impl Traffic {
    /// Connects all parties. Their queues exist.
    pub(super) fn open(options: &AmqpOptions, topology: &Topology) -> Self {
        let (queues, readers) = queues_of(topology);
        let options = AmqpOptions { instance: "demo-parties".to_owned(), ..options.clone() };
        let (status, _) = BrokerStatus::new();
        let (told, outcomes) = mpsc::channel(64);
        let lanes = Lanes { count: 3, depth: WINDOW };
        let (sending, publisher) = Publisher::new(options.clone(), lanes, told, status.clone());
        let (delivered, deliveries) = mpsc::channel(1024);
        let (hearing, consumer) = Consumer::new(options, queues, delivered, status);
        let stop = CancellationToken::new();
        let mut parts = JoinSet::new();
        parts.spawn(sending.run(stop.clone()));
        parts.spawn(hearing.run(stop.clone()));
        let prefix = topology.prefix.clone();
        let (in_flight, next_ticket, confirmed) = (HashMap::new(), 0, 0);
        Self {
            prefix,
            publisher,
            outcomes,
            deliveries,
            consumer,
            readers,
            in_flight,
            next_ticket,
            confirmed,
            stop,
            parts,
        }
    }

    /// True when one more message may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.in_flight.len() < WINDOW
    }

    /// True when everything sent is confirmed.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, post: &Post) -> anyhow::Result<()> {
        self.next_ticket += 1;
        let outgoing = Outgoing {
            ticket: self.next_ticket,
            exchange: format!("{}.{}", self.prefix, post.exchange),
            routing_key: post.key.clone(),
            message_id: post.id.clone(),
            kind: post.kind.to_owned(),
            content_type: "application/json".to_owned(),
            correlation_id: None,
            cause: None,
            traceparent: None,
            timestamp_seconds: 0,
            speaker: post.speaker.clone(),
            file_name: post.file_name.clone(),
            body: post.body.clone(),
        };
        self.in_flight.insert(outgoing.ticket, outgoing.clone());
        self.hand_in(outgoing).await
    }

    async fn hand_in(&self, outgoing: Outgoing) -> anyhow::Result<()> {
        let lane = match outgoing.exchange.rsplit_once(".bank.in") {
            Some(_) => 1,
            None => usize::from(outgoing.exchange.ends_with(".agency.in")) * 2,
        };
        self.publisher.lane(lane).send(outgoing).await.context("the publisher has ended")
    }

    /// Waits for what comes next, not for ever.
    pub(super) async fn next(&mut self) -> anyhow::Result<Came> {
        tokio::select! {
            outcomes = self.outcomes.recv() => {
                self.judge(outcomes.context("the publisher has ended")?).await?;
                Ok(Came::Nothing)
            }
            first = self.deliveries.recv() => {
                let mut came = vec![first.context("the consumer has ended")?];
                while came.len() < 256 && let Ok(more) = self.deliveries.try_recv() {
                    came.push(more);
                }
                Ok(Came::Deliveries(came))
            }
            () = tokio::time::sleep(Duration::from_millis(200)) => Ok(Came::Nothing),
        }
    }

    /// Says that deliveries are done with.
    pub(super) fn acknowledge(&self, handles: Vec<AckHandle>) {
        self.consumer.acks().acknowledge(handles);
    }

    async fn judge(&mut self, outcomes: Outcomes) -> anyhow::Result<()> {
        for (ticket, outcome) in outcomes {
            match outcome {
                PublishOutcome::Confirmed => {
                    self.in_flight.remove(&ticket);
                    self.confirmed += 1;
                }
                PublishOutcome::Unknown(why) if why.contains("user_id") => bail!(
                    "the broker does not let one user speak for all parties ({why}); give the user \
                     of the URL the tag: rabbitmqctl set_user_tags USER impersonator"
                ),
                PublishOutcome::Unknown(_) | PublishOutcome::Refused => {
                    if let Some(again) = self.in_flight.get(&ticket).cloned() {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        self.hand_in(again).await?;
                    }
                }
                PublishOutcome::Unroutable => bail!("a message of the demo reached no queue"),
                PublishOutcome::Malformed(what) => {
                    bail!("a message of the demo has no good {what}")
                }
            }
        }
        Ok(())
    }

    /// Acknowledges what was taken, and disconnects.
    pub(super) async fn close(mut self) {
        self.consumer.drain();
        drop(self.deliveries);
        self.stop.cancel();
        while self.parts.join_next().await.is_some() {}
    }
}

/// The out-queues, and who reads each.
fn queues_of(topology: &Topology) -> (Vec<InputQueue>, Vec<Reader>) {
    let prefix = &topology.prefix;
    let portals =
        PORTALS.iter().map(|id| (format!("{prefix}.portal.{id}.out"), Reader::Portal(id)));
    let agencies = topology.agencies.iter().map(|agency| {
        (format!("{prefix}.agency.{}.inbox", agency.id), Reader::Agency(agency.id.clone()))
    });
    let feeds = super::plan::FEEDS
        .iter()
        .map(|(feed, _)| (format!("{prefix}.bank.{feed}.reports"), Reader::Feed(feed)));
    let operators = (format!("{prefix}.ops.out"), Reader::Operators);
    let all = portals.chain(agencies).chain(feeds).chain([operators]);
    all.enumerate()
        .map(|(source, (name, reader))| (InputQueue { source, name, prefetch: PREFETCH }, reader))
        .unzip()
}

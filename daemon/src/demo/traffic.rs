//! The parties at the broker: connections to say and to hear, with bounded windows. One line
//! serves all parties, or each has its own with its own broker user.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, bail};
use kvit_adapters::amqp::{
    AckHandle, BrokerStatus, Consumer, ConsumerHandle, Delivery, InputQueue, Lanes, Outcomes,
    Outgoing, PublishOutcome, Publisher, PublisherHandle, Speaker,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lines::Line;
use super::plan::Post;
use super::seen::Reader;

/// Most messages that the broker has not confirmed yet.
const WINDOW: usize = 512;
/// Most deliveries of a queue that were not acknowledged yet.
const PREFETCH: u16 = 256;
/// Lanes of a line: one for each exchange.
const LANES: usize = 3;

/// All parties.
pub(super) struct Traffic {
    prefix: String,
    wires: Vec<Wire>,
    outcomes: mpsc::Receiver<Outcomes>,
    deliveries: mpsc::Receiver<Delivery>,
    pub(super) readers: Vec<Reader>,
    /// By reader, the wire it hears by.
    wire_of_reader: Vec<usize>,
    in_flight: HashMap<u64, Outgoing>,
    next_ticket: u64,
    /// Messages that the broker has confirmed.
    pub(super) confirmed: u64,
    stop: CancellationToken,
    parts: JoinSet<()>,
}

/// A line that is connected.
struct Wire {
    publisher: PublisherHandle,
    consumer: ConsumerHandle,
    /// The broker user by the exchange spoken to and the party.
    users: HashMap<(&'static str, String), String>,
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
    pub(super) fn open(prefix: &str, lines: Vec<Line>) -> Self {
        let (told, outcomes) = mpsc::channel(64);
        let (delivered, deliveries) = mpsc::channel(1024);
        let stop = CancellationToken::new();
        let mut parts = JoinSet::new();
        let (mut wires, mut readers, mut wire_of_reader) = (Vec::new(), Vec::new(), Vec::new());
        for line in lines {
            let mut queues = Vec::new();
            for (name, reader) in line.queues {
                queues.push(InputQueue { source: readers.len(), name, prefetch: PREFETCH });
                readers.push(reader);
                wire_of_reader.push(wires.len());
            }
            let (status, _) = BrokerStatus::new();
            let lanes = Lanes { count: LANES, depth: WINDOW };
            let (sending, publisher) =
                Publisher::new(line.options.clone(), lanes, told.clone(), status.clone());
            let (hearing, consumer) =
                Consumer::new(line.options, queues, delivered.clone(), status);
            parts.spawn(sending.run(stop.clone()));
            parts.spawn(hearing.run(stop.clone()));
            wires.push(Wire { publisher, consumer, users: line.users });
        }
        let prefix = prefix.to_owned();
        let (in_flight, next_ticket, confirmed) = (HashMap::new(), 0, 0);
        Self {
            prefix,
            wires,
            outcomes,
            deliveries,
            readers,
            wire_of_reader,
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
        let (wire, speaker) = self.spoken(post);
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
            speaker,
            file_name: post.file_name.clone(),
            body: post.body.clone(),
        };
        self.in_flight.insert(outgoing.ticket, outgoing.clone());
        self.hand_in(wire, outgoing).await
    }

    /// The wire by which a party is heard, and its broker user.
    fn spoken(&self, post: &Post) -> (usize, Speaker) {
        let Speaker::Other(party) = &post.speaker else { return (0, post.speaker.clone()) };
        let name = (post.exchange, party.clone());
        let found = self.wires.iter().enumerate().find_map(|(at, wire)| {
            let user = wire.users.get(&name)?;
            Some((at, Speaker::Other(user.clone())))
        });
        // Who speaks where only others may is not listed there: a lie that one user tells for all.
        found.unwrap_or_else(|| (0, post.speaker.clone()))
    }

    async fn hand_in(&self, wire: usize, outgoing: Outgoing) -> anyhow::Result<()> {
        let lane = match outgoing.exchange.rsplit_once(".bank.in") {
            Some(_) => 1,
            None => usize::from(outgoing.exchange.ends_with(".agency.in")) * 2,
        };
        let wire = self.wires.get(wire).context("no party is played")?;
        wire.publisher.lane(lane).send(outgoing).await.context("the publisher has ended")
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

    /// Says that deliveries are done with; each with the number of its reader.
    pub(super) fn acknowledge(&self, handles: Vec<(usize, AckHandle)>) {
        let mut by_wire: Vec<Vec<AckHandle>> = self.wires.iter().map(|_| Vec::new()).collect();
        for (reader, handle) in handles {
            let wire = self.wire_of_reader.get(reader);
            if let Some(of_wire) = wire.and_then(|wire| by_wire.get_mut(*wire)) {
                of_wire.push(handle);
            }
        }
        for (wire, handles) in self.wires.iter().zip(by_wire) {
            if !handles.is_empty() {
                wire.consumer.acks().acknowledge(handles);
            }
        }
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
                PublishOutcome::Unknown(why) if why.contains("ACCESS_REFUSED") => {
                    bail!("the broker does not let a party say what it should: {why}")
                }
                PublishOutcome::Unknown(_) | PublishOutcome::Refused => self.again(ticket).await?,
                PublishOutcome::Unroutable => {
                    bail!("a message reached no queue; is a kvit behind this broker and prefix?")
                }
                PublishOutcome::Malformed(what) => {
                    bail!("a message of the play has no good {what}")
                }
            }
        }
        Ok(())
    }

    async fn again(&self, ticket: u64) -> anyhow::Result<()> {
        let Some(again) = self.in_flight.get(&ticket).cloned() else { return Ok(()) };
        let speaks = |wire: &Wire| match &again.speaker {
            Speaker::Other(user) => wire.users.values().any(|known| known == user),
            Speaker::Connection | Speaker::Nobody => false,
        };
        let wire = self.wires.iter().position(speaks).unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.hand_in(wire, again).await
    }

    /// Acknowledges what was taken, and disconnects.
    pub(super) async fn close(mut self) {
        self.wires.iter().for_each(|wire| wire.consumer.drain());
        drop(self.deliveries);
        self.stop.cancel();
        while self.parts.join_next().await.is_some() {}
    }
}

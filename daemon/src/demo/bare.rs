//! The least that any consumer of one queue and publisher to another does on this broker and this
//! client: receive, publish with confirmation, acknowledge. The daemon's rate is read beside it.

use std::time::Duration;

use anyhow::{Context, ensure};
use kvit_adapters::amqp::{
    Admin, AmqpOptions, BrokerStatus, Consumer, Delivery, InputQueue, Lanes, Outcomes, Outgoing,
    PublishOutcome, Publisher, PublisherHandle, Speaker,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const LANES: usize = 2;
const PREFETCH: u16 = 512;
const IN_FLIGHT: u64 = 1024;

/// Moves so many messages of a size from one quorum queue to another; how long it took, and how
/// long it took to fill the first one.
pub(super) async fn run(
    options: &AmqpOptions,
    prefix: &str,
    (messages, body_bytes): (u64, usize),
) -> anyhow::Result<Duration> {
    let options = AmqpOptions { instance: "demo-bare".to_owned(), ..options.clone() };
    let admin = Admin::connect(&options).await?;
    let queues = [format!("{prefix}.bare.in"), format!("{prefix}.bare.out")];
    for queue in &queues {
        admin.declare_loose(queue).await?;
    }
    let moved = go_through(&options, &queues, (messages, body_bytes)).await;
    for queue in &queues {
        admin.remove_loose(queue).await?;
    }
    admin.close().await;
    moved
}

async fn go_through(
    options: &AmqpOptions,
    [input, output]: &[String; 2],
    (messages, body_bytes): (u64, usize),
) -> anyhow::Result<Duration> {
    let (status, _) = BrokerStatus::new();
    let (told, mut outcomes) = mpsc::channel(64);
    let lanes = Lanes { count: LANES, depth: 512 };
    let (sending, publisher) = Publisher::new(options.clone(), lanes, told, status.clone());
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    parts.spawn(sending.run(stop.clone()));
    let body = vec![b'x'; body_bytes];
    let (mut sent, mut confirmed) = (0, 0);
    while confirmed < messages {
        if sent < messages && sent - confirmed < IN_FLIGHT {
            hand_in(&publisher, sent, input, body.clone()).await?;
            sent += 1;
        } else {
            confirmed += done(&mut outcomes).await?.0;
        }
    }
    let queue = InputQueue { source: 0, name: input.clone(), prefetch: PREFETCH };
    let (delivered, mut deliveries) = mpsc::channel(1024);
    let (hearing, consumer) = Consumer::new(options.clone(), vec![queue], delivered, status);
    let began = Instant::now();
    parts.spawn(hearing.run(stop.clone()));
    let mut acks = std::collections::HashMap::new();
    let (mut next, mut moved) = (messages, 0);
    while moved < messages {
        tokio::select! {
            ended = done(&mut outcomes) => {
                let (count, tickets) = ended?;
                let handles = tickets.iter().filter_map(|ticket| acks.remove(ticket)).collect();
                consumer.acks().acknowledge(handles);
                moved += count;
            }
            Some(delivery) = deliveries.recv() => {
                let Delivery { ack, body, .. } = delivery;
                acks.insert(next, ack);
                hand_in(&publisher, next, output, body).await?;
                next += 1;
            }
        }
    }
    let took = began.elapsed();
    stop.cancel();
    while parts.join_next().await.is_some() {}
    Ok(took)
}

async fn hand_in(
    publisher: &PublisherHandle,
    ticket: u64,
    queue: &str,
    body: Vec<u8>,
) -> anyhow::Result<()> {
    let outgoing = Outgoing {
        ticket,
        exchange: String::new(),
        routing_key: queue.to_owned(),
        message_id: format!("bare-{ticket}"),
        kind: "case.status.v1".to_owned(),
        content_type: "application/json".to_owned(),
        correlation_id: Some("000000000000000000000000000017".to_owned()),
        cause: Some("cause-1".to_owned()),
        traceparent: None,
        timestamp_seconds: 1_772_000_000,
        speaker: Speaker::Connection,
        file_name: None,
        body,
    };
    let lane = usize::from(ticket % 2 == 1);
    publisher.lane(lane).send(outgoing).await.context("the publisher has ended")
}

async fn done(outcomes: &mut mpsc::Receiver<Outcomes>) -> anyhow::Result<(u64, Vec<u64>)> {
    let outcomes = outcomes.recv().await.context("the publisher has ended")?;
    let confirmed = outcomes.iter().all(|(_, outcome)| *outcome == PublishOutcome::Confirmed);
    ensure!(confirmed, "a message of the bare loop was not confirmed");
    let count = u64::try_from(outcomes.len())?;
    Ok((count, outcomes.into_iter().map(|(ticket, _)| ticket).collect()))
}

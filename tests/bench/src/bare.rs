//! The bare loop: it receives, publishes what kvit would say, waits for the confirmations and
//! acknowledges. It reads nothing, decides nothing and keeps nothing.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use tokio::task::JoinSet;

use crate::daemon::{BARE, PREFIX};
use crate::orders::Step;
use crate::wire::{Message, confirming, publish};

/// Deliveries taken together.
const WINDOW: usize = 256;
/// Windows whose confirmations are awaited at the same time, each on a channel of its own.
const IN_FLIGHT: usize = 4;
const PREFETCH: u16 = 1_024;

/// What kvit said of one message of each step, to be said again for every one.
pub(crate) type Answers = BTreeMap<Step, Vec<Message>>;

/// Moves messages until it is dropped.
pub(crate) struct BareLoop {
    _queues: JoinSet<()>,
    _connections: [Connection; 2],
}

impl BareLoop {
    /// Begins to move what is in these queues.
    pub(crate) async fn start(
        url: &str,
        queues: &[String],
        answers: &Answers,
    ) -> anyhow::Result<Self> {
        let properties = ConnectionProperties::default;
        let consuming = Connection::connect(url, properties()).await?;
        let publishing = Connection::connect(url, properties()).await?;
        let mut tasks = JoinSet::new();
        for queue in queues {
            let mut lanes = Vec::with_capacity(IN_FLIGHT);
            for _ in 0..IN_FLIGHT {
                lanes.push(confirming(&publishing).await?);
            }
            let channel = consuming.create_channel().await?;
            channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
            let consume = channel.basic_consume(
                queue.as_str().into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            );
            let (consumer, answers) = (consume.await?, answers.clone());
            tasks.spawn(async move {
                if let Err(error) = go(consumer, &channel, &lanes, &answers).await {
                    eprintln!("the bare loop has ended: {error:#}");
                }
            });
        }
        Ok(Self { _queues: tasks, _connections: [consuming, publishing] })
    }
}

async fn go(
    mut consumer: Consumer,
    channel: &Channel,
    lanes: &[Channel],
    answers: &Answers,
) -> anyhow::Result<()> {
    let mut in_flight = FuturesOrdered::new();
    let mut lane = lanes.iter().cycle();
    loop {
        tokio::select! {
            biased;
            Some(done) = in_flight.next(), if !in_flight.is_empty() => {
                let last: anyhow::Result<u64> = done;
                channel.basic_ack(last?, BasicAckOptions { multiple: true }).await?;
            }
            window = what_is_there(&mut consumer), if in_flight.len() < IN_FLIGHT => {
                let (taken, last) = window?;
                let lane = lane.next().context("no lanes")?;
                let said: Vec<Message> =
                    taken.iter().flat_map(|message| said_of(message, answers)).collect();
                in_flight.push_back(async move {
                    publish(lane, &said).await?;
                    Ok(last)
                });
            }
        }
    }
}

/// What is there now, up to a window, with the last delivery tag; waits for one at least.
async fn what_is_there(consumer: &mut Consumer) -> anyhow::Result<(Vec<Message>, u64)> {
    let first = consumer.next().await.context("the subscription has ended")??;
    let mut last = first.delivery_tag;
    let mut taken = vec![Message::of(first)];
    while taken.len() < WINDOW
        && let Some(next) = consumer.next().now_or_never()
    {
        let delivery = next.context("the subscription has ended")??;
        last = delivery.delivery_tag;
        taken.push(Message::of(delivery));
    }
    Ok((taken, last))
}

fn said_of(message: &Message, answers: &Answers) -> Vec<Message> {
    let known = Step::of_id(&message.id).and_then(|step| answers.get(&step));
    let said = known.into_iter().flatten().enumerate();
    said.map(|(nth, template)| Message {
        exchange: template.exchange.replacen(PREFIX, BARE, 1),
        id: format!("{nth}-{}", message.id),
        user: None,
        correlation_id: message.correlation_id.clone(),
        cause: Some(message.id.clone()),
        ..template.clone()
    })
    .collect()
}

//! The least that any consumer of one queue and publisher to another must do on this broker and
//! this library: receive, publish with confirmation, acknowledge. kvit's rate is compared with
//! its rate.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};

use crate::broker::{Peer, unique};

const WINDOW: usize = 256;
/// Windows whose confirmations are awaited at the same time, each on a channel of its own.
const IN_FLIGHT: usize = 4;
const PREFETCH: u16 = 2000;

/// How many messages went through in which time.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Messages.
    pub messages: u32,
    /// From the subscription to the last acknowledgement.
    pub took: Duration,
}

impl Rate {
    /// Messages a second.
    pub fn per_second(&self) -> f64 {
        f64::from(self.messages) / self.took.as_secs_f64()
    }
}

/// Moves messages of a size from one quorum queue to another, both made for it and deleted after.
pub async fn run(url: &str, messages: u32, body_bytes: usize) -> Result<Rate> {
    let peer = Peer::connect(url).await?;
    let (input, output) = (unique("bare-in"), unique("bare-out"));
    peer.queue(&input, &[]).await?;
    peer.queue(&output, &[]).await?;
    let done = go_through(url, &peer, &input, &output, messages, body_bytes).await;
    for queue in [&input, &output] {
        peer.channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await?;
    }
    done
}

async fn go_through(
    url: &str,
    peer: &Peer,
    input: &str,
    output: &str,
    messages: u32,
    body_bytes: usize,
) -> Result<Rate> {
    let body = vec![b'x'; body_bytes];
    let mut to_fill = usize::try_from(messages)?;
    while to_fill > 0 {
        let window = to_fill.min(WINDOW);
        publish(&peer.channel, input, &vec![body.as_slice(); window]).await?;
        to_fill -= window;
    }
    let properties = ConnectionProperties::default;
    let consuming = Connection::connect(url, properties()).await?;
    let publishing = Connection::connect(url, properties()).await?;
    let mut lanes = Vec::with_capacity(IN_FLIGHT);
    for _ in 0..IN_FLIGHT {
        let lane = publishing.create_channel().await?;
        lane.confirm_select(ConfirmSelectOptions::default()).await?;
        lanes.push(lane);
    }
    let channel = consuming.create_channel().await?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let began = Instant::now();
    let consume = channel.basic_consume(
        input.into(),
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    let mut consumer = consume.await?;
    let mut in_flight = FuturesOrdered::new();
    let (mut received, mut moved) = (0, 0);
    for lane in lanes.iter().cycle() {
        if in_flight.len() == IN_FLIGHT || received == messages {
            let Some(done) = in_flight.next().await else { break };
            let (count, last) = done?;
            channel.basic_ack(last, BasicAckOptions { multiple: true }).await?;
            moved += count;
            if moved == messages {
                break;
            }
        }
        if received < messages {
            let (bodies, last) = what_is_there(&mut consumer).await?;
            let count = u32::try_from(bodies.len())?;
            received += count;
            in_flight.push_back(async move {
                let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
                publish(lane, output, &bodies).await?;
                anyhow::Ok((count, last))
            });
        }
    }
    Ok(Rate { messages, took: began.elapsed() })
}

/// What is there now, up to a window, with the last delivery tag; waits for one at least.
async fn what_is_there(consumer: &mut Consumer) -> Result<(Vec<Vec<u8>>, u64)> {
    let first = consumer.next().await.context("the subscription has ended")??;
    let mut bodies = vec![first.data];
    let mut last = first.delivery_tag;
    while bodies.len() < WINDOW
        && let Some(next) = consumer.next().now_or_never()
    {
        let delivery = next.context("the subscription has ended")??;
        last = delivery.delivery_tag;
        bodies.push(delivery.data);
    }
    Ok((bodies, last))
}

async fn publish(channel: &Channel, queue: &str, bodies: &[&[u8]]) -> Result<()> {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let properties = envelope();
    let mut publishes: Vec<_> = bodies
        .iter()
        .map(|body| {
            let properties = properties.clone();
            Box::pin(async move {
                let publish =
                    channel.basic_publish("".into(), queue.into(), options, body, properties);
                publish.await?.await
            })
        })
        .collect();
    // Polled once, each has its frames on the way.
    let answers: Vec<_> =
        publishes.iter_mut().map(|publish| publish.as_mut().now_or_never()).collect();
    for (answer, publish) in answers.into_iter().zip(publishes) {
        let confirmation = match answer {
            Some(answer) => answer?,
            None => publish.await?,
        };
        ensure!(confirmation.is_ack(), "a message was refused");
    }
    Ok(())
}

/// An envelope like that of kvit's own messages: the broker's work grows with it.
fn envelope() -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert("kvit-cause".into(), AMQPValue::LongString("cause-1".into()));
    BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id("m-100000".into())
        .with_type("case.status.v1".into())
        .with_content_type("application/json".into())
        .with_correlation_id("000000000000000000000000000017".into())
        .with_app_id("kvit".into())
        .with_timestamp(1_772_000_000)
        .with_headers(headers)
}

//! The least that any consumer of one queue and publisher to another must do on this broker and
//! this library: receive, publish with confirmation, acknowledge. kvit's rate is compared with
//! its rate.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};

use crate::broker::{Peer, unique};

const WINDOW: usize = 256;
const PREFETCH: u16 = 1000;

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
    let out = publishing.create_channel().await?;
    out.confirm_select(ConfirmSelectOptions::default()).await?;
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
    let mut moved = 0;
    while moved < messages {
        moved += move_window(&mut consumer, &channel, &out, output).await?;
    }
    Ok(Rate { messages, took: began.elapsed() })
}

/// What is there now, up to a window: published, confirmed, acknowledged.
async fn move_window(
    consumer: &mut Consumer,
    channel: &Channel,
    out: &Channel,
    output: &str,
) -> Result<u32> {
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
    let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    publish(out, output, &bodies).await?;
    channel.basic_ack(last, BasicAckOptions { multiple: true }).await?;
    Ok(u32::try_from(bodies.len())?)
}

async fn publish(channel: &Channel, queue: &str, bodies: &[&[u8]]) -> Result<()> {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let properties = BasicProperties::default().with_delivery_mode(2);
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

//! What the adapter costs over the bare library. Measured, not asserted: run it by name, with
//! `--ignored --nocapture` and optimisation.

use std::time::Instant;

use anyhow::Result;
use kvit_adapters::amqp::{BrokerStatus, Consumer, InputQueue, Outgoing};
use kvit_tests::bare_loop;
use kvit_tests::broker::{Peer, PrivateBroker, unique};
use tokio::sync::mpsc;

use super::Running;
use super::publisher::{Publishing, message};

const MESSAGES: u32 = 100_000;
const BODY_BYTES: usize = 500;
const LANES: usize = 4;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a test"]
async fn the_adapter_keeps_up_with_the_bare_library() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let bare = bare_loop::run(broker.url(), MESSAGES, BODY_BYTES).await?;
    println!("bare loop: {:.0} messages/s", bare.per_second());

    let peer = Peer::connect(broker.url()).await?;
    let (input, output) = (unique("in"), unique("out"));
    peer.queue(&input, &[]).await?;
    peer.queue(&output, &[]).await?;
    let mut publishing = Publishing::start(broker.options()?, LANES);
    let began = Instant::now();
    let filling = publishing.handle.clone();
    let to = input.clone();
    let fill = tokio::spawn(async move {
        for ticket in 0..u64::from(MESSAGES) {
            let lane = usize::try_from(ticket / 256).unwrap_or_default();
            let body = vec![b'x'; BODY_BYTES];
            let message = Outgoing { body, ..message(ticket, "", &to) };
            if filling.lane(lane).send(message).await.is_err() {
                return;
            }
        }
    });
    let count = usize::try_from(MESSAGES)?;
    publishing.outcomes(count).await?;
    fill.await?;
    println!("publish only: {:.0} messages/s", f64::from(MESSAGES) / began.elapsed().as_secs_f64());

    // Both at once, as the daemon does: receive, publish, acknowledge what is confirmed.
    let (sender, mut deliveries) = mpsc::channel(1024);
    let (status, _state) = BrokerStatus::new();
    let queues = vec![InputQueue { source: 0, name: input, prefetch: 2000 }];
    let (consumer, handle) = Consumer::new(broker.options()?, queues, sender, status);
    let running = Running::start(|stop| consumer.run(stop));
    let began = Instant::now();
    let outlet = publishing.handle.clone();
    let acks = handle.acks().clone();
    let forward = tokio::spawn(async move {
        let mut batch = Vec::new();
        let (mut ticket, mut lane) = (0, 0);
        while ticket < u64::from(MESSAGES) {
            deliveries.recv_many(&mut batch, 256).await;
            let mut committed = Vec::with_capacity(batch.len());
            lane += 1;
            for delivery in batch.drain(..) {
                committed.push(delivery.ack);
                let sent = Outgoing { body: delivery.body, ..message(ticket, "", &output) };
                if outlet.lane(lane).send(sent).await.is_err() {
                    return;
                }
                ticket += 1;
            }
            acks.acknowledge(committed);
        }
    });
    publishing.outcomes(count).await?;
    forward.await?;
    println!("through both: {:.0} messages/s", f64::from(MESSAGES) / began.elapsed().as_secs_f64());
    handle.drain();
    running.end().await?;
    publishing.running.stop().await
}

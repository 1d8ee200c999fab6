//! Receiving and acknowledging.

use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Context, Result};
use kvit_adapters::amqp::{
    AmqpOptions, BrokerState, BrokerStatus, Consumer, ConsumerHandle, Delivery, InputQueue, Link,
};
use kvit_tests::broker::{PATIENCE, Peer, PrivateBroker, options, unique, until};
use lapin::options::QueueDeleteOptions;
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::{Running, is_down, is_up, link};

struct Consuming {
    running: Running,
    handle: ConsumerHandle,
    deliveries: mpsc::Receiver<Delivery>,
    state: watch::Receiver<BrokerState>,
}

impl Consuming {
    fn start(options: AmqpOptions, queue: &str, prefetch: u16) -> Self {
        let (sender, deliveries) = mpsc::channel(4);
        let (status, state) = BrokerStatus::new();
        let queues = vec![InputQueue { source: 7, name: queue.into(), prefetch }];
        let (consumer, handle) = Consumer::new(options, queues, sender, status);
        let running = Running::start(|stop| consumer.run(stop));
        Self { running, handle, deliveries, state }
    }

    async fn next(&mut self) -> Result<Delivery> {
        let delivery = timeout(PATIENCE, self.deliveries.recv()).await?;
        delivery.context("the consumer has ended")
    }

    async fn take(&mut self, count: usize) -> Result<Vec<Delivery>> {
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            taken.push(self.next().await?);
        }
        Ok(taken)
    }

    async fn link(&mut self, wanted: fn(&Link) -> bool) -> Result<Link> {
        link(&mut self.state, |state| &state.consuming, wanted).await
    }
}

fn bodies(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(|delivery| String::from_utf8_lossy(&delivery.body).into()).collect()
}

async fn queue_of(broker: &PrivateBroker, count: usize) -> Result<(Peer, String)> {
    let peer = Peer::connect(broker.url()).await?;
    let queue = unique("in");
    peer.queue(&queue, &[]).await?;
    peer.fill(&queue, count).await?;
    Ok((peer, queue))
}

#[tokio::test]
async fn what_is_committed_is_acknowledged_and_the_rest_comes_again() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (peer, queue) = queue_of(broker, 50).await?;
    let mut consuming = Consuming::start(broker.options()?, &queue, 100);
    let taken = consuming.take(50).await?;
    assert_eq!(bodies(&taken), (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(taken[3].source, 7);
    assert_eq!(taken[3].properties.message_id.as_deref(), Some("3"));
    assert!(!taken[3].redelivered);

    // 20..30 lie beyond a gap: acknowledged only at the end, one by one.
    let committed = taken.iter().take(10).chain(taken.iter().skip(20).take(10));
    consuming.handle.acks().acknowledge(committed.map(|delivery| delivery.ack).collect());
    let stats = consuming.handle.clone();
    until("the run is acknowledged", async || Ok(stats.stats().acknowledged.load(Relaxed) == 10))
        .await?;
    consuming.running.stop().await?;
    assert_eq!(stats.stats().acknowledged.load(Relaxed), 20);

    until("the rest is back", async || Ok(peer.ready(&queue).await? == 30)).await?;
    let left: Vec<String> = (10..20).chain(30..50).map(|n: u32| n.to_string()).collect();
    assert_eq!(peer.take_all(&queue).await?, left, "given back in order");
    Ok(())
}

#[tokio::test]
async fn an_acknowledgement_for_an_older_channel_is_void() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (peer, queue) = queue_of(broker, 3).await?;
    let mut consuming = Consuming::start(broker.options()?, &queue, 10);
    let before = consuming.take(3).await?;
    consuming.handle.pause();
    let paused = consuming.link(is_down).await?;
    assert!(
        matches!(&paused, Link::Down { reason, .. } if reason.contains("paused")),
        "{paused:?}"
    );
    until("they are back", async || Ok(peer.ready(&queue).await? == 3)).await?;

    consuming.handle.resume();
    let after = consuming.take(3).await?;
    assert!(after.iter().all(|delivery| delivery.redelivered));
    assert_eq!(bodies(&before), bodies(&after));
    consuming.handle.acks().acknowledge(before.iter().map(|delivery| delivery.ack).collect());
    let stats = consuming.handle.clone();
    until("they are counted", async || Ok(stats.stats().acks_lost.load(Relaxed) == 3)).await?;
    assert_eq!(stats.stats().acknowledged.load(Relaxed), 0);

    // Draining ends by itself once the last delivery is acknowledged.
    consuming.handle.drain();
    consuming.handle.acks().acknowledge(after.iter().map(|delivery| delivery.ack).collect());
    consuming.running.end().await?;
    assert_eq!(stats.stats().acknowledged.load(Relaxed), 3);
    assert_eq!(peer.ready(&queue).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_missing_queue_is_named_and_taken_up_when_it_is_there() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let peer = Peer::connect(broker.url()).await?;
    let queue = unique("late");
    let mut consuming = Consuming::start(broker.options()?, &queue, 10);
    let names_it =
        |link: &Link| matches!(link, Link::Down { reason, .. } if reason.contains("--apply"));
    let down = consuming.link(names_it).await?;
    assert!(matches!(&down, Link::Down { reason, .. } if reason.contains(&queue)), "{down:?}");

    peer.queue(&queue, &[]).await?;
    peer.fill(&queue, 1).await?;
    consuming.next().await?;

    // Deleted under the consumer, the broker ends the subscription without an error.
    consuming.link(is_up).await?;
    peer.channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await?;
    consuming.link(is_down).await?;
    peer.queue(&queue, &[]).await?;
    peer.fill(&queue, 2).await?;
    consuming.take(2).await?;
    consuming.link(is_up).await?;
    consuming.running.stop().await
}

#[tokio::test]
async fn after_the_broker_closed_the_connection_nothing_is_lost() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (url, vhost) = broker.virtual_host()?;
    let queue = unique("in");
    Peer::connect(&url).await?.queue(&queue, &[]).await?;
    Peer::connect(&url).await?.fill(&queue, 200).await?;
    let mut consuming = Consuming::start(options(&url)?, &queue, 50);
    let first = consuming.take(20).await?;
    broker.ctl(&["close_all_connections", "--vhost", &vhost, "maintenance"])?;
    let down = consuming.link(is_down).await?;
    assert!(
        matches!(&down, Link::Down { reason, .. } if reason.contains("maintenance")),
        "{down:?}"
    );
    consuming.handle.acks().acknowledge(first.iter().map(|delivery| delivery.ack).collect());

    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 200 {
        let delivery = consuming.next().await?;
        seen.insert(String::from_utf8(delivery.body)?);
        consuming.handle.acks().acknowledge(vec![delivery.ack]);
    }
    consuming.link(is_up).await?;
    consuming.running.stop().await?;
    let peer = Peer::connect(&url).await?;
    until("all is acknowledged", async || Ok(peer.ready(&queue).await? == 0)).await
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_virtual_host_say_what_to_mend() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (base, _) = broker.url().rsplit_once('/').context("a virtual host")?;
    let wrong = base.replace(":guest@", ":wrong@") + "/%2f";
    for (url, sentence) in [
        (wrong, "check the password of user \"guest\""),
        (format!("{base}/nowhere"), "create the virtual host \"nowhere\""),
    ] {
        let mut consuming = Consuming::start(options(&url)?, "any", 1);
        let connected = |link: &Link| matches!(link, Link::Down { reason, .. } if !reason.contains("not connected yet"));
        let down = consuming.link(connected).await?;
        assert!(
            matches!(&down, Link::Down { reason, .. }
                if reason.contains(sentence) && !reason.contains("wrong@")),
            "{down:?}"
        );
        consuming.running.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_silent_peer_neither_holds_us_nor_piles_up_connections() -> Result<()> {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("amqp://guest:guest@{}/%2f", silent.local_addr()?);
    let mut options = options(&url)?;
    options.await_timeout = std::time::Duration::from_millis(200);
    let mut consuming = Consuming::start(options, "any", 1);
    let says_so =
        |link: &Link| matches!(link, Link::Down { reason, .. } if reason.contains("no answer"));
    consuming.link(says_so).await?;
    for _ in 0..3 {
        let (mut one, _) = silent.accept().await?;
        let mut sent = Vec::new();
        timeout(PATIENCE, one.read_to_end(&mut sent)).await??;
        assert_eq!(sent, b"AMQP\x00\x00\x09\x01", "and then it is given up");
    }
    consuming.running.stop().await
}

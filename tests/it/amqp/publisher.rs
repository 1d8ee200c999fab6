//! Sending and confirming.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kvit_adapters::amqp::{
    AmqpOptions, BrokerState, BrokerStatus, Lanes, Link, Outcomes, Outgoing, PublishOutcome,
    Publisher, PublisherHandle, Speaker,
};
use kvit_tests::broker::{PATIENCE, Peer, PrivateBroker, options, unique, until};
use lapin::types::AMQPValue;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Running, is_down, is_up, link};

pub(super) struct Publishing {
    pub(super) running: Running,
    pub(super) handle: PublisherHandle,
    outcomes: mpsc::Receiver<Outcomes>,
    state: watch::Receiver<BrokerState>,
}

impl Publishing {
    pub(super) fn start(options: AmqpOptions, lanes: usize) -> Self {
        let (sender, outcomes) = mpsc::channel(64);
        let (status, state) = BrokerStatus::new();
        let lanes = Lanes { count: lanes, depth: 1024 };
        let (publisher, handle) = Publisher::new(options, lanes, sender, status);
        let running = Running::start(|stop| publisher.run(stop));
        Self { running, handle, outcomes, state }
    }

    async fn send(&self, lane: usize, messages: impl IntoIterator<Item = Outgoing>) -> Result<()> {
        for message in messages {
            self.handle.lane(lane).send(message).await?;
        }
        Ok(())
    }

    /// The outcomes of so many messages, by ticket.
    pub(super) async fn outcomes(&mut self, count: usize) -> Result<BTreeMap<u64, PublishOutcome>> {
        let mut all = BTreeMap::new();
        while all.len() < count {
            let some = timeout(PATIENCE, self.outcomes.recv()).await?;
            for (ticket, outcome) in some.context("the publisher has ended")? {
                ensure!(all.insert(ticket, outcome).is_none(), "{ticket} was answered twice");
            }
        }
        Ok(all)
    }

    async fn link(&mut self, wanted: fn(&Link) -> bool) -> Result<Link> {
        link(&mut self.state, |state| &state.publishing, wanted).await
    }
}

pub(super) fn message(ticket: u64, exchange: &str, routing_key: &str) -> Outgoing {
    Outgoing {
        ticket,
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        message_id: format!("m-{ticket}"),
        kind: "case.status.v1".into(),
        content_type: "application/json".into(),
        correlation_id: Some("000000000000000000000000000017".into()),
        cause: Some("cause-1".into()),
        traceparent: None,
        timestamp_seconds: 1_772_000_000,
        speaker: Speaker::Connection,
        file_name: None,
        body: b"{}".to_vec(),
    }
}

async fn output(broker: &PrivateBroker, arguments: &[(&str, AMQPValue)]) -> Result<(Peer, String)> {
    let peer = Peer::connect(broker.url()).await?;
    let queue = unique("out");
    peer.queue(&queue, arguments).await?;
    Ok((peer, queue))
}

fn ids(range: impl IntoIterator<Item = u64>) -> Vec<String> {
    range.into_iter().map(|ticket| format!("m-{ticket}")).collect()
}

#[tokio::test]
async fn a_lane_keeps_its_order_and_its_messages_carry_the_envelope() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (peer, queue) = output(broker, &[]).await?;
    let mut publishing = Publishing::start(broker.options()?, 2);
    let large = Outgoing { body: vec![b'x'; 3 << 20], ..message(400, "", &queue) };
    let mut messages: Vec<Outgoing> = (0..700).map(|n| message(n, "", &queue)).collect();
    messages[400] = large;
    publishing.send(3, messages).await?;
    let outcomes = publishing.outcomes(700).await?;
    assert!(outcomes.values().all(|outcome| *outcome == PublishOutcome::Confirmed));

    let first = peer.channel.basic_get(queue.as_str().into(), Default::default()).await?;
    let first = first.context("the first message")?.delivery;
    let text = |value: &Option<lapin::types::ShortString>| value.clone().map(String::from);
    assert_eq!(text(first.properties.user_id()).as_deref(), Some("guest"));
    assert_eq!(text(first.properties.app_id()).as_deref(), Some("kvit"));
    assert_eq!(text(first.properties.kind()).as_deref(), Some("case.status.v1"));
    assert_eq!(*first.properties.delivery_mode(), Some(2));
    assert_eq!(*first.properties.timestamp(), Some(1_772_000_000));
    assert_eq!(peer.take_all(&queue).await?, ids(1..700));

    // With all handles gone, the publisher ends by itself.
    drop(publishing.handle);
    publishing.running.end().await
}

#[tokio::test]
async fn a_return_is_matched_to_its_own_message_among_many() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (peer, queue) = output(broker, &[]).await?;
    let mut publishing = Publishing::start(broker.options()?, 1);
    let lost = |ticket: u64| ticket % 7 == 3;
    for round in 0..20u64 {
        let tickets = round * 250..(round + 1) * 250;
        let to = |ticket| if lost(ticket) { "no-such-queue" } else { queue.as_str() };
        publishing.send(0, tickets.map(|ticket| message(ticket, "", to(ticket)))).await?;
        for (ticket, outcome) in publishing.outcomes(250).await? {
            let expected =
                if lost(ticket) { PublishOutcome::Unroutable } else { PublishOutcome::Confirmed };
            assert_eq!(outcome, expected, "ticket {ticket}");
        }
    }
    assert_eq!(peer.take_all(&queue).await?, ids((0..5000).filter(|&ticket| !lost(ticket))));
    publishing.running.stop().await
}

#[tokio::test]
async fn a_full_queue_refuses_and_the_others_go_on() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let full = [
        ("x-max-length", AMQPValue::LongLongInt(1)),
        ("x-overflow", AMQPValue::LongString("reject-publish".into())),
    ];
    let (peer, small) = output(broker, &full).await?;
    let (_, good) = output(broker, &[]).await?;
    let mut publishing = Publishing::start(broker.options()?, 1);
    let to = |ticket: u64| if ticket.is_multiple_of(2) { small.as_str() } else { good.as_str() };
    let (mut refused, mut stored) = (0, 0);
    for round in 0..10u64 {
        let tickets = round * 100..(round + 1) * 100;
        publishing.send(0, tickets.map(|ticket| message(ticket, "", to(ticket)))).await?;
        for (ticket, outcome) in publishing.outcomes(100).await? {
            match outcome {
                PublishOutcome::Refused => {
                    assert!(ticket.is_multiple_of(2), "{ticket} went to the good queue");
                    refused += 1;
                }
                PublishOutcome::Confirmed => stored += 1,
                other @ (PublishOutcome::Unroutable
                | PublishOutcome::Unknown(_)
                | PublishOutcome::Malformed(_)) => panic!("{ticket}: {other:?}"),
            }
        }
    }
    assert_eq!(peer.ready(&good).await?, 500);
    assert_eq!(u64::from(peer.ready(&small).await?) + 500, stored);
    assert!(refused >= 400, "only {refused} refused");
    publishing.running.stop().await
}

#[tokio::test]
async fn a_missing_exchange_harms_only_its_own_messages() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (peer, queue) = output(broker, &[]).await?;
    let mut publishing = Publishing::start(broker.options()?, 1);
    publishing.link(is_up).await?;
    let missing = unique("no-exchange");
    let lost = |ticket: u64| ticket % 50 == 20;
    let to = |ticket: u64| {
        if lost(ticket) { message(ticket, &missing, "any") } else { message(ticket, "", &queue) }
    };
    let tooled = Outgoing { message_id: "x".repeat(300), ..message(1000, "", &queue) };
    publishing.send(0, (0..1000).map(to).chain([tooled])).await?;
    let outcomes = publishing.outcomes(1001).await?;
    for (ticket, outcome) in &outcomes {
        let expected = match ticket {
            1000 => PublishOutcome::Malformed("message_id"),
            ticket if lost(*ticket) => PublishOutcome::Unroutable,
            _ => PublishOutcome::Confirmed,
        };
        assert_eq!(*outcome, expected, "ticket {ticket}");
    }
    let mut arrived = peer.take_all(&queue).await?;
    arrived.sort();
    arrived.dedup();
    assert_eq!(arrived.len(), 980);
    assert!(matches!(publishing.link(is_up).await?, Link::Up));
    publishing.running.stop().await
}

#[tokio::test]
async fn what_was_on_its_way_when_the_connection_closed_is_sent_again_by_the_caller() -> Result<()>
{
    let broker = PrivateBroker::shared()?;
    let (url, vhost) = broker.virtual_host()?;
    let peer = Peer::connect(&url).await?;
    let queue = unique("out");
    peer.queue(&queue, &[]).await?;
    let mut publishing = Publishing::start(options(&url)?, 2);
    publishing.link(is_up).await?;
    // Closed again and again, until it has hit a window on its way.
    let hit = Arc::new(AtomicBool::new(false));
    let closing = std::thread::spawn({
        let hit = Arc::clone(&hit);
        move || -> Result<()> {
            while !hit.load(Relaxed) {
                broker.ctl(&["close_all_connections", "--vhost", &vhost, "maintenance"])?;
            }
            Ok(())
        }
    });
    let mut to_send: Vec<u64> = Vec::new();
    while !closing.is_finished() || !to_send.is_empty() {
        if to_send.is_empty() {
            to_send = (0..500).collect();
        }
        let count = to_send.len();
        for ticket in to_send.drain(..) {
            let lane = usize::try_from(ticket % 2)?;
            publishing.handle.lane(lane).send(message(ticket, "", &queue)).await?;
        }
        for (ticket, outcome) in publishing.outcomes(count).await? {
            match outcome {
                PublishOutcome::Confirmed => {}
                PublishOutcome::Unknown(_) => {
                    hit.store(true, Relaxed);
                    to_send.push(ticket);
                }
                other @ (PublishOutcome::Unroutable
                | PublishOutcome::Refused
                | PublishOutcome::Malformed(_)) => panic!("{ticket}: {other:?}"),
            }
        }
    }
    closing.join().map_err(|_| anyhow::anyhow!("panicked"))??;
    let peer = Peer::connect(&url).await?;
    let mut arrived = peer.take_all(&queue).await?;
    arrived.sort();
    arrived.dedup();
    assert_eq!(arrived.len(), 500, "nothing lost");
    publishing.running.stop().await
}

#[tokio::test]
async fn a_blocked_broker_is_waited_for() -> Result<()> {
    let broker = PrivateBroker::start("blocked")?;
    let (peer, queue) = output(&broker, &[]).await?;
    let mut options = broker.options()?;
    options.confirm_timeout = Duration::from_millis(500);
    let mut publishing = Publishing::start(options, 1);
    publishing.link(is_up).await?;
    broker.ctl(&["set_vm_memory_high_watermark", "0.00001"])?;
    // The broker says that it is blocked only to who publishes.
    publishing.send(0, (0..10).map(|ticket| message(ticket, "", &queue))).await?;
    publishing.link(|link| matches!(link, Link::Blocked { .. })).await?;
    publishing.send(0, (10..20).map(|ticket| message(ticket, "", &queue))).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    broker.ctl(&["set_vm_memory_high_watermark", "0.6"])?;
    let outcomes = publishing.outcomes(20).await?;
    assert!(outcomes.values().all(|outcome| *outcome == PublishOutcome::Confirmed), "{outcomes:?}");
    publishing.link(is_up).await?;
    until("all have arrived", async || Ok(peer.ready(&queue).await? == 20)).await?;

    // Told to stop while blocked, it does not hang.
    broker.ctl(&["set_vm_memory_high_watermark", "0.00001"])?;
    publishing.send(0, (20..30).map(|ticket| message(ticket, "", &queue))).await?;
    publishing.link(|link| matches!(link, Link::Blocked { .. })).await?;
    publishing.running.stop().await
}

/// Forwards connections from a port to the broker until dropped.
struct Forwarded(tokio::task::JoinHandle<()>);

impl Forwarded {
    async fn start(port: u16, to: String) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        Ok(Self(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let to = to.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(to).await?;
                    tokio::io::copy_bidirectional(&mut near, &mut far).await
                });
            }
        })))
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[tokio::test]
async fn a_broker_that_goes_away_and_comes_back_is_found_again() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (_, queue) = output(broker, &[]).await?;
    let (base, _) = broker.url().rsplit_once('/').context("a virtual host")?;
    let (_, address) = base.rsplit_once('@').context("an address")?;
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let url = base.replace(address, &format!("127.0.0.1:{port}")) + "/%2f";
    let mut publishing = Publishing::start(options(&url)?, 2);
    publishing.send(0, [message(0, "", &queue)]).await?;
    for round in 0..2 {
        let refused =
            |link: &Link| matches!(link, Link::Down { reason, .. } if reason.contains("refused"));
        publishing.link(refused).await?;
        let forwarded = Forwarded::start(port, address.to_owned()).await?;
        let outcomes = publishing.outcomes(1).await?;
        assert_eq!(outcomes.get(&round), Some(&PublishOutcome::Confirmed));
        publishing.link(is_up).await?;
        drop(forwarded);
        publishing.link(is_down).await?;
        publishing.send(1, [message(round + 1, "", &queue)]).await?;
    }
    publishing.running.stop().await
}

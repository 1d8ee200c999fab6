//! What a daemon says of itself: its counts, its health, its supervisor.

use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kvit_tests::broker::{Peer, PrivateBroker, until};
use kvit_tests::child::Process;
use kvit_tests::daemon::{Send, World};
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};

/// What `World::process` starts.
#[test]
fn a_daemon_of_another_test() -> Result<()> {
    kvit_tests::child::daemon()
}

fn payment(id: usize) -> Value {
    json!({ "feed": "erip", "payment_id": id.to_string(), "state": "accepted",
        "amount": { "amount": "45.00", "currency": "BYN" }, "purpose": "nothing",
        "paid_at": "2026-03-05T12:00:00+03:00" })
}

async fn pay(world: &World, peer: &Peer, id: usize, body: Vec<u8>) -> Result<()> {
    let id = format!("m{id}");
    let (key, kind, user) = ("erip.payment", "payment.reported.v1", Some("erip"));
    let message = Send { exchange: "bank.in", key, kind, user, id: &id, body, file: None };
    world.send(peer, message).await
}

async fn file(world: &World, peer: &Peer, id: &str, body: &[u8]) -> Result<()> {
    let (key, kind, user) = ("erip.file", "statement.file.v1", Some("erip"));
    let (body, file) = (body.to_vec(), Some("0000901.206"));
    world.send(peer, Send { exchange: "bank.in", key, kind, user, id, body, file }).await
}

/// Value of a metric by its name and a part of its labels.
fn sum(metrics: &BTreeMap<String, f64>, name: &str, labels: &[&str]) -> f64 {
    let fits = |line: &str| {
        line.split('{').next() == Some(name) && labels.iter().all(|label| line.contains(label))
    };
    metrics.iter().filter(|(line, _)| fits(line)).map(|(_, value)| value).sum()
}

fn add_up(metrics: &BTreeMap<String, f64>) -> Result<()> {
    for queue in ["portal.in", "bank.in", "bank.files", "agency.in", "dead"] {
        let label = format!("queue=\"{queue}\"");
        let of = |name| sum(metrics, name, &[&label]);
        let received = of("kvit_messages_received_total");
        let ended = of("kvit_messages_disposed_total") + of("kvit_messages_in_flight");
        ensure!(received == ended, "{queue}: received {received}, ended or in flight {ended}");
    }
    ensure!(sum(metrics, "kvit_messages_unbalanced", &[]) == 0.0);
    Ok(())
}

/// Waits until so many were applied and refused, and nothing more is there or in flight; each look
/// on the way must add up.
async fn at_rest(
    daemon: &Process,
    (world, peer): (&World, &Peer),
    (applied, refused): (f64, f64),
) -> Result<BTreeMap<String, f64>> {
    until("everything is taken", || async {
        let metrics = daemon.metrics()?;
        add_up(&metrics)?;
        let mut waiting = 0;
        for queue in ["portal.in", "bank.in", "bank.files"] {
            waiting += peer.ready(&world.name(queue)).await?;
        }
        Ok(waiting == 0
            && sum(&metrics, "kvit_messages_disposed_total", &["applied"]) == applied
            && sum(&metrics, "kvit_messages_disposed_total", &["refused"]) == refused
            && sum(&metrics, "kvit_messages_in_flight", &[]) == 0.0)
    })
    .await?;
    daemon.metrics()
}

#[tokio::test]
async fn every_delivery_is_counted_once_also_when_connections_are_lost() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (url, vhost) = broker.virtual_host()?;
    let world = World::at(url)?;
    let daemon = world.process(&[]).await?;
    let peer = world.peer().await?;
    let body = |id| serde_json::to_vec(&payment(id));
    for id in 0..20 {
        pay(&world, &peer, id, body(id)?).await?;
    }
    // The same again, the same id with other content, no JSON, nobody's, and two files.
    pay(&world, &peer, 3, body(3)?).await?;
    pay(&world, &peer, 4, body(5)?).await?;
    pay(&world, &peer, 100, b"{".to_vec()).await?;
    let (key, kind, body_of) = ("erip.payment", "payment.reported.v1", b"{}".to_vec());
    let nobody =
        Send { exchange: "bank.in", key, kind, user: None, id: "x", body: body_of, file: None };
    world.send(&peer, nobody).await?;
    let register = "5^30000001^901^20260305140000^1^749^190000020^933^45.00^0.00\r\n\
        1^1^000000000000000000000000000017^X^^03.2026^45.00^0.00^20260305133015^^20260305101500^1200000001^55512^T1^MS^^749^^^5\r\n";
    file(&world, &peer, "f1", register.as_bytes()).await?;
    file(&world, &peer, "f2", b"no register").await?;
    let metrics = at_rest(&daemon, (&world, &peer), (21.0, 3.0)).await?;
    let ended = |word: &str, queue: &str| {
        let labels = [format!("disposition=\"{word}\""), format!("queue=\"{queue}\"")];
        sum(&metrics, "kvit_messages_disposed_total", &[&labels[0], &labels[1]])
    };
    assert_eq!(ended("applied", "bank.in"), 20.0);
    assert_eq!(ended("duplicate", "bank.in"), 1.0);
    assert_eq!(ended("conflict", "bank.in"), 1.0);
    assert_eq!(ended("refused", "bank.in"), 2.0);
    assert_eq!((ended("applied", "bank.files"), ended("refused", "bank.files")), (1.0, 1.0));
    let quarantined = |code: &str| sum(&metrics, "kvit_messages_quarantined_total", &[code]);
    assert_eq!((quarantined("KV1101"), quarantined("KV1002"), quarantined("KV1201")), (1., 1., 1.));
    assert_eq!(sum(&metrics, "kvit_payments_suspended_total", &["no_code"]), 20.0);
    assert!(sum(&metrics, "kvit_commit_fsync_seconds_count", &[]) > 0.0);

    // All connections are lost in the middle of traffic: what was not acknowledged comes again.
    for round in 1..=3 {
        let peer = world.peer().await?;
        for id in 0..200 {
            let id = round * 1_000 + id;
            pay(&world, &peer, id, body(id)?).await?;
        }
        broker.ctl(&["close_all_connections", "--vhost", &vhost, "maintenance"])?;
    }
    let metrics = at_rest(&daemon, (&world, &world.peer().await?), (621.0, 3.0)).await?;
    let of = |name| sum(&metrics, name, &["bank.in"]);
    let applied = sum(&metrics, "kvit_messages_disposed_total", &["applied", "bank.in"]);
    assert_eq!(applied, 620.0, "each message is applied once, however often it came");
    assert_eq!(of("kvit_messages_received_total"), of("kvit_messages_disposed_total"));
    let again = sum(&metrics, "kvit_messages_disposed_total", &["duplicate", "bank.in"]) - 1.0;
    assert!(again <= of("kvit_messages_redelivered_total"), "only what came again is a duplicate");
    let published = sum(&metrics, "kvit_publishes_ended_total", &["confirmed"]);
    assert!(published > 0.0 && sum(&metrics, "kvit_publish_confirm_seconds_count", &[]) > 0.0);
    daemon.stop().await
}

/// A trace goes on in what a message causes, from the outbox of a restarted daemon too.
#[tokio::test]
async fn what_a_message_causes_continues_its_trace_also_after_a_restart() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let queue = world.name("bank.erip.reports");
    peer.channel
        .queue_delete(queue.clone().into(), lapin::options::QueueDeleteOptions::default())
        .await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    for (id, header) in [("t1", format!("00-{trace}-00f067aa0ba902b7-01")), ("t2", "bad".into())] {
        let mut headers = FieldTable::default();
        headers.insert("traceparent".into(), AMQPValue::LongString(header.into()));
        let properties = BasicProperties::default()
            .with_message_id(id.into())
            .with_type("payment.reported.v1".into())
            .with_user_id("erip".into())
            .with_headers(headers);
        let exchange = world.name("bank.in");
        let key = "erip.payment".into();
        let options = BasicPublishOptions::default();
        let publish =
            peer.channel.basic_publish(exchange.into(), key, options, b"{", properties).await?;
        ensure!(publish.await?.is_ack());
    }
    // A queue is taken in its order: when another's message is answered, both are committed.
    let (key, kind, user) = ("weak.payment", "payment.reported.v1", Some("weak"));
    let last =
        Send { exchange: "bank.in", key, kind, user, id: "t3", body: b"{".to_vec(), file: None };
    world.send(&peer, last).await?;
    world.take(&peer, "bank.weak.reports", 1).await?;
    ensure!(daemon.stop().await?.outbox_rows > 0, "the answers wait for their queue");
    let daemon = world.start().await?;
    let waiting = || async { Ok(peer.ready(&queue).await? == 2) };
    until("both answers are there", waiting).await?;
    let mut traces = BTreeMap::new();
    for _ in 0..2 {
        let options = BasicGetOptions { no_ack: true };
        let got = peer.channel.basic_get(queue.clone().into(), options).await?;
        let got = got.context("two are there")?;
        let headers = got.delivery.properties.headers().clone().unwrap_or_default();
        let text = |name: &str| match headers.inner().get(name) {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            Some(_) | None => String::new(),
        };
        traces.insert(text("kvit-cause"), text("traceparent"));
    }
    let continued = traces.get("t1").context("t1 is answered")?;
    ensure!(continued.starts_with(&format!("00-{trace}-")) && continued.ends_with("-01"));
    ensure!(!continued.contains("00f067aa0ba902b7"), "the answer is a step of its own");
    assert_eq!(traces.get("t2").map(String::as_str), Some(""), "a bad one is none");
    daemon.stop().await?;
    Ok(())
}

/// Takes what systemd is told until something is there.
fn told(socket: &UnixDatagram, wanted: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let size = socket.recv(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..size]).into_owned();
        lines.extend(text.lines().map(str::to_owned));
        if lines.iter().any(|line| line.starts_with(wanted)) {
            return Ok(lines);
        }
    }
}

#[tokio::test]
async fn systemd_is_told_ready_alive_and_stopping_even_while_the_broker_is_away() -> Result<()> {
    let mut world = World::new()?;
    // Nobody listens there: the store opens all the same, and the daemon is alive and not ready.
    world.set.push(("broker.url".to_owned(), "amqp://guest:guest@127.0.0.1:1/%2f".to_owned()));
    let path = world.directory().join("notify");
    let socket = UnixDatagram::bind(&path)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    let environment =
        [("NOTIFY_SOCKET", path.display().to_string()), ("WATCHDOG_USEC", "200000".to_owned())];
    let daemon = world.process_unready(&environment)?;
    told(&socket, "READY=1")?;
    for _ in 0..5 {
        told(&socket, "WATCHDOG=1")?;
    }
    until("the listener answers", || async { Ok(daemon.get("/livez").is_ok()) }).await?;
    assert_eq!(daemon.get("/livez")?.0, 200);
    let (status, body) = daemon.get("/readyz")?;
    assert!(status == 503 && body.contains("consuming"), "{body}");
    daemon.terminate()?;
    let lines = told(&socket, "STOPPING=1")?;
    let extended = lines.iter().any(|line| line.starts_with("EXTEND_TIMEOUT_USEC="));
    assert!(extended, "{lines:?}");
    daemon.stop().await
}

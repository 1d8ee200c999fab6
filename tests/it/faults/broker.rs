//! What goes wrong at a broker that runs: connections, queues, exchanges, rights, and messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use kvit_adapters::crash::VARIABLE;
use kvit_tests::broker::{PrivateBroker, unique, until};
use kvit_tests::daemon::{Send, World};
use kvit_tests::raw::{Raw, RawMessage, flag, long, short};
use lapin::options::{
    BasicGetOptions, BasicRejectOptions, ExchangeDeleteOptions, QueueDeleteOptions,
};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Trial, administered, ask, declare, order};

/// The broker and a world at a virtual host of its own, made by an administrator.
async fn apart() -> Result<(&'static PrivateBroker, World, String)> {
    let broker = PrivateBroker::shared()?;
    let (url, vhost) = broker.virtual_host()?;
    Ok((broker, administered(url).await?, vhost))
}

/// "amqp sink doesn't reconnect after its connection was closed."
#[tokio::test]
async fn vector_22313_a_connection_that_is_closed_is_made_again() -> Result<()> {
    let (broker, world, vhost) = apart().await?;
    let mut trial = Trial::start(world).await?;
    let done = Arc::new(AtomicBool::new(false));
    let closing = std::thread::spawn({
        let (done, vhost) = (Arc::clone(&done), vhost.clone());
        move || -> Result<u32> {
            let mut times = 0;
            while !done.load(Ordering::Relaxed) || times < 3 {
                broker.ctl(&["close_all_connections", "--vhost", &vhost, "maintenance"])?;
                times += 1;
            }
            Ok(times)
        }
    });
    trial.submit(200).await?;
    done.store(true, Ordering::Relaxed);
    closing.join().map_err(|_| anyhow::anyhow!("panicked"))??;
    trial.end().await
}

#[tokio::test]
async fn a_deleted_input_queue_is_named_and_taken_up_when_it_is_there_again() -> Result<()> {
    let (_, world, _) = apart().await?;
    let mut trial = Trial::start(world).await?;
    trial.submit(10).await?;
    trial.all_told().await?;
    let queue = trial.world.name("portal.in");
    let peer = trial.world.peer().await?;
    peer.channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await?;
    trial.degraded(&format!("queue {queue}")).await?;
    declare(&trial.world).await?;
    trial.submit(10).await?;
    trial.end().await
}

/// A publish to an exchange that is not there closes the channel, and with it the confirmations of
/// everybody else's messages.
#[tokio::test]
async fn a_missing_exchange_holds_up_only_what_goes_there_until_it_is_made() -> Result<()> {
    let (_, world, _) = apart().await?;
    let mut trial = Trial::start(world).await?;
    let exchange = trial.world.name("portal.out");
    let peer = trial.world.peer().await?;
    let gone = ExchangeDeleteOptions::default();
    peer.channel.exchange_delete(exchange.as_str().into(), gone).await?;
    trial.submit(30).await?;
    let inbox = trial.world.name("agency.agency-b.inbox");
    until("the agency has its cases", || async { Ok(peer.ready(&inbox).await? >= 30) }).await?;
    trial.says(200, "messages wait: no queue is bound for it").await?;
    declare(&trial.world).await?;
    trial.end().await
}

/// "amqp sink silently drops messages" that reach no queue.
#[tokio::test]
async fn vector_19190_a_message_that_reaches_no_queue_is_held_and_told() -> Result<()> {
    let (_, world, _) = apart().await?;
    let mut trial = Trial::start(world).await?;
    let inbox = trial.world.name("agency.agency-b.inbox");
    let peer = trial.world.peer().await?;
    peer.channel.queue_delete(inbox.as_str().into(), QueueDeleteOptions::default()).await?;
    trial.submit(30).await?;
    let portal = trial.world.name("portal.portal.out");
    until("the portal is told all the same", || async { Ok(peer.ready(&portal).await? == 30) })
        .await?;
    trial.says(200, "30 messages wait: no queue is bound for it").await?;
    declare(&trial.world).await?;
    trial.end().await
}

/// "amqp sink: a nack was counted as delivered."
#[tokio::test]
async fn vector_18923_what_a_full_queue_refused_counts_as_unsent() -> Result<()> {
    let (broker, world, vhost) = apart().await?;
    let mut trial = Trial::start(world).await?;
    let queue = trial.world.name("portal.portal.out");
    let full = r#"{"max-length":10}"#;
    let (pattern, priority) = (format!("^{}$", queue.replace('.', "\\.")), ["--priority", "90"]);
    let policy = ["set_policy", "--vhost", &vhost, "--apply-to", "queues"];
    broker.ctl(&[&policy[..], &priority, &["full", &pattern, full]].concat())?;
    trial.submit(200).await?;
    trial.says(200, "the broker refuses it: its queue is full").await?;
    let metrics = trial.daemon.metrics()?;
    let nacked = metrics.get("kvit_publishes_ended_total{outcome=\"nacked\"}");
    ensure!(nacked.is_some_and(|many| *many > 0.0), "{metrics:#?}");
    ensure!(metrics.get("kvit_outbox_rows").is_some_and(|rows| *rows > 0.0), "{metrics:#?}");
    trial.end().await
}

/// A port before the broker, behind which nobody speaks until it is opened.
struct Front {
    port: u16,
    is_open: Arc<AtomicBool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Front {
    async fn before(address: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let is_open = Arc::new(AtomicBool::new(false));
        let open = Arc::clone(&is_open);
        let serving = tokio::spawn(async move {
            let (mut silent, mut served) = (Vec::new(), JoinSet::new());
            while let Ok((mut near, _)) = listener.accept().await {
                if !open.load(Ordering::Relaxed) {
                    silent.push(near);
                    continue;
                }
                let address = address.clone();
                served.spawn(async move {
                    let mut far = TcpStream::connect(address).await?;
                    tokio::io::copy_bidirectional(&mut near, &mut far).await
                });
            }
        });
        Ok(Self { port, is_open, serving })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// lapin #437: connecting to a peer that accepts and says nothing never ended.
#[tokio::test]
async fn lapin_437_a_peer_that_says_nothing_is_given_up_and_tried_again() -> Result<()> {
    let (_, mut world, _) = apart().await?;
    let (base, vhost) = world.url().rsplit_once('/').context("a virtual host")?;
    let (user, address) = base.rsplit_once('@').context("an address")?;
    let front = Front::before(address.to_owned()).await?;
    let url = format!("{user}@127.0.0.1:{}/{vhost}", front.port);
    world.set.push(("broker.url".to_owned(), url));
    world.set.push(("broker.await_timeout_seconds".to_owned(), "1".to_owned()));
    let daemon = world.process_unready(&[])?;
    let mut trial = Trial::of(world, daemon);
    trial.degraded("no answer").await?;
    front.is_open.store(true, Ordering::Relaxed);
    trial.ready().await?;
    trial.submit(10).await?;
    trial.end().await
}

#[tokio::test]
async fn a_wrong_password_is_told_and_works_once_it_is_right() -> Result<()> {
    let (broker, mut world, vhost) = apart().await?;
    let user = unique("kvit");
    broker.ctl(&["add_user", &user, "another"])?;
    broker.ctl(&["set_permissions", "--vhost", &vhost, &user, ".*", ".*", ".*"])?;
    let url = world.url().replace("guest:guest@", &format!("{user}:secret@"));
    world.set.push(("broker.url".to_owned(), url));
    let daemon = world.process_unready(&[])?;
    let mut trial = Trial::of(world, daemon);
    trial.degraded(&format!("check the password of user \"{user}\"")).await?;
    broker.ctl(&["change_password", &user, "secret"])?;
    trial.ready().await?;
    trial.submit(10).await?;
    trial.end().await
}

#[tokio::test]
async fn a_missing_virtual_host_is_told_and_used_once_it_is_made() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let vhost = unique("vhost");
    let (base, _) = broker.url().rsplit_once('/').context("a virtual host")?;
    let world = World::at(format!("{base}/{vhost}"))?;
    let daemon = world.process_unready(&[])?;
    let mut trial = Trial::of(world, daemon);
    trial.degraded(&format!("create the virtual host \"{vhost}\"")).await?;
    broker.ctl(&["add_vhost", &vhost])?;
    broker.ctl(&["set_permissions", "--vhost", &vhost, "guest", ".*", ".*", ".*"])?;
    trial.ready().await?;
    trial.submit(10).await?;
    trial.end().await
}

/// As many bytes of a header frame's payload as the broker takes; what it adds when the message
/// comes again makes the frame larger than agreed.
const HEADER_MAX: usize = 131_064;

/// A message with such properties: all room is taken by a text in a header, or in a list in it.
fn largest(raw: &mut Raw, world: &World, (name, is_list): (&[u8], bool)) -> Result<()> {
    let flags = flag::HEADERS | flag::MESSAGE_ID | flag::TYPE | flag::USER_ID;
    let named = [&b"m0"[..], b"application.submitted.v1", b"portal"].map(short).concat();
    let header = |length: usize| {
        let text = [&b"S"[..], &long(&vec![b'x'; length])].concat();
        let value = if is_list { [&b"A"[..], &long(&text)].concat() } else { text };
        long(&[short(name), value].concat())
    };
    // Class, weight, size and flags.
    let overhead = 14 + header(0).len() + named.len();
    let properties = [header(HEADER_MAX - overhead), named].concat();
    let body = order(0).to_string().into_bytes();
    let (exchange, key) = (world.name("portal.in"), &b"application.submitted"[..]);
    raw.publish(&RawMessage { exchange: &exchange, key, flags, properties, body: &body })
}

/// One message with headers as large as can be, and come again, neither stops nor ends the daemon,
/// and becomes what it would have become the first time. The broker adds a count, and lapin gives
/// up a connection for a frame of more than 131,072 bytes.
#[tokio::test]
async fn a_header_as_large_as_can_be_is_read_also_when_it_comes_again() -> Result<()> {
    let (_, world, _) = apart().await?;
    largest(&mut Raw::connect(world.url())?, &world, (b"large", false))?;
    let mut first = world.process_unready(&[(VARIABLE, "Received:1".to_owned())])?;
    until("it came, and nothing became of it", || {
        let ended = first.ended();
        async move { Ok(ended?.is_some()) }
    })
    .await
    .with_context(|| world.log())?;
    let mut trial = Trial::start(world).await?;
    trial.orders = 1;
    trial.submit(10).await?;
    trial.end().await
}

/// The same, given up by the broker, which adds its history: one that repeats all of the sender's
/// own list of keys. It is a dead letter like others.
#[tokio::test]
async fn a_header_as_large_as_can_be_is_kept_as_a_dead_letter_and_released() -> Result<()> {
    for header in [(&b"large"[..], false), (b"large", true), (b"CC", true)] {
        let (_, world, _) = apart().await?;
        let mut raw = Raw::connect(world.url())?;
        largest(&mut raw, &world, header)?;
        let peer = world.peer().await?;
        let (queue, dead) = (world.name("portal.in"), world.name("dead"));
        until("the broker gives it up", || {
            let failed = raw.fail_over_one(&queue);
            let ready = peer.ready(&dead);
            async move { Ok(!failed? && ready.await? == 1) }
        })
        .await?;
        let mut trial = Trial::start(world).await?;
        let path = "/v1/quarantine";
        let listed = || async { ask(&trial.world, "GET", path, None).await.map(|it| it.1) };
        until("it is kept", || async { Ok(listed().await?["items"][0]["code"] == "KV1601") })
            .await
            .with_context(|| trial.world.log())?;
        let listed = listed().await?;
        let number = listed["items"][0]["number"].as_u64().context("a number")?;
        let path = format!("/v1/quarantine/{number}/release");
        let wish = json!({ "reason": "mended" });
        let (answered, released) = ask(&trial.world, "POST", &path, Some(&wish)).await?;
        ensure!(answered == 200 && released["outcome"] == "applied", "{listed:#} {released:#}");
        trial.orders = 1;
        trial.submit(10).await?;
        trial.end().await?;
    }
    Ok(())
}

/// A dead letter whose release was only said to have happened (wolverine #1594), or that the broker
/// dropped for its history when it was published again (celery #9867): here it never goes back to
/// the broker, and its history goes no further.
#[tokio::test]
async fn wolverine_1594_celery_9867_a_dead_letter_is_told_and_its_release_is_real() -> Result<()> {
    let (_, world, _) = apart().await?;
    let peer = world.peer().await?;
    let queue = world.name("portal.in");
    let body = order(0).to_string().into_bytes();
    let (kind, key) = ("application.submitted.v1", "application.submitted");
    let message =
        Send { exchange: "portal.in", key, kind, user: Some("portal"), id: "m0", body, file: None };
    world.send(&peer, message).await?;
    // As a consumer that fails over it each time.
    let dead = world.name("dead");
    until("the broker gives it up", || async {
        let get = peer.channel.basic_get(queue.as_str().into(), BasicGetOptions::default());
        if let Some(got) = get.await? {
            got.delivery.acker.reject(BasicRejectOptions { requeue: true }).await?;
        }
        Ok(peer.ready(&dead).await? == 1)
    })
    .await?;
    let mut trial = Trial::start(world).await?;
    let alerts = trial.world.take(&peer, "ops.out", 1).await?;
    ensure!(alerts.iter().all(|got| got.text("/kind") == "dead_lettered"), "{alerts:#?}");
    let listed = ask(&trial.world, "GET", "/v1/quarantine", None).await?.1;
    let item = &listed["items"][0];
    ensure!(item["code"] == "KV1601", "{listed:#}");
    let number = item["number"].as_u64().context("a number")?;
    let kept = trial.daemon.metrics()?;
    let kept = kept.get("kvit_messages_quarantined_total{code=\"KV1601\"}").copied();
    ensure!(kept == Some(1.0), "the metric says {kept:?}");
    let (wish, path) = (json!({ "reason": "mended" }), format!("/v1/quarantine/{number}/release"));
    let (answered, released) = ask(&trial.world, "POST", &path, Some(&wish)).await?;
    ensure!(answered == 200 && released["outcome"] == "applied", "{released:#}");
    trial.orders = 1;
    trial.submit(10).await?;
    trial.end().await
}

//! Faults, and a whole daemon under them: it degrades, says why in `/readyz` and `status`, recovers
//! by itself, loses nothing, and keeps to its memory.
//!
//! | file | what happens |
//! |---|---|
//! | [`crash`] | the process ends at a named point between taking and forgetting |
//! | [`kills`] | `kill -9` under load; more of it with `make kills` |
//! | [`power`] | the store's disk loses its power; more of it with `make power-cut` |
//! | [`disk`] | the store's disk is nearly full, and full |
//! | [`file`] | `kill -9` while a large file is applied; a real one with `make big-file` |
//! | [`broker`] | connections, queues, exchanges, rights and messages go wrong |
//! | [`node`] | the broker itself restarts, or takes nothing |
//! | [`long`] | all of it under constant load; an hour of it with `make long` |
//!
//! A test that begins with the name and number of another tool's issue is about what went wrong
//! there. What a part of kvit does under the same faults is tested beside it, in [`crate::amqp`].

mod broker;
mod crash;
mod disk;
mod file;
mod kills;
mod long;
mod node;
mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kvit::demo::{Connect, Roles, SimulateOptions};
use kvit::queries;
use kvit_adapters::amqp::{Admin, Topology};
use kvit_adapters::store::Store;
use kvit_tests::broker::{PATIENCE, Peer, until};
use kvit_tests::child::Process;
use kvit_tests::daemon::{Send, World};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout};

use crate::desk::ask_over;

/// More than this a daemon never takes, whatever happens to it.
const MEMORY_MAX: u64 = 256 << 20;
/// Where each order of a [`Trial`] is told of, and of what.
const TOLD: [(&str, &str); 2] =
    [("portal.portal.out", "case.status.v1"), ("agency.agency-b.inbox", "case.assigned.v1")];

/// What the admin API of a daemon without operators answers to whom it runs as.
async fn ask(world: &World, verb: &str, path: &str, wish: Option<&Value>) -> Result<(u16, Value)> {
    let stream = UnixStream::connect(world.socket()).await?;
    let answered = ask_over(stream, (verb, path), ("kvit", None), wish).await?;
    Ok((answered.status, answered.body))
}

/// A daemon, and orders that cost nothing: each must be told to its portal and to its agency, once.
struct Trial {
    world: World,
    daemon: Process,
    /// Orders submitted.
    orders: u64,
    /// What was told: by queue and order, the ids of the messages that did.
    told: BTreeMap<(&'static str, String), BTreeSet<String>>,
}

impl Trial {
    /// With a daemon that is ready.
    async fn start(world: World) -> Result<Self> {
        let daemon = world.process(&[]).await?;
        let trial = Self::of(world, daemon);
        trial.ready().await?;
        Ok(trial)
    }

    fn of(world: World, daemon: Process) -> Self {
        Self { world, daemon, orders: 0, told: BTreeMap::new() }
    }

    /// Submits so many orders more, as a careful portal does: what the broker did not confirm is
    /// said again under the same id.
    async fn submit(&mut self, many: u64) -> Result<()> {
        let mut peer = None;
        for number in self.orders..self.orders + many {
            let id = format!("m{number}");
            let body = order(number).to_string().into_bytes();
            let deadline = Instant::now() + PATIENCE;
            loop {
                if peer.is_none() {
                    peer = self.world.peer().await.ok();
                }
                if let Some(connected) = &peer {
                    let message = portal(&id, body.clone());
                    let sent = timeout(Duration::from_secs(5), self.world.send(connected, message));
                    if matches!(sent.await, Ok(Ok(()))) {
                        break;
                    }
                }
                peer = None;
                ensure!(Instant::now() < deadline, "order {number} cannot be said");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        self.orders += many;
        Ok(())
    }

    /// Waits until the daemon does its work and has nothing to complain of.
    async fn ready(&self) -> Result<()> {
        until("the daemon is ready", || async { Ok(self.readyz().is_ok_and(|it| it.0 == 200)) })
            .await
            .with_context(|| format!("{:?}", self.readyz()))
    }

    /// Waits until it is not ready, and says why, on both ways.
    async fn degraded(&self, why: &str) -> Result<()> {
        self.says(503, why).await
    }

    /// Waits until this is among what `/readyz` and the status say.
    async fn says(&self, status: u16, why: &str) -> Result<()> {
        until(&format!("the daemon says {why:?}"), || async {
            let Ok((ready, reasons)) = self.readyz() else { return Ok(false) };
            let shown = ask(&self.world, "GET", "/v1/status", None).await?.1;
            Ok(ready == status && reasons.contains(why) && lines(&shown)?.contains(why))
        })
        .await
        .with_context(|| format!("it says {:?}", self.readyz()))
    }

    fn readyz(&self) -> Result<(u16, String)> {
        let (status, body) = self.daemon.get("/readyz")?;
        // Read as JSON, so that quotes in the reasons are quotes.
        let body: Value = serde_json::from_str(&body)?;
        Ok((status, lines(&body)?))
    }

    /// Takes what parties are told until each order is, at both ends.
    async fn all_told(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let peer = self.world.peer().await?;
        let wanted = usize::try_from(self.orders)?;
        loop {
            self.hear(&peer).await?;
            let of = |queue: &str| self.told.keys().filter(|(from, _)| *from == queue).count();
            let came = TOLD.map(|(queue, _)| of(queue));
            if came.iter().all(|many| *many >= wanted) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{came:?} of {wanted}: {:?}", self.readyz());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn hear(&mut self, peer: &Peer) -> Result<()> {
        for (queue, kind) in TOLD {
            let ready = usize::try_from(peer.ready(&self.world.name(queue)).await?)?;
            for got in self.world.take(peer, queue, ready).await? {
                ensure!(got.kind == kind, "{queue}: {got:?}");
                let order = (queue, got.text("/order_code").to_owned());
                self.told.entry(order).or_default().insert(got.message_id);
            }
        }
        Ok(())
    }

    /// Everything is as if nothing had happened: all is told, once; the daemon is ready, and was
    /// never too large; its store is whole.
    async fn end(mut self) -> Result<()> {
        self.all_told().await?;
        self.ready().await?;
        until("the outbox is empty", || async {
            Ok(self.daemon.metrics()?.get("kvit_outbox_rows") == Some(&0.0))
        })
        .await?;
        let peer = self.world.peer().await?;
        self.hear(&peer).await?;
        let twice = self.told.iter().find(|(_, ids)| ids.len() > 1);
        ensure!(twice.is_none(), "told again under another id: {twice:?}");
        let peak = self.daemon.peak_bytes()?;
        ensure!(peak < MEMORY_MAX, "it took {peak} bytes");
        self.daemon.stop().await?;
        remove(&self.world).await?;
        let store = self.world.open_store()?;
        sound(&store)?;
        let cases = u64::try_from(store.cases(None, 100_000)?.items.len())?;
        ensure!(cases == self.orders, "{cases} cases of {} orders", self.orders);
        Ok(())
    }
}

/// The reasons that a status or `/readyz` gives.
fn lines(body: &Value) -> Result<String> {
    let reasons = body["reasons"].as_array().context("no reasons")?;
    Ok(reasons.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"))
}

/// A store in which nothing is missing, damaged or unsent.
fn sound(store: &Store) -> Result<()> {
    whole(store)?;
    ensure!(store.outbox(None, 1)?.is_empty(), "something is left in the outbox");
    Ok(())
}

/// A store in which nothing is missing or damaged.
fn whole(store: &Store) -> Result<()> {
    let found = queries::verify_store(store, |_| ())?;
    ensure!(found.sound, "{found:?}");
    let audit = queries::verify_audit(store, |_| ())?;
    ensure!(audit.sound, "{audit:?}");
    Ok(())
}

fn order(number: u64) -> Value {
    json!({ "order_code": format!("{number:030}"), "procedure": "elsewhere",
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be", "fee": null, "form": {} })
}

fn portal(id: &str, body: Vec<u8>) -> Send<'_> {
    let kind = "application.submitted.v1";
    let (exchange, key, user) = ("portal.in", "application.submitted", Some("portal"));
    Send { exchange, key, kind, user, id, body, file: None }
}

/// A world whose topology an administrator has made, and only such may.
async fn administered(url: String) -> Result<World> {
    let mut world = World::at(url)?;
    world.set.push(("broker.declare".to_owned(), "false".to_owned()));
    declare(&world).await?;
    Ok(world)
}

/// What `kvit topology --apply` does.
async fn declare(world: &World) -> Result<()> {
    let (admin, topology) = administrator(world).await?;
    admin.declare(&topology).await?;
    admin.close().await;
    Ok(())
}

/// Leaves the broker as it was: thousands of queues would slow down the tests that follow.
async fn remove(world: &World) -> Result<()> {
    let (admin, topology) = administrator(world).await?;
    admin.remove(&topology).await?;
    admin.close().await;
    Ok(())
}

async fn administrator(world: &World) -> Result<(Admin, Topology)> {
    let settings = world.load()?;
    let admin = Admin::connect(&kvit::service::amqp_options(&settings)?).await;
    let admin = admin.map_err(|error| anyhow::anyhow!("{}", error.reason()))?;
    Ok((admin, kvit::service::topology(&settings)?))
}

/// Everybody played against a daemon of this world for so long, with so many orders a second.
fn load(world: &World, seconds: f64, (rate, seed): (f64, u64)) -> Result<SimulateOptions> {
    let mix = "duplicates=0.1,early=0.1,damaged=0.1,reversed=0.1,withdrawn=0.1,amounts=0.1,\
               returned=0.1";
    let settings = world.load()?;
    let url = settings.broker.url.expose().expose().parse()?;
    Ok(SimulateOptions {
        settings,
        roles: Roles::ALL,
        parties: Vec::new(),
        connect: Connect::AsOne(url),
        orders: format!("{:.0}", rate * seconds).parse()?,
        rate: Some(rate),
        seed,
        faults: mix.parse().map_err(anyhow::Error::msg)?,
        patience: Duration::from_secs(60),
        pay: None,
        orders_to: None,
    })
}

/// A number that somebody who runs a test by hand may set.
fn set(variable: &str, default: u32) -> Result<u32> {
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable}={text}")),
        Err(_) => Ok(default),
    }
}

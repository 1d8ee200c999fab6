//! People at the desk, on a whole daemon with the real broker: they see, release, propose,
//! approve, pause, and are told when they may not.

mod afar;
mod quarantine;
mod works;

use anyhow::{Context, Result, ensure};
use kvit_schemas::hex;
use kvit_tests::broker::{Peer, until};
use kvit_tests::daemon::{Send, World};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;

const CODE: &str = "000000000000000000000000000017";

/// Four people, each known by a token of their own name.
fn people(more: &str) -> String {
    let person = |name: &str, roles: &str| {
        let hash = hex::encode(&Sha256::digest(name.as_bytes()));
        format!("\n[operators.{name}]\ntoken_sha256 = \"{hash}\"\nroles = [{roles}]\n")
    };
    person("vera", "\"viewer\"")
        + &person("ales", "\"operator\"")
        + &person("boris", "\"operator\", \"approver\"")
        + &person("chief", "\"approver\"")
        + more
}

/// A world with people in it.
fn world(more: &str) -> Result<World> {
    let world = World::new()?;
    let text = std::fs::read_to_string(&world.settings)? + &people(more);
    std::fs::write(&world.settings, text)?;
    Ok(world)
}

/// What was answered: the status and the body.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answered {
    fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Asks over any connection: one request, and the connection ends.
pub(crate) async fn ask_over(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    (verb, path): (&str, &str),
    (host, token): (&str, Option<&str>),
    body: Option<&Value>,
) -> Result<Answered> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{}content-type: \
         application/json\r\ncontent-length: {}\r\n\r\n",
        token.unwrap_or_default(),
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await?;
    let said = String::from_utf8(said)?;
    let (head, body) = said.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    if status >= 400 {
        ensure!(head.contains("application/problem+json"), "{head}");
    }
    Ok(Answered { status, body: serde_json::from_str(body).unwrap_or(Value::Null) })
}

/// A person at the daemon's socket.
#[derive(Clone, Copy)]
struct At<'a> {
    world: &'a World,
    name: &'a str,
}

impl At<'_> {
    async fn get(&self, path: &str) -> Result<Answered> {
        self.call("GET", path, None).await
    }

    async fn post(&self, path: &str, wish: Value) -> Result<Answered> {
        self.call("POST", path, Some(&wish)).await
    }

    async fn call(&self, verb: &str, path: &str, body: Option<&Value>) -> Result<Answered> {
        let stream = UnixStream::connect(self.world.socket()).await?;
        ask_over(stream, (verb, path), ("kvit", Some(self.name)), body).await
    }

    /// The numbers in quarantine that are open, once there are as many as wanted.
    async fn open(&self, wanted: usize) -> Result<Vec<u64>> {
        let find = || async {
            let listed = self.get("/v1/quarantine").await?;
            let items = listed.body["items"].as_array().context("no list")?.clone();
            Ok::<_, anyhow::Error>(items)
        };
        until("quarantine holds it", || async { Ok(find().await?.len() == wanted) }).await?;
        let numbers = find().await?.iter().filter_map(|it| it["number"].as_u64()).collect();
        Ok(numbers)
    }
}

fn at<'a>(world: &'a World, name: &'a str) -> At<'a> {
    At { world, name }
}

fn application(code: &str) -> Value {
    json!({
        "order_code": code, "procedure": "credited", "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be",
        "fee": { "amount": "45.00", "currency": "BYN" }, "form": {} })
}

async fn submit(world: &World, peer: &Peer, user: &str, (id, body): (&str, &Value)) -> Result<()> {
    let message = Send {
        exchange: "portal.in",
        key: "application.submitted",
        kind: "application.submitted.v1",
        user: Some(user),
        id,
        body: serde_json::to_vec(body)?,
        file: None,
    };
    world.send(peer, message).await
}

async fn pay(world: &World, peer: &Peer, (feed, id, state): (&str, &str, &str)) -> Result<()> {
    let body = json!({ "feed": feed, "payment_id": id, "state": state, "order_code": CODE,
        "amount": { "amount": "45.00", "currency": "BYN" },
        "paid_at": "2026-03-05T12:00:00+03:00" });
    let message = Send {
        exchange: "bank.in",
        key: &format!("{feed}.payment"),
        kind: "payment.reported.v1",
        user: Some(feed),
        id,
        body: serde_json::to_vec(&body)?,
        file: None,
    };
    world.send(peer, message).await
}

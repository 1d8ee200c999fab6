//! Every code of the closed list comes of some input, by the way that real messages take; and
//! nothing is refused with a code that is not on the list. A row's message id begins with the code
//! that is expected of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Context, Result, ensure};
use flate2::write::GzEncoder;
use kvit::pipeline::guarded;
use kvit_schemas::Code;
use kvit_schemas::record::QuarantineRecord;
use kvit_tests::broker::{Peer, until};
use kvit_tests::daemon::{Send, World};
use lapin::BasicProperties;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const CODE: &str = "000000000000000000000000000017";
const OTHER: &str = "000000000000000000000000000018";
const STUCK: &str = "000000000000000000000000000020";
const AT: &str = "2026-03-06T12:00:00+03:00";

/// A message with its own envelope.
struct Row {
    id: &'static str,
    user: &'static str,
    kind: &'static str,
    key: Option<&'static str>,
    content_type: Option<&'static str>,
    encoding: Option<&'static str>,
    body: Vec<u8>,
}

fn row(id: &'static str, user: &'static str, kind: &'static str, body: &Value) -> Row {
    let body = body.to_string().into_bytes();
    Row { id, user, kind, key: None, content_type: None, encoding: None, body }
}

fn raw(id: &'static str, body: impl Into<Vec<u8>>) -> Row {
    Row { body: body.into(), ..row(id, "portal", "application.withdrawn.v1", &Value::Null) }
}

fn application(code: &str) -> Value {
    json!({ "order_code": code, "procedure": "credited",
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў", "region": "BY-HM" },
        "identification": "eds", "language": "be",
        "fee": { "amount": "45.00", "currency": "BYN" } })
}

fn withdrawn() -> Value {
    json!({ "order_code": CODE, "withdrawn_at": AT })
}

fn payment(feed: &str, amount: &str) -> Value {
    json!({ "feed": feed, "payment_id": "1", "state": "credited", "order_code": CODE,
        "amount": { "amount": amount, "currency": "BYN" }, "paid_at": AT })
}

fn decision(id: &str, text: &str) -> Value {
    json!({ "order_code": CODE, "decision_id": id, "outcome": "granted", "decided_at": AT,
        "title": "Рашэнне", "text": text, "delivery": "electronic" })
}

fn request(text: &str) -> Value {
    json!({ "order_code": CODE, "request_id": "r1", "requested_at": AT, "text": text })
}

fn document() -> Value {
    json!({ "name": "a.txt", "media_type": "text/plain", "size": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "content": "YWJj" })
}

fn receipt(nth: usize) -> Value {
    json!({ "order_code": OTHER, "attached_at": AT, "document": document(),
        "claim": { "operation_number": nth.to_string() } })
}

/// The same with one value changed.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    body.pointer_mut(parent).expect("a place of the body")[key] = value;
    body
}

/// What must have been applied before.
fn before() -> Vec<Row> {
    let accepted = json!({ "order_code": CODE, "registration_number": "1", "registered_at": AT });
    let elsewhere = with(application(STUCK), "/procedure", json!("elsewhere"));
    let elsewhere = with(elsewhere, "/fee", Value::Null);
    let returned = json!({ "order_code": STUCK, "returned_at": AT, "reason": "a" });
    vec![
        row("application", "portal", "application.submitted.v1", &application(CODE)),
        row("KV1201", "portal", "application.submitted.v1", &application(OTHER)),
        row("payment", "erip", "payment.reported.v1", &payment("erip", "45.00")),
        row("accepted", "agency-a", "case.accepted.v1", &accepted),
        row("stuck", "portal", "application.submitted.v1", &elsewhere),
        row("returned", "agency-b", "case.returned.v1", &returned),
        row("request", "agency-a", "case.documents_requested.v1", &request("a")),
        row("decision", "agency-a", "case.decided.v1", &decision("d1", "a")),
    ]
}

fn envelopes() -> Vec<Row> {
    let good = withdrawn().to_string();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(good.as_bytes()).expect("writing to memory");
    let mut trailing = gzip.finish().expect("writing to memory");
    trailing.extend(b"junk");
    let xml = format!(
        "<case-accepted xmlns='urn:kvit:v1'><order_code>{CODE}</order_code></case-accepted>"
    );
    let accepted = "case.accepted.v1";
    vec![
        raw("KV1001", vec![b' '; 70_000]),
        Row { user: "stranger", ..raw("KV1002", good.clone()) },
        raw("KV1003 x", good.clone()),
        Row { kind: "application.withdrawn.v9", ..raw("KV1004", good.clone()) },
        Row { content_type: Some("text/plain"), ..raw("KV1005", good.clone()) },
        Row { encoding: Some("gzip"), ..raw("KV1006-trailing", trailing) },
        Row { encoding: Some("br"), ..raw("KV1006-other", good.clone()) },
        Row { kind: accepted, key: Some("case.accepted"), ..raw("KV1007", good.clone()) },
        Row { key: Some("receipt.attached"), ..raw("KV1008", good) },
        Row { content_type: Some("application/xml"), ..raw("KV1009", xml) },
    ]
}

fn bodies() -> Vec<Row> {
    let deep = format!("{{\"extensions\":{{\"a\":{}1{}}}}}", "[".repeat(40), "]".repeat(40));
    let good = withdrawn();
    let change =
        |id, pointer: &str, value: Value| raw(id, with(withdrawn(), pointer, value).to_string());
    let paid = |id, pointer: &str, value: Value| {
        row(id, "erip", "payment.reported.v1", &with(payment("erip", "45.00"), pointer, value))
    };
    let added = |id, pointer: &str, value: Value| {
        let body = json!({ "order_code": CODE, "added_at": AT, "attachments": [document()] });
        row(id, "portal", "documents.added.v1", &with(body, pointer, value))
    };
    vec![
        raw("KV1101", "{"),
        raw("KV1102", deep),
        raw("KV1103", good.to_string().replacen('{', "{\"reason\":\"a\",\"reason\":\"b\",", 1)),
        change("KV1104", "/reason", json!("a\u{1}b")),
        change("KV1105", "/nonsense", json!(1)),
        change("KV1106", "/order_code", Value::Null),
        change("KV1107", "/reason", json!(["a"])),
        change("KV1108", "/order_code", json!("17")),
        paid("KV1109", "/amount/amount", json!("45")),
        paid("KV1110", "/amount/amount", json!("0.00")),
        change("KV1111", "/withdrawn_at", json!("2190-01-01T00:00:00Z")),
        added("KV1112", "/attachments/0/size", json!(4)),
        added("KV1113", "/attachments/0/url", json!("https://x.by/a")),
    ]
}

fn conflicts_and_rights() -> Vec<Row> {
    let submitted = "application.submitted.v1";
    let acknowledged = json!({ "order_code": CODE, "decision_id": "d9", "shown_at": AT });
    vec![
        row("KV1201", "portal", submitted, &with(application(OTHER), "/language", json!("ru"))),
        row("KV1202", "portal", submitted, &with(application(CODE), "/language", json!("ru"))),
        row("KV1203", "erip", "payment.reported.v1", &payment("erip", "46.00")),
        row("KV1204", "agency-a", "case.decided.v1", &decision("d1", "b")),
        row("KV1205", "agency-a", "case.decided.v1", &decision("d2", "a")),
        row("KV1206", "agency-a", "case.documents_requested.v1", &request("b")),
        Row {
            key: Some("erip.payment"),
            ..row("KV1301", "bank", "payment.reported.v1", &payment("erip", "45.00"))
        },
        row("KV1302", "weak", "payment.reported.v1", &payment("weak", "45.00")),
        row("KV1303", "other", "application.withdrawn.v1", &withdrawn()),
        row("KV1304", "portal", "decision.acknowledged.v1", &acknowledged),
    ]
}

fn rules() -> Vec<Row> {
    let new = || application("000000000000000000000000000019");
    let submitted = |id, body: Value| row(id, "portal", "application.submitted.v1", &body);
    let organisation = || with(new(), "/applicant/kind", json!("organisation"));
    let returned = json!({ "order_code": CODE, "returned_at": AT, "reason": "a" });
    vec![
        submitted("KV1401", with(new(), "/procedure", json!("99.99"))),
        submitted("KV1403", with(organisation(), "/identification", json!("unique_id"))),
        submitted("KV1404", with(new(), "/fee/amount", json!("44.00"))),
        row("KV1405", "agency-a", "case.returned.v1", &returned),
        row("KV1406", "portal", "receipt.attached.v1", &receipt(0)),
        submitted("KV1408", organisation()),
    ]
}

/// Files, each with the code that its report says; the first has no name.
fn files() -> Vec<(&'static str, Option<&'static str>, String)> {
    let row = |service: u8, date: &str, operation: u32| {
        format!(
            "1^{service}^{CODE}^X^^03.2026^45.00^0.00^{date}^^20260305101500^{operation}^55512^T1^MS^^749^^^5\r\n"
        )
    };
    let file = |number: u16, sum: &str, rows: &str| {
        format!(
            "5^30000001^{number}^20260305140000^{}^749^190000020^933^{sum}^0.00\r\n{rows}",
            rows.lines().count()
        )
    };
    let good = row(1, "20260305133015", 7);
    let damaged = format!("{good}{}", row(1, "2026XX05133015", 8).replacen('1', "2", 1));
    vec![
        ("KV1505", None, file(900, "45.00", &good)),
        ("KV1501", Some("1.206"), "nothing of the kind".to_owned()),
        ("KV1502", Some("0000901.206"), file(901, "99.00", &good)),
        ("KV1503", Some("0000902.206"), file(902, "45.00", &row(2, "20260305133015", 7))),
        ("applied", Some("0000903.206"), file(903, "45.00", &good)),
        ("KV1504", Some("0000903.206"), file(903, "45.00", &row(1, "20260305133015", 9))),
        ("KV1511", Some("0000904.206"), file(904, "90.00", &damaged)),
    ]
}

struct Desk {
    world: World,
    peer: Peer,
    produced: BTreeSet<String>,
}

impl Desk {
    async fn send(&self, row: &Row) -> Result<()> {
        let (exchange, key) = match row.user {
            "erip" | "bank" | "weak" => ("bank.in", format!("{}.payment", row.user)),
            "portal" | "other" | "stranger" => {
                ("portal.in", row.kind.rsplit_once(".v").context("a version")?.0.to_owned())
            }
            agency => ("agency.in", agency.to_owned()),
        };
        let key = row.key.unwrap_or(&key);
        let (body, file, user) = (row.body.clone(), None, Some(row.user));
        let message = Send { exchange, key, kind: row.kind, user, id: row.id, body, file };
        let amend = |mut properties: BasicProperties| {
            if let Some(given) = row.content_type {
                properties = properties.with_content_type(given.into());
            }
            if let Some(given) = row.encoding {
                properties = properties.with_content_encoding(given.into());
            }
            properties
        };
        self.world.send_with(&self.peer, message, amend).await
    }

    /// Waits until everything sent was taken: no queue holds anything that is not answered.
    async fn taken(&self, queues: &[(&'static str, &'static str, &'static str)]) -> Result<()> {
        for (user, kind, queue) in queues {
            let last = Row { user, kind, ..raw("KV1101-last", "{") };
            self.send(&last).await?;
            until("everything sent is taken", || async {
                let got = self.world.take(&self.peer, queue, 1).await?;
                Ok(got.iter().any(|got| got.text("/refused_message_id") == "KV1101-last"))
            })
            .await?;
        }
        Ok(())
    }

    async fn files(&mut self) -> Result<()> {
        for (nth, (expected, name, body)) in files().into_iter().enumerate() {
            let id = format!("{expected}-file{nth}");
            let message = Send {
                exchange: "bank.in",
                key: "erip.file",
                kind: "statement.file.v1",
                user: Some("erip"),
                id: &id,
                body: body.into_bytes(),
                file: name,
            };
            self.world.send(&self.peer, message).await?;
            let got = self.world.take(&self.peer, "bank.erip.reports", 1).await?;
            let got = got.first().context("an answer")?;
            let said = if expected == "applied" { "" } else { expected };
            let code = got.text("/errors/0/code").to_owned();
            ensure!(code == said, "{expected}: {got:#?}");
            self.produced.insert(code);
        }
        Ok(())
    }

    /// What an operator may not do with a case.
    async fn act(&mut self, order: &str, agency: &str, code: &str) -> Result<()> {
        let body = json!({ "agency": agency, "reason": "a test" }).to_string();
        let mut socket = UnixStream::connect(self.world.socket()).await?;
        let request = format!(
            "POST /v1/cases/{order}/assign HTTP/1.1\r\nhost: kvit\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        ensure!(answer.contains(code), "{answer}");
        self.produced.insert(code.to_owned());
        Ok(())
    }
}

/// A feed with one service.
fn prepared() -> Result<World> {
    let world = World::new()?;
    let text = std::fs::read_to_string(&world.settings)?;
    let text = text.replace("format = \"erip\"", "format = \"erip\"\nservice = [\"1\"]");
    std::fs::write(&world.settings, text)?;
    Ok(world)
}

#[tokio::test]
async fn every_code_comes_of_some_input_and_every_refusal_has_its_code() -> Result<()> {
    let world = prepared()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let mut desk = Desk { world, peer, produced: BTreeSet::new() };
    let portal = ("portal", "application.withdrawn.v1", "portal.portal.out");
    let bank = ("erip", "payment.reported.v1", "bank.erip.reports");
    let agency = ("agency-a", "case.accepted.v1", "agency.agency-a.inbox");
    for row in before() {
        desk.send(&row).await?;
        let queue = match row.user {
            "portal" => portal,
            "erip" => bank,
            "agency-b" => ("agency-b", "case.accepted.v1", "agency.agency-b.inbox"),
            _ => agency,
        };
        desk.taken(&[queue]).await?;
    }
    for nth in 1..=100 {
        let id = Box::leak(format!("receipt{nth}").into_boxed_str());
        desk.send(&row(id, "portal", "receipt.attached.v1", &receipt(nth))).await?;
    }
    let all = [envelopes(), bodies(), conflicts_and_rights(), rules()];
    for row in all.iter().flatten() {
        desk.send(row).await?;
    }
    let dead = Send {
        exchange: "dead",
        key: "",
        kind: "application.withdrawn.v1",
        user: Some("portal"),
        id: "KV1601",
        body: b"{}".to_vec(),
        file: None,
    };
    desk.world.send(&desk.peer, dead).await?;
    desk.taken(&[portal, bank, agency]).await?;
    desk.files().await?;
    desk.act(CODE, "agency-a", "KV1407").await?;
    desk.act(STUCK, "nobody", "KV1402").await?;
    let dead = desk.world.name("dead");
    until("dead letters are taken", || async { Ok(desk.peer.ready(&dead).await? == 0) }).await?;
    daemon.stop().await?;

    let kept = desk.world.open_store()?.quarantine(None, 1_000)?.items;
    for record in &kept {
        let id = id_of(record);
        ensure!(id.starts_with(record.code.as_str()), "{id} ended as {record:?}");
        desk.produced.insert(record.code.to_string());
    }
    let refused = guarded::<()>(|| panic!("a defect")).err().context("a refusal")?;
    desk.produced.insert(refused.code.to_string());
    let known: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    desk.produced.remove("");
    let without: Vec<_> = known.difference(&desk.produced).collect();
    assert!(without.is_empty(), "no input leads to {without:?}");
    let beside: Vec<_> = desk.produced.difference(&known).collect();
    assert!(beside.is_empty(), "no codes of the list: {beside:?}");
    Ok(())
}

fn id_of(record: &QuarantineRecord) -> &str {
    let properties: BTreeMap<&str, &str> =
        record.properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    properties.get("message_id").copied().unwrap_or_default()
}

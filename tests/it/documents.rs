//! Documents of up to the message limit, end to end: byte for byte as they came, kept once, and in
//! bounded memory.

use anyhow::{Context, Result, ensure};
use kvit_adapters::store::Tables;
use kvit_schemas::hex;
use kvit_schemas::message::Base64;
use kvit_tests::broker::{Peer, until};
use kvit_tests::daemon::{Got, Send, World};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const AT: &str = "2026-03-05T10:15:00+03:00";
const LIMIT: usize = 16 << 20;
/// Generous: what several of the largest messages under way at once may take.
const PEAK_BYTES_MAX: u64 = 1 << 30;

fn document(name: &str, bytes: usize) -> Value {
    let seed = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    };
    let content: Vec<u8> =
        std::iter::repeat_n((), bytes).scan(seed, |state, ()| next(state)).collect();
    json!({ "name": name, "media_type": "application/pdf", "size": bytes,
        "sha256": hex::encode(&Sha256::digest(&content)),
        "content": Base64::encode(&content).to_string() })
}

fn application(code: &str, form: &Value, attachments: &[Value]) -> Value {
    json!({ "order_code": code, "procedure": "credited", "submitted_at": AT,
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be",
        "fee": { "amount": "45.00", "currency": "BYN" }, "form": form,
        "attachments": attachments })
}

fn payment(code: &str) -> Value {
    json!({ "feed": "erip", "payment_id": format!("12{code}"), "state": "credited",
        "order_code": code, "amount": { "amount": "45.00", "currency": "BYN" }, "paid_at": AT })
}

fn added(code: &str, request: Option<&str>, attachments: &[Value]) -> Value {
    json!({ "order_code": code, "added_at": AT, "request_id": request,
        "attachments": attachments })
}

struct Parties<'a> {
    world: &'a World,
    peer: Peer,
}

impl Parties<'_> {
    async fn say(&self, user: &str, kind: &str, id: &str, body: &Value) -> Result<usize> {
        let body = serde_json::to_vec(body)?;
        let bytes = body.len();
        let (exchange, key) = match user {
            "portal" => ("portal.in", kind.trim_end_matches(".v1")),
            "erip" => ("bank.in", "erip.payment"),
            agency => ("agency.in", agency),
        };
        let message = Send { exchange, key, kind, user: Some(user), id, body, file: None };
        self.world.send(&self.peer, message).await?;
        Ok(bytes)
    }

    /// The next message of this type; others are passed over.
    async fn next(&self, queue: &str, kind: &str) -> Result<Got> {
        loop {
            let got = self.world.take(&self.peer, queue, 1).await?.pop().context("nothing")?;
            ensure!(got.kind != "message.refused.v1", "{:?}", got.body);
            if got.kind == kind {
                return Ok(got);
            }
        }
    }

    async fn case(&self) -> Result<Got> {
        self.next("agency.agency-a.inbox", "case.assigned.v1").await
    }
}

/// A comparison that does not print megabytes.
fn same(what: &str, came: &Value, sent: &[Value]) -> Result<()> {
    ensure!(came.as_array().is_some_and(|came| came == sent), "{what} came otherwise");
    Ok(())
}

fn large(mut world: World) -> World {
    for key in ["limits.message_bytes_max", "limits.quarantine_body_bytes_max"] {
        world.set.push((key.to_owned(), LIMIT.to_string()));
    }
    world
}

#[tokio::test]
async fn large_documents_reach_the_other_side_as_they_came_and_are_kept_once() -> Result<()> {
    let world = large(World::new()?);
    let daemon = world.process(&[]).await?;
    let parties = Parties { world: &world, peer: world.peer().await? };
    let code = "000000000000000000000000000017";
    let form = json!({ "z": 1, "a": ["ў", 30_000_000_000_u64], "long": "x".repeat(70_000) });
    let (early, first) = ([document("early", 4_000_000)], [document("first", 7_000_000)]);
    let (late, decided) = ([document("late", 11_500_000)], [document("decided", 9_000_000)]);
    let mut sent = 0;

    // Before the application, with it, and after the assignment.
    let body = added(code, None, &early);
    sent += parties.say("portal", "documents.added.v1", "d1", &body).await?;
    let body = application(code, &form, &first);
    sent += parties.say("portal", "application.submitted.v1", "a1", &body).await?;
    parties.say("erip", "payment.reported.v1", "p1", &payment(code)).await?;
    let assigned = parties.case().await?;
    same("the application's document", &assigned.body["attachments"], &first)?;
    ensure!(assigned.body["form"] == form, "the form came otherwise");
    let inbox = "agency.agency-a.inbox";
    let carried = parties.next(inbox, "documents.added.v1").await?;
    same("the early document", &carried.body["attachments"], &early)?;

    let request = json!({ "order_code": code, "request_id": "r1", "requested_at": AT,
        "text": "патрэбна копія" });
    parties.say("agency-a", "case.documents_requested.v1", "r1", &request).await?;
    let portal = "portal.portal.out";
    let asked = parties.next(portal, "case.documents_requested.v1").await?;
    assert_eq!(asked.text("/request_id"), "r1");
    let body = added(code, Some("r1"), &late);
    sent += parties.say("portal", "documents.added.v1", "d2", &body).await?;
    let carried = parties.next(inbox, "documents.added.v1").await?;
    assert_eq!(carried.text("/request_id"), "r1");
    same("the late document", &carried.body["attachments"], &late)?;

    let decision = json!({ "order_code": code, "decision_id": "d", "outcome": "granted",
        "decided_at": AT, "title": "Рашэнне", "text": "Выдадзена", "documents": decided,
        "delivery": "electronic" });
    sent += parties.say("agency-a", "case.decided.v1", "c1", &decision).await?;
    let published = parties.next(portal, "decision.published.v1").await?;
    same("the decision's document", &published.body["documents"], &decided)?;

    // Many at once: they go one at a time.
    let orders: Vec<String> = (100..108).map(|order| format!("{order:030}")).collect();
    for order in &orders {
        let body = application(order, &json!({}), &[document(order, 7_500_000)]);
        sent += parties.say("portal", "application.submitted.v1", order, &body).await?;
        let id = format!("pay-{order}");
        parties.say("erip", "payment.reported.v1", &id, &payment(order)).await?;
    }
    for _ in &orders {
        let case = parties.case().await?;
        let order = case.text("/order_code").to_owned();
        same(&order, &case.body["attachments"], &[document(&order, 7_500_000)])?;
    }
    until("everything is forgotten by the outbox", || async {
        let metrics = daemon.metrics()?;
        Ok(metrics.get("kvit_outbox_rows").is_none_or(|rows| *rows == 0.0))
    })
    .await?;
    let peak = daemon.peak_bytes()?;
    println!("{sent} bytes of documents, peak memory {} MiB", peak >> 20);
    assert!(peak < PEAK_BYTES_MAX, "{peak} bytes of memory");
    daemon.stop().await?;

    let store = world.open_store()?;
    let kept: usize = store.list(&[])?.iter().map(|(_, value)| value.len()).sum();
    assert!(kept < sent + sent / 20, "{kept} bytes are kept of {sent}");
    Ok(())
}

#[tokio::test]
async fn an_assignment_that_is_too_large_is_followed_by_its_last_documents() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties { world: &world, peer: world.peer().await? };
    let code = "000000000000000000000000000017";
    let documents = ["one", "two", "three"].map(|name| document(name, 15_000));
    let bytes = serde_json::to_vec(&application(code, &json!({ "pad": "" }), &documents))?.len();
    let pad = json!({ "pad": "x".repeat(65_536 - bytes) });
    let body = application(code, &pad, &documents);
    assert_eq!(parties.say("portal", "application.submitted.v1", "a1", &body).await?, 65_536);
    parties.say("erip", "payment.reported.v1", "p1", &payment(code)).await?;
    let assigned = parties.case().await?;
    assert!(serde_json::to_vec(&assigned.body)?.len() <= 65_536);
    same("what went with it", &assigned.body["attachments"], &documents[..2])?;
    let after = parties.next("agency.agency-a.inbox", "documents.added.v1").await?;
    same("what came after it", &after.body["attachments"], &documents[2..])?;
    assert_ne!(after.message_id, assigned.message_id);
    daemon.stop().await?;
    Ok(())
}

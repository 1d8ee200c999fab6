//! The same story told in JSON, in XML and in events ends the same, for every message that parties
//! send; and a message repeated in another spelling is a duplicate.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use kvit_adapters::store::Tables;
use kvit_schemas::contract::{self, Direction};
use kvit_schemas::message::json_to_xml;
use kvit_schemas::record::{Disposition, Subject};
use kvit_tests::broker::{Peer, workspace};
use kvit_tests::daemon::{Got, Send, World};
use lapin::BasicProperties;
use serde_json::{Value, json};

const CODE: &str = "000000000000000000000000000017";
const ELSEWHERE: &str = "000000000000000000000000000018";
const QUEUES: [&str; 4] =
    ["portal.portal.out", "agency.agency-a.inbox", "agency.agency-b.inbox", "bank.erip.reports"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Json,
    Xml,
    Event,
}

impl Spelling {
    const ALL: [Self; 3] = [Self::Json, Self::Xml, Self::Event];

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Event => "application/cloudevents+json",
        }
    }

    fn body(self, kind: &str, id: &str, body: &Value) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(body)?;
        match self {
            Self::Json => Ok(json),
            Self::Xml => Ok(json_to_xml((kind.parse()?, Direction::In), &json)?),
            Self::Event => Ok(serde_json::to_vec(&json!({
                "specversion": "1.0", "id": id, "source": "/portal", "type": kind,
                "subject": body["order_code"], "datacontenttype": "application/json",
                "somethingelse": 1, "data": body }))?),
        }
    }
}

/// What each queue was told: type and body, without what differs from run to run.
type Told = BTreeMap<&'static str, Vec<(String, Value)>>;

struct Play<'a> {
    world: &'a World,
    peer: Peer,
    spelling: Spelling,
    told: Told,
    kinds: BTreeSet<String>,
    documents: usize,
}

impl Play<'_> {
    /// Says something, and waits until it is committed.
    async fn say(&mut self, user: &str, kind: &str, id: &str, body: Value) -> Result<()> {
        self.kinds.insert(kind.to_owned());
        self.send((user, kind, id), self.spelling, &body).await?;
        self.settle(user, kind, &format!("after-{id}")).await
    }

    async fn send(
        &self,
        (user, kind, id): (&str, &str, &str),
        spelling: Spelling,
        body: &Value,
    ) -> Result<()> {
        let bytes = spelling.body(kind, id, body)?;
        let amend = |properties: BasicProperties| {
            let typed = properties.with_content_type(spelling.content_type().into());
            // An event speaks for itself: no id and no type beside it.
            let bare = BasicProperties::default()
                .with_content_type(spelling.content_type().into())
                .with_user_id(user.into());
            if spelling == Spelling::Event { bare } else { typed }
        };
        let (exchange, key) = address(user, kind);
        let file = None;
        let message = Send { exchange, key: &key, kind, user: Some(user), id, body: bytes, file };
        self.world.send_with(&self.peer, message, amend).await
    }

    /// What is no message is answered after all that came before it by the same queue.
    async fn settle(&mut self, user: &str, kind: &str, id: &str) -> Result<()> {
        let (exchange, key) = address(user, kind);
        let (body, file) = (b"{".to_vec(), None);
        let message = Send { exchange, key: &key, kind, user: Some(user), id, body, file };
        self.world.send(&self.peer, message).await?;
        let queue = QUEUES.into_iter().find(|queue| queue.contains(&format!(".{user}.")));
        let queue = queue.context("a queue of the party")?;
        loop {
            let got = self.world.take(&self.peer, queue, 1).await?.pop().context("a message")?;
            if got.text("/refused_message_id") == id {
                ensure!(got.text("/code") == "KV1101", "{got:#?}");
                return Ok(());
            }
            self.hear(queue, got)?;
        }
    }

    fn hear(&mut self, queue: &'static str, got: Got) -> Result<()> {
        ensure!(got.content_type == self.spelling.content_type(), "{got:#?}");
        if self.spelling == Spelling::Xml {
            self.documents += 1;
            let folder = workspace().join("target/contracts/out");
            std::fs::create_dir_all(&folder)?;
            let name = format!("{}.played-{}.xml", got.kind, self.documents);
            std::fs::write(folder.join(name), &got.bytes)?;
        }
        let mut body = got.body;
        // The clock's word, and ids made of the store's name.
        for own in ["at", "assigned_at", "refund_id"] {
            body.as_object_mut().context("an object")?.shift_remove(own);
        }
        self.told.entry(queue).or_default().push((got.kind, without_empty(body)));
        Ok(())
    }

    async fn rest(&mut self) -> Result<()> {
        for queue in QUEUES {
            while self.peer.ready(&self.world.name(queue)).await? > 0 {
                let got = self.world.take(&self.peer, queue, 1).await?.pop();
                self.hear(queue, got.context("a message")?)?;
            }
        }
        Ok(())
    }
}

/// XML does not tell an empty list from an absent one.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| *member != json!([]));
            kept.map(|(name, member)| (name, without_empty(member))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_empty).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

fn address(user: &str, kind: &str) -> (&'static str, String) {
    match user {
        "erip" => ("bank.in", "erip.payment".to_owned()),
        "portal" => ("portal.in", kind.trim_end_matches(".v1").to_owned()),
        agency => ("agency.in", agency.to_owned()),
    }
}

fn document() -> Value {
    json!({ "name": "квітанцыя.txt", "media_type": "text/plain", "size": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "content": "YWJj" })
}

fn application(code: &str, procedure: &str) -> Value {
    let fee = (procedure != "elsewhere").then(|| json!({ "amount": "45.00", "currency": "BYN" }));
    json!({ "order_code": code, "procedure": procedure,
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "id": null, "name": "Іваноў & <Іван>", "region": "BY-HM" },
        "identification": "eds", "language": "be", "fee": fee,
        "form": { "b": [1.0, { "y": "<&>", "x": null }], "a": 2 },
        "attachments": [document(), document()], "extensions": { "own": "]]>" } })
}

fn payment(id: &str) -> Value {
    json!({ "feed": "erip", "payment_id": id, "state": "credited", "order_code": CODE,
        "amount": { "amount": "45.00", "currency": "BYN" },
        "paid_at": "2026-03-05T12:00:00+03:00", "payer": { "name": "ИВАНОВ" } })
}

/// Every message that parties send, once at least.
fn story() -> Vec<(&'static str, &'static str, Value)> {
    let at = |day: u8| format!("2026-03-{day:02}T12:00:00+03:00");
    vec![
        ("portal", "application.submitted.v1", application(CODE, "credited")),
        (
            "portal",
            "receipt.attached.v1",
            json!({ "order_code": CODE, "attached_at": at(5),
            "claim": { "operation_number": "120", "amount": { "amount": "45.00",
                "currency": "BYN" } }, "document": document() }),
        ),
        ("erip", "payment.reported.v1", payment("1")),
        ("erip", "payment.reported.v1", payment("2")),
        (
            "agency-a",
            "case.accepted.v1",
            json!({ "order_code": CODE,
            "registration_number": "12/3", "registered_at": at(6) }),
        ),
        (
            "agency-a",
            "case.documents_requested.v1",
            json!({ "order_code": CODE,
            "request_id": "r1", "requested_at": at(6), "text": "Даведка\nі копія" }),
        ),
        (
            "portal",
            "documents.added.v1",
            json!({ "order_code": CODE, "added_at": at(7),
            "request_id": "r1", "attachments": [document()] }),
        ),
        (
            "agency-a",
            "case.deadline_changed.v1",
            json!({ "order_code": CODE, "kind": "extended",
            "until": "2026-04-20", "reason": "запыт", "changed_at": at(8) }),
        ),
        (
            "agency-a",
            "case.decided.v1",
            json!({ "order_code": CODE, "decision_id": "d1",
            "outcome": "granted", "decided_at": at(9), "title": "Рашэнне",
            "text": "Пасведчанне\nвыдадзена", "documents": [document()],
            "delivery": "electronic" }),
        ),
        (
            "portal",
            "decision.acknowledged.v1",
            json!({ "order_code": CODE, "decision_id": "d1",
            "shown_at": at(10) }),
        ),
        ("portal", "application.submitted.v1", application(ELSEWHERE, "elsewhere")),
        (
            "agency-b",
            "case.returned.v1",
            json!({ "order_code": ELSEWHERE, "returned_at": at(6),
            "reason": "не наша", "suggested_agency": "agency-a" }),
        ),
        (
            "portal",
            "application.withdrawn.v1",
            json!({ "order_code": ELSEWHERE,
            "withdrawn_at": at(7), "reason": "перадумаў" }),
        ),
    ]
}

/// Plays the story in one spelling, in and out; what was told.
async fn played(spelling: Spelling) -> Result<Told> {
    let mut world = World::new()?;
    for party in ["portals.portal", "banks.erip", "agencies.agency-a", "agencies.agency-b"] {
        let key = format!("{party}.content_type");
        world.set.push((key, spelling.content_type().to_owned()));
    }
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let (told, kinds) = (Told::new(), BTreeSet::new());
    let mut play = Play { world: &world, peer, spelling, told, kinds, documents: 0 };
    for (nth, (user, kind, body)) in story().into_iter().enumerate() {
        play.say(user, kind, &format!("m{nth}"), body).await?;
    }
    let all: BTreeSet<String> =
        contract::messages(Direction::In).map(|kind| kind.to_string()).collect();
    assert_eq!(play.kinds, all, "the story lacks a message");
    // The first message again, in the other spellings.
    let others = Spelling::ALL.into_iter().filter(|other| *other != spelling);
    for other in others {
        let named = ("portal", "application.submitted.v1", "m0");
        play.send(named, other, &application(CODE, "credited")).await?;
    }
    play.settle("portal", "application.submitted.v1", "last").await?;
    let left = daemon.stop().await?;
    assert_eq!(left.outbox_rows, 0);
    play.rest().await?;
    let told = std::mem::take(&mut play.told);

    let store = world.open_store()?;
    let case = store.case(CODE.parse()?)?.context("the case is kept")?;
    let story = store.story(Subject::Case(case.seq))?;
    let duplicates = story.iter().filter(|it| it.line.disposition == Some(Disposition::Duplicate));
    assert_eq!(duplicates.count(), 2, "{spelling:?}: a repetition in another spelling");
    Ok(told)
}

/// A refusal names the message and the place as they were spelled.
#[tokio::test]
async fn a_refusal_points_into_the_body_as_it_came() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let (told, kinds) = (Told::new(), BTreeSet::new());
    let play = Play { world: &world, peer, spelling: Spelling::Json, told, kinds, documents: 0 };
    let kind = "application.submitted.v1";
    let mut wrong = application(CODE, "credited");
    wrong["attachments"][1]["size"] = json!(4);
    let mut dear = application(CODE, "credited");
    dear["fee"]["amount"] = json!("46.00");
    for (spelling, size, fee) in [
        (Spelling::Json, "/attachments/1/size", "/fee"),
        (Spelling::Xml, "/application-submitted/attachments[2]/size", "/application-submitted/fee"),
        (Spelling::Event, "/data/attachments/1/size", "/data/fee"),
    ] {
        // One is refused by the decoder, the other by the engine.
        for (id, body, pointer, code) in [
            (format!("{spelling:?}-size"), &wrong, size, "KV1112"),
            (format!("{spelling:?}-fee"), &dear, fee, "KV1404"),
        ] {
            play.send(("portal", kind, &id), spelling, body).await?;
            let got = world.take(&play.peer, "portal.portal.out", 1).await?;
            let got = got.first().context("an answer")?;
            assert_eq!(got.text("/refused_message_id"), id, "{got:#?}");
            assert_eq!(got.text("/type"), kind);
            assert_eq!((got.text("/code"), got.text("/pointer")), (code, pointer));
            assert_eq!(got.text("/order_code"), CODE);
            assert_eq!(got.cause.as_deref(), Some(id.as_str()));
        }
    }
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_message_means_the_same_in_json_xml_and_events() -> Result<()> {
    let json = played(Spelling::Json).await?;
    let statuses: Vec<&str> = json["portal.portal.out"]
        .iter()
        .filter(|(kind, _)| kind == "case.status.v1")
        .filter_map(|(_, body)| body["status"].as_str())
        .collect();
    assert!(statuses.contains(&"decided") && statuses.contains(&"withdrawn"), "{statuses:?}");
    let said: BTreeSet<&str> = json.values().flatten().map(|(kind, _)| kind.as_str()).collect();
    for kind in ["case.assigned.v1", "decision.published.v1", "refund.due.v1", "case.withdrawn.v1"]
    {
        assert!(said.contains(kind), "{kind} was not said: {said:?}");
    }
    for other in [Spelling::Xml, Spelling::Event] {
        let told = played(other).await?;
        for queue in QUEUES {
            let (ours, theirs) = (json.get(queue), told.get(queue));
            assert_eq!(ours, theirs, "{queue} in {other:?}");
        }
    }
    Ok(())
}

//! A whole daemon on the real broker and the real store: from the queues to the agencies and back.

use anyhow::{Context, Result};
use kvit_adapters::store::{Store, Tables};
use kvit_schemas::record::{Case, Payment, Subject};
use kvit_tests::broker::{Peer, unique, until};
use kvit_tests::daemon::{Got, Send, World};
use serde_json::{Value, json};

const CODE: &str = "000000000000000000000000000017";

fn application(code: &str, procedure: &str) -> Value {
    let fee = (procedure != "elsewhere").then(|| json!({ "amount": "45.00", "currency": "BYN" }));
    json!({
        "order_code": code, "procedure": procedure, "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be", "fee": fee, "form": { "b": 1, "a": 2 } })
}

fn payment(feed: &str, id: &str, state: &str) -> Value {
    json!({ "feed": feed, "payment_id": id, "state": state, "order_code": CODE,
        "amount": { "amount": "45.00", "currency": "BYN" },
        "paid_at": "2026-03-05T12:00:00+03:00" })
}

fn decision(id: &str) -> Value {
    json!({ "order_code": CODE, "decision_id": id, "outcome": "granted",
        "decided_at": "2026-03-09T12:00:00+03:00", "title": "Рашэнне", "text": "Пасведчанне\nвыдадзена",
        "delivery": "electronic" })
}

/// The parties on one connection; each speaks under its own name.
struct Parties<'a> {
    world: &'a World,
    peer: Peer,
}

impl<'a> Parties<'a> {
    async fn of(world: &'a World) -> Result<Self> {
        Ok(Self { world, peer: world.peer().await? })
    }

    async fn say(&self, user: &str, kind: &str, id: &str, body: &Value) -> Result<()> {
        let body = serde_json::to_vec(body)?;
        self.say_bytes((user, Some(user)), kind, id, body).await
    }

    async fn say_bytes(
        &self,
        (party, user): (&str, Option<&str>),
        kind: &str,
        id: &str,
        body: Vec<u8>,
    ) -> Result<()> {
        let unversioned = kind.trim_end_matches(".v1");
        let bank_key = format!("{party}.payment");
        let (exchange, key) = match kind {
            "payment.reported.v1" => ("bank.in", bank_key.as_str()),
            _ if party.starts_with("agency") => ("agency.in", party),
            _ => ("portal.in", unversioned),
        };
        let message = Send { exchange, key, kind, user, id, body, file: None };
        self.world.send(&self.peer, message).await
    }

    async fn file(&self, feed: &str, name: &str, id: &str, body: &[u8]) -> Result<Got> {
        let key = format!("{feed}.file");
        let message = Send {
            exchange: "bank.in",
            key: &key,
            kind: "statement.file.v1",
            user: Some(feed),
            id,
            body: body.to_vec(),
            file: Some(name),
        };
        self.world.send(&self.peer, message).await?;
        self.next(&format!("bank.{feed}.reports"), "file.report.v1").await
    }

    /// The next message of a queue, which must be of this type.
    async fn next(&self, queue: &str, kind: &str) -> Result<Got> {
        let mut got = self.world.take(&self.peer, queue, 1).await?;
        let got = got.pop().context("nothing came")?;
        assert_eq!(got.kind, kind, "{got:#?}");
        Ok(got)
    }

    async fn status(&self, expected: &str) -> Result<Got> {
        let got = self.next("portal.portal.out", "case.status.v1").await?;
        assert_eq!(got.text("/status"), expected, "{got:#?}");
        Ok(got)
    }

    async fn refused(&self, queue: &str, code: &str) -> Result<Got> {
        let got = self.next(queue, "message.refused.v1").await?;
        assert_eq!(got.text("/code"), code, "{got:#?}");
        assert!(!got.text("/title/be").is_empty() && !got.text("/detail").is_empty());
        Ok(got)
    }

    /// Application, payment, assignment: a case at its agency.
    async fn routed(&self) -> Result<()> {
        self.say("portal", "application.submitted.v1", "a1", &application(CODE, "credited"))
            .await?;
        self.status("awaiting_payment").await?;
        self.say("erip", "payment.reported.v1", "p1", &payment("erip", "1200000001", "credited"))
            .await?;
        self.status("routed").await?;
        let assigned = self.next("agency.agency-a.inbox", "case.assigned.v1").await?;
        assert_eq!(assigned.text("/evidence"), "credited");
        assert_eq!(assigned.cause.as_deref(), Some("p1"));
        Ok(())
    }
}

#[tokio::test]
async fn an_order_goes_from_the_portal_to_the_agency_and_the_decision_comes_back() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties::of(&world).await?;
    parties.routed().await?;
    let accepted = json!({ "order_code": CODE, "registration_number": "12/3",
        "registered_at": "2026-03-06T12:00:00+03:00" });
    parties.say("agency-a", "case.accepted.v1", "c1", &accepted).await?;
    parties.status("in_work").await?;
    parties.say("agency-a", "case.decided.v1", "c2", &decision("d1")).await?;
    let published = parties.next("portal.portal.out", "decision.published.v1").await?;
    assert_eq!(published.text("/agency/id"), "agency-a");
    assert_eq!(published.text("/text"), "Пасведчанне\nвыдадзена");
    parties.status("decided").await?;
    let shown = json!({ "order_code": CODE, "decision_id": "d1",
        "shown_at": "2026-03-09T13:00:00+03:00" });
    parties.say("portal", "decision.acknowledged.v1", "a2", &shown).await?;
    drained(&world, &parties.peer).await?;
    let left = daemon.stop().await?;
    assert_eq!(left.outbox_rows, 0);

    let store = world.open_store()?;
    let case = store.case(CODE.parse()?)?.context("the case is kept")?;
    assert!(case.decision().is_some_and(|decision| decision.acknowledged));
    let check = store.check_ledger()?;
    assert_eq!(check.kept, check.counted);
    let (batches, faults) = store.verify_audit(|_| ())?;
    assert!(batches > 0 && faults.is_empty(), "{faults:?}");
    assert!(store.story(Subject::Case(case.seq))?.len() >= 5);
    Ok(())
}

#[tokio::test]
async fn a_repeated_message_does_nothing_again_even_after_a_restart() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties::of(&world).await?;
    parties.routed().await?;
    daemon.stop().await?;
    let before = snapshot(&world.open_store()?)?;

    let daemon = world.start().await?;
    parties.say("portal", "application.submitted.v1", "a1", &application(CODE, "credited")).await?;
    let again = payment("erip", "1200000001", "credited");
    parties.say("erip", "payment.reported.v1", "p1", &again).await?;
    parties.say("erip", "payment.reported.v1", "p1-under-a-new-id", &again).await?;
    drained(&world, &parties.peer).await?;
    daemon.stop().await?;
    assert_eq!(snapshot(&world.open_store()?)?, before);
    assert_eq!(parties.peer.ready(&world.name("portal.portal.out")).await?, 0);
    assert_eq!(parties.peer.ready(&world.name("agency.agency-a.inbox")).await?, 0);
    Ok(())
}

/// Each forbidden act ends in its documented disposition, is kept, is answered where there is
/// somebody to answer, and changes nothing.
#[tokio::test]
async fn forbidden_acts_are_refused_kept_answered_and_change_nothing() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties::of(&world).await?;
    parties.routed().await?;
    daemon.stop().await?;
    let before = snapshot(&world.open_store()?)?;
    let daemon = world.start().await?;

    // An agency that acts on another agency's case.
    parties.say("agency-b", "case.decided.v1", "x1", &decision("d9")).await?;
    let got = parties.refused("agency.agency-b.inbox", "KV1303").await?;
    assert_eq!(got.text("/refused_message_id"), "x1");
    // The same code for an order that nobody knows.
    let mut unknown = decision("d9");
    unknown["order_code"] = "9".repeat(30).into();
    parties.say("agency-b", "case.decided.v1", "x1b", &unknown).await?;
    parties.refused("agency.agency-b.inbox", "KV1303").await?;
    // A bank that speaks for another's feed: in the body, then also in the routing key.
    let foreign = payment("erip", "1200000001", "reversed");
    parties.say("bank", "payment.reported.v1", "x2", &foreign).await?;
    parties.refused("bank.bank.reports", "KV1008").await?;
    let bytes = serde_json::to_vec(&foreign)?;
    let as_bank = ("erip", Some("bank"));
    parties.say_bytes(as_bank, "payment.reported.v1", "x3", bytes).await?;
    let got = parties.refused("bank.bank.reports", "KV1301").await?;
    assert_eq!(got.text("/pointer"), "/feed");
    // A feed that may not say that money was credited.
    let stated = payment("weak", "w1", "credited");
    parties.say("weak", "payment.reported.v1", "x4", &stated).await?;
    parties.refused("bank.weak.reports", "KV1302").await?;
    // A portal that withdraws another's order.
    let withdrawal = json!({ "order_code": CODE, "withdrawn_at": "2026-03-06T12:00:00+03:00" });
    parties.say("other", "application.withdrawn.v1", "x5", &withdrawal).await?;
    let got = parties.refused("portal.other.out", "KV1303").await?;
    assert_eq!(got.text("/order_code"), CODE);
    // A message without user_id, and one of a user who is nobody.
    let bytes = serde_json::to_vec(&withdrawal)?;
    for user in [None, Some("stranger")] {
        let nobody = ("portal", user);
        parties.say_bytes(nobody, "application.withdrawn.v1", "x6", bytes.clone()).await?;
        let alert = parties.next("ops.out", "alert.raised.v1").await?;
        assert_eq!(alert.text("/kind"), "unknown_sender");
    }
    // A repeated id with other content.
    let mut other = application(CODE, "credited");
    other["language"] = "ru".into();
    parties.say("portal", "application.submitted.v1", "a1", &other).await?;
    parties.refused("portal.portal.out", "KV1201").await?;
    // The same business key with other content, under its own id.
    parties.say("portal", "application.submitted.v1", "x7", &other).await?;
    parties.refused("portal.portal.out", "KV1202").await?;
    // Malformed JSON, and a body over the limit.
    let portal = ("portal", Some("portal"));
    parties.say_bytes(portal, "application.withdrawn.v1", "x8", b"{\"a\":".to_vec()).await?;
    parties.refused("portal.portal.out", "KV1101").await?;
    let large = vec![b' '; 70_000];
    parties.say_bytes(portal, "application.withdrawn.v1", "x9", large).await?;
    parties.refused("portal.portal.out", "KV1001").await?;

    daemon.stop().await?;
    let store = world.open_store()?;
    assert_eq!(snapshot(&store)?, before, "a refused message changed something");
    let kept = store.quarantine(None, 100)?.items;
    let codes: Vec<&str> = kept.iter().map(|it| it.code.as_str()).collect();
    let expected = [
        "KV1303", "KV1303", "KV1008", "KV1301", "KV1302", "KV1303", "KV1002", "KV1002", "KV1201",
        "KV1202", "KV1101", "KV1001",
    ];
    assert_eq!(codes, expected);
    let malformed = kept.iter().find(|it| it.code.as_str() == "KV1101").context("kept")?;
    assert_eq!(store.body(malformed.seq)?.as_deref(), Some(&b"{\"a\":"[..]), "its bytes are kept");
    Ok(())
}

#[tokio::test]
async fn files_are_applied_once_and_answered_each_time() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties::of(&world).await?;
    parties.say("portal", "application.submitted.v1", "a1", &application(CODE, "credited")).await?;
    parties.status("awaiting_payment").await?;
    let accepted = format!(
        "5^30000001^901^20260305140000^1^749^190000020^933^45.00^0.00\r\n\
         1^1^{CODE}^X^^03.2026^45.00^0.00^20260305133015^^20260305101500^1200000001^55512^T1^MS^^749^^^5\r\n"
    );
    let report = parties.file("erip", "0000901.206", "f1", accepted.as_bytes()).await?;
    assert_eq!(report.text("/outcome"), "applied", "{report:#?}");
    assert_eq!(report.body["rows"]["applied"], 1);
    let credited = format!(
        "5^30000001^902^20260306093000^1^749^190000020^795^BY42AKBB36020000000000000001^777^20260306000000^933^45.00^0.00^44.55^749^BY22AKBB38190000000000000002^03002\r\n\
         1^1^{CODE}^X^^03.2026^45.00^0.00^44.55^20260305133015^^20260305101500^1200000001^55512^T1^MS^^^^5\r\n"
    );
    let report = parties.file("erip", "0000902.210", "f2", credited.as_bytes()).await?;
    assert_eq!(report.text("/outcome"), "applied", "{report:#?}");
    parties.status("routed").await?;
    // The bank shows the transfer of it as one line: no money of its own.
    let line = "***** ^Type=4^ ^Acc=BY42AKBB36020000000000000001^  -  Statement\n^RestIn=0.00^\n\
        ^DocDate=06.03.2026^\n^Num=777^\n^OperationID=Z1^\n^Db=0.00^\n^Credit=44.55^\n\
        ^Nazn=Transfer^\n^DB=0.00^\n^CR=44.55^\n^RestOut=44.55^\n######\n";
    let report = parties.file("bank", "day.txt", "s1", line.as_bytes()).await?;
    assert_eq!(report.body["rows"]["applied"], 1, "{report:#?}");
    assert_eq!(report.text("/sums/BYN/applied"), "0.00");
    // The same file again under another name: nothing happens, and the bank is told.
    let report = parties.file("erip", "again.210", "f3", credited.as_bytes()).await?;
    assert_eq!(report.text("/outcome"), "duplicate", "{report:#?}");
    assert_eq!(report.body["rows"]["duplicate"], 1);
    // The same register with another sum: a conflict, refused whole.
    let other = credited.replace("45.00", "46.00").replace("44.55", "45.54");
    let report = parties.file("erip", "0000902.210", "f4", other.as_bytes()).await?;
    assert_eq!(report.text("/outcome"), "refused", "{report:#?}");
    assert_eq!(report.text("/errors/0/code"), "KV1504");
    // Totals that do not add up.
    let short = accepted.replace("^901^", "^903^").replace("933^45.00^0.00", "933^99.00^0.00");
    let report = parties.file("erip", "0000903.206", "f5", short.as_bytes()).await?;
    assert_eq!(report.text("/errors/0/code"), "KV1502", "{report:#?}");
    daemon.stop().await?;
    let store = world.open_store()?;
    let known = store.payments(None, 10)?.items;
    let (lumps, payments): (Vec<_>, Vec<_>) = known.into_iter().partition(|it| it.is_lump());
    assert_eq!(lumps.len(), 1, "a transfer, seen by the bank, too: {lumps:#?}");
    assert_eq!(lumps[0].sightings.len(), 2);
    assert_eq!(payments.len(), 1, "one payment, seen twice: {payments:#?}");
    let ledger = store.check_ledger()?;
    assert_eq!(ledger.kept.iter().map(|(_, _, sums)| sums.gross).sum::<i64>(), 4_500);
    assert_eq!(payments[0].sightings[0].withheld.map(|it| it.minor()), Some(45));
    Ok(())
}

#[tokio::test]
async fn a_case_given_back_goes_to_the_agency_that_may_decide_it() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties::of(&world).await?;
    parties
        .say("portal", "application.submitted.v1", "a1", &application(CODE, "elsewhere"))
        .await?;
    parties.status("routed").await?;
    parties.next("agency.agency-b.inbox", "case.assigned.v1").await?;
    let returned = json!({ "order_code": CODE, "returned_at": "2026-03-06T12:00:00+03:00",
        "reason": "not ours", "suggested_agency": "agency-a" });
    parties.say("agency-b", "case.returned.v1", "b1", &returned).await?;
    let assigned = parties.next("agency.agency-a.inbox", "case.assigned.v1").await?;
    assert_eq!(assigned.text("/evidence"), "not_due");
    // It is no longer the first agency's.
    parties.say("agency-b", "case.decided.v1", "b2", &decision("d1")).await?;
    parties.refused("agency.agency-b.inbox", "KV1303").await?;
    daemon.stop().await?;
    Ok(())
}

/// What cannot be placed waits, says so, and holds up nobody else.
#[tokio::test]
async fn an_agency_without_a_queue_holds_up_only_its_own_messages() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let parties = Parties::of(&world).await?;
    let inbox = world.name("agency.agency-a.inbox");
    parties
        .peer
        .channel
        .queue_delete(inbox.clone().into(), lapin::options::QueueDeleteOptions::default())
        .await?;
    parties.say("portal", "application.submitted.v1", "a1", &application(CODE, "credited")).await?;
    parties.status("awaiting_payment").await?;
    parties.say("erip", "payment.reported.v1", "p1", &payment("erip", "1", "credited")).await?;
    parties.status("routed").await?;
    let left = daemon.stop().await?;
    assert!(left.outbox_rows > 0, "the assignment waits in the outbox");
    // The next start declares the queue anew, and the assignment comes.
    let daemon = world.start().await?;
    parties.next("agency.agency-a.inbox", "case.assigned.v1").await?;
    assert_eq!(daemon.stop().await?.outbox_rows, 0);
    Ok(())
}

/// Waits until the daemon has taken everything from its queues.
async fn drained(world: &World, peer: &Peer) -> Result<()> {
    // A last message that is answered comes after all that were sent before it on each queue.
    for (exchange, key, user, queue) in [
        ("portal.in", "application.withdrawn", "portal", "portal.portal.out"),
        ("bank.in", "erip.payment", "erip", "bank.erip.reports"),
    ] {
        let id = unique("last");
        let kind = if user == "erip" { "payment.reported.v1" } else { "application.withdrawn.v1" };
        let body = b"{".to_vec();
        let last = Send { exchange, key, kind, user: Some(user), id: &id, body, file: None };
        world.send(peer, last).await?;
        let answered = || async {
            let got = world.take(peer, queue, 1).await?;
            Ok(got.iter().any(|got| got.text("/refused_message_id") == id))
        };
        until("everything sent is taken", answered).await?;
    }
    Ok(())
}

fn snapshot(store: &Store) -> Result<(Vec<Case>, Vec<Payment>)> {
    Ok((store.cases(None, 1_000)?.items, store.payments(None, 1_000)?.items))
}

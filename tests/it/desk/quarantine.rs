//! Quarantine: released on the way of any delivery, by one person at a time, with two people where
//! it takes two.

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kvit_adapters::store::Tables;
use kvit_schemas::record::{DeskNote, Note};
use kvit_tests::broker::until;
use serde_json::json;

use super::{At, CODE, application, at, pay, submit, world};

#[tokio::test]
async fn a_release_after_the_cause_was_mended_is_applied_and_a_dry_run_changes_nothing()
-> Result<()> {
    let world = world("")?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    submit(&world, &peer, "stranger", ("m1", &application(CODE))).await?;
    let ales = at(&world, "ales");
    let number = ales.open(1).await?[0];
    let release = format!("/v1/quarantine/{number}/release");

    // The cause is still there: tried, it would be refused again, and really it is.
    let wish = json!({ "reason": "let us see", "dry_run": true });
    let tried = ales.post(&release, wish.clone()).await?;
    assert_eq!((tried.status, tried.text("/outcome")), (200, "refused again"), "{tried:?}");
    let shown = ales.get(&format!("/v1/quarantine/{number}")).await?;
    assert_eq!(shown.body["attempts"], 0, "a dry run leaves no trace: {shown:?}");
    let again = ales.post(&release, json!({ "reason": "once more" })).await?;
    assert_eq!(again.text("/outcome"), "refused again");
    let shown = ales.get(&format!("/v1/quarantine/{number}")).await?;
    assert_eq!((shown.text("/state"), shown.text("/last/code")), ("open", "KV1002"), "{shown:?}");
    daemon.stop().await?;

    // The settings are mended: the user speaks for a portal now.
    let text = std::fs::read_to_string(&world.settings)?;
    let mended = text.replace("users = [\"portal\"]", "users = [\"portal\", \"stranger\"]");
    assert_ne!(mended, text);
    std::fs::write(&world.settings, mended)?;
    let daemon = world.start().await?;
    let tried = ales.post(&release, wish).await?;
    assert_eq!(tried.text("/outcome"), "applied", "{tried:?}");
    assert_eq!(tried.body["done"], false);
    assert!(tried.body["said"].to_string().contains("application accepted"), "{tried:?}");
    assert_eq!(ales.get(&format!("/v1/cases/{CODE}")).await?.status, 404, "only tried");
    let done = ales.post(&release, json!({ "reason": "the user is mapped now" })).await?;
    assert_eq!((done.text("/outcome"), done.body["done"].as_bool()), ("applied", Some(true)));
    let status = world.take(&peer, "portal.portal.out", 1).await?;
    assert_eq!(status[0].text("/status"), "awaiting_payment");
    let late = ales.post(&release, json!({ "reason": "once more" })).await?;
    assert_eq!(late.status, 409, "{late:?}");
    assert!(late.text("/detail").contains("ales dealt with number"), "{late:?}");
    let shown = ales.get(&format!("/v1/quarantine/{number}")).await?;
    assert_eq!((shown.text("/state"), shown.text("/last/outcome")), ("released", "applied"));
    let why = ales.get("/v1/why?q=m1").await?.body.to_string();
    assert!(why.contains("the user is mapped now") && why.contains("it was applied"), "{why}");
    // The sender may send the very same again: it is known.
    submit(&world, &peer, "stranger", ("m1", &application(CODE))).await?;
    daemon.stop().await?;
    let store = world.open_store()?;
    assert!(store.case(CODE.parse()?)?.is_some());
    let (_, faults) = store.verify_audit(|_| ())?;
    assert!(faults.is_empty(), "{faults:?}");
    Ok(())
}

#[tokio::test]
async fn of_two_people_who_release_the_same_at_once_exactly_one_does() -> Result<()> {
    let world = world("")?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let many = 8;
    for n in 0..many {
        // Mended bytes make a message that the feed may send.
        pay(&world, &peer, ("weak", &format!("w{n}"), "credited")).await?;
    }
    let (ales, boris) = (at(&world, "ales"), at(&world, "boris"));
    let numbers = ales.open(many).await?;
    let listed = ales.get("/v1/quarantine-groups?code=KV1302").await?;
    let group = &listed.body["items"][0];
    assert_eq!(
        (group["messages"].as_u64(), listed.body["items"].as_array().map(Vec::len)),
        (Some(8), Some(1))
    );
    for (n, number) in numbers.into_iter().enumerate() {
        let body = json!({ "feed": "weak", "payment_id": format!("w{n}"), "state": "accepted",
            "order_code": CODE, "amount": { "amount": "45.00", "currency": "BYN" },
            "paid_at": "2026-03-05T12:00:00+03:00" });
        let mended = BASE64_STANDARD.encode(body.to_string());
        let path = format!("/v1/quarantine/{number}/release");
        let wish = json!({ "reason": "the bank says it was only accepted", "replacement": mended });
        let (one, other) =
            tokio::join!(ales.post(&path, wish.clone()), boris.post(&path, wish.clone()));
        let mut both = [one?, other?];
        both.sort_by_key(|answered| answered.status);
        assert_eq!(both.each_ref().map(|answered| answered.status), [200, 409], "{both:?}");
        assert_eq!(both[0].text("/outcome"), "applied");
        assert!(both[1].text("/detail").starts_with("nothing was done"), "{both:?}");
    }
    let original = ales.get("/v1/quarantine?state=released&limit=1").await?;
    let number = original.body["items"][0]["number"].as_u64().context("released")?;
    let shown = ales.get(&format!("/v1/quarantine/{number}")).await?;
    assert!(shown.text("/body_text").contains("credited"), "the original bytes stay: {shown:?}");
    assert_eq!(shown.body["last"]["mended"], true);
    daemon.stop().await?;
    let store = world.open_store()?;
    assert_eq!(store.payments(None, 100)?.items.len(), many, "each once");
    let check = store.check_ledger()?;
    assert_eq!(check.kept, check.counted);
    Ok(())
}

/// A party that is not in the settings is neither tried nor proposed.
async fn takes_no_strange_party(operator: &At<'_>, release: &str) -> Result<()> {
    for dry_run in [true, false] {
        let wish = json!({ "reason": "mistyped", "party": "portal portl", "dry_run": dry_run });
        let refused = operator.post(release, wish).await?;
        let said = (refused.status, refused.text("/detail"));
        assert_eq!(said, (400, "there is no portal portl in the settings"));
    }
    Ok(())
}

#[tokio::test]
async fn a_viewer_only_sees_and_what_takes_two_people_takes_two() -> Result<()> {
    let world = world("\n[approvals]\nassign_above = 40\ndiscard_payments = true\n")?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    submit(&world, &peer, "stranger", ("m1", &application(CODE))).await?;
    pay(&world, &peer, ("weak", "w1", "credited")).await?;
    let (vera, ales, boris, chief) =
        (at(&world, "vera"), at(&world, "ales"), at(&world, "boris"), at(&world, "chief"));
    let numbers = vera.open(2).await?;
    let is_money = |code: &str| code == "KV1302";
    let mut of = [0, 0];
    for number in numbers {
        let shown = vera.get(&format!("/v1/quarantine/{number}")).await?;
        of[usize::from(is_money(shown.text("/code")))] = number;
    }
    let [stranger, money] = of;
    let release = format!("/v1/quarantine/{stranger}/release");

    // Seeing is not acting, a nobody does not even see, a reason is needed.
    let refused = vera.post(&release, json!({ "reason": "why not" })).await?;
    assert_eq!(refused.status, 403);
    assert!(refused.text("/detail").contains("the role \"operator\" is missing"), "{refused:?}");
    let nobody = at(&world, "nobody").get("/v1/status").await?;
    assert_eq!(nobody.status, 401, "{nobody:?}");
    let refused = ales.post(&release, json!({ "reason": "  " })).await?;
    assert_eq!((refused.status, refused.text("/detail")), (400, "a reason is needed"));

    takes_no_strange_party(&boris, &release).await?;

    // As another party: proposed by one, approved by another.
    let wish =
        json!({ "reason": "the portal sent it with a wrong user", "party": "portal portal" });
    let proposed = boris.post(&release, wish).await?;
    let proposal = proposed.body["proposal"].as_u64().context("a proposal")?;
    assert_eq!(proposed.body["done"], false);
    assert_eq!(vera.get(&format!("/v1/cases/{CODE}")).await?.status, 404, "nothing is done yet");
    let approve = format!("/v1/proposals/{proposal}/approve");
    let own = boris.post(&approve, json!({ "reason": "I am sure" })).await?;
    assert_eq!(own.status, 403);
    assert!(own.text("/detail").contains("it takes a second person"), "{own:?}");
    let refused = ales.post(&approve, json!({ "reason": "me too" })).await?;
    assert!(refused.text("/detail").contains("the role \"approver\" is missing"), "{refused:?}");
    let done = chief.post(&approve, json!({ "reason": "I asked the portal" })).await?;
    assert_eq!((done.status, done.text("/outcome")), (200, "applied"), "{done:?}");
    let late = chief.post(&approve, json!({ "reason": "again" })).await?;
    assert_eq!(late.status, 409, "{late:?}");
    assert_eq!(vera.get(&format!("/v1/cases/{CODE}")).await?.status, 200);

    // Discarding money, and assigning much of it.
    let discard = format!("/v1/quarantine/{money}/discard");
    let proposed = ales.post(&discard, json!({ "reason": "the bank says: a test" })).await?;
    let proposal = proposed.body["proposal"].as_u64().context("a proposal")?;
    let withdrawn = ales
        .post(&format!("/v1/proposals/{proposal}/withdraw"), json!({ "reason": "not so" }))
        .await?;
    assert_eq!(withdrawn.status, 200, "{withdrawn:?}");
    pay_without_code(&world, &peer).await?;
    until("money is in suspense", || async {
        Ok(vera.get("/v1/suspense").await?.body["items"][0].is_object())
    })
    .await?;
    let payment = vera.get("/v1/suspense").await?.body["items"][0]["number"].clone();
    let assign = format!("/v1/suspense/{payment}/assign");
    let wish = json!({ "order_code": CODE, "reason": "the payer called" });
    let proposed = ales.post(&assign, wish).await?;
    let path = format!("/v1/proposals/{}/approve", proposed.body["proposal"]);
    let done = chief.post(&path, json!({ "reason": "checked" })).await?;
    assert_eq!(done.body["done"], true, "{done:?}");
    let all = vera.get("/v1/proposals?all=true").await?;
    let states: Vec<&str> = all.body["items"]
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|it| it["state"].as_str())
        .collect();
    assert_eq!(states, ["approved", "withdrawn", "approved"]);
    daemon.stop().await?;
    approved_by_two(&world)
}

fn approved_by_two(world: &kvit_tests::daemon::World) -> Result<()> {
    let store = world.open_store()?;
    let said: Vec<Note> = (1..store.next_seq()?.0)
        .filter_map(|seq| store.lines_of_seq(kvit_schemas::record::Seq(seq)).ok())
        .flatten()
        .flat_map(|line| line.line.notes)
        .collect();
    let mut approved = 0;
    for note in &said {
        if let Note::Desk(DeskNote::Approved { by, .. }) = note {
            assert!(["ales", "boris"].contains(&by.as_str()), "{by}");
            approved += 1;
        }
    }
    assert_eq!(approved, 2, "{said:#?}");
    Ok(())
}

async fn pay_without_code(
    world: &kvit_tests::daemon::World,
    peer: &kvit_tests::broker::Peer,
) -> Result<()> {
    let body = json!({ "feed": "erip", "payment_id": "e1", "state": "credited",
        "amount": { "amount": "45.00", "currency": "BYN" },
        "paid_at": "2026-03-05T12:00:00+03:00" });
    let message = kvit_tests::daemon::Send {
        exchange: "bank.in",
        key: "erip.payment",
        kind: "payment.reported.v1",
        user: Some("erip"),
        id: "e1",
        body: serde_json::to_vec(&body)?,
        file: None,
    };
    world.send(peer, message).await
}

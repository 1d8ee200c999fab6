//! `kvit simulate` against a running daemon: everybody played, some played, and a verdict that
//! names the order where somebody misbehaves.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kvit::demo::{Connect, Roles, SimulateOptions, Verdict, simulate};
use kvit_tests::broker::Peer;
use kvit_tests::daemon::{Send, World};
use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use serde_json::json;

const FAULTS: &str = "duplicates=0.1,early=0.1,damaged=0.1,reversed=0.1,withdrawn=0.1,amounts=0.1,\
                      returned=0.1,refused=0.3";
const AGENCIES_ARE_REAL: Roles = Roles { portals: true, banks: true, agencies: false };

fn options(world: &World, roles: Roles, orders: usize) -> Result<SimulateOptions> {
    let settings = world.load()?;
    let url = settings.broker.url.expose().expose().parse()?;
    Ok(SimulateOptions {
        settings,
        roles,
        parties: Vec::new(),
        connect: Connect::AsOne(url),
        orders,
        rate: None,
        seed: 7,
        faults: FAULTS.parse().map_err(anyhow::Error::msg)?,
        patience: Duration::from_secs(30),
        pay: None,
        orders_to: None,
    })
}

/// The orders that the verdict finds fault with.
fn at_fault(verdict: &Verdict) -> BTreeSet<String> {
    verdict.differences.iter().filter_map(|it| it.order_code.clone()).collect()
}

/// The agencies of the test: the next case of their inboxes, and whose it is.
async fn next_case(world: &World, peer: &Peer) -> Result<(&'static str, String)> {
    loop {
        for agency in ["agency-a", "agency-b"] {
            let inbox = format!("agency.{agency}.inbox");
            if peer.ready(&world.name(&inbox)).await? == 0 {
                continue;
            }
            let got = world.take(peer, &inbox, 1).await?;
            let got = got.first().context("nothing came")?;
            match got.kind.as_str() {
                "case.assigned.v1" => return Ok((agency, got.text("/order_code").to_owned())),
                "message.refused.v1" => bail!("{got:#?}"),
                _ => {}
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn decide(world: &World, peer: &Peer, (agency, code): (&str, &str)) -> Result<()> {
    let body = json!({ "order_code": code, "decision_id": "d1", "outcome": "granted",
        "decided_at": "2026-03-09T12:00:00+03:00", "title": "Рашэнне", "text": "Выдадзена",
        "delivery": "electronic" });
    let message = Send {
        exchange: "agency.in",
        key: agency,
        kind: "case.decided.v1",
        user: Some(agency),
        id: &format!("decided-{code}"),
        body: serde_json::to_vec(&body)?,
        file: None,
    };
    world.send(peer, message).await
}

/// Agencies that decide whatever comes, until something is wrong.
async fn decide_all(world: &World, peer: &Peer) -> Result<()> {
    loop {
        let (agency, code) = next_case(world, peer).await?;
        decide(world, peer, (agency, &code)).await?;
    }
}

#[tokio::test]
async fn everybody_is_played_against_a_daemon_and_the_verdict_is_good() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let verdict = simulate(&options(&world, Roles::ALL, 90)?).await?;
    assert!(verdict.passed, "{}", verdict.page());
    assert_eq!((verdict.orders, verdict.at_their_end), (90, 90));
    assert!(verdict.refusals.len() > 5, "{:?}", verdict.refusals);
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_agency_that_is_not_played_decides_as_it_likes() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let options = options(&world, AGENCIES_ARE_REAL, 40)?;
    let verdict = tokio::select! {
        verdict = simulate(&options) => verdict?,
        ended = decide_all(&world, &peer) => bail!("the agency ended: {ended:?}"),
    };
    assert!(verdict.passed, "{}", verdict.page());
    assert!(verdict.statuses.get("decided").is_some_and(|many| *many > 10), "{}", verdict.page());
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_case_without_decision_and_a_message_to_the_wrong_portal_fail_by_name() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let mut bad = BTreeSet::new();
    let agency = async {
        let (_, dropped) = next_case(&world, &peer).await?;
        bad.insert(dropped);
        let (of, code) = next_case(&world, &peer).await?;
        for portal in ["portal", "other"] {
            forge_status(&world, &peer, portal, &code).await?;
        }
        decide(&world, &peer, (of, &code)).await?;
        bad.insert(code);
        decide_all(&world, &peer).await
    };
    let patience = Duration::from_secs(10);
    let options = SimulateOptions { patience, ..options(&world, AGENCIES_ARE_REAL, 12)? };
    let verdict = tokio::select! {
        verdict = simulate(&options) => verdict?,
        ended = agency => bail!("the agency ended: {ended:?}"),
    };
    assert!(!verdict.passed);
    assert_eq!(at_fault(&verdict), bad, "{}", verdict.page());
    assert!(verdict.page().contains("no decision came"), "{}", verdict.page());
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn banks_and_agencies_serve_a_portal_that_is_not_played() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let code = "000000000000000000000000000017";
    let body = json!({ "order_code": code, "procedure": "credited",
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be",
        "fee": { "amount": "45.00", "currency": "BYN" }, "form": {} });
    let message = Send {
        exchange: "portal.in",
        key: "application.submitted",
        kind: "application.submitted.v1",
        user: Some("portal"),
        id: "a1",
        body: serde_json::to_vec(&body)?,
        file: None,
    };
    world.send(&peer, message).await?;
    let directory = tempfile::tempdir()?;
    let pay = directory.path().join("orders");
    std::fs::write(&pay, format!("{code} 45.00\n"))?;
    let roles = Roles { portals: false, ..Roles::ALL };
    let options = SimulateOptions { pay: Some(pay), ..options(&world, roles, 1)? };
    let verdict = simulate(&options).await?;
    assert!(verdict.passed, "{}", verdict.page());
    assert_eq!(verdict.cases_answered, 1);
    let kinds: Vec<String> =
        world.take(&peer, "portal.portal.out", 2).await?.into_iter().map(|got| got.kind).collect();
    assert_eq!(kinds, ["case.status.v1", "case.status.v1"], "awaiting, then routed");
    daemon.stop().await?;
    Ok(())
}

/// A status as kvit would say it, which it never said.
async fn forge_status(world: &World, peer: &Peer, portal: &str, code: &str) -> Result<()> {
    let body = json!({ "order_code": code, "revision": 1000, "status": "decided",
        "at": "2026-03-09T12:00:00+03:00" });
    let properties = BasicProperties::default()
        .with_message_id(format!("forged-{portal}").into())
        .with_type("case.status.v1".into())
        .with_content_type("application/json".into())
        .with_correlation_id(code.into())
        .with_app_id("kvit".into())
        .with_timestamp(1_772_000_000);
    let bytes = serde_json::to_vec(&body)?;
    let confirm = peer.channel.basic_publish(
        world.name("portal.out").into(),
        format!("{portal}.case.status").into(),
        BasicPublishOptions::default(),
        &bytes,
        properties,
    );
    confirm.await?.await?;
    Ok(())
}

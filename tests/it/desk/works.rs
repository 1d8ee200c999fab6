//! The daemon's own works: sources that are paused, destinations that are kicked, schedules.

use anyhow::{Context, Result};
use kvit_tests::broker::until;
use serde_json::json;

use super::{CODE, application, at, submit, world};

#[tokio::test]
async fn a_paused_source_stays_paused_after_a_restart_and_says_so() -> Result<()> {
    let world = world("")?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let ales = at(&world, "ales");
    let vera = at(&world, "vera");
    let refused = vera.post("/v1/sources/portal/pause", json!({ "reason": "x" })).await?;
    assert_eq!(refused.status, 403);
    let unknown = ales.post("/v1/sources/moon/pause", json!({ "reason": "x" })).await?;
    assert!(unknown.text("/detail").contains("portal, bank, files, agency"), "{unknown:?}");
    let wish = json!({ "reason": "a broken client" });
    let paused = ales.post("/v1/sources/portal/pause", wish).await?;
    assert_eq!(paused.status, 200);
    let queue = world.name("portal.in");
    until("nobody reads the queue", || async { Ok(peer.consumers(&queue).await? == 0) }).await?;
    daemon.stop().await?;

    let daemon = world.start().await?;
    submit(&world, &peer, "portal", ("m1", &application(CODE))).await?;
    let status = ales.get("/v1/status").await?;
    let told = status.body["reasons"].to_string();
    assert!(told.contains("source portal is paused by ales"), "{status:?}");
    until("all is well but for the pause", || async {
        Ok(ales.get("/v1/status").await?.body["ready"] == true)
    })
    .await?;
    assert_eq!(peer.consumers(&queue).await?, 0, "still nobody reads it");
    assert_eq!(peer.ready(&queue).await?, 1);
    let resumed = ales.post("/v1/sources/portal/resume", json!({ "reason": "mended" })).await?;
    assert_eq!(resumed.status, 200);
    let status = world.take(&peer, "portal.portal.out", 1).await?;
    assert_eq!(status[0].text("/status"), "awaiting_payment");
    assert_eq!(ales.get("/v1/status").await?.body["paused"], json!([]));
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn schedules_are_told_ahead_and_run_out_of_turn_and_quarantine_forgets() -> Result<()> {
    let world = world("\n[quarantine]\nkeep_days = 1\n")?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let ales = at(&world, "ales");
    let schedules = ales.get("/v1/schedules").await?;
    let names: Vec<&str> = schedules
        .body
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|it| it["schedule"].as_str())
        .collect();
    for name in ["schedule.expiry", "schedule.retention"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(schedules.body[0]["next"].as_array().map(Vec::len), Some(5));
    submit(&world, &peer, "stranger", ("m1", &application(CODE))).await?;
    let number = ales.open(1).await?[0];
    let ran = ales.post("/v1/schedules/retention/run", json!({ "reason": "to see" })).await?;
    assert_eq!(ran.status, 200, "{ran:?}");
    // It came today: it stays.
    assert_eq!(ales.open(1).await?, [number]);
    let unknown = ales.post("/v1/schedules/never/run", json!({ "reason": "x" })).await?;
    assert_eq!(unknown.status, 404);
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_destination_that_waits_is_told_and_tried_again_at_once() -> Result<()> {
    let world = world("")?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let out = world.name("portal.portal.out");
    peer.channel
        .queue_delete(out.clone().into(), lapin::options::QueueDeleteOptions::default())
        .await?;
    submit(&world, &peer, "portal", ("m1", &application(CODE))).await?;
    let ales = at(&world, "ales");
    until("it waits", || async {
        let outbox = ales.get("/v1/outbox").await?;
        let waiting = &outbox.body[0];
        Ok(waiting["destination"] == "portal portal" && waiting["held"].is_string())
    })
    .await?;
    let unknown = ales
        .post("/v1/outbox/kick", json!({ "reason": "x", "destination": "portal moon" }))
        .await?;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let kicked = ales
        .post(
            "/v1/outbox/kick",
            json!({ "reason": "the queue is back", "destination": "portal portal" }),
        )
        .await?;
    assert_eq!(kicked.status, 200, "{kicked:?}");
    daemon.stop().await?;
    Ok(())
}

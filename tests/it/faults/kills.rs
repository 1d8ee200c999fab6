//! `kill -9` under load: at any moment, again and again, on the same store. `make kills ROUNDS=50`
//! does it more often than the gate.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use kvit::demo::simulate;
use kvit_tests::broker::until;
use kvit_tests::daemon::World;

use super::{load, remove, set, sound, whole};

/// Orders a second.
const RATE: f64 = 20.0;
/// Seconds that a round takes at most; the load lasts as long as all of them.
const ROUND: f64 = 4.0;
/// How long a life goes on after its first commit, in milliseconds; one after the other, so that
/// rounds meet different work.
const LIVES: [u64; 7] = [0, 350, 40, 900, 150, 620, 15];

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_killed_under_load_nothing_is_lost() -> Result<()> {
    let rounds = set("KVIT_KILLS", 3)?;
    let mut world = World::new()?;
    let mut daemon = world.process(&[]).await?;
    let seconds = 5.0 + ROUND * f64::from(rounds);
    let options = load(&world, seconds, (RATE, 11))?;
    let playing = tokio::spawn(async move { simulate(&options).await });
    let mut commit = 0;
    for (round, life) in (1..=rounds).zip(LIVES.iter().cycle()) {
        until("it commits", || async {
            let commits = daemon.metrics()?.get("kvit_store_commit").copied().unwrap_or_default();
            Ok(format!("{commits:.0}").parse::<u64>()? > commit + 2)
        })
        .await?;
        tokio::time::sleep(Duration::from_millis(*life)).await;
        ensure!(!playing.is_finished(), "the load was over in round {round}");
        daemon.kill()?;
        let store = world.open_store().with_context(|| format!("after kill {round}"))?;
        whole(&store).with_context(|| format!("after kill {round}"))?;
        commit = store.last_commit();
        store.close()?;
        daemon = world.process(&[]).await?;
    }
    let verdict = playing.await??;
    if !verdict.passed {
        bail!("{}\nthe store is in {}", verdict.page(), world.keep().display());
    }
    until("the outbox is empty", || async {
        Ok(daemon.metrics()?.get("kvit_outbox_rows") == Some(&0.0))
    })
    .await?;
    daemon.stop().await?;
    remove(&world).await?;
    let store = world.open_store()?;
    sound(&store)?;
    eprintln!(
        "{rounds} kills, commit {}; {} orders, {} messages said, {} heard, {} of them again",
        store.last_commit(),
        verdict.orders,
        verdict.messages_in,
        verdict.messages_out,
        verdict.repeated
    );
    Ok(())
}

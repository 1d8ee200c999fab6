//! A broker that restarts, and one that takes nothing: nodes of their own, since they are harmed.

use anyhow::{Result, ensure};
use kvit_tests::broker::{PrivateBroker, until};
use kvit_tests::daemon::World;
use serde_json::json;

use super::{Trial, ask};

/// What waited for a broker that was away was sent only after a restart of the application
/// (wolverine #1430), or the program had ended with it (vector #19466).
#[tokio::test(flavor = "multi_thread")]
async fn wolverine_1430_vector_19466_a_broker_that_restarts_under_load_is_waited_for() -> Result<()>
{
    let broker = PrivateBroker::start("restarted")?;
    let mut trial = Trial::start(World::at(broker.url().to_owned())?).await?;
    trial.submit(100).await?;
    std::thread::scope(|scope| {
        let restarting = scope.spawn(|| broker.restart());
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                trial.degraded("publishing: ").await?;
                let (livez, _) = trial.daemon.get("/livez")?;
                ensure!(livez == 200, "nobody should restart it for that");
                Ok(())
            })
        })?;
        restarting.join().map_err(|_| anyhow::anyhow!("panicked"))?
    })?;
    trial.submit(100).await?;
    trial.end().await
}

/// The broker takes messages again only when its alarm is over: meanwhile what comes is committed
/// and kept, and the daemon says what it waits for.
#[tokio::test(flavor = "multi_thread")]
async fn a_memory_alarm_is_told_and_waited_out_with_everything_kept() -> Result<()> {
    let broker = PrivateBroker::start("alarmed")?;
    let mut trial = Trial::start(World::at(broker.url().to_owned())?).await?;
    let wish = json!({ "reason": "so that there is something to send in the alarm" });
    let (status, _) = ask(&trial.world, "POST", "/v1/sources/portal/pause", Some(&wish)).await?;
    ensure!(status == 200);
    trial.submit(200).await?;
    broker.ctl(&["set_vm_memory_high_watermark", "0.00001"])?;
    let (status, _) = ask(&trial.world, "POST", "/v1/sources/portal/resume", Some(&wish)).await?;
    ensure!(status == 200);
    trial.degraded("publishing: blocked by the broker").await?;
    until("what comes is committed all the same", || async {
        let metrics = trial.daemon.metrics()?;
        let applied = metrics.iter().filter(|(name, _)| {
            name.starts_with("kvit_messages_disposed_total") && name.contains("\"applied\"")
        });
        Ok(applied.map(|(_, many)| many).sum::<f64>() >= 200.0)
    })
    .await?;
    ensure!(trial.daemon.get("/livez")?.0 == 200, "nobody should restart it for that");
    broker.ctl(&["set_vm_memory_high_watermark", "0.6"])?;
    trial.end().await
}

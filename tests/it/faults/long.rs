//! A long run under constant load, with faults on the way: flat memory, a disk in proportion to what
//! it keeps, nothing lost. `make long MINUTES=60` is the real one; the gate's is short.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use kvit::demo::simulate;
use kvit_tests::broker::{PrivateBroker, until};
use kvit_tests::child::Process;
use kvit_tests::daemon::World;
use tokio::time::Instant;

use super::{load, set, sound};

/// Orders a second, where nobody says otherwise.
const RATE: u32 = 10;
/// What the resident memory of the last third of a life may be above that of the third before: a
/// part of it, and so many bytes; and so many for each order of that time, which is what sled's
/// table of pages and the filters of the indexes take (`deploy/performance.md`).
const MORE_MEMORY: (u64, u64) = (10, 12 << 20);
const MEMORY_PER_ORDER: u64 = 160;
/// Bytes on the disk for each order, beside what an empty store takes; for orders with all their
/// messages, files and documents of the play.
const DISK_PER_ORDER: u64 = 48 << 10;
const DISK_EMPTY: u64 = 12 << 20;

/// What goes wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Closed,
    Killed,
    Restarted,
    BrokerRestarted,
    Alarm,
}

/// Those that end the daemon come first: the last of its lives is the one that is measured.
fn faults(times: u32) -> Vec<Fault> {
    let first = [Fault::Closed, Fault::Killed, Fault::Restarted];
    let rest = [Fault::BrokerRestarted, Fault::Closed, Fault::Alarm];
    let third = usize::try_from(times / 3).unwrap_or_default().max(first.len());
    let many = usize::try_from(times).unwrap_or_default();
    let rest = rest.into_iter().cycle().take(many.saturating_sub(third));
    first.into_iter().cycle().take(third).chain(rest).collect()
}

/// Memory and disk of a life, in the order of time.
#[derive(Default)]
struct Measured {
    resident: Vec<u64>,
}

impl Measured {
    fn look(&mut self, daemon: &Process) -> Result<()> {
        self.resident.push(daemon.resident_bytes()?);
        Ok(())
    }

    /// The most of the middle third, and of the last one.
    fn thirds(&self) -> Option<(u64, u64)> {
        let third = self.resident.len() / 3;
        let (_, rest) = self.resident.split_at_checked(third)?;
        let (middle, last) = rest.split_at_checked(third)?;
        Some((*middle.iter().max()?, *last.iter().max()?))
    }
}

fn bytes_of(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        bytes += if kind.is_dir() { bytes_of(&entry.path())? } else { kind.len() };
    }
    Ok(bytes)
}

async fn happen(
    fault: Fault,
    (world, broker): (&World, &PrivateBroker),
    mut daemon: Process,
) -> Result<(Process, bool)> {
    match fault {
        Fault::Closed => drop(broker.ctl(&["close_all_connections", "maintenance"])?),
        Fault::Killed => {
            daemon.halt()?;
            return Ok((world.process(&[]).await?, true));
        }
        Fault::Restarted => {
            daemon.stop().await?;
            return Ok((world.process(&[]).await?, true));
        }
        Fault::BrokerRestarted => broker.restart()?,
        Fault::Alarm => {
            broker.ctl(&["set_vm_memory_high_watermark", "0.00001"])?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            broker.ctl(&["set_vm_memory_high_watermark", "0.6"])?;
        }
    }
    Ok((daemon, false))
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_and_faults_memory_stays_flat_and_nothing_is_lost() -> Result<()> {
    let seconds = set("KVIT_LONG_SECONDS", 36)?;
    let broker = PrivateBroker::start("long")?;
    let mut world = World::at(broker.url().to_owned())?;
    // A small cache is full soon: what grows afterwards should not.
    world.set.push(("store.cache_bytes".to_owned(), "4194304".to_owned()));
    let mut daemon = world.process(&[]).await?;
    let rate = set("KVIT_LONG_RATE", RATE)?;
    let options = load(&world, f64::from(seconds), (f64::from(rate), 23))?;
    let orders = u64::try_from(options.orders)?;
    let playing = tokio::spawn(async move { simulate(&options).await });
    let times = (seconds / 60).max(6);
    let mut measured = Measured::default();
    for fault in faults(times) {
        let until = Instant::now() + Duration::from_secs(u64::from(seconds / times));
        let (next, is_new) = happen(fault, (&world, &broker), daemon).await?;
        daemon = next;
        if is_new {
            measured = Measured::default();
        }
        while Instant::now() < until {
            measured.look(&daemon)?;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        ensure!(daemon.get("/livez")?.0 == 200, "after {fault:?}");
    }
    let verdict = playing.await??;
    if !verdict.passed {
        bail!("{}\nthe store is in {}", verdict.page(), world.keep().display());
    }
    until("the outbox is empty and all is well", || async {
        let empty = daemon.metrics()?.get("kvit_outbox_rows") == Some(&0.0);
        Ok(empty && daemon.get("/readyz")?.0 == 200)
    })
    .await?;
    daemon.stop().await?;
    sound(&world.open_store()?)?;
    let disk = bytes_of(&world.store())?;
    let (middle, last) = measured.thirds().unwrap_or_default();
    eprintln!(
        "{seconds} s, {orders} orders, {} messages said, {} heard, {} of them again; resident \
         {middle} then {last} bytes in {} looks; {disk} bytes on disk",
        verdict.messages_in,
        verdict.messages_out,
        verdict.repeated,
        measured.resident.len()
    );
    let (part, bytes) = MORE_MEMORY;
    let bytes = bytes + orders / 3 * MEMORY_PER_ORDER;
    ensure!(last <= middle + middle / part + bytes, "memory grows: {middle}, then {last} bytes");
    ensure!(disk <= DISK_EMPTY + orders * DISK_PER_ORDER, "{disk} bytes for {orders} orders");
    Ok(())
}

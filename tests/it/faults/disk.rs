//! The store's disk nearly full, and full: on a small file system of its own. Without the right to
//! mount one nothing is tested, and the test says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kvit_tests::broker::until;
use kvit_tests::daemon::World;
use kvit_tests::not_tested;

use super::Trial;

const SIZE: u64 = 32 << 20;

/// A file system of [`SIZE`] bytes in memory, gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where we may not mount.
    fn mount(at: &Path) -> Result<Option<Self>> {
        std::fs::create_dir(at)?;
        let size = format!("size={SIZE}");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Some(Self(at.to_owned()))),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                not_tested(&format!("a full disk, no small file system can be mounted: {why}"));
                Ok(None)
            }
            Err(why) => {
                not_tested(&format!("a full disk, there is no mount: {why}"));
                Ok(None)
            }
        }
    }

    fn free(&self) -> Result<u64> {
        let output = Command::new("df").args(["--output=avail", "-B1"]).arg(&self.0).output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.lines().nth(1).context("no figure")?.trim().parse()?)
    }

    /// Takes all but so many bytes.
    fn fill(&self, left: u64) -> Result<()> {
        let bytes = usize::try_from(self.free()?.saturating_sub(left))?;
        Ok(std::fs::write(self.0.join("ballast"), vec![0; bytes])?)
    }

    fn clear(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.0.join("ballast"))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a daemon of a test that failed may still be there.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

/// A world whose store lies on a small disk, and so much of it is to be kept free.
fn world(least: u64) -> Result<Option<(World, SmallDisk)>> {
    let mut world = World::new()?;
    let at = world.directory().join("disk");
    let Some(disk) = SmallDisk::mount(&at)? else { return Ok(None) };
    world.move_store(&at.join("store"));
    world.set.push(("store.free_bytes_min".to_owned(), least.to_string()));
    world.set.push(("store.cache_bytes".to_owned(), "1048576".to_owned()));
    Ok(Some((world, disk)))
}

#[tokio::test]
async fn with_a_disk_nearly_full_messages_stay_at_the_broker_until_there_is_room() -> Result<()> {
    let Some((world, disk)) = world(8 << 20)? else { return Ok(()) };
    let mut trial = Trial::start(world).await?;
    trial.submit(20).await?;
    trial.all_told().await?;
    disk.fill(4 << 20)?;
    trial.degraded("bytes are free on the store's disk").await?;
    trial.submit(50).await?;
    let (peer, queue) = (trial.world.peer().await?, trial.world.name("portal.in"));
    until("they wait at the broker", || async { Ok(peer.ready(&queue).await? == 50) }).await?;
    disk.clear()?;
    trial.end().await
}

/// Nothing warns of it: the store fails, the daemon ends with an error and acknowledges nothing.
#[tokio::test]
async fn with_a_full_disk_the_daemon_ends_and_goes_on_where_it_was_once_there_is_room() -> Result<()>
{
    let Some((world, disk)) = world(0)? else { return Ok(()) };
    let mut trial = Trial::start(world).await?;
    trial.submit(20).await?;
    disk.fill(256 << 10)?;
    let mut ended = None;
    while ended.is_none() && trial.orders < 5_000 {
        trial.submit(50).await?;
        ended = trial.daemon.ended()?;
    }
    let ended = ended.context("the disk was never full")?;
    ensure!(ended.code() == Some(1), "it ended otherwise: {ended}");
    // As a supervisor does, to no avail; it neither harms the store nor takes anything.
    let mut again = trial.world.process_unready(&[])?;
    until("it ends again, or has found room", || {
        let ended = again.ended();
        async move { Ok(ended?.is_some()) }
    })
    .await?;
    disk.clear()?;
    trial.daemon = trial.world.process(&[]).await?;
    trial.submit(10).await?;
    trial.end().await
}

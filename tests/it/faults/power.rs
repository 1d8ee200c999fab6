//! The power of the store's disk is cut under load, again and again: what was acknowledged is there
//! and the store opens, each time. `make power-cut ROUNDS=50` does it more often than the gate.
//!
//! The disk is an ext4 file system on a loop device. Cutting it is `EXT4_IOC_SHUTDOWN` without
//! flushing: at once nothing more gets from the page cache or the journal to the device, and what is
//! there is all that the next mount finds. Writes that the device has taken count as kept even
//! without a flush, so a disk that loses its own cache is not played. A file beside the store that
//! nobody syncs must come back shorter than it was: else the cut was none.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kvit_tests::daemon::World;
use kvit_tests::not_tested;

use super::{Trial, set, whole};

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`; perl, because nobody else here may call
/// `ioctl`, and every Debian has it.
const CUT: &str = r#"open(my $at, "<", $ARGV[0]) or die "$!\n"; my $how = pack("L", 2);
defined(ioctl($at, 0x8004587d, $how)) or die "$!\n";"#;
/// How long after the first order of a round the power goes, in milliseconds.
const MOMENTS: [u64; 5] = [120, 700, 45, 350, 1_200];
/// Orders that are sent one after the other, again and again until the power is cut.
const ORDERS: u64 = 10;

fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output =
        Command::new(program).args(arguments).output().with_context(|| program.to_owned())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {arguments:?}: {}", complaint.trim());
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

/// A disk whose power can be cut.
struct Disk {
    device: String,
    at: PathBuf,
}

impl Disk {
    fn plug(directory: &Path) -> Result<Self> {
        let (image, at) = (directory.join("image"), directory.join("disk"));
        File::create(&image)?.set_len(256 << 20)?;
        run("mkfs.ext4", &["-q", "-F", text(&image)?])?;
        fs::create_dir(&at)?;
        let device = run("losetup", &["--find", "--show", text(&image)?])?;
        let disk = Self { device, at };
        disk.mount()?;
        Ok(disk)
    }

    fn mount(&self) -> Result<()> {
        run("mount", &["-t", "ext4", &self.device, text(&self.at)?]).map(drop)
    }

    fn cut(&self) -> Result<()> {
        run("perl", &["-e", CUT, text(&self.at)?]).map(drop)
    }

    /// After a cut; whoever had files open there is gone.
    fn unmount(&self) -> Result<()> {
        run("umount", &[text(&self.at)?]).map(drop)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a daemon of a test that failed may still be there.
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).output();
        let _ = Command::new("losetup").args(["--detach", &self.device]).output();
    }
}

/// Appends to a file that nobody syncs until it cannot any more; how many bytes that were.
fn unsynced(at: &Path, stop: Arc<AtomicBool>) -> Result<std::thread::JoinHandle<u64>> {
    let mut file = File::create(at)?;
    Ok(std::thread::spawn(move || {
        let written = AtomicU64::new(0);
        while !stop.load(Ordering::Relaxed) && file.write_all(&[b'x'; 512]).is_ok() {
            written.fetch_add(512, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
        }
        written.into_inner()
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_each_power_cut() -> Result<()> {
    let rounds = set("KVIT_POWER_CUTS", 2)?;
    let mut world = World::new()?;
    let disk = match Disk::plug(world.directory()) {
        Ok(disk) => Arc::new(disk),
        Err(why) if std::env::var_os("KVIT_POWER_CUTS").is_none() => {
            not_tested(&format!("power cuts, there is no disk to cut: {why:#}"));
            return Ok(());
        }
        Err(why) => return Err(why),
    };
    world.move_store(&disk.at.join("store"));
    world.set.push(("store.free_bytes_min".to_owned(), "0".to_owned()));
    let mut trial = Trial::start(world).await?;
    for (round, moment) in (1..=rounds).zip(MOMENTS.iter().cycle()) {
        let stop = Arc::new(AtomicBool::new(false));
        let beside = disk.at.join("unsynced");
        let writing = unsynced(&beside, Arc::clone(&stop))?;
        let cutting = std::thread::spawn({
            let (disk, moment) = (Arc::clone(&disk), Duration::from_millis(*moment));
            move || {
                std::thread::sleep(moment);
                disk.cut()
            }
        });
        while !cutting.is_finished() {
            trial.submit(ORDERS).await?;
        }
        cutting.join().map_err(|_| anyhow::anyhow!("panicked"))??;
        stop.store(true, Ordering::Relaxed);
        let written = writing.join().map_err(|_| anyhow::anyhow!("panicked"))?;
        trial.daemon.halt()?;
        disk.unmount()?;
        disk.mount()?;
        let kept = fs::metadata(&beside).map_or(0, |found| found.len());
        ensure!(kept < written, "round {round}: all {written} unsynced bytes are there: no cut");
        let store = trial.world.open_store().with_context(|| format!("after cut {round}"))?;
        whole(&store).with_context(|| format!("after cut {round}"))?;
        let commit = store.last_commit();
        store.close()?;
        eprintln!("cut {round}: commit {commit}, {kept} of {written} unsynced bytes kept");
        trial.daemon = trial.world.process(&[]).await?;
        trial.ready().await?;
    }
    trial.end().await
}

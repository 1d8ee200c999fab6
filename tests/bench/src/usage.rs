//! What a process has used, as the kernel counts it.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Clock ticks a second in `/proc/<pid>/stat`: fixed for programs (proc(5), USER_HZ).
const TICKS: f64 = 100.0;

/// A process that can be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(u32);

/// Memory of a process, bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

impl Process {
    pub(crate) fn of(pid: u32) -> Self {
        Self(pid)
    }

    pub(crate) fn own() -> Self {
        Self(std::process::id())
    }

    /// The private node that `deploy/with-broker.sh` started; none when the broker is another's.
    pub(crate) fn of_broker() -> Option<Self> {
        let dir = std::env::var_os("KVIT_BROKER_DIR")?;
        let pid = std::fs::read_to_string(PathBuf::from(dir).join("node.pid")).ok()?;
        Some(Self(pid.trim().parse().ok()?))
    }

    /// Seconds of CPU, user and system together, since it started.
    pub(crate) fn cpu(self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        let (_, rest) = text.rsplit_once(')').context("no name in stat")?;
        let mut fields = rest.split_ascii_whitespace().skip(11);
        let mut ticks = || fields.next().context("stat is short")?.parse().context("stat");
        let (user, system): (f64, f64) = (ticks()?, ticks()?);
        Ok((user + system) / TICKS)
    }

    pub(crate) fn memory(self) -> anyhow::Result<Memory> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let of = |name: &str| -> anyhow::Result<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_ascii_whitespace().next());
            Ok(kib.with_context(|| format!("no {name} in status"))?.parse::<u64>()? * 1024)
        };
        Ok(Memory { now: of("VmRSS:")?, peak: of("VmHWM:")? })
    }
}

/// Bytes that the files of a directory take on the disk.
pub(crate) fn disk(dir: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut sum = 0;
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() { disk(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(sum)
}

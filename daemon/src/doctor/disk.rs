//! The store's directory and the disk under it.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kvit_adapters::clock::Clock;
use kvit_schemas::Moment;

use super::{Finding, host};
use crate::settings::Settings;

/// What a commit waits for; above this the throughput is that of a bad disk.
const FSYNC_SLOW: Duration = Duration::from_millis(500);
const FSYNCS: usize = 5;

pub(super) fn look(settings: &Settings, running: bool) -> Vec<Finding> {
    let path = &settings.store.path;
    let Some(there) = nearest(path) else {
        let what = "neither it nor anything above it is there";
        let cure = format!("mkdir -p {}", path.display());
        return vec![Finding::error("store.path", what).cure(cure)];
    };
    let mut findings = Vec::new();
    if there == *path {
        findings.extend(files(path));
        if !running {
            findings.extend(holder(path));
        }
    }
    findings.extend(space(settings, &there));
    findings.extend(kind(&there));
    findings.extend(speed(&there));
    findings
}

/// The directory, or the nearest one above it that is there.
fn nearest(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|path| path.is_dir()).map(Path::to_owned)
}

fn files(path: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = path.display();
    let open = |found: &Metadata| found.permissions().mode() & 0o007 != 0;
    if fs::metadata(path).is_ok_and(|found| open(&found)) {
        let what = format!("{shown} is open to everybody on this machine, and holds personal data");
        findings.push(Finding::warning("store.path", what).cure(format!("chmod o= {shown}")));
    }
    let has = |name: &str| path.join(name).exists();
    if has("db") && !has("watermark") {
        let what = "there is a tree without a watermark: a lost tail would not be noticed";
        let cure = "stop kvit, and look with `kvit store verify --offline`; restore it if in doubt";
        findings.push(Finding::error(shown.to_string(), what).cure(cure));
    }
    let blobs = fs::read_dir(path.join("blobs")).map_or(0, Iterator::count);
    if blobs > 0 {
        let what = format!("{blobs} files lie in {shown}/blobs, which no sync covers");
        let cure = "look with `kvit store verify`, and report it: rows must not grow that large";
        findings.push(Finding::error("store.path", what).cure(cure));
    }
    findings
}

/// Who has the store, when no daemon answers.
fn holder(path: &Path) -> Option<Finding> {
    let file = path.join("kvit.lock");
    let lock = File::open(&file).ok()?;
    // A shared lock for a moment: only an exclusive one, a store's, keeps it away.
    if !matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)) {
        return None;
    }
    let who = fs::read_to_string(&file).unwrap_or_default();
    let what = format!("the store is held by {who}, and no daemon answers at admin.socket");
    let cure = "see what it is: ps -fp with that number; stop it, or wait until it is done";
    Some(Finding::error("store.path", what).cure(cure))
}

fn space(settings: &Settings, there: &Path) -> Option<Finding> {
    let least = settings.store.free_bytes_min;
    let found = rustix::fs::statvfs(there).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let what = format!("{} MiB are free on the store's disk", free >> 20);
    let cure = "make room, or move the store: stop kvit, copy the directory, set store.path";
    if free < least {
        let what = format!("{what}, below store.free_bytes_min: kvit takes no messages");
        return Some(Finding::error("store.free_bytes_min", what).cure(cure));
    }
    (free < least.saturating_mul(2))
        .then(|| Finding::warning("store.free_bytes_min", format!("{what}, little")).cure(cure))
}

/// File systems that keep nothing, or not what was synced.
fn kind(there: &Path) -> Option<Finding> {
    let number = rustix::fs::statfs(there).ok()?.f_type;
    unfit(u64::try_from(number).ok()?, there)
}

pub(super) fn unfit(number: u64, there: &Path) -> Option<Finding> {
    let shown = there.display();
    let cure = "set store.path to a directory on a local disk (ext4, xfs)";
    let (name, why) = match number {
        0x0102_1994 | 0x8584_58f6 => {
            let what = format!("{shown} lies in memory: a restart of the machine loses it");
            return Some(Finding::error("store.path", what).cure(cure));
        }
        0x794c_7630 => ("overlay", "is gone with its container"),
        0x6969 => ("NFS", "belongs to several machines, and loses locks"),
        0xff53_4d42 | 0xfe53_4d42 => ("SMB", "belongs to several machines, and loses locks"),
        0x6573_5546 => ("FUSE", "may not keep what was synced"),
        _ => return None,
    };
    let what = format!("{shown} is on a file system of the kind {name}, which {why}");
    Some(Finding::warning("store.path", what).cure(cure))
}

/// Writes and syncs a little, as a commit does.
fn speed(there: &Path) -> Vec<Finding> {
    match probe(there) {
        Ok((longest, written)) => {
            let slow = (longest >= FSYNC_SLOW).then(|| {
                let what =
                    format!("a sync takes {} ms: each commit waits for one", longest.as_millis());
                let cure = "look who else uses the disk (iostat -x 1); a journal on an SSD helps";
                Finding::warning("store.path", what).cure(cure)
            });
            let drift =
                written.and_then(|at| host::drift(Clock::System.now(), at, "the store's disk"));
            slow.into_iter().chain(drift).collect()
        }
        Err(error) => {
            let what = format!("{} cannot be written by this user: {error}", there.display());
            let cure = format!("chown -R kvit: {}, and ask as that user", there.display());
            vec![Finding::error("store.path", what).cure(cure)]
        }
    }
}

/// The middle one of some syncs, and when the file system says that was.
fn probe(there: &Path) -> io::Result<(Duration, Option<Moment>)> {
    let path = there.join(format!(".kvit-doctor-{}", std::process::id()));
    let mut file = File::options().write(true).create_new(true).open(&path)?;
    // Without a name it is gone with us, however we end.
    fs::remove_file(&path)?;
    let mut times = Vec::with_capacity(FSYNCS);
    for _ in 0..FSYNCS {
        let began = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let seconds = file.metadata()?.mtime();
    let written = seconds.checked_mul(1_000_000).and_then(Moment::from_micros);
    Ok((times.get(FSYNCS / 2).copied().unwrap_or_default(), written))
}

//! What reading feed files costs: each format's reader over a file of full size, and for camt
//! the least that any reader of XML does, a bare loop over its events. `make bench-feeds` runs it.
//!
//! | part | what |
//! |---|---|
//! | [`generate`] | the files, always the same |
//! | [`measure`] | one reading, in a process of its own, so that its peak of memory is its own |

#![allow(clippy::as_conversions, reason = "figures for people need no exact conversions")]

mod generate;
mod measure;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Parser;

use self::generate::Kind;
use self::measure::{Measured, Work};

/// The readers of feed files beside a bare loop.
#[derive(Debug, Parser)]
struct Options {
    /// Where the files go; one that is there is not written again.
    #[arg(long, default_value = "target/bench-feeds")]
    dir: PathBuf,
    /// Readings of each, in turn; their median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Payments of each file, in percent of its full size.
    #[arg(long, default_value_t = 100)]
    percent: u64,
    /// One reading only: what (`loop`, or the format), and the file.
    #[arg(long, num_args = 2, value_names = ["WORK", "FILE"])]
    one: Option<Vec<String>>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if let Some([work, file]) = options.one.as_deref() {
        let work = Work::named(work).with_context(|| format!("no work is named {work:?}"))?;
        println!("{}", work.measure(Path::new(file))?);
        return Ok(());
    }
    std::fs::create_dir_all(&options.dir)?;
    let mut files = Vec::new();
    for kind in Kind::ALL {
        files.push((kind, file(&options, kind)?));
    }
    println!("{:<12} {:>8} {:>9} {:>12} {:>9} {:>9}", "", "MB", "MB/s", "rows/s", "MiB", "codes");
    let mut camt = None;
    let mut bare = None;
    for (kind, path) in files {
        let works: &[Work] = match kind {
            Kind::Camt => &[Work::Loop, Work::Read(Kind::Camt)],
            Kind::Mt940 => &[Work::Read(Kind::Mt940)],
            Kind::Erip => &[Work::Read(Kind::Erip)],
            Kind::ClientBank => &[Work::Read(Kind::ClientBank)],
        };
        for (work, median) in rounds(works, &path, options.rounds)? {
            println!(
                "{:<12} {:>8.0} {:>9.1} {:>12.0} {:>9.1} {:>9}",
                work.name(),
                median.bytes as f64 / 1e6,
                median.megabytes_per_second(),
                median.rows as f64 / median.seconds,
                median.peak as f64 / f64::from(1 << 20),
                median.codes,
            );
            match work {
                Work::Loop => bare = Some(median),
                Work::Read(Kind::Camt) => camt = Some(median),
                Work::Read(Kind::Mt940 | Kind::Erip | Kind::ClientBank) => {}
            }
        }
    }
    let (Some(camt), Some(bare)) = (camt, bare) else { bail!("camt was not measured") };
    let (read, least) = (camt.megabytes_per_second(), bare.megabytes_per_second());
    let peak = camt.peak as f64 / f64::from(1 << 20);
    println!(
        "camt/loop = {:.2} (camt {read:.1} MB/s, loop {least:.1} MB/s, {peak:.1} MiB)",
        read / least
    );
    Ok(())
}

/// The file of this kind and size, written where it is not there yet.
fn file(options: &Options, kind: Kind) -> anyhow::Result<PathBuf> {
    let payments = (kind.payments() * options.percent / 100).max(1);
    let dir = options.dir.join(payments.to_string());
    std::fs::create_dir_all(&dir)?;
    let path = dir.join(kind.file_name());
    if !path.exists() {
        let unfinished = path.with_extension("part");
        kind.write(&unfinished, payments)?;
        std::fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}

/// Each work in turn, so that what slows the machine slows all of them; the medians.
fn rounds(works: &[Work], file: &Path, rounds: usize) -> anyhow::Result<Vec<(Work, Measured)>> {
    let mut all = vec![Vec::new(); works.len()];
    for _ in 0..rounds.max(1) {
        for (work, measured) in works.iter().zip(&mut all) {
            measured.push(one(*work, file)?);
        }
    }
    let median = |mut measured: Vec<Measured>| {
        measured.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        measured[measured.len() / 2]
    };
    Ok(works.iter().copied().zip(all.into_iter().map(median)).collect())
}

/// A reading in a process of its own.
fn one(work: Work, file: &Path) -> anyhow::Result<Measured> {
    let child = Command::new(std::env::current_exe()?)
        .args(["--one", work.name()])
        .arg(file)
        .output()
        .context("could not start a reading")?;
    if !child.status.success() {
        bail!("{} of {}: {}", work.name(), file.display(), String::from_utf8_lossy(&child.stderr));
    }
    String::from_utf8_lossy(&child.stdout).trim().parse()
}

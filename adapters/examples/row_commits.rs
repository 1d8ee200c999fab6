//! How many commits a second this machine's disk allows:
//! `cargo run --release -p kvit-adapters --example row_commits -- DIRECTORY [SECONDS]`
//!
//! Batches of 128 messages, four rows of 200 bytes each, in a new store below DIRECTORY: one thread
//! that applies and syncs in turn, then one that applies the next batch while another syncs the
//! last; each with the watermark synced once a second and with each commit.

use std::error::Error;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use kvit_adapters::store::rows::{
    Batch, Faults, OnLostTail, RowOptions, RowStore, StoreError, SyncTimes,
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MESSAGES: u64 = 128;
const ROWS_EACH: u8 = 4;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("which directory?")?;
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let directory = Path::new(&directory);
    for (name, every) in [("1 s", Duration::from_secs(1)), ("0 s", Duration::ZERO)] {
        for (order, run) in ORDERS {
            let path = directory.join(format!("row-commits-{}", std::process::id()));
            let store = open(&path, every)?;
            let started = Instant::now();
            let times = run(&store, started + Duration::from_secs(seconds))?;
            report(&format!("{order}, watermark every {name}"), started.elapsed(), times);
            store.close()?;
            std::fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

const ORDERS: [(&str, Run); 2] = [("in turn", in_turn), ("pipelined", pipelined)];

type Run = fn(&RowStore, Instant) -> Outcome<Vec<SyncTimes>>;

fn open(path: &Path, watermark_every: Duration) -> Outcome<RowStore> {
    let options = RowOptions {
        create: true,
        now: "2026-03-05T10:15:00+03:00".parse()?,
        cache_bytes: 64 << 20,
        flush_every_ms: NonZeroU64::new(500).ok_or("zero")?,
        watermark_every,
        on_lost_tail: OnLostTail::Refuse,
        faults: Faults::none(),
    };
    Ok(RowStore::open(path, options)?.0)
}

fn in_turn(store: &RowStore, until: Instant) -> Outcome<Vec<SyncTimes>> {
    let mut times = Vec::new();
    for number in 0.. {
        if Instant::now() >= until {
            break;
        }
        store.apply(&batch(number))?;
        times.push(store.sync()?.times);
    }
    Ok(times)
}

fn pipelined(store: &RowStore, until: Instant) -> Outcome<Vec<SyncTimes>> {
    let (applied, to_sync) = mpsc::sync_channel(0);
    thread::scope(|scope| {
        let syncing = scope.spawn(move || -> Result<Vec<SyncTimes>, StoreError> {
            to_sync.iter().map(|()| Ok(store.sync()?.times)).collect()
        });
        for number in 0.. {
            if Instant::now() >= until {
                break;
            }
            store.apply(&batch(number))?;
            if applied.send(()).is_err() {
                break; // the other thread has the error
            }
        }
        drop(applied);
        Ok(syncing.join().map_err(|_| "syncing panicked")??)
    })
}

fn batch(number: u64) -> Batch {
    let mut batch = Batch::new();
    for message in number * MESSAGES..(number + 1) * MESSAGES {
        for kind in 0..ROWS_EACH {
            batch.put(&[&[kind], &message.to_be_bytes()[..]].concat(), vec![kind; 200]);
        }
    }
    batch
}

fn report(name: &str, took: Duration, mut times: Vec<SyncTimes>) {
    let commits = times.len();
    times.sort_by_key(|times| times.flush + times.fsync + times.watermark);
    let rate = u32::try_from(commits).map_or(0.0, f64::from) / took.as_secs_f64();
    let messages = rate * u32::try_from(MESSAGES).map_or(0.0, f64::from);
    println!("{name}: {rate:.0} commits/s, {messages:.0} messages/s");
    for (label, at) in [("median", commits / 2), ("99 %", commits * 99 / 100)] {
        if let Some(SyncTimes { flush, fsync, watermark }) = times.get(at) {
            println!("  {label}: flush {flush:.1?}, fsync {fsync:.1?}, watermark {watermark:.1?}");
        }
    }
}

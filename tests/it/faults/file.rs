//! A large statement file in a drop folder, while ordinary messages go on: the daemon is killed
//! three times on the way, and each row is applied once. `make big-file MB=1000` is the real one.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kvit_tests::broker::{Peer, until};
use kvit_tests::child::Process;
use kvit_tests::daemon::World;
use lapin::options::BasicGetOptions;
use serde_json::Value;
use tokio::time::Instant;

use super::{MEMORY_MAX, order, portal, remove, set, sound};

/// Bytes of an entry, about: what banks write, with their blanks.
const ENTRY_BYTES: u64 = 2_000;
const NAME: &str = "statement.xml";
const KILLS: u32 = 3;
/// How long the parties wait for a large file's end.
const PATIENCE: Duration = Duration::from_secs(900);

/// Writes a camt.053 of so many credits of 45.00, each for an order of its own.
fn write(path: &Path, entries: u64) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(path)?);
    let sum = entries * 45;
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-05T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>BY13NBRB3600900000002Z00AB00</IBAN></Id><Ccy>BYN</Ccy></Acct>\
         <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"BYN\">0.00</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-05</Dt></Dt></Bal>\
         <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"BYN\">{sum}.00</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-05</Dt></Dt></Bal>\n"
    )?;
    let blanks = " ".repeat(usize::try_from(ENTRY_BYTES)?.saturating_sub(544));
    for entry in 1..=entries {
        writeln!(
            out,
            "<Ntry><Amt Ccy=\"BYN\">45.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2026-03-05</Dt></BookgDt><ValDt><Dt>2026-03-05</Dt></ValDt>\
             <AcctSvcrRef>R{entry}</AcctSvcrRef>{blanks}<NtryDtls><TxDtls><Refs>\
             <AcctSvcrRef>R{entry}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\
             <Amt Ccy=\"BYN\">45.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty>\
             <Nm>Іваноў Іван</Nm></Pty></Dbtr></RltdPties><RmtInf><Strd><CdtrRefInf>\
             <Ref>{:030}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>",
            7_000_000 + entry
        )?;
    }
    out.write_all(b"</Stmt></BkToCstmrStmt></Document>\n")?;
    out.into_inner()?.sync_all()?;
    Ok(())
}

/// How long ordinary orders took from the portal to the agency, while something else went on.
struct Steady {
    /// Those that no kill fell into.
    took: Vec<Duration>,
    orders: u64,
}

/// Submits an order, waits until its agency has it, and goes on with the next.
async fn steady(world: &World, kills: &AtomicU32, ended: &AtomicBool) -> Result<Steady> {
    let peer = world.peer().await?;
    let mut steady = Steady { took: Vec::new(), orders: 0 };
    while !ended.load(Ordering::Relaxed) {
        let (before, start) = (kills.load(Ordering::Relaxed), Instant::now());
        let id = format!("m{}", steady.orders);
        world.send(&peer, portal(&id, order(steady.orders).to_string().into_bytes())).await?;
        assigned(world, &peer).await.with_context(|| format!("order {}", steady.orders))?;
        steady.orders += 1;
        if kills.load(Ordering::Relaxed) == before {
            steady.took.push(start.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(steady)
}

async fn assigned(world: &World, peer: &Peer) -> Result<()> {
    let queue = world.name("agency.agency-b.inbox");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let options = BasicGetOptions { no_ack: true };
        if peer.channel.basic_get(queue.clone().into(), options).await?.is_some() {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "no agency has it");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn suspended(daemon: &Process) -> Result<f64> {
    let metrics = daemon.metrics()?;
    let rows = metrics.iter().filter(|(name, _)| name.starts_with("kvit_payments_suspended_total"));
    Ok(rows.map(|(_, value)| value).sum())
}

/// Waits for something that may take as long as a large file does.
async fn patiently(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "waited for: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Applies the file, killing the daemon on the way; the most memory of each life.
async fn apply(
    world: &World,
    (folder, entries): (&Path, u64),
    kills: &AtomicU32,
) -> Result<(Process, Vec<u64>)> {
    let quarter = format!("{}", entries / u64::from(KILLS + 1)).parse::<f64>()?;
    let mut peaks = Vec::new();
    for _ in 0..KILLS {
        let daemon = world.process(&[]).await?;
        patiently("a quarter is applied", || Ok(suspended(&daemon)? >= quarter)).await?;
        peaks.push(daemon.peak_bytes()?);
        kills.fetch_add(1, Ordering::Relaxed);
        daemon.kill()?;
    }
    let daemon = world.process(&[]).await?;
    kills.fetch_add(1, Ordering::Relaxed);
    let done = folder.join("done").join(NAME);
    patiently("the file is moved", || Ok(done.exists())).await?;
    peaks.push(daemon.peak_bytes()?);
    Ok((daemon, peaks))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_of_a_large_file_is_applied_once_while_messages_go_on() -> Result<()> {
    let megabytes = u64::from(set("KVIT_FILE_MB", 6)?);
    let entries = megabytes * 1_000_000 / ENTRY_BYTES;
    let mut world = World::new()?;
    let folder = world.directory().join("drop");
    fs::create_dir(&folder)?;
    for (key, value) in [
        ("feeds.bank.format", "camt"),
        ("feeds.bank.folder", &folder.display().to_string()),
        ("folders.poll_seconds", "1"),
    ] {
        world.set.push((key.to_owned(), value.to_owned()));
    }
    let temporary = folder.join("statement.tmp");
    write(&temporary, entries)?;
    let size = fs::metadata(&temporary)?.len();

    let world = Arc::new(world);
    let (kills, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    // The queues must be there before the first order is sent.
    world.process(&[]).await?.stop().await?;
    fs::rename(&temporary, folder.join(NAME))?;
    let ordinary = tokio::spawn({
        let (world, kills, ended) = (Arc::clone(&world), Arc::clone(&kills), Arc::clone(&ended));
        async move { steady(&world, &kills, &ended).await }
    });
    let start = Instant::now();
    let (daemon, peaks) = apply(&world, (&folder, entries), &kills).await?;
    let took = start.elapsed();
    ended.store(true, Ordering::Relaxed);
    let mut ordinary = ordinary.await??;
    until("the outbox is empty", || async {
        Ok(daemon.metrics()?.get("kvit_outbox_rows") == Some(&0.0))
    })
    .await?;
    daemon.stop().await?;
    remove(&world).await?;

    let report = fs::read(folder.join("done").join(format!("{NAME}.report.json")))?;
    let report: Value = serde_json::from_slice(&report)?;
    let rows = &report["rows"];
    ensure!(report["outcome"] == "applied" && rows["read"] == entries, "{report:#}");
    ensure!(rows["suspended"] == entries && rows["duplicate"] == 0, "once each: {rows}");
    let store = world.open_store()?;
    sound(&store)?;
    let gross: i64 = store.check_ledger()?.kept.iter().map(|(_, _, position)| position.gross).sum();
    ensure!(u64::try_from(gross)? == entries * 4_500, "{gross} for {entries} rows");
    let cases = u64::try_from(store.cases(None, 1_000_000)?.items.len())?;
    ensure!(cases >= ordinary.orders, "{cases} cases of {} orders", ordinary.orders);

    ordinary.took.sort_unstable();
    let part = |hundredths: usize| {
        let last = ordinary.took.len().saturating_sub(1);
        ordinary.took.get((ordinary.took.len() * hundredths / 100).min(last)).copied()
    };
    eprintln!(
        "{size} bytes, {entries} rows, {KILLS} kills in {took:.1?}; most memory of each life \
         {peaks:?} bytes; {} orders meanwhile: p50 {:.1?}, p99 {:.1?}",
        ordinary.orders,
        part(50).unwrap_or_default(),
        part(99).unwrap_or_default(),
    );
    if megabytes <= 10 {
        ensure!(peaks.iter().all(|peak| *peak < MEMORY_MAX), "it took {peaks:?} bytes");
    }
    Ok(())
}

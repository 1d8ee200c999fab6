//! Statement files in drop folders, with a whole daemon: each is read once and ends in its place,
//! also when the daemon is killed in the middle.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use kvit_adapters::store::Tables;
use kvit_schemas::hex;
use kvit_tests::broker::until;
use kvit_tests::child::Process;
use kvit_tests::daemon::World;
use kvit_tests::files::register;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

/// A world whose feed `erip` has a drop folder.
fn world() -> Result<(World, PathBuf)> {
    let mut world = World::new()?;
    let folder = world.directory().join("drop");
    fs::create_dir(&folder)?;
    world.set.push(("feeds.erip.folder".to_owned(), folder.display().to_string()));
    world.set.push(("folders.poll_seconds".to_owned(), "1".to_owned()));
    Ok((world, folder))
}

/// A message 204 that finds fault with one demand.
const ANSWER: &str = "5^80000000^900^20260305101630^123^20260305101500^3^Errors^1\r\n\
    2^Wrong amount^2^555^X^^^45.00^^20260305101500^^^^^^\r\n";

/// As a careful writer does: under a temporary name, then renamed.
fn put(folder: &Path, name: &str, text: &str) -> Result<()> {
    let temporary = folder.join(format!("{name}.tmp"));
    fs::File::create(&temporary)?.write_all(text.as_bytes())?;
    fs::rename(temporary, folder.join(name))?;
    Ok(())
}

fn report(folder: &Path, place: &str, name: &str) -> Result<Value> {
    let text = fs::read(folder.join(place).join(format!("{name}.report.json")))
        .with_context(|| format!("the report of {name}"))?;
    Ok(serde_json::from_slice(&text)?)
}

async fn moved(folder: &Path, place: &str, name: &str) -> Result<()> {
    let to = folder.join(place).join(name);
    until("the file is moved", || async { Ok(to.exists()) }).await
}

#[tokio::test]
async fn an_answer_of_erip_is_recorded_and_moves_no_money() -> Result<()> {
    let (world, folder) = world()?;
    put(&folder, "0000900.204", ANSWER)?;
    let daemon = world.process(&[]).await?;
    moved(&folder, "done", "0000900.204").await?;
    let told = report(&folder, "done", "0000900.204")?;
    assert_eq!((&told["outcome"], &told["format"]), (&"applied".into(), &"erip".into()));
    assert_eq!((&told["rows"]["read"], &told["rows"]["rejected"]), (&0.into(), &0.into()));
    assert_eq!(told["statement_id"], "204-900-20260305101630");
    let peer = world.peer().await?;
    let told = world.take(&peer, "bank.erip.reports", 1).await?;
    assert_eq!(told[0].text("/outcome"), "applied");
    daemon.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_daemon_that_cannot_listen_ends_before_it_takes_anything() -> Result<()> {
    let (world, folder) = world()?;
    put(&folder, "0000900.204", ANSWER)?;
    let _other = std::os::unix::net::UnixListener::bind(world.socket())?;
    let ended = kvit::service::run(world.load()?, CancellationToken::new()).await;
    let error = ended.err().context("it runs beside another daemon")?;
    assert_eq!(error.to_string(), format!("opening admin.socket, {}", world.socket().display()));
    let why = anyhow::Error::from(error).root_cause().to_string();
    assert_eq!(why, "another daemon answers there");
    assert_eq!(world.open_store()?.last_commit(), 1, "nothing was committed");
    let names: Vec<_> = fs::read_dir(&folder)?.collect::<std::io::Result<_>>()?;
    assert_eq!(names.len(), 1, "neither moved nor reported: {names:?}");
    Ok(())
}

#[tokio::test]
async fn files_of_a_folder_are_applied_answered_and_moved_with_their_reports() -> Result<()> {
    let (world, folder) = world()?;
    put(&folder, "0000901.206", &register(901, 3))?;
    put(&folder, "broken.206", "no register")?;
    fs::write(folder.join("half.206.part"), "5^3")?;
    let daemon = world.process(&[]).await?;
    moved(&folder, "done", "0000901.206").await?;
    moved(&folder, "rejected", "broken.206").await?;
    let good = report(&folder, "done", "0000901.206")?;
    assert_eq!((&good["outcome"], &good["rows"]["read"]), (&"applied".into(), &3.into()));
    assert_eq!(good["sha256"], hex::encode(&Sha256::digest(register(901, 3))));
    let bad = report(&folder, "rejected", "broken.206")?;
    assert_eq!((&bad["outcome"], &bad["errors"][0]["code"]), (&"refused".into(), &"KV1501".into()));
    // The bank's own queue has the same reports, and a person is told of the refusal.
    let peer = world.peer().await?;
    let told = world.take(&peer, "bank.erip.reports", 2).await?;
    let outcomes: Vec<&str> = told.iter().map(|got| got.text("/outcome")).collect();
    assert_eq!(outcomes, ["applied", "refused"]);
    until("the alert is there", || async {
        let alerts = world.take(&peer, "ops.out", 1).await?;
        Ok(alerts.iter().any(|got| got.text("/kind") == "file_rejected"))
    })
    .await?;
    // The same file put there again is known; a refused one is judged anew.
    put(&folder, "again.206", &register(901, 3))?;
    moved(&folder, "done", "again.206").await?;
    assert_eq!(report(&folder, "done", "again.206")?["outcome"], "duplicate");
    fs::rename(folder.join("rejected/broken.206"), folder.join("broken.206"))?;
    until("it is judged anew", || async {
        Ok(folder.join("rejected/broken.206").exists() && !folder.join("broken.206").exists())
    })
    .await?;
    let told = world.take(&peer, "bank.erip.reports", 2).await?;
    let outcomes: Vec<&str> = told.iter().map(|got| got.text("/outcome")).collect();
    assert_eq!(outcomes, ["duplicate", "refused"]);
    assert!(folder.join("half.206.part").exists(), "what is being written is left");
    let metrics = daemon.metrics()?;
    let settled = |outcome: &str| {
        let name =
            format!("kvit_folder_files_settled_total{{feed=\"erip\",outcome=\"{outcome}\"}}");
        metrics.get(&name).copied().unwrap_or_default()
    };
    assert_eq!((settled("applied"), settled("duplicate"), settled("refused")), (1., 1., 2.));
    daemon.stop().await
}

/// Starts a daemon and kills it when something is so; true when it was.
async fn killed_when(
    world: &World,
    what: &str,
    mut is_so: impl FnMut(&Process) -> Result<bool>,
) -> Result<()> {
    let daemon = world.process(&[]).await?;
    until(what, || {
        let so = is_so(&daemon);
        async move { so }
    })
    .await?;
    daemon.kill()
}

#[tokio::test]
async fn a_file_is_applied_once_however_often_the_daemon_is_killed_over_it() -> Result<()> {
    const ROWS: u64 = 12_000;
    let (world, folder) = world()?;
    put(&folder, "0000902.206", &register(902, ROWS))?;
    // Killed again and again while it is being applied, each time some commits further; a daemon
    // that is asked too late may have come to the end.
    let mut before = 0.0;
    for _ in 0..4 {
        killed_when(&world, "some more is committed", |daemon| {
            let Ok(metrics) = daemon.metrics() else { return Ok(false) };
            let commit = metrics.get("kvit_store_commit").copied().unwrap_or_default();
            let far = commit >= before + 3.0 || !folder.join("0000902.206").exists();
            before = if far { commit } else { before };
            Ok(far)
        })
        .await?;
    }
    // Then to its end, and killed anywhere between the last commit and the move, or after it.
    let daemon = world.process(&[]).await?;
    moved(&folder, "done", "0000902.206").await?;
    daemon.kill()?;
    let told = report(&folder, "done", "0000902.206")?;
    let rows = &told["rows"];
    ensure!(rows["read"] == ROWS && told["outcome"] == "applied", "{told:#}");
    let (suspended, duplicate) = (&rows["suspended"], &rows["duplicate"]);
    ensure!(*suspended == ROWS && *duplicate == 0, "no row is read twice: {rows}");

    // A crash after the commit and before the move: the file lies there still.
    fs::rename(folder.join("done/0000902.206"), folder.join("0000902.206"))?;
    let daemon = world.process(&[]).await?;
    moved(&folder, "done", "0000902.206").await?;
    daemon.stop().await?;
    let store = world.open_store()?;
    let mut after = None;
    let mut payments = 0;
    loop {
        let page = store.payments(after, 1_000)?;
        payments += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(payments, usize::try_from(ROWS)?);
    let sha256 = hex::encode(&Sha256::digest(register(902, ROWS)));
    let record = store.file(&"erip".parse()?, &sha256)?.context("the file is known")?;
    assert_eq!(record.position, ROWS);
    let check = store.check_ledger()?;
    assert_eq!(check.kept, check.counted);
    Ok(())
}

/// Between the commit and the move: reports cannot be written, so that the daemon is killed exactly
/// there.
#[tokio::test]
async fn a_crash_between_commit_and_move_ends_with_the_original_report() -> Result<()> {
    let (world, folder) = world()?;
    // Where the reports should be are folders that hold something.
    let blocked = ["done/0000903.206.report.json", "rejected/broken.206.report.json"];
    for path in blocked {
        fs::create_dir_all(folder.join(path).join("in the way"))?;
    }
    put(&folder, "0000903.206", &register(903, 2))?;
    put(&folder, "broken.206", "no register")?;
    let daemon = world.process(&[]).await?;
    let peer = world.peer().await?;
    let told = world.take(&peer, "bank.erip.reports", 2).await?;
    let mut outcomes: Vec<&str> = told.iter().map(|got| got.text("/outcome")).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["applied", "refused"]);
    // What was sent and not forgotten yet would be sent again under the same ids.
    until("the outbox is empty", || async {
        Ok(daemon.metrics()?.get("kvit_outbox_rows").is_some_and(|rows| *rows == 0.0))
    })
    .await?;
    daemon.kill()?;
    for path in blocked {
        fs::remove_dir_all(folder.join(path))?;
    }
    let daemon = world.process(&[]).await?;
    moved(&folder, "done", "0000903.206").await?;
    moved(&folder, "rejected", "broken.206").await?;
    assert_eq!(report(&folder, "done", "0000903.206")?["outcome"], "applied");
    assert_eq!(report(&folder, "rejected", "broken.206")?["outcome"], "refused");
    let again = peer.ready(&world.name("bank.erip.reports")).await?;
    let again = world.take(&peer, "bank.erip.reports", usize::try_from(again)?).await?;
    assert!(again.is_empty(), "nobody is told twice: {again:#?}");
    daemon.stop().await?;
    assert_eq!(world.open_store()?.quarantine(None, 10)?.items.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_banks_own_table_is_applied_by_the_mapping_of_its_feed() -> Result<()> {
    let (mut world, folder) = world()?;
    for (key, value) in [
        ("format", "table"),
        ("table.delimiter", ","),
        ("table.decimal_mark", "."),
        ("table.dates", "yyyy-MM-dd"),
        ("table.currency", "BYN"),
        ("table.columns.date", "Booked"),
        ("table.columns.amount", "Amount"),
        ("table.columns.bank_reference", "Reference"),
        ("table.columns.purpose", "Text,More"),
        ("table.rows.total", "Total"),
        ("table.rows.total_count", "2"),
    ] {
        world.set.push((format!("feeds.erip.{key}"), value.to_owned()));
    }
    let text = "Booked,Amount,Reference,Text,More\n\
                2026-03-05,45.00,R-1,\"for 10000000000000,\",x\n\
                2026-03-05,-1.00,R-2,fee,\n\
                2026-03-05,forty,R-3,,\n";
    put(&folder, "good.csv", &format!("{text}Total,3\n"))?;
    put(&folder, "cut.csv", text)?;
    let daemon = world.process(&[]).await?;
    moved(&folder, "done", "good.csv").await?;
    moved(&folder, "rejected", "cut.csv").await?;
    let good = report(&folder, "done", "good.csv")?;
    // The fee is a debit, which is no payment to us.
    let rows = &good["rows"];
    assert_eq!((&good["format"], &rows["read"]), (&"table".into(), &2.into()), "{good}");
    assert_eq!(good["errors"][0]["row"], 3, "{good}");
    let cut = report(&folder, "rejected", "cut.csv")?;
    assert_eq!(cut["errors"][0]["code"], "KV1502", "{cut}");
    daemon.stop().await
}

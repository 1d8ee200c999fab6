//! Statement files that mean harm, as messages and in a drop folder.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use kvit_adapters::store::Tables;
use kvit_tests::broker::{Peer, until};
use kvit_tests::daemon::{Send, World};
use serde_json::{Value, json};

use super::unharmed;

const CODE: &str = "000000000000000000000000000017";

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// None of it is used, with this code.
    Refused(&'static str),
    /// Its one row cannot be used.
    RowRejected,
    /// Its money is true, and belongs to no order.
    Suspended,
}

/// A register of one row; `change` says which field of it holds what.
fn register(number: usize, change: Option<(usize, &str)>) -> Vec<u8> {
    let code = &CODE;
    let row = format!(
        "1^1^{code}^X^^03.2026^45.00^0.00^20260305133015^^20260305101500^{}^55512^T1^MS^^749^^^5",
        700_000_000 + number
    );
    let mut fields: Vec<&str> = row.split('^').collect();
    if let Some((at, value)) = change {
        fields[at] = value;
    }
    let head = format!("5^30000001^{number}^20260305140000^1^749^190000020^933^45.00^0.00");
    format!("{head}\r\n{}\r\n", fields.join("^")).into_bytes()
}

/// Files by what is wrong with them; the number is that of the statement.
fn files(first: usize) -> Vec<(&'static str, End, Vec<u8>)> {
    let mut number = first;
    let mut next = |change: Option<(usize, &str)>| {
        number += 1;
        register(number, change)
    };
    let long = "9".repeat(40);
    let refused = End::Refused("KV1501");
    let utf16 = |bytes: Vec<u8>| -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(bytes.into_iter().flat_map(|byte| [byte, 0])).collect()
    };
    let mut head_only = next(None);
    head_only.truncate(40);
    let mut counts_beyond = String::from_utf8(next(None)).unwrap_or_default();
    counts_beyond = counts_beyond.replacen("^1^749", "^18446744073709551616^749", 1);
    let mut endless = next(None);
    endless.extend(vec![b'9'; 3 << 20]);
    vec![
        ("empty", refused, Vec::new()),
        ("nothing of the kind", refused, b"nothing of the kind".to_vec()),
        ("zeros", refused, vec![0; 1 << 20]),
        ("carets", refused, vec![b'^'; 1 << 20]),
        ("head cut", refused, head_only),
        ("counts beyond", refused, counts_beyond.into_bytes()),
        ("endless line", End::Refused("KV1502"), endless),
        ("amount of 40 digits", End::RowRejected, next(Some((6, &long)))),
        ("amount negative", End::RowRejected, next(Some((6, "-45.00")))),
        ("utf-16, negative", End::RowRejected, utf16(next(Some((6, "-45.00"))))),
        ("amount with exponent", End::RowRejected, next(Some((6, "45e0")))),
        ("amount no number", End::RowRejected, next(Some((6, "NaN")))),
        ("amount arabic-indic", End::RowRejected, next(Some((6, "٤٥.٠٠")))),
        ("amount full-width", End::RowRejected, next(Some((6, "４５.００")))),
        ("day zero", End::RowRejected, next(Some((8, "00000000000000")))),
        ("day far", End::RowRejected, next(Some((8, "99999999999999")))),
        ("day too long", End::RowRejected, next(Some((8, "99999990305133015")))),
        ("code of 29", End::Suspended, next(Some((2, &CODE[1..])))),
        ("code of 31", End::Suspended, next(Some((2, &format!("0{CODE}"))))),
        ("code arabic-indic", End::Suspended, next(Some((2, &"٠".repeat(30))))),
        (
            "code full-width",
            End::Suspended,
            next(Some((2, &CODE.replace('1', "１").replace('7', "７")))),
        ),
    ]
}

fn judge(name: &str, end: End, report: &Value) -> Result<()> {
    let (outcome, code) = (&report["outcome"], &report["errors"][0]["code"]);
    let fine = match end {
        End::Refused(expected) => *outcome == "refused" && *code == expected,
        End::RowRejected => {
            *outcome == "partial" && *code == "KV1511" && report["rows"]["rejected"] == 1
        }
        End::Suspended => *outcome == "applied" && report["rows"]["suspended"] == 1,
    };
    ensure!(fine, "{name}: not {end:?}: {report:#}");
    Ok(())
}

/// The order that all files would like to pay.
async fn awaiting(world: &World, peer: &Peer) -> Result<()> {
    let body = json!({ "order_code": CODE, "procedure": "credited",
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў", "region": "BY-HM" },
        "identification": "eds", "language": "be",
        "fee": { "amount": "45.00", "currency": "BYN" } });
    let message = Send {
        exchange: "portal.in",
        key: "application.submitted",
        kind: "application.submitted.v1",
        user: Some("portal"),
        id: "application",
        body: body.to_string().into_bytes(),
        file: None,
    };
    world.send(peer, message).await?;
    let got = world.take(peer, "portal.portal.out", 1).await?;
    ensure!(got.iter().all(|got| got.text("/status") == "awaiting_payment"), "{got:#?}");
    Ok(())
}

#[tokio::test]
async fn hostile_files_are_reported_whichever_way_they_come_and_pay_for_nothing() -> Result<()> {
    let mut world = World::new()?;
    let folder = world.directory().join("drop");
    fs::create_dir(&folder)?;
    for (key, value) in [
        ("feeds.erip.folder", folder.display().to_string()),
        ("folders.poll_seconds", "1".to_owned()),
        ("limits.file_bytes_max", (4 << 20).to_string()),
    ] {
        world.set.push((key.to_owned(), value));
    }
    let daemon = world.process(&[]).await?;
    let peer = world.peer().await?;
    let before = daemon.peak_bytes()?;
    awaiting(&world, &peer).await?;
    let as_messages = files(100);
    for (nth, (name, end, bytes)) in as_messages.iter().enumerate() {
        let (id, file) = (format!("file-{nth}"), format!("{nth:07}.206"));
        file_message(&world, &peer, (&id, &file, bytes.clone()), None).await?;
        let got = world.take(&peer, "bank.erip.reports", 1).await?;
        judge(name, *end, &got.first().context("a report")?.body)?;
    }
    // 256 MiB in a quarter of a megabyte.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    (0..256).try_for_each(|_| bomb.write_all(&vec![b'0'; 1 << 20]))?;
    file_message(&world, &peer, ("bomb", "1.206", bomb.finish()?), Some("gzip")).await?;
    let got = world.take(&peer, "bank.erip.reports", 1).await?;
    ensure!(got.iter().all(|got| got.text("/errors/0/code") == "KV1001"), "{got:#?}");

    in_the_folder(&world, &peer, &folder).await?;
    unharmed(&daemon, before).await?;
    daemon.stop().await?;
    let store = world.open_store()?;
    let case = store.case(CODE.parse()?)?.context("the case is there")?;
    ensure!(store.payments_of(case.seq)?.is_empty(), "somebody paid for it");
    let check = store.check_ledger()?;
    assert_eq!(check.kept, check.counted);
    Ok(())
}

async fn file_message(
    world: &World,
    peer: &Peer,
    (id, file, body): (&str, &str, Vec<u8>),
    encoding: Option<&'static str>,
) -> Result<()> {
    let message = Send {
        exchange: "bank.in",
        key: "erip.file",
        kind: "statement.file.v1",
        user: Some("erip"),
        id,
        body,
        file: Some(file),
    };
    let amend = |properties: lapin::BasicProperties| match encoding {
        Some(encoding) => properties.with_content_encoding(encoding.into()),
        None => properties,
    };
    world.send_with(peer, message, amend).await
}

/// The same by drop folder, among things that are no files, under names that are no text.
async fn in_the_folder(world: &World, peer: &Peer, folder: &Path) -> Result<()> {
    fs::create_dir(folder.join("folder.206"))?;
    std::os::unix::fs::symlink("/etc/hostname", folder.join("link.206"))?;
    ensure!(Command::new("mkfifo").arg(folder.join("pipe.206")).status()?.success(), "no pipe");
    let mut expected = files(200);
    // Empty files have one content, which was told about already.
    expected.retain(|(_, _, bytes)| bytes.starts_with(b"5^"));
    for (nth, (_, _, bytes)) in expected.iter().enumerate() {
        put(folder, OsStr::new(&format!("{nth:07}.206")), bytes)?;
    }
    let odd = [&b"\xff\xfe.206"[..], b"a\nb\x1b[2J.206", b"-rf *; $(id).206", &[b'x'; 230]];
    for (nth, name) in odd.iter().enumerate() {
        put(folder, OsStr::from_bytes(name), format!("odd {nth}").as_bytes())?;
    }
    until("all files are settled", || async {
        let left = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
        let files = left.iter().filter(|entry| entry.file_type().is_ok_and(|it| it.is_file()));
        Ok(files.count() == 0)
    })
    .await?;
    let reports = world.take(peer, "bank.erip.reports", expected.len() + odd.len()).await?;
    for (nth, (name, end, _)) in expected.iter().enumerate() {
        let file = format!("{nth:07}.206");
        let report = reports.iter().find(|got| got.text("/file_name") == file);
        judge(name, *end, &report.with_context(|| format!("{name}: no report"))?.body)?;
    }
    let refused = reports.iter().filter(|got| got.text("/errors/0/code") == "KV1501").count();
    ensure!(refused >= odd.len(), "{reports:#?}");
    for left in ["folder.206", "link.206", "pipe.206"] {
        ensure!(fs::symlink_metadata(folder.join(left)).is_ok(), "{left} was taken");
    }
    Ok(())
}

fn put(folder: &Path, name: &OsStr, bytes: &[u8]) -> Result<()> {
    let temporary = folder.join(".being written");
    fs::write(&temporary, bytes)?;
    Ok(fs::rename(temporary, folder.join(name))?)
}

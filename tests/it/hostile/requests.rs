//! What comes in at the listeners: requests to the admin API and to health that are damaged,
//! endless, too large, too many, or ask for what is not there.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kvit_tests::broker::{PATIENCE, until};
use kvit_tests::daemon::World;
use serde_json::Value;

use super::{unchanged, unharmed};

const CODE: &str = "000000000000000000000000000017";

/// A request and the status it may be answered with; none: the connection is closed without one.
type Row = (&'static str, Vec<u8>, Option<u16>);

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: kvit\r\nconnection: close\r\n\r\n").into_bytes()
}

fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: kvit\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn pause(body: impl AsRef<[u8]>) -> Vec<u8> {
    post("/v1/sources/portal/pause", body.as_ref())
}

fn headed(line: &str, headers: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nhost: kvit\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}

/// Requests that are no HTTP, or not for us.
fn protocol() -> Vec<Row> {
    let many: String = (0..5_000).map(|nth| format!("x-{nth}: y\r\n")).collect();
    let twice = "content-length: 2\r\ncontent-length: 3\r\n";
    let chunked = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
    vec![
        ("nothing", Vec::new(), None),
        ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), Some(400)),
        ("garbage", vec![0xff; 1_000], Some(400)),
        ("no version", b"GET /v1/status\r\n\r\n".to_vec(), Some(400)),
        ("many headers", headed("GET /v1/status", &many), Some(431)),
        (
            "long header",
            headed("GET /v1/status", &format!("x: {}\r\n", "y".repeat(1 << 20))),
            Some(431),
        ),
        ("long path", get(&format!("/{}", "a".repeat(1 << 20))), Some(431)),
        ("damaged header", headed("GET /v1/status", "x y z\r\n"), Some(400)),
        ("header with nul", headed("GET /v1/status", "x: \0\r\n"), Some(400)),
        (
            "length beyond",
            headed("POST /v1/outbox/kick", "content-length: 99999999999999999999\r\n"),
            Some(400),
        ),
        ("length negative", headed("POST /v1/outbox/kick", "content-length: -1\r\n"), Some(400)),
        ("two lengths", headed("POST /v1/outbox/kick", twice), Some(400)),
        (
            "chunk beyond",
            [&headed("POST /v1/outbox/kick", chunked)[..], b"fffffffffffffffff\r\n"].concat(),
            Some(400),
        ),
    ]
}

/// Paths and methods that are none.
fn paths() -> Vec<Row> {
    vec![
        ("no method", headed("BREW /v1/status", ""), Some(405)),
        ("delete", headed(&format!("DELETE /v1/cases/{CODE}"), ""), Some(405)),
        ("get of an act", get("/v1/outbox/kick"), Some(405)),
        ("out of the tree", get("/v1/../../etc/passwd"), Some(404)),
        ("out in disguise", get("/v1/%2e%2e/%2e%2e/etc/passwd"), Some(404)),
        ("two slashes", get("//v1//status"), Some(404)),
        ("slash at the end", get("/v1/status/"), Some(404)),
        ("capitals", get("/V1/STATUS"), Some(404)),
        ("nul in a code", get("/v1/cases/%00"), Some(400)),
        ("no utf-8 in a code", get("/v1/cases/%ff%fe"), Some(400)),
        ("code of 29", get(&format!("/v1/cases/{}", &CODE[1..])), Some(400)),
        ("code of 31", get(&format!("/v1/cases/0{CODE}")), Some(400)),
        ("code in arabic-indic", get(&format!("/v1/cases/{}", "%D9%A0".repeat(30))), Some(400)),
        ("code in full-width", get(&format!("/v1/cases/{}", "%EF%BC%90".repeat(30))), Some(400)),
        ("code of nobody", get(&format!("/v1/cases/{CODE}")), Some(404)),
        ("number beyond", get("/v1/quarantine/18446744073709551616"), Some(400)),
        ("number of nobody", get("/v1/quarantine/18446744073709551615"), Some(404)),
        ("number negative", get("/v1/proposals/-1"), Some(400)),
        ("limit beyond", get("/v1/cases?limit=99999999999999999999"), Some(400)),
        ("limit no number", get("/v1/cases?limit=NaN"), Some(400)),
        ("unknown parameter", get("/v1/cases?nonsense=1"), Some(400)),
        ("parameter no utf-8", get("/v1/why?q=%ff"), Some(404)),
        ("parameter twice", get("/v1/cases?limit=1&limit=2"), Some(400)),
        ("question of nothing", get("/v1/why?q="), Some(404)),
    ]
}

/// Bodies of acts.
fn bodies() -> Vec<Row> {
    let lists = "[".repeat(100_000);
    let objects = "{\"reason\":".repeat(100_000);
    let line = |text: &str| serde_json::json!({ "reason": text }).to_string();
    let text = headed(
        "POST /v1/sources/portal/pause",
        "content-type: text/plain\r\ncontent-length: 2\r\n",
    );
    vec![
        ("not json", pause("reason"), Some(400)),
        ("cut", pause("{\"reason\":\"x"), Some(400)),
        ("bom", pause(format!("\u{feff}{}", line("x"))), Some(400)),
        ("no utf-8", pause(b"{\"reason\":\"\xff\"}"), Some(400)),
        ("deep lists", pause(&lists), Some(422)),
        ("deep objects", pause(&objects), Some(422)),
        ("deep within", pause(format!("{{\"reason\":{lists}")), Some(422)),
        ("unknown field", pause("{\"reason\":\"x\",\"y\":1}"), Some(422)),
        ("field twice", pause("{\"reason\":\"x\",\"reason\":\"y\"}"), Some(422)),
        ("no reason", pause("{}"), Some(422)),
        ("reason of nothing", pause(line("  ")), Some(400)),
        ("reason of two lines", pause(line("a\nb")), Some(400)),
        ("reason of a million", pause(line(&"x".repeat(1_000_000))), Some(400)),
        ("number for a reason", pause("{\"reason\":1}"), Some(422)),
        ("no json said", [&text[..], b"{}"].concat(), Some(415)),
        ("too large", pause(vec![b' '; 25 << 20]), Some(413)),
        ("no such source", post("/v1/sources/%2e%2e/pause", line("x").as_bytes()), Some(404)),
        (
            "replacement no base64",
            post("/v1/quarantine/1/release", b"{\"reason\":\"x\",\"replacement\":\"***\"}"),
            Some(400),
        ),
    ]
}

fn connected(socket: &Path) -> Result<UnixStream> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Says something, and hears what is said until the connection is closed.
fn heard(mut stream: impl Read + Write, request: &[u8]) -> Result<Vec<u8>> {
    let said = stream.write_all(request);
    ensure!(said.is_ok() || said.as_ref().is_err_and(is_hung_up), "{said:?}");
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if is_hung_up(&error) => {}
        Err(error) => return Err(error).context("waiting for the end"),
    }
    Ok(answer)
}

fn is_hung_up(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

fn status(answer: &[u8]) -> Option<u16> {
    let text = answer.get(9..12).filter(|_| answer.starts_with(b"HTTP/1."))?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What a refusal says, where kvit itself refuses: a problem with a sentence.
fn told(answer: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").context("no body")?;
    ensure!(head.contains("application/problem+json"), "no problem: {text}");
    let problem: Value = serde_json::from_str(body)?;
    let sentence = problem["detail"].as_str().unwrap_or_default();
    ensure!(!sentence.is_empty() && sentence.len() < 2_000, "{problem:#}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_requests_are_refused_or_hung_up_on_and_change_nothing() -> Result<()> {
    let world = World::new()?;
    let daemon = world.process(&[]).await?;
    let before = daemon.peak_bytes()?;
    let (socket, mut wrong) = (world.socket(), Vec::new());
    for (name, request, expected) in protocol() {
        let stream = connected(&socket)?;
        if expected.is_none() {
            stream.shutdown(std::net::Shutdown::Write)?;
        }
        let answer = heard(stream, &request).with_context(|| name)?;
        // Where it hangs up on us while we speak, the answer may be lost.
        if status(&answer) != expected && !answer.is_empty() {
            wrong.push(format!("{name}: not {expected:?}: {}", String::from_utf8_lossy(&answer)));
        }
    }
    for (name, request, expected) in paths().into_iter().chain(bodies()) {
        let answer = heard(connected(&socket)?, &request).with_context(|| name)?;
        let lost = name == "too large" && answer.is_empty();
        if !lost && (status(&answer) != expected || told(&answer).is_err()) {
            wrong.push(format!("{name}: not {expected:?}: {}", String::from_utf8_lossy(&answer)));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    pipelined(&socket)?;
    endless(&socket)?;
    unharmed(&daemon, before).await?;
    daemon.stop().await?;
    let store = world.open_store()?;
    unchanged(&store)?;
    ensure!(kvit_adapters::store::Tables::pauses(&store)?.is_empty(), "a source is paused");
    Ok(())
}

/// A thousand requests at once, in one piece: each is answered.
fn pipelined(socket: &Path) -> Result<()> {
    let one = format!("GET /v1/cases/{CODE} HTTP/1.1\r\nhost: kvit\r\n\r\n");
    let mut stream = connected(socket)?;
    let mut reading = stream.try_clone()?;
    let reader = std::thread::spawn(move || {
        let mut answer = Vec::new();
        reading.read_to_end(&mut answer).map(|_| answer)
    });
    stream.write_all(one.repeat(1_000).as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let answer = reader.join().map_err(|_| anyhow::anyhow!("the reader"))??;
    let answers = String::from_utf8_lossy(&answer).matches("HTTP/1.1 404").count();
    ensure!(answers == 1_000, "{answers} answers");
    Ok(())
}

/// A body without an end: it is not read beyond the limit.
fn endless(socket: &Path) -> Result<()> {
    let mut stream = connected(socket)?;
    let head = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
    stream.write_all(&headed("POST /v1/sources/portal/pause", head))?;
    let chunk = [b"100000\r\n", &vec![b' '; 1 << 20][..], b"\r\n"].concat();
    let mut chunks = 0;
    while stream.write_all(&chunk).is_ok() {
        chunks += 1;
        ensure!(chunks < 100, "100 MiB were taken");
    }
    Ok(())
}

/// Those who connect and say nothing, or half a word: they are hung up on, and others are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_silent_and_the_slow_are_hung_up_on_and_hold_up_nobody() -> Result<()> {
    let world = World::new()?;
    let daemon = world.process(&[]).await?;
    let before = daemon.peak_bytes()?;
    let mut slow = Vec::new();
    for nth in 0..40 {
        let mut stream = connected(&world.socket())?;
        let half = if nth % 2 == 0 { "" } else { "GET /v1/status HTTP/1.1\r\nx: " };
        stream.write_all(half.as_bytes())?;
        slow.push(stream);
    }
    let mut at_health = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(daemon.health())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nx")?;
        at_health.push(stream);
    }
    let answer = heard(connected(&world.socket())?, &get("/v1/status"))?;
    ensure!(status(&answer) == Some(200), "{}", String::from_utf8_lossy(&answer));
    // It consumes from the last queue; the rest of getting ready may take a moment more.
    until("the daemon is ready", || async { Ok(daemon.get("/readyz")?.0 == 200) }).await?;
    // Each is closed by the daemon, within the patience of a read.
    for stream in slow {
        heard(stream, b"").context("a silent client of the admin API")?;
    }
    for stream in at_health {
        heard(stream, b"").context("a slow client of health")?;
    }
    unharmed(&daemon, before).await?;
    daemon.stop().await
}

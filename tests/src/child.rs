//! A daemon in a process of its own, for tests that kill it or read what the process exposes: the
//! test's own program, told to be a daemon.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio_util::sync::CancellationToken;

use crate::broker::until;
use crate::daemon::{World, load};

/// The variable by which the program is told to be a daemon: settings, key by key.
const TOLD: &str = "KVIT_TEST_DAEMON";
/// The test of every program that uses this, which is then the daemon.
pub const TEST: &str = "a_daemon_of_another_test";

/// A daemon in a process of its own; killed when dropped.
pub struct Process {
    child: Child,
    health: SocketAddr,
}

impl World {
    /// Starts a daemon in a process of its own and waits until it consumes. `environment` is set
    /// for it besides.
    pub async fn process(&self, environment: &[(&str, String)]) -> Result<Process> {
        let mut process = self.process_unready(environment)?;
        let peer = self.peer().await?;
        let queue = self.name("agency.in");
        until("the daemon consumes", || {
            let ended = process.child.try_wait();
            let peer = &peer;
            let queue = &queue;
            async move {
                ensure!(ended?.is_none(), "the daemon has ended");
                Ok(peer.consumers(queue).await.is_ok_and(|many| many > 0))
            }
        })
        .await?;
        Ok(process)
    }

    /// Starts it and waits for nothing.
    pub fn process_unready(&self, environment: &[(&str, String)]) -> Result<Process> {
        // A port that was free a moment ago.
        let health = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut overrides = self.overrides();
        overrides.push(("health.listen".to_owned(), health.to_string()));
        let lines = overrides.iter().map(|(key, value)| format!("{key}={value}"));
        let told: Vec<String> =
            std::iter::once(self.settings.display().to_string()).chain(lines).collect();
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory().join("daemon.log"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--include-ignored", "--nocapture", "--test-threads=1", TEST])
            .env(TOLD, told.join("\n"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = command.spawn().context("starting the daemon's process")?;
        Ok(Process { child, health })
    }

    /// What the processes of this world have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory().join("daemon.log")).unwrap_or_default()
    }
}

/// Is the daemon when the program was told to be; otherwise nothing.
pub fn daemon() -> Result<()> {
    let Ok(told) = std::env::var(TOLD) else { return Ok(()) };
    let mut lines = told.lines();
    let settings = lines.next().context("no settings")?;
    let overrides = lines.filter_map(|line| line.split_once('='));
    let overrides = overrides.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let settings = load(Path::new(settings), overrides)?;
    kvit::telemetry::log::start(&settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let stop = CancellationToken::new();
        let mut terminate = signal(SignalKind::terminate())?;
        let stopping = stop.clone();
        tokio::spawn(async move {
            terminate.recv().await;
            stopping.cancel();
        });
        anyhow::Ok(kvit::service::run(settings, stop).await)
    })?;
    match ended {
        Ok(_) => Ok(()),
        // As `kvit run` does: after a failed commit nothing is torn down.
        Err(_) => std::process::exit(1),
    }
}

impl Process {
    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Ends it at once, wherever it is.
    pub fn kill(mut self) -> Result<()> {
        self.halt()
    }

    /// The same, for one that another will take the place of.
    pub fn halt(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop in order.
    pub fn terminate(&self) -> Result<()> {
        let pid = self.child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "kill failed");
        Ok(())
    }

    /// Asks it to stop in order, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            self.terminate()?;
        }
        until("the daemon has stopped", || {
            let ended = self.child.try_wait();
            async move { Ok(ended?.is_some()) }
        })
        .await
    }

    /// Where its health listener is.
    pub fn health(&self) -> SocketAddr {
        self.health
    }

    /// What it answers on its health listener: status and body.
    pub fn get(&self, path: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.health, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: kvit\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { bail!("no answer: {text}") };
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        Ok((status, body.to_owned()))
    }

    /// Its metrics: name with labels → value.
    pub fn metrics(&self) -> Result<BTreeMap<String, f64>> {
        let (_, text) = self.get("/metrics")?;
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let value = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Ok(lines.filter_map(value).collect())
    }

    /// The memory it takes at its most, in bytes.
    pub fn peak_bytes(&self) -> Result<u64> {
        self.bytes("VmHWM:")
    }

    /// The memory it takes now, in bytes.
    pub fn resident_bytes(&self) -> Result<u64> {
        self.bytes("VmRSS:")
    }

    fn bytes(&self, name: &str) -> Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes: u64 = line
            .with_context(|| format!("no {name}"))?
            .trim()
            .trim_end_matches("kB")
            .trim()
            .parse()?;
        Ok(kilobytes * 1_024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

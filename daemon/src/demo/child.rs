//! The daemon under trial: a process of its own, started, killed, started again, stopped.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::ground::Ground;

/// Longest wait for the daemon to be ready, and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The arguments with which the program runs the daemon.
fn arguments(file: &Path) -> [OsString; 3] {
    ["--config".into(), file.into(), "run".into()]
}

/// A running daemon. It is killed when this is dropped.
pub(super) struct Daemon {
    program: PathBuf,
    child: Child,
}

impl Daemon {
    /// Starts it.
    pub(super) fn start(program: &Path, ground: &Ground) -> anyhow::Result<Self> {
        let log = OpenOptions::new().append(true).open(&ground.log)?;
        let mut command = Command::new(program);
        command.args(arguments(&ground.file)).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KVIT_") {
                command.env_remove(name);
            }
        }
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        Ok(Self { program: program.to_owned(), child })
    }

    /// Waits until it says that it is ready.
    pub(super) async fn ready(&mut self, ground: &Ground) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the daemon ended with {status}; see {}", ground.log.display());
            }
            if get(ground, "/readyz").await.is_ok_and(|(code, _)| code == 200) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "not ready; see {}", ground.log.display());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills it without warning and starts it again.
    pub(super) async fn kill_and_restart(&mut self, ground: &Ground) -> anyhow::Result<()> {
        self.child.kill().await?;
        *self = Self::start(&self.program.clone(), ground)?;
        Ok(())
    }

    /// An error when it has ended though nobody told it to.
    pub(super) fn check(&mut self, ground: &Ground) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => {
                bail!("the daemon ended with {status}; see {}", ground.log.display())
            }
            None => Ok(()),
        }
    }

    /// Asks it to stop and waits until it has; kills it when it takes too long.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        let Ok(ended) = timeout(PATIENCE, self.child.wait()).await else {
            self.child.kill().await?;
            bail!("the daemon did not stop within {} s", PATIENCE.as_secs());
        };
        let status = ended?;
        ensure!(status.success(), "the daemon stopped with {status}");
        Ok(())
    }
}

/// Asks the daemon's health listener.
pub(super) async fn get(ground: &Ground, path: &str) -> anyhow::Result<(u16, String)> {
    let stream = tokio::net::TcpStream::connect(ground.health).await?;
    exchange(stream, path).await
}

/// Asks the daemon's admin API.
pub(super) async fn ask_admin(ground: &Ground, path: &str) -> anyhow::Result<(u16, String)> {
    let stream = tokio::net::UnixStream::connect(&ground.admin).await?;
    exchange(stream, path).await
}

/// One request in HTTP/1.0, so that the answer ends with the connection and comes in one piece.
async fn exchange(
    mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin,
    path: &str,
) -> anyhow::Result<(u16, String)> {
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await??;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let code = head.split_whitespace().nth(1).and_then(|code| code.parse().ok());
    Ok((code.context("no HTTP status")?, body.to_owned()))
}

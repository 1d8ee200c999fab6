//! Kvit in a process of its own, with settings, store and log in the bench's directory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use kvit::catalogue::Catalogue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::usage::Process;
use crate::wire::Wire;

/// What all queues of kvit's rounds begin with, and those of the bare loop.
pub(crate) const PREFIX: &str = "kvit-bench";
pub(crate) const BARE: &str = "bare-bench";

const PATIENCE: Duration = Duration::from_secs(120);
const SOURCES: [&str; 3] = ["portal", "bank", "agency"];

/// Where everything lies.
pub(crate) struct Ground {
    pub(crate) dir: PathBuf,
    kvit: PathBuf,
}

/// A running daemon; killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    config: PathBuf,
    kvit: PathBuf,
    /// From the start of the process to the first subscription.
    pub(crate) started_in: Duration,
}

impl Ground {
    /// Makes the directory anew, and the queues of both.
    pub(crate) fn lay(dir: &Path, url: &str, kvit: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let (dir, kvit) = (dir.canonicalize()?, kvit.canonicalize()?);
        let ground = Self { dir, kvit };
        let known = Catalogue::load(&catalogue());
        let known = known.map_err(|found| anyhow::anyhow!("the catalogue: {found:?}"))?;
        let agencies: Vec<String> = known.agencies().map(|it| it.id.to_string()).collect();
        for prefix in [PREFIX, BARE] {
            std::fs::write(ground.config(prefix), ground.settings(prefix, url, &agencies))?;
            let made = ground.command(prefix).args(["topology", "--apply"]).output()?;
            let said = String::from_utf8_lossy(&made.stderr).into_owned();
            ensure!(made.status.success(), "kvit topology: {said}");
        }
        Ok(ground)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    pub(crate) fn config(&self, prefix: &str) -> PathBuf {
        self.dir.join(format!("{prefix}.toml"))
    }

    pub(crate) fn forget_store(&self) -> anyhow::Result<()> {
        let store = self.store();
        if store.exists() {
            std::fs::remove_dir_all(&store).with_context(|| store.display().to_string())?;
        }
        Ok(())
    }

    fn settings(&self, prefix: &str, url: &str, agencies: &[String]) -> String {
        let mut text = format!(
            "[broker]\nurl = {url:?}\nprefix = {prefix:?}\n\n[store]\npath = {:?}\n\n\
             [catalogue]\npath = {:?}\n\n[admin]\nsocket = {:?}\n\n[health]\nlisten = \"\"\n\n\
             [portals.portal]\nusers = [\"portal\"]\n\n[banks.erip]\nusers = [\"erip\"]\n\n\
             [feeds.erip]\nformat = \"erip\"\nbank = \"erip\"\nasserts = [\"credited\", \"reversed\"]\n\n",
            self.store(),
            catalogue(),
            socket(),
        );
        for agency in agencies {
            text += &format!("[agencies.{agency}]\nusers = [\"{agency}\"]\n\n");
        }
        text
    }

    fn command(&self, prefix: &str) -> Command {
        command(&self.kvit, &self.config(prefix))
    }

    /// Starts kvit and waits until it takes messages.
    pub(crate) async fn start(&self, wire: &Wire) -> anyhow::Result<Daemon> {
        let log = std::fs::File::create(self.dir.join("daemon.log"))?;
        let began = Instant::now();
        let mut child = self
            .command(PREFIX)
            .arg("run")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        while !wire.is_consumed(&format!("{PREFIX}.agency.in")).await? {
            ensure!(
                child.try_wait()?.is_none(),
                "kvit has ended: see {}/daemon.log",
                self.dir.display()
            );
            ensure!(began.elapsed() < PATIENCE, "kvit takes no messages");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (config, kvit) = (self.config(PREFIX), self.kvit.clone());
        Ok(Daemon { child, config, kvit, started_in: began.elapsed() })
    }
}

/// Where kvit's admin API listens.
fn socket() -> PathBuf {
    std::env::temp_dir().join(format!("kvit-bench-{}.sock", std::process::id()))
}

/// The catalogue that kvit is shipped with.
fn catalogue() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/catalogue")
}

fn command(kvit: &Path, config: &Path) -> Command {
    let mut command = Command::new(kvit);
    command.arg("--config").arg(config);
    command
}

impl Daemon {
    pub(crate) fn process(&self) -> Process {
        Process::of(self.child.id())
    }

    /// Takes no more messages.
    pub(crate) async fn pause(&self, wire: &Wire) -> anyhow::Result<()> {
        for source in SOURCES {
            self.ask(&["pause", source, "--reason", "bench", "--yes"])?;
        }
        for source in SOURCES {
            while wire.is_consumed(&format!("{PREFIX}.{source}.in")).await? {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }

    /// Takes messages again. A round's time runs meanwhile: so no programs are started, but the
    /// admin API is asked itself.
    pub(crate) async fn resume(&self) -> anyhow::Result<()> {
        let body = r#"{"reason":"bench"}"#;
        for source in SOURCES {
            let mut socket = UnixStream::connect(socket()).await?;
            let request = format!(
                "POST /v1/sources/{source}/resume HTTP/1.1\r\nhost: kvit\r\nconnection: close\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await?;
            ensure!(answer.starts_with("HTTP/1.1 200"), "kvit does not resume: {answer}");
        }
        Ok(())
    }

    fn ask(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let asked = command(&self.kvit, &self.config).args(arguments).output()?;
        let said = String::from_utf8_lossy(&asked.stderr).into_owned();
        ensure!(asked.status.success(), "kvit {arguments:?}: {said}");
        Ok(())
    }

    /// Asks it to stop in order, and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "kill failed");
        ensure!(self.child.wait()?.success(), "kvit did not stop in order");
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

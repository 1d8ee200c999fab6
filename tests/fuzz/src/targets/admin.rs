//! Requests to the admin API of a daemon that has a store and no broker.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use kvit::settings::{OperatorFile, Settings, Sources};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The daemon, for as long as the process lives.
static DAEMON: LazyLock<PathBuf> = LazyLock::new(|| match start() {
    Ok(socket) => socket,
    Err(error) => panic!("the daemon does not start: {error}"),
});
/// Within this time any request is answered.
const PATIENCE: Duration = Duration::from_secs(60);

fn start() -> std::io::Result<PathBuf> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("admin.sock");
    let settings = settings(&folder, &socket).map_err(std::io::Error::other)?;
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let Ok(runtime) = runtime else { return };
        let ended = runtime.block_on(kvit::service::run(settings, CancellationToken::new()));
        drop(folder);
        panic!("the daemon has ended: {ended:?}");
    });
    while UnixStream::connect(&socket).is_err() {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(socket)
}

fn settings(folder: &TempDir, socket: &Path) -> Result<Settings, String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let catalogue = folder.path().join("catalogue");
    let copied = std::fs::create_dir(&catalogue).and_then(|()| {
        let from = tests.join("it/convergence/catalogue.toml");
        std::fs::copy(from, catalogue.join("catalogue.toml"))
    });
    copied.map_err(|error| error.to_string())?;
    let text = |path: &Path| path.display().to_string();
    let overrides = [
        // Nobody listens there.
        ("broker.url", "amqp://kvit:kvit@127.0.0.1:1/%2f".to_owned()),
        ("store.path", text(&folder.path().join("store"))),
        ("catalogue.path", text(&catalogue)),
        ("admin.socket", text(socket)),
    ];
    let sources = Sources {
        file: OperatorFile::Named(tests.join("fixtures/world.toml")),
        environment: HashMap::new(),
        overrides: overrides.map(|(key, value)| (key.to_owned(), value)).to_vec(),
        credentials: None,
    };
    Settings::load(&sources).map(|loaded| loaded.settings).map_err(|error| error.to_string())
}

/// Whatever is said is answered, refused, or hung up on; nothing fails inside.
pub(super) fn run(input: &[u8]) {
    let answer = match asked(input) {
        Ok(answer) => answer,
        // It may hang up while we are still speaking.
        Err(error)
            if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
        {
            return;
        }
        Err(error) => panic!("no answer: {error}"),
    };
    let status = answer.get(9..12).and_then(|status| std::str::from_utf8(status).ok());
    if answer.starts_with(b"HTTP/1.") {
        let failed = status.is_none_or(|status| status.starts_with('5') && status != "501");
        assert!(!failed, "answered {}", String::from_utf8_lossy(&answer));
    }
}

fn asked(input: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut socket = UnixStream::connect(&*DAEMON)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.write_all(input)?;
    socket.shutdown(std::net::Shutdown::Write)?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    Ok(answer)
}

//! What the demo stands on: its settings file, and where its things lie.

use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;
use kvit_adapters::amqp::{AmqpOptions, Topology};

use super::bank::{ACCOUNT, UNP};
use super::cast::{Cast, Roles};
use crate::catalogue::Catalogue;
use crate::service;
use crate::settings::{OperatorFile, Settings, Sources};

/// The portals that the demo plays.
const PORTALS: [&str; 2] = ["epasluga", "terminals"];
/// The banks, each with a feed of the same name.
const BANKS: [&str; 3] = ["erip", "belarusbank", "priorbank"];

/// Everything about one run that does not change.
pub(super) struct Ground {
    pub(super) settings: Settings,
    /// The settings file.
    pub(super) file: PathBuf,
    /// Where the daemon's log goes.
    pub(super) log: PathBuf,
    pub(super) health: SocketAddr,
    pub(super) admin: PathBuf,
    pub(super) catalogue: Catalogue,
    pub(super) cast: Cast,
    pub(super) options: AmqpOptions,
    pub(super) topology: Topology,
}

impl Ground {
    /// Makes the directory anew and writes the settings.
    pub(super) fn lay(dir: &Path, url: &str, catalogue: &Path) -> anyhow::Result<Self> {
        let store = dir.join("store");
        match std::fs::remove_dir_all(&store) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", store.display()));
            }
            Ok(()) | Err(_) => {}
        }
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
        let dir = dir.canonicalize()?;
        let path = catalogue.canonicalize();
        let path = path.with_context(|| format!("no catalogue at {}", catalogue.display()))?;
        let catalogue = Catalogue::load(&path)
            .map_err(|found| anyhow::anyhow!("the catalogue cannot be used: {found:?}"))?;
        let health = free_address()?;
        // The name of a socket is short; a directory may be deep.
        let admin = std::env::temp_dir().join(format!("kvit-demo-{}.sock", std::process::id()));
        let prefix = format!("kvit-demo-{}", std::process::id());
        let text = settings_text(&dir, &path, (url, &prefix), (&admin, health), &catalogue);
        let file = dir.join("kvit.toml");
        std::fs::write(&file, text)?;
        let sources = Sources {
            file: OperatorFile::Named(file.clone()),
            environment: std::collections::HashMap::new(),
            overrides: Vec::new(),
            credentials: None,
        };
        let loaded = Settings::load(&sources);
        let settings = loaded.map_err(|error| anyhow::anyhow!("{error}"))?.settings;
        let options = service::amqp_options(&settings)?;
        let topology = service::topology(&settings)?;
        let log = dir.join("daemon.log");
        std::fs::write(&log, "")?;
        let cast = Cast::of(&settings, &catalogue, (Roles::ALL, &[]))?.on_own_ground();
        Ok(Self { settings, file, log, health, admin, catalogue, cast, options, topology })
    }
}

/// A port nobody listens on now.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn settings_text(
    dir: &Path,
    catalogue_path: &Path,
    (url, prefix): (&str, &str),
    (admin, health): (&Path, SocketAddr),
    catalogue: &Catalogue,
) -> String {
    let mut text = format!(
        "# Written by `kvit demo`.\n\
         [instance]\nname = \"demo\"\n\n\
         [broker]\nurl = {url:?}\nprefix = {prefix:?}\ndeclare = true\n\n\
         [store]\npath = {:?}\nfree_bytes_min = 0\n\n\
         [catalogue]\npath = {:?}\n\n\
         [admin]\nsocket = {:?}\n\n\
         [health]\nlisten = \"{health}\"\n\n\
         [schedule]\nexpiry = \"* * * * *\"\nrepublish = \"* * * * *\"\nreminders = \"* * * * *\"\n\n",
        dir.join("store"),
        catalogue_path,
        admin,
    );
    let mut party = |kind: &str, id: &str| {
        // Writing to a string cannot fail.
        let _ = write!(text, "[{kind}.{id}]\nusers = [\"{id}\"]\n\n");
    };
    PORTALS.iter().for_each(|id| party("portals", id));
    BANKS.iter().for_each(|id| party("banks", id));
    catalogue.agencies().for_each(|agency| party("agencies", agency.id.as_str()));
    text += &format!(
        "[feeds.erip]\nformat = \"erip\"\nbank = \"erip\"\n\
         asserts = [\"credited\", \"reversed\"]\nunp = \"{UNP}\"\nrank = 10\n\n\
         [feeds.belarusbank]\nformat = \"client_bank\"\nbank = \"belarusbank\"\n\
         asserts = [\"credited\", \"reversed\"]\nsettles = [\"erip\"]\n\
         account = \"{ACCOUNT}\"\nrank = 20\n\n\
         [feeds.priorbank]\nformat = \"messages\"\nbank = \"priorbank\"\nrank = 30\n"
    );
    text
}

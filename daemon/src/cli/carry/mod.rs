//! Exporting and importing the store of a stopped daemon.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, IsTerminal};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::carry::{self, Bounds, CarryError, Imported, Purpose, Sums};
use serde::Serialize;

use super::ask::{Place, one, progress, verify_store};
use super::failure::{Exit, Failure, chain, of_opening};
use super::show::lines;
use super::{Global, show, warn};
use crate::queries::{self, AuditReport, StoreReport, TotalView};
use crate::service;

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Walk over everything and check it
    Verify {
        #[command(flatten)]
        place: Place,
    },
    /// Write all rows of a stopped daemon's store to a file, for a backup or a move
    Export {
        #[command(flatten)]
        offline: AlwaysOffline,
        /// The file, which must not be there yet; - for standard output
        file: PathBuf,
    },
    /// Read an export into a new store at store.path; goes on with an import that was interrupted
    Import {
        #[command(flatten)]
        offline: AlwaysOffline,
        /// The file; - for standard input
        file: PathBuf,
        /// Why; the new store keeps it
        #[arg(long)]
        reason: String,
    },
}

/// What only works on the store of a stopped daemon.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct AlwaysOffline {
    /// Need not be said: the daemon must be stopped in any case
    #[arg(long)]
    offline: bool,
}

/// A reason is a sentence or two, and lies in one row with the rest.
const REASON_BYTES_MAX: usize = 1_000;

/// What an import put into a store, and how that is.
#[derive(Debug, Serialize)]
pub(super) struct ImportView {
    /// The store's own name.
    pub(super) store: String,
    /// Rows that an earlier, interrupted import had left.
    pub(super) rows_before: u64,
    /// What the export says, and what was read back.
    pub(super) sums: Sums,
    /// Where all money is.
    pub(super) totals: Vec<TotalView>,
    /// The hash at the head of the audit chain.
    pub(super) audit_head: String,
    /// A walk along the audit chain.
    pub(super) audit: AuditReport,
    /// A walk over every row.
    pub(super) verified: StoreReport,
}

pub(super) fn store(global: &Global, command: &StoreCommand) -> Result<(), Failure> {
    match command {
        StoreCommand::Verify { place } => verify_store(global, *place),
        StoreCommand::Export { offline: _, file } => {
            global.remote.only_here()?;
            export(global, file)
        }
        StoreCommand::Import { offline: _, file, reason } => {
            global.remote.only_here()?;
            import(global, file, reason)
        }
    }
}

fn export(global: &Global, file: &Path) -> Result<(), Failure> {
    let settings = global.load()?.settings;
    let store = service::open_store(&settings, &settings.store.path, false)?;
    let now = Clock::System.now();
    if file == Path::new("-") {
        if io::stdout().is_terminal() {
            let what = "rows are no reading matter: redirect the output, or name a file";
            return Err(Failure::new(Exit::Usage, what));
        }
        let sums = carry::export(&store, BufWriter::new(io::stdout().lock()), now, |_| {})?;
        warn(exported(&sums).trim_end());
        return Ok(());
    }
    if file.exists() {
        let what = format!("{} is there already, and is not replaced", file.display());
        return Err(Failure::new(Exit::Usage, what));
    }
    let part = beside(file);
    let mut out = open_part(&part)?;
    let sums = carry::export(&store, BufWriter::new(&mut out), now, progress("rows"));
    let sums = sums.and_then(|sums| out.sync_all().map(|()| sums).map_err(CarryError::Write));
    let sums = match sums {
        Ok(sums) => sums,
        Err(error) => {
            std::fs::remove_file(&part)?;
            return Err(error.into());
        }
    };
    std::fs::rename(&part, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    one(global, &sums, exported)
}

fn import(global: &Global, file: &Path, reason: &str) -> Result<(), Failure> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
        let what = format!("--reason must have 1 to {REASON_BYTES_MAX} bytes");
        return Err(Failure::new(Exit::Usage, what));
    }
    let settings = global.load()?.settings;
    let path = settings.store.path.as_path();
    let options = service::store_options(&settings, true);
    let purpose = Purpose { path, options, reason };
    let imported = if file == Path::new("-") {
        service::make_parent(path);
        let input = BufReader::new(io::stdin().lock());
        carry::import(input, purpose, Bounds::default(), progress("rows in"))?
    } else {
        // What can be read twice is read to its end before anything is written.
        let open = || {
            let named = |error| Failure::new(Exit::Io, format!("{}: {error}", file.display()));
            File::open(file).map(BufReader::new).map_err(named)
        };
        carry::check(open()?, progress("rows read"))?;
        service::make_parent(path);
        let input = open()?;
        carry::import(input, purpose, Bounds::default(), progress("rows in"))?
    };
    let view = looked_at(imported)?;
    one(global, &view, shown)?;
    let sound = view.audit.sound && view.verified.sound;
    if sound { Ok(()) } else { Err(Failure::silent(Exit::Data)) }
}

fn looked_at(imported: Imported) -> Result<ImportView, Failure> {
    let Imported { store, sums, rows_before } = imported;
    let view = ImportView {
        store: store.name(),
        rows_before,
        totals: queries::totals(&store)?,
        audit_head: queries::audit_head(&store)?,
        audit: queries::verify_audit(&store, progress("batches"))?,
        verified: queries::verify_store(&store, progress("rows"))?,
        sums,
    };
    store.close()?;
    Ok(view)
}

fn exported(sums: &Sums) -> String {
    let Sums { header, sections, rows, sha256 } = sums;
    let mut all = lines(&[
        ("store", format!("{}, commit {}", header.store, header.commit)),
        ("exported", header.exported_at.to_string()),
    ]);
    for section in sections {
        all.push_str(&lines(&[(section.table, section.rows.to_string())]));
    }
    all.push_str(&lines(&[("rows", rows.to_string()), ("sha256", sha256.clone())]));
    all
}

fn shown(view: &ImportView) -> String {
    let mut all = exported(&view.sums);
    if view.rows_before > 0 {
        all.push_str(&lines(&[("resumed", format!("{} rows were in already", view.rows_before))]));
    }
    all.push_str("every row was read back from the new store and is that of the export\n\n");
    all.push_str(&lines(&[("new store", view.store.clone())]));
    for total in &view.totals {
        let TotalView { feed, currency, gross, settled, suspense, refund_due, reversed, .. } =
            total;
        let money = format!(
            "{feed} {gross} {currency}: {settled} settled, {suspense} in suspense, \
             {refund_due} due for refund, {reversed} reversed"
        );
        all.push_str(&lines(&[("money", money)]));
    }
    all.push_str(&lines(&[("audit head", view.audit_head.clone())]));
    all.push_str(&show::audit(&view.audit));
    all.push_str(&show::store(&view.verified));
    all
}

/// The name under which a file is written until it is whole.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Personal data: nobody else reads it.
fn open_part(part: &Path) -> Result<File, Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part);
    opened.map_err(|error| {
        let part = part.display();
        let cure = if error.kind() == io::ErrorKind::AlreadyExists {
            ": another export is writing it, or was ended early; remove it if none runs"
        } else {
            ""
        };
        Failure::new(Exit::Io, format!("{part}: {error}{cure}"))
    })
}

impl From<CarryError> for Failure {
    fn from(error: CarryError) -> Self {
        let exit = match &error {
            CarryError::Line { .. }
            | CarryError::Unsound(_)
            | CarryError::Table(_)
            | CarryError::OtherExport { .. }
            | CarryError::Differs(_) => Exit::Data,
            CarryError::Open(error) => of_opening(error),
            CarryError::NotEmpty(_) => Exit::Runtime,
            CarryError::Write(source) if source.kind() == io::ErrorKind::BrokenPipe => {
                return Self::new(Exit::Io, "nobody reads the export to its end");
            }
            CarryError::Read(_) | CarryError::Write(_) | CarryError::Store(_) => Exit::Io,
        };
        let cure = match &error {
            CarryError::NotEmpty(_) => {
                ". An import makes a new store: name an empty directory as store.path"
            }
            CarryError::Unsound(_) => "; see `kvit store verify --offline`",
            CarryError::Line { .. }
            | CarryError::Read(_)
            | CarryError::Write(_)
            | CarryError::Open(_)
            | CarryError::Store(_)
            | CarryError::Table(_)
            | CarryError::OtherExport { .. }
            | CarryError::Differs(_) => "",
        };
        Self::new(exit, format!("{}{cure}", chain(&error)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

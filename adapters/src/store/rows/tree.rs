//! Opening sled: on a thread of its own, because it panics on some damaged files
//! (RULES.md 3.8 S9).

use std::any::Any;
use std::io;
use std::thread;
use std::time::Duration;

use super::error::OpenError;
use super::files::{Files, failed};
use super::frame::{self, Defect};
use super::header::{Header, HeaderError};
use super::open::RowOptions;
use super::stats::Since;
use super::tally::LastCommit;
use super::{described, key};

/// The tree as it was found.
pub(super) struct Tree {
    pub(super) db: sled::Db,
    /// Header and last commit; `None` when there is no row at all.
    pub(super) begun: Option<(Header, LastCommit)>,
}

/// Why the tree was not opened, before it is known for which store.
enum TreeError {
    Sled(sled::Error),
    Format(u16),
    Frame(u8),
    Damaged(String),
}

/// How long sled may need to let go of a store that was just closed: its threads hold its lock a
/// little longer than the last handle. Kvit's own lock is ours by then.
const LET_GO: Duration = Duration::from_secs(3);

/// How sled is to open a store's files.
pub(super) fn config(files: &Files, options: &RowOptions) -> sled::Config {
    sled::Config::new()
        .path(files.dir())
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(Some(options.flush_every_ms.get()))
}

/// Opens sled's files and reads the store's own rows.
pub(super) fn open(files: &Files, config: &sled::Config) -> Result<Tree, OpenError> {
    let config = config.clone();
    let opening = thread::Builder::new()
        .name("store-open".to_owned())
        .spawn(move || look(&config))
        .map_err(failed("starting a thread for", files.dir()))?;
    match opening.join() {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(error)) => Err(error.at(files)),
        Err(panic) => Err(TreeError::Damaged(said(&*panic)).at(files)),
    }
}

fn look(config: &sled::Config) -> Result<Tree, TreeError> {
    let since = Since::now();
    let db = loop {
        match config.open() {
            Err(sled::Error::Io(error)) if is_lock(&error) && since.elapsed() < LET_GO => {
                thread::sleep(Duration::from_millis(10));
            }
            opened => break opened.map_err(TreeError::Sled)?,
        }
    };
    let first = db.iter().next().transpose().map_err(TreeError::Sled)?;
    let begun = match first {
        None => None,
        Some(_) => {
            let header = own(&db, key::HEADER, "header")?;
            let header = Header::decode(&header).map_err(|error| match error {
                HeaderError::Format(found) => TreeError::Format(found),
                HeaderError::Malformed => TreeError::Damaged("its header makes no sense".into()),
            })?;
            let commit = own(&db, key::COMMIT, "last commit")?;
            let last = LastCommit::decode(&commit)
                .ok_or_else(|| TreeError::Damaged("its last commit makes no sense".into()))?;
            Some((header, last))
        }
    };
    Ok(Tree { db, begun })
}

/// One of the store's own rows.
fn own(db: &sled::Db, stored_key: &[u8], name: &str) -> Result<Vec<u8>, TreeError> {
    let bytes = db
        .get(stored_key)
        .map_err(TreeError::Sled)?
        .ok_or_else(|| TreeError::Damaged(format!("it has rows, but its {name} is missing")))?;
    match frame::decode_whole(stored_key, &bytes) {
        Ok(payload) => Ok(payload.to_vec()),
        Err(Defect::Version(version)) => Err(TreeError::Frame(version)),
        Err(defect) => Err(TreeError::Damaged(format!("its {name} cannot be read: {defect}"))),
    }
}

impl TreeError {
    fn at(self, files: &Files) -> OpenError {
        let path = files.dir().to_owned();
        match self {
            Self::Format(found) => OpenError::Format { path, found },
            Self::Frame(version) => {
                OpenError::Incompatible { path, what: format!("its frames have version {version}") }
            }
            Self::Damaged(what) => OpenError::Damaged { path, what },
            Self::Sled(sled::Error::Unsupported(what)) => OpenError::Incompatible { path, what },
            Self::Sled(sled::Error::Io(error)) => refused(files, error),
            Self::Sled(
                error @ (sled::Error::CollectionNotFound(_)
                | sled::Error::ReportableBug(_)
                | sled::Error::Corruption { .. }),
            ) => OpenError::Damaged { path, what: described(&error) },
        }
    }
}

/// sled tells a held lock only by the text of an I/O error.
fn is_lock(error: &io::Error) -> bool {
    error.to_string().starts_with("could not acquire lock")
}

/// Some damage, too, is told only by an I/O error.
fn refused(files: &Files, error: io::Error) -> OpenError {
    let path = files.dir().to_owned();
    if is_lock(&error) {
        let holder = "a process that is not kvit, or one that is slow to close it".to_owned();
        return OpenError::Locked { path, holder };
    }
    let cut_short =
        [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput];
    if cut_short.contains(&error.kind()) {
        return OpenError::Damaged { path, what: described(&error) };
    }
    failed("opening", files.dir())(error)
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.map_or_else(
        || "reading it ended in a panic".to_owned(),
        |text| format!("reading it ended in a panic: {text}"),
    )
}

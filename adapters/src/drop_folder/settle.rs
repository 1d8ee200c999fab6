//! Moving a file away with its report.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::{DropFolder, Dropped};
use crate::crash::{self, Point};

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its rows were used, or had been before.
    Done,
    /// It was refused.
    Rejected,
}

impl End {
    /// The folder for it.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Rejected => "rejected",
        }
    }
}

/// Where a file is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Here, and its report beside it.
    Moved(PathBuf),
    /// Another file has taken its name meanwhile, which is left where it is. Only the report of
    /// the one that was read is there.
    Replaced(PathBuf),
}

impl DropFolder {
    /// Writes a file's report and moves the file beside it. The report comes first: a file that is
    /// not here any more has one.
    ///
    /// # Errors
    /// When it cannot be moved; it may be tried again.
    pub fn settle(&self, dropped: &Dropped, end: End, report: &[u8]) -> io::Result<Settled> {
        let folder = folder(&self.path, end)?;
        let to = free_name(&folder, dropped);
        let mut report_name = to.clone().into_os_string();
        report_name.push(".report.json");
        write_report(Path::new(&report_name), report)?;
        crash::reach(Point::FileReported);
        if !dropped.is_in_place() {
            return Ok(Settled::Replaced(report_name.into()));
        }
        move_new(dropped.path(), &to)?;
        crash::reach(Point::FileMoved);
        // Between the look and the move another file may have taken the name.
        let moved = std::fs::symlink_metadata(&to)?;
        if !super::Stamp::of(&moved).is_same_file(&dropped.stamp) {
            move_new(&to, dropped.path())?;
            return Ok(Settled::Replaced(report_name.into()));
        }
        let name = dropped.path().file_name().unwrap_or_default();
        if let Some(marker) = self.marker_of(name) {
            remove(&self.path.join(marker))?;
        }
        Ok(Settled::Moved(to))
    }
}

/// The folder for an end. It is made where it is missing: people tidy up, also while kvit runs.
pub(super) fn folder(path: &Path, end: End) -> io::Result<PathBuf> {
    let folder = path.join(end.folder());
    match std::fs::create_dir(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    if !std::fs::symlink_metadata(&folder)?.is_dir() {
        return Err(io::Error::other(format!("{} is no folder", folder.display())));
    }
    Ok(folder)
}

/// The file's own name, or a further one where an earlier file has that.
fn free_name(folder: &Path, dropped: &Dropped) -> PathBuf {
    let name = dropped.path().file_name().unwrap_or_default();
    let plain = folder.join(name);
    if plain.symlink_metadata().is_err() {
        return plain;
    }
    let further = |number: u32| {
        let mut further = OsStr::new(name).to_owned();
        further.push(format!("~{number}"));
        folder.join(further)
    };
    let mut number = 1;
    while further(number).symlink_metadata().is_ok() {
        number += 1;
    }
    further(number)
}

fn write_report(path: &Path, report: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(report)?;
    file.sync_data()?;
    std::fs::rename(&temporary, path)
}

/// Moves without replacing anything.
fn move_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems do not know that; the name was free a moment ago.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => std::fs::rename(from, to),
        moved => moved.map_err(io::Error::from),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

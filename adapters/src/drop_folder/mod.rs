//! A folder in which others put files: which of them are complete, in which order they come, and
//! where they go when they are done with.
//!
//! A file is taken where it lies and moved when everything about it is committed, into `done/` or
//! `rejected/` beside it, with its report. Until then it stays, so that whatever ends the process
//! in between leads to the same file being looked at again.

mod dropped;
mod scan;
mod settle;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use kvit_schemas::Moment;

pub use dropped::{Dropped, Skip};
pub use scan::Scan;
pub use settle::{End, Settled};

use dropped::Stamp;

/// How it is known that a file is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// It is written under another name or in another folder, and renamed.
    Rename,
    /// It has not changed for so many seconds.
    Stable(i64),
    /// A file of the same name with this ending lies beside it.
    Marker(String),
}

/// A folder, and what is known of the files in it.
#[derive(Debug)]
pub struct DropFolder {
    path: PathBuf,
    completion: Completion,
    /// Files that are watched for changes: how they were found, and when first so.
    watched: BTreeMap<OsString, (Stamp, Moment)>,
    /// Files that could not be taken as they were found: until when they are left alone.
    put_off: BTreeMap<OsString, (Stamp, Moment)>,
}

impl DropFolder {
    /// Opens a folder, and makes those for what is done with.
    ///
    /// # Errors
    /// When it is not there, or may not be written.
    pub fn open(path: &Path, completion: Completion) -> io::Result<Self> {
        for end in [End::Done, End::Rejected] {
            settle::folder(path, end)?;
        }
        let (watched, put_off) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { path: path.to_owned(), completion, watched, put_off })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file that a scan has found.
    ///
    /// # Errors
    /// Why it is not to be taken now.
    pub fn take(&self, name: &OsStr) -> Result<Dropped, Skip> {
        Dropped::open(&self.path, name)
    }

    /// The marker of a file, where files have markers.
    fn marker_of(&self, name: &OsStr) -> Option<OsString> {
        match &self.completion {
            Completion::Marker(suffix) => {
                let mut marker = name.to_owned();
                marker.push(suffix);
                Some(marker)
            }
            Completion::Rename | Completion::Stable(_) => None,
        }
    }
}

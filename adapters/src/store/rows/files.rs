//! The files of a store's directory, and what must be synced beside the tree.
//!
//! | name | whose | what |
//! |---|---|---|
//! | `db` | sled | the tree |
//! | `conf`, `snap.*` | sled | its parameters; a shortcut for recovery |
//! | `blobs/` | sled | overlong pages, never synced: stays empty here |
//! | `kvit.lock` | ours | who has the store open |
//! | `watermark` | ours | how far the tree was durable |

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::OpenError;

/// Where a store's files are.
#[derive(Debug, Clone)]
pub(super) struct Files {
    dir: PathBuf,
}

impl Files {
    pub(super) fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn db(&self) -> PathBuf {
        self.dir.join("db")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("kvit.lock")
    }

    pub(super) fn watermark(&self) -> PathBuf {
        self.dir.join("watermark")
    }

    /// How many files sled keeps beside its synced one.
    pub(super) fn blobs(&self) -> io::Result<u64> {
        let entries = match fs::read_dir(self.dir.join("blobs")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut files = 0;
        for entry in entries {
            entry?;
            files += 1;
        }
        Ok(files)
    }

    /// Puts the content of one file on stable storage; answers the file.
    pub(super) fn sync(&self, path: &Path) -> Result<File, OpenError> {
        let file = File::options().read(true).write(true).open(path);
        file.and_then(|file| file.sync_all().map(|()| file)).map_err(failed("syncing", path))
    }

    /// Puts the directory's names on stable storage, and its own name in the parent; sled leaves
    /// both to chance (RULES.md 3.8 S2).
    pub(super) fn sync_names(&self) -> Result<(), OpenError> {
        self.sync(&self.dir.join("conf"))?;
        let dir = fs::canonicalize(&self.dir).map_err(failed("finding", &self.dir))?;
        for dir in [Some(dir.join("blobs").as_path()), Some(&dir), dir.parent()] {
            let Some(dir) = dir else { continue };
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("syncing", dir))?;
        }
        Ok(())
    }
}

/// Turns a refusal of the operating system into an error that says what was tried.
pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Io { doing, path, source }
}

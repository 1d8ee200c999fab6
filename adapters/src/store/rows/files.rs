//! The files of a store's directory, and what must be synced beside the tree.
//!
//! | name | whose | what |
//! |---|---|---|
//! | `db` | sled | the tree |
//! | `conf`, `snap.*` | sled | its parameters; a shortcut for recovery |
//! | `blobs/` | sled | overlong pages, never synced: stays empty here |
//! | `kvit.lock` | ours | who has the store open |
//! | `watermark` | ours | how far the tree was durable |

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::OpenError;

/// The files of the table above whose names do not change.
const OURS: [&str; 5] = ["db", "conf", "blobs", "kvit.lock", "watermark"];

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

    /// The first of the store's files that belongs to another user than `ours`, and to whom.
    ///
    /// Where there are none yet it is the directory that counts, or the one it is to be made in,
    /// but only for root: others are kept away by the system, and may work in a directory that is
    /// lent to them, as a mounted volume is. Root could, and would leave files that the owner of
    /// the directory cannot open.
    pub(super) fn foreign(&self, ours: u32) -> Result<Option<(PathBuf, u32)>, OpenError> {
        let mut owned = self.present().map_err(failed("listing", &self.dir))?;
        if owned.is_empty() && ours == 0 {
            let mut places = self.dir.ancestors().take(2);
            owned.extend(places.find(|path| path.is_dir()).map(Path::to_owned));
        }
        for path in owned {
            match fs::symlink_metadata(&path) {
                Ok(found) if found.uid() == ours => {}
                Ok(found) => return Ok(Some((path, found.uid()))),
                // A daemon that runs puts another snapshot in the place of the last one.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("looking at", &path)(error)),
            }
        }
        Ok(None)
    }

    /// The store's files that are there, by name; others that lie beside them are not its own.
    fn present(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let ours = |path: &PathBuf| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            OURS.contains(&name) || name.starts_with("snap.")
        };
        let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).filter(ours).collect();
        paths.sort();
        Ok(paths)
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

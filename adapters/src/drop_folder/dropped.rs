//! One file of a drop folder, held open: whatever happens to its name, these bytes are read.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 64 * 1_024;

/// What tells one state of a file from another. Every change of its content sets the last field,
/// which nobody can set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// When its content was last changed, as its writer may have set it.
    pub(super) fn modified(&self) -> (i64, i64) {
        self.modified
    }

    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// Why a file is not taken now.
#[derive(Debug, thiserror::Error)]
pub enum Skip {
    /// Somebody has taken it away meanwhile.
    #[error("it is gone")]
    Gone,
    /// It is a link, a folder, or something else.
    #[error("it is no regular file")]
    NotAFile,
    /// It cannot be opened or read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
}

impl Skip {
    /// A stable word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::NotAFile => "not_a_file",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// A file held open.
#[derive(Debug)]
pub struct Dropped {
    file: File,
    path: PathBuf,
    name: String,
    pub(super) stamp: Stamp,
}

impl Dropped {
    pub(super) fn open(folder: &Path, name: &OsStr) -> Result<Self, Skip> {
        let path = folder.join(name);
        // Links are not followed: they may lead out of the folder. Nor is a pipe waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Err(Skip::Gone),
            Err(Errno::LOOP) => return Err(Skip::NotAFile),
            Err(error) => return Err(Skip::Unreadable(error.into())),
        };
        let metadata = file.metadata().map_err(Skip::Unreadable)?;
        if !metadata.is_file() {
            return Err(Skip::NotAFile);
        }
        let name = name.to_string_lossy().into_owned();
        Ok(Self { file, path, name, stamp: Stamp::of(&metadata) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size.
    pub fn size(&self) -> u64 {
        self.stamp.size
    }

    /// Tells this laying-down of the file from every other: the same after a restart, another
    /// when the same file is put there again.
    pub fn identity(&self) -> String {
        let Stamp { device, inode, size, changed: (seconds, nanos), .. } = self.stamp;
        format!("{}\n{device}\n{inode}\n{size}\n{seconds}.{nanos:09}", self.name)
    }

    /// Its bytes, from the beginning; several readers do not disturb each other.
    pub fn reader(&self) -> impl BufRead + '_ {
        BufReader::with_capacity(BUFFER_BYTES, At { file: &self.file, offset: 0 })
    }

    /// True while nobody has written to it since it was opened.
    pub fn is_unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|now| Stamp::of(&now) == self.stamp)
    }

    /// True while its name is still its own.
    pub(super) fn is_in_place(&self) -> bool {
        let found = std::fs::symlink_metadata(&self.path);
        found.is_ok_and(|found| Stamp::of(&found).is_same_file(&self.stamp))
    }
}

/// Reads at a place of its own.
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset = self.offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

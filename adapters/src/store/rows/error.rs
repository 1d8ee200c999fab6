//! What can go wrong with rows, commits and opening.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::CommitSeq;
use super::frame::Defect;
use super::header::{FORMAT, StoreId};
use super::key::Key;

/// Why a row cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// What is stored is not what was written. Other rows can still be read.
    #[error("row {key} is damaged: {defect}")]
    Damaged {
        /// The caller's key.
        key: Key,
        /// What is wrong.
        defect: Defect,
    },
    /// The tree could not be read at all.
    #[error("reading the store")]
    Read(#[source] sled::Error),
}

/// Why a commit failed. After all but [`StoreError::Row`] the store takes no further commit: what
/// the disk holds is unknown until the store is opened again (RULES.md 3.8 S1).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row the batch replaces or removes is damaged. Nothing was written.
    #[error("applying a batch")]
    Row(#[from] RowError),
    /// The batch could not be written.
    #[error("applying a batch")]
    Write(#[source] sled::Error),
    /// Applied batches could not be handed to the kernel.
    #[error("flushing the store")]
    Flush(#[source] sled::Error),
    /// Applied batches could not be put on stable storage.
    #[error("syncing the store's file")]
    Sync(#[source] io::Error),
    /// The watermark could not be written.
    #[error("writing the store's watermark")]
    Watermark(#[source] io::Error),
    /// An earlier commit failed.
    #[error("the store takes no commits since an earlier one failed: {0}")]
    Poisoned(String),
}

/// What a store may have forgotten of what it once held durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LostTail {
    /// The commits after `stored`, up to `synced`, are gone.
    #[error("the last commit is {stored}, but {synced} was once on stable storage")]
    Behind {
        /// Number of the last commit that is there.
        stored: CommitSeq,
        /// Number of the last commit known to have been durable.
        synced: CommitSeq,
    },
    /// There are commits but no watermark to compare them with.
    #[error("the watermark is missing, so nobody can say whether commits are lost")]
    NoWatermark,
    /// The watermark's file is damaged.
    #[error("the watermark is unreadable, so nobody can say whether commits are lost")]
    BadWatermark,
}

/// Why a store was not opened. Nothing was deleted or repaired, with one exception that cannot be
/// prevented from here: sled, in opening, overwrites what lies behind the first place of its log
/// that it cannot read, as it must after a torn write.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open, or this one has, elsewhere.
    #[error("store {path} is in use by {holder}")]
    Locked {
        /// The store's directory.
        path: PathBuf,
        /// Who has it, in its own words.
        holder: String,
    },
    /// There is none, and the caller did not want a new one.
    #[error("there is no store at {path}")]
    Absent {
        /// The store's directory.
        path: PathBuf,
    },
    /// It was written by a version of kvit with another format.
    #[error("store {path} has format {found}, this program reads format {FORMAT}")]
    Format {
        /// The store's directory.
        path: PathBuf,
        /// The format it has.
        found: u16,
    },
    /// Its files were written by another version of sled, or with other parameters.
    #[error("store {path} was written by an incompatible version: {what}")]
    Incompatible {
        /// The store's directory.
        path: PathBuf,
        /// What sled says.
        what: String,
    },
    /// Its files make no sense.
    #[error("store {path} is damaged: {what}")]
    Damaged {
        /// The store's directory.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// Commits that were durable are gone, or may be.
    #[error("store {path} has been rolled back")]
    LostTail {
        /// The store's directory.
        path: PathBuf,
        /// What is known of the loss.
        #[source]
        tail: LostTail,
    },
    /// The tree and the watermark are of different stores.
    #[error("store {path} is {store}, its watermark is of store {watermark}")]
    Mixed {
        /// The store's directory.
        path: PathBuf,
        /// The tree's id.
        store: StoreId,
        /// The watermark's id.
        watermark: StoreId,
    },
    /// An import into it was never finished.
    #[error("store {path} is only partly imported")]
    HalfImported {
        /// The store's directory.
        path: PathBuf,
    },
    /// It is another user's: what this process left there, its owner could not open.
    #[error("{path} belongs to the user with the uid {owner}, and this process has the uid {ours}")]
    Foreign {
        /// The file, or the directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who wanted to open it.
        ours: u32,
    },
    /// The operating system refused something.
    #[error("{doing} {path}")]
    Io {
        /// What was being tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The refusal.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    /// What happened, what led to it, and on a line of its own what to do.
    pub fn told(&self) -> String {
        let sources = std::iter::successors(self.source(), |&error| error.source());
        let what = sources.fold(self.to_string(), |text, source| format!("{text}: {source}"));
        format!("{what}\n{}", self.advice())
    }

    /// What the operator can do, in whole sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Locked { .. } => {
                "Only one process can have the store open. Stop the one named, or ask the running \
                 daemon instead of opening its store."
            }
            Self::Absent { .. } => {
                "Check the path in the settings. The daemon creates the store when it first starts."
            }
            Self::Format { .. } | Self::Incompatible { .. } => {
                "The store was left as it is. Export it with the version that wrote it \
                 (`kvit store export`) and import it with this one (`kvit store import`)."
            }
            Self::Damaged { .. } | Self::Mixed { .. } => {
                "Do not try again: sled overwrites what lies behind the first place it cannot \
                 read. First copy the whole directory elsewhere, or keep the volume's snapshot if \
                 there is one. Check the disk and the kernel's log. Then import the last backup \
                 into an empty directory (`kvit store import`), start the daemon on it, and ask \
                 the portal and the banks to send again what came since: what is known already \
                 is recognised as a duplicate."
            }
            Self::LostTail { .. } => {
                "Messages of the lost commits were acknowledged and will not come again by \
                 themselves. If an older copy was restored, put the newer one back. Otherwise \
                 copy the whole directory elsewhere, check the disk, and import the last backup \
                 into an empty directory (`kvit store import`); then ask the portal and the banks \
                 to send again what came since: what is known already is recognised as a duplicate."
            }
            Self::HalfImported { .. } => {
                "Finish it: run `kvit store import` with the same file again, and it goes on where \
                 it ended. To import another file, remove the directory first: nothing but the \
                 import has written to it."
            }
            Self::Foreign { .. } => {
                "Run the command as the user whose daemon has the store, as in `runuser -u kvit -- \
                 kvit …`. Files that somebody else left there keep the daemon from starting: give \
                 them back with `chown -R kvit:` and the store's directory, while the daemon is \
                 stopped."
            }
            Self::Io { .. } => {
                "Check that the directory exists, belongs to the user kvit runs as, and that its \
                 file system is writable and has free space."
            }
        }
    }
}

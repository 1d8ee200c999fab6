//! The lock: one process at a time has the store open, and says who it is.
//!
//! The kernel holds the lock and drops it with the process, however that ends. The file's text is
//! only for people: a text without a lock means nothing. It stands beside sled's own lock because
//! that one cannot name its holder (RULES.md 3.8 S8).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another holds it: who, in its own words.
    Held(String),
    Io(io::Error),
}

impl Lock {
    /// Takes the lock, or says who has it; never waits.
    pub(super) fn take(path: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        sign(&mut file).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap_or_else(|_| "an unknown host".to_owned());
    file.set_len(0)?;
    write!(file, "process {} on {}", std::process::id(), host.trim())
}

/// The holder may be between truncating and writing, or write nonsense: then it has no name.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(200).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        Ok(_) | Err(_) => "a process that did not leave its name".to_owned(),
    }
}

//! Hostile bytes for every decoder of kvit.
//!
//! A [`Target`] is a decoder with what must hold whatever it is given: it panics where that does
//! not hold. The tests of this crate run each target over its kept seeds and a number of mutations
//! of them; `make fuzz` runs the same targets with guidance by coverage.

mod mutator;
mod targets;

use std::io;
use std::path::PathBuf;

pub use mutator::Mutator;
pub use targets::TARGETS;

/// A decoder under fire.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of the folder with its seeds.
    pub name: &'static str,
    /// Gives it an input. Panics where it does what it must not.
    pub run: fn(&[u8]),
    /// The longest input that is tried, in bytes.
    pub bytes_max: usize,
    /// The most memory it may take meanwhile.
    pub memory: Memory,
    /// Mutations tried by the tests.
    pub runs: u32,
    /// Words of its language, put in by mutations.
    pub words: &'static [&'static str],
}

/// What an input may cost in memory at most.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Bytes that any input may cost.
    pub fixed: usize,
    /// Bytes for each byte of the input.
    pub per_byte: usize,
}

impl Memory {
    /// The most for an input of so many bytes.
    pub fn most(self, input: usize) -> usize {
        self.fixed + self.per_byte * input
    }
}

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Where its seeds are kept.
    pub fn folder(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("seeds").join(self.name)
    }

    /// Its seeds in the order of their names.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn seeds(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let entries = std::fs::read_dir(self.folder())?.collect::<io::Result<Vec<_>>>()?;
        let mut paths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
        paths.sort();
        let seed = |path: PathBuf| Ok((path.display().to_string(), std::fs::read(path)?));
        paths.into_iter().map(seed).collect()
    }
}

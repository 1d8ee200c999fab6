//! The bytes of a file, in memory or on disk.

use std::io::{self, BufRead};
use std::sync::Arc;

use kvit_adapters::drop_folder::Dropped;
use kvit_schemas::hex;
use sha2::{Digest, Sha256};

use super::read::{Judged, Unusable, judge};
use crate::settings::Feed;

/// The bytes of a file.
#[derive(Debug, Clone)]
pub enum FileContent {
    /// They came as a message.
    Message(Arc<Vec<u8>>),
    /// They lie in a drop folder, and are read from there each time.
    Dropped {
        /// The file.
        file: Arc<Dropped>,
        /// Its SHA-256, hexadecimal; empty before it was read once.
        sha256: String,
    },
}

impl FileContent {
    /// A file that came as a message.
    pub fn of_message(bytes: Vec<u8>) -> Self {
        Self::Message(Arc::new(bytes))
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        match self {
            Self::Message(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Dropped { file, .. } => file.size(),
        }
    }

    /// True for one of a drop folder.
    pub fn is_dropped(&self) -> bool {
        matches!(self, Self::Dropped { .. })
    }

    /// False when somebody has written to the file since it was opened.
    pub(super) fn is_unchanged(&self) -> bool {
        match self {
            Self::Message(_) => true,
            Self::Dropped { file, .. } => file.is_unchanged(),
        }
    }

    pub(super) fn reader(&self) -> Box<dyn BufRead + '_> {
        match self {
            Self::Message(bytes) => Box::new(bytes.as_slice()),
            Self::Dropped { file, .. } => Box::new(file.reader()),
        }
    }

    /// Its SHA-256, where nothing else is to be known.
    pub(super) fn sha256(&self) -> io::Result<String> {
        let mut source = Hashing { source: self.reader(), digest: Sha256::new() };
        io::copy(&mut source, &mut io::sink())?;
        Ok(hex::encode(&source.digest.finalize()))
    }

    /// Reads the file to its end: its SHA-256 and what it is worth.
    ///
    /// # Errors
    /// When it cannot be read, or was written to meanwhile: it is to be looked at again.
    pub(super) fn look(&self, name: &str, settings: &Feed) -> io::Result<Look> {
        let mut source = Hashing { source: self.reader(), digest: Sha256::new() };
        let judged = match judge(&mut source, name, settings) {
            Err(Unusable::Unread(error)) => return Err(error),
            Err(Unusable::Refused(refused)) => Err(refused),
            Ok(judged) => Ok(judged),
        };
        // A file that was refused early has not been read to its end.
        io::copy(&mut source, &mut io::sink())?;
        if !self.is_unchanged() {
            return Err(io::Error::other("it was written to while it was read"));
        }
        Ok(Look { sha256: hex::encode(&source.digest.finalize()), judged })
    }
}

/// What a first reading found.
pub(super) struct Look {
    pub(super) sha256: String,
    pub(super) judged: Result<Judged, crate::pipeline::intake::Refused>,
}

/// A source whose bytes are hashed as they are used.
struct Hashing<R> {
    source: R,
    digest: Sha256,
}

impl<R: BufRead> io::Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Hashing<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, used: usize) {
        // What was filled before is still there: nothing is read for this.
        if let Ok(buffer) = self.source.fill_buf() {
            self.digest.update(&buffer[..used.min(buffer.len())]);
        }
        self.source.consume(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_hashed_is_all_that_was_used_however_it_was_read() {
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        let source = io::BufReader::with_capacity(64, bytes.as_slice());
        let mut hashing = Hashing { source, digest: Sha256::new() };
        let mut line = Vec::new();
        hashing.read_until(b'\n', &mut line).unwrap();
        hashing.read_exact(&mut [0; 7]).unwrap();
        hashing.fill_buf().unwrap();
        hashing.consume(3);
        io::copy(&mut hashing, &mut io::sink()).unwrap();
        assert_eq!(hashing.digest.finalize(), Sha256::digest(&bytes));
    }
}

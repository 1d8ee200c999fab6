//! The header: what a store says about itself.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use kvit_schemas::Moment;

/// The version of the store's format that this program reads and writes.
pub const FORMAT: u16 = 4;

/// A store's name: random bits, so that files of two stores are never taken for each other's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub(super) u64);

/// The row a store begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Version of the store's format.
    pub format: u16,
    /// The store's name.
    pub id: StoreId,
    /// When the store was created.
    pub created_at: Moment,
}

/// Why bytes are no header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    /// Written by a program that knows another format.
    Format(u16),
    /// Not what any program wrote.
    Malformed,
}

impl StoreId {
    /// A new name, from the operating system's randomness.
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = [0; 8];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(u64::from_be_bytes(bytes)))
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Header {
    /// Format, id, microseconds of creation; big-endian.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(18);
        bytes.extend_from_slice(&self.format.to_be_bytes());
        bytes.extend_from_slice(&self.id.0.to_be_bytes());
        bytes.extend_from_slice(&self.created_at.micros().to_be_bytes());
        bytes
    }

    /// Reads the format first: what follows it is only known for this program's own.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let (format, rest) = bytes.split_first_chunk().ok_or(HeaderError::Malformed)?;
        let format = u16::from_be_bytes(*format);
        if format != FORMAT {
            return Err(HeaderError::Format(format));
        }
        let (id, rest) = rest.split_first_chunk().ok_or(HeaderError::Malformed)?;
        let micros = rest.try_into().map_err(|_| HeaderError::Malformed)?;
        let created_at =
            Moment::from_micros(i64::from_be_bytes(micros)).ok_or(HeaderError::Malformed)?;
        Ok(Self { format, id: StoreId(u64::from_be_bytes(*id)), created_at })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_another_format_named() {
        let created_at = "2026-03-05T10:15:00+03:00".parse().unwrap();
        let header = Header { format: FORMAT, id: StoreId(0xfeed), created_at };
        assert_eq!(Header::decode(&header.encode()), Ok(header));
        assert_eq!(header.id.to_string(), "000000000000feed");

        let later = Header { format: FORMAT + 1, ..header }.encode();
        assert_eq!(Header::decode(&later[..2]), Err(HeaderError::Format(FORMAT + 1)));
        assert_eq!(Header::decode(&header.encode()[..17]), Err(HeaderError::Malformed));
    }
}

//! The lines of an export, and the sums kept along them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvit_schemas::{Moment, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::Fault;
use crate::store::rows::{KEY_BYTES_MAX, VALUE_BYTES_MAX};

/// What an export begins with.
pub(super) const MAGIC: &str = "kvit-store-export";
/// The version of the format.
pub(super) const VERSION: &str = "1";

/// Longest line: key, value, checksum, and what stands between them.
pub(super) const LINE_BYTES_MAX: usize = 2 * KEY_BYTES_MAX + VALUE_BYTES_MAX.div_ceil(3) * 4 + 16;

/// Where an export comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of kvit that wrote it.
    pub kvit: String,
    /// The name of the store.
    pub store: String,
    /// The store's last commit.
    pub commit: u64,
    /// When it was written.
    pub exported_at: Moment,
}

/// The rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What is in them.
    pub table: &'static str,
    /// How many.
    pub rows: u64,
    /// SHA-256 of their lines, in hexadecimal.
    pub sha256: String,
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Where it comes from.
    pub header: Header,
    /// Its sections.
    pub sections: Vec<Section>,
    /// Rows of all of them.
    pub rows: u64,
    /// SHA-256 of all lines before the last, in hexadecimal.
    pub sha256: String,
}

/// A section between its first line and its last.
pub(super) struct Open {
    pub(super) letter: u8,
    pub(super) table: &'static str,
    rows: u64,
    digest: Sha256,
    checksum: u32,
}

impl Open {
    pub(super) fn new(letter: u8, table: &'static str) -> Self {
        Self { letter, table, rows: 0, digest: Sha256::new(), checksum: 0 }
    }

    /// Takes a line in that is sound.
    fn take(&mut self, line: &[u8], checksum: u32) {
        self.rows += 1;
        self.digest.update(line);
        self.checksum = checksum;
    }

    /// The line of a row.
    pub(super) fn write(&mut self, key: &[u8], value: &[u8]) -> String {
        let mut line = hex::encode(key);
        line.push(' ');
        STANDARD.encode_string(value, &mut line);
        let checksum = crc32c::crc32c_append(self.checksum, line.as_bytes());
        line.push_str(&format!(" {checksum:08x}\n"));
        self.take(line.as_bytes(), checksum);
        line
    }

    /// The row of a line, which ends with its line feed.
    pub(super) fn read(&mut self, line: &str) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        const NO_ROW: Fault = Fault::Unexpected("this is no row");
        let text = line.strip_suffix('\n').ok_or(Fault::Short)?;
        let (row, stated) = text.rsplit_once(' ').ok_or(NO_ROW)?;
        let checksum = crc32c::crc32c_append(self.checksum, row.as_bytes());
        if format!("{checksum:08x}") != stated {
            return Err(Fault::Checksum);
        }
        let (key, value) = row.split_once(' ').ok_or(NO_ROW)?;
        let key = hex::decode(key).ok_or(Fault::Row("the key is not hexadecimal"))?;
        if key.first() != Some(&self.letter) {
            return Err(Fault::Row("the key belongs to another section"));
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(Fault::Row("the key is too long"));
        }
        let value = STANDARD.decode(value).map_err(|_| Fault::Row("the value is not base64"))?;
        if value.len() > VALUE_BYTES_MAX {
            return Err(Fault::Row("the value is too long"));
        }
        self.take(line.as_bytes(), checksum);
        Ok((key, value))
    }

    pub(super) fn close(self) -> Section {
        let sha256 = hex::encode(&self.digest.finalize());
        Section { table: self.table, rows: self.rows, sha256 }
    }
}

pub(super) fn header(header: &Header) -> String {
    // A header holds nothing that JSON cannot spell.
    let json = serde_json::to_string(header).unwrap_or_default();
    format!("{MAGIC} {VERSION} {json}\n")
}

pub(super) fn read_header(line: &str) -> Result<Header, Fault> {
    let rest = line.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(' '));
    let (version, json) = rest.and_then(|rest| rest.split_once(' ')).ok_or(Fault::Foreign)?;
    if version != VERSION {
        return Err(Fault::Version(version.chars().take(20).collect()));
    }
    let json = json.strip_suffix('\n').ok_or(Fault::Short)?;
    serde_json::from_str(json).map_err(|error| Fault::Header(error.to_string()))
}

pub(super) fn begin(section: &Open) -> String {
    format!("section {} {}\n", char::from(section.letter), section.table)
}

pub(super) fn end(letter: u8, section: &Section) -> String {
    format!("end {} {} {}\n", char::from(letter), section.rows, section.sha256)
}

pub(super) fn total(sums: &Sums) -> String {
    format!("total {} {} {}\n", sums.sections.len(), sums.rows, sums.sha256)
}

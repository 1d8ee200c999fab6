//! What lies in a case's or payment's row before the record itself: which payments the case has,
//! and where its story stands in the audit log. As rows of their own these would be most of the
//! store's rows, and a row costs more than its bytes.

use kvit_schemas::hex;
use kvit_schemas::record::Seq;
use serde::{Deserialize, Serialize};

use super::{StoreError, keys};

/// Longest part of a story in the row; what is older lies in rows of its own.
pub(super) const STORY_MAX: usize = 64;

/// A line of the audit log: its commit, and its place there.
pub(super) type Place = (u64, u16);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beside {
    /// The payments of a case.
    pub(super) payments: Vec<Seq>,
    /// The newest lines of the story, oldest first.
    pub(super) story: Vec<Place>,
}

/// True for rows that have this.
pub(super) fn is_in(key: &[u8]) -> bool {
    matches!(key.first(), Some(&(keys::CASE | keys::PAYMENT)))
}

/// The value of such a row.
pub(super) fn join(beside: &Beside, record: &[u8]) -> Vec<u8> {
    match postcard::to_extend(beside, Vec::with_capacity(record.len() + 64)) {
        Ok(mut value) => {
            value.extend_from_slice(record);
            value
        }
        Err(error) => unreachable!("numbers can be spelled: {error}"),
    }
}

/// The parts of such a row.
pub(super) fn split<'a>(key: &[u8], value: &'a [u8]) -> Result<(Beside, &'a [u8]), StoreError> {
    postcard::take_from_bytes(value)
        .map_err(|error| StoreError::Record { key: hex::encode(key), why: error.to_string() })
}

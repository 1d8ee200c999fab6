//! Records as bytes: a version, then the fields in their order.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StoreError, beside};

/// The version of all records. A change of any record is a new one, read by an upgrade.
const VERSION: u8 = 1;

pub(super) fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    // Records hold nothing that postcard cannot spell; a test writes each of them.
    match postcard::to_extend(record, vec![VERSION]) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("a record could not be spelled: {error}"),
    }
}

pub(super) fn decode<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<T, StoreError> {
    let unreadable = |why: String| StoreError::Record { key: kvit_schemas::hex::encode(key), why };
    let record = if beside::is_in(key) { beside::split(key, bytes)?.1 } else { bytes };
    match record.split_first() {
        Some((&VERSION, fields)) => {
            postcard::from_bytes(fields).map_err(|error| unreadable(error.to_string()))
        }
        Some((other, _)) => Err(unreadable(format!("record version {other} is not known"))),
        None => Err(unreadable("the row is empty".to_owned())),
    }
}

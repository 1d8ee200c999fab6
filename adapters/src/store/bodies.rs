//! Kept bodies. Long ones have rows of their own; the short ones of sixteen running numbers lie in
//! one row, because a row costs more than its bytes. In it, for each body: the last digit of its
//! number to the base of sixteen, the length in two bytes, and the body.

use std::collections::BTreeMap;

use kvit_schemas::hex;
use kvit_schemas::record::Seq;

use super::{StoreError, Tables, keys};

/// Longest body that lies with others.
pub(super) const SHORT_BYTES_MAX: usize = 1_000;

/// The short bodies of a row.
pub(super) type Row = BTreeMap<u8, Vec<u8>>;

/// The place of a number in its row.
pub(super) fn place(seq: Seq) -> u8 {
    u8::try_from(seq.0 % keys::BODIES_IN_ROW).unwrap_or_default()
}

pub(super) fn write(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(row.values().map(|body| body.len() + 3).sum());
    for (place, body) in row {
        bytes.push(*place);
        bytes.extend_from_slice(&u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(body);
    }
    bytes
}

pub(super) fn read(key: &[u8], bytes: &[u8]) -> Result<Row, StoreError> {
    let mut row = Row::new();
    each(key, bytes, |place, body| drop(row.insert(place, body.to_vec())))?;
    Ok(row)
}

/// A body, wherever it is kept.
pub(super) fn kept(
    tables: &(impl Tables + ?Sized),
    seq: Seq,
) -> Result<Option<Vec<u8>>, StoreError> {
    let key = keys::bodies(seq);
    let mut found = None;
    if let Some(row) = tables.get(&key)? {
        let own = place(seq);
        each(&key, &row, |place, body| {
            if place == own {
                found = Some(body.to_vec());
            }
        })?;
    }
    match found {
        Some(body) => Ok(Some(body)),
        None => tables.get(&keys::numbered(keys::BODY, seq)),
    }
}

fn each(key: &[u8], mut rest: &[u8], mut take: impl FnMut(u8, &[u8])) -> Result<(), StoreError> {
    while !rest.is_empty() {
        let Some((place, body, after)) = first(rest) else {
            let why = "a body is cut short".to_owned();
            return Err(StoreError::Record { key: hex::encode(key), why });
        };
        take(place, body);
        rest = after;
    }
    Ok(())
}

fn first(row: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (place, rest) = row.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (body, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((*place, body, rest))
}

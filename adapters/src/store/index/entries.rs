//! Entries side by side in a row: the name, the length of the value in four bytes, the value.

use kvit_schemas::hex;

use super::{Entries, Name, StoreError};

const HEAD_BYTES: usize = 20;

/// Adds an entry to a row.
pub(super) fn write(row: &mut Vec<u8>, (name, value): (&Name, &[u8])) {
    row.extend_from_slice(name);
    // No value comes near: a row's longest is 64 MiB.
    row.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    row.extend_from_slice(value);
}

/// Rows of about so many bytes.
pub(super) fn packed(entries: &Entries, bytes: usize) -> Vec<Vec<u8>> {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    for (name, value) in entries {
        match rows.last_mut() {
            Some(row) if row.len() + HEAD_BYTES + value.len() <= bytes => write(row, (name, value)),
            Some(_) | None => {
                let mut row = Vec::with_capacity(bytes);
                write(&mut row, (name, value));
                rows.push(row);
            }
        }
    }
    rows
}

/// The entries of a row.
pub(super) fn read<'a>(
    key: &'a [u8],
    mut rest: &'a [u8],
) -> impl Iterator<Item = Result<(&'a Name, &'a [u8]), StoreError>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((name, value, after)) = first(rest) else {
            rest = &[];
            let why = "an entry is cut short".to_owned();
            return Some(Err(StoreError::Record { key: hex::encode(key), why }));
        };
        rest = after;
        Some(Ok((name, value)))
    })
}

fn first(row: &[u8]) -> Option<(&Name, &[u8], &[u8])> {
    let (name, rest) = row.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (value, rest) = rest.split_at_checked(length)?;
    Some((name, value, rest))
}

//! Makes a message's properties as short as was agreed on with the broker.
//!
//! A message must end the same way however often it comes, and the contract knows few headers: what
//! kvit reads of a message stays, to the byte, and the others give way. So a message that would be
//! applied is applied, and one that would be refused is refused with the same code.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use super::walk::Walk;
use super::{BARE_CONTENT, DEPTH_MAX};
use crate::amqp::delivery::{HEADER_BYTES_MAX, HEADERS_READ};

/// A text is cut to this length: a character that is cut in two makes no difference to what is read
/// of the header.
const TEXT_BYTES: usize = HEADER_BYTES_MAX + 4;
/// Type and length before the bytes of a text.
const TEXT_HEAD: usize = 5;

/// Content type and encoding stand before the headers.
const BEFORE_HEADERS: [u8; 2] = [15, 14];
const HEADERS: u8 = 13;

/// Where a header is in the payload, and how much of it stays.
struct Member {
    at: Range<usize>,
    /// Where its value begins, with its type.
    value: usize,
    kept: usize,
    /// What kvit reads goes last.
    is_read: bool,
}

/// The payload of a header frame that can be read, with so much less in its headers that it has at
/// most so many bytes. `None`: headers are not what makes it long.
pub(super) fn shorten(payload: &mut [u8], most: usize) -> Option<Vec<u8>> {
    let (table, mut members) = members(payload)?;
    let mut excess = payload.len().saturating_sub(most);
    let mut cut = 0_usize;
    for member in &mut members {
        let longest = member.value - member.at.start + TEXT_HEAD + TEXT_BYTES;
        if member.at.len() > longest && payload.get(member.value) == Some(&b'S') {
            excess = excess.saturating_sub(member.at.len() - longest);
            (member.kept, cut) = (longest, cut + 1);
        }
    }
    members.sort_by_key(|member| (member.is_read, Reverse(member.kept)));
    let mut left_out = 0_usize;
    for member in &mut members {
        if excess == 0 {
            break;
        }
        excess = excess.saturating_sub(member.kept);
        (member.kept, left_out) = (0, left_out + 1);
    }
    if excess > 0 {
        return None;
    }
    members.sort_by_key(|member| member.at.start);
    tracing::warn!(
        bytes = payload.len(),
        most,
        cut,
        left_out,
        "a message has longer properties than was agreed on; some headers are shortened"
    );
    with(payload, table, &members)
}

/// The headers, and from where to where their table is, without its length.
fn members(payload: &mut [u8]) -> Option<(Range<usize>, Vec<Member>)> {
    let mut walk = Walk::new(payload, BARE_CONTENT - 2);
    let flags = walk.number(2)?;
    for _ in BEFORE_HEADERS.iter().filter(|&bit| flags & (1 << bit) != 0) {
        walk.short()?;
    }
    if flags & (1 << HEADERS) == 0 {
        return None;
    }
    let length = walk.number(4)?;
    let table = walk.at..walk.at + length;
    let mut members = Vec::new();
    while walk.at < table.end {
        let from = walk.at;
        walk.short()?;
        let value = walk.at;
        walk.value(DEPTH_MAX)?;
        members.push(Member { at: from..walk.at, value, kept: walk.at - from, is_read: false });
    }
    // Of several with one name the last counts.
    let mut seen = BTreeSet::new();
    for member in members.iter_mut().rev() {
        let name = str::from_utf8(payload.get(member.at.start + 1..member.value)?).ok()?;
        let read = HEADERS_READ.into_iter().find(|read| *read == name);
        member.is_read = read.is_some_and(|read| seen.insert(read));
    }
    Some((table, members))
}

/// The payload with what is kept of its headers.
fn with(payload: &[u8], table: Range<usize>, members: &[Member]) -> Option<Vec<u8>> {
    let length: usize = members.iter().map(|member| member.kept).sum();
    let mut out = payload.get(..table.start.checked_sub(4)?)?.to_vec();
    out.extend(u32::try_from(length).ok()?.to_be_bytes());
    for member in members {
        let from = out.len();
        out.extend(payload.get(member.at.start..member.at.start + member.kept)?);
        if (1..member.at.len()).contains(&member.kept) {
            let head = from + member.value - member.at.start;
            let text = u32::try_from(TEXT_BYTES).ok()?.to_be_bytes();
            out.get_mut(head + 1..head + TEXT_HEAD)?.copy_from_slice(&text);
        }
    }
    out.extend(payload.get(table.end..)?);
    Some(out)
}

//! Field 61, the statement line: `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]` and what banks make of it
//! (FEEDS.md D 17). Only its first line; what follows on others is for its reader.

use crate::feeds::error::{Fault, RowFault};

/// What the debit/credit mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mark {
    /// `C`.
    Credit,
    /// `D`.
    Debit,
    /// `RC`: a credit taken back, so money from us.
    CreditReversed,
    /// `RD`: a debit taken back, so money to us that is no payment.
    DebitReversed,
    /// `EC`, of MT942.
    CreditExpected,
    /// `ED`, of MT942.
    DebitExpected,
}

/// The parts of a statement line, as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting<'a> {
    /// `YYMMDD`, which may be no day.
    pub(super) value_date: &'a [u8],
    /// `MMDD`, which may be no day.
    pub(super) entry_date: Option<&'a [u8]>,
    pub(super) mark: Mark,
    pub(super) amount: &'a [u8],
    /// The reference for the account's owner, trimmed; may be empty.
    pub(super) owner: &'a [u8],
    /// The bank's reference behind `//`, trimmed; may be empty.
    pub(super) bank: &'a [u8],
    /// What stands behind the sixteen characters of the owner's reference: a name (Rabobank).
    pub(super) beside: &'a [u8],
}

/// The length of the owner's reference.
const OWNER_CHARS: usize = 16;

impl<'a> Posting<'a> {
    pub(super) fn read(line: &'a [u8]) -> Result<Self, Fault> {
        let (value_date, rest) = take_digits(line, 6)
            .ok_or_else(|| Fault::new(RowFault::Date, "field 61 does not begin with a date"))?;
        let (entry_date, rest) = match take_digits(rest, 4) {
            Some((date, rest)) => (Some(date), rest),
            None => (None, rest),
        };
        let (mark, rest) = mark(rest.trim_ascii_start()).ok_or_else(|| {
            Fault::new(RowFault::Direction, "field 61 has no debit or credit mark")
        })?;
        let rest = rest.trim_ascii_start();
        let length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b',' | b'.'));
        let (amount, rest) = rest.split_at(length.count());
        if amount.is_empty() {
            return Err(Fault::new(RowFault::Amount, "field 61 has no amount"));
        }
        // A line that ends in its amount was cut there, and the amount may be cut, too.
        if rest.trim_ascii().is_empty() {
            return Err(Fault::new(RowFault::Unterminated, "field 61 ends behind its amount"));
        }
        let (owner, beside, bank) = references(behind_type(rest.trim_ascii_start()));
        Ok(Self { value_date, entry_date, mark, amount, owner, bank, beside })
    }
}

fn take_digits(text: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
    digits.iter().all(u8::is_ascii_digit).then_some((digits, rest))
}

/// The mark, and behind it a letter of the currency (`CR`, `DK`) that may be there.
fn mark(text: &[u8]) -> Option<(Mark, &[u8])> {
    let (mark, rest) = match text {
        [b'R', b'C', rest @ ..] => (Mark::CreditReversed, rest),
        [b'R', b'D', rest @ ..] => (Mark::DebitReversed, rest),
        [b'E', b'C', rest @ ..] => (Mark::CreditExpected, rest),
        [b'E', b'D', rest @ ..] => (Mark::DebitExpected, rest),
        [b'C', rest @ ..] => (Mark::Credit, rest),
        [b'D', rest @ ..] => (Mark::Debit, rest),
        _ => return None,
    };
    match rest {
        [letter, rest @ ..] if letter.is_ascii_alphabetic() => Some((mark, rest)),
        _ => Some((mark, rest)),
    }
}

/// The references behind the type of the transaction. The standard's types begin with `N`, `F` or
/// `S`, those of some banks with any letter, and some give none.
fn behind_type(rest: &[u8]) -> &[u8] {
    let is_code = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    match rest {
        [b'N' | b'F' | b'S', _, _, _, names @ ..] if !rest.starts_with(b"NONREF") => names,
        [b'N' | b'/', ..] => rest,
        [b'A'..=b'Z', code @ ..] if code.get(..3).is_some_and(|code| code.iter().all(is_code)) => {
            &code[3..]
        }
        _ => &[],
    }
}

/// The owner's reference, what stands beside it, and the bank's reference.
fn references(names: &[u8]) -> (&[u8], &[u8], &[u8]) {
    if let Some(at) = names.windows(2).position(|pair| pair == b"//") {
        return (names[..at].trim_ascii(), b"", names[at + 2..].trim_ascii());
    }
    match names.split_at_checked(OWNER_CHARS) {
        Some((owner, beside)) if owner.ends_with(b" ") => {
            (owner.trim_ascii(), beside.trim_ascii(), b"")
        }
        Some(_) | None => (names.trim_ascii(), b"", b""),
    }
}

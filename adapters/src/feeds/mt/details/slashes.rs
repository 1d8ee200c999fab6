//! The dialect of words between slashes, `/ORDP//NAME/…/REMI/…/EREF/…`: that of SWIFT's own
//! narrative codes and of Dutch banks.

use super::{CREDITOR_MAX, Found, add};

/// The length of the longest word.
const WORD_BYTES_MAX: usize = 9;

/// What stands behind a word.
#[derive(Clone, Copy)]
enum Part {
    /// Text before the first word.
    Before,
    Remittance,
    EndToEnd,
    Customer,
    CreditorReference,
    Name,
    Account,
    /// With the bank behind a comma.
    AccountAndBank,
    Counterparty,
    Party,
    Text,
    Booking,
    /// Mandates, codes, dates, charges.
    Other,
}

/// The part that a word begins. Words that are not here are text: `/INV/1511682351`.
fn part(word: &[u8]) -> Option<Part> {
    Some(match word {
        b"REMI" => Part::Remittance,
        b"EREF" => Part::EndToEnd,
        b"CREF" => Part::Customer,
        b"CDTRREF" => Part::CreditorReference,
        b"NAME" => Part::Name,
        b"IBAN" | b"BBAN" | b"ACNO" | b"ACCT" => Part::Account,
        b"ACCW" => Part::AccountAndBank,
        b"CNTP" => Part::Counterparty,
        b"ORDP" | b"ORDRP" | b"BENM" => Part::Party,
        b"TXT" | b"SUMM" => Part::Text,
        b"BAI" | b"RTRN" | b"RETN" => Part::Booking,
        b"ACC" | b"ADDR" | b"BIC" | b"BREF" | b"CDTRREFTP" | b"CHGS" | b"CHRG" | b"CSID"
        | b"EXCH" | b"ID" | b"IREF" | b"ISDT" | b"MARF" | b"MREF" | b"NREF" | b"OCMT" | b"PREF"
        | b"PURP" | b"RCMT" | b"RREF" | b"RTYP" | b"SVCL" | b"TRCD" | b"TRTP" | b"UCRD"
        | b"UDTR" | b"ULTB" | b"ULTC" | b"ULTD" | b"ULTDR" => Part::Other,
        _ => return None,
    })
}

/// True for a text that begins with such a word, known or not.
pub(super) fn begins(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('/') else { return false };
    let length = rest.bytes().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit()).count();
    (2..=9).contains(&length) && rest.as_bytes().get(length) == Some(&b'/')
}

/// The part that begins at a slash, and where its text does.
fn part_at(text: &str, slash: usize) -> Option<(Part, usize)> {
    let rest = &text.as_bytes()[slash + 1..];
    let length = rest.iter().take(WORD_BYTES_MAX + 2).position(|&byte| byte == b'/')?;
    let word = &rest[..length];
    let part = part(word).or_else(|| part(&unfolded(word)?))?;
    Some((part, slash + length + 2))
}

/// A word without the end of the line that cut it: some banks fold at other lengths than 65.
fn unfolded(word: &[u8]) -> Option<Vec<u8>> {
    let at = word.iter().position(|&byte| byte == b'\n').filter(|&at| at > 0)?;
    Some([&word[..at], &word[at + 1..]].concat())
}

pub(super) fn read(text: &str, found: &mut Found) {
    let (mut part, mut start) = (Part::Before, 0);
    let mut from = 0;
    while let Some(skipped) = memchr::memchr(b'/', &text.as_bytes()[from..]) {
        let slash = from + skipped;
        match part_at(text, slash) {
            Some((next, next_start)) => {
                take(part, &text[start..slash], found);
                (part, start) = (next, next_start);
                from = next_start;
            }
            None => from = slash + 1,
        }
    }
    take(part, &text[start..], found);
}

fn take(part: Part, text: &str, found: &mut Found) {
    let value = text.trim().trim_matches('/').trim();
    match part {
        Part::Before => found.add_line(text),
        Part::Remittance => remittance(value, found),
        Part::EndToEnd => first(&mut found.end_to_end, value),
        Part::Customer => first(&mut found.customer, value),
        Part::CreditorReference => creditor(value, found),
        Part::Name => first(&mut found.name, value),
        Part::Account => first(&mut found.account, value),
        Part::AccountAndBank => {
            first(&mut found.account, value.split(',').next().unwrap_or("").trim());
        }
        Part::Counterparty => counterparty(value, found),
        Part::Party => party(value, found),
        Part::Text => found.add_line(value),
        Part::Booking => add(&mut found.booking, " ", value),
        Part::Other => {}
    }
}

fn first(known: &mut String, value: &str) {
    if known.is_empty() {
        known.push_str(value);
    }
}

/// `USTD//text`, `STRD/CUR/reference` (ING), or the text as it is.
fn remittance(value: &str, found: &mut Found) {
    if let Some(text) = value.strip_prefix("USTD/") {
        found.add_line(text.trim_matches('/'));
    } else if let Some(structured) = value.strip_prefix("STRD/") {
        creditor(structured.rsplit('/').next().unwrap_or(structured), found);
    } else {
        found.add_line(value);
    }
}

fn creditor(value: &str, found: &mut Found) {
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    if !value.is_empty() && found.creditor.len() < CREDITOR_MAX {
        found.creditor.push(value);
    }
}

/// `account/BIC/name/city`.
fn counterparty(value: &str, found: &mut Found) {
    let mut parts = value.split('/');
    first(&mut found.account, parts.next().unwrap_or("").trim());
    first(&mut found.name, parts.nth(1).unwrap_or("").trim());
}

/// A name, or an account and the name on the next line; further lines are text.
fn party(value: &str, found: &mut Found) {
    let mut lines = value.split('\n').map(|line| line.trim().trim_start_matches('/'));
    let mut line = lines.next().unwrap_or("");
    if is_account(line) {
        first(&mut found.account, line);
        line = lines.next().unwrap_or("");
    }
    first(&mut found.name, line);
    for line in lines {
        found.add_line(line);
    }
}

/// Digits, or an IBAN.
fn is_account(text: &str) -> bool {
    let bare = text.bytes().filter(|byte| *byte != b' ');
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
    plain && bare.clone().count() >= 8 && bare.filter(u8::is_ascii_digit).count() >= 8
}

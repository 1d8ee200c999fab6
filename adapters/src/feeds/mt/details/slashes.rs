//! The dialect of words between slashes, `/ORDP//NAME/…/REMI/…/EREF/…`: that of SWIFT's own
//! narrative codes and of Dutch banks.

use super::{CREDITOR_MAX, Found, add};

/// The words that begin a part. Others are text: `/INV/1511682351`.
const WORDS: [&str; 43] = [
    "ACC",
    "ACCT",
    "ACNO",
    "ADDR",
    "BAI",
    "BENM",
    "BIC",
    "CDTRREF",
    "CDTRREFTP",
    "CHGS",
    "CNTP",
    "CREF",
    "CSID",
    "EREF",
    "EXCH",
    "IBAN",
    "ID",
    "IREF",
    "ISDT",
    "MARF",
    "MREF",
    "NAME",
    "NREF",
    "OCMT",
    "ORDP",
    "ORDRP",
    "PREF",
    "PURP",
    "REMI",
    "RETN",
    "RTRN",
    "SUMM",
    "SVCL",
    "TRCD",
    "TRTP",
    "TXT",
    "UCRD",
    "UDTR",
    "ULTB",
    "ULTC",
    "ULTD",
    "ULTDR",
    "BREF",
];

/// True for a text that begins with such a word, known or not.
pub(super) fn begins(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('/') else { return false };
    let length = rest.bytes().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit()).count();
    (2..=9).contains(&length) && rest.as_bytes().get(length) == Some(&b'/')
}

/// The known word that begins at a slash, and where its part's text begins.
fn word_at(text: &str, slash: usize) -> Option<(&'static str, usize)> {
    let bytes = text.as_bytes();
    let rest = &bytes[slash + 1..];
    let length = rest.iter().take(10).position(|&byte| byte == b'/')?;
    let word = WORDS.into_iter().find(|word| word.as_bytes() == &rest[..length])?;
    Some((word, slash + length + 2))
}

pub(super) fn read(text: &str, found: &mut Found) {
    let mut part = ("", 0);
    let mut from = 0;
    while let Some(skipped) = memchr::memchr(b'/', &text.as_bytes()[from..]) {
        let slash = from + skipped;
        match word_at(text, slash) {
            Some(next) => {
                take(part.0, &text[part.1..slash], found);
                part = next;
                // The slash behind a word may begin the next one.
                from = part.1;
            }
            None => from = slash + 1,
        }
    }
    take(part.0, &text[part.1..], found);
}

fn take(word: &str, text: &str, found: &mut Found) {
    let value = text.trim().trim_matches('/').trim();
    match word {
        "" => found.add_line(text),
        "REMI" => remittance(value, found),
        "EREF" => first(&mut found.end_to_end, value),
        "CREF" => first(&mut found.customer, value),
        "CDTRREF" => creditor(value, found),
        "NAME" => first(&mut found.name, value),
        "IBAN" | "ACNO" | "ACCT" => first(&mut found.account, value),
        "CNTP" => counterparty(value, found),
        "ORDP" | "ORDRP" | "BENM" => party(value, found),
        "TXT" | "SUMM" => found.add_line(value),
        "BAI" | "RTRN" | "RETN" => add(&mut found.booking, " ", value),
        _ => {}
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

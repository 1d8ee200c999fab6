//! What the numbered subfields of a text mean: 20 to 29 and 60 to 65 are text, 30, 31 and 38 the
//! other side's bank and account, 32 and 33 its name.

use super::subfields::Subfields;
use super::{Found, add};

/// The length of a subfield that was filled to its end, and of what may be one in wider dialects.
const FULL: usize = 27;
const FULL_WIDE: usize = 35;

/// Where Polish banks put the other side's account, with its owner in the three behind it, as they
/// did before there were subfields for both.
const ACCOUNT_IN_TEXT: u8 = 26;

/// The fewest digits that are taken for an account or a bank's number.
const NUMBER_DIGITS_MIN: usize = 6;

/// The first byte of what a byte FF is decoded to.
const FILLER_BYTE: u8 = 0xc3;

pub(super) fn read(parts: Subfields<'_>, found: &mut Found) {
    let all = parts.clone();
    let mut filled = false;
    let mut name_filled = false;
    let mut iban = "";
    // Behind the other side's account stands its owner.
    let mut owner = false;
    for (number, text) in parts {
        match number {
            0 => add(&mut found.booking, " ", text),
            20..=29 | 60..=65 => {
                // Only the ends of lines are no part of the text.
                let ends = text.starts_with('\n') || text.ends_with('\n');
                let text = if ends { text.trim_matches('\n') } else { text };
                // Few texts need more than a look at their first byte and their last.
                match text.as_bytes() {
                    [FILLER_BYTE, ..] if is_filler(text) => {}
                    [b'0'..=b'9', .., b'0'..=b'9' | b' ']
                        if number < 30 && is_repeated(text, &all) =>
                    {
                        owner = number == ACCOUNT_IN_TEXT;
                    }
                    _ if owner && number < 30 => found.on_behalf.push_str(text),
                    _ => {
                        join(&mut found.text, text, filled);
                        filled = is_full(text);
                    }
                }
            }
            31 => add(&mut found.account, "", text),
            32 | 33 if text.as_bytes().first() == Some(&FILLER_BYTE) && is_filler(text) => {}
            32 | 33 => {
                add(&mut found.name, if name_filled { "" } else { " " }, text);
                name_filled = is_full(text);
            }
            38 => iban = text,
            // What no bank's list names is shown rather than lost.
            35..=37 | 40..=59 | 66.. => found.add_line(text),
            // Codes of the booking, of the other bank and of its reasons.
            1..=19 | 30 | 34 | 39 => {}
        }
    }
    if !iban.trim().is_empty() {
        found.account = iban.trim().to_owned();
    }
    if all.has_text_in_booking() {
        let booking = std::mem::take(&mut found.booking);
        found.add_line(&booking);
    }
    if found.is_empty() {
        own_numbers(&all, found);
    }
}

/// Some Russian banks count from 01 on: names, accounts and the text, of which nothing tells which
/// is which. The sign between them keeps the digits of one from those of the next.
#[cold]
fn own_numbers(all: &Subfields<'_>, found: &mut Found) {
    for (number, text) in all.clone() {
        if (1..=19).contains(&number) {
            add(&mut found.text, "; ", text);
        }
    }
}

/// True for a subfield of bytes FF, with which the mainframe of a Polish bank fills empty ones.
fn is_filler(text: &str) -> bool {
    text.trim_matches(['\u{ff}', ' ', '\n']).is_empty()
}

/// True when other subfields name this number as the other side's account: as 38, or as 30 and 31,
/// the bank and the account there, behind the two digits that check them.
///
/// Polish banks write the number among the text, too, where it would join a digit before it.
#[cold]
fn is_repeated(number: &str, all: &Subfields<'_>) -> bool {
    let number = number.trim();
    if !is_number(number) {
        return false;
    }
    let (mut bank, mut account) = ("", "");
    for (at, text) in all.clone() {
        match at {
            30 => bank = text.trim(),
            31 => account = text.trim(),
            38 if number.bytes().eq(text.bytes().filter(u8::is_ascii_digit)) => return true,
            _ => {}
        }
    }
    let local = number.strip_suffix(account).and_then(|rest| rest.strip_suffix(bank));
    is_number(account) && is_number(bank) && local.is_some_and(|check| check.len() <= 2)
}

/// True for digits that may be an account's or a bank's.
fn is_number(text: &str) -> bool {
    text.len() >= NUMBER_DIGITS_MIN && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_full(text: &str) -> bool {
    if text.len() < FULL {
        return false;
    }
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    length == FULL || length >= FULL_WIDE
}

/// Adds a part of the text. A subfield that was filled to its end was cut there, in the middle of
/// a word or not; next to digits the cut stays a line feed, across which the digits of an order
/// code are joined and a letter does not touch them.
fn join(text: &mut String, part: &str, filled: bool) {
    let (Some(before), Some(after)) = (text.chars().next_back(), part.chars().next()) else {
        text.push_str(part);
        return;
    };
    let word = filled && before.is_alphabetic() && after.is_alphabetic();
    let key = part.as_bytes().get(4) == Some(&b'+');
    let space = before == ' ' || after == ' ';
    if key || !(word || (filled && space)) {
        text.push('\n');
    }
    text.push_str(part);
}

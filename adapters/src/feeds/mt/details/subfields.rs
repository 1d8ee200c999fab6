//! The dialect of numbered subfields, `166?00GUTSCHRIFT?20EREF+…?32NAME`: that of German banks,
//! used with other separators elsewhere (`~20`, `<20`, `>20`, `^20`).

use super::{Found, add};

/// The signs that begin a subfield in one dialect or another.
const SEPARATORS: [u8; 5] = [b'?', b'^', b'<', b'~', b'>'];

/// The longest text before the first subfield: a code of the booking.
const PREFIX_BYTES_MAX: usize = 5;

/// The length of a subfield that was filled to its end, and of what may be one in wider dialects.
const FULL: usize = 27;
const FULL_WIDE: usize = 35;

/// Where Polish banks put the other side's account, with its owner in the three behind it, as they
/// did before there were subfields for both.
const ACCOUNT_IN_TEXT: u8 = 26;

/// The fewest digits that are taken for an account or a bank's number.
const ACCOUNT_DIGITS_MIN: usize = 6;

/// The subfields of a text.
#[derive(Clone)]
pub(super) struct Subfields<'a> {
    text: &'a str,
    separator: u8,
    /// The number of the next and where its text begins.
    next: Option<(u8, usize)>,
}

impl<'a> Subfields<'a> {
    /// The subfields, if the text is made of them.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let first = bytes
            .iter()
            .take(PREFIX_BYTES_MAX + 1)
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace()))?;
        let separator = bytes[first];
        if !SEPARATORS.contains(&separator) {
            return None;
        }
        let next = number_at(bytes, first + 1)?;
        Some(Self { text, separator, next: Some(next) })
    }
}

/// The text behind a line of its own for the code of the booking, where the code is repeated: some
/// Polish banks write `152 0`, or `020 PRZELEW`, in a field 86 before that of the subfields.
pub(super) fn behind_code(text: &str) -> &str {
    let Some((first, rest)) = text.split_once('\n') else { return text };
    let is_code = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit());
    match first.get(..3).filter(|code| is_code(code)) {
        Some(code) if rest.starts_with(code) && Subfields::of(rest).is_some() => rest,
        Some(_) | None => text,
    }
}

impl Subfields<'_> {
    /// True when the subfields to come name this number as the other side's account: as 38, or as
    /// 30 and 31, the bank and the account there, behind the two digits that check them.
    ///
    /// Polish banks write the number among the text, too, where it would join a digit before it.
    fn repeats_account(self, number: &str) -> bool {
        let (mut bank, mut account) = ("", "");
        for (at, text) in self {
            match at {
                30 => bank = text.trim(),
                31 => account = text.trim(),
                38 if same_digits(number, text) => return true,
                _ => {}
            }
        }
        let local = number.trim().strip_suffix(account).and_then(|rest| rest.strip_suffix(bank));
        is_number(account) && is_number(bank) && local.is_some_and(|check| check.len() <= 2)
    }
}

/// True for the same digits without the country before them.
fn same_digits(number: &str, iban: &str) -> bool {
    let digits = iban.bytes().filter(u8::is_ascii_digit);
    number.trim().bytes().eq(digits)
}

impl<'a> Iterator for Subfields<'a> {
    type Item = (u8, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (number, start) = self.next.take()?;
        let bytes = self.text.as_bytes();
        let mut from = start;
        while let Some(skipped) = memchr::memchr(self.separator, &bytes[from..]) {
            let at = from + skipped;
            self.next = number_at(bytes, at + 1);
            if self.next.is_some() {
                return Some((number, &self.text[start..at]));
            }
            from = at + 1;
        }
        Some((number, &self.text[start..]))
    }
}

/// Two digits, which the end of a line may cut, and where they end.
fn number_at(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    if let Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) = bytes.get(at..at + 2) {
        return Some(((tens - b'0') * 10 + (ones - b'0'), at + 2));
    }
    let digit = |at: usize| {
        let at = at + usize::from(bytes.get(at) == Some(&b'\n'));
        let byte = bytes.get(at).filter(|byte| byte.is_ascii_digit())?;
        Some((byte - b'0', at + 1))
    };
    let (tens, at) = digit(at)?;
    let (ones, at) = digit(at)?;
    Some((tens * 10 + ones, at))
}

pub(super) fn read(mut parts: Subfields<'_>, found: &mut Found) {
    let mut filled = false;
    let mut name_filled = false;
    let mut iban = "";
    // Behind the other side's account stands its owner.
    let mut owner = false;
    while let Some((number, text)) = parts.next() {
        match number {
            20..=29 if is_number(text) && parts.clone().repeats_account(text) => {
                owner = number == ACCOUNT_IN_TEXT;
            }
            27..=29 if owner => found.on_behalf.push_str(text.trim_matches('\n')),
            0 => add(&mut found.booking, " ", text),
            20..=29 | 60..=65 => {
                // Only the ends of lines are no part of the text.
                let ends = text.starts_with('\n') || text.ends_with('\n');
                let text = if ends { text.trim_matches('\n') } else { text };
                join(&mut found.text, text, filled);
                filled = is_full(text);
            }
            31 => add(&mut found.account, "", text),
            32 | 33 => {
                add(&mut found.name, if name_filled { "" } else { " " }, text);
                name_filled = is_full(text);
            }
            38 => iban = text,
            // What no bank's list names is shown rather than lost.
            40..=59 | 66.. => found.add_line(text),
            // Codes of the booking, of the other bank and of its reasons.
            1..=19 | 30 | 34..=37 | 39 => {}
        }
    }
    if !iban.trim().is_empty() {
        found.account = iban.trim().to_owned();
    }
}

/// True for digits that may be an account's.
fn is_number(text: &str) -> bool {
    let bare = text.trim();
    bare.len() >= ACCOUNT_DIGITS_MIN && bare.bytes().all(|byte| byte.is_ascii_digit())
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

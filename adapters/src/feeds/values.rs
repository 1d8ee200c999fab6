//! Numbers, amounts and times as feed files write them: ASCII digits only, never floats.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use kvit_schemas::{Currency, Day, Moment, Money};

use super::error::{Fault, RowFault};
use super::totals::Balance;

/// The most digits behind a decimal separator that are looked at; real files have five at most.
const FRACTION_DIGITS_MAX: usize = 10;

/// What stands before a payer's number.
const PREFIXES: [&str; 6] = ["УНП", "УНН", "ИНН", "UNP", "UNN", "INN"];

/// How many characters a payer's number has.
const PAYER_NUMBER_CHARS_MIN: usize = 9;
const PAYER_NUMBER_CHARS_MAX: usize = 12;

/// Reads an amount with a dot or a comma. Digits beyond the currency's minor ones must be zeros;
/// a number without a separator is refused unless it is zero or the currency has no minor
/// digits, since sources disagree on what it would mean (DOMAIN.md 1.4).
pub(super) fn amount(field: &str, text: &str, currency: Currency) -> Result<Money, Fault> {
    plain_amount(trimmed(text), currency)
        .ok_or_else(|| Fault::value(RowFault::Amount, field, text.trim()))
}

fn plain_amount(text: &str, currency: Currency) -> Option<Money> {
    let minor = currency.minor_digits();
    let bytes = text.as_bytes();
    let (whole, fraction) = match bytes.iter().position(|byte| matches!(byte, b'.' | b',')) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None if minor == 0 || bytes.iter().all(|byte| *byte == b'0') => (bytes, &bytes[..0]),
        None => return None,
    };
    let is_written = whole.len() == bytes.len() || !fraction.is_empty();
    if !is_written || fraction.len() > FRACTION_DIGITS_MAX {
        return None;
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(minor));
    if !beyond.iter().all(|byte| *byte == b'0') {
        return None;
    }
    if !(1..=Money::INTEGER_DIGITS_MAX).contains(&whole.len()) {
        return None;
    }
    let mut units = 0_i64;
    for byte in whole.iter().chain(kept) {
        units = units * 10 + i64::from(digit(*byte)?);
    }
    for _ in kept.len()..minor {
        units *= 10;
    }
    Money::new(units, currency)
}

fn digit(byte: u8) -> Option<u8> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(digit)
}

/// Reads a balance: an amount that may have a minus before it.
pub(super) fn balance(text: &str, currency: Currency) -> Option<Balance> {
    let text = text.trim();
    let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
    let minor = plain_amount(digits, currency)?.minor() * sign;
    Some(Balance { minor, currency })
}

/// Reads a currency by its ISO 4217 number or letters.
pub(super) fn currency(text: &str) -> Option<Currency> {
    match number(text) {
        Some(code) if text.len() == 3 => Currency::from_numeric(u16::try_from(code).ok()?),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

/// Reads 1 to 9 ASCII digits.
pub(super) fn number(text: &str) -> Option<u32> {
    if (1..=9).contains(&text.len()) { digits(text.as_bytes()) } else { None }
}

/// Reads ASCII digits, 9 at most.
fn digits(text: &[u8]) -> Option<u32> {
    let mut number = 0;
    for byte in text {
        number = number * 10 + u32::from(digit(*byte)?);
    }
    Some(number)
}

/// True for what ERIP writes as a time: fourteen digits.
pub(super) fn is_stamp(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads `yyyyMMddHHmmss`, by Minsk's clocks (DOMAIN.md 1.2).
pub(super) fn stamp(text: &str) -> Option<Moment> {
    if !is_stamp(text) {
        return None;
    }
    let text = text.as_bytes();
    let part = |range: Range<usize>| digits(&text[range]);
    let date = NaiveDate::from_ymd_opt(i32::try_from(part(0..4)?).ok()?, part(4..6)?, part(6..8)?)?;
    let time = NaiveTime::from_hms_opt(part(8..10)?, part(10..12)?, part(12..14)?)?;
    Moment::from_minsk(NaiveDateTime::new(date, time))
}

/// Reads `dd.mm.yyyy` or `dd/mm/yyyy`, and what follows it after spaces.
pub(super) fn day_and_rest(text: &str) -> Option<(Day, &str)> {
    let (date, rest) = trimmed(text).split_at_checked(10)?;
    let &[d1, d2, b'.' | b'/', m1, m2, b'.' | b'/', ref year @ ..] = date.as_bytes() else {
        return None;
    };
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let day = Day::new(i32::try_from(digits(year)?).ok()?, digits(&[m1, m2])?, digits(&[d1, d2])?)?;
    Some((day, trimmed(rest)))
}

/// Reads `hh:mm` or `hh:mm:ss` of a day, by Minsk's clocks.
pub(super) fn time_of(day: Day, text: &str) -> Option<Moment> {
    let (hour, minute, second) = match *trimmed(text).as_bytes() {
        [h1, h2, b':', m1, m2] => ([h1, h2], [m1, m2], [b'0'; 2]),
        [h1, h2, b':', m1, m2, b':', s1, s2] => ([h1, h2], [m1, m2], [s1, s2]),
        _ => return None,
    };
    let time = NaiveTime::from_hms_opt(digits(&hour)?, digits(&minute)?, digits(&second)?)?;
    Moment::from_minsk(day.date().and_time(time))
}

/// The text without the space around it.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    // Most values begin and end with a figure, a letter of ASCII, or one of these alphabets,
    // which have two bytes in UTF-8.
    let bytes = text.as_bytes();
    let begins = matches!(bytes, [] | [b'!'..=b'~' | 0xd0 | 0xd1, ..]);
    let ends = matches!(bytes, [] | [.., b'!'..=b'~'] | [.., 0xd0 | 0xd1, _]);
    if begins && ends { text } else { text.trim() }
}

/// The text without the space around it, unless nothing is left.
pub(super) fn filled(text: &str) -> Option<&str> {
    Some(trimmed(text)).filter(|text| !text.is_empty())
}

/// [`filled`], owned.
pub(super) fn owned(text: &str) -> Option<String> {
    filled(text).map(str::to_owned)
}

/// The number of a payer within text such as `УНП191234567` or `UNP platelshchika:190000021`:
/// nine to twelve characters, at least the last seven of them digits; letters that only look
/// Latin are made so (DOMAIN.md 2.4).
pub(super) fn payer_number(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain && (PAYER_NUMBER_CHARS_MIN..=PAYER_NUMBER_CHARS_MAX).contains(&text.len()) {
        return text.bytes().any(|byte| byte != b'0').then(|| text.to_owned());
    }
    // Behind the payer's number may stand that of his registration, which has as many digits.
    let is_reason = |word: &str| word.starts_with("KPP") || word.starts_with("КПП");
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.take_while(|word| !is_reason(word)).find_map(|word| {
        let bare = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
        let digits = bare.bytes().rev().take_while(u8::is_ascii_digit).count();
        if digits < 7 || bare.chars().nth(PAYER_NUMBER_CHARS_MAX).is_some() {
            return None;
        }
        let number: String = bare.chars().map(latin).collect();
        let is_one = number.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && number.len() >= PAYER_NUMBER_CHARS_MIN
            && number.bytes().any(|byte| byte != b'0');
        is_one.then_some(number)
    })
}

fn latin(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    const PAIRS: [(char, char); 10] = [
        ('А', 'A'),
        ('В', 'B'),
        ('Е', 'E'),
        ('К', 'K'),
        ('М', 'M'),
        ('Н', 'H'),
        ('О', 'O'),
        ('Р', 'P'),
        ('С', 'C'),
        ('Т', 'T'),
    ];
    PAIRS.into_iter().find(|(cyrillic, _)| *cyrillic == c).map_or(c, |(_, latin)| latin)
}

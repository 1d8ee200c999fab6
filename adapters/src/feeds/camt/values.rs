//! Values as ISO 20022 writes them: decimals, dates, times and texts of XML Schema.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use kvit_schemas::{Currency, Day, Moment, Money};

use crate::feeds::error::{Fault, RowFault};

/// What stands in a reference that must be there and was not given.
const NOT_GIVEN: [&str; 6] =
    ["NOTPROVIDED", "NOT PROVIDED", "NOT-PROVIDED", "NONREF", "NOTAVAILABLE", "NOT AVAILABLE"];

/// The most digits behind the point that are looked at; XML Schema allows five.
const FRACTION_DIGITS_MAX: usize = 17;

/// A currency and its number of minor digits, which take a search to find: files have one or two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) currency: Currency,
    digits: usize,
}

impl Unit {
    pub(super) fn of(currency: Currency) -> Self {
        Self { currency, digits: currency.minor_digits() }
    }

    /// Reads an amount of this currency.
    pub(super) fn money(self, field: &str, text: &str) -> Result<Money, Fault> {
        let text = text.trim();
        decimal(text, self.digits)
            .and_then(|minor| Money::new(minor, self.currency))
            .ok_or_else(|| Fault::value(RowFault::Amount, field, text))
    }
}

/// Reads `xs:decimal` that is not negative, such as `45.00`, `50` or `.72`, in units of its
/// `digits`-th decimal. Further digits must be zeros.
fn decimal(text: &str, digits: usize) -> Option<i64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let sized = whole.len() <= Money::INTEGER_DIGITS_MAX && fraction.len() <= FRACTION_DIGITS_MAX;
    if whole.len() + fraction.len() == 0 || !sized {
        return None;
    }
    let (kept, beyond) = fraction.as_bytes().split_at(fraction.len().min(digits));
    if beyond.iter().any(|&byte| byte != b'0') {
        return None;
    }
    let mut minor = 0_i64;
    for &byte in whole.as_bytes().iter().chain(kept) {
        minor = minor * 10 + i64::from(digit(byte)?);
    }
    for _ in kept.len()..digits {
        minor *= 10;
    }
    Some(minor)
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// Reads the day of a date or a time, as the bank's own clocks have it: what follows the date is
/// not looked at, times are often odd and never needed (FEEDS.md D 12).
pub(super) fn day(text: &str) -> Option<Day> {
    let (date, rest) = text.trim().split_at_checked(10)?;
    if !(rest.is_empty() || rest.starts_with(['T', 't', ' ', 'Z', '+', '-'])) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| {
        date.as_bytes()[range]
            .iter()
            .try_fold(0_u32, |sum, &byte| Some(sum * 10 + u32::from(digit(byte)?)))
    };
    if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
        return None;
    }
    let year = i32::try_from(part(0..4)?).ok()?;
    Day::from_date(NaiveDate::from_ymd_opt(year, part(5..7)?, part(8..10)?)?)
}

/// Reads a time; without an offset it is by Minsk's clocks, like all times here (DOMAIN.md 1.2).
pub(super) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Moment::from_micros(moment.timestamp_micros());
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Moment::from_minsk(local)
}

/// The text without the space around it: control characters are shown as the replacement
/// character, a fold with the indentation of what follows it is one line feed.
pub(super) fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    // 0xc2 begins the control characters beyond ASCII, among others.
    if !text.bytes().any(|byte| byte < 0x20 || byte == 0x7f || byte == 0xc2) {
        return Some(text.to_owned());
    }
    let mut shown = String::with_capacity(text.len());
    let mut folded = false;
    for c in text.chars() {
        match c {
            '\r' | '\n' => {
                shown.truncate(shown.trim_end_matches([' ', '\n']).len());
                shown.push('\n');
                folded = true;
            }
            ' ' | '\t' if folded => {}
            '\t' => shown.push(' '),
            c => {
                folded = false;
                shown.push(if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
            }
        }
    }
    Some(shown)
}

/// A reference that was given: not the words that stand for none.
pub(super) fn reference(text: &str) -> Option<String> {
    clean(text).filter(|text| !NOT_GIVEN.iter().any(|none| text.eq_ignore_ascii_case(none)))
}

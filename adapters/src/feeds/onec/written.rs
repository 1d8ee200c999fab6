//! Amounts and dates as exchanges write them.

use kvit_schemas::{Currency, Day, Money};

use crate::feeds::totals::Balance;
use crate::feeds::values::{amount, balance, day_and_rest, number};

/// An amount: `700`, `1052.98`, `1,5`, `1 052,98`. A number without a separator is in whole units:
/// the standard knows no other (FEEDS.md D 20).
pub(super) fn money_in(text: &str, currency: Currency) -> Option<Money> {
    amount("", &plain(text)?, currency).ok()
}

/// A balance, which may be below zero.
pub(super) fn balance_in(text: &str, currency: Currency) -> Option<Balance> {
    balance(&plain(text)?, currency)
}

/// The number without spaces between thousands, with a separator.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let at = text.find(['.', ',']).unwrap_or(text.len());
    let (whole, fraction) = text.split_at(at);
    let mut groups = whole.split([' ', '\u{a0}', '\u{2009}', '\u{202f}']);
    let mut plain = groups.next()?.to_owned();
    for group in groups {
        if group.len() != 3 || plain.trim_start_matches('-').is_empty() {
            return None;
        }
        plain.push_str(group);
    }
    plain.push_str(if fraction.is_empty() { ".0" } else { fraction });
    Some(plain)
}

/// Reads a date: `dd.mm.yyyy`, also with a time behind it, or `yyyy-mm-dd`. `Some(None)` when
/// nothing is filled in: programs write an empty date as `  .  .    ` or in zeros.
pub(super) fn day(text: &str) -> Option<Option<Day>> {
    let text = text.trim();
    if text.chars().all(|c| matches!(c, ' ' | '.' | '/' | '-' | '0' | ':')) {
        return Some(None);
    }
    day_and_rest(text).map(|(day, _)| day).or_else(|| iso_day(text)).map(Some)
}

fn iso_day(text: &str) -> Option<Day> {
    let date = text.get(..10)?;
    let rest = &text[10..];
    if !(rest.is_empty() || rest.starts_with(['T', ' '])) {
        return None;
    }
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    Day::new(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?)
}

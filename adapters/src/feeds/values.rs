//! Numbers, amounts and times as feed files write them: ASCII digits only, never floats.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use kvit_schemas::{Currency, Day, Moment, Money};

use super::error::{Fault, RowFault};
use super::totals::Balance;

/// The most digits behind a decimal separator that are looked at; real files have five at most.
const FRACTION_DIGITS_MAX: usize = 10;

/// Reads an amount with a dot or a comma. Digits beyond the currency's minor ones must be zeros;
/// a number without a separator is refused unless it is zero or the currency has no minor
/// digits, since sources disagree on what it would mean (DOMAIN.md 1.4).
pub(super) fn amount(field: &str, text: &str, currency: Currency) -> Result<Money, Fault> {
    plain_amount(text.trim(), currency)
        .ok_or_else(|| Fault::value(RowFault::Amount, field, text.trim()))
}

fn plain_amount(text: &str, currency: Currency) -> Option<Money> {
    let minor = currency.minor_digits();
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((_, fraction)) if !(1..=FRACTION_DIGITS_MAX).contains(&fraction.len()) => return None,
        Some(parts) => parts,
        None if minor == 0 || text.bytes().all(|byte| byte == b'0') => (text, ""),
        None => return None,
    };
    let (kept, beyond) = fraction.split_at_checked(fraction.len().min(minor))?;
    if !beyond.bytes().all(|byte| byte == b'0') {
        return None;
    }
    if !(1..=Money::INTEGER_DIGITS_MAX).contains(&whole.len()) {
        return None;
    }
    let digits = whole.bytes().chain(kept.bytes());
    let padding = std::iter::repeat_n(b'0', minor - kept.len());
    let minor = digits.chain(padding).try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
    })?;
    Money::new(minor, currency)
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
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
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
    let part = |range| text.get(range).and_then(number);
    let date = NaiveDate::from_ymd_opt(i32::try_from(part(0..4)?).ok()?, part(4..6)?, part(6..8)?)?;
    let time = NaiveTime::from_hms_opt(part(8..10)?, part(10..12)?, part(12..14)?)?;
    Moment::from_minsk(NaiveDateTime::new(date, time))
}

/// Reads `dd.mm.yyyy` or `dd/mm/yyyy`, and what follows it after spaces.
pub(super) fn day_and_rest(text: &str) -> Option<(Day, &str)> {
    let (date, rest) = text.trim().split_at_checked(10)?;
    let mut parts = date.split(['.', '/']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (day.len(), month.len()) != (2, 2) {
        return None;
    }
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let day = Day::new(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?)?;
    Some((day, rest.trim()))
}

/// Reads `hh:mm` or `hh:mm:ss` of a day, by Minsk's clocks.
pub(super) fn time_of(day: Day, text: &str) -> Option<Moment> {
    let mut parts = text.trim().split(':').map(|part| number(part).filter(|_| part.len() == 2));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    Moment::from_minsk(day.date().and_time(time))
}

/// The text without the space around it, unless nothing is left.
pub(super) fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// [`filled`], owned.
pub(super) fn owned(text: &str) -> Option<String> {
    filled(text).map(str::to_owned)
}

/// The number of a payer within text such as `УНП191234567` or `UNP platelshchika:190000021`:
/// nine to twelve characters, at least the last seven of them digits; letters that only look
/// Latin are made so (DOMAIN.md 2.4).
pub(super) fn payer_number(text: &str) -> Option<String> {
    let prefixes = ["УНП", "УНН", "ИНН", "UNP", "UNN", "INN"];
    text.split(|c: char| !c.is_alphanumeric()).find_map(|word| {
        let bare = prefixes.iter().find_map(|prefix| word.strip_prefix(prefix));
        let number: String = bare.unwrap_or(word).chars().map(latin).collect();
        let digits = number.bytes().rev().take_while(u8::is_ascii_digit).count();
        let shaped = number.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && (9..=12).contains(&number.len())
            && digits >= 7
            && number.bytes().any(|byte| byte != b'0');
        shaped.then_some(number)
    })
}

fn latin(c: char) -> char {
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

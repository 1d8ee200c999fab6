//! Amounts, balances and days as MT940 writes them: `C091001DKK1579323,50`, `EUR0,`, `2009040904`.

use kvit_schemas::{Currency, Day, Money};

use crate::feeds::totals::Balance;

/// What is nearer than this in its own year is nearest there.
const DAYS_NEAR: i64 = 180;

/// A currency and its number of minor digits, looked up once a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) currency: Currency,
    digits: usize,
}

/// The most digits behind the comma that are looked at.
const FRACTION_DIGITS_MAX: usize = 10;

impl Unit {
    pub(super) fn new(currency: Currency) -> Self {
        Self { currency, digits: currency.minor_digits() }
    }

    pub(super) fn of(code: &[u8]) -> Option<Self> {
        Some(Self::new(std::str::from_utf8(code).ok()?.parse().ok()?))
    }

    /// Reads an amount: the comma, for some banks a dot, stands even behind a whole number
    /// (`6800,`), and zeros before it may fill the field. Where there is none the number is whole:
    /// the standard knows no other reading, and balances of such files agree. Digits beyond the
    /// currency's minor ones must be zeros.
    pub(super) fn amount(self, text: &[u8]) -> Option<Money> {
        let point = text.iter().position(|byte| matches!(byte, b',' | b'.'));
        let (whole, fraction) = match point {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &b""[..]),
        };
        if text.is_empty() || fraction.len() > FRACTION_DIGITS_MAX {
            return None;
        }
        let zeros = whole.iter().take_while(|&&byte| byte == b'0').count();
        if whole.len() - zeros > Money::INTEGER_DIGITS_MAX {
            return None;
        }
        let (kept, beyond) = fraction.split_at(fraction.len().min(self.digits));
        let numeric = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        if !numeric(whole) || !numeric(kept) || beyond.iter().any(|&byte| byte != b'0') {
            return None;
        }
        let missing = std::iter::repeat_n(&b'0', self.digits - kept.len());
        let mut digits = whole[zeros..].iter().chain(kept).chain(missing);
        let minor = digits.try_fold(0_i64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        });
        Money::new(minor?, self.currency)
    }
}

/// A balance field: mark, date, currency, amount.
#[derive(Debug, Clone, Copy)]
pub(super) struct BalanceField<'a> {
    negative: bool,
    /// Six digits, which may be no day.
    pub(super) date: &'a [u8],
    pub(super) currency: &'a [u8],
    amount: &'a [u8],
}

impl<'a> BalanceField<'a> {
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let (mark, rest) = value.split_first()?;
        let negative = match mark {
            b'C' => false,
            b'D' => true,
            _ => return None,
        };
        let (date, rest) = rest.split_at_checked(6)?;
        let (currency, amount) = rest.split_at_checked(3)?;
        date.iter().all(u8::is_ascii_digit).then_some(Self { negative, date, currency, amount })
    }

    pub(super) fn balance(&self, unit: Unit) -> Option<Balance> {
        let minor = unit.amount(self.amount)?.minor();
        let minor = if self.negative { -minor } else { minor };
        Some(Balance { minor, currency: unit.currency })
    }
}

/// A day that six or four digits name, or would name if its month were as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadDay {
    pub(super) day: Day,
    /// The month ends before it: interest is counted in months of thirty days, so that some banks
    /// write 30 February. The month's last day is meant.
    pub(super) clamped: bool,
}

/// Reads `YYMMDD`; years from 80 on are of the last century.
pub(super) fn value_day(digits: &[u8]) -> Option<ReadDay> {
    let year = number(digits.get(..2)?)?;
    let year = if year < 80 { 2000 + year } else { 1900 + year };
    day_of(i32::try_from(year).ok()?, digits.get(2..6)?)
}

/// Reads `MMDD` of the year in which it is nearest to `value`.
pub(super) fn entry_day(digits: &[u8], value: Option<Day>) -> Option<ReadDay> {
    let value = value?;
    let year = chrono::Datelike::year(&value.date());
    let distance = |read: &ReadDay| read.day.days_since(value).abs();
    let same = day_of(year, digits);
    if same.as_ref().is_some_and(|read| distance(read) < DAYS_NEAR) {
        return same;
    }
    let others = [year - 1, year + 1].into_iter().filter_map(|year| day_of(year, digits));
    others.chain(same).min_by_key(distance)
}

fn day_of(year: i32, digits: &[u8]) -> Option<ReadDay> {
    let (month, day) = (number(digits.get(..2)?)?, number(digits.get(2..4)?)?);
    if let Some(day) = Day::new(year, month, day) {
        return Some(ReadDay { day, clamped: false });
    }
    if !(29..=31).contains(&day) {
        return None;
    }
    let last = (28..day).rev().find_map(|day| Day::new(year, month, day))?;
    Some(ReadDay { day: last, clamped: true })
}

fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

//! Amounts as tables write them: with a declared decimal mark, with marks between thousands, with
//! a sign before or behind, with the currency's name beside it.

use kvit_schemas::{Currency, Money};

use crate::feeds::error::{Fault, RowFault};
use crate::feeds::values;

/// What parts an amount's minor units from the whole ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// A comma; a number without one is of whole units.
    Comma,
    /// A point; a number without one is of whole units.
    Point,
    /// Nothing: the last digits are the currency's minor units.
    Implied,
}

/// What stands between the thousands of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThousandsMark {
    /// A blank of any kind.
    Blank,
    /// A point.
    Point,
    /// A comma.
    Comma,
    /// An apostrophe.
    Apostrophe,
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountFormat {
    /// Before the minor units.
    pub decimal: DecimalMark,
    /// Between thousands, where there is something.
    pub thousands: Option<ThousandsMark>,
}

/// An amount with its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) negative: bool,
    pub(super) money: Money,
}

/// Signs of money that are known, beside ISO 4217 codes.
const SIGNS: [&str; 14] =
    ["€", "$", "£", "zł", "Kč", "₽", "₴", "₸", "Br", "руб", "руб.", "р.", "бел. руб.", "р"];
const MINUSES: [char; 4] = ['-', '\u{2212}', '\u{2013}', '\u{2010}'];

impl ThousandsMark {
    fn is(self, c: char) -> bool {
        match self {
            Self::Blank => c.is_whitespace(),
            Self::Point => c == '.',
            Self::Comma => c == ',',
            Self::Apostrophe => matches!(c, '\'' | '\u{2019}'),
        }
    }
}

/// The currency whose code stands before or behind a number.
pub(super) fn named_currency(text: &str) -> Option<Currency> {
    let text = text.trim();
    let is_word = |c: char| c.is_ascii_uppercase();
    let behind = text.trim_end_matches(is_word);
    let before = text.trim_start_matches(is_word);
    [&text[behind.len()..], &text[..text.len() - before.len()]]
        .into_iter()
        .find_map(|word| word.parse().ok())
}

impl AmountFormat {
    /// Reads the amount `text` of the field called `field`.
    pub(super) fn read(self, field: &str, text: &str, currency: Currency) -> Result<Signed, Fault> {
        self.plain(text, currency).ok_or_else(|| Fault::value(RowFault::Amount, field, text.trim()))
    }

    fn plain(self, text: &str, currency: Currency) -> Option<Signed> {
        let text = text.trim();
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let (text, mut minuses) = inner.map_or((text, 0), |inner| (inner, 1));
        let text = without_currency(text, currency);
        let (text, before) = without_sign(text, |text, mark| text.strip_prefix(mark));
        let (text, behind) = without_sign(text, |text, mark| text.strip_suffix(mark));
        // The currency may stand between the sign and the digits.
        let text = without_currency(text, currency);
        minuses += u32::from(before == Some(true)) + u32::from(behind == Some(true));
        if minuses > 1 || (before.is_some() && behind.is_some()) {
            return None;
        }
        Some(Signed { negative: minuses == 1, money: self.digits(text, currency)? })
    }

    fn digits(self, text: &str, currency: Currency) -> Option<Money> {
        let (whole, fraction) = match self.decimal {
            DecimalMark::Comma => text.split_once(',').unwrap_or((text, "0")),
            DecimalMark::Point => text.split_once('.').unwrap_or((text, "0")),
            DecimalMark::Implied => {
                let fits = text.is_ascii() && !text.is_empty();
                let at = text.len().saturating_sub(currency.minor_digits());
                let (whole, fraction) = fits.then(|| text.split_at(at))?;
                (if whole.is_empty() { "0" } else { whole }, fraction)
            }
        };
        let whole = self.ungrouped(whole)?;
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let fraction = if self.decimal == DecimalMark::Implied {
            format!("{fraction:0>minor$}", minor = currency.minor_digits().max(1))
        } else {
            fraction.to_owned()
        };
        values::amount("", &format!("{whole}.{fraction}"), currency).ok()
    }

    /// Digits without the marks between thousands, which must stand where they belong: a mark
    /// elsewhere is a sign that the number is not written as declared.
    fn ungrouped(self, whole: &str) -> Option<String> {
        let groups: Vec<&str> = match self.thousands {
            Some(mark) => whole.split(|c| mark.is(c)).collect(),
            None => vec![whole],
        };
        let plain = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
        let (first, others) = groups.split_first()?;
        let fits = groups.iter().all(plain)
            && !first.is_empty()
            && (others.is_empty() || first.len() <= 3)
            && others.iter().all(|group| group.len() == 3);
        fits.then(|| groups.concat())
    }
}

/// The text without one sign at the end that `strip` looks at; whether it was a minus.
fn without_sign<'a>(
    text: &'a str,
    strip: impl Fn(&'a str, char) -> Option<&'a str>,
) -> (&'a str, Option<bool>) {
    if let Some(text) = MINUSES.into_iter().find_map(|mark| strip(text, mark)) {
        return (text.trim(), Some(true));
    }
    match strip(text, '+') {
        Some(text) => (text.trim(), Some(false)),
        None => (text, None),
    }
}

/// The text without the currency's own code, or a sign of money, at either end. A code of another
/// currency stays, and makes the amount unreadable.
fn without_currency(text: &str, currency: Currency) -> &str {
    let names = || std::iter::once(currency.as_str()).chain(SIGNS);
    let text = names().find_map(|name| text.strip_suffix(name)).unwrap_or(text).trim_end();
    names().find_map(|name| text.strip_prefix(name)).unwrap_or(text).trim_start()
}

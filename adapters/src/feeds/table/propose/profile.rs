//! What the values of a column look like.

use std::cell::OnceCell;

use chrono::Datelike;
use kvit_schemas::{Currency, OrderCode};

use super::words::{
    ACCEPTED_WORDS, CREDIT_WORDS, CREDITED_WORDS, DEBIT_WORDS, INFORMATION_WORDS, REVERSED_WORDS,
    is_one,
};
use crate::feeds::table::amounts::{AmountFormat, DecimalMark, ThousandsMark};
use crate::feeds::table::dates::{DateFormat, DayAndTime};

/// Formats that are tried, the likelier first.
const DATES: [&str; 26] = [
    "dd.MM.yyyy",
    "yyyy-MM-dd",
    "dd.MM.yyyy HH:mm:ss",
    "dd.MM.yyyy HH:mm",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-ddTHH:mm:ss",
    "yyyy-MM-ddTHH:mm:ss*",
    "dd/MM/yyyy",
    "MM/dd/yyyy",
    "dd-MM-yyyy",
    "dd.MM.yy",
    "yyyyMMdd",
    "ddMMyyyy",
    "dd/MM/yyyy HH:mm:ss",
    "dd/MM/yyyy HH:mm",
    "yyyy/MM/dd",
    "yyyy.MM.dd",
    "d.M.yyyy",
    "d/M/yyyy",
    "M/d/yyyy",
    "dd/MM/yy",
    "MM/dd/yy",
    "dd MMM yyyy",
    "dd-MMM-yyyy",
    "dd-MMM-yy",
    "yyyy-MM-dd HH:mm",
];
/// Ways to write amounts, the likelier first.
const AMOUNTS: [(DecimalMark, Option<ThousandsMark>); 8] = [
    (DecimalMark::Comma, None),
    (DecimalMark::Point, None),
    (DecimalMark::Comma, Some(ThousandsMark::Blank)),
    (DecimalMark::Comma, Some(ThousandsMark::Point)),
    (DecimalMark::Point, Some(ThousandsMark::Comma)),
    (DecimalMark::Point, Some(ThousandsMark::Blank)),
    (DecimalMark::Point, Some(ThousandsMark::Apostrophe)),
    (DecimalMark::Comma, Some(ThousandsMark::Apostrophe)),
];

/// The values of a column that are not empty.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) values: Vec<String>,
    /// What [`Profile::dates`] found: it takes the longest, and is asked again and again.
    dates: OnceCell<Vec<DateFormat>>,
}

impl Profile {
    /// True when nine of ten values are so, and there is one.
    fn mostly(&self, is: impl Fn(&str) -> bool) -> bool {
        let count = self.values.iter().filter(|value| is(value)).count();
        count > 0 && count * 10 >= self.values.len() * 9
    }

    /// The formats that fit best, the likelier first, where most values are dates.
    pub(super) fn dates(&self) -> &[DateFormat] {
        self.dates.get_or_init(|| self.dates_that_fit())
    }

    fn dates_that_fit(&self) -> Vec<DateFormat> {
        let has_digits = |value: &str| value.bytes().filter(u8::is_ascii_digit).count() >= 4;
        if !self.mostly(has_digits) {
            return Vec::new();
        }
        let formats: Vec<DateFormat> = DATES.iter().filter_map(|text| text.parse().ok()).collect();
        let count = |format: &DateFormat| {
            let likely = |it: DayAndTime| (1990..2100).contains(&it.day.date().year());
            let fits = |value: &&String| format.read(value).is_some_and(likely);
            self.values.iter().filter(fits).count()
        };
        let counts: Vec<usize> = formats.iter().map(count).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        if most == 0 || most * 10 < self.values.len() * 9 {
            return Vec::new();
        }
        formats.into_iter().zip(counts).filter(|(_, it)| *it == most).map(|(it, _)| it).collect()
    }

    /// Most values are numbers with a sign, marks, or a currency beside them.
    pub(super) fn is_amounts(&self) -> bool {
        self.mostly(|value| number(value).is_some())
    }

    /// Some value has one or two digits behind its last mark, or a minus.
    pub(super) fn has_marks(&self) -> bool {
        self.values.iter().filter_map(|value| number(value)).any(|number| {
            let behind = number.rsplit_once([',', '.']).map(|(_, behind)| behind.len());
            matches!(behind, Some(1 | 2)) || number.contains(['-', '\u{2212}'])
        })
    }

    pub(super) fn has_minus(&self) -> bool {
        self.values.iter().any(|value| {
            let value = value.trim();
            value.starts_with(['-', '\u{2212}', '(']) || value.ends_with('-')
        })
    }

    pub(super) fn is_currencies(&self) -> bool {
        self.mostly(|value| {
            value.parse::<Currency>().is_ok()
                || (value.len() == 3
                    && value.parse().ok().and_then(Currency::from_numeric).is_some())
        })
    }

    pub(super) fn is_order_codes(&self) -> bool {
        self.mostly(|value| value.parse::<OrderCode>().is_ok())
    }

    pub(super) fn is_accounts(&self) -> bool {
        self.mostly(|value| {
            let plain: String =
                value.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
            let alphanumeric = plain.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let digits = plain.bytes().filter(u8::is_ascii_digit).count();
            alphanumeric
                && (15..=34).contains(&plain.len())
                && digits >= 8
                && plain.parse::<OrderCode>().is_err()
        })
    }

    pub(super) fn is_directions(&self) -> bool {
        self.mostly(|value| is_one(CREDIT_WORDS, value) || is_one(DEBIT_WORDS, value))
    }

    pub(super) fn is_states(&self) -> bool {
        let lists: [&str; 4] = [CREDITED_WORDS, ACCEPTED_WORDS, REVERSED_WORDS, INFORMATION_WORDS];
        self.mostly(|value| lists.iter().any(|words| is_one(words, value)))
            && self.values.iter().any(|value| is_one(CREDITED_WORDS, value))
    }

    /// How long the values are, on average.
    pub(super) fn length(&self) -> usize {
        let all: usize = self.values.iter().map(|value| value.chars().count()).sum();
        all / self.values.len().max(1)
    }

    pub(super) fn has_letters(&self) -> bool {
        self.mostly(|value| value.chars().any(char::is_alphabetic))
    }

    /// The distinct values, at most so many.
    pub(super) fn distinct(&self, most: usize) -> Vec<&str> {
        let mut distinct: Vec<&str> = Vec::new();
        for value in &self.values {
            if distinct.len() < most && !distinct.contains(&value.as_str()) {
                distinct.push(value);
            }
        }
        distinct
    }
}

/// The digits and marks of a value that is a number, without a currency's name.
fn number(value: &str) -> Option<String> {
    let value = value.trim().trim_matches(|c: char| c.is_alphabetic() || "€$£₽().".contains(c));
    let value = value.trim();
    let fits = |c: char| c.is_ascii_digit() || c.is_whitespace() || ".,'’+-\u{2212}".contains(c);
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is = (1..=15).contains(&digits)
        && value.chars().all(fits)
        && value.matches(['-', '\u{2212}', '+']).count() <= 1;
    is.then(|| value.to_owned())
}

/// The way to write amounts by which most of the values can be read, and whether another would
/// read as many.
pub(super) fn amount_format(columns: &[&Profile], currency: Currency) -> (AmountFormat, bool) {
    let count = |format: AmountFormat| -> usize {
        let values = columns.iter().flat_map(|column| &column.values);
        values.filter(|value| format.read("", value, currency).is_ok()).count()
    };
    let counts: Vec<(AmountFormat, usize)> = AMOUNTS
        .into_iter()
        .map(|(decimal, thousands)| AmountFormat { decimal, thousands })
        .map(|format| (format, count(format)))
        .collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut best = counts.into_iter().filter(|(_, count)| *count == most).map(|(it, _)| it);
    let fallback = AmountFormat { decimal: DecimalMark::Comma, thousands: None };
    let first = best.next().unwrap_or(fallback);
    let unsure = best.any(|other| other.decimal != first.decimal);
    (first, unsure)
}

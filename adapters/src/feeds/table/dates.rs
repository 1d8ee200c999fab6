//! Dates and times by a format of a few letters.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveTime;
use kvit_schemas::{Day, Moment};

/// How dates are written: `dd.MM.yyyy`, `yyyy-MM-dd HH:mm:ss`, `yyyyMMdd` and the like.
///
/// `dd` and `d` are the day, `MM` and `M` the month, `MMM` its English name of three letters,
/// `yyyy` and `yy` (2000 to 2099) the year, `HH` and `H` the hour, `mm` the minute, `ss` the
/// second, `*` at the end whatever follows. Everything else stands for itself. The single letters
/// take one digit or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    parts: Vec<Part>,
}

/// A day, and the time of day where the format has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayAndTime {
    pub(super) day: Day,
    pub(super) time: Option<NaiveTime>,
}

impl DayAndTime {
    /// The moment by Minsk's clocks, where there is a time of day.
    pub(super) fn moment(self) -> Option<Moment> {
        Moment::from_minsk(self.day.date().and_time(self.time?))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Number { field: Field, least: usize, most: usize },
    MonthName,
    Literal(char),
    Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Day,
    Month,
    Year,
    ShortYear,
    Hour,
    Minute,
    Second,
}

const LETTERS: [(&str, Part); 11] = [
    ("dd", Part::Number { field: Field::Day, least: 2, most: 2 }),
    ("d", Part::Number { field: Field::Day, least: 1, most: 2 }),
    ("MMM", Part::MonthName),
    ("MM", Part::Number { field: Field::Month, least: 2, most: 2 }),
    ("M", Part::Number { field: Field::Month, least: 1, most: 2 }),
    ("yyyy", Part::Number { field: Field::Year, least: 4, most: 4 }),
    ("yy", Part::Number { field: Field::ShortYear, least: 2, most: 2 }),
    ("HH", Part::Number { field: Field::Hour, least: 2, most: 2 }),
    ("H", Part::Number { field: Field::Hour, least: 1, most: 2 }),
    ("mm", Part::Number { field: Field::Minute, least: 2, most: 2 }),
    ("ss", Part::Number { field: Field::Second, least: 2, most: 2 }),
];
const FORMAT_CHARS_MAX: usize = 40;
const MONTHS: &str = "janfebmaraprmayjunjulaugsepoctnovdec";

impl DateFormat {
    /// The day that the text is, and its time of day where the format has one.
    pub(super) fn read(&self, text: &str) -> Option<DayAndTime> {
        let (mut day, mut month, mut year) = (None, None, None);
        let (mut hour, mut minute, mut second) = (None, None, 0);
        let mut rest = text.trim();
        for part in &self.parts {
            match *part {
                Part::Rest => rest = "",
                Part::Literal(c) => rest = rest.strip_prefix(c)?,
                Part::MonthName => {
                    let (name, after) = rest.split_at_checked(3)?;
                    let at = MONTHS.find(&name.to_ascii_lowercase()).filter(|at| at % 3 == 0)?;
                    (month, rest) = (u32::try_from(at / 3 + 1).ok(), after);
                }
                Part::Number { field, least, most } => {
                    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
                    let (number, after) = rest.split_at_checked(digits)?;
                    let number: u32 = number.parse().ok().filter(|_| digits >= least)?;
                    rest = after;
                    match field {
                        Field::Day => day = Some(number),
                        Field::Month => month = Some(number),
                        Field::Year => year = Some(number),
                        Field::ShortYear => year = Some(number + 2000),
                        Field::Hour => hour = Some(number),
                        Field::Minute => minute = Some(number),
                        Field::Second => second = number,
                    }
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let day = Day::new(i32::try_from(year?).ok()?, month?, day?)?;
        let time = match (hour, minute) {
            (Some(hour), Some(minute)) => Some(NaiveTime::from_hms_opt(hour, minute, second)?),
            (None, _) | (_, None) => None,
        };
        Some(DayAndTime { day, time })
    }

    fn has(&self, wanted: &[Field]) -> usize {
        let is = |part: &&Part| match part {
            Part::Number { field, .. } => wanted.contains(field),
            Part::MonthName => wanted.contains(&Field::Month),
            Part::Literal(_) | Part::Rest => false,
        };
        self.parts.iter().filter(is).count()
    }

    fn fault(&self) -> Option<&'static str> {
        let once = |fields: &[Field]| self.has(fields) == 1;
        let at_most_once = |fields: &[Field]| self.has(fields) <= 1;
        let times = [Field::Hour, Field::Minute, Field::Second].map(|field| self.has(&[field]));
        if !once(&[Field::Day]) || !once(&[Field::Month]) {
            Some("must have the day (dd or d) and the month (MM, M or MMM), each once")
        } else if !once(&[Field::Year, Field::ShortYear]) {
            Some("must have the year (yyyy or yy), once")
        } else if !at_most_once(&[Field::Hour]) || times[0] != times[1] || times[2] > times[1] {
            Some("must have the hour (HH or H) and the minute (mm) together, each once")
        } else if self.parts.iter().rev().skip(1).any(|part| *part == Part::Rest) {
            Some("may have * at its end only")
        } else {
            None
        }
    }
}

impl FromStr for DateFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.chars().count() > FORMAT_CHARS_MAX {
            return Err(format!("has a date format of more than {FORMAT_CHARS_MAX} characters"));
        }
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while let Some(c) = rest.chars().next() {
            let known = LETTERS.iter().find(|(letters, _)| rest.starts_with(letters));
            let (part, length) = match known {
                Some((letters, part)) => (*part, letters.len()),
                None if c == '*' => (Part::Rest, 1),
                None if "dMyHhmsaDYSZz".contains(c) => {
                    return Err(format!(
                        "has the date format {text:?}, of which {c:?} means nothing here: letters \
                         are dd, d, MM, M, MMM, yyyy, yy, HH, H, mm, ss"
                    ));
                }
                None => (Part::Literal(c), c.len_utf8()),
            };
            parts.push(part);
            rest = &rest[length..];
        }
        let format = Self { text: text.trim().to_owned(), parts };
        match format.fault() {
            Some(what) => Err(format!("has the date format {text:?}, which {what}")),
            None => Ok(format),
        }
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

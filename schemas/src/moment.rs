//! Time: moments with an offset on the wire, days in Europe/Minsk. Nothing here reads a clock.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc};

/// The zone in which days are counted.
pub const MINSK: chrono_tz::Tz = chrono_tz::Europe::Minsk;

/// A point in time, to the microsecond. Read with any offset, written with Minsk's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(i64);

/// A calendar day in Europe/Minsk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(NaiveDate);

/// Why a text is no moment or day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// Not RFC 3339 with an offset, or outside 1900–2199.
    #[error("a time is RFC 3339 with an offset, such as 2026-03-05T10:15:00+03:00")]
    Moment,
    /// Not a calendar day, or outside 1900–2199.
    #[error("a date is YYYY-MM-DD")]
    Day,
}

const YEARS: Range<i32> = 1900..2200;

/// The same years in microseconds since 1970-01-01T00:00Z.
const MICROS: Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;

impl Moment {
    /// The moment this many microseconds after 1970-01-01T00:00Z; `None` outside 1900–2199.
    pub fn from_micros(micros: i64) -> Option<Self> {
        MICROS.contains(&micros).then_some(Self(micros))
    }

    /// Microseconds since 1970-01-01T00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00Z, as AMQP timestamps count.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment at which Minsk's clocks show `local`; the earlier one where they show it twice,
    /// `None` where they never do.
    pub fn from_minsk(local: NaiveDateTime) -> Option<Self> {
        let moment = MINSK.from_local_datetime(&local).earliest()?;
        Self::from_micros(moment.timestamp_micros())
    }

    /// The Minsk day it falls on.
    pub fn day(self) -> Day {
        Day(self.in_minsk().date_naive())
    }

    /// Minsk's reading of it.
    pub fn in_minsk(self) -> DateTime<chrono_tz::Tz> {
        self.utc().with_timezone(&MINSK)
    }

    /// Later by so many seconds (earlier when negative), kept in range.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let micros = seconds.saturating_mul(1_000_000).saturating_add(self.0);
        Self::from_micros(micros).unwrap_or(self)
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        // chrono also reads a space for the T; RFC 3339 wants a T, in either case.
        if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
            return Err(MomentError::Moment);
        }
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| MomentError::Moment)?;
        Self::from_micros(moment.timestamp_micros()).ok_or(MomentError::Moment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Much faster than chrono's own formats, and each message has several.
        let here = self.in_minsk();
        write!(
            out,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            here.year(),
            here.month(),
            here.day(),
            here.hour(),
            here.minute(),
            here.second(),
        )?;
        match here.nanosecond() / 1_000 {
            0 => {}
            micros if micros % 1_000 == 0 => write!(out, ".{:03}", micros / 1_000)?,
            micros => write!(out, ".{micros:06}")?,
        }
        // Minsk lies east of Greenwich; before 1924 its offset had seconds, which RFC 3339 cannot
        // say.
        let east = here.offset().fix().local_minus_utc() / 60;
        write!(out, "+{:02}:{:02}", east / 60, east % 60)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return crate::text::parsed(deserializer);
        }
        Self::from_micros(i64::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("a stored moment is out of range"))
    }
}

impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "date-time",
            "description": "RFC 3339 with offset."
        })
    }
}

impl Day {
    /// The day of these numbers; `None` when there is none.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).and_then(Self::from_date)
    }

    /// The day of a calendar date; `None` outside 1900–2199.
    pub fn from_date(date: NaiveDate) -> Option<Self> {
        YEARS.contains(&date.year()).then_some(Self(date))
    }

    /// The calendar date.
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// The first moment of the day in Minsk.
    pub fn start(self) -> Moment {
        let midnight = self.0.and_time(chrono::NaiveTime::MIN);
        // Minsk never skipped a midnight since 1900 by whole days; one hour on covers any gap.
        Moment::from_minsk(midnight)
            .or_else(|| Moment::from_minsk(midnight + chrono::Duration::hours(1)))
            .unwrap_or(Moment(0))
    }

    /// Later by so many days, kept in range.
    pub fn plus_days(self, days: u32) -> Self {
        let later = self.0.checked_add_days(Days::new(days.into())).and_then(Self::from_date);
        later.unwrap_or(self)
    }

    /// Earlier by so many days, kept in range.
    pub fn minus_days(self, days: u32) -> Self {
        let earlier = self.0.checked_sub_days(Days::new(days.into())).and_then(Self::from_date);
        earlier.unwrap_or(self)
    }

    /// Days from `earlier` to this day; negative when `earlier` is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }
}

impl FromStr for Day {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        if text.len() != 10 {
            return Err(MomentError::Day);
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| MomentError::Day)?;
        Self::from_date(date).ok_or(MomentError::Day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years lie between 1900 and 2199. Much faster than chrono's own formats.
        write!(out, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.num_days_from_ce().serialize(serializer)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return crate::text::parsed(deserializer);
        }
        NaiveDate::from_num_days_from_ce_opt(i32::deserialize(deserializer)?)
            .and_then(Self::from_date)
            .ok_or_else(|| serde::de::Error::custom("a stored day is out of range"))
    }
}

impl schemars::JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "date", "description": "YYYY-MM-DD in Europe/Minsk."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_need_an_offset_and_are_written_in_minsk() {
        let moment: Moment = "2026-03-05T07:15:00Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-03-05T10:15:00+03:00");
        assert_eq!(moment, "2026-03-05T10:15:00+03:00".parse().unwrap());
        assert_eq!(moment, "2026-03-05t07:15:00z".parse().unwrap(), "letters of either case");
        assert_eq!(moment.day().to_string(), "2026-03-05");
        assert_eq!(
            "2026-03-05T21:30:00Z".parse::<Moment>().unwrap().day().to_string(),
            "2026-03-06"
        );
        for wrong in [
            "2026-03-05T10:15:00",
            "2026-03-05 10:15:00+03:00",
            "2026-02-30T00:00:00Z",
            "9999-01-01T00:00:00Z",
            "2200-01-01T00:00:00Z",
            "1899-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
        ] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
        for (said, written) in [
            ("2026-03-05T07:15:00.5Z", "2026-03-05T10:15:00.500+03:00"),
            ("2026-03-05T07:15:00.000001Z", "2026-03-05T10:15:00.000001+03:00"),
            ("2199-12-31T20:59:59Z", "2199-12-31T23:59:59+03:00"),
            ("2014-07-01T00:00:00+03:00", "2014-07-01T00:00:00+03:00"),
            ("1985-07-01T00:00:00+04:00", "1985-07-01T00:00:00+04:00"),
        ] {
            assert_eq!(said.parse::<Moment>().unwrap().to_string(), written);
        }
        assert!("2026-3-05".parse::<Day>().is_err());
        assert_eq!(
            "2026-03-05".parse::<Day>().unwrap().start().to_string(),
            "2026-03-05T00:00:00+03:00"
        );
    }
}

//! When a term ends (DOMAIN.md 4.3).
//!
//! The reading taken of the law's article on terms:
//! * The day on which a term begins counts. Seven calendar days from Thursday the 5th end on
//!   Wednesday the 11th; three working days from Thursday are Thursday, Friday, Monday.
//! * Months end on *the corresponding date of the last month*: the same number as the day of the
//!   beginning, so one month from 5 March ends on 5 April. The article names the date itself, so
//!   that the first day counts does not bring the end forward to the 4th. Where the month has no
//!   such date, its last day. Weeks likewise: the same weekday.
//! * A last day that is no working day is followed by the next working day. The article was seen
//!   to say so of terms in days; it is applied to weeks, months and "on the day of application"
//!   alike, as nobody can decide on a day off.

use std::num::NonZeroU16;

use chrono::Months;
use kvit_schemas::Day;

use super::calendar::Calendar;

/// How long an agency has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// On the day of application.
    SameDay,
    /// So many calendar days.
    CalendarDays(NonZeroU16),
    /// So many working days.
    WorkingDays(NonZeroU16),
    /// So many weeks.
    Weeks(NonZeroU16),
    /// So many months.
    Months(NonZeroU16),
}

/// The last day of a term that begins on `start`.
pub fn due_on(calendar: &Calendar, start: Day, term: Term) -> Day {
    match term {
        Term::SameDay => calendar.working_from(start),
        Term::CalendarDays(count) => {
            calendar.working_from(start.plus_days(u32::from(count.get()) - 1))
        }
        Term::WorkingDays(count) => nth_working_day(calendar, start, count),
        Term::Weeks(count) => calendar.working_from(start.plus_days(u32::from(count.get()) * 7)),
        Term::Months(count) => calendar.working_from(plus_months(start, count)),
    }
}

/// The last day of a term that was suspended, for example while a foreign state's body was asked.
///
/// `due` is the last day as it stood; the suspension runs from the day of sending to the day of
/// receipt. The end moves by the calendar days between the two, then to a working day. A term
/// that had already ended when the suspension began, or one that was resumed no later than it was
/// suspended, is left as it is.
pub fn due_after_suspension(
    calendar: &Calendar,
    due: Day,
    suspended_from: Day,
    resumed: Day,
) -> Day {
    match u32::try_from(resumed.days_since(suspended_from)) {
        Ok(days) if days > 0 && suspended_from <= due => calendar.working_from(due.plus_days(days)),
        Ok(_) | Err(_) => due,
    }
}

fn nth_working_day(calendar: &Calendar, start: Day, count: NonZeroU16) -> Day {
    let first = calendar.working_from(start);
    (1..count.get()).fold(first, |day, _| calendar.working_from(day.plus_days(1)))
}

fn plus_months(start: Day, count: NonZeroU16) -> Day {
    let months = Months::new(u32::from(count.get()));
    // chrono takes the last day of a month that has no such date, as the article does.
    start.date().checked_add_months(months).and_then(Day::from_date).unwrap_or(start)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

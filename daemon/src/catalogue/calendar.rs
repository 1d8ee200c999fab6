//! Which days are worked. Days off and transferred days are set anew each year, so they are data.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Weekday};
use kvit_schemas::Day;

use super::document::{Table, Value};
use super::finding::{Findings, Place};

/// The working calendar: Saturdays and Sundays are off, except as the years' tables say.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    years: BTreeMap<i32, Place>,
    days_off: BTreeSet<Day>,
    working_weekend_days: BTreeSet<Day>,
}

impl Calendar {
    /// True when agencies work on that day. In a year without a table all weekdays are working.
    pub fn is_working(&self, day: Day) -> bool {
        if is_weekend(day) {
            self.working_weekend_days.contains(&day)
        } else {
            !self.days_off.contains(&day)
        }
    }

    /// The day itself when it is worked, else the next that is.
    pub fn working_from(&self, day: Day) -> Day {
        let mut candidate = day;
        while !self.is_working(candidate) {
            let next = candidate.plus_days(1);
            if next == candidate {
                break; // The last day that can be counted.
            }
            candidate = next;
        }
        candidate
    }

    /// True when the days off of that year are known.
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// The years with a table, and where each stands.
    pub(super) fn years(&self) -> impl Iterator<Item = (i32, &Place)> {
        self.years.iter().map(|(year, place)| (*year, place))
    }

    /// Adds the table of one year; `None` when it cannot be said which.
    pub(super) fn read(&mut self, table: &Table<'_>, notes: &mut Findings) -> Option<()> {
        let year = table.need("year", notes).and_then(|year| year.number(&(1991..=2199), notes));
        table.only(&["year", "days_off", "working_weekend_days"], notes);
        let year = year?;
        if let Some(earlier) = self.years.insert(year, table.place().clone()) {
            let problem = format!("the year is already described in {}", earlier.short());
            notes.error(table.place(), problem, "join the two");
        }
        for (day, value) in days(table, "days_off", year, notes) {
            if !self.days_off.insert(day) {
                notes.error(&value.place, format!("{day} is named twice"), "remove one");
            }
        }
        for (day, value) in days(table, "working_weekend_days", year, notes) {
            if !is_weekend(day) {
                let problem = format!("{day} is neither a Saturday nor a Sunday");
                notes.error(&value.place, problem, "remove it, weekdays are working anyway");
            } else if self.days_off.contains(&day) {
                let problem = format!("{day} is both off and working");
                notes.error(&value.place, problem, "remove it from one list");
            } else if !self.working_weekend_days.insert(day) {
                notes.error(&value.place, format!("{day} is named twice"), "remove one");
            }
        }
        Some(())
    }
}

fn days<'a>(
    table: &Table<'a>,
    key: &str,
    year: i32,
    notes: &mut Findings,
) -> Vec<(Day, Value<'a>)> {
    let listed = table.need(key, notes).and_then(|list| list.list(notes)).unwrap_or_default();
    let mut days = Vec::with_capacity(listed.len());
    for value in listed {
        match value.day(notes) {
            Some(day) if day.date().year() == year => days.push((day, value)),
            Some(day) => {
                let problem = format!("{day} is not in {year}");
                notes.error(&value.place, problem, "move it to its year");
            }
            None => {}
        }
    }
    days
}

fn is_weekend(day: Day) -> bool {
    matches!(day.date().weekday(), Weekday::Sat | Weekday::Sun)
}

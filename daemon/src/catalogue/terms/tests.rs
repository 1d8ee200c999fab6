use std::fmt::Write;
use std::sync::LazyLock;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::super::Catalogue;
use super::*;

/// The shipped catalogue, for its calendar of 2025 and 2026.
fn shipped() -> &'static Catalogue {
    static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/catalogue");
        Catalogue::load(dir.as_ref()).unwrap()
    });
    &SHIPPED
}

fn term(text: &str) -> Term {
    let (count, unit) = text.split_once(' ').unwrap_or(("1", text));
    let count: NonZeroU16 = count.parse().unwrap();
    match unit {
        "today" => Term::SameDay,
        "days" => Term::CalendarDays(count),
        "working" => Term::WorkingDays(count),
        "weeks" => Term::Weeks(count),
        "months" => Term::Months(count),
        other => panic!("{other} is no unit"),
    }
}

/// Rows of `start | term`; expected are the same rows with the end and its weekday.
#[track_caller]
fn check(table: &str, expected: Expect) {
    let catalogue = shipped();
    let mut rows = String::new();
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (start, text) = row.split_once(" | ").unwrap();
        let start: Day = start.parse().unwrap();
        let end = due_on(catalogue.calendar(), start, term(text));
        let weekday = |day: Day| day.date().format("%a").to_string();
        writeln!(rows, "{} {start} {text} -> {} {end}", weekday(start), weekday(end)).unwrap();
    }
    expected.assert_eq(&rows);
}

#[test]
fn the_first_day_counts_and_a_day_off_moves_the_end() {
    check(
        "2026-03-05 | 1 days
         2026-03-05 | 7 days
         2026-03-01 | 7 days
         2026-04-13 | 7 days
         2026-04-14 | 7 days
         2026-04-19 | 7 days
         2026-12-19 | 7 days
         2026-03-05 | today
         2026-03-07 | today",
        expect![[r#"
            Thu 2026-03-05 1 days -> Thu 2026-03-05
            Thu 2026-03-05 7 days -> Wed 2026-03-11
            Sun 2026-03-01 7 days -> Mon 2026-03-09
            Mon 2026-04-13 7 days -> Wed 2026-04-22
            Tue 2026-04-14 7 days -> Wed 2026-04-22
            Sun 2026-04-19 7 days -> Sat 2026-04-25
            Sat 2026-12-19 7 days -> Mon 2026-12-28
            Thu 2026-03-05 today -> Thu 2026-03-05
            Sat 2026-03-07 today -> Mon 2026-03-09
        "#]],
    );
}

#[test]
fn working_days_count_working_days_only() {
    check(
        "2026-03-05 | 1 working
         2026-03-05 | 3 working
         2026-03-07 | 1 working
         2026-03-07 | 3 working
         2026-04-17 | 3 working
         2026-04-23 | 3 working
         2025-04-25 | 3 working
         2025-12-19 | 5 working",
        expect![[r#"
            Thu 2026-03-05 1 working -> Thu 2026-03-05
            Thu 2026-03-05 3 working -> Mon 2026-03-09
            Sat 2026-03-07 1 working -> Mon 2026-03-09
            Sat 2026-03-07 3 working -> Wed 2026-03-11
            Fri 2026-04-17 3 working -> Thu 2026-04-23
            Thu 2026-04-23 3 working -> Sat 2026-04-25
            Fri 2025-04-25 3 working -> Wed 2025-04-30
            Fri 2025-12-19 5 working -> Wed 2025-12-24
        "#]],
    );
}

#[test]
fn months_and_weeks_end_on_the_corresponding_date() {
    check(
        "2026-03-05 | 1 weeks
         2026-04-13 | 1 weeks
         2026-03-05 | 1 months
         2026-03-06 | 1 months
         2026-01-30 | 1 months
         2026-01-31 | 1 months
         2026-03-31 | 1 months
         2024-01-31 | 1 months
         2026-03-25 | 1 months
         2026-11-30 | 3 months",
        expect![[r#"
            Thu 2026-03-05 1 weeks -> Thu 2026-03-12
            Mon 2026-04-13 1 weeks -> Wed 2026-04-22
            Thu 2026-03-05 1 months -> Mon 2026-04-06
            Fri 2026-03-06 1 months -> Mon 2026-04-06
            Fri 2026-01-30 1 months -> Mon 2026-03-02
            Sat 2026-01-31 1 months -> Mon 2026-03-02
            Tue 2026-03-31 1 months -> Thu 2026-04-30
            Wed 2024-01-31 1 months -> Thu 2024-02-29
            Wed 2026-03-25 1 months -> Sat 2026-04-25
            Mon 2026-11-30 3 months -> Mon 2027-03-01
        "#]],
    );
}

#[test]
fn a_suspension_moves_the_end_by_its_calendar_days() {
    let catalogue = shipped();
    let day = |text: &str| text.parse::<Day>().unwrap();
    let after = |due, from, to| {
        due_after_suspension(catalogue.calendar(), day(due), day(from), day(to)).to_string()
    };
    assert_eq!(after("2026-03-11", "2026-03-06", "2026-03-13"), "2026-03-18");
    assert_eq!(after("2026-03-11", "2026-03-06", "2026-03-09"), "2026-03-16", "from Saturday");
    assert_eq!(after("2026-04-17", "2026-04-14", "2026-04-17"), "2026-04-22", "over days off");
    assert_eq!(after("2026-03-11", "2026-03-11", "2026-03-12"), "2026-03-12", "on its last day");
    assert_eq!(after("2026-03-11", "2026-03-12", "2026-03-20"), "2026-03-11", "already ended");
    assert_eq!(after("2026-03-11", "2026-03-06", "2026-03-06"), "2026-03-11", "same day");
    assert_eq!(after("2026-03-11", "2026-03-06", "2026-03-05"), "2026-03-11", "backwards");
}

#[test]
fn the_end_of_countable_time_is_no_trap() {
    let last = Day::new(2199, 12, 31).unwrap();
    let catalogue = shipped();
    for text in ["300 days", "300 working", "300 weeks", "300 months"] {
        assert_eq!(due_on(catalogue.calendar(), last, term(text)), last, "{text}");
    }
}

proptest! {
    #[test]
    fn terms_end_on_working_days_and_never_before_they_begin(
        shift in 0..2_000_u32,
        count in 1..=366_u16,
    ) {
        let catalogue = shipped();
        let start = Day::new(2024, 6, 1).unwrap().plus_days(shift);
        let count = NonZeroU16::new(count).unwrap();
        for term in [
            Term::SameDay,
            Term::CalendarDays(count),
            Term::WorkingDays(count),
            Term::Weeks(count),
            Term::Months(count),
        ] {
            let end = due_on(catalogue.calendar(), start, term);
            prop_assert!(end >= start && catalogue.calendar().is_working(end), "{term:?}");
        }
    }
}

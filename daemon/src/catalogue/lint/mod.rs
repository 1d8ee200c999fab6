//! Holds what the files say against itself: routes, references, dates, amounts.

use std::collections::BTreeMap;

use chrono::Datelike;
use kvit_schemas::{AgencyId, Day, Region};

use super::Catalogue;
use super::agency::Agency;
use super::base_values::share;
use super::draft::Draft;
use super::finding::{Findings, Place, instead};
use super::procedure::Procedure;
use super::routes::Routes;
use super::terms::due_on;

/// Finds contradictions between entries.
pub(super) fn check(draft: &Draft, notes: &mut Findings) {
    twins(draft.procedures.iter().map(|(place, one)| (place, one.code.as_str())), notes);
    twins(draft.agencies.iter().map(|(place, one)| (place, one.id.as_str())), notes);
    for (place, procedure) in &draft.procedures {
        tolerance(place, procedure, draft, notes);
    }
    base_values(draft, notes);
    calendar(draft, notes);
    // What is absent can only be told when everything was read.
    if draft.parties_complete {
        let routes = Routes::of(draft.agencies.iter().map(|(_, agency)| agency));
        for (place, procedure) in &draft.procedures {
            routed(place, procedure, &routes, notes);
        }
        // A mistyped name leaves the one that was meant without use.
        if references(draft, &routes, notes) {
            unused(draft, notes);
        }
    }
}

/// Finds what will be missing on a day: its base value, and the calendar up to the end of the
/// longest term that begins then.
pub(super) fn check_on(catalogue: &Catalogue, today: Day, notes: &mut Findings) {
    let place = Place::file("catalogue");
    if catalogue.base_value(today).is_none() {
        let problem = format!("no base value for {today}");
        notes.error(&place, problem, "add a base_value from an earlier day");
    }
    let ends = catalogue.procedures().flat_map(|procedure| {
        let terms = procedure.alternatives.values().chain([&procedure.term]);
        terms.map(|term| due_on(catalogue.calendar(), today, *term))
    });
    let last = ends.max().unwrap_or(today);
    for year in today.date().year()..=last.date().year() {
        if !catalogue.calendar().knows(year) {
            missing_year(&place, year, notes);
        }
    }
}

fn missing_year(place: &Place, year: i32, notes: &mut Findings) {
    let problem = format!("no calendar for {year}, only its weekends would be off");
    notes.warning(place, problem, "add a calendar with its days off");
}

/// Finds ids that are written twice, or differ only in case.
fn twins<'a>(entries: impl Iterator<Item = (&'a Place, &'a str)>, notes: &mut Findings) {
    let mut seen: BTreeMap<String, (&Place, &str)> = BTreeMap::new();
    for (place, id) in entries {
        let Some((earlier, other)) = seen.insert(id.to_ascii_lowercase(), (place, id)) else {
            continue;
        };
        if other == id {
            let problem = format!("is already described in {}", earlier.short());
            notes.error(place, problem, "remove one");
        } else {
            let problem = format!("differs only in case from {other} in {}", earlier.short());
            notes.error(place, problem, "give one of them another id");
        }
    }
}

/// A tolerance as large as a fee would let every case through unpaid.
fn tolerance(place: &Place, procedure: &Procedure, draft: &Draft, notes: &mut Findings) {
    let Some(base) = draft.base_values.least() else { return };
    let fees = procedure.applicants.values();
    let least = fees.filter_map(|rule| share(base, rule.fee_thousandths)).min();
    let tolerance = procedure.policy.tolerance;
    if let Some(fee) = least.filter(|fee| *fee <= tolerance) {
        let problem = format!("the tolerance of {tolerance} is no less than a fee of {fee}");
        notes.error(place, problem, "lower tolerance_minor");
    }
}

fn base_values(draft: &Draft, notes: &mut Findings) {
    let Some((first, place)) = draft.base_values.first() else {
        if draft.dates_complete {
            let problem = "no base value for any date";
            notes.error(&Place::file("catalogue"), problem, "add base_value entries");
        }
        return;
    };
    for (year, calendar) in draft.calendar.years() {
        let begins = Day::new(year, 1, 1);
        if let Some(day) = begins.filter(|day| *day < first) {
            let problem = format!("no base value for {day}, the first is in {}", place.short());
            notes.error(calendar, problem, "add a base_value, or remove this calendar");
        }
    }
}

fn calendar(draft: &Draft, notes: &mut Findings) {
    let mut years = draft.calendar.years();
    let Some((mut expected, _)) = years.next() else {
        if draft.dates_complete {
            let problem = "no calendar for any year, only weekends would be off";
            notes.warning(&Place::file("catalogue"), problem, "add calendars with the days off");
        }
        return;
    };
    for (year, place) in years {
        for missing in expected + 1..year {
            missing_year(place, missing, notes);
        }
        expected = year;
    }
}

/// Finds bodies and agencies that procedures name and nobody describes; true when there are none.
fn references(draft: &Draft, routes: &Routes, notes: &mut Findings) -> bool {
    let bodies: Vec<&str> = routes.bodies().collect();
    let ids: Vec<&str> = draft.agencies.iter().map(|(_, agency)| agency.id.as_str()).collect();
    let mut sound = true;
    for (place, procedure) in &draft.procedures {
        let body = procedure.body.as_str();
        if !bodies.contains(&body) {
            let place = Place { keys: "body".to_owned(), ..place.clone() };
            notes.error(&place, format!("no agency is a {body:?}"), instead(body, &bodies));
            sound = false;
        }
        for agency in procedure.also_decided_by.iter().map(AgencyId::as_str) {
            if !ids.contains(&agency) {
                let place = Place { keys: "also_decided_by".to_owned(), ..place.clone() };
                let problem = format!("there is no agency {agency}");
                notes.error(&place, problem, instead(agency, &ids));
                sound = false;
            }
        }
    }
    sound
}

/// Finds where no agency, or more than one, would decide a procedure.
fn routed(place: &Place, procedure: &Procedure, routes: &Routes, notes: &mut Findings) {
    let body = procedure.body.as_str();
    if !routes.bodies().any(|known| known == body) {
        return; // Told once, as an unknown body.
    }
    let mut missing = Vec::new();
    for region in Region::ALL {
        let Some(ways) = routes.ways(&procedure.body, region) else {
            missing.push(region.as_str());
            continue;
        };
        match ways.whole.as_slice() {
            [] => missing.push(region.as_str()),
            [_] => {}
            several @ [_, _, ..] => ambiguous(place, region.as_str(), several, notes),
        }
        for (locality, agencies) in ways.localities.iter().filter(|(_, them)| them.len() > 1) {
            ambiguous(place, &format!("{region}, {locality}"), agencies, notes);
        }
    }
    if !missing.is_empty() {
        let problem = format!("no agency decides it in {}", missing.join(", "));
        let cure = format!("add a {body:?} agency without localities there");
        notes.error(place, problem, cure);
    }
}

fn ambiguous(place: &Place, whereabouts: &str, agencies: &[AgencyId], notes: &mut Findings) {
    let names: Vec<&str> = agencies.iter().map(AgencyId::as_str).collect();
    let problem = format!("several agencies decide it in {whereabouts}: {}", names.join(", "));
    notes.error(place, problem, "leave one, or give the others localities");
}

/// Finds agencies that would never get a case.
fn unused(draft: &Draft, notes: &mut Findings) {
    let is_used = |agency: &Agency| {
        let mut procedures = draft.procedures.iter().map(|(_, procedure)| procedure);
        procedures.any(|procedure| procedure.may_be_decided_by(agency))
    };
    for (place, agency) in draft.agencies.iter().filter(|(_, agency)| !is_used(agency)) {
        let body = agency.body.as_str();
        let problem = format!("decides nothing: no procedure names it or its body {body:?}");
        notes.warning(place, problem, "name it in a procedure, or remove it");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

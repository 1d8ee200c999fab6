//! Administrative procedures: who may apply, what it costs, how long it takes, who decides.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use kvit_schemas::{
    AgencyId, ApplicantKind, Currency, EvidencePolicy, Identification, LatePayment, Money,
    ProcedureCode,
};

use super::agency::{Agency, Name, Titles, text, titles};
use super::base_values::THOUSANDTHS_MAX;
use super::document::{Table, Value};
use super::finding::{Findings, instead};
use super::terms::Term;

/// One administrative procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its code in the list of its act, such as `5.9`.
    pub code: ProcedureCode,
    /// Its name.
    pub title: Titles,
    /// The act whose list it stands in.
    pub act: Box<str>,
    /// The kind of body that decides it: its cases go to the agency of this kind that serves the
    /// applicant.
    pub body: Name,
    /// Agencies of other kinds to which a returned case may be passed.
    pub also_decided_by: Vec<AgencyId>,
    /// Who may apply, and under which rule. Whoever is not here may not.
    pub applicants: BTreeMap<ApplicantKind, ApplicantRule>,
    /// How long the agency has.
    pub term: Term,
    /// Other terms, by the name of the fact that brings them, such as `record_absent`.
    pub alternatives: BTreeMap<Name, Term>,
    /// What it asks of money and time.
    pub policy: Policy,
}

/// What one kind of applicant must pay and prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicantRule {
    /// The fee in thousandths of the base value; 0 when nothing is due.
    pub fee_thousandths: u32,
    /// The least that must be known of who applies.
    pub identification: Identification,
}

/// What a procedure asks of money and time; each may differ from the catalogue's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Which evidence of payment opens the way to the agency.
    pub evidence: EvidencePolicy,
    /// How much may be missing for a case still to be routed.
    pub tolerance: Money,
    /// How many days, counted from submission, the citizen has to pay.
    pub payment_window_days: NonZeroU16,
    /// What a payment after the window does.
    pub late_payment: LatePayment,
}

/// Kinds of applicant as the files write them.
pub(super) const KINDS: [(&str, ApplicantKind); 4] = [
    ("citizen", ApplicantKind::Citizen),
    ("foreigner", ApplicantKind::Foreigner),
    ("entrepreneur", ApplicantKind::Entrepreneur),
    ("organisation", ApplicantKind::Organisation),
];
const LEVELS: [(&str, Identification); 3] = [
    ("password", Identification::Password),
    ("unique_id", Identification::UniqueId),
    ("eds", Identification::Eds),
];
const EVIDENCE: [(&str, EvidencePolicy); 3] = [
    ("credited", EvidencePolicy::Credited),
    ("accepted", EvidencePolicy::Accepted),
    ("claimed", EvidencePolicy::Claimed),
];
const LATE: [(&str, LatePayment); 2] =
    [("revive", LatePayment::Revive), ("refund", LatePayment::Refund)];
type Counted = fn(NonZeroU16) -> Term;
const UNITS: [(&str, Counted); 4] = [
    ("calendar_days", Term::CalendarDays),
    ("working_days", Term::WorkingDays),
    ("weeks", Term::Weeks),
    ("months", Term::Months),
];
const POLICY_KEYS: [&str; 4] =
    ["evidence", "tolerance_minor", "payment_window_days", "late_payment"];
const OWN_KEYS: [&str; 8] =
    ["code", "title", "act", "body", "also_decided_by", "applicants", "term", "alternatives"];

impl Procedure {
    /// The term that a recorded fact of this name brings.
    pub fn alternative(&self, name: &str) -> Option<Term> {
        self.alternatives.get(name).copied()
    }

    /// True when cases may come to that agency, by route or passed on.
    pub(super) fn may_be_decided_by(&self, agency: &Agency) -> bool {
        self.body == agency.body || self.also_decided_by.contains(&agency.id)
    }

    /// Reads one `[[procedure]]`; `None` when a part that has no stand-in is wrong.
    pub(super) fn read(table: &Table<'_>, defaults: Policy, notes: &mut Findings) -> Option<Self> {
        table.only(&[&OWN_KEYS[..], &POLICY_KEYS[..]].concat(), notes);
        let code = table.need("code", notes).and_then(|code| code.parse(notes));
        let title = titles(table, notes);
        let act = text(table.need("act", notes), notes);
        let body = table.need("body", notes).and_then(|body| body.parse(notes));
        let also_decided_by = agencies(table, notes);
        let applicants = applicants(table, notes);
        let term = table.need("term", notes).and_then(|value| term(&value, notes));
        let alternatives = alternatives(table, notes);
        let policy = Policy::read(table, Some(defaults), notes);
        Some(Self {
            code: code?,
            title,
            act,
            body: body?,
            also_decided_by,
            applicants,
            term: term.unwrap_or(Term::SameDay),
            alternatives,
            policy,
        })
    }
}

impl Policy {
    /// Stands in for an unreadable one so that reading can go on: a catalogue with errors is
    /// never used.
    pub(super) fn unread() -> Self {
        Self {
            evidence: EvidencePolicy::Credited,
            tolerance: Money::zero(Currency::BYN),
            payment_window_days: NonZeroU16::MIN,
            late_payment: LatePayment::Revive,
        }
    }

    /// Reads the catalogue's `[defaults]`, where each key must be there.
    pub(super) fn read_defaults(table: &Table<'_>, notes: &mut Findings) -> Self {
        table.only(&POLICY_KEYS, notes);
        Self::read(table, None, notes)
    }

    fn read(table: &Table<'_>, defaults: Option<Self>, notes: &mut Findings) -> Self {
        let mut value = |key| match defaults {
            Some(_) => table.may(key),
            None => table.need(key, notes),
        };
        let [evidence, tolerance, window, late] = POLICY_KEYS.map(&mut value);
        let given = defaults.unwrap_or_else(Self::unread);
        let tolerance = tolerance
            .and_then(|value| value.number(&(0..=100_000_i64), notes))
            .and_then(|minor| Money::new(minor, Currency::BYN));
        Self {
            evidence: chosen(evidence, &EVIDENCE, notes).unwrap_or(given.evidence),
            tolerance: tolerance.unwrap_or(given.tolerance),
            payment_window_days: window
                .and_then(|value| value.number(&(1..=366_u16), notes))
                .and_then(NonZeroU16::new)
                .unwrap_or(given.payment_window_days),
            late_payment: chosen(late, &LATE, notes).unwrap_or(given.late_payment),
        }
    }
}

fn chosen<T: Copy>(
    value: Option<Value<'_>>,
    known: &[(&str, T)],
    notes: &mut Findings,
) -> Option<T> {
    value.and_then(|value| value.choice(known, notes))
}

fn agencies(table: &Table<'_>, notes: &mut Findings) -> Vec<AgencyId> {
    let listed = table.may("also_decided_by").and_then(|value| value.list(notes));
    listed.unwrap_or_default().iter().filter_map(|member| member.parse(notes)).collect()
}

fn applicants(table: &Table<'_>, notes: &mut Findings) -> BTreeMap<ApplicantKind, ApplicantRule> {
    let mut rules = BTreeMap::new();
    let listed = table.need("applicants", notes).and_then(|value| value.table(notes));
    for (key, value) in listed.iter().flat_map(Table::each) {
        let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == key) else {
            let cure = instead(key, &KINDS.map(|(name, _)| name));
            notes.error(&value.place, "there is no such kind of applicant", cure);
            continue;
        };
        if let Some(rule) = value.table(notes).and_then(|table| applicant(&table, *kind, notes)) {
            rules.insert(*kind, rule);
        }
    }
    if listed.is_some_and(|table| table.each().next().is_none()) {
        notes.error(table.place(), "nobody may apply", "name the kinds under applicants");
    }
    rules
}

fn applicant(
    table: &Table<'_>,
    kind: ApplicantKind,
    notes: &mut Findings,
) -> Option<ApplicantRule> {
    table.only(&["fee_thousandths", "identification"], notes);
    let fee = match table.may("fee_thousandths") {
        Some(value) => value.number(&(0..=THOUSANDTHS_MAX), notes),
        None => {
            let cure = "write fee_thousandths, 0 when nothing is due";
            notes.error(table.place(), "no fee rule for this kind of applicant", cure);
            None
        }
    };
    let level = table.need("identification", notes);
    let identification = level.as_ref().and_then(|value| value.choice(&LEVELS, notes));
    if let (ApplicantKind::Organisation, Some(Identification::UniqueId), Some(level)) =
        (kind, identification, level)
    {
        let problem = "an organisation has no unique identifier";
        notes.error(&level.place, problem, "write eds, or password for open access");
    }
    Some(ApplicantRule { fee_thousandths: fee?, identification: identification? })
}

fn alternatives(table: &Table<'_>, notes: &mut Findings) -> BTreeMap<Name, Term> {
    let listed = table.may("alternatives").and_then(|value| value.table(notes));
    let mut terms = BTreeMap::new();
    for (key, value) in listed.iter().flat_map(Table::each) {
        match key.parse::<Name>() {
            Ok(name) => {
                terms.extend(term(&value, notes).map(|term| (name, term)));
            }
            Err(error) => notes.error(&value.place, "is no name of a term", error.to_string()),
        }
    }
    terms
}

fn term(value: &Value<'_>, notes: &mut Findings) -> Option<Term> {
    let table = value.table(notes)?;
    table.only(&["count", "unit"], notes);
    let unit = table.need("unit", notes)?;
    if unit.says("same_day") {
        if let Some(count) = table.may("count") {
            notes.error(&count.place, "the same day has no count", "remove it");
        }
        return Some(Term::SameDay);
    }
    let names = UNITS.map(|(name, unit)| (name, Some(unit)));
    let known: Vec<_> = names.into_iter().chain([("same_day", None)]).collect();
    let unit = unit.choice(&known, notes).flatten();
    let count = table.need("count", notes).and_then(|count| count.number(&(1..=366_u16), notes));
    Some(unit?(NonZeroU16::new(count?)?))
}

//! The catalogue: which procedures there are, what they cost, how long they take and who decides
//! them (DESIGN.md 5). TOML files in one folder, checked as a whole; pure once loaded.

mod agency;
mod base_values;
mod calendar;
mod document;
mod draft;
mod finding;
mod lint;
mod procedure;
mod routes;
mod terms;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use kvit_schemas::{AgencyId, ApplicantKind, Day, Money, ProcedureCode, Region};

pub use agency::{Agency, Name, NameError, Titles};
pub use calendar::Calendar;
pub use finding::{Finding, Severity};
pub use procedure::{ApplicantRule, Policy, Procedure};
pub use routes::RouteError;
pub use terms::{Term, due_after_suspension, due_on};

use base_values::BaseValues;
use draft::Draft;
use finding::{Findings, Place};
use routes::Routes;

/// A sound catalogue: every procedure has one agency in every region and locality.
#[derive(Debug, Clone)]
pub struct Catalogue {
    version: String,
    procedures: Vec<Procedure>,
    by_code: HashMap<ProcedureCode, usize>,
    agencies: BTreeMap<AgencyId, Agency>,
    base_values: BaseValues,
    calendar: Calendar,
    routes: Routes,
    warnings: Vec<Finding>,
}

/// Why it cannot be said what is due.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    /// This kind of applicant may not apply.
    #[error("procedure {0} is not open to this kind of applicant")]
    NotOpen(ProcedureCode),
    /// The day is before the first known base value.
    #[error("no base value is known for {0}")]
    NoBaseValue(Day),
}

impl Catalogue {
    /// Reads every `*.toml` of a folder. Errors come all at once, with the warnings among them.
    pub fn load(dir: &Path) -> Result<Self, Vec<Finding>> {
        let files = read_files(dir)?;
        let borrowed: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Self::parse(&borrowed)
    }

    /// Reads files given as (name, text).
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, Vec<Finding>> {
        let mut notes = Findings::default();
        let draft = Draft::read(files, &mut notes);
        lint::check(&draft, &mut notes);
        if notes.has_errors() {
            return Err(notes.sorted());
        }
        Ok(Self::of(draft, notes.sorted()))
    }

    /// Everything that can be found wrong with a folder, as seen on a day; empty when all is well.
    pub fn lint(dir: &Path, today: Day) -> Vec<Finding> {
        match Self::load(dir) {
            Ok(catalogue) => {
                let mut findings = catalogue.warnings.clone();
                findings.extend(catalogue.findings_on(today));
                findings
            }
            Err(findings) => findings,
        }
    }

    /// What the catalogue lacks for applications submitted on a day.
    pub fn findings_on(&self, today: Day) -> Vec<Finding> {
        let mut notes = Findings::default();
        lint::check_on(self, today, &mut notes);
        notes.sorted()
    }

    /// The warnings under which it was loaded.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// What the files call this state, and the first 8 hex digits of the SHA-256 over them all.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The procedure of a code.
    pub fn procedure(&self, code: &ProcedureCode) -> Option<&Procedure> {
        self.procedures.get(*self.by_code.get(code)?)
    }

    /// All procedures, in the order of the numbers in their codes: 5.9 before 5.14 before 13.2.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        self.procedures.iter()
    }

    /// The agency of an id.
    pub fn agency(&self, id: &AgencyId) -> Option<&Agency> {
        self.agencies.get(id)
    }

    /// All agencies, in the order of their ids.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> {
        self.agencies.values()
    }

    /// The working calendar, which [`due_on`] needs.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The base value that applies on a day; `None` before the first that is known.
    pub fn base_value(&self, day: Day) -> Option<Money> {
        self.base_values.on(day)
    }

    /// What an applicant of this kind has to pay, at the base value of a day; `None` when nothing
    /// is due. Rounded half up to a whole kopeck.
    pub fn fee(
        &self,
        procedure: &Procedure,
        kind: ApplicantKind,
        base_value_day: Day,
    ) -> Result<Option<Money>, FeeError> {
        let rule = procedure.applicants.get(&kind);
        let rule = rule.ok_or_else(|| FeeError::NotOpen(procedure.code.clone()))?;
        if rule.fee_thousandths == 0 {
            return Ok(None);
        }
        let base = self.base_value(base_value_day);
        let base = base.ok_or(FeeError::NoBaseValue(base_value_day))?;
        Ok(base_values::share(base, rule.fee_thousandths))
    }

    /// The agency that decides a procedure for an applicant. An agency of the locality beats that
    /// of the region; a locality that none names goes to the region's.
    pub fn route(
        &self,
        procedure: &Procedure,
        region: Region,
        locality: Option<&str>,
    ) -> Result<&Agency, RouteError> {
        let missing = || RouteError::Missing { procedure: procedure.code.clone(), region };
        match self.routes.candidates(&procedure.body, region, locality) {
            [] => Err(missing()),
            [id] => self.agencies.get(id).ok_or_else(missing),
            [_, _, ..] => Err(RouteError::Ambiguous { procedure: procedure.code.clone(), region }),
        }
    }

    /// True when that agency may decide that procedure, wherever the applicant is: a returned case
    /// may be passed to it.
    pub fn decides(&self, agency: &AgencyId, procedure: &ProcedureCode) -> bool {
        match (self.agency(agency), self.procedure(procedure)) {
            (Some(agency), Some(procedure)) => procedure.may_be_decided_by(agency),
            (None, _) | (_, None) => false,
        }
    }

    fn of(draft: Draft, warnings: Vec<Finding>) -> Self {
        let mut procedures: Vec<Procedure> =
            draft.procedures.into_iter().map(|(_, procedure)| procedure).collect();
        procedures.sort_by_cached_key(|procedure| in_order(&procedure.code));
        let numbered = procedures.iter().enumerate();
        let agencies = draft.agencies.into_iter().map(|(_, agency)| (agency.id.clone(), agency));
        let agencies: BTreeMap<AgencyId, Agency> = agencies.collect();
        Self {
            version: draft.version,
            by_code: numbered.map(|(at, procedure)| (procedure.code.clone(), at)).collect(),
            procedures,
            routes: Routes::of(agencies.values()),
            agencies,
            base_values: draft.base_values,
            calendar: draft.calendar,
            warnings,
        }
    }
}

/// A code's parts with their numbers, so that 5.9 stands before 5.14.
fn in_order(code: &ProcedureCode) -> Vec<(u64, String)> {
    let parts = code.as_str().split(['.', '-']);
    parts.map(|part| (part.parse().unwrap_or(u64::MAX), part.to_owned())).collect()
}

fn read_files(dir: &Path) -> Result<Vec<(String, String)>, Vec<Finding>> {
    let mut notes = Findings::default();
    let whole = Place::file(&dir.to_string_lossy());
    let mut files = Vec::new();
    match std::fs::read_dir(dir).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => {
            for path in entries.iter().map(std::fs::DirEntry::path) {
                if path.extension().is_some_and(|extension| extension == "toml") {
                    files.extend(read_file(&path, &mut notes));
                }
            }
            if files.is_empty() && !notes.has_errors() {
                notes.error(&whole, "holds no *.toml", "set catalogue.path to the folder");
            }
        }
        Err(error) => {
            let problem = format!("cannot be read: {error}");
            notes.error(&whole, problem, "set catalogue.path to a readable folder");
        }
    }
    if notes.has_errors() { Err(notes.sorted()) } else { Ok(files) }
}

fn read_file(path: &Path, notes: &mut Findings) -> Option<(String, String)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match std::fs::read_to_string(path) {
        Ok(text) => Some((name, text)),
        Err(error) => {
            let problem = format!("cannot be read: {error}");
            notes.error(&Place::file(&name), problem, "make it readable UTF-8 text");
            None
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

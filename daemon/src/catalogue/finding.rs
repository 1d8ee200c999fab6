//! What is wrong with a catalogue, where, and what to do about it.

use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The catalogue is not used.
    Error,
    /// The catalogue is used; somebody should look.
    Warning,
}

/// One thing that is wrong, as one readable line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The file's name, or the folder's when it is about the whole.
    pub file: String,
    /// The line it begins on, from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// Which entry and key, such as `procedure 5.9, term.unit`; empty for the whole file.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub cure: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.severity {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
        })?;
        out.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        if !self.place.is_empty() {
            write!(out, ": {}", self.place)?;
        }
        write!(out, ": {}; {}", self.problem, self.cure)
    }
}

/// Where a thing stands: a file, a line, an entry (`procedure 5.9`) and the keys within it.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: Option<usize>,
    pub(super) entry: String,
    pub(super) keys: String,
}

impl Place {
    /// A whole file or folder.
    pub(super) fn file(name: &str) -> Self {
        Self { file: name.to_owned(), ..Self::default() }
    }

    /// File and line, to point at it from another finding.
    pub(super) fn short(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    fn entry_and_keys(&self) -> String {
        match (self.entry.is_empty(), self.keys.is_empty()) {
            (true, _) => self.keys.clone(),
            (false, true) => self.entry.clone(),
            (false, false) => format!("{}, {}", self.entry, self.keys),
        }
    }
}

/// Findings as they are made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn error(
        &mut self,
        place: &Place,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.add(Severity::Error, place, problem.into(), cure.into());
    }

    pub(super) fn warning(
        &mut self,
        place: &Place,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.add(Severity::Warning, place, problem.into(), cure.into());
    }

    fn add(&mut self, severity: Severity, place: &Place, problem: String, cure: String) {
        self.0.push(Finding {
            severity,
            file: place.file.clone(),
            line: place.line,
            place: place.entry_and_keys(),
            problem,
            cure,
        });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// All of them, in the order in which the files are read.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        self.0
    }
}

/// The known name most like `wrong`, when one is like enough to be what was meant.
pub(super) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let far = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, name)| name)
}

/// The cure of an unknown name: the nearest known one, else the choice there is.
pub(super) fn instead(wrong: &str, known: &[&str]) -> String {
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None if known.is_empty() => "none is described yet".to_owned(),
        None => format!("write one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let mut notes = Findings::default();
        let keys = "term.unit".to_owned();
        let entry = "procedure 5.9".to_owned();
        let place = Place { line: Some(12), entry, keys, ..Place::file("procedures.toml") };
        notes.error(&place, "\"day\" is unknown here", "write one of days, weeks");
        notes.warning(&Place::file("catalogue"), "no calendar for 2027", "add it");
        let lines: Vec<String> = notes.sorted().iter().map(ToString::to_string).collect();
        let expected = [
            "warning: catalogue: no calendar for 2027; add it",
            "error: procedures.toml:12: procedure 5.9, term.unit: \"day\" is unknown here; \
             write one of days, weeks",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn only_what_is_like_enough_is_proposed() {
        assert_eq!(nearest("wekes", ["weeks", "months"]), Some("weeks"));
        assert_eq!(nearest("years", ["months", "same_day"]), None);
        assert_eq!(instead("x", &[]), "none is described yet");
    }
}

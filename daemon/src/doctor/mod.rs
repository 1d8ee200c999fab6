//! `kvit doctor`: looks at everything a running kvit depends on, and says what to do about what
//! is amiss. Looks only: it declares nothing new, takes no message, and leaves no file behind.

use std::fmt;

use serde::Serialize;

use crate::cli::check;
use crate::settings::{Settings, Sources};

mod broker;
mod daemon;
mod disk;
mod folders;
mod host;
mod http;
mod management;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Kvit does not work like this, or loses what it must not lose.
    Error,
    /// It works, and somebody should look.
    Warning,
    /// Could not be looked at, or is only to be known. No reason to fail.
    Note,
}

/// One thing that is amiss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A setting, a queue, a file.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
    /// What to do; a command where there is one.
    pub cure: String,
}

impl Finding {
    fn new(severity: Severity, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { severity, place: place.into(), what: what.into(), cure: String::new() }
    }

    fn error(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, place, what)
    }

    fn warning(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, place, what)
    }

    fn note(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Severity::Note, place, what)
    }

    /// With what to do.
    fn cure(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(out, "{severity}: {}: {}\n    do: {}", self.place, self.what, self.cure)
    }
}

/// Everything that is amiss with these settings and what they name, the settings first.
pub async fn examine(sources: &Sources) -> Vec<Finding> {
    let mut findings = offline(sources);
    let Ok(loaded) = Settings::load(sources) else { return findings };
    let settings = &loaded.settings;
    let (running, told) = daemon::look(settings).await;
    findings.extend(told);
    findings.extend(disk::look(settings, running));
    findings.extend(folders::look(settings));
    findings.extend(host::look(settings, running));
    findings.extend(broker::look(settings, running).await);
    findings
}

/// What `kvit check` finds.
fn offline(sources: &Sources) -> Vec<Finding> {
    let found = check::findings(sources);
    let finding = |found: check::Found| {
        let (place, what) = found.parts();
        let made = if found.is_error() {
            Finding::error(place, what).cure("correct it; `kvit check` looks again, offline")
        } else {
            Finding::warning(place, what)
        };
        let open = made.what.contains("everybody on this machine");
        match (made.cure.is_empty(), open) {
            (false, _) => made,
            (true, true) => made.cure("chmod o= that file"),
            (true, false) => made.cure("look whether that is meant; `kvit check` looks again"),
        }
    };
    found.into_iter().map(finding).collect()
}

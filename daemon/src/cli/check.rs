//! `kvit check`: everything that can be found wrong before a start, without touching anything.

use std::fmt;

use kvit_adapters::clock::Clock;
use serde::Serialize;

use super::failure::{Exit, Failure};
use super::{Global, print, print_json};
use crate::catalogue::{Catalogue, Severity};
use crate::schedule::Cron;
use crate::service;
use crate::settings::{OperatorFile, Settings, Sources};

/// One thing that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    severity: &'static str,
    what: String,
}

impl Found {
    fn error(what: impl ToString) -> Self {
        Self { severity: "error", what: what.to_string() }
    }

    fn warning(what: impl ToString) -> Self {
        Self { severity: "warning", what: what.to_string() }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// Where, and what: settings and the catalogue's files lead with the layer or the file.
    pub(crate) fn parts(&self) -> (String, String) {
        let (place, what) = self.what.split_once(": ").unwrap_or(("settings", &self.what));
        (place.to_owned(), what.to_owned())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.severity, self.what)
    }
}

/// Prints what is wrong; fails with 78 when the daemon would not start, or when there are warnings
/// and they are denied.
pub(super) fn check(global: &Global, deny_warnings: bool) -> Result<(), Failure> {
    global.remote.only_here()?;
    let found = match global.sources() {
        Ok(sources) => findings(&sources),
        Err(error) => error.problems().iter().map(Found::error).collect(),
    };
    let errors = found.iter().filter(|it| it.is_error()).count();
    let warnings = found.len() - errors;
    for finding in &found {
        if global.json { print_json(finding)? } else { print(&finding.to_string())? }
    }
    if !global.json {
        print(&match (errors, warnings) {
            (0, 0) => "settings and catalogue are in order".to_owned(),
            (0, _) => format!("usable; warnings: {warnings}"),
            (_, _) => format!("not usable; errors: {errors}, warnings: {warnings}"),
        })?;
    }
    if errors > 0 || (deny_warnings && warnings > 0) {
        return Err(Failure::silent(Exit::Config));
    }
    Ok(())
}

/// Everything wrong in settings and catalogue.
pub(crate) fn findings(sources: &Sources) -> Vec<Found> {
    let loaded = match Settings::load(sources) {
        Ok(loaded) => loaded,
        Err(error) => return error.problems().iter().map(Found::error).collect(),
    };
    let mut found: Vec<Found> = loaded.warnings.iter().map(Found::warning).collect();
    if let OperatorFile::IfThere(file) = &sources.file
        && !file.exists()
    {
        let what = "is not there: without --config or $KVIT_CONFIG these are the defaults";
        found.push(Found::warning(format!("{}: {what}", file.display())));
    }
    let settings = &loaded.settings;
    found.extend(catalogue(settings));
    if let Err(error) = service::topology(settings) {
        found.push(Found::error(super::failure::chain(&error)));
    }
    let times = &settings.schedule;
    let named = [
        ("schedule.expiry", &times.expiry),
        ("schedule.republish", &times.republish),
        ("schedule.reminders", &times.reminders),
    ];
    for (key, text) in named {
        if let Err(error) = text.parse::<Cron>() {
            found.push(Found::error(format!("{key}: {error}")));
        }
    }
    found
}

fn catalogue(settings: &Settings) -> Vec<Found> {
    let path = &settings.catalogue.path;
    let mut found: Vec<Found> = Catalogue::lint(path, Clock::System.now().day())
        .iter()
        .map(|finding| {
            // The severity leads the line already.
            let line = finding.to_string();
            let what = line.split_once(": ").map_or(line.as_str(), |(_, what)| what);
            match finding.severity {
                Severity::Error => Found::error(what),
                Severity::Warning => Found::warning(what),
            }
        })
        .collect();
    if let Ok(catalogue) = Catalogue::load(path) {
        found.extend(service::unserved(settings, &catalogue).iter().map(Found::error));
    }
    found
}

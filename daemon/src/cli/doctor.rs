//! `kvit doctor`: everything kvit depends on, looked at while it runs or is stopped.

use super::failure::{Exit, Failure};
use super::{Global, print, print_json};
use crate::doctor::{self, Severity};

/// Prints what is amiss and what to do; fails with 1 when there is more than notes.
pub(super) fn doctor(global: &Global) -> Result<(), Failure> {
    global.remote.only_here()?;
    let sources = global.sources()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let findings = runtime.block_on(doctor::examine(&sources));
    for finding in &findings {
        if global.json { print_json(finding)? } else { print(&finding.to_string())? }
    }
    let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if !global.json {
        print(&match (errors, warnings) {
            (0, 0) => "all is well".to_owned(),
            (_, _) => format!("errors: {errors}, warnings: {warnings}"),
        })?;
    }
    if errors + warnings > 0 { Err(Failure::silent(Exit::Runtime)) } else { Ok(()) }
}

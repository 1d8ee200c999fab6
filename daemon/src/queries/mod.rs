//! What people ask of a store: plain functions over it, the same behind the admin API and the
//! command line with `--offline`. Answers are read back from JSON by the command line.

mod candidates;
mod cases;
mod payments;
mod quarantine;
mod sentences;
mod verify;
mod why;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

use kvit_adapters::store::{Store, StoreError};
use kvit_schemas::Moment;
use serde::{Deserialize, Serialize};

pub use candidates::{Candidate, candidates};
pub use cases::{CaseFilter, CaseSummary, CaseView, case, cases};
pub use payments::{Detail, PaymentView, Suspended, suspended, suspense};
pub use quarantine::{QuarantineView, Quarantined, quarantine, quarantined};
pub use verify::{AuditReport, StoreReport, TotalView, totals, verify_audit, verify_store};
pub use why::{StoryEntry, Why, why};

use crate::settings::Settings;

/// Most records of one answer.
pub const LIMIT_MAX: usize = 1_000;

/// Where questions are looked up.
#[derive(Debug, Clone, Copy)]
pub struct Books<'a> {
    /// The store.
    pub store: &'a Store,
    /// The settings in force.
    pub settings: &'a Settings,
    /// The moment of the question.
    pub now: Moment,
}

/// Some records and where to go on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Listed<T> {
    /// The records.
    pub items: Vec<T>,
    /// Ask for what follows this number; absent at the end.
    pub next: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The store cannot be read.
    #[error("reading the store")]
    Store(#[from] StoreError),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
}

/// A page's size, kept within bounds.
fn bounded(limit: Option<usize>) -> usize {
    limit.unwrap_or(100).clamp(1, LIMIT_MAX)
}

/// A moment as people read it: Minsk's time, to the second.
fn at_text(at: Moment) -> String {
    at.in_minsk().format("%Y-%m-%d %H:%M:%S").to_string()
}

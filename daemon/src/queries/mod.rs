//! What people ask of a store: plain functions over it, the same behind the admin API and the
//! command line with `--offline`. Answers are read back from JSON by the command line.

mod candidates;
mod cases;
mod outbox;
mod payments;
mod proposals;
mod quarantine;
mod sentences;
mod verify;
mod why;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod paging_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

use kvit_adapters::store::{Store, StoreError};
use kvit_schemas::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use candidates::{Candidate, candidates};
pub use cases::{CaseFilter, CaseSummary, CaseView, case, cases};
pub use outbox::{OutboxView, outbox};
pub use payments::{Detail, PaymentView, Suspended, suspended, suspense};
pub use proposals::{ProposalView, proposal, proposals};
pub use quarantine::{
    DeedView, Group, QuarantineFilter, QuarantineView, Quarantined, groups, merge, quarantine,
    quarantined,
};
pub use verify::{
    AuditReport, StoreReport, TotalView, audit_head, totals, verify_audit, verify_store,
};
pub use why::{StoryEntry, Why, why};

pub(crate) use sentences::sentence;

use crate::settings::Settings;

/// Most records of one answer.
pub const LIMIT_MAX: usize = 1_000;

/// Records looked at for one answer, however few of them fit the filter.
const SCAN_MAX: usize = 20_000;

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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
    /// The question makes no sense.
    #[error("{0}")]
    Invalid(String),
}

/// A page's size, kept within bounds.
fn bounded(limit: Option<usize>) -> usize {
    limit.unwrap_or(100).clamp(1, LIMIT_MAX)
}

/// A moment as people read it: Minsk's time, to the second.
fn at_text(at: Moment) -> String {
    at.in_minsk().format("%Y-%m-%d %H:%M:%S").to_string()
}

//! How the daemon is.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use kvit_schemas::record::Disposition;
use kvit_schemas::{FeedId, Moment};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::queries::TotalView;
use crate::service::{FolderState, Shared};

/// How the daemon is.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Status {
    /// It does its work.
    pub(crate) ready: bool,
    /// Why not, or what is amiss though it does.
    pub(crate) reasons: Vec<String>,
    /// Its version.
    pub(crate) version: String,
    /// What it calls itself.
    pub(crate) instance: String,
    /// When it started.
    pub(crate) started_at: Moment,
    /// The last commit on stable storage.
    pub(crate) commit: u64,
    /// Outbox rows that are not sent yet.
    pub(crate) outbox_rows: u64,
    /// Deliveries since the start, by how they ended.
    pub(crate) ended: BTreeMap<String, u64>,
    /// Drop folders by feed.
    #[serde(default)]
    pub(crate) folders: BTreeMap<FeedId, FolderState>,
    /// Sources that people paused: which, by whom and why.
    pub(crate) paused: Vec<String>,
    /// Where all money is.
    pub(crate) totals: Vec<TotalView>,
}

impl Status {
    pub(super) fn of(shared: &Shared, totals: Vec<TotalView>) -> Self {
        let readiness = shared.readiness();
        let all = [
            Disposition::Applied,
            Disposition::Duplicate,
            Disposition::Conflict,
            Disposition::Refused,
        ];
        let ended = all.map(|it| (it.as_str().to_owned(), shared.tally.ended(it)));
        Self {
            ready: readiness.ready,
            reasons: readiness.reasons,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            instance: shared.settings.instance.name.clone(),
            started_at: shared.started_at,
            commit: shared.progress.durable.load(Ordering::Relaxed),
            outbox_rows: shared.outbox_rows(),
            paused: shared.paused_sources(),
            ended: ended.into_iter().collect(),
            folders: shared.folders.borrow().clone(),
            totals,
        }
    }
}

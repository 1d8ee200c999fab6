//! What waits for a second person.

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::Moment;
use kvit_schemas::record::{Proposal, ProposalState, ProposedAct, Seq};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sentences::proposed;
use super::{Listed, QueryError, SCAN_MAX, bounded};

/// A proposal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProposalView {
    /// Its number in the store.
    pub number: u64,
    /// When it was made.
    pub at: Moment,
    /// Who made it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What is to be done, in words.
    pub act: String,
    /// The message in quarantine, where it is about one.
    pub quarantine: Option<u64>,
    /// Where it stands: waiting, approved or withdrawn.
    pub state: String,
    /// Who approved or withdrew it.
    pub ended_by: Option<String>,
    /// When.
    pub ended_at: Option<Moment>,
}

impl ProposalView {
    fn of(proposal: &Proposal) -> Self {
        let ended = match &proposal.state {
            ProposalState::Waiting => None,
            ProposalState::Approved { by, at } | ProposalState::Withdrawn { by, at, .. } => {
                Some((by.to_string(), *at))
            }
        };
        let (ended_by, ended_at) = ended.unzip();
        let quarantine = match &proposal.act {
            ProposedAct::Release { number, .. } | ProposedAct::Discard { number } => Some(number.0),
            ProposedAct::Assign { .. } => None,
        };
        Self {
            number: proposal.seq.0,
            at: proposal.at,
            by: proposal.by.to_string(),
            reason: proposal.reason.clone(),
            act: proposed(&proposal.act),
            quarantine,
            state: proposal.state.as_str().to_owned(),
            ended_by,
            ended_at,
        }
    }
}

/// Proposals, oldest first; without `all` those that wait.
///
/// # Errors
/// When they cannot be read.
pub fn proposals(
    store: &Store,
    all: bool,
    (after, limit): (Option<u64>, Option<usize>),
) -> Result<Listed<ProposalView>, QueryError> {
    let limit = bounded(limit);
    let (mut after, mut items, mut seen) = (after.map(Seq), Vec::new(), 0);
    loop {
        let page = store.proposals(after, limit)?;
        for proposal in &page.items {
            if all || proposal.state == ProposalState::Waiting {
                items.push(ProposalView::of(proposal));
            }
            if items.len() == limit {
                return Ok(Listed { items, next: Some(proposal.seq.0) });
            }
        }
        seen += page.items.len();
        after = page.next;
        if after.is_none() || seen >= SCAN_MAX {
            return Ok(Listed { items, next: after.map(|seq| seq.0) });
        }
    }
}

/// One proposal.
///
/// # Errors
/// [`QueryError::NotFound`] when there is none of this number.
pub fn proposal(store: &Store, number: u64) -> Result<ProposalView, QueryError> {
    let found = store.proposal(Seq(number))?;
    let missing = || QueryError::NotFound(format!("there is no proposal number {number}"));
    found.as_ref().map(ProposalView::of).ok_or_else(missing)
}

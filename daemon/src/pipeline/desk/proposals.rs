//! Two people for one act: the first proposes, another one approves, and only then it is done.

use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::record::{DeskNote, Proposal, ProposalState, ProposedAct, Seq};

use super::{Approval, By, DeskDone, DeskEnded, tell};
use crate::engine::At;
use crate::pipeline::apply::Applier;

impl Applier {
    pub(super) fn propose(
        &mut self,
        draft: &mut Draft<'_>,
        (mut act, mended): (ProposedAct, Option<Vec<u8>>),
        by: &By,
        at: At,
    ) -> Result<DeskEnded, StoreError> {
        if let (ProposedAct::Release { replacement, .. }, Some(bytes)) = (&mut act, mended) {
            let seq = self.take_seq();
            draft.put_body(seq, bytes);
            *replacement = Some(seq);
        }
        let (id, reason) = (by.id.clone(), by.reason.clone());
        let state = ProposalState::Waiting;
        let proposal =
            Proposal { seq: at.seq, at: at.now, by: id, reason, act: act.clone(), state };
        draft.put_proposal(&proposal);
        tell(draft, DeskNote::Proposed { proposal: at.seq, act }, by, at);
        Ok(DeskEnded::Done(DeskDone { number: Some(at.seq), ..DeskDone::default() }))
    }

    /// Takes note of the second person's word.
    pub(super) fn approve(
        &mut self,
        draft: &mut Draft<'_>,
        number: Seq,
        (by, at): (&By, At),
    ) -> Result<Result<Approval, DeskEnded>, StoreError> {
        let mut proposal = match waiting(draft, number)? {
            Ok(proposal) => proposal,
            Err(ended) => return Ok(Err(ended)),
        };
        if proposal.by == by.id {
            let what = format!(
                "{} made proposal {} and cannot approve it: it takes a second person",
                by.id, number.0
            );
            return Ok(Err(DeskEnded::Forbidden(what)));
        }
        proposal.state = ProposalState::Approved { by: by.id.clone(), at: at.now };
        draft.put_proposal(&proposal);
        let first = By { id: proposal.by.clone(), reason: proposal.reason.clone() };
        let note =
            DeskNote::Approved { proposal: number, by: proposal.by, reason: proposal.reason };
        tell(draft, note, by, at);
        Ok(Ok(Approval { first }))
    }

    pub(super) fn withdraw(
        &mut self,
        draft: &mut Draft<'_>,
        number: Seq,
        by: &By,
        at: At,
    ) -> Result<DeskEnded, StoreError> {
        let mut proposal = match waiting(draft, number)? {
            Ok(proposal) => proposal,
            Err(ended) => return Ok(ended),
        };
        let (id, reason) = (by.id.clone(), by.reason.clone());
        proposal.state = ProposalState::Withdrawn { by: id, at: at.now, reason };
        draft.put_proposal(&proposal);
        tell(draft, DeskNote::ProposalWithdrawn { proposal: number }, by, at);
        Ok(DeskEnded::Done(DeskDone::default()))
    }
}

fn waiting(draft: &Draft<'_>, number: Seq) -> Result<Result<Proposal, DeskEnded>, StoreError> {
    let Some(proposal) = draft.proposal(number)? else {
        let what = format!("there is no proposal number {}", number.0);
        return Ok(Err(DeskEnded::Missing(what)));
    };
    let late = |by: &kvit_schemas::OperatorId, what: &str| {
        DeskEnded::Late(format!("nothing was done: {by} has {what} proposal {} already", number.0))
    };
    match &proposal.state {
        ProposalState::Waiting => Ok(Ok(proposal)),
        ProposalState::Approved { by, .. } => Ok(Err(late(by, "approved"))),
        ProposalState::Withdrawn { by, .. } => Ok(Err(late(by, "withdrawn"))),
    }
}

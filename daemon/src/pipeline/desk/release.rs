//! Releasing and discarding: a new attempt on the way of any delivery, with its outcome kept.

use std::collections::BTreeSet;

use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::Moment;
use kvit_schemas::record::{
    Deed, DeedOutcome, DeskNote, Fate, FateState, QuarantineRecord, Seq, Subject,
};

use super::{Approval, Attempt, By, DeskDone, DeskEnded, Release, Replacement, tell_of};
use crate::engine::At;
use crate::pipeline::apply::{Applier, Ended};
use crate::pipeline::files::{Begin, FileAnswer, FileStep};

type Who<'a> = (&'a By, Option<&'a Approval>);

impl Applier {
    pub(super) fn release(
        &mut self,
        draft: &mut Draft<'_>,
        release: Release,
        (by, approval): Who<'_>,
        at: At,
    ) -> Result<DeskEnded, StoreError> {
        let Release { attempt, prepared } = release;
        let (record, fate) = match open(draft, attempt.number, &self.releasing, Some(&attempt))? {
            Ok(found) => found,
            Err(ended) => return Ok(ended),
        };
        let own = At { now: at.now, seq: self.take_seq() };
        let outcome = match self.judge(draft, &prepared, own)? {
            Ended::Applied(_) => DeedOutcome::Applied,
            Ended::Duplicate => DeedOutcome::Duplicate,
            Ended::Refused(refused) => {
                let refused = refused.bounded();
                DeedOutcome::Refused { code: refused.code, detail: refused.detail }
            }
        };
        let mut deed = self.deed(draft, attempt, (by, approval), at.now);
        deed.outcome = outcome.clone();
        let refused = matches!(outcome, DeedOutcome::Refused { .. });
        let state = if refused { FateState::Open } else { FateState::Released };
        note_release(draft, &record, &deed, (by, at))?;
        let fate = Fate { state, attempts: fate.attempts + 1, last: Some(deed) };
        draft.put_fate(record.seq, &fate);
        Ok(DeskEnded::Done(DeskDone { outcome: Some(outcome), ..DeskDone::default() }))
    }

    pub(super) fn claim(
        &mut self,
        draft: &mut Draft<'_>,
        attempt: Attempt,
        (by, approval): Who<'_>,
        at: At,
    ) -> Result<DeskEnded, StoreError> {
        let (record, fate) = match open(draft, attempt.number, &self.releasing, Some(&attempt))? {
            Ok(found) => found,
            Err(ended) => return Ok(ended),
        };
        let deed = self.deed(draft, attempt, (by, approval), at.now);
        note_release(draft, &record, &deed, (by, at))?;
        let state = FateState::Releasing;
        let fate = Fate { state, attempts: fate.attempts + 1, last: Some(deed) };
        draft.put_fate(record.seq, &fate);
        self.releasing.insert(record.seq);
        let outcome = Some(DeedOutcome::UnderWay);
        Ok(DeskEnded::Done(DeskDone { outcome, ..DeskDone::default() }))
    }

    pub(super) fn discard(
        &self,
        draft: &mut Draft<'_>,
        number: Seq,
        (by, approval): Who<'_>,
        at: At,
    ) -> Result<DeskEnded, StoreError> {
        let (record, fate) = match open(draft, number, &self.releasing, None)? {
            Ok(found) => found,
            Err(ended) => return Ok(ended),
        };
        let mut deed = deed((by, approval), at.now, (None, None));
        deed.outcome = DeedOutcome::Discarded;
        let subjects = subjects(draft, &record)?;
        let note = DeskNote::Discarded { number };
        tell_of(draft, message(&record), subjects, (note, by.actor()), at);
        let state = FateState::Discarded;
        draft.put_fate(number, &Fate { state, attempts: fate.attempts, last: Some(deed) });
        let outcome = Some(DeedOutcome::Discarded);
        Ok(DeskEnded::Done(DeskDone { outcome, ..DeskDone::default() }))
    }

    fn deed(
        &mut self,
        draft: &mut Draft<'_>,
        attempt: Attempt,
        (by, approval): Who<'_>,
        now: Moment,
    ) -> Deed {
        let replacement = attempt.replacement.map(|replacement| match replacement {
            Replacement::Kept(seq) => seq,
            Replacement::Given(bytes) => {
                let seq = self.take_seq();
                draft.put_body(seq, bytes);
                seq
            }
        });
        deed((by, approval), now, (attempt.party, replacement))
    }

    /// What a file would become: judged and begun, and forgotten.
    pub(super) fn try_file(
        &mut self,
        draft: &mut Draft<'_>,
        begin: Begin,
        now: Moment,
    ) -> Result<DeskEnded, StoreError> {
        let refused = begin.judged.clone().err();
        let answer = self.file(draft, FileStep::Begin(Box::new(begin)), now)?;
        let outcome = match (answer, refused) {
            (FileAnswer::Go(_), _) => DeedOutcome::Applied,
            (FileAnswer::Ended(_), Some(refused)) => {
                DeedOutcome::Refused { code: refused.code, detail: refused.detail }
            }
            (FileAnswer::Ended(_), None) => DeedOutcome::Duplicate,
        };
        Ok(DeskEnded::Done(DeskDone { outcome: Some(outcome), ..DeskDone::default() }))
    }
}

fn deed(
    (by, approval): Who<'_>,
    now: Moment,
    (party, replacement): (Option<String>, Option<Seq>),
) -> Deed {
    let first = approval.map_or(by, |approval| &approval.first);
    Deed {
        at: now,
        by: first.id.clone(),
        approved_by: approval.map(|_| by.id.clone()),
        reason: first.reason.clone(),
        outcome: DeedOutcome::UnderWay,
        party,
        replacement,
    }
}

/// The message, if it is still to be dealt with, and nobody was first.
fn open(
    draft: &Draft<'_>,
    number: Seq,
    releasing: &BTreeSet<Seq>,
    attempt: Option<&Attempt>,
) -> Result<Result<(QuarantineRecord, Fate), DeskEnded>, StoreError> {
    let Some(record) = draft.quarantined(number)? else {
        return Ok(Err(DeskEnded::Missing(format!("quarantine holds no number {}", number.0))));
    };
    let fate = draft.fate(number)?;
    let raced = attempt.is_some_and(|attempt| attempt.attempts != fate.attempts);
    // The daemon that was releasing it is gone, and with it the rest of the release. No clock tells
    // so: it may have been set back since.
    let left = fate.state == FateState::Releasing && !releasing.contains(&number);
    if (fate.state == FateState::Open || left) && !raced {
        return Ok(Ok((record, fate)));
    }
    let number = number.0;
    let what = match &fate.last {
        Some(last) => {
            let (by, at) = (&last.by, last.at);
            let (outcome, reason) = (last.outcome.as_str(), &last.reason);
            format!(
                "nothing was done: {by} dealt with number {number} at {at} ({outcome}), because: \
                 {reason}"
            )
        }
        None => format!("nothing was done: somebody else deals with number {number} just now"),
    };
    Ok(Err(DeskEnded::Late(what)))
}

fn note_release(
    draft: &mut Draft<'_>,
    record: &QuarantineRecord,
    deed: &Deed,
    (by, at): (&By, At),
) -> Result<(), StoreError> {
    let note = DeskNote::Released {
        number: record.seq,
        outcome: deed.outcome.clone(),
        party: deed.party.clone(),
        mended: deed.replacement.is_some(),
    };
    let subjects = subjects(draft, record)?;
    tell_of(draft, message(record), subjects, (note, by.actor()), at);
    Ok(())
}

fn message(record: &QuarantineRecord) -> Option<(String, String)> {
    let of = |wanted: &str| {
        let found = record.properties.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    Some((of("type").unwrap_or_default(), of("message_id")?))
}

fn subjects(draft: &Draft<'_>, record: &QuarantineRecord) -> Result<Vec<Subject>, StoreError> {
    let case = record.order_code.map(|code| draft.case(code)).transpose()?.flatten();
    Ok(case.map(|case| Subject::Case(case.seq)).into_iter().collect())
}

/// What came of a file that was being released.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    number: Seq,
    outcome: Option<DeedOutcome>,
    (by, at): (&By, At),
) -> Result<DeskEnded, StoreError> {
    let Some(record) = draft.quarantined(number)? else {
        return Ok(DeskEnded::Missing(format!("quarantine holds no number {}", number.0)));
    };
    let mut fate = draft.fate(number)?;
    if let (Some(outcome), Some(last)) = (outcome, fate.last.as_mut()) {
        last.outcome = outcome;
        fate.state = FateState::Released;
    } else if fate.state == FateState::Releasing {
        fate.state = FateState::Open;
    }
    let outcome = fate.last.as_ref().map(|last| last.outcome.clone());
    if let Some(last) = &fate.last {
        note_release(draft, &record, last, (by, at))?;
    }
    draft.put_fate(number, &fate);
    Ok(DeskEnded::Done(DeskDone { outcome, ..DeskDone::default() }))
}

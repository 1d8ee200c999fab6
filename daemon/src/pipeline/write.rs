//! What the engine says, written into the draft: facts, money, messages, the story.

use std::collections::BTreeMap;

use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::message::{MessageType, Outbound};
use kvit_schemas::record::{
    AuditLine, Case, Destination, Disposition, LedgerEntry, Note, OutBody, Payment, Position, Seq,
    Source, Subject,
};
use kvit_schemas::{Moment, OrderCode};

use crate::engine::{At, CaseFacts, Effect, Facts, Keep, Outcome};

use super::apply::{Applier, Work};
use super::outgoing::{Cause, kept_id, out_message, part_id, spelled};
use super::{pieces, refuse};

impl Applier {
    pub(super) fn write(
        &mut self,
        draft: &mut Draft<'_>,
        (facts, before): (Facts, Before),
        outcome: Outcome,
        (work, at): (Work, At),
    ) -> Result<(), StoreError> {
        let mut subjects = write_facts(draft, &facts, &before, at)?;
        self.effects(draft, outcome.effects, &work, at)?;
        // A timer that had become moot is no story.
        if work.message.is_none() && outcome.notes.is_empty() && subjects.is_empty() {
            return Ok(());
        }
        // What changed nothing still belongs to the story of the order it names.
        if subjects.is_empty() {
            subjects = facts.cases.values().map(|known| Subject::Case(known.case.seq)).collect();
        }
        // Money that names several orders belongs to the story of each.
        for note in &outcome.notes {
            let Note::Suspended { found, .. } = note else { continue };
            for code in found {
                subjects.extend(draft.case(*code)?.map(|case| Subject::Case(case.seq)));
            }
        }
        subjects.sort_unstable();
        subjects.dedup();
        draft.audit(AuditLine {
            at: at.now,
            seq: at.seq,
            actor: work.actor,
            message: work.message.map(|(kind, id)| (kind.as_str().to_owned(), id)),
            disposition: Some(Disposition::Applied),
            subjects,
            notes: outcome.notes,
        });
        Ok(())
    }

    fn effects(
        &mut self,
        draft: &mut Draft<'_>,
        effects: Vec<Effect>,
        work: &Work,
        at: At,
    ) -> Result<(), StoreError> {
        for (nth, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Say { destination, message, order_code, keep } => {
                    let to = (destination, (order_code, at.now));
                    self.say(draft, (at.seq, nth, &work.cause), to, (message, keep))?;
                }
                Effect::SayAgain { destination, kept, order_code } => {
                    let named = (kept_id(&self.store_name, kept), MessageType::DecisionPublished);
                    let about = (Some(order_code), at.now);
                    let body = OutBody::Stored(kept);
                    draft.send(out_message(named, destination, about, &work.cause, body));
                }
                Effect::KeepBody => draft.put_body(at.seq, work.body.clone()),
                Effect::Remind(timer) => draft.put_timer(timer),
                Effect::RefuseLate { source, kind, order_code } => {
                    self.refuse_late(draft, (&source, kind), order_code, at)?;
                }
            }
        }
        Ok(())
    }

    fn say(
        &self,
        draft: &mut Draft<'_>,
        (seq, nth, cause): (Seq, usize, &Cause),
        (destination, about): (Destination, (Option<OrderCode>, Moment)),
        (message, keep): (Outbound, Keep),
    ) -> Result<(), StoreError> {
        let kept = match keep {
            Keep::Whole => {
                draft.put_body(seq, spelled(&message));
                let named = (kept_id(&self.store_name, seq), message.kind());
                draft.send(out_message(named, destination, about, cause, OutBody::Stored(seq)));
                return Ok(());
            }
            Keep::DocumentsOf(body) if pieces::is_long(&message) => {
                draft.body(body)?.map(|bytes| (body, bytes))
            }
            Keep::DocumentsOf(_) | Keep::Nothing => None,
        };
        let messages = pieces::fitting(message, self.limits.message_bytes);
        for (part, message) in messages.into_iter().enumerate() {
            let body = match &kept {
                Some((seq, bytes)) => pieces::referring(&message, (*seq, bytes)),
                None => OutBody::Inline(spelled(&message)),
            };
            let named = (part_id(&self.store_name, seq, (nth, part)), message.kind());
            draft.send(out_message(named, destination.clone(), about, cause, body));
        }
        Ok(())
    }

    fn refuse_late(
        &mut self,
        draft: &mut Draft<'_>,
        (source, kind): (&Source, MessageType),
        order_code: OrderCode,
        at: At,
    ) -> Result<(), StoreError> {
        let body = draft.body(source.body)?.unwrap_or_default();
        refuse::refuse_kept(self, draft, (source, kind, body), (order_code, at));
        Ok(())
    }
}

/// The facts as they were read, to see what changed.
pub(super) struct Before {
    cases: BTreeMap<OrderCode, Case>,
    payments: BTreeMap<Seq, Payment>,
}

impl Before {
    pub(super) fn of(facts: &Facts) -> Self {
        let case = |known: &CaseFacts| known.case.clone();
        Self {
            cases: facts.cases.iter().map(|(code, known)| (*code, case(known))).collect(),
            payments: facts.payments.clone(),
        }
    }
}

/// Writes what changed and where money moved; says what the input concerned.
fn write_facts(
    draft: &mut Draft<'_>,
    facts: &Facts,
    before: &Before,
    at: At,
) -> Result<Vec<Subject>, StoreError> {
    let mut subjects = Vec::new();
    for (code, known) in &facts.cases {
        let was = before.cases.get(code);
        if was != Some(&known.case) {
            draft.put_case(&known.case, was.is_none())?;
            subjects.push(Subject::Case(known.case.seq));
        }
    }
    let case_of = |payment: Option<&Payment>| {
        let code = payment?.order_code?;
        facts.cases.get(&code).map(|known| known.case.seq)
    };
    for (seq, payment) in &facts.payments {
        let was = before.payments.get(seq);
        if was == Some(payment) {
            continue;
        }
        draft.put_payment(payment, was, (case_of(Some(payment)), case_of(was)))?;
        book(draft, was, Some(payment), at);
        subjects.push(Subject::Payment(*seq));
        subjects.extend(case_of(Some(payment)).map(Subject::Case));
        subjects.extend(case_of(was).map(Subject::Case));
    }
    for gone in &facts.joined {
        if let Some(was) = before.payments.get(&gone.seq) {
            draft.remove_payment(was, case_of(Some(was)))?;
            book(draft, Some(was), None, at);
            subjects.extend(case_of(Some(was)).map(Subject::Case));
        }
    }
    subjects.sort_unstable();
    subjects.dedup();
    Ok(subjects)
}

fn book(draft: &mut Draft<'_>, was: Option<&Payment>, is: Option<&Payment>, at: At) {
    let account = |payment: Option<&Payment>| {
        let main = payment?.main()?;
        Some((main.feed.clone(), main.amount.currency()))
    };
    let position = |payment: Option<&Payment>| payment.map(Position::of).unwrap_or_default();
    let payment = is.or(was).map_or(Seq(0), |payment| payment.seq);
    let mut moves = Vec::new();
    if account(was) == account(is) {
        moves.push((account(is), position(is).minus(position(was))));
    } else {
        moves.push((account(was), Position::default().minus(position(was))));
        moves.push((account(is), position(is)));
    }
    for (account, moved) in moves {
        if let Some((feed, currency)) = account {
            let day = at.now.day();
            draft.move_money(LedgerEntry { day, feed, currency, payment, moved });
        }
    }
}

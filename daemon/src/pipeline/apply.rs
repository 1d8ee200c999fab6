//! One input after the other: read facts, run the engine, write what it says into the draft.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kvit_adapters::store::{Draft, Store, StoreError, Tables};
use kvit_schemas::message::{Alert, AlertKind, Inbound, MessageType, Outbound};
use kvit_schemas::record::{
    Actor, AuditLine, Case, Destination, Disposition, LedgerEntry, Mark, Note, OutBody, Payment,
    Position, Seq, Source, Subject, Timer,
};
use kvit_schemas::{Code, Moment, OrderCode};

use crate::engine::{self, At, Effect, Facts, Input, Outcome, Refusal, RowEnd, Rules};
use crate::settings::{Directory, Party};

use super::intake::{Body, Checked, Limits, Prepared, Refused};
use super::outgoing::{Cause, kept_id, message_id, out_message, spelled};
use super::{facts, refuse, rows};

/// Applies inputs to drafts. One for a store: it hands out the running numbers.
#[derive(Debug)]
pub struct Applier {
    pub(super) rules: Rules,
    pub(super) directory: Directory,
    pub(super) limits: Limits,
    pub(super) store_name: String,
    keep_days: i64,
    next_seq: Seq,
}

/// How an input ended, besides what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was applied; for payment reports, how.
    Applied(Option<RowEnd>),
    /// It was applied before.
    Duplicate,
    /// It was refused, or is in conflict.
    Refused(Refused),
}

/// An input with what belongs to it.
pub(super) struct Work {
    pub(super) input: Input,
    pub(super) actor: Actor,
    /// The message's type and id.
    pub(super) message: Option<(MessageType, String)>,
    /// What to keep when the engine says so.
    pub(super) body: Vec<u8>,
    pub(super) cause: Cause,
}

impl Work {
    fn without_message(input: Input, actor: Actor) -> Self {
        Self { input, actor, message: None, body: Vec::new(), cause: Cause::default() }
    }
}

impl Applier {
    /// An applier that goes on where the store ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(
        store: &Store,
        rules: Rules,
        directory: Directory,
        limits: Limits,
        keep_days: u32,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            rules,
            directory,
            limits,
            store_name: store.name(),
            keep_days: i64::from(keep_days.max(1)),
            next_seq: store.next_seq()?,
        })
    }

    /// The first number not used yet; to be committed with the draft.
    pub fn next_seq(&self) -> Seq {
        self.next_seq
    }

    pub(super) fn take_seq(&mut self) -> Seq {
        let seq = self.next_seq;
        self.next_seq = Seq(seq.0 + 1);
        seq
    }

    /// Applies a delivery: each ends as exactly one disposition. Files end elsewhere.
    ///
    /// # Errors
    /// When the store cannot be read; the delivery is then not to be answered.
    pub fn delivery(
        &mut self,
        draft: &mut Draft<'_>,
        prepared: &Prepared,
        now: Moment,
    ) -> Result<Disposition, StoreError> {
        let at = At { now, seq: self.take_seq() };
        let ended = match (&prepared.result, &prepared.party) {
            (Ok(checked), Some(party)) => self.message(draft, prepared, checked, party, at)?,
            (Ok(_), None) => Ended::Refused(Refused::new(Code::SENDER_UNKNOWN, "no party")),
            (Err(refused), _) => Ended::Refused(refused.clone()),
        };
        match ended {
            Ended::Applied(_) => Ok(Disposition::Applied),
            Ended::Duplicate => Ok(Disposition::Duplicate),
            Ended::Refused(refused) => {
                refuse::refuse(self, draft, (prepared, &refused), at)?;
                let conflict = refused.code.is_conflict();
                Ok(if conflict { Disposition::Conflict } else { Disposition::Refused })
            }
        }
    }

    fn message(
        &mut self,
        draft: &mut Draft<'_>,
        prepared: &Prepared,
        checked: &Checked,
        party: &Party,
        at: At,
    ) -> Result<Ended, StoreError> {
        let Body::Message(message) = &checked.body else {
            unreachable!("files are applied row by row")
        };
        if let Some(ended) = self.repeated(draft, checked, (party, message.kind()), at)? {
            return Ok(ended);
        }
        let input = match self.permitted(prepared, message, party, &checked.message_id) {
            Ok(input) => input,
            Err(refused) => return Ok(Ended::Refused(refused)),
        };
        let message_id = checked.message_id.to_string();
        let work = Work {
            input,
            actor: Actor::Party(party.to_string()),
            message: Some((message.kind(), message_id.clone())),
            body: rows::kept_body(message),
            cause: Cause {
                message_id: Some(message_id.clone()),
                traceparent: prepared
                    .arrival
                    .properties
                    .header("traceparent")
                    .filter(|text| text.len() <= 128)
                    .map(str::to_owned),
            },
        };
        let mut ended = self.work(draft, work, at)?;
        if let Ended::Refused(refused) = &mut ended {
            refused.order_code = message.order_code();
        } else {
            let mark = Mark { content: checked.content, seq: at.seq };
            draft.put_mark(self.period(at.now), (&party.to_string(), &message_id), mark);
        }
        Ok(ended)
    }

    /// A message id that was applied before: the same content is a duplicate, other content a
    /// conflict.
    pub(super) fn repeated(
        &self,
        draft: &mut Draft<'_>,
        checked: &Checked,
        (party, kind): (&Party, MessageType),
        at: At,
    ) -> Result<Option<Ended>, StoreError> {
        let (name, id) = (party.to_string(), checked.message_id.as_str());
        let period = self.period(at.now);
        let Some(mark) = draft.mark(period.saturating_sub(1)..=period, &name, id)? else {
            return Ok(None);
        };
        if mark.content != checked.content {
            let detail = "this message_id was applied with other content";
            let refused = Refused::new(Code::MESSAGE_ID_REUSED, detail);
            return Ok(Some(Ended::Refused(refused)));
        }
        let mut subjects = Vec::new();
        if let Body::Message(message) = &checked.body
            && let Some(order_code) = message.order_code()
        {
            subjects.extend(draft.case(order_code)?.map(|case| Subject::Case(case.seq)));
        }
        draft.audit(AuditLine {
            at: at.now,
            seq: at.seq,
            actor: Actor::Party(name),
            message: Some((kind.as_str().to_owned(), id.to_owned())),
            disposition: Some(Disposition::Duplicate),
            subjects,
            notes: Vec::new(),
        });
        Ok(Some(Ended::Duplicate))
    }

    /// Who may say what (contract 2), as far as it does not depend on the state of an order.
    fn permitted(
        &self,
        prepared: &Prepared,
        message: &Inbound,
        party: &Party,
        message_id: &kvit_schemas::MessageId,
    ) -> Result<Input, Refused> {
        for (pointer, attachment) in message.attachments() {
            let host = attachment.host();
            if host.is_some_and(|host| !self.directory.may_link(party, host)) {
                let detail = format!("{party} may not name documents on that host");
                let mut refused = Refused::new(Code::ATTACHMENT_INVALID, detail);
                refused.pointer = Some(format!("{pointer}/url"));
                refused.order_code = message.order_code();
                return Err(refused);
            }
        }
        match party {
            Party::Portal(portal) => Ok(Input::Portal {
                portal: portal.clone(),
                message_id: message_id.clone(),
                message: message.clone(),
            }),
            Party::Agency(agency) => {
                Ok(Input::Agency { agency: agency.clone(), message: message.clone() })
            }
            Party::Bank(bank) => {
                let Inbound::PaymentReported(body) = message else {
                    return Err(Refused::new(Code::TYPE_NOT_YOURS, "banks do not send this type"));
                };
                let key = prepared.arrival.routing_key.strip_suffix(".payment");
                if key != Some(body.feed.as_str()) {
                    let detail = format!("the routing key is not that of feed {}", body.feed);
                    return Err(Refused::new(Code::ROUTING_KEY_DISAGREES, detail));
                }
                if self.rules.feeds.get(&body.feed).is_none_or(|rule| rule.bank != *bank) {
                    let detail = format!("{party} does not speak for feed {}", body.feed);
                    let mut refused = Refused::new(Code::FEED_NOT_YOURS, detail);
                    refused.pointer = Some("/feed".to_owned());
                    return Err(refused);
                }
                Ok(Input::Report(rows::report_of(body)))
            }
        }
    }

    /// Runs the engine on one input. A panic there is kvit's own bug: it changes nothing, the
    /// input is refused as a defect, and the next goes on.
    pub(super) fn work(
        &mut self,
        draft: &mut Draft<'_>,
        work: Work,
        at: At,
    ) -> Result<Ended, StoreError> {
        let mut facts = facts::read(draft, &work.input, &self.rules)?;
        let before = Before::of(&facts);
        let input = work.input.clone();
        let rules = &self.rules;
        let applied =
            catch_unwind(AssertUnwindSafe(|| engine::apply(&mut facts, input, rules, at)));
        match applied {
            Ok(Ok(outcome)) => {
                let row = outcome.row;
                self.write(draft, (facts, before), outcome, (work, at))?;
                Ok(Ended::Applied(row))
            }
            Ok(Err(Refusal { code, detail, pointer })) => {
                let pointer = pointer.filter(|it| !it.is_empty()).map(str::to_owned);
                Ok(Ended::Refused(Refused { code, detail, pointer, order_code: None }))
            }
            Err(panic) => {
                let what = panic_text(panic.as_ref());
                tracing::error!(what, "defect met while applying a message");
                Ok(Ended::Refused(Refused::new(Code::DEFECT, what)))
            }
        }
    }

    /// Applies what a person does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn act(
        &mut self,
        draft: &mut Draft<'_>,
        input: Input,
        actor: Actor,
        now: Moment,
    ) -> Result<Ended, StoreError> {
        let at = At { now, seq: self.take_seq() };
        self.work(draft, Work::without_message(input, actor), at)
    }

    /// Looks at a case because a timer is due; the timer is gone afterwards.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn timer(
        &mut self,
        draft: &mut Draft<'_>,
        timer: Timer,
        now: Moment,
    ) -> Result<(), StoreError> {
        let at = At { now, seq: self.take_seq() };
        draft.remove_timer(&timer);
        let input = Input::Timer { kind: timer.kind, order_code: timer.order_code };
        let ended = self.work(draft, Work::without_message(input, Actor::Schedule), at)?;
        if let Ended::Refused(refused) = ended {
            tracing::error!(detail = refused.detail, "a timer could not be looked at");
        }
        Ok(())
    }

    fn write(
        &mut self,
        draft: &mut Draft<'_>,
        (facts, before): (Facts, Before),
        outcome: Outcome,
        (work, at): (Work, At),
    ) -> Result<(), StoreError> {
        let mut subjects = write_facts(draft, &facts, &before, at);
        self.effects(draft, outcome.effects, &work, at)?;
        // What changed nothing still belongs to the story of the order it names.
        if subjects.is_empty() {
            subjects = facts.cases.values().map(|known| Subject::Case(known.case.seq)).collect();
        }
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
                    let bytes = spelled(&message);
                    let (id, body) = if keep {
                        draft.put_body(at.seq, bytes);
                        (kept_id(&self.store_name, at.seq), OutBody::Stored(at.seq))
                    } else {
                        (message_id(&self.store_name, at.seq, nth), OutBody::Inline(bytes))
                    };
                    let (about, kind) = ((order_code, at.now), message.kind());
                    draft.send(out_message((id, kind), destination, about, &work.cause, body));
                }
                Effect::SayAgain { destination, kept, order_code } => {
                    let named = (kept_id(&self.store_name, kept), MessageType::DecisionPublished);
                    let about = (Some(order_code), at.now);
                    let body = OutBody::Stored(kept);
                    draft.send(out_message(named, destination, about, &work.cause, body));
                }
                Effect::KeepBody => draft.put_body(at.seq, work.body.clone()),
                Effect::Remind(timer) => draft.put_timer(&timer),
                Effect::RefuseLate { source, kind, order_code } => {
                    self.refuse_late(draft, (&source, kind), order_code, at)?;
                }
            }
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

    /// Alerts the operators' tools.
    pub(super) fn alert(
        &self,
        draft: &mut Draft<'_>,
        alert: Alert,
        (cause, nth): (&Cause, usize),
        at: At,
    ) {
        let destination = Destination::Alert(alert.kind);
        let about = (alert.order_code, at.now);
        let id = message_id(&self.store_name, at.seq, nth);
        let body = OutBody::Inline(spelled(&Outbound::Alert(alert)));
        let named = (id, MessageType::AlertRaised);
        draft.send(out_message(named, destination, about, cause, body));
    }

    /// Marks are kept in two periods of this length; the message ids of both are looked up.
    fn period(&self, now: Moment) -> u32 {
        mark_period(now, self.keep_days)
    }

    pub(super) fn mark(&self, draft: &mut Draft<'_>, (party, checked): (&Party, &Checked), at: At) {
        let mark = Mark { content: checked.content, seq: at.seq };
        let named = (&*party.to_string(), checked.message_id.as_str());
        draft.put_mark(self.period(at.now), named, mark);
    }
}

/// The period whose marks are written at a moment, when they are kept for so many days.
pub(crate) fn mark_period(now: Moment, keep_days: i64) -> u32 {
    let days = now.seconds().div_euclid(24 * 60 * 60);
    u32::try_from(days / keep_days.max(1)).unwrap_or_default()
}

/// The facts as they were read, to see what changed.
struct Before {
    cases: BTreeMap<OrderCode, Case>,
    payments: BTreeMap<Seq, Payment>,
}

impl Before {
    fn of(facts: &Facts) -> Self {
        let case = |known: &engine::CaseFacts| known.case.clone();
        Self {
            cases: facts.cases.iter().map(|(code, known)| (*code, case(known))).collect(),
            payments: facts.payments.clone(),
        }
    }
}

/// Writes what changed and where money moved; says what the input concerned.
fn write_facts(draft: &mut Draft<'_>, facts: &Facts, before: &Before, at: At) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (code, known) in &facts.cases {
        let was = before.cases.get(code);
        if was != Some(&known.case) {
            draft.put_case(&known.case, was.is_none());
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
        draft.put_payment(payment, was, (case_of(Some(payment)), case_of(was)));
        book(draft, was, Some(payment), at);
        subjects.push(Subject::Payment(*seq));
        subjects.extend(case_of(Some(payment)).map(Subject::Case));
        subjects.extend(case_of(was).map(Subject::Case));
    }
    for gone in &facts.joined {
        if let Some(was) = before.payments.get(&gone.seq) {
            draft.remove_payment(was, case_of(Some(was)));
            book(draft, Some(was), None, at);
            subjects.extend(case_of(Some(was)).map(Subject::Case));
        }
    }
    subjects.sort_unstable();
    subjects.dedup();
    subjects
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

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}

/// An alert about a message that made kvit fail.
pub(super) fn defect(detail: &str, order_code: Option<OrderCode>, now: Moment) -> Alert {
    let kind = AlertKind::Defect;
    Alert { kind, at: now, detail: detail.to_owned(), order_code, payment: None }
}

/// What a line of the story says of a refusal.
pub(super) fn refused_note(refused: &Refused) -> Note {
    Note::Refused {
        code: refused.code,
        detail: refused.detail.clone(),
        pointer: refused.pointer.clone(),
    }
}

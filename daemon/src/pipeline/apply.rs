//! One input after the other: read facts, run the engine, write what it says into the draft.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kvit_adapters::store::{Draft, Store, StoreError, Tables};
use kvit_schemas::message::{Alert, AlertKind, MessageType, Outbound};
use kvit_schemas::record::{Actor, Destination, Mark, Note, OutBody, Seq, Timer};
use kvit_schemas::{Code, Moment, OrderCode};

use crate::engine::{self, At, Input, Refusal, RowEnd, Rules};
use crate::settings::{Directory, Party};

use super::facts;
use super::intake::{Checked, Limits, Refused};
use super::outgoing::{Cause, message_id, out_message, spelled};
use super::write::Before;

/// Applies inputs to drafts. One for a store: it hands out the running numbers.
#[derive(Debug)]
pub struct Applier {
    pub(super) rules: Rules,
    pub(super) directory: Directory,
    pub(super) limits: Limits,
    pub(super) store_name: String,
    /// Files in quarantine whose release has begun since the start, and has not ended.
    pub(super) releasing: BTreeSet<Seq>,
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
    pub(super) fn without_message(input: Input, actor: Actor) -> Self {
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
            releasing: BTreeSet::new(),
            keep_days: i64::from(keep_days.max(1)),
            next_seq: store.next_seq()?,
        })
    }

    /// The first number not used yet; to be committed with the draft.
    pub fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// Takes back the numbers that were handed out for what is not committed.
    pub(super) fn go_back_to(&mut self, next: Seq) {
        self.next_seq = next;
    }

    pub(super) fn take_seq(&mut self) -> Seq {
        let seq = self.next_seq;
        self.next_seq = Seq(seq.0 + 1);
        seq
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

    /// Looks at a case because a timer is due.
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
        let input = Input::Timer { kind: timer.kind, order_code: timer.order_code };
        let ended = self.work(draft, Work::without_message(input, Actor::Schedule), at)?;
        if let Ended::Refused(refused) = ended {
            tracing::error!(detail = refused.detail, "a timer could not be looked at");
        }
        Ok(())
    }

    /// Tells the operators' tools what the daemon met while watching itself.
    pub(super) fn tell(&mut self, draft: &mut Draft<'_>, alert: Alert, now: Moment) {
        let at = At { now, seq: self.take_seq() };
        self.alert(draft, alert, (&Cause::default(), 0), at);
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

    /// Marks are kept in two periods of this length.
    pub(super) fn period(&self, now: Moment) -> u32 {
        mark_period(now, self.keep_days)
    }

    /// The periods whose marks count.
    pub(super) fn periods(&self, now: Moment) -> RangeInclusive<u32> {
        let period = self.period(now);
        period.saturating_sub(1)..=period
    }

    pub(super) fn mark(&self, draft: &mut Draft<'_>, (party, checked): (&Party, &Checked), at: At) {
        let mark = Mark { content: checked.content, seq: at.seq };
        let named = (&*party.to_string(), checked.message_id.as_str());
        draft.put_mark(self.periods(at.now), named, mark);
    }
}

/// The period whose marks are written at a moment, when they are kept for so many days.
pub(crate) fn mark_period(now: Moment, keep_days: i64) -> u32 {
    let days = now.seconds().div_euclid(24 * 60 * 60);
    u32::try_from(days / keep_days.max(1)).unwrap_or_default()
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

//! What people at the desk do, on the committer's thread: each act is one commit with who did it
//! and why, and of two people who do the same at once one is told.

mod again;
mod proposals;
mod release;

use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::record::{
    Actor, AuditLine, DeedOutcome, DeskNote, Destination, Note, ProposedAct, Seq, Subject,
};
use kvit_schemas::{Moment, OperatorId, OrderCode};

pub use again::{NotAgain, arrival_again};

use super::apply::{Applier, Ended};
use super::files::Begin;
use super::intake::Prepared;
use crate::engine::{At, Input};

/// Who acts, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub id: OperatorId,
    /// Why.
    pub reason: String,
}

/// An act, and how it is meant.
#[derive(Debug)]
pub struct DeskWork {
    /// What is to be done.
    pub act: DeskAct,
    /// By whom; of something approved, the second person.
    pub by: By,
    /// The proposal that this person approves by it.
    pub approves: Option<Seq>,
    /// Only tell what would happen.
    pub dry_run: bool,
}

/// What is to be done.
#[derive(Debug)]
pub enum DeskAct {
    /// Release a message from quarantine.
    Release(Box<Release>),
    /// Begin to release a file: that takes many commits.
    Claim(Attempt),
    /// A file was released, or refused again.
    Settle {
        /// Its number.
        number: Seq,
        /// What came of it; absent when it was refused, for then it is noted already.
        outcome: Option<DeedOutcome>,
    },
    /// What would become of a file.
    TryFile(Box<Begin>),
    /// Discard a message.
    Discard {
        /// Its number.
        number: Seq,
    },
    /// Say which order a payment belongs to.
    Assign {
        /// The payment.
        payment: Seq,
        /// The order.
        order_code: OrderCode,
    },
    /// Say which agency decides a case, or anything else the engine knows.
    Engine(Input),
    /// Propose what needs a second person; with mended bytes to be kept.
    Propose(ProposedAct, Option<Vec<u8>>),
    /// Take back or turn down a proposal.
    Withdraw {
        /// Its number.
        proposal: Seq,
    },
    /// Take nothing from a source.
    Pause {
        /// Its name.
        source: String,
    },
    /// Take from it again.
    Resume {
        /// Its name.
        source: String,
    },
    /// Forget messages in quarantine whose time is over.
    Forget {
        /// Their numbers.
        numbers: Vec<Seq>,
        /// They came before this moment.
        before: Moment,
    },
    /// Note in the audit log what is done elsewhere.
    Note(DeskNote),
}

/// A message that is released.
#[derive(Debug)]
pub struct Release {
    /// Which, and how.
    pub attempt: Attempt,
    /// The message, looked at anew.
    pub prepared: Prepared,
}

/// One attempt to release.
#[derive(Debug)]
pub struct Attempt {
    /// Its number in quarantine.
    pub number: Seq,
    /// The releases that its releaser has seen.
    pub attempts: u32,
    /// The party it is released as, where that is not its sender.
    pub party: Option<String>,
    /// Mended bytes, in place of those that came.
    pub replacement: Option<Replacement>,
}

/// Mended bytes.
#[derive(Debug)]
pub enum Replacement {
    /// Given just now.
    Given(Vec<u8>),
    /// Kept with a proposal.
    Kept(Seq),
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskEnded {
    /// It is done, or in a dry run: it would be.
    Done(DeskDone),
    /// Somebody else was first, or it cannot be done any more.
    Late(String),
    /// There is no such thing.
    Missing(String),
    /// This person may not.
    Forbidden(String),
    /// The engine refuses it.
    Refused(String),
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskDone {
    /// What came of a release.
    pub outcome: Option<DeedOutcome>,
    /// What followed, in order.
    pub notes: Vec<Note>,
    /// What is said to whom: destination and type.
    pub messages: Vec<(String, String)>,
    /// The number of what was made: a proposal.
    pub number: Option<Seq>,
}

impl Applier {
    /// Does what a person wants done, or tries it and forgets it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn desk(
        &mut self,
        draft: &mut Draft<'_>,
        work: DeskWork,
        now: Moment,
    ) -> Result<DeskEnded, StoreError> {
        // What a person wants is done as a whole or not at all: a proposal that was approved and
        // then refused still waits.
        let (mut trial, next, dry_run) = (draft.clone(), self.next_seq(), work.dry_run);
        let ended = self.desk_act(&mut trial, work, now)?;
        if dry_run || !matches!(ended, DeskEnded::Done(_)) {
            self.go_back_to(next);
        } else {
            *draft = trial;
        }
        Ok(ended)
    }

    fn desk_act(
        &mut self,
        draft: &mut Draft<'_>,
        work: DeskWork,
        now: Moment,
    ) -> Result<DeskEnded, StoreError> {
        let before = draft.so_far();
        let at = At { now, seq: self.take_seq() };
        let approval = match work.approves {
            Some(number) => match self.approve(draft, number, (&work.by, at))? {
                Ok(approval) => Some(approval),
                Err(ended) => return Ok(ended),
            },
            None => None,
        };
        let ended = self.done(draft, work.act, (&work.by, approval.as_ref()), at)?;
        let DeskEnded::Done(mut done) = ended else { return Ok(ended) };
        let (lines, messages) = draft.since(before);
        done.notes = lines.iter().flat_map(|line| line.notes.clone()).collect();
        let said = messages.iter().map(|it| (place(&it.destination), it.kind.clone()));
        done.messages = said.collect();
        Ok(DeskEnded::Done(done))
    }

    fn done(
        &mut self,
        draft: &mut Draft<'_>,
        act: DeskAct,
        (by, approval): (&By, Option<&Approval>),
        at: At,
    ) -> Result<DeskEnded, StoreError> {
        match act {
            DeskAct::Release(release) => self.release(draft, *release, (by, approval), at),
            DeskAct::Claim(attempt) => self.claim(draft, attempt, (by, approval), at),
            DeskAct::Settle { number, outcome } => {
                self.releasing.remove(&number);
                release::settle(draft, number, outcome, (by, at))
            }
            DeskAct::TryFile(begin) => self.try_file(draft, *begin, at.now),
            DeskAct::Discard { number } => self.discard(draft, number, (by, approval), at),
            DeskAct::Assign { payment, order_code } => {
                let teller = approval.map_or(by, |approval| &approval.first);
                let (id, reason) = (teller.id.clone(), teller.reason.clone());
                let input = Input::AssignPayment { payment, order_code, by: id, reason };
                self.engine(draft, input, teller, at.now)
            }
            DeskAct::Engine(input) => self.engine(draft, input, by, at.now),
            DeskAct::Propose(act, mended) => self.propose(draft, (act, mended), by, at),
            DeskAct::Withdraw { proposal } => self.withdraw(draft, proposal, by, at),
            DeskAct::Pause { source } => {
                let (id, reason) = (by.id.clone(), by.reason.clone());
                let pause = kvit_schemas::record::Pause {
                    source: source.clone(),
                    by: id,
                    reason,
                    at: at.now,
                };
                draft.put_pause(&pause);
                tell(draft, DeskNote::Paused { source }, by, at);
                Ok(DeskEnded::Done(DeskDone::default()))
            }
            DeskAct::Resume { source } => {
                draft.remove_pause(&source);
                tell(draft, DeskNote::Resumed { source }, by, at);
                Ok(DeskEnded::Done(DeskDone::default()))
            }
            DeskAct::Forget { numbers, before } => forget(draft, &numbers, before, at),
            DeskAct::Note(note) => {
                tell(draft, note, by, at);
                Ok(DeskEnded::Done(DeskDone::default()))
            }
        }
    }

    fn engine(
        &mut self,
        draft: &mut Draft<'_>,
        input: Input,
        by: &By,
        now: Moment,
    ) -> Result<DeskEnded, StoreError> {
        Ok(match self.act(draft, input, by.actor(), now)? {
            Ended::Applied(_) | Ended::Duplicate => DeskEnded::Done(DeskDone::default()),
            Ended::Refused(refused) => {
                DeskEnded::Refused(format!("{}: {}", refused.code, refused.detail))
            }
        })
    }
}

impl By {
    /// Nobody in particular: what time brings.
    pub(crate) fn schedule() -> Self {
        let id = match "schedule".parse() {
            Ok(id) => id,
            Err(error) => unreachable!("this is an id: {error}"),
        };
        Self { id, reason: "its time was over".to_owned() }
    }

    fn actor(&self) -> Actor {
        Actor::Operator { id: self.id.to_string(), reason: self.reason.clone() }
    }
}

/// What one person proposed and another approves.
#[derive(Debug, Clone)]
pub(super) struct Approval {
    /// Who proposed it, and why.
    first: By,
}

/// A line of the story that is about no case and no payment.
fn tell(draft: &mut Draft<'_>, note: DeskNote, by: &By, at: At) {
    tell_of(draft, None, Vec::new(), (note, by.actor()), at);
}

fn tell_of(
    draft: &mut Draft<'_>,
    message: Option<(String, String)>,
    subjects: Vec<Subject>,
    (note, actor): (DeskNote, Actor),
    at: At,
) {
    draft.audit(AuditLine {
        at: at.now,
        seq: at.seq,
        actor,
        message,
        disposition: None,
        subjects,
        notes: vec![Note::Desk(note)],
    });
}

/// A destination, for people.
pub(crate) fn place(destination: &Destination) -> String {
    match destination {
        Destination::Portal(portal) => format!("portal {portal}"),
        Destination::Agency(agency) => format!("agency {agency}"),
        Destination::Feed(feed) => format!("feed {feed}"),
        Destination::Alert(kind) => format!("alert {}", kind.as_str()),
        Destination::Refunds => "refunds".to_owned(),
    }
}

fn forget(
    draft: &mut Draft<'_>,
    numbers: &[Seq],
    before: Moment,
    at: At,
) -> Result<DeskEnded, StoreError> {
    for number in numbers {
        let fate = draft.fate(*number)?;
        draft.forget_quarantined(*number, &fate);
    }
    let messages = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
    let note = DeskNote::Forgotten { messages, before };
    tell_of(draft, None, Vec::new(), (note, Actor::Schedule), at);
    Ok(DeskEnded::Done(DeskDone::default()))
}

//! What is done with a message: facts in, transition out. Pure: no clock, no I/O, no randomness.
//!
//! A case is a function of the set of its facts. [`apply`] adds one fact, derives what is true
//! now ([`view`]), and the difference to what was said before is what is said next ([`tell`]).

mod agency;
mod application;
mod facts;
mod funding;
mod matching;
mod payment;
mod portal;
mod rules;
mod settle;
mod tell;
mod timer;
mod view;

pub use facts::{CaseFacts, Facts, PAYMENTS_MAX};
pub use matching::{Report, codes_of};
pub use payment::RowEnd;
pub use rules::{FeeCheck, FeedRule, Reminders, Rules};

use kvit_schemas::message::{ContentHash, Inbound, MessageType, Outbound};
use kvit_schemas::record::{Case, Destination, Note, Seq, Source, Timer, TimerKind};
use kvit_schemas::{AgencyId, Code, MessageId, Moment, OperatorId, OrderCode, PortalId};

/// One thing that happened, from outside or by the clock.
#[derive(Debug, Clone)]
pub enum Input {
    /// A portal said something.
    Portal {
        /// The portal.
        portal: PortalId,
        /// Its message id.
        message_id: MessageId,
        /// What it said.
        message: Inbound,
        /// Equal for the same content.
        content: ContentHash,
    },
    /// A feed reported a payment, in a message or in a row of a file.
    Report(Report),
    /// An agency said something.
    Agency {
        /// The agency.
        agency: AgencyId,
        /// What it said.
        message: Inbound,
        /// Equal for the same content.
        content: ContentHash,
    },
    /// A timer is due.
    Timer {
        /// What it is for.
        kind: TimerKind,
        /// The order.
        order_code: OrderCode,
    },
    /// A person says where a payment belongs.
    AssignPayment {
        /// The payment.
        payment: Seq,
        /// The order.
        order_code: OrderCode,
        /// Who says so.
        by: OperatorId,
        /// Why.
        reason: String,
    },
    /// A person says which agency is to decide a case that has no route.
    AssignCase {
        /// The order.
        order_code: OrderCode,
        /// The agency.
        agency: AgencyId,
    },
}

impl Input {
    /// True when this input may send the case to an agency, so that the bodies it is sent with
    /// must be among the facts. What has an agency goes to another only when it is given back.
    pub fn needs_bodies(&self, case: &Case) -> bool {
        let given_back = matches!(self, Self::Agency { message: Inbound::CaseReturned(_), .. });
        given_back || case.assigned().is_none()
    }
}

/// When an input is applied, and its number in the store.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// Kvit's clock.
    pub now: Moment,
    /// The input's number; ids of what it causes derive from it.
    pub seq: Seq,
}

/// What follows from an input besides the changed facts.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What the shell has to do, in order.
    pub effects: Vec<Effect>,
    /// The story of it.
    pub notes: Vec<Note>,
    /// How a payment report ended.
    pub row: Option<RowEnd>,
}

/// Something for the shell to do in the same commit.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send a message. Kept ones can be sent again under the same id.
    Say {
        /// Where to.
        destination: Destination,
        /// What.
        message: Outbound,
        /// The order it is about.
        order_code: Option<OrderCode>,
        /// What of it lies elsewhere than in the outbox.
        keep: Keep,
    },
    /// Send a kept message once more.
    SayAgain {
        /// Where to.
        destination: Destination,
        /// The number under which it is kept.
        kept: Seq,
        /// The order it is about.
        order_code: OrderCode,
    },
    /// Keep the body of the inbound message under its number.
    KeepBody,
    /// Look at something again later.
    Remind(Timer),
    /// A fact that waited turned out not to be allowed.
    RefuseLate {
        /// Where it came from.
        source: Source,
        /// The type of the message.
        kind: MessageType,
        /// The order it named.
        order_code: OrderCode,
    },
}

/// What of a message to be sent lies elsewhere than in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// All of it, under the input's number, so that it can be sent again.
    Whole,
    /// Its documents: they are in the body that is kept under this number.
    DocumentsOf(Seq),
}

/// Why an input changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What exactly was wrong.
    pub detail: String,
    /// Where in the body.
    pub pointer: Option<&'static str>,
}

impl Refusal {
    fn new(code: Code, pointer: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), pointer: Some(pointer) }
    }

    /// The order is unknown, or belongs to somebody else: the sender learns no more than that.
    fn not_yours() -> Self {
        Self::new(Code::ORDER_NOT_YOURS, "/order_code", "no such order of yours is known")
    }
}

/// What the parts of the engine work with besides the facts.
struct Context<'a> {
    rules: &'a Rules,
    at: At,
    out: Outcome,
}

impl Context<'_> {
    fn note(&mut self, note: Note) {
        self.out.notes.push(note);
    }

    fn say(&mut self, destination: Destination, order_code: OrderCode, message: Outbound) {
        let (order_code, keep) = (Some(order_code), Keep::Nothing);
        self.out.effects.push(Effect::Say { destination, message, order_code, keep });
    }

    /// Says something with the documents of a kept body.
    fn carry(
        &mut self,
        destination: Destination,
        order_code: OrderCode,
        (message, body): (Outbound, Seq),
    ) {
        let (order_code, keep) = (Some(order_code), Keep::DocumentsOf(body));
        self.out.effects.push(Effect::Say { destination, message, order_code, keep });
    }

    fn remind(&mut self, due: Moment, kind: TimerKind, order_code: OrderCode) {
        self.out.effects.push(Effect::Remind(Timer { due, kind, order_code }));
    }
}

/// Adds one input to the facts and says what follows.
///
/// # Errors
/// A [`Refusal`]; the facts are then to be thrown away.
pub fn apply(facts: &mut Facts, input: Input, rules: &Rules, at: At) -> Result<Outcome, Refusal> {
    let mut context = Context { rules, at, out: Outcome::default() };
    match input {
        Input::Portal { portal, message_id, message, content } => {
            let source = Source { portal, message_id, body: at.seq };
            portal::apply(facts, source, (message, content), &mut context)?;
        }
        Input::Report(report) => payment::report(facts, report, &mut context)?,
        Input::Agency { agency, message, content } => {
            agency::apply(facts, &agency, (message, content), &mut context)?;
        }
        Input::Timer { kind, order_code } => timer::apply(facts, order_code, kind, &mut context),
        Input::AssignPayment { payment, order_code, by, reason } => {
            payment::assign(facts, payment, (order_code, by, reason), &mut context)?;
        }
        Input::AssignCase { order_code, agency } => {
            agency::assign_by_person(facts, order_code, agency, &mut context)?;
        }
    }
    Ok(context.out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

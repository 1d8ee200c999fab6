//! The story: what happened, in order, in a chain that shows when it was changed.

use serde::{Deserialize, Serialize};

use super::{CodeSource, DeedOutcome, ProposedAct, Seq, SuspenseReason};
use crate::message::{
    ContentHash, Evidence, Outcome, PaymentChange, PaymentState, RefundReason, RefundState, Status,
};
use crate::{AgencyId, Code, Day, FeedId, MessageId, Moment, Money, OperatorId, OrderCode};

/// The lines of one commit, chained to the commit before by their hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditBatch {
    /// Hash of the batch before; zeros for the first.
    pub previous: [u8; 32],
    /// The lines.
    pub lines: Vec<AuditLine>,
    /// SHA-256 over `previous` and the stored form of `lines`.
    pub hash: [u8; 32],
}

/// One thing that happened. Holds ids, amounts and hashes, never personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// When, by kvit's clock.
    pub at: Moment,
    /// Its number in the store.
    pub seq: Seq,
    /// Who made it happen.
    pub actor: Actor,
    /// The message's type and id.
    pub message: Option<(String, String)>,
    /// How the delivery ended; absent when there was none.
    pub disposition: Option<Disposition>,
    /// What it concerns.
    pub subjects: Vec<Subject>,
    /// What followed from it, in order.
    pub notes: Vec<Note>,
}

/// Who made something happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A party, such as `portal epasluga`.
    Party(String),
    /// Nobody known.
    Unknown,
    /// A person, with the reason given.
    Operator {
        /// Who.
        id: String,
        /// Why.
        reason: String,
    },
    /// The schedule.
    Schedule,
}

/// How a delivery ended (contract 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Disposition {
    /// Its facts are recorded.
    Applied,
    /// It was applied before.
    Duplicate,
    /// It contradicts what was applied before.
    Conflict,
    /// Malformed, not allowed, or impossible.
    Refused,
}

impl Disposition {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
        }
    }
}

/// What a line concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// A case.
    Case(Seq),
    /// A payment.
    Payment(Seq),
    /// A message, by the hash of its id. Lines that a mark does not lead to are found by it; it is
    /// never among the subjects of a line.
    Message(ContentHash),
}

impl Subject {
    /// The messages with this id, whoever sent them.
    pub fn message(message_id: &str) -> Self {
        Self::Message(ContentHash::of(&[message_id.as_bytes()]))
    }
}

impl AuditLine {
    /// True when the line is to be found by the id of its message: no mark leads to one that was
    /// not applied, and no story of a case or payment tells one without subjects.
    pub fn is_found_by_message(&self) -> bool {
        self.disposition != Some(Disposition::Applied) || self.subjects.is_empty()
    }
}

/// Something that followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum Note {
    /// The fact was known already.
    NothingNew,
    /// The fact waits for its application.
    Waits,
    /// An application was accepted.
    ApplicationAccepted { procedure: String, due: Option<Money>, route: AgencyId, due_on: Day },
    /// The applicant withdrew.
    Withdrew { at: Moment },
    /// A receipt was attached.
    ReceiptClaimed { operation: Option<String>, amount: Option<Money> },
    /// Documents came.
    DocumentsKept,
    /// A feed reported a payment.
    PaymentSeen {
        feed: FeedId,
        payment_id: MessageId,
        state: PaymentState,
        amount: Money,
        paid_at: Moment,
    },
    /// Two sightings are one payment.
    PaymentsJoined { feed: FeedId, payment_id: MessageId, reference: String },
    /// The payment belongs to this order.
    Matched { order_code: OrderCode, rule: CodeSource },
    /// The payment waits in suspense.
    Suspended { reason: SuspenseReason, found: Vec<OrderCode> },
    /// Where a payment's money is now.
    Allocated {
        feed: FeedId,
        payment_id: MessageId,
        order_code: Option<OrderCode>,
        settled: Money,
        surplus: Money,
        suspense: Money,
    },
    /// The case went to an agency.
    Routed { agency: AgencyId, evidence: Evidence, due_on: Day },
    /// The agency gave it back and nobody else may have it.
    NoRoute { agency: AgencyId },
    /// The agency gave it back.
    ReturnedBy { agency: AgencyId, reason: String },
    /// The agency registered it.
    Registered { agency: AgencyId, number: String },
    /// The agency asked for documents.
    DocumentsRequested { request_id: MessageId },
    /// The term changed.
    TermChanged { due_on: Day },
    /// The agency decided.
    DecidedBy {
        agency: AgencyId,
        decision_id: MessageId,
        outcome: Outcome,
        replaces: Option<MessageId>,
    },
    /// The cabinet has the decision.
    DecisionSeen { decision_id: MessageId },
    /// The decision was published again.
    PublishedAgain { decision_id: MessageId, attempt: u32 },
    /// The cabinet never acknowledged it.
    NeverAcknowledged { decision_id: MessageId },
    /// The payment window ended.
    WindowClosed,
    /// The portal was told a status.
    StatusTold { status: Status, settled: Option<Money>, due: Option<Money> },
    /// The agency was told of money.
    MoneyTold { agency: AgencyId, kind: PaymentChange, amount: Money },
    /// The agency was told of the withdrawal.
    WithdrawalTold { agency: AgencyId },
    /// The agency was reminded of its term.
    Reminded { agency: AgencyId, due_on: Day, days: i64 },
    /// A refund became due, changed, or was cancelled.
    Refund { refund_id: String, state: RefundState, amount: Money, reason: RefundReason },
    /// The message, or a row of a file, was refused.
    Refused { code: Code, detail: String, pointer: Option<String> },
    /// A file was read.
    FileRead {
        feed: FeedId,
        file_name: String,
        applied: u64,
        duplicate: u64,
        suspended: u64,
        rejected: u64,
    },
    /// A person said where money belongs.
    AssignedByPerson { order_code: OrderCode },
    /// Evidence contradicts what a person decided.
    Contradicted { order_code: OrderCode },
    /// What a person did at the desk.
    Desk(DeskNote),
}

/// What a person did at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum DeskNote {
    /// A person released a message from quarantine.
    Released { number: Seq, outcome: DeedOutcome, party: Option<String>, mended: bool },
    /// A person discarded a message in quarantine.
    Discarded { number: Seq },
    /// A person proposed what needs a second one.
    Proposed { proposal: Seq, act: ProposedAct },
    /// A second person approved what another had proposed, for that one's reason.
    Approved { proposal: Seq, by: OperatorId, reason: String },
    /// A proposal was taken back, or turned down.
    ProposalWithdrawn { proposal: Seq },
    /// A person paused a source.
    Paused { source: String },
    /// A person resumed a source.
    Resumed { source: String },
    /// A person had a schedule run.
    ScheduleRun { schedule: String },
    /// A person had a destination tried again at once.
    Kicked { destination: Option<String> },
    /// Messages in quarantine were forgotten after their time.
    Forgotten { messages: u64, before: Moment },
}

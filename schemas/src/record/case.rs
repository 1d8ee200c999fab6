//! A case: the facts about one order, and what was told to others about it.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::message::{ContentHash, DeadlineChange, DeadlineKind, Outcome, Status};
use crate::{
    AgencyId, Day, EvidencePolicy, LatePayment, MessageId, Moment, Money, OrderCode, PortalId,
    ProcedureCode, Region,
};

/// Everything known about one order code. Payments are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number in the store.
    pub seq: Seq,
    /// The order.
    pub order_code: OrderCode,
    /// The application, once it is there. Facts may come before it.
    pub application: Option<ApplicationFact>,
    /// Withdrawals by the applicant.
    pub withdrawals: Vec<Withdrawal>,
    /// Receipts the applicant attached.
    pub receipts: Vec<ReceiptFact>,
    /// Documents the applicant added.
    pub documents: Vec<DocumentsFact>,
    /// Agencies it was assigned to, in order; the last one without `returned` has it.
    pub assignments: Vec<Assignment>,
    /// Changes of the term.
    pub deadlines: Vec<DeadlineFact>,
    /// Requests for documents.
    pub requests: Vec<RequestFact>,
    /// Decisions, in the order of their `replaces` chain; the last one is current.
    pub decisions: Vec<DecisionFact>,
    /// The payment window ended without enough money.
    pub window_closed: bool,
    /// What was said last.
    pub told: Told,
}

/// Where a fact came from, so that it can be answered later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The portal that said it.
    pub portal: PortalId,
    /// Its message id.
    pub message_id: MessageId,
    /// The number under which the body is kept.
    pub body: Seq,
}

/// The application, with the terms under which it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationFact {
    /// Where it came from; the portal owns the order.
    pub source: Source,
    /// Its content.
    pub content: ContentHash,
    /// The procedure.
    pub procedure: ProcedureCode,
    /// The region.
    pub region: Region,
    /// When the applicant submitted it.
    pub submitted_at: Moment,
    /// Version of the catalogue that was in force.
    pub catalogue: String,
    /// The agency its route leads to.
    pub route: AgencyId,
    /// The whole fee after exemption; absent when nothing is due.
    pub due: Option<Money>,
    /// Which evidence opens the way to the agency.
    pub evidence: EvidencePolicy,
    /// How much less than the due is enough, in minor units.
    pub tolerance: i64,
    /// Until when it has to be paid.
    pub pay_until: Moment,
    /// What a payment after that does.
    pub late: LatePayment,
    /// Last day of the agency's term, before any change.
    pub due_on: Day,
}

/// A withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Where it came from.
    pub source: Source,
    /// When the applicant withdrew.
    pub at: Moment,
    /// Why.
    pub reason: Option<String>,
}

/// An attached receipt; what it claims is personal data and kept as a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFact {
    /// Where it came from.
    pub source: Source,
    /// Its content.
    pub content: ContentHash,
}

/// Documents of the applicant, kept as a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsFact {
    /// Where they came from.
    pub source: Source,
    /// Their content.
    pub content: ContentHash,
}

/// The case at an agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The agency.
    pub agency: AgencyId,
    /// When kvit assigned it.
    pub at: Moment,
    /// The agency's registration: its number and when.
    pub registered: Option<(String, Moment)>,
    /// The agency gave it back.
    pub returned: Option<Returned>,
}

/// A case given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// When.
    pub at: Moment,
    /// Why.
    pub reason: String,
    /// Whose the agency thinks it is.
    pub suggested: Option<AgencyId>,
}

/// A change of the term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeadlineFact {
    /// When it changed.
    pub at: Moment,
    /// How.
    pub kind: DeadlineChange,
    /// The new last day, where named.
    pub until: Option<Day>,
    /// Why.
    pub reason: String,
}

/// A request for documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFact {
    /// The agency's name for it.
    pub request_id: MessageId,
    /// Its content.
    pub content: ContentHash,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionFact {
    /// The agency's name for it.
    pub decision_id: MessageId,
    /// Who decided.
    pub agency: AgencyId,
    /// What.
    pub outcome: Outcome,
    /// When.
    pub decided_at: Moment,
    /// Its content.
    pub content: ContentHash,
    /// The number under which the published message is kept.
    pub published: Seq,
    /// The cabinet has it.
    pub acknowledged: bool,
    /// How often it was published.
    pub attempts: u32,
}

/// How well the due is covered, weakest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub enum Level {
    /// Not.
    #[default]
    Short,
    /// By an attached receipt alone.
    Claimed,
    /// By money that was at least accepted.
    Accepted,
    /// By money on the account.
    Credited,
    /// Nothing was due.
    NotDue,
}

/// What was said last about a case; the difference to what is true now is what to say next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The last revision used.
    pub revision: u64,
    /// The status that the portal knows.
    pub status: Option<Status>,
    /// The settled amount that the portal knows, in minor units.
    pub settled: i64,
    /// The last day of the term that the portal and the agency know.
    pub due_on: Option<Day>,
    /// The portal knows that the term stands still.
    pub suspended: bool,
    /// The last reminder of the term that the agency got: for which last day, and of what kind.
    pub reminded: Option<(Day, DeadlineKind)>,
    /// What the agency that has the case knows.
    pub agency: Option<ToldAgency>,
}

/// What an agency knows of a case's money and withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldAgency {
    /// How well the due is covered.
    pub level: Level,
    /// How much of the due is covered, in minor units; after a reversal the least since then.
    pub settled: i64,
    /// The surplus, in minor units.
    pub surplus: i64,
    /// It was told of a reversal and not yet of a restoration.
    pub reversed: bool,
    /// It was told of the withdrawal.
    pub withdrawn: bool,
}

impl Case {
    /// A case of which nothing is known yet.
    pub fn new(seq: Seq, order_code: OrderCode) -> Self {
        Self {
            seq,
            order_code,
            application: None,
            withdrawals: Vec::new(),
            receipts: Vec::new(),
            documents: Vec::new(),
            assignments: Vec::new(),
            deadlines: Vec::new(),
            requests: Vec::new(),
            decisions: Vec::new(),
            window_closed: false,
            told: Told::default(),
        }
    }

    /// The assignment of the agency that has the case now.
    pub fn assigned(&self) -> Option<&Assignment> {
        self.assignments.last().filter(|last| last.returned.is_none())
    }

    /// The decision in force.
    pub fn decision(&self) -> Option<&DecisionFact> {
        self.decisions.last()
    }

    /// The portal that owns the order.
    pub fn portal(&self) -> Option<&PortalId> {
        self.application.as_ref().map(|application| &application.source.portal)
    }
}

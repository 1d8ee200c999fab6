//! What is kept: the stored form of cases, payments, files, messages and their story.
//!
//! Records are written in field order without names (postcard), so a change of a record is a new
//! version of the store's format, never a rename.

mod audit;
mod case;
mod desk;
mod file;
mod ledger;
mod message;
mod payment;

pub use audit::{Actor, AuditBatch, AuditLine, DeskNote, Disposition, Note, Subject};
pub use case::{
    ApplicationFact, Assignment, Case, DeadlineFact, DecisionFact, DocumentsFact, Level,
    ReceiptFact, RequestFact, Returned, Source, Told, ToldAgency, Withdrawal,
};
pub use desk::{Deed, DeedOutcome, Fate, FateState, Pause, Proposal, ProposalState, ProposedAct};
pub use file::{FileRecord, FileState};
pub use ledger::{LedgerEntry, Position};
pub use message::{
    Destination, Mark, OutBody, OutMessage, Piece, QuarantineRecord, Timer, TimerKind, TimerQueue,
};
pub use payment::{
    Allocation, Assigned, CodeSource, Payment, RefundTold, Sighting, SuspenseReason,
};

/// The store's running number of a thing: a message, a case, a payment. Grows, never reused.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Seq(pub u64);

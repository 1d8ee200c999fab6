//! What people at the desk did: the fate of quarantined messages, proposals that wait for a second
//! person, sources that are paused.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::{Code, Moment, OperatorId, OrderCode};

/// What became of a message in quarantine. Without one nobody has touched it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fate {
    /// Where it stands.
    pub state: FateState,
    /// Releases that were tried. Whoever acts says how many they saw, so that of two who act at
    /// the same time one is told.
    pub attempts: u32,
    /// What was done last.
    pub last: Option<Deed>,
}

/// Where a message in quarantine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FateState {
    /// It waits for somebody.
    #[default]
    Open,
    /// A file that is being released: that takes many commits.
    Releasing,
    /// It was released, and taken.
    Released,
    /// It is not to be released.
    Discarded,
}

impl FateState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Releasing, Self::Released, Self::Discarded];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Discarded => "discarded",
        }
    }
}

impl std::str::FromStr for FateState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("{text:?} is none of open, releasing, released, discarded"))
    }
}

/// What a person did to a message in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: OperatorId,
    /// The second person, where one was needed.
    pub approved_by: Option<OperatorId>,
    /// Why.
    pub reason: String,
    /// What came of it.
    pub outcome: DeedOutcome,
    /// The party it was released as, where that was not its sender.
    pub party: Option<String>,
    /// The mended bytes that were released in its place are kept under this number.
    pub replacement: Option<Seq>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeedOutcome {
    /// Nothing yet.
    UnderWay,
    /// Its facts are recorded.
    Applied,
    /// It had been applied before.
    Duplicate,
    /// It was refused again.
    Refused {
        /// Why.
        code: Code,
        /// What exactly was wrong.
        detail: String,
    },
    /// It was discarded.
    Discarded,
}

impl DeedOutcome {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Refused { .. } => "refused again",
            Self::Discarded => "discarded",
        }
    }
}

/// Something that one person wants done and another has to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its number in the store.
    pub seq: Seq,
    /// When it was made.
    pub at: Moment,
    /// Who made it.
    pub by: OperatorId,
    /// Why.
    pub reason: String,
    /// What is to be done.
    pub act: ProposedAct,
    /// Where it stands.
    pub state: ProposalState,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProposedAct {
    /// Release a message.
    Release {
        /// Its number in quarantine.
        number: Seq,
        /// As this party.
        party: Option<String>,
        /// The mended bytes are kept under this number.
        replacement: Option<Seq>,
    },
    /// Discard a message.
    Discard {
        /// Its number in quarantine.
        number: Seq,
    },
    /// Say which order a payment belongs to.
    Assign {
        /// The payment.
        payment: Seq,
        /// The order.
        order_code: OrderCode,
    },
}

/// Where a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProposalState {
    /// It waits for a second person.
    Waiting,
    /// A second person approved, and it was done.
    Approved {
        /// Who.
        by: OperatorId,
        /// When.
        at: Moment,
    },
    /// It was taken back, or turned down.
    Withdrawn {
        /// Who.
        by: OperatorId,
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
}

impl ProposalState {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// A source from which nothing is taken, because a person said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// `portal`, `bank`, `files` or `agency`.
    pub source: String,
    /// Who.
    pub by: OperatorId,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: Moment,
}

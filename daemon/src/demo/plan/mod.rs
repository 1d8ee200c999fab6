//! What will be said, by whom and when, and how each order must end.
//!
//! Pure: the same catalogue, day, seed and number of orders give the same plan. The expected ends
//! are written down by each scenario in the obvious way (what was paid against what is due), not
//! computed by kvit's engine: they are a second opinion.

mod builder;
mod faults;
mod make;
mod rejects;
mod rng;
mod scenarios;

use std::collections::{BTreeMap, HashMap};

use kvit_adapters::amqp::Speaker;

pub use faults::Faults;
pub(super) use make::{Play, make, paying};

/// Which of the played feeds money came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purse {
    /// The payment system's.
    Online,
    /// That of a bank's statements, on which the payment system's money arrives.
    Statements,
    /// That of a bank that may only say that it accepted money.
    Counter,
}

/// How the delivery of a message must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Applied; further copies are duplicates.
    Applied,
    /// Refused with this code, or in conflict.
    Refused(&'static str),
    /// Refused, and nobody can be answered.
    Unanswered,
    /// A file that is refused with this code, or in conflict, in its report.
    FileRefused(&'static str),
    /// A file whose report says this outcome and this many rows read and rejected.
    File(&'static str, u64, u64),
}

impl End {
    /// The word by which kvit counts the first copy.
    pub(super) fn disposition(self) -> &'static str {
        match self {
            Self::Applied | Self::File(..) => "applied",
            Self::Unanswered => "refused",
            Self::Refused(code) | Self::FileRefused(code) => {
                let conflict = code.starts_with("KV12") || code == "KV1504";
                if conflict { "conflict" } else { "refused" }
            }
        }
    }
}

/// A message of a party.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) speaker: Speaker,
    /// The exchange without the prefix.
    pub(super) exchange: &'static str,
    pub(super) key: String,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) file_name: Option<String>,
    pub(super) body: Vec<u8>,
    /// How often it is sent.
    pub(super) copies: u8,
    pub(super) end: End,
}

impl Post {
    /// Who says it, and its id: what a refusal of it goes by.
    pub(super) fn name(&self) -> (String, String) {
        let speaker = match &self.speaker {
            Speaker::Other(user) => user.clone(),
            Speaker::Connection | Speaker::Nobody => String::new(),
        };
        (speaker, self.id.clone())
    }
}

/// Something a party sees, to which it answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Event {
    /// The portal got the first status of the order.
    Known(String),
    /// The nth agency, from 0, got the order's case.
    Assigned(String, usize),
    /// The portal got the decision.
    Decided(String),
    /// The portal got the request for documents.
    Requested(String),
    /// The bank got the report on the file with this message id.
    Reported(String),
}

/// How an order must end.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    pub(super) scenario: &'static str,
    pub(super) portal: String,
    pub(super) status: &'static str,
    /// Minor units; absent when nothing is due.
    pub(super) due: Option<i64>,
    pub(super) settled: Option<i64>,
    /// Refunds due at the end: amount and reason.
    pub(super) refunds: Vec<(i64, &'static str)>,
    /// The current decision and its outcome.
    pub(super) decision: Option<(String, &'static str)>,
    /// The agencies to which the case may go, in order.
    pub(super) agencies: Vec<String>,
    /// The agency is not played: any decision of it will do.
    pub(super) decided_by_others: bool,
    /// It must have gone to all of them.
    pub(super) assigned: bool,
    /// It must never have gone to any.
    pub(super) unassigned: bool,
}

/// Where money must be at the end, in minor units; the accounts are those of DESIGN.md 4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) gross: i64,
    pub(super) settled: i64,
    pub(super) suspense: i64,
    pub(super) refund_due: i64,
    pub(super) reversed: i64,
    pub(super) withheld: i64,
    pub(super) accepted: i64,
}

/// The whole play.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What is said without a cause, in the order in which it is sent.
    pub(super) opening: Vec<Post>,
    /// What is said when something was seen.
    pub(super) answers: HashMap<Event, Vec<Post>>,
    pub(super) orders: BTreeMap<String, Expected>,
    /// By feed and currency.
    pub(super) money: BTreeMap<(String, &'static str), Sum>,
}

impl Plan {
    /// All messages.
    pub(super) fn posts(&self) -> impl Iterator<Item = &Post> {
        self.opening.iter().chain(self.answers.values().flatten())
    }

    /// How many deliveries must end how.
    pub(super) fn ends(&self) -> BTreeMap<&'static str, u64> {
        let mut ends = BTreeMap::new();
        for post in self.posts() {
            let copies = u64::from(post.copies);
            let duplicates = if post.end == End::Applied { copies - 1 } else { 0 };
            *ends.entry(post.end.disposition()).or_default() += copies - duplicates;
            *ends.entry("duplicate").or_default() += duplicates;
        }
        ends
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;

//! What the settings and the catalogue say, as far as the engine needs it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kvit_schemas::{BankId, FeedId};

use crate::catalogue::Catalogue;

/// The rules in force.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Procedures, fees, terms, agencies.
    pub catalogue: Arc<Catalogue>,
    /// The feeds.
    pub feeds: BTreeMap<FeedId, FeedRule>,
    /// What a fee that disagrees with the catalogue does.
    pub fee_check: FeeCheck,
    /// When to speak again.
    pub reminders: Reminders,
}

/// What the settings say of a feed.
#[derive(Debug, Clone)]
pub struct FeedRule {
    /// The bank that speaks for it.
    pub bank: BankId,
    /// It may say that money was credited.
    pub asserts_credited: bool,
    /// It may say that money was reversed.
    pub asserts_reversed: bool,
    /// Feeds whose money it shows again later.
    pub settles: Vec<FeedId>,
    /// Its place among the feeds: the smallest speaks for a joined payment.
    pub rank: u32,
    /// Its payment ids are ERIP operation numbers (contract 3.2).
    pub ids_are_erip_operations: bool,
}

/// What a fee that disagrees with the catalogue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeCheck {
    /// The application is refused.
    Refuse,
    /// It is accepted under the catalogue's fee, and the operators are told.
    Flag,
    /// It is accepted under the catalogue's fee.
    Off,
}

/// When to speak again.
#[derive(Debug, Clone, Copy)]
pub struct Reminders {
    /// Days before the end of a term at which the agency is reminded.
    pub approaching_days: u32,
    /// Seconds after which an unacknowledged decision is published again.
    pub republish_after_seconds: i64,
    /// How often it is published at most.
    pub attempts_max: u32,
}

impl Rules {
    /// The feed's rank; feeds that are no longer configured come last.
    pub(super) fn rank(&self, feed: &FeedId) -> u32 {
        self.feeds.get(feed).map_or(u32::MAX, |rule| rule.rank)
    }

    /// True when `later` shows the money of `earlier` again.
    pub(super) fn settles(&self, later: &FeedId, earlier: &FeedId) -> bool {
        self.feeds.get(later).is_some_and(|rule| rule.settles.contains(earlier))
    }
}

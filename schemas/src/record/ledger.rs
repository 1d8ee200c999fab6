//! The ledger: where money is, by day, feed and currency, and the law that none gets lost.

use serde::{Deserialize, Serialize};

use super::{Payment, Seq};
use crate::message::PaymentState;
use crate::{Currency, Day, FeedId};

/// Sums of one account each, in minor units; differences of sums when they describe a movement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// All money that was ever credited.
    pub gross: i64,
    /// On orders.
    pub settled: i64,
    /// In suspense.
    pub suspense: i64,
    /// Due for refund.
    pub refund_due: i64,
    /// Taken back.
    pub reversed: i64,
    /// What payment systems kept back of `gross`.
    pub withheld: i64,
    /// Only accepted: on its way, counted apart.
    pub accepted: i64,
}

/// Movements of one payment in one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The day of the commit.
    pub day: Day,
    /// The feed that speaks for the payment.
    pub feed: FeedId,
    /// The currency.
    pub currency: Currency,
    /// The payment.
    pub payment: Seq,
    /// What moved.
    pub moved: Position,
}

impl Position {
    /// Where the money of a payment is.
    pub fn of(payment: &Payment) -> Self {
        let amount = payment.amount().map_or(0, |amount| amount.minor());
        let withheld = payment.sightings.iter().filter_map(|it| it.withheld).max();
        let withheld = withheld.map_or(0, |kept| kept.minor());
        let place = &payment.allocation;
        if payment.is_lump() {
            return Self::default();
        }
        match payment.state() {
            PaymentState::Failed => Self::default(),
            PaymentState::Accepted => Self { accepted: amount, ..Self::default() },
            PaymentState::Credited => Self {
                gross: amount,
                settled: place.settled,
                suspense: place.suspense,
                refund_due: place.surplus,
                withheld,
                ..Self::default()
            },
            PaymentState::Reversed => {
                Self { gross: amount, reversed: amount, withheld, ..Self::default() }
            }
        }
    }

    /// The law: every credited kopeck is in exactly one place.
    pub fn is_conserved(&self) -> bool {
        let placed = i128::from(self.settled)
            + i128::from(self.suspense)
            + i128::from(self.refund_due)
            + i128::from(self.reversed);
        placed == i128::from(self.gross)
    }

    /// True when nothing moved.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Account by account.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, i64::saturating_add)
    }

    /// Account by account.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.with(other, i64::saturating_sub)
    }

    fn with(self, other: Self, each: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            gross: each(self.gross, other.gross),
            settled: each(self.settled, other.settled),
            suspense: each(self.suspense, other.suspense),
            refund_due: each(self.refund_due, other.refund_due),
            reversed: each(self.reversed, other.reversed),
            withheld: each(self.withheld, other.withheld),
            accepted: each(self.accepted, other.accepted),
        }
    }
}

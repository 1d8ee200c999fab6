//! A payment: the same money as one or several feeds see it, and where it belongs.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::message::{PaymentState, RefundReason, RefundState};
use crate::{Day, FeedId, MessageId, Moment, Money, OperatorId, OrderCode};

/// One payment with all its sightings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its number in the store.
    pub seq: Seq,
    /// What feeds report of it, the highest-ranked feed first. Never empty.
    pub sightings: Vec<Sighting>,
    /// A person said where it belongs; automation never overrules that.
    pub assigned: Option<Assigned>,
    /// The order it belongs to, whether or not that order is known yet.
    pub order_code: Option<OrderCode>,
    /// Where its money is.
    pub allocation: Allocation,
    /// What was said last about a refund of it.
    pub refund: Option<RefundTold>,
}

/// A payment as one feed sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The feed.
    pub feed: FeedId,
    /// The feed's name for the payment.
    pub payment_id: MessageId,
    /// The feed has no name of its own for it: the id is made of its values (DOMAIN.md 7.1).
    pub weak_identity: bool,
    /// The highest state reported.
    pub state: PaymentState,
    /// Gross amount.
    pub amount: Money,
    /// Commission kept back, where reported.
    pub withheld: Option<Money>,
    /// The earliest moment reported as that of payment.
    pub paid_at: Moment,
    /// The day it was booked, where reported.
    pub booked_on: Option<Day>,
    /// The code in the field meant for it.
    pub quoted: Option<(OrderCode, CodeSource)>,
    /// Codes found in free text, in ascending order.
    pub found: Vec<OrderCode>,
    /// References by kind, in ascending order.
    pub references: Vec<(String, String)>,
    /// The number under which payer and purpose are kept; they are personal data.
    pub detail: Seq,
    /// Not a payment, but the one transfer that brings the money of several to the account
    /// (DOMAIN.md 7.2): it counts as no money, nor does what a bank shows of it.
    pub is_lump: bool,
}

/// Where an order code was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CodeSource {
    /// The structured field of the message.
    Structured,
    /// The personal account of ERIP.
    PersonalAccount,
    /// Free text.
    FreeText,
    /// A person said so.
    Person,
}

impl CodeSource {
    /// The rule in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Structured => "structured reference",
            Self::PersonalAccount => "ERIP personal account",
            Self::FreeText => "code found in free text",
            Self::Person => "assigned by a person",
        }
    }
}

/// What a person decided about a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The order it belongs to.
    pub order_code: OrderCode,
    /// Who decided.
    pub by: OperatorId,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// Where a payment's money is: the three always add up to the amount while it is live, and are
/// nothing otherwise. Minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The state it is in, once anything is known.
    pub state: Option<PaymentState>,
    /// On the order.
    pub settled: i64,
    /// More than the order needs: due for refund once credited.
    pub surplus: i64,
    /// In suspense.
    pub suspense: i64,
    /// Why it is in suspense.
    pub reason: Option<SuspenseReason>,
}

/// Why money waits in suspense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SuspenseReason {
    /// No order code was quoted or found.
    NoCode,
    /// Several codes were found, or its sightings name different ones.
    SeveralCodes,
    /// The order has no application yet.
    UnknownOrder,
    /// It is in another currency than the order's fee.
    WrongCurrency,
    /// It may be another feed's sighting of money that counts already.
    PossibleSecondSighting,
}

impl SuspenseReason {
    /// The reason as people read it, about the money.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoCode => "it names no order code",
            Self::SeveralCodes => "it names several order codes",
            Self::UnknownOrder => "no application with its order code is known yet",
            Self::WrongCurrency => "it is in another currency than the fee",
            Self::PossibleSecondSighting => "it may be another report of money that counts already",
        }
    }

    /// The reason as a stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCode => "no_code",
            Self::SeveralCodes => "several_codes",
            Self::UnknownOrder => "unknown_order",
            Self::WrongCurrency => "wrong_currency",
            Self::PossibleSecondSighting => "possible_second_sighting",
        }
    }
}

/// What was said last about a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundTold {
    /// Kvit's name for the refund, fixed when it first became due.
    pub refund_id: String,
    /// The sighting it was named after: that of the highest-ranked feed then known.
    pub named: (FeedId, MessageId),
    /// Where it stands.
    pub state: RefundState,
    /// How much, in minor units.
    pub amount: i64,
    /// Why.
    pub reason: RefundReason,
}

impl Sighting {
    /// The kind of reference that is ERIP's operation number (DOMAIN.md 7.1).
    pub const ERIP_OPERATION: &str = "erip_operation";
    /// The kind that is a bank's own name for a transaction on an account, as its notification and
    /// its statement both give it (FEEDS.md D 5).
    pub const BANK_TRANSACTION: &str = "bank_transaction";
    /// The kind that a transfer's lump and a bank's line about it have in common.
    pub const TRANSFER: &str = "transfer";

    /// True for a kind of reference by which payments of different feeds are joined.
    pub fn is_joining(kind: &str) -> bool {
        [Self::ERIP_OPERATION, Self::BANK_TRANSACTION, Self::TRANSFER].contains(&kind)
    }

    /// The references by which it may be joined.
    pub fn joining(&self) -> impl Iterator<Item = &(String, String)> {
        self.references.iter().filter(|(kind, _)| Self::is_joining(kind))
    }
}

impl Payment {
    /// The sighting that speaks for the payment: that of the highest-ranked feed.
    pub fn main(&self) -> Option<&Sighting> {
        self.sightings.first()
    }

    /// Its gross amount: a feed that shows it less the commission shows the smaller one.
    pub fn amount(&self) -> Option<Money> {
        self.sightings.iter().map(|sighting| sighting.amount).max()
    }

    /// True for a transfer's lump and for what a bank shows of it.
    pub fn is_lump(&self) -> bool {
        self.sightings.iter().any(|sighting| sighting.is_lump)
    }

    /// True while there is money of it to be placed.
    pub fn is_live(&self) -> bool {
        self.state().is_live() && !self.is_lump()
    }

    /// The highest state any feed reports.
    pub fn state(&self) -> PaymentState {
        let highest = self.sightings.iter().map(|sighting| sighting.state).max();
        highest.unwrap_or(PaymentState::Failed)
    }
}

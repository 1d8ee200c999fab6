//! How the payments of an order fill what is due: the order of DESIGN.md 4, and nothing else.

use std::cmp::Ordering;

use kvit_schemas::message::{PaymentState, RefundReason};
use kvit_schemas::record::{ApplicationFact, Level, Payment, Seq, Sighting, SuspenseReason};
use kvit_schemas::{Currency, EvidencePolicy, LatePayment, Money};

use super::Rules;
use super::matching::may_be_second_sighting;

/// Where the money of one payment goes. Minor units; adds up to the amount of a live payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) payment: Seq,
    pub(super) settled: i64,
    pub(super) surplus: i64,
    pub(super) suspense: i64,
    pub(super) why: Why,
}

/// Why money is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Settled,
    Refund(RefundReason),
    Suspense(SuspenseReason),
}

/// The money of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Funding {
    /// In the order in which they fill the due; those set apart come last.
    pub(super) shares: Vec<Share>,
    /// What counts under the evidence policy, never more than the due.
    pub(super) settled: i64,
    /// What counting payments bring beyond the due.
    pub(super) surplus: i64,
    pub(super) level: Level,
}

impl Funding {
    /// True when the evidence policy lets the case go to its agency.
    pub(super) fn opens(&self, policy: EvidencePolicy) -> bool {
        let needed = match policy {
            EvidencePolicy::Credited => Level::Credited,
            EvidencePolicy::Accepted => Level::Accepted,
            EvidencePolicy::Claimed => Level::Claimed,
        };
        self.level >= needed
    }
}

/// Distributes the live payments of an order.
pub(super) fn fund<'a>(
    application: &ApplicationFact,
    claimed: bool,
    payments: impl Iterator<Item = &'a Payment>,
    rules: &Rules,
) -> Funding {
    let live: Vec<(&Payment, &Sighting)> =
        payments.filter_map(|payment| payment.main().map(|main| (payment, main))).collect();
    let mut aside = Vec::new();
    let mut filling = Vec::with_capacity(live.len());
    for &(payment, main) in &live {
        if !payment.is_live() {
            continue;
        }
        match set_apart(application, payment, main, &live, rules) {
            Some(why) => aside.push(apart(payment.seq, minor(payment), why)),
            None => filling.push((payment, main)),
        }
    }
    filling.sort_by_key(|(payment, main)| {
        let counts = counts(application.evidence, payment.state());
        (!counts, main.paid_at, main.feed.clone(), main.payment_id.clone())
    });
    let currency = application.due.map_or(Currency::BYN, Money::currency);
    let due = application.due.map_or(0, Money::minor);
    let mut shares = Vec::with_capacity(live.len());
    let mut missing = due;
    let (mut counted, mut accepted, mut credited, mut settled) = (0_i64, 0_i64, 0_i64, 0_i64);
    for (payment, main) in filling {
        let (amount, state) = (minor(payment), payment.state());
        let share = fill(payment.seq, amount, missing, due);
        shares.push(share);
        // Only where nothing is due does other money come here: it all goes back.
        if main.amount.currency() != currency {
            continue;
        }
        missing -= share.settled;
        accepted = accepted.saturating_add(amount);
        if state == PaymentState::Credited {
            credited = credited.saturating_add(amount);
        }
        if counts(application.evidence, state) {
            counted = counted.saturating_add(amount);
            settled += share.settled;
        }
    }
    shares.extend(aside);
    let enough = |sum: i64| sum.saturating_add(application.tolerance) >= due;
    let level = match () {
        () if due == 0 => Level::NotDue,
        () if enough(credited) => Level::Credited,
        () if enough(accepted) => Level::Accepted,
        () if claimed => Level::Claimed,
        () => Level::Short,
    };
    Funding { shares, settled, surplus: (counted - due).max(0), level }
}

fn minor(payment: &Payment) -> i64 {
    payment.amount().map_or(0, Money::minor)
}

fn counts(policy: EvidencePolicy, state: PaymentState) -> bool {
    match policy {
        EvidencePolicy::Credited => state == PaymentState::Credited,
        EvidencePolicy::Accepted | EvidencePolicy::Claimed => state.is_live(),
    }
}

fn fill(payment: Seq, amount: i64, missing: i64, due: i64) -> Share {
    let settled = amount.min(missing);
    let surplus = amount - settled;
    let why = match () {
        () if surplus == 0 => Why::Settled,
        () if due == 0 => Why::Refund(RefundReason::Exempt),
        () if settled == 0 => Why::Refund(RefundReason::SecondPayment),
        () => Why::Refund(RefundReason::Overpaid),
    };
    Share { payment, settled, surplus, suspense: 0, why }
}

fn apart(payment: Seq, amount: i64, why: Why) -> Share {
    let refund = matches!(why, Why::Refund(_));
    let (surplus, suspense) = if refund { (amount, 0) } else { (0, amount) };
    Share { payment, settled: 0, surplus, suspense, why }
}

/// Money that does not fill the due, and why.
fn set_apart(
    application: &ApplicationFact,
    payment: &Payment,
    main: &Sighting,
    live: &[(&Payment, &Sighting)],
    rules: &Rules,
) -> Option<Why> {
    if application.due.is_some_and(|due| due.currency() != main.amount.currency()) {
        return Some(Why::Suspense(SuspenseReason::WrongCurrency));
    }
    // Of two that may be the same money the one that is further counts; of two equally far the
    // one that was first in line.
    let shown_before = |other: &(&Payment, &Sighting)| {
        let (other, _) = *other;
        let again = |later, earlier| may_be_second_sighting(later, earlier, rules);
        other.seq != payment.seq
            && match other.state().cmp(&payment.state()) {
                Ordering::Greater => again(payment, other) || again(other, payment),
                Ordering::Equal => again(payment, other),
                Ordering::Less => false,
            }
    };
    // What a person decided is never overruled, not even by caution.
    if payment.assigned.is_none() && live.iter().any(shown_before) {
        return Some(Why::Suspense(SuspenseReason::PossibleSecondSighting));
    }
    let late = main.paid_at > application.pay_until;
    (late && application.late == LatePayment::Refund).then_some(Why::Refund(RefundReason::Expired))
}

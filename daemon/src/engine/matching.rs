//! Which order a payment belongs to, and which sightings are the same money (DESIGN.md 4).

use kvit_schemas::message::PaymentState;
use kvit_schemas::record::{CodeSource, Payment, Sighting, SuspenseReason};
use kvit_schemas::{Day, FeedId, MessageId, Moment, Money, OrderCode};

use super::Rules;

/// What a feed reports of a payment, from a message or a row of a file.
#[derive(Debug, Clone)]
pub struct Report {
    /// The feed.
    pub feed: FeedId,
    /// The feed's name for the payment.
    pub payment_id: MessageId,
    /// The feed has no name of its own for it.
    pub weak_identity: bool,
    /// The state.
    pub state: PaymentState,
    /// Gross amount.
    pub amount: Money,
    /// Commission kept back.
    pub withheld: Option<Money>,
    /// When it was paid.
    pub paid_at: Moment,
    /// The day it was booked.
    pub booked_on: Option<Day>,
    /// The code in the field meant for it.
    pub quoted: Option<(OrderCode, CodeSource)>,
    /// Codes found in free text.
    pub found: Vec<OrderCode>,
    /// References by kind.
    pub references: Vec<(String, String)>,
    /// It is the lump of a transfer, no payment.
    pub is_lump: bool,
}

/// The codes a report points to: the quoted one, else those found in free text.
pub fn codes_of(report: &Report) -> Vec<OrderCode> {
    match report.quoted {
        Some((code, _)) => vec![code],
        None => report.found.clone(),
    }
}

impl Report {
    /// All references, with the one that the feed's own ids are.
    pub fn all_references(&self, rules: &Rules) -> Vec<(String, String)> {
        let mut all = self.references.clone();
        // What names an order, or shows no other feed's money, is no line about a transfer.
        let shows = rules.feeds.get(&self.feed).is_some_and(|rule| !rule.settles.is_empty());
        let is_line = shows && codes_of(self).is_empty();
        all.retain(|(kind, _)| kind != Sighting::TRANSFER || self.is_lump || is_line);
        if rules.feeds.get(&self.feed).is_some_and(|rule| rule.ids_are_erip_operations)
            && !self.is_lump
        {
            all.push((Sighting::ERIP_OPERATION.to_owned(), self.payment_id.to_string()));
        }
        all.sort();
        all.dedup();
        all
    }
}

/// The order that a payment's sightings agree on, and the rule that found it.
pub(super) fn order_of(payment: &Payment) -> Result<(OrderCode, CodeSource), SuspenseReason> {
    if let Some(assigned) = &payment.assigned {
        return Ok((assigned.order_code, CodeSource::Person));
    }
    evidence_of(payment)
}

/// The same without what a person said.
pub(super) fn evidence_of(payment: &Payment) -> Result<(OrderCode, CodeSource), SuspenseReason> {
    let quoted = payment.sightings.iter().filter_map(|sighting| sighting.quoted);
    let mut codes: Vec<(OrderCode, CodeSource)> = quoted.collect();
    if codes.is_empty() {
        let found = payment.sightings.iter().flat_map(|sighting| &sighting.found);
        codes = found.map(|code| (*code, CodeSource::FreeText)).collect();
    }
    codes.sort_unstable();
    codes.dedup_by_key(|(code, _)| *code);
    match codes.as_slice() {
        [] => Err(SuspenseReason::NoCode),
        [only] => Ok(*only),
        [_, _, ..] => Err(SuspenseReason::SeveralCodes),
    }
}

/// The common reference by which two payments are the same money, where there is one. Two names in
/// one feed are two payments, whatever another feed says: joining them would lose money.
///
/// Only ERIP's operation number, and a bank's own name for a transaction, are unique enough.
/// Numbers of documents repeat, so that what they would join depends on what came first; money
/// that agrees in order, amount and day is held for a person instead (DESIGN.md 4). The number of
/// a transfer's document joins its lump with a bank's line of the same amount, in the same days,
/// that names no order.
pub(super) fn common_reference(one: &Payment, other: &Payment, rules: &Rules) -> Option<String> {
    let feeds = |right: &Sighting| one.sightings.iter().any(|left| left.feed == right.feed);
    if other.sightings.iter().any(feeds) {
        return None;
    }
    let pairs = one
        .sightings
        .iter()
        .flat_map(|left| other.sightings.iter().map(move |right| (left, right)));
    let agreeing = pairs.filter(|(left, right)| amounts_agree(left, right));
    let transfer = may_be_transfer(one, other, rules) || may_be_transfer(other, one, rules);
    let allowed = |kind: &str| (kind == Sighting::TRANSFER) == transfer;
    let mut shared = agreeing.flat_map(|(left, right)| {
        let common = left.joining().filter(|it| right.references.contains(it));
        common.filter(|(kind, _)| allowed(kind))
    });
    shared.next().map(|(kind, value)| format!("{kind} {value}"))
}

/// Days between a transfer and the bank's line about it, over the longest holidays.
const TRANSFER_DAYS: i64 = 10;

/// True when `lump` is one that no bank has shown yet, and `line` a line without an order of a
/// feed that brings its money.
fn may_be_transfer(lump: &Payment, line: &Payment, rules: &Rules) -> bool {
    let [transfer] = lump.sightings.as_slice() else { return false };
    let near = |it: &Sighting| {
        let seconds = it.paid_at.seconds() - transfer.paid_at.seconds();
        seconds.abs() <= TRANSFER_DAYS * 24 * 60 * 60 && rules.settles(&it.feed, &transfer.feed)
    };
    transfer.is_lump
        && line.assigned.is_none()
        && evidence_of(line) == Err(SuspenseReason::NoCode)
        && line.sightings.iter().all(|it| !it.is_lump && near(it))
}

/// True when a payment may be the money of `other`, shown again by a feed that settles it: on the
/// same day with an amount that agrees, or under the same ERIP number with one that does not. A
/// payment that was joined with its own sighting in that feed is explained.
pub(super) fn may_be_second_sighting(payment: &Payment, other: &Payment, rules: &Rules) -> bool {
    if other.state() == PaymentState::Failed || other.is_lump() {
        return false;
    }
    let explained = |feed: &FeedId| payment.sightings.iter().any(|own| own.feed == *feed);
    let mut pairs = payment
        .sightings
        .iter()
        .flat_map(|later| other.sightings.iter().map(move |earlier| (later, earlier)));
    pairs.any(|(later, earlier)| {
        let alike = amounts_agree(later, earlier) && later.paid_at.day() == earlier.paid_at.day();
        let number = |it: &&(String, String)| it.0 == Sighting::ERIP_OPERATION;
        let numbered = later.references.iter().filter(number);
        let same_number = || numbered.into_iter().any(|it| earlier.references.contains(it));
        rules.settles(&later.feed, &earlier.feed)
            && !explained(&earlier.feed)
            && (alike || same_number())
    })
}

/// The same gross, or one reports the other's gross less what was withheld (DOMAIN.md 7.3).
fn amounts_agree(left: &Sighting, right: &Sighting) -> bool {
    let net = |of: &Sighting| of.withheld.and_then(|kept| of.amount.checked_sub(kept).ok());
    left.amount == right.amount
        || net(left) == Some(right.amount)
        || net(right) == Some(left.amount)
}

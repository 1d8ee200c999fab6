//! What is true of a case: one function of its facts.

use kvit_schemas::message::{Evidence, Outcome, RefundReason, Status};
use kvit_schemas::record::{ApplicationFact, Case, Level, Payment};
use kvit_schemas::{Day, message::DeadlineChange};

use crate::catalogue::due_after_suspension;

use super::Rules;
use super::funding::{Funding, Why, fund};

/// What is true of a case now.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) status: Status,
    pub(super) funding: Funding,
    /// Why all money of the case is due for refund, where it is.
    pub(super) closing: Option<RefundReason>,
    /// The evidence policy lets the case go to its agency.
    pub(super) open: bool,
    pub(super) due_on: Day,
    /// The term stands still.
    pub(super) suspended: bool,
}

impl View {
    /// What an assignment now rests on.
    pub(super) fn evidence(&self) -> Evidence {
        match self.funding.level {
            Level::NotDue => Evidence::NotDue,
            Level::Credited => Evidence::Credited,
            Level::Accepted => Evidence::Accepted,
            Level::Claimed | Level::Short => Evidence::Claimed,
        }
    }
}

/// Derives what is true of a case with an application.
pub(super) fn view<'a>(
    case: &Case,
    application: &ApplicationFact,
    payments: impl Iterator<Item = &'a Payment>,
    rules: &Rules,
) -> View {
    let mut funding = fund(application, !case.receipts.is_empty(), payments, rules);
    let open = funding.opens(application.evidence);
    // Whether a case was routed can depend on the order in which its facts came (money that was
    // reversed may or may not have been seen before), so that alone must not move money. What an
    // agency registered lives on until its decision.
    let registered = case.assigned().is_some_and(|it| it.registered.is_some());
    let expired = case.window_closed && !open && !registered;
    let closing = closing(case, expired);
    if let Some(reason) = closing {
        close(&mut funding, reason);
    }
    let status = match () {
        () if case.decision().is_some() => Status::Decided,
        () if !case.withdrawals.is_empty() => Status::Withdrawn,
        () if case.assigned().is_some() && !open => Status::PaymentReversed,
        () if registered => Status::InWork,
        () if case.assigned().is_some() => Status::Routed,
        () if open => Status::Paid,
        () if expired => Status::Expired,
        () if funding.settled > 0 => Status::Underpaid,
        () => Status::AwaitingPayment,
    };
    let (due_on, suspended) = term(case, application, rules);
    View { status, funding, closing, open, due_on, suspended }
}

/// Why a case keeps no money. A decision beats a withdrawal, a withdrawal an expiry.
fn closing(case: &Case, expired: bool) -> Option<RefundReason> {
    if let Some(decision) = case.decision() {
        return (decision.outcome == Outcome::NotAccepted).then_some(RefundReason::NotAccepted);
    }
    if !case.withdrawals.is_empty() {
        return Some(RefundReason::Withdrawn);
    }
    expired.then_some(RefundReason::Expired)
}

fn close(funding: &mut Funding, reason: RefundReason) {
    for share in &mut funding.shares {
        if share.suspense == 0 {
            share.surplus += share.settled;
            share.settled = 0;
            share.why = Why::Refund(reason);
        }
    }
    funding.settled = 0;
    funding.surplus = 0;
}

/// The last day of the term after all its changes, in the order of their own times; and whether
/// it stands still (DOMAIN.md 4.3).
fn term(case: &Case, application: &ApplicationFact, rules: &Rules) -> (Day, bool) {
    let mut changes: Vec<_> = case.deadlines.iter().collect();
    changes.sort();
    let (mut due_on, mut suspended) = (application.due_on, None);
    for change in changes {
        match change.kind {
            DeadlineChange::Extended => due_on = change.until.unwrap_or(due_on),
            DeadlineChange::Suspended => suspended = suspended.or(Some(change.at.day())),
            DeadlineChange::Resumed => {
                if let Some(from) = suspended.take() {
                    let calendar = rules.catalogue.calendar();
                    let shifted = due_after_suspension(calendar, due_on, from, change.at.day());
                    due_on = change.until.unwrap_or(shifted);
                }
            }
        }
    }
    (due_on, suspended.is_some())
}

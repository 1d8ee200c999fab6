//! The difference between what is true of a case and what was said of it: what to say next.

use kvit_schemas::message::{
    CasePaymentChanged, CaseStatus, CaseWithdrawn, DeadlineChange, DeadlineKind, Outbound,
    PaymentChange, RefundReason, Status,
};
use kvit_schemas::record::{ApplicationFact, Case, Destination, Level, Note, ToldAgency};
use kvit_schemas::{Money, Prose};

use super::Context;
use super::settle::{next_revision, remind_of_term, say_deadline};
use super::view::View;

/// Tells the portal and the agency what changed.
pub(super) fn tell(
    case: &mut Case,
    application: &ApplicationFact,
    now: &View,
    context: &mut Context<'_>,
) {
    let told_due_on = case.told.due_on;
    tell_status(case, application, now, context);
    tell_withdrawal(case, now, context);
    if now.closing.is_none_or(|reason| reason == RefundReason::Expired) {
        tell_money(case, application, now, context);
    }
    let Some(told) = told_due_on.filter(|told| *told != now.due_on) else { return };
    if now.status == Status::Decided {
        return;
    }
    context.note(Note::TermChanged { due_on: now.due_on });
    say_deadline(case, (now.due_on, DeadlineKind::Changed), context);
    // Of a term that was over nobody reminds any more.
    if told < context.at.now.day() {
        remind_of_term(case.order_code, now.due_on, context);
    }
}

fn tell_status(
    case: &mut Case,
    application: &ApplicationFact,
    now: &View,
    context: &mut Context<'_>,
) {
    let told = &case.told;
    let settled = now.funding.settled;
    let assigned = case.assigned().is_some();
    let moved = told.due_on.is_some_and(|told| told != now.due_on);
    let term_changed = assigned && (moved || told.suspended != now.suspended);
    let money_changed = application.due.is_some() && told.settled != settled;
    if told.status == Some(now.status) && !money_changed && !term_changed {
        return;
    }
    // The decision stands, and the cabinet learns that money behind it was taken back.
    let taken_back =
        told.status == Some(Status::Decided) && now.closing.is_none() && settled < told.settled;
    let status = if taken_back { Status::PaymentReversed } else { now.status };
    let in_due = |minor| application.due.and_then(|due| Money::new(minor, due.currency()));
    let reason = match status {
        Status::Withdrawn => case.withdrawals.first().and_then(|it| it.reason.clone()),
        Status::Paid => {
            let returned = case.assignments.last().and_then(|it| it.returned.as_ref());
            returned.map(|returned| returned.reason.clone())
        }
        Status::Routed | Status::InWork if now.suspended => {
            let by = case.deadlines.iter().filter(|it| it.kind == DeadlineChange::Suspended).max();
            by.map(|it| it.reason.clone())
        }
        Status::AwaitingPayment
        | Status::Underpaid
        | Status::Routed
        | Status::InWork
        | Status::Decided
        | Status::Expired
        | Status::PaymentReversed => None,
    };
    let message = CaseStatus {
        order_code: case.order_code,
        revision: next_revision(case),
        status,
        at: context.at.now,
        due: application.due,
        settled: in_due(settled),
        reason,
        due_on: assigned.then_some(now.due_on),
    };
    context.note(Note::StatusTold { status, settled: in_due(settled), due: application.due });
    let portal = Destination::Portal(application.source.portal.clone());
    context.say(portal, case.order_code, Outbound::CaseStatus(message));
    case.told.status = Some(now.status);
    case.told.settled = settled;
    if assigned {
        case.told.due_on = Some(now.due_on);
        case.told.suspended = now.suspended;
    }
}

fn tell_withdrawal(case: &mut Case, now: &View, context: &mut Context<'_>) {
    let Some(agency) = case.assigned().map(|it| it.agency.clone()) else { return };
    let Some(withdrawal) = case.withdrawals.first().cloned() else { return };
    let Some(told) = case.told.agency.as_mut().filter(|told| !told.withdrawn) else { return };
    if now.status != Status::Withdrawn {
        return;
    }
    told.withdrawn = true;
    context.note(Note::WithdrawalTold { agency: agency.clone() });
    let message = CaseWithdrawn {
        order_code: case.order_code,
        revision: next_revision(case),
        withdrawn_at: withdrawal.at,
        reason: withdrawal.reason.and_then(|reason| reason.parse::<Prose<2000>>().ok()),
    };
    context.say(Destination::Agency(agency), case.order_code, Outbound::CaseWithdrawn(message));
}

fn tell_money(
    case: &mut Case,
    application: &ApplicationFact,
    now: &View,
    context: &mut Context<'_>,
) {
    let Some(agency) = case.assigned().map(|it| it.agency.clone()) else { return };
    let Some(told) = case.told.agency.clone() else { return };
    let (changes, known) = changes(&told, now);
    case.told.agency = Some(known);
    let currency = application.due.map_or(kvit_schemas::Currency::BYN, Money::currency);
    let due = application.due.map_or(0, Money::minor);
    let money = |minor: i64| Money::new(minor.max(0), currency).unwrap_or(Money::zero(currency));
    for (kind, amount) in changes {
        let amount = money(amount);
        context.note(Note::MoneyTold { agency: agency.clone(), kind, amount });
        let message = CasePaymentChanged {
            order_code: case.order_code,
            revision: next_revision(case),
            kind,
            amount,
            at: context.at.now,
            remaining_due: money(due - now.funding.settled),
        };
        let message = Outbound::CasePaymentChanged(message);
        context.say(Destination::Agency(agency.clone()), case.order_code, message);
    }
}

/// What an agency is to be told of the money, and what it knows afterwards.
fn changes(told: &ToldAgency, now: &View) -> (Vec<(PaymentChange, i64)>, ToldAgency) {
    let funding = &now.funding;
    let mut known = told.clone();
    let mut changes = Vec::new();
    if funding.settled < told.settled {
        changes.push((PaymentChange::Reversed, told.settled - funding.settled));
        known.reversed = !now.open || told.reversed;
    }
    if known.reversed && now.open && funding.level >= Level::Accepted {
        changes.push((PaymentChange::Restored, (funding.settled - told.settled).max(0)));
        known.reversed = false;
    } else if funding.level == Level::Credited && told.level < Level::Credited && !known.reversed {
        changes.push((PaymentChange::Confirmed, funding.settled));
    }
    if funding.surplus != told.surplus {
        changes.push((PaymentChange::Overpaid, funding.surplus));
    }
    known.level = funding.level;
    let least = told.settled.min(funding.settled);
    known.settled = if known.reversed { least } else { funding.settled };
    known.surplus = funding.surplus;
    (changes, known)
}

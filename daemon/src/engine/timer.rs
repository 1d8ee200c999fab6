//! What the passing of time does to a case.

use kvit_schemas::OrderCode;
use kvit_schemas::message::{Alert, AlertKind, DeadlineKind, Outbound};
use kvit_schemas::record::{Destination, Note, TimerKind};

use super::settle::{say_deadline, settle};
use super::view::view;
use super::{Context, Effect, Facts};

/// Looks at a case because a timer is due. What has become moot does nothing.
pub(super) fn apply(
    facts: &mut Facts,
    order_code: OrderCode,
    kind: TimerKind,
    context: &mut Context<'_>,
) {
    match kind {
        TimerKind::Window => {
            let Some(known) = facts.cases.get_mut(&order_code) else { return };
            if known.case.window_closed {
                return;
            }
            known.case.window_closed = true;
            context.note(Note::WindowClosed);
            settle(facts, order_code, context);
        }
        TimerKind::Republish(decision_id) => republish(facts, order_code, decision_id, context),
        TimerKind::Deadline => remind(facts, order_code, context),
    }
}

fn republish(
    facts: &mut Facts,
    order_code: OrderCode,
    decision_id: kvit_schemas::MessageId,
    context: &mut Context<'_>,
) {
    let Some(known) = facts.cases.get_mut(&order_code) else { return };
    let case = &mut known.case;
    let Some(portal) = case.portal().cloned() else { return };
    // A corrected decision is not published again: the correction is.
    let current = case.decisions.last_mut();
    let Some(decision) = current.filter(|it| it.decision_id == decision_id && !it.acknowledged)
    else {
        return;
    };
    if decision.attempts >= context.rules.reminders.attempts_max {
        context.note(Note::NeverAcknowledged { decision_id: decision_id.clone() });
        let alert = Alert {
            kind: AlertKind::DecisionUnacknowledged,
            at: context.at.now,
            detail: format!(
                "decision {decision_id} was published {} times and never acknowledged by {portal}",
                decision.attempts
            ),
            order_code: Some(order_code),
            payment: None,
        };
        let destination = Destination::Alert(AlertKind::DecisionUnacknowledged);
        context.say(destination, order_code, Outbound::Alert(alert));
        return;
    }
    decision.attempts += 1;
    let (attempt, kept) = (decision.attempts, decision.published);
    context.note(Note::PublishedAgain { decision_id: decision_id.clone(), attempt });
    let destination = Destination::Portal(portal);
    context.out.effects.push(Effect::SayAgain { destination, kept, order_code });
    let again = context.at.now.plus_seconds(context.rules.reminders.republish_after_seconds);
    context.remind(again, TimerKind::Republish(decision_id), order_code);
}

fn remind(facts: &mut Facts, order_code: OrderCode, context: &mut Context<'_>) {
    let Some(known) = facts.cases.get(&order_code) else { return };
    let Some(application) = known.case.application.as_ref() else { return };
    let open = known.case.assigned().is_some()
        && known.case.decision().is_none()
        && known.case.withdrawals.is_empty();
    if !open {
        return;
    }
    let now = view(&known.case, application, facts.payments_of(order_code), context.rules);
    let days = now.due_on.days_since(context.at.now.day());
    let near = context.rules.reminders.approaching_days;
    let (kind, next) = match () {
        // A term that stands still is looked at again every day.
        () if now.suspended => (None, Some(context.at.now.day().plus_days(1))),
        () if days > i64::from(near) => (None, Some(now.due_on.minus_days(near))),
        () if days >= 0 => (Some(DeadlineKind::Approaching), Some(now.due_on.plus_days(1))),
        () => (Some(DeadlineKind::Overdue), None),
    };
    if let Some(next) = next {
        context.remind(next.start(), TimerKind::Deadline, order_code);
    }
    let Some(known) = facts.cases.get_mut(&order_code) else { return };
    if let Some(kind) = kind {
        say_deadline(&mut known.case, (now.due_on, kind), context);
    }
}

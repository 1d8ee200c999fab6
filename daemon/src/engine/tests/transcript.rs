//! What kvit says, a line each.

use std::fmt::Write;

use kvit_schemas::message::{Alert, CaseAssigned, CaseStatus, Outbound};
use kvit_schemas::record::{Destination, Note, Payment, TimerKind};
use kvit_schemas::{Money, OrderCode};

use super::super::{Effect, Outcome, Refusal, RowEnd};
use super::world::World;

/// The outcome of one input.
pub(super) fn outcome(result: Result<Outcome, Refusal>) -> String {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(refusal) => return format!("! {} {}\n", refusal.code, refusal.detail),
    };
    let mut text = String::new();
    for effect in &outcome.effects {
        match effect {
            Effect::Say { destination, message, order_code, .. } => {
                let order = order_code.map(short).unwrap_or_default();
                let to = to(destination);
                writeln!(text, "→ {to} {order}: {}", said(message)).unwrap();
            }
            Effect::SayAgain { destination, kept, order_code } => {
                let (to, order) = (to(destination), short(*order_code));
                writeln!(text, "→ {to} {order}: what is kept under {} again", kept.0).unwrap();
            }
            Effect::RefuseLate { source, kind, .. } => {
                writeln!(text, "→ {}: {kind} refused after all", source.portal).unwrap();
            }
            Effect::KeepBody | Effect::Remind(_) => {}
        }
    }
    match outcome.row {
        Some(RowEnd::Duplicate) => text.push_str("= duplicate\n"),
        Some(RowEnd::Lump) => text.push_str("= lump\n"),
        Some(RowEnd::Suspended) => text.push_str("= suspended\n"),
        None if outcome.notes.contains(&Note::NothingNew) => text.push_str("= nothing new\n"),
        None if outcome.notes.contains(&Note::Waits) => text.push_str("= waits\n"),
        Some(RowEnd::Applied) | None => {}
    }
    text
}

/// Where all money is.
pub(super) fn money(world: &World) -> String {
    world.payments.values().map(payment).collect()
}

/// The timers that are set.
pub(super) fn timers(world: &World) -> String {
    let mut text = String::new();
    for timer in &world.timers {
        let kind = match &timer.kind {
            TimerKind::Window => "window".to_owned(),
            TimerKind::Deadline => "deadline".to_owned(),
            TimerKind::Republish(id) => format!("republish {id}"),
        };
        writeln!(text, "  {} {kind} {}", timer.due, short(timer.order_code)).unwrap();
    }
    text
}

fn payment(payment: &Payment) -> String {
    let names: Vec<String> =
        payment.sightings.iter().map(|it| format!("{}/{}", it.feed, it.payment_id)).collect();
    let amount = payment.amount().unwrap();
    let order = payment.order_code.map_or("no order".to_owned(), short);
    let mut text =
        format!("  {} {} {amount} on {order}:", names.join("+"), payment.state().as_str());
    let money = |minor| Money::new(minor, amount.currency()).unwrap().amount();
    let place = &payment.allocation;
    for (name, minor) in
        [("settled", place.settled), ("surplus", place.surplus), ("suspense", place.suspense)]
    {
        if minor > 0 {
            write!(text, " {name} {}", money(minor)).unwrap();
        }
    }
    if let Some(reason) = place.reason {
        write!(text, " ({})", reason.as_str()).unwrap();
    }
    if let Some(told) = &payment.refund {
        let (state, reason) = (told.state.as_str(), told.reason.as_str());
        write!(text, ", refund {state} {} {reason}", money(told.amount)).unwrap();
    }
    text.push('\n');
    text
}

fn to(destination: &Destination) -> String {
    match destination {
        Destination::Portal(id) => id.to_string(),
        Destination::Agency(id) => id.to_string(),
        Destination::Feed(id) => id.to_string(),
        Destination::Alert(kind) => format!("ops {}", kind.as_str()),
        Destination::Refunds => "ops refunds".to_owned(),
    }
}

fn short(order_code: OrderCode) -> String {
    order_code.to_number().to_string()
}

fn said(message: &Outbound) -> String {
    match message {
        Outbound::CaseAssigned(it) => assigned(it),
        Outbound::CaseWithdrawn(it) => {
            format!("#{} withdrawn{}", it.revision, because(it.reason.as_ref()))
        }
        Outbound::CasePaymentChanged(it) => {
            let (kind, amount) = (it.kind.as_str(), it.amount.amount());
            format!("#{} {kind} {amount}, missing {}", it.revision, it.remaining_due.amount())
        }
        Outbound::CaseDeadline(it) => {
            format!("#{} term {:?} {} in {} days", it.revision, it.kind, it.due_on, it.days)
        }
        Outbound::DocumentsAdded(it) => {
            assert!(it.extensions.is_none());
            let names: Vec<&str> = it.attachments.iter().map(|it| it.name.as_str()).collect();
            format!("documents {}", names.join(" "))
        }
        Outbound::CaseStatus(it) => status(it),
        Outbound::DecisionPublished(it) => {
            let replaces = it.replaces.as_ref().map(|id| format!(" replaces {id}"));
            let outcome = it.outcome.as_str();
            format!(
                "#{} decision {} {outcome} by {}{}",
                it.revision,
                it.decision_id,
                it.agency.id,
                replaces.unwrap_or_default()
            )
        }
        Outbound::CaseDocumentsRequested(it) => format!("documents requested {}", it.request_id),
        Outbound::RefundDue(it) => format!(
            "#{} refund {} {} {} of {}/{}",
            it.revision,
            it.state.as_str(),
            it.amount,
            it.reason.as_str(),
            it.payment.feed,
            it.payment.payment_id
        ),
        Outbound::Alert(Alert { detail, .. }) => detail.clone(),
        Outbound::MessageRefused(_) | Outbound::FileReport(_) => {
            unreachable!("the engine says neither")
        }
    }
}

fn because(reason: Option<&impl ToString>) -> String {
    reason.map_or(String::new(), |reason| format!(", because {}", reason.to_string()))
}

fn status(it: &CaseStatus) -> String {
    let mut text = format!("#{} {}", it.revision, it.status.as_str());
    if let (Some(settled), Some(due)) = (it.settled, it.due) {
        write!(text, " {} of {}", settled.amount(), due.amount()).unwrap();
    }
    if let Some(due_on) = it.due_on {
        write!(text, " by {due_on}").unwrap();
    }
    text + &because(it.reason.as_ref())
}

fn assigned(it: &CaseAssigned) -> String {
    let mut text =
        format!("#{} assigned {} on {}", it.revision, it.procedure.code, it.evidence.as_str());
    if let (Some(settled), Some(due)) = (it.payment.settled, it.payment.due) {
        write!(text, " {} of {}", settled.amount(), due.amount()).unwrap();
    }
    for paid in &it.payment.payments {
        write!(text, ", {} {} {}", paid.payment_id, paid.state.as_str(), paid.amount.amount())
            .unwrap();
    }
    for claim in &it.payment.receipts {
        let number = claim.operation_number.as_ref().map(ToString::to_string);
        write!(text, ", claim {}", number.unwrap_or_default()).unwrap();
    }
    write!(text, ", by {}", it.due_on).unwrap();
    text
}

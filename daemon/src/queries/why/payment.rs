//! The story of a payment.

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::Money;
use kvit_schemas::record::{Payment, Subject, SuspenseReason};

use super::{Why, told};
use crate::queries::candidates::{Candidate, candidates};
use crate::queries::payments::SightingView;
use crate::queries::sentences::waits;
use crate::queries::{QueryError, at_text};

pub(super) fn of_payment(store: &Store, payment: &Payment) -> Result<Why, QueryError> {
    let mut why = told(
        "payment",
        vec![capital(&payment_line(payment))],
        store.story(Subject::Payment(payment.seq))?,
    );
    if let Some(order_code) = payment.order_code {
        let unknown = payment.allocation.reason == Some(SuspenseReason::UnknownOrder);
        let verb = if unknown { "names" } else { "belongs to" };
        why.headline.push(format!("it {verb} order {order_code}"));
    }
    if let Some(assigned) = &payment.assigned {
        let (by, reason) = (&assigned.by, &assigned.reason);
        why.headline.push(format!("assigned by {by} at {}: {reason}", at_text(assigned.at)));
    }
    if let Some(refund) = &payment.refund {
        let (id, state) = (&refund.refund_id, refund.state.as_str());
        why.headline.push(format!("refund {id}: {state}"));
    }
    for sighting in &payment.sightings {
        why.headline.push(compared(&SightingView::of(sighting)));
    }
    if let Some(reason) = payment.allocation.reason {
        why.candidates = candidates(store, payment)?;
        why.next = suspense_next(payment, reason, &why.candidates);
    } else if let Some(order_code) = payment.order_code {
        why.next.push(format!("the order's own story: kvit why {order_code}"));
    }
    Ok(why)
}

/// What matching looked at.
fn compared(sighting: &SightingView) -> String {
    let quoted = match (sighting.quoted, &sighting.quoted_in) {
        (Some(code), Some(place)) => format!("{code} ({place})"),
        (Some(_) | None, Some(_) | None) => "none".to_owned(),
    };
    let listed = |texts: Vec<String>| {
        if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
    };
    let found = listed(sighting.found.iter().map(ToString::to_string).collect());
    let references =
        listed(sighting.references.iter().map(|(kind, value)| format!("{kind} {value}")).collect());
    format!(
        "{} says {}: code quoted: {quoted}; codes in the text: {found}; references: {references}",
        sighting.feed, sighting.state
    )
}

fn suspense_next(
    payment: &Payment,
    reason: SuspenseReason,
    candidates: &[Candidate],
) -> Vec<String> {
    let number = payment.seq.0;
    let assign = |code: &str| format!("kvit suspense assign {number} {code} --reason <why>");
    let mut next: Vec<String> =
        candidates.iter().take(3).map(|it| assign(it.order_code.as_str())).collect();
    if next.is_empty() {
        next.push(assign("<order code>"));
    }
    if reason == SuspenseReason::UnknownOrder {
        next.push("or wait: once its application comes, the money goes there by itself".to_owned());
    }
    next.push(format!("payer and purpose: kvit suspense show {number}"));
    next
}

/// A payment on one line.
pub(super) fn payment_line(payment: &Payment) -> String {
    let Some(main) = payment.main() else { return format!("payment {}", payment.seq.0) };
    let place = match payment.allocation.reason {
        Some(reason) => format!("in suspense: {}", waits(reason)),
        None => {
            let text = |minor| Money::new(minor, main.amount.currency());
            let settled = text(payment.allocation.settled);
            let settled = settled.map(|sum| format!("{sum} settled")).unwrap_or_default();
            let surplus = text(payment.allocation.surplus).filter(|sum| !sum.is_zero());
            let surplus = surplus.map(|sum| format!(", {sum} more than needed"));
            settled + &surplus.unwrap_or_default()
        }
    };
    let (number, state) = (payment.seq.0, payment.state().as_str());
    let name = format!("{}/{}", main.feed, main.payment_id);
    format!("payment {number} ({name}): {}, {state}, {place}", main.amount)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

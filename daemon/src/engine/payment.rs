//! A payment report: a new payment, a later state of one, or another sighting of the same money.

use std::collections::BTreeMap;

use kvit_schemas::message::{Alert, AlertKind, Outbound, PaymentState};
use kvit_schemas::record::{Allocation, Assigned, Case, Destination, Note, Payment, Seq, Sighting};
use kvit_schemas::{Code, Moment, OperatorId, OrderCode};

use super::matching::{Report, common_reference, evidence_of, order_of};
use super::settle::{place, refund, settle, suspend};
use super::{Context, Effect, Facts, PAYMENTS_MAX, Refusal};

/// How a reported payment ended, as file reports count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEnd {
    /// It told something new and belongs to a known order.
    Applied,
    /// It told nothing new.
    Duplicate,
    /// Its money waits in suspense.
    Suspended,
    /// It is how a bank shows the transfer of payments that are counted by themselves.
    Lump,
}

/// Applies what a feed reports.
pub(super) fn report(
    facts: &mut Facts,
    report: Report,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    context.note(Note::PaymentSeen {
        feed: report.feed.clone(),
        payment_id: report.payment_id.clone(),
        state: report.state,
        amount: report.amount,
        paid_at: report.paid_at,
    });
    let identity = |sighting: &Sighting| {
        sighting.feed == report.feed && sighting.payment_id == report.payment_id
    };
    let decided = decided_by_people(facts);
    let known = facts.payments.values_mut().find(|it| it.sightings.iter().any(identity));
    let (seq, changed) = match known {
        Some(payment) => {
            let before = payment.clone();
            if let Some(sighting) = payment.sightings.iter_mut().find(|it| identity(it)) {
                merge(sighting, &report, context)?;
                check_assertion(&report, context)?;
            }
            (payment.seq, before != *payment)
        }
        None => {
            check_assertion(&report, context)?;
            room(facts)?;
            let payment = first_seen(&report, context);
            context.out.effects.push(Effect::KeepBody);
            let seq = payment.seq;
            facts.payments.insert(seq, payment);
            (seq, true)
        }
    };
    if !changed {
        context.note(Note::NothingNew);
        context.out.row = Some(RowEnd::Duplicate);
        return Ok(());
    }
    let seq = join(facts, seq, context);
    contradiction(facts, seq, &decided, context);
    settle_payment(facts, seq, context);
    context.out.row = facts.payments.get(&seq).map(row_end);
    Ok(())
}

fn row_end(payment: &Payment) -> RowEnd {
    if payment.is_lump() {
        RowEnd::Lump
    } else if payment.allocation.reason.is_some() {
        RowEnd::Suspended
    } else {
        RowEnd::Applied
    }
}

fn room(facts: &Facts) -> Result<(), Refusal> {
    if !facts.full {
        return Ok(());
    }
    let detail = format!("an order, and a reference, take at most {PAYMENTS_MAX} payments");
    Err(Refusal::new(Code::TOO_MANY, "/order_code", detail))
}

fn check_assertion(report: &Report, context: &Context<'_>) -> Result<(), Refusal> {
    let rule = context.rules.feeds.get(&report.feed);
    let allowed = match report.state {
        PaymentState::Failed | PaymentState::Accepted => rule.is_some(),
        PaymentState::Credited => rule.is_some_and(|rule| rule.asserts_credited),
        PaymentState::Reversed => rule.is_some_and(|rule| rule.asserts_reversed),
    };
    if allowed {
        return Ok(());
    }
    let detail =
        format!("the feed {} may not say that money is {}", report.feed, report.state.as_str());
    Err(Refusal::new(Code::STATE_NOT_ASSERTED, "/state", detail))
}

fn first_seen(report: &Report, context: &Context<'_>) -> Payment {
    let mut found = report.found.clone();
    found.sort_unstable();
    found.dedup();
    let sighting = Sighting {
        feed: report.feed.clone(),
        payment_id: report.payment_id.clone(),
        weak_identity: report.weak_identity,
        state: report.state,
        amount: report.amount,
        withheld: report.withheld,
        paid_at: report.paid_at,
        booked_on: report.booked_on,
        quoted: report.quoted,
        found,
        references: report.all_references(context.rules),
        detail: context.at.seq,
        is_lump: report.is_lump,
    };
    Payment {
        seq: context.at.seq,
        sightings: vec![sighting],
        assigned: None,
        order_code: None,
        allocation: Allocation::default(),
        refund: None,
    }
}

/// Adds a report to the sighting it repeats. Each field is merged by a rule that does not care
/// which report came first.
fn merge(sighting: &mut Sighting, report: &Report, context: &Context<'_>) -> Result<(), Refusal> {
    let conflict = |pointer, detail: String| Refusal::new(Code::PAYMENT_CONFLICT, pointer, detail);
    if sighting.amount != report.amount {
        let detail = format!("known with {}, now {}", sighting.amount, report.amount);
        return Err(conflict("/amount", detail));
    }
    match (sighting.quoted, report.quoted) {
        (Some((known, _)), Some((now, _))) if known != now => {
            return Err(conflict("/order_code", format!("known with {known}, now {now}")));
        }
        (known, now) => sighting.quoted = known.min(now).or(known).or(now),
    }
    sighting.state = sighting.state.max(report.state);
    sighting.withheld = sighting.withheld.max(report.withheld);
    sighting.paid_at = sighting.paid_at.min(report.paid_at);
    sighting.booked_on = match (sighting.booked_on, report.booked_on) {
        (Some(known), Some(now)) => Some(known.min(now)),
        (known, now) => known.or(now),
    };
    sighting.found.extend(&report.found);
    sighting.found.sort_unstable();
    sighting.found.dedup();
    sighting.references.extend(report.all_references(context.rules));
    sighting.references.sort();
    sighting.references.dedup();
    Ok(())
}

/// Joins everything that is the same money; the number under which it goes on.
fn join(facts: &mut Facts, seq: Seq, context: &mut Context<'_>) -> Seq {
    let Some(mut whole) = facts.payments.remove(&seq) else { return seq };
    loop {
        let same = facts.payments.values().find_map(|other| {
            common_reference(&whole, other, context.rules).map(|reference| (other.seq, reference))
        });
        let Some((other, reference)) = same else { break };
        let Some(other) = facts.payments.remove(&other) else { break };
        if let Some(main) = other.main() {
            context.note(Note::PaymentsJoined {
                feed: main.feed.clone(),
                payment_id: main.payment_id.clone(),
                reference,
            });
        }
        whole = union(whole, other, facts, context);
    }
    let rules = context.rules;
    whole
        .sightings
        .sort_by_cached_key(|it| (rules.rank(&it.feed), it.feed.clone(), it.payment_id.clone()));
    let seq = whole.seq;
    facts.payments.insert(seq, whole);
    seq
}

/// The older number goes on; a refund promised under the other is cancelled, and what the whole
/// needs is promised anew.
fn union(one: Payment, other: Payment, facts: &mut Facts, context: &mut Context<'_>) -> Payment {
    let (mut kept, mut gone) = if one.seq < other.seq { (one, other) } else { (other, one) };
    if gone.refund.is_some() {
        let order = gone.order_code.and_then(|code| facts.cases.get_mut(&code));
        refund(&mut gone, order.map(|known| &mut known.case), None, context);
    }
    kept.sightings.extend(gone.sightings.iter().cloned());
    kept.assigned = match (kept.assigned.take(), gone.assigned.clone()) {
        (Some(one), Some(other)) => Some(if one.at <= other.at { one } else { other }),
        (one, other) => one.or(other),
    };
    facts.joined.push(gone);
    kept
}

/// Finds the payment's order and brings every order it concerns up to date.
fn settle_payment(facts: &mut Facts, seq: Seq, context: &mut Context<'_>) {
    let Some(payment) = facts.payments.get_mut(&seq) else { return };
    let (before, found) = (payment.order_code, order_of(payment));
    let now = found.ok().map(|(code, _)| code);
    if before != now {
        let order = before.and_then(|code| facts.cases.get_mut(&code));
        refund(payment, order.map(|known| &mut known.case), None, context);
        payment.refund = None;
        payment.order_code = now;
    }
    match found {
        Ok((code, rule)) => {
            if before != now {
                context.note(Note::Matched { order_code: code, rule });
            }
            facts.case_mut(code, context.at.seq);
        }
        Err(_) if payment.is_lump() => place(payment, None, context),
        Err(reason) => suspend(payment, reason, context),
    }
    let mut touched: Vec<OrderCode> = before.into_iter().chain(now).collect();
    touched.extend(facts.joined.iter().filter_map(|gone| gone.order_code));
    touched.sort_unstable();
    touched.dedup();
    for code in touched {
        settle(facts, code, context);
    }
}

/// What a person decided about a payment, and the order that its sightings named then.
struct Decided {
    order_code: OrderCode,
    evidence: Option<OrderCode>,
}

fn decided_by_people(facts: &Facts) -> BTreeMap<Seq, Decided> {
    let decided = facts.payments.values().filter_map(|payment| {
        let order_code = payment.assigned.as_ref()?.order_code;
        let evidence = evidence_of(payment).ok().map(|(code, _)| code);
        Some((payment.seq, Decided { order_code, evidence }))
    });
    decided.collect()
}

/// What a person decided stands; new evidence against it, and another person's decision about the
/// same money, are shown to people.
fn contradiction(
    facts: &Facts,
    seq: Seq,
    before: &BTreeMap<Seq, Decided>,
    context: &mut Context<'_>,
) {
    let Some(payment) = facts.payments.get(&seq) else { return };
    let Some(assigned) = &payment.assigned else { return };
    let parts = facts.joined.iter().map(|gone| gone.seq).chain([seq]);
    let parts: Vec<&Decided> = parts.filter_map(|part| before.get(&part)).collect();
    let evidence = evidence_of(payment).ok().map(|(code, _)| code);
    let new = evidence.filter(|code| parts.iter().all(|part| part.evidence != Some(*code)));
    let mut against: Vec<OrderCode> = parts.iter().map(|part| part.order_code).chain(new).collect();
    against.retain(|code| *code != assigned.order_code);
    against.sort_unstable();
    against.dedup();
    for code in against {
        context.note(Note::Contradicted { order_code: code });
        let detail = format!(
            "a payment that {} assigned to {} also points to order {code}",
            assigned.by, assigned.order_code
        );
        let alert = Alert {
            kind: AlertKind::CaseStuck,
            at: context.at.now,
            detail,
            order_code: Some(assigned.order_code),
            payment: None,
        };
        let destination = Destination::Alert(AlertKind::CaseStuck);
        context.say(destination, assigned.order_code, Outbound::Alert(alert));
    }
}

/// A person says where a payment belongs.
pub(super) fn assign(
    facts: &mut Facts,
    seq: Seq,
    (order_code, by, reason): (OrderCode, OperatorId, String),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let at: Moment = context.at.now;
    // A person is told which of the two it is; parties would be told no more than that.
    let unknown = |detail| Refusal::new(Code::ORDER_NOT_YOURS, "", detail);
    if !facts.cases.get(&order_code).is_some_and(|it| known_order(&it.case)) {
        return Err(unknown("no application has come for this order code"));
    }
    let Some(payment) = facts.payments.get_mut(&seq) else {
        return Err(unknown("there is no payment with this number"));
    };
    if payment.allocation.settled > 0 && payment.assigned.is_none() {
        let detail = "its money is settled on an order by exact evidence";
        return Err(Refusal::new(Code::STATE_FORBIDS, "", detail));
    }
    payment.assigned = Some(Assigned { order_code, by, reason, at });
    context.note(Note::AssignedByPerson { order_code });
    settle_payment(facts, seq, context);
    Ok(())
}

fn known_order(case: &Case) -> bool {
    case.application.is_some()
}

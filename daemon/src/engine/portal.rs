//! What portals say of their orders.

use kvit_schemas::message::{
    ContentHash, DecisionAcknowledged, DocumentsAdded, Inbound, Outbound, ReceiptAttached,
};
use kvit_schemas::record::{Destination, DocumentsFact, Note, ReceiptFact, Source, Withdrawal};
use kvit_schemas::{Code, OrderCode, PortalId};

use super::settle::settle;
use super::{Context, Effect, Facts, Refusal, application};

/// Facts of one kind that one order may have: each is read with the case as long as it may go to
/// an agency.
const FACTS_MAX: usize = 100;

/// Room for one more fact of a portal: other portals cannot use it up.
fn room<'a>(facts: impl Iterator<Item = &'a Source>, portal: &PortalId) -> Result<(), Refusal> {
    if facts.filter(|source| source.portal == *portal).count() < FACTS_MAX {
        return Ok(());
    }
    let detail = format!("an order takes at most {FACTS_MAX} of them");
    Err(Refusal::new(Code::TOO_MANY, "/order_code", detail))
}

/// Applies a portal's message.
pub(super) fn apply(
    facts: &mut Facts,
    source: Source,
    (message, content): (Inbound, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    match message {
        Inbound::ApplicationSubmitted(body) => {
            application::submitted(facts, source, (body, content), context)
        }
        Inbound::ApplicationWithdrawn(body) => {
            let reason = body.reason.map(|reason| reason.to_string());
            let fact = Withdrawal { source, at: body.withdrawn_at, reason };
            withdrawn(facts, body.order_code, fact, context)
        }
        Inbound::ReceiptAttached(body) => receipt(facts, source, (*body, content), context),
        Inbound::DocumentsAdded(body) => documents(facts, source, (*body, content), context),
        Inbound::DecisionAcknowledged(body) => acknowledged(facts, &source.portal, &body, context),
        Inbound::PaymentReported(_)
        | Inbound::CaseAccepted(_)
        | Inbound::CaseReturned(_)
        | Inbound::CaseDocumentsRequested(_)
        | Inbound::CaseDeadlineChanged(_)
        | Inbound::CaseDecided(_) => {
            Err(Refusal::new(Code::TYPE_NOT_YOURS, "", "portals do not send this type"))
        }
    }
}

/// The case of an order as this portal may touch it: its own, or one nobody owns yet.
fn own<'a>(
    facts: &'a mut Facts,
    order_code: OrderCode,
    portal: &PortalId,
    context: &Context<'_>,
) -> Result<&'a mut super::CaseFacts, Refusal> {
    let known = facts.case_mut(order_code, context.at.seq);
    match known.case.portal() {
        Some(owner) if owner != portal => Err(Refusal::not_yours()),
        Some(_) | None => Ok(known),
    }
}

fn withdrawn(
    facts: &mut Facts,
    order_code: OrderCode,
    fact: Withdrawal,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let known = own(facts, order_code, &fact.source.portal, context)?;
    let said = |it: &Withdrawal| (it.at, it.reason.clone(), it.source.portal.clone());
    if known.case.withdrawals.iter().any(|it| said(it) == said(&fact)) {
        context.note(Note::NothingNew);
        return Ok(());
    }
    room(known.case.withdrawals.iter().map(|it| &it.source), &fact.source.portal)?;
    context.note(Note::Withdrew { at: fact.at });
    context.out.effects.push(Effect::KeepBody);
    known.case.withdrawals.push(fact);
    known.case.withdrawals.sort_by_key(|it| (it.at, it.reason.clone()));
    settle_or_wait(facts, order_code, context);
    Ok(())
}

fn receipt(
    facts: &mut Facts,
    source: Source,
    (body, content): (ReceiptAttached, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let order_code = body.order_code;
    let known = own(facts, order_code, &source.portal, context)?;
    let known_fact = |it: &ReceiptFact| it.content == content && it.source.portal == source.portal;
    if known.case.receipts.iter().any(known_fact) {
        context.note(Note::NothingNew);
        return Ok(());
    }
    room(known.case.receipts.iter().map(|it| &it.source), &source.portal)?;
    let operation = body.claim.operation_number.as_ref().map(ToString::to_string);
    context.note(Note::ReceiptClaimed { operation, amount: body.claim.amount });
    context.out.effects.push(Effect::KeepBody);
    known.receipts.insert(source.body, body);
    known.case.receipts.push(ReceiptFact { source, content });
    settle_or_wait(facts, order_code, context);
    Ok(())
}

fn documents(
    facts: &mut Facts,
    source: Source,
    (body, content): (DocumentsAdded, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let order_code = body.order_code;
    let known = own(facts, order_code, &source.portal, context)?;
    let known_fact =
        |it: &DocumentsFact| it.content == content && it.source.portal == source.portal;
    if known.case.documents.iter().any(known_fact) {
        context.note(Note::NothingNew);
        return Ok(());
    }
    room(known.case.documents.iter().map(|it| &it.source), &source.portal)?;
    context.note(Note::DocumentsKept);
    context.out.effects.push(Effect::KeepBody);
    let kept = source.body;
    known.case.documents.push(DocumentsFact { source, content });
    let carried = DocumentsAdded { extensions: None, ..body };
    match known.case.assigned() {
        Some(assignment) => {
            let inbox = Destination::Agency(assignment.agency.clone());
            let message = Outbound::DocumentsAdded(Box::new(carried));
            context.carry(inbox, order_code, (message, kept));
        }
        None => drop(known.documents.insert(kept, carried)),
    }
    if known.case.application.is_none() {
        context.note(Note::Waits);
    }
    Ok(())
}

fn acknowledged(
    facts: &mut Facts,
    portal: &PortalId,
    body: &DecisionAcknowledged,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let known = facts.cases.get_mut(&body.order_code);
    let own = known.filter(|known| known.case.portal() == Some(portal));
    let decisions = own.into_iter().flat_map(|known| &mut known.case.decisions);
    let decision = decisions.into_iter().find(|it| it.decision_id == body.decision_id);
    // Whether the order is unknown, another portal's, or undecided is all the same to the sender.
    let decision = decision.ok_or_else(|| {
        let detail = "no such decision was published to you";
        Refusal::new(Code::DECISION_UNKNOWN, "/decision_id", detail)
    })?;
    let note = if decision.acknowledged {
        Note::NothingNew
    } else {
        Note::DecisionSeen { decision_id: body.decision_id.clone() }
    };
    decision.acknowledged = true;
    context.note(note);
    Ok(())
}

fn settle_or_wait(facts: &mut Facts, order_code: OrderCode, context: &mut Context<'_>) {
    if facts.cases.get(&order_code).is_some_and(|known| known.case.application.is_none()) {
        context.note(Note::Waits);
    }
    settle(facts, order_code, context);
}

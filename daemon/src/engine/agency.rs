//! What agencies say of the cases they have.

use kvit_schemas::message::{
    AgencyName, Alert, AlertKind, CaseAccepted, CaseDeadlineChanged, CaseDecided,
    CaseDocumentsRequested, CaseReturned, ContentHash, DecisionPublished, Inbound, Localized,
    Outbound,
};
use kvit_schemas::record::{
    Case, DeadlineFact, DecisionFact, Destination, Note, RequestFact, Returned, TimerKind,
};
use kvit_schemas::{AgencyId, Code, OrderCode};

use super::settle::{assign, next_agency, payment_of_assignment, settle};
use super::view::view;
use super::{Context, Effect, Facts, Keep, Refusal};

/// Applies an agency's message.
pub(super) fn apply(
    facts: &mut Facts,
    agency: &AgencyId,
    (message, content): (Inbound, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    match message {
        Inbound::CaseAccepted(body) => registered(facts, agency, *body, context),
        Inbound::CaseReturned(body) => returned(facts, agency, *body, context),
        Inbound::CaseDocumentsRequested(body) => {
            requested(facts, agency, (*body, content), context)
        }
        Inbound::CaseDeadlineChanged(body) => term_changed(facts, agency, *body, context),
        Inbound::CaseDecided(body) => decided(facts, agency, (*body, content), context),
        Inbound::ApplicationSubmitted(_)
        | Inbound::ApplicationWithdrawn(_)
        | Inbound::ReceiptAttached(_)
        | Inbound::DocumentsAdded(_)
        | Inbound::DecisionAcknowledged(_)
        | Inbound::PaymentReported(_) => {
            Err(Refusal::new(Code::TYPE_NOT_YOURS, "", "agencies do not send this type"))
        }
    }
}

/// The case, if it is or was this agency's, and whether it is so now. Whether it exists at all is
/// not told to others.
fn theirs<'a>(
    facts: &'a mut Facts,
    order_code: OrderCode,
    agency: &AgencyId,
) -> Result<(&'a mut Case, bool), Refusal> {
    let known = facts.cases.get_mut(&order_code).ok_or_else(Refusal::not_yours)?;
    let case = &mut known.case;
    let now = case.assigned().is_some_and(|assignment| assignment.agency == *agency);
    if case.assignments.iter().any(|assignment| assignment.agency == *agency) {
        Ok((case, now))
    } else {
        Err(Refusal::not_yours())
    }
}

fn registered(
    facts: &mut Facts,
    agency: &AgencyId,
    body: CaseAccepted,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let (case, now) = theirs(facts, body.order_code, agency)?;
    let fact = (body.registration_number.to_string(), body.registered_at);
    let mut own = case.assignments.iter().filter(|it| it.agency == *agency);
    if own.any(|it| it.registered.as_ref() == Some(&fact)) {
        context.note(Note::NothingNew);
        return Ok(());
    }
    let last = case.assignments.last_mut().filter(|_| now).ok_or_else(Refusal::not_yours)?;
    context.note(Note::Registered { agency: agency.clone(), number: fact.0.clone() });
    // Of several registrations the latest holds, whichever came first.
    let known = last.registered.take().into_iter();
    last.registered = known.chain([fact]).max_by_key(|(number, at)| (*at, number.clone()));
    settle(facts, body.order_code, context);
    Ok(())
}

fn requested(
    facts: &mut Facts,
    agency: &AgencyId,
    (body, content): (CaseDocumentsRequested, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let order_code = body.order_code;
    let (case, now) = theirs(facts, order_code, agency)?;
    match case.requests.iter().find(|it| it.request_id == body.request_id) {
        Some(known) if known.content == content => {
            context.note(Note::NothingNew);
            return Ok(());
        }
        Some(_) => {
            let detail = "the request is known with other content";
            return Err(Refusal::new(Code::REQUEST_CONFLICT, "/request_id", detail));
        }
        None if !now => return Err(Refusal::not_yours()),
        None => {}
    }
    room(case.requests.len())?;
    let request_id = body.request_id.clone();
    context.note(Note::DocumentsRequested { request_id: request_id.clone() });
    case.requests.push(RequestFact { request_id, content });
    if let Some(portal) = case.portal().cloned() {
        let carried = CaseDocumentsRequested { extensions: None, ..body };
        let message = Outbound::CaseDocumentsRequested(Box::new(carried));
        context.say(Destination::Portal(portal), order_code, message);
    }
    Ok(())
}

fn term_changed(
    facts: &mut Facts,
    agency: &AgencyId,
    body: CaseDeadlineChanged,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let (case, now) = theirs(facts, body.order_code, agency)?;
    let fact = DeadlineFact {
        at: body.changed_at,
        kind: body.kind,
        until: body.until,
        reason: body.reason.to_string(),
    };
    if case.deadlines.contains(&fact) {
        context.note(Note::NothingNew);
        return Ok(());
    }
    if !now {
        return Err(Refusal::not_yours());
    }
    room(case.deadlines.len())?;
    case.deadlines.push(fact);
    settle(facts, body.order_code, context);
    Ok(())
}
/// Requests, and changes of the term, that one case may have.
const FACTS_MAX: usize = 1_000;

fn room(facts: usize) -> Result<(), Refusal> {
    if facts < FACTS_MAX {
        return Ok(());
    }
    let detail = format!("a case takes at most {FACTS_MAX} of them");
    Err(Refusal::new(Code::TOO_MANY, "/order_code", detail))
}

fn returned(
    facts: &mut Facts,
    agency: &AgencyId,
    body: CaseReturned,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let order_code = body.order_code;
    let fact = Returned {
        at: body.returned_at,
        reason: body.reason.to_string(),
        suggested: body.suggested_agency,
    };
    let (case, now) = theirs(facts, order_code, agency)?;
    let mut own = case.assignments.iter().filter(|it| it.agency == *agency);
    if own.any(|it| it.returned.as_ref() == Some(&fact)) {
        context.note(Note::NothingNew);
        return Ok(());
    }
    if !now {
        return Err(Refusal::not_yours());
    }
    if case.decision().is_some() {
        let detail = "a decided case cannot be given back";
        return Err(Refusal::new(Code::CASE_DECIDED, "/order_code", detail));
    }
    context.note(Note::ReturnedBy { agency: agency.clone(), reason: fact.reason.clone() });
    if let Some(last) = case.assignments.last_mut() {
        last.returned = Some(fact);
    }
    let withdrawn = !case.withdrawals.is_empty();
    let stuck = case
        .application
        .as_ref()
        .is_some_and(|application| next_agency(case, application, context).is_none());
    if stuck && !withdrawn {
        context.note(Note::NoRoute { agency: agency.clone() });
        let alert = Alert {
            kind: AlertKind::CaseStuck,
            at: context.at.now,
            detail: format!(
                "{agency} gave the case back and no other agency may have it; \
                 assign it with `kvit case assign {order_code} <agency>`"
            ),
            order_code: Some(order_code),
            payment: None,
        };
        let destination = Destination::Alert(AlertKind::CaseStuck);
        context.say(destination, order_code, Outbound::Alert(alert));
    }
    settle(facts, order_code, context);
    Ok(())
}

fn decided(
    facts: &mut Facts,
    agency: &AgencyId,
    (body, content): (CaseDecided, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let order_code = body.order_code;
    // A decided case stays where it is: who had it and gave it back never decided it.
    let (case, now) = theirs(facts, order_code, agency)?;
    if !now {
        return Err(Refusal::not_yours());
    }
    if let Some(known) = case.decisions.iter().find(|it| it.decision_id == body.decision_id) {
        if known.content == content {
            context.note(Note::NothingNew);
            return Ok(());
        }
        let detail = "the decision is known with other content";
        return Err(Refusal::new(Code::DECISION_CONFLICT, "/decision_id", detail));
    }
    let current = case.decision().map(|current| current.decision_id.clone());
    if current != body.replaces {
        let detail = match current {
            Some(current) => format!("the current decision is {current}"),
            None => "there is no decision to replace".to_owned(),
        };
        return Err(Refusal::new(Code::DECISION_NOT_CURRENT, "/replaces", detail));
    }
    context.note(Note::DecidedBy {
        agency: agency.clone(),
        decision_id: body.decision_id.clone(),
        outcome: body.outcome,
        replaces: body.replaces.clone(),
    });
    case.decisions.push(DecisionFact {
        decision_id: body.decision_id.clone(),
        agency: agency.clone(),
        outcome: body.outcome,
        decided_at: body.decided_at,
        content,
        published: context.at.seq,
        acknowledged: false,
        attempts: 1,
    });
    publish(case, agency, body, context);
    settle(facts, order_code, context);
    Ok(())
}

fn publish(case: &mut Case, agency: &AgencyId, body: CaseDecided, context: &mut Context<'_>) {
    let Some(portal) = case.portal().cloned() else { return };
    let decision_id = body.decision_id.clone();
    let title = match context.rules.catalogue.agency(agency) {
        Some(known) => (&known.title).into(),
        // An agency that left the catalogue still decides the cases it has.
        None => Localized::same(agency.as_str()),
    };
    let message = DecisionPublished {
        order_code: case.order_code,
        revision: super::settle::next_revision(case),
        decision_id: body.decision_id,
        agency: AgencyName { id: agency.clone(), title },
        outcome: body.outcome,
        decided_at: body.decided_at,
        title: body.title,
        text: body.text,
        documents: body.documents,
        delivery: body.delivery,
        signature: body.signature,
        replaces: body.replaces,
    };
    context.out.effects.push(Effect::Say {
        destination: Destination::Portal(portal),
        message: Outbound::DecisionPublished(Box::new(message)),
        order_code: Some(case.order_code),
        keep: Keep::Whole,
    });
    let again = context.at.now.plus_seconds(context.rules.reminders.republish_after_seconds);
    context.remind(again, TimerKind::Republish(decision_id), case.order_code);
}

/// A person says which agency is to decide a case that has none.
pub(super) fn assign_by_person(
    facts: &mut Facts,
    order_code: OrderCode,
    agency: AgencyId,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let known = facts.cases.get(&order_code).ok_or_else(Refusal::not_yours)?;
    let case = &known.case;
    let stuck = case.assigned().is_none() && !case.assignments.is_empty();
    let open = case.decision().is_none() && case.withdrawals.is_empty();
    let Some(application) = case.application.clone().filter(|_| stuck && open) else {
        let detail = "only a case that an agency gave back can be assigned by a person";
        return Err(Refusal::new(Code::STATE_FORBIDS, "", detail));
    };
    if !context.rules.catalogue.decides(&agency, &application.procedure) {
        let detail = format!("{agency} may not decide procedure {}", application.procedure);
        return Err(Refusal::new(Code::ROUTE_UNKNOWN, "", detail));
    }
    let now = view(case, &application, facts.payments_of(order_code), context.rules);
    if !now.open {
        let detail = "the case is not paid as its procedure wants it";
        return Err(Refusal::new(Code::STATE_FORBIDS, "", detail));
    }
    let payment = payment_of_assignment(facts, &application, &now);
    if let Some(known) = facts.cases.get_mut(&order_code) {
        assign(known, &application, agency, (&now, payment), context);
    }
    settle(facts, order_code, context);
    Ok(())
}

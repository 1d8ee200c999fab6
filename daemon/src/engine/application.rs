//! An application: what it asks, what it costs, who decides it.

use kvit_schemas::message::{
    Alert, AlertKind, ApplicationSubmitted, ContentHash, ExemptionKind, MessageType, Outbound,
};
use kvit_schemas::record::{ApplicationFact, Destination, Note, Source, TimerKind};
use kvit_schemas::{Code, Money};

use crate::catalogue::{Procedure, due_on};

use super::settle::settle;
use super::{Context, Effect, Facts, FeeCheck, Refusal};

/// Accepts an application under the rules now in force.
pub(super) fn submitted(
    facts: &mut Facts,
    source: Source,
    (body, content): (Box<ApplicationSubmitted>, ContentHash),
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let order_code = body.order_code;
    let known = facts.cases.get(&order_code).and_then(|known| known.case.application.as_ref());
    if let Some(known) = known {
        if known.content == content && known.source.portal == source.portal {
            context.note(Note::NothingNew);
            return Ok(());
        }
        let detail = "this order code names another application";
        return Err(Refusal::new(Code::APPLICATION_CONFLICT, "/order_code", detail));
    }
    let application = terms(&body, source, content, context)?;
    context.note(Note::ApplicationAccepted {
        procedure: body.procedure.to_string(),
        due: application.due,
        route: application.route.clone(),
        due_on: application.due_on,
    });
    context.out.effects.push(Effect::KeepBody);
    if application.due.is_some() {
        context.remind(application.pay_until, TimerKind::Window, order_code);
    }
    let seq = context.at.seq;
    let known = facts.case_mut(order_code, seq);
    known.case.application = Some(application);
    known.application = Some(body);
    refuse_others(facts, order_code, context);
    settle(facts, order_code, context);
    Ok(())
}

/// Facts that waited and came from another portal than the application are refused now.
fn refuse_others(facts: &mut Facts, order: kvit_schemas::OrderCode, context: &mut Context<'_>) {
    let Some(known) = facts.cases.get_mut(&order) else { return };
    let case = &mut known.case;
    let Some(owner) = case.portal().cloned() else { return };
    let mut late = Vec::new();
    let mut own = |source: &Source, kind: MessageType| {
        let own = source.portal == owner;
        if !own {
            late.push((source.clone(), kind));
        }
        own
    };
    case.withdrawals.retain(|it| own(&it.source, MessageType::ApplicationWithdrawn));
    case.receipts.retain(|it| own(&it.source, MessageType::ReceiptAttached));
    case.documents.retain(|it| own(&it.source, MessageType::DocumentsAdded));
    known.receipts.retain(|body, _| case.receipts.iter().any(|it| it.source.body == *body));
    known.documents.retain(|body, _| case.documents.iter().any(|it| it.source.body == *body));
    for (source, kind) in late {
        context.out.effects.push(Effect::RefuseLate { source, kind, order_code: order });
    }
}

fn terms(
    body: &ApplicationSubmitted,
    source: Source,
    content: ContentHash,
    context: &mut Context<'_>,
) -> Result<ApplicationFact, Refusal> {
    let catalogue = &context.rules.catalogue;
    let Some(procedure) = catalogue.procedure(&body.procedure) else {
        let detail = format!("the catalogue has no procedure {}", body.procedure);
        return Err(Refusal::new(Code::PROCEDURE_UNKNOWN, "/procedure", detail));
    };
    check_identification(body, procedure)?;
    let locality = body.applicant.locality.as_ref().map(|it| it.as_str());
    let route = catalogue.route(procedure, body.applicant.region, locality).map_err(|error| {
        Refusal::new(Code::ROUTE_UNKNOWN, "/applicant/region", error.to_string())
    })?;
    let (route, policy) = (route.id.clone(), procedure.policy);
    let day = body.submitted_at.day();
    let due = due(body, procedure, context)?.filter(|due| !due.is_zero());
    let catalogue = &context.rules.catalogue;
    Ok(ApplicationFact {
        source,
        content,
        procedure: body.procedure.clone(),
        region: body.applicant.region,
        submitted_at: body.submitted_at,
        catalogue: catalogue.version().to_owned(),
        route,
        due,
        evidence: policy.evidence,
        tolerance: policy.tolerance.minor(),
        pay_until: body
            .submitted_at
            .plus_seconds(i64::from(policy.payment_window_days.get()) * 24 * 60 * 60),
        late: policy.late_payment,
        due_on: due_on(catalogue.calendar(), day, procedure.term),
    })
}

fn check_identification(body: &ApplicationSubmitted, procedure: &Procedure) -> Result<(), Refusal> {
    let Some(rule) = procedure.applicants.get(&body.applicant.kind) else {
        let detail = format!("procedure {} is not open to this kind of applicant", procedure.code);
        return Err(Refusal::new(Code::APPLICANT_NOT_ADMITTED, "/applicant/kind", detail));
    };
    if body.identification >= rule.identification {
        return Ok(());
    }
    let detail = format!("procedure {} needs a higher level", procedure.code);
    Err(Refusal::new(Code::IDENTIFICATION_TOO_LOW, "/identification", detail))
}

/// What is due: nothing with a full exemption, the message's fee with a partial one, else what
/// the catalogue says on the day of submission.
fn due(
    body: &ApplicationSubmitted,
    procedure: &Procedure,
    context: &mut Context<'_>,
) -> Result<Option<Money>, Refusal> {
    let wrong = |detail: String| Refusal::new(Code::FEE_DISAGREES, "/fee", detail);
    let day = body.submitted_at.day();
    let fee = context.rules.catalogue.fee(procedure, body.applicant.kind, day);
    let fee = fee.map_err(|error| wrong(error.to_string()))?;
    match body.exemption.as_ref().map(|exemption| exemption.kind) {
        Some(ExemptionKind::Full) => return Ok(None),
        Some(ExemptionKind::Partial) => {
            // A part of nothing is nothing.
            if fee.is_none() && body.fee.is_none_or(Money::is_zero) {
                return Ok(None);
            }
            let reduced = body.fee.filter(|reduced| {
                fee.is_some_and(|fee| {
                    fee.currency() == reduced.currency() && fee.minor() >= reduced.minor()
                })
            });
            let detail = "a reduced fee is not more than the catalogue's, in its currency";
            return reduced.map(Some).ok_or_else(|| wrong(detail.to_owned()));
        }
        None => {}
    }
    let told = body.fee.filter(|told| !told.is_zero());
    if told == fee || context.rules.fee_check == FeeCheck::Off {
        return Ok(fee);
    }
    let said = |fee: Option<Money>| fee.map_or("nothing".to_owned(), |fee| fee.to_string());
    let detail = format!("the catalogue asks for {}, the message says {}", said(fee), said(told));
    if context.rules.fee_check == FeeCheck::Refuse {
        return Err(wrong(detail));
    }
    let alert = Alert {
        kind: AlertKind::CaseStuck,
        at: context.at.now,
        detail,
        order_code: Some(body.order_code),
        payment: None,
    };
    let destination = Destination::Alert(AlertKind::CaseStuck);
    context.say(destination, body.order_code, Outbound::Alert(alert));
    Ok(fee)
}

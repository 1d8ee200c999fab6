//! After a fact was added: where the money is now, and whether the case goes to its agency.

use kvit_schemas::message::{
    Alert, AlertKind, AssignedPayment, AssignedProcedure, AssignmentPayment, CaseAssigned,
    ContentHash, DeadlineKind, DocumentsAdded, Evidence, Localized, Outbound, PaymentState,
    RefundDue, RefundPayment, RefundReason, RefundState, SignatureCheck, SignatureStatus,
};
use kvit_schemas::record::{
    Allocation, ApplicationFact, Assignment, Case, Destination, Note, Payment, RefundTold,
    Sighting, SuspenseReason, TimerKind, ToldAgency,
};
use kvit_schemas::{AgencyId, Day, Money, OrderCode, hex};

use super::funding::{Share, Why};
use super::view::{View, view};
use super::{CaseFacts, Context, Facts, Keep, tell};

/// Brings everything about an order up to date and says what changed.
pub(super) fn settle(facts: &mut Facts, order_code: OrderCode, context: &mut Context<'_>) {
    let Some(known) = facts.cases.get(&order_code) else { return };
    let Some(application) = known.case.application.clone() else {
        wait(facts, order_code, context);
        return;
    };
    let now = view(&known.case, &application, facts.payments_of(order_code), context.rules);
    allocate(facts, order_code, &now, context);
    let routed = route(facts, order_code, &application, &now, context);
    let Some(known) = facts.cases.get(&order_code) else { return };
    let now = if routed {
        view(&known.case, &application, facts.payments_of(order_code), context.rules)
    } else {
        now
    };
    if let Some(known) = facts.cases.get_mut(&order_code) {
        tell::tell(&mut known.case, &application, &now, context);
    }
}

/// Payments of an order without an application wait in suspense; nobody is told.
fn wait(facts: &mut Facts, order_code: OrderCode, context: &mut Context<'_>) {
    let waiting =
        facts.payments.values_mut().filter(|payment| payment.order_code == Some(order_code));
    for payment in waiting {
        suspend(payment, SuspenseReason::UnknownOrder, context);
    }
}

/// Puts a live payment in suspense.
pub(super) fn suspend(payment: &mut Payment, reason: SuspenseReason, context: &mut Context<'_>) {
    let amount = payment.amount().map_or(0, Money::minor);
    let share = Share {
        payment: payment.seq,
        settled: 0,
        surplus: 0,
        suspense: amount,
        why: Why::Suspense(reason),
    };
    place(payment, Some(share), context);
}

fn allocate(facts: &mut Facts, order_code: OrderCode, now: &View, context: &mut Context<'_>) {
    let Some(known) = facts.cases.get_mut(&order_code) else { return };
    let of_order =
        facts.payments.values_mut().filter(|payment| payment.order_code == Some(order_code));
    for payment in of_order {
        let share = now.funding.shares.iter().find(|share| share.payment == payment.seq).copied();
        place(payment, share, context);
        let wanted = share.and_then(|share| match share.why {
            Why::Refund(reason) if payment.state() == PaymentState::Credited => {
                Some((share.surplus, reason))
            }
            Why::Refund(_) | Why::Settled | Why::Suspense(_) => None,
        });
        refund(payment, Some(&mut known.case), wanted, context);
    }
}

/// Records where the money of a payment is; `None` when there is none (failed, reversed, a lump).
pub(super) fn place(payment: &mut Payment, share: Option<Share>, context: &mut Context<'_>) {
    let (Some(main), Some(amount)) = (payment.main(), payment.amount()) else { return };
    let state = payment.state();
    let live = share.filter(|_| payment.is_live());
    let reason = live.and_then(|share| match share.why {
        Why::Suspense(reason) => Some(reason),
        Why::Settled | Why::Refund(_) => None,
    });
    let allocation = Allocation {
        state: Some(state),
        settled: live.map_or(0, |share| share.settled),
        surplus: live.map_or(0, |share| share.surplus),
        suspense: live.map_or(0, |share| share.suspense),
        reason,
    };
    if allocation == payment.allocation {
        return;
    }
    let placed = allocation.settled + allocation.surplus + allocation.suspense;
    let expected = if payment.is_live() { amount.minor() } else { 0 };
    assert_eq!(placed, expected, "money of a payment must be in exactly one place");
    let money = |minor| Money::new(minor, amount.currency()).unwrap_or(amount);
    let note = match reason {
        Some(reason) => Note::Suspended { reason, found: main.found.clone() },
        None => Note::Allocated {
            feed: main.feed.clone(),
            payment_id: main.payment_id.clone(),
            order_code: payment.order_code,
            settled: money(allocation.settled),
            surplus: money(allocation.surplus),
            suspense: money(allocation.suspense),
        },
    };
    if reason != payment.allocation.reason {
        alert_suspense(payment, reason, context);
    }
    context.note(note);
    payment.allocation = allocation;
}

/// Money whose order is unknown only waits; other reasons need a person.
fn alert_suspense(payment: &Payment, reason: Option<SuspenseReason>, context: &mut Context<'_>) {
    let (Some(reason), Some(main)) = (reason, payment.main()) else { return };
    let amount = payment.amount().unwrap_or(main.amount);
    if reason == SuspenseReason::UnknownOrder {
        return;
    }
    let alert = Alert {
        kind: AlertKind::PaymentSuspended,
        at: context.at.now,
        detail: suspense_text(payment, (amount, reason)),
        order_code: payment.order_code,
        payment: Some(RefundPayment {
            feed: main.feed.clone(),
            payment_id: main.payment_id.clone(),
        }),
    };
    let message = Outbound::Alert(alert);
    context.out.effects.push(super::Effect::Say {
        destination: Destination::Alert(AlertKind::PaymentSuspended),
        message,
        order_code: payment.order_code,
        keep: Keep::Nothing,
    });
}

/// What an alert says of money in suspense: what, why, and where to look.
fn suspense_text(payment: &Payment, (amount, reason): (Money, SuspenseReason)) -> String {
    let order = payment.order_code.map(|code| format!(" for order {code}")).unwrap_or_default();
    let (why, number) = (reason.sentence(), payment.seq.0);
    format!("{amount}{order} is in suspense: {why}; see `kvit suspense show {number}`")
}

/// Says that a refund became due, changed or was cancelled.
pub(super) fn refund(
    payment: &mut Payment,
    case: Option<&mut Case>,
    wanted: Option<(i64, RefundReason)>,
    context: &mut Context<'_>,
) {
    let Some(main) = payment.main() else { return };
    let told = payment.refund.as_ref().filter(|told| told.state == RefundState::Due);
    let named = (main.feed.clone(), main.payment_id.clone());
    let (state, amount, reason) = match (wanted, told) {
        (Some((amount, reason)), Some(told))
            if (told.amount, told.reason, &told.named) == (amount, reason, &named) =>
        {
            return;
        }
        (Some((amount, reason)), _) => (RefundState::Due, amount, reason),
        (None, Some(told)) => (RefundState::Cancelled, told.amount, told.reason),
        (None, None) => return,
    };
    let refund_id = match &payment.refund {
        Some(told) => told.refund_id.clone(),
        None => refund_id(payment, main),
    };
    let Some(money) = Money::new(amount, main.amount.currency()) else { return };
    let owner = case.and_then(|case| Some((case.portal()?.clone(), case)));
    let (destination, order_code, revision) = match owner {
        Some((portal, case)) => {
            (Destination::Portal(portal), Some(case.order_code), next_revision(case))
        }
        None => (Destination::Refunds, payment.order_code, context.at.seq.0),
    };
    let message = Outbound::RefundDue(RefundDue {
        refund_id: refund_id.clone(),
        revision,
        state,
        order_code,
        payment: RefundPayment { feed: main.feed.clone(), payment_id: main.payment_id.clone() },
        amount: money,
        reason,
    });
    context.note(Note::Refund { refund_id: refund_id.clone(), state, amount: money, reason });
    let keep = Keep::Nothing;
    context.out.effects.push(super::Effect::Say { destination, message, order_code, keep });
    payment.refund = Some(RefundTold { refund_id, named, state, amount, reason });
}

/// Revisions grow per order, so a refund belongs to one order: a payment that moves to another is
/// due for refund there under another name.
fn refund_id(payment: &Payment, main: &Sighting) -> String {
    let order = payment.order_code.as_ref().map_or("", OrderCode::as_str);
    let parts = [main.feed.as_str(), main.payment_id.as_str(), order].map(str::as_bytes);
    format!("refund-{}", hex::encode(&ContentHash::of(&parts).0))
}

/// The next revision of an order's messages.
pub(super) fn next_revision(case: &mut Case) -> u64 {
    case.told.revision += 1;
    case.told.revision
}

/// Assigns the case to its agency when the way is open; true when it did.
fn route(
    facts: &mut Facts,
    order_code: OrderCode,
    application: &ApplicationFact,
    now: &View,
    context: &mut Context<'_>,
) -> bool {
    let Some(known) = facts.cases.get(&order_code) else { return false };
    let case = &known.case;
    let closed = case.decision().is_some() || !case.withdrawals.is_empty();
    if closed || !now.open || case.assigned().is_some() {
        return false;
    }
    let Some(agency) = next_agency(case, application, context) else { return false };
    let payment = payment_of_assignment(facts, application, now);
    let Some(known) = facts.cases.get_mut(&order_code) else { return false };
    assign(known, application, agency, (now, payment), context);
    true
}

/// The agency that should have the case: that of its route, or the one that the last agency named
/// when it gave the case back, if the catalogue lets it decide and it has not had it before.
pub(super) fn next_agency(
    case: &Case,
    application: &ApplicationFact,
    context: &Context<'_>,
) -> Option<AgencyId> {
    let Some(last) = case.assignments.last() else { return Some(application.route.clone()) };
    let suggested = last.returned.as_ref()?.suggested.as_ref()?;
    let had_it = case.assignments.iter().any(|it| it.agency == *suggested);
    let may = context.rules.catalogue.decides(suggested, &application.procedure);
    (may && !had_it).then(|| suggested.clone())
}

/// Hands the case to an agency, with all documents that came so far.
pub(super) fn assign(
    known: &mut CaseFacts,
    application: &ApplicationFact,
    agency: AgencyId,
    (now, payment): (&View, AssignmentPayment),
    context: &mut Context<'_>,
) {
    let CaseFacts { case, application: body, documents, receipts } = known;
    let Some(body) = body.as_ref() else {
        unreachable!("a case that may still be assigned is read with its application")
    };
    let title = match context.rules.catalogue.procedure(&application.procedure) {
        Some(procedure) => (&procedure.title).into(),
        // A procedure that left the catalogue is still decided where it was applied for.
        None => Localized::same(application.procedure.as_str()),
    };
    let evidence: Evidence = now.evidence();
    let signed = body.signature.is_some();
    let message = CaseAssigned {
        order_code: case.order_code,
        revision: next_revision(case),
        procedure: AssignedProcedure { code: application.procedure.clone(), title },
        applicant: body.applicant.clone(),
        identification: body.identification,
        exemption: body.exemption.clone(),
        form: body.form.clone(),
        attachments: body.attachments.clone(),
        signature: body.signature.clone(),
        language: body.language.clone(),
        evidence,
        payment: AssignmentPayment {
            receipts: receipts.values().map(|receipt| receipt.claim.clone()).collect(),
            ..payment
        },
        submitted_at: application.submitted_at,
        assigned_at: context.at.now,
        due_on: now.due_on,
        signature_check: SignatureCheck {
            status: if signed { SignatureStatus::Unchecked } else { SignatureStatus::Absent },
            signer: None,
            certificate_serial: None,
        },
    };
    let inbox = Destination::Agency(agency.clone());
    context.note(Note::Routed { agency: agency.clone(), evidence, due_on: now.due_on });
    let message = Outbound::CaseAssigned(Box::new(message));
    context.carry(inbox.clone(), case.order_code, (message, application.source.body));
    for (body, document) in documents {
        let carried = DocumentsAdded { extensions: None, ..document.clone() };
        let message = Outbound::DocumentsAdded(Box::new(carried));
        context.carry(inbox.clone(), case.order_code, (message, *body));
    }
    case.told.agency = Some(ToldAgency {
        level: now.funding.level,
        settled: now.funding.settled,
        surplus: now.funding.surplus,
        reversed: false,
        withdrawn: false,
    });
    case.told.due_on = Some(now.due_on);
    case.told.reminded = None;
    let assignment = Assignment { agency, at: context.at.now, registered: None, returned: None };
    case.assignments.push(assignment);
    remind_of_term(case.order_code, now.due_on, context);
}

/// Has the case looked at when its term comes near.
pub(super) fn remind_of_term(order_code: OrderCode, due_on: Day, context: &mut Context<'_>) {
    let near = context.rules.reminders.approaching_days;
    context.remind(due_on.minus_days(near).start(), TimerKind::Deadline, order_code);
}

/// The money part of an assignment: payments in the order in which they fill the due. What waits
/// in suspense is not among them, so that nobody adds it.
pub(super) fn payment_of_assignment(
    facts: &Facts,
    application: &ApplicationFact,
    now: &View,
) -> AssignmentPayment {
    let placed = now.funding.shares.iter().filter(|share| share.suspense == 0);
    let payments = placed.filter_map(|share| {
        let payment = facts.payments.get(&share.payment)?;
        let main = payment.main()?;
        Some(AssignedPayment {
            feed: main.feed.clone(),
            payment_id: main.payment_id.clone(),
            state: payment.state(),
            amount: payment.amount()?,
            paid_at: main.paid_at,
        })
    });
    let due = application.due;
    AssignmentPayment {
        due,
        settled: due.and_then(|due| Money::new(now.funding.settled, due.currency())),
        payments: payments.collect(),
        receipts: Vec::new(),
    }
}

/// Reminds the agency of its term, or tells it of another last day. A reminder is said once.
pub(super) fn say_deadline(case: &mut Case, due: (Day, DeadlineKind), context: &mut Context<'_>) {
    let (due_on, kind) = due;
    let Some(agency) = case.assigned().map(|it| it.agency.clone()) else { return };
    if case.told.reminded == Some(due) && kind != DeadlineKind::Changed {
        return;
    }
    case.told.reminded = Some(due);
    let days = due_on.days_since(context.at.now.day());
    context.note(Note::Reminded { agency: agency.clone(), due_on, days });
    let message = kvit_schemas::message::CaseDeadline {
        order_code: case.order_code,
        revision: next_revision(case),
        due_on,
        kind,
        days,
    };
    context.say(Destination::Agency(agency), case.order_code, Outbound::CaseDeadline(message));
}

//! After a fact was added: where the money is now, and whether the case goes to its agency.

use kvit_schemas::message::{
    Alert, AlertKind, AssignedPayment, AssignedProcedure, AssignmentPayment, CaseAssigned,
    DeadlineKind, Evidence, Outbound, PaymentState, RefundDue, RefundPayment, RefundReason,
    RefundState, SignatureCheck, SignatureStatus,
};
use kvit_schemas::record::{
    Allocation, ApplicationFact, Assignment, Case, Destination, Note, Payment, RefundTold, Seq,
    SuspenseReason, TimerKind, ToldAgency,
};
use kvit_schemas::{AgencyId, Money, OrderCode, hex};

use super::funding::{Share, Why};
use super::view::{View, view};
use super::{CaseFacts, Context, Facts, tell};

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
    let amount = payment.main().map_or(0, |main| main.amount.minor());
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

/// Records where the money of a payment is; `None` when there is none (failed or reversed).
fn place(payment: &mut Payment, share: Option<Share>, context: &mut Context<'_>) {
    let (state, Some(main)) = (payment.state(), payment.main()) else { return };
    let live = share.filter(|_| state.is_live());
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
    let expected = if state.is_live() { main.amount.minor() } else { 0 };
    assert_eq!(placed, expected, "money of a payment must be in exactly one place");
    let money = |minor| Money::new(minor, main.amount.currency()).unwrap_or(main.amount);
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
    if reason == SuspenseReason::UnknownOrder {
        return;
    }
    let alert = Alert {
        kind: AlertKind::PaymentSuspended,
        at: context.at.now,
        detail: format!("{} is in suspense: {}", main.amount, reason.as_str()),
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
        keep: false,
    });
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
    let (state, amount, reason) = match (wanted, told) {
        (Some((amount, reason)), Some(told)) if (told.amount, told.reason) == (amount, reason) => {
            return;
        }
        (Some((amount, reason)), _) => (RefundState::Due, amount, reason),
        (None, Some(told)) => (RefundState::Cancelled, told.amount, told.reason),
        (None, None) => return,
    };
    let refund_id = match &payment.refund {
        Some(told) => told.refund_id.clone(),
        None => refund_id(main.feed.as_str(), main.payment_id.as_str()),
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
    context.out.effects.push(super::Effect::Say { destination, message, order_code, keep: false });
    payment.refund = Some(RefundTold { refund_id, state, amount, reason });
}

fn refund_id(feed: &str, payment_id: &str) -> String {
    let hash = kvit_schemas::message::ContentHash::of(&[feed.as_bytes(), payment_id.as_bytes()]);
    format!("refund-{}", hex::encode(&hash.0))
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
    let payment = payment_of_assignment(facts, order_code, application, now);
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
    let (Some(body), Some(procedure)) =
        (body.as_ref(), context.rules.catalogue.procedure(&application.procedure))
    else {
        unreachable!("an unassigned case is read with its application, under a known procedure")
    };
    let evidence: Evidence = now.evidence();
    let signed = body.signature.is_some();
    let message = CaseAssigned {
        order_code: case.order_code,
        revision: next_revision(case),
        procedure: AssignedProcedure {
            code: application.procedure.clone(),
            title: (&procedure.title).into(),
        },
        applicant: body.applicant.clone(),
        identification: body.identification,
        exemption: body.exemption.clone(),
        form: body.form.clone(),
        attachments: body.attachments.clone(),
        signature: body.signature.clone(),
        language: body.language.clone(),
        evidence,
        payment: AssignmentPayment {
            receipts: receipts.iter().map(|receipt| receipt.claim.clone()).collect(),
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
    context.say(inbox.clone(), case.order_code, Outbound::CaseAssigned(Box::new(message)));
    for document in documents {
        let message = Outbound::DocumentsAdded(Box::new(document.clone()));
        context.say(inbox.clone(), case.order_code, message);
    }
    case.told.agency = Some(ToldAgency {
        level: now.funding.level,
        settled: now.funding.settled,
        surplus: now.funding.surplus,
        reversed: false,
        withdrawn: false,
    });
    case.told.due_on = Some(now.due_on);
    let assignment = Assignment { agency, at: context.at.now, registered: None, returned: None };
    case.assignments.push(assignment);
    let near = context.rules.reminders.approaching_days;
    let remind = now.due_on.minus_days(near).start();
    context.remind(remind, TimerKind::Deadline, case.order_code);
}

/// The money part of an assignment: live payments in the order in which they fill the due.
pub(super) fn payment_of_assignment(
    facts: &Facts,
    order_code: OrderCode,
    application: &ApplicationFact,
    now: &View,
) -> AssignmentPayment {
    let place = |seq: Seq| now.funding.shares.iter().position(|share| share.payment == seq);
    let mut payments: Vec<(Option<usize>, AssignedPayment)> = Vec::new();
    for payment in facts.payments_of(order_code) {
        let Some(main) = payment.main().filter(|_| payment.state().is_live()) else { continue };
        payments.push((
            place(payment.seq),
            AssignedPayment {
                feed: main.feed.clone(),
                payment_id: main.payment_id.clone(),
                state: payment.state(),
                amount: main.amount,
                paid_at: main.paid_at,
            },
        ));
    }
    payments.sort_by_key(|(place, _)| *place);
    let due = application.due;
    AssignmentPayment {
        due,
        settled: due.and_then(|due| Money::new(now.funding.settled, due.currency())),
        payments: payments.into_iter().map(|(_, payment)| payment).collect(),
        receipts: Vec::new(),
    }
}

/// Reminds the agency of its term, or tells it of another last day.
pub(super) fn say_deadline(
    case: &mut Case,
    due: (kvit_schemas::Day, DeadlineKind),
    context: &mut Context<'_>,
) {
    let (due_on, kind) = due;
    let Some(agency) = case.assigned().map(|it| it.agency.clone()) else { return };
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

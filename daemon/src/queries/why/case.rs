//! The story of a case.

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::Money;
use kvit_schemas::record::{Case, Subject};

use super::payment::payment_line;
use super::{Why, told};
use crate::queries::cases::{CaseView, payments_of};
use crate::queries::sentences::{decided, status};
use crate::queries::{QueryError, at_text};

pub(super) fn of_case(store: &Store, case: &Case) -> Result<Why, QueryError> {
    let payments = payments_of(store, case.seq)?;
    let mut lines = store.story(Subject::Case(case.seq))?;
    for payment in &payments {
        lines.extend(store.story(Subject::Payment(payment.seq))?);
    }
    let view = CaseView::of(case, &payments);
    let mut why = told("case", case_headline(case, &view), lines);
    for payment in &payments {
        why.headline.push(payment_line(payment));
    }
    why.next = case_next(case, &view);
    for payment in payments.iter().filter(|it| it.allocation.reason.is_some()) {
        why.next.push(format!("see the money in suspense: kvit why {}", payment.seq.0));
    }
    Ok(why)
}

fn case_headline(case: &Case, view: &CaseView) -> Vec<String> {
    let code = case.order_code;
    let (Some(application), Some(word)) = (&case.application, case.told.status) else {
        return vec![format!(
            "Order {code}: no application yet; what is known of it waits for one"
        )];
    };
    let mut lines = vec![format!("Order {code}: {}", status(word))];
    let source = &application.source;
    lines.push(format!(
        "procedure {}, submitted {} through the portal {}",
        application.procedure,
        at_text(application.submitted_at),
        source.portal
    ));
    lines.push(match (application.due, view.summary.settled) {
        (Some(due), Some(settled)) => {
            let window = at_text(application.pay_until);
            format!("due {due}, settled {settled}{}; to be paid until {window}", extras(view))
        }
        (Some(_) | None, Some(_) | None) => format!("nothing is due{}", extras(view)),
    });
    if case.decision().is_none() {
        lines.push(format!("it waits for {}", waits_for(case, view)));
    }
    lines.push(match (&view.summary.agency, view.summary.due_on) {
        (Some(agency), Some(due_on)) => format!("agency {agency} has it, to decide by {due_on}"),
        (Some(agency), None) => format!("agency {agency} has it"),
        (None, _) => format!("no agency has it yet; its route leads to {}", application.route),
    });
    if let Some(decision) = case.decision() {
        let seen =
            if decision.acknowledged { "the cabinet has it" } else { "not yet acknowledged" };
        lines.push(format!(
            "decision {}: {} by {} on {}; {seen}; published so far: {}",
            decision.decision_id,
            decided(decision.outcome),
            decision.agency,
            at_text(decision.decided_at),
            decision.attempts
        ));
    }
    lines
}

fn extras(view: &CaseView) -> String {
    let part = |sums: &[Money], what: &str| -> String {
        sums.iter().map(|sum| format!(", {sum} {what}")).collect()
    };
    part(&view.surplus, "more than needed") + &part(&view.in_suspense, "in suspense")
}

fn missing(view: &CaseView) -> Option<Money> {
    view.summary.due?.checked_sub(view.summary.settled?).ok().filter(|rest| !rest.is_zero())
}

fn waits_for(case: &Case, view: &CaseView) -> String {
    use kvit_schemas::message::Status as S;
    let money = missing(view).map_or("money".to_owned(), |rest| rest.to_string());
    match case.told.status {
        None => "its application".to_owned(),
        Some(S::AwaitingPayment | S::Underpaid) => format!("{money} from the applicant"),
        Some(S::Paid) if view.stuck => "a person to say which agency decides it".to_owned(),
        Some(S::Paid) => "its way to the agency".to_owned(),
        Some(S::Routed) => "the agency to register or decide it".to_owned(),
        Some(S::InWork) => "the agency's decision".to_owned(),
        Some(S::PaymentReversed) => format!("{money}, taken back after it went to the agency"),
        Some(S::Expired) => "nothing; a payment made in time would revive it".to_owned(),
        Some(S::Decided | S::Withdrawn) => "nothing".to_owned(),
    }
}

fn case_next(case: &Case, view: &CaseView) -> Vec<String> {
    let code = case.order_code;
    let mut next = Vec::new();
    if case.application.is_none() {
        next.push("ask the portal for the application; nothing is lost meanwhile".to_owned());
        return next;
    }
    if view.stuck {
        next.push(format!("kvit case assign {code} <agency> --reason <why>"));
    }
    let open = case.decision().is_none() && case.withdrawals.is_empty();
    if open && let Some(rest) = missing(view) {
        next.push(format!(
            "the applicant pays {rest} and quotes {code}; if they say they did, look whether the \
             money is in suspense: kvit suspense list"
        ));
    }
    if let Some(decision) = case.decision().filter(|it| !it.acknowledged) {
        next.push(format!(
            "the portal acknowledges decision {} with decision.acknowledged.v1",
            decision.decision_id
        ));
    }
    next
}

//! The notes of the audit log as sentences, for people who never saw the code.

use kvit_schemas::message::{Evidence, Outcome, PaymentChange, PaymentState, RefundState, Status};
use kvit_schemas::record::{Actor, CodeSource, Note, SuspenseReason};
use kvit_schemas::{Money, OrderCode};

use super::at_text;

/// Who made something happen.
pub(super) fn who(actor: &Actor) -> String {
    match actor {
        Actor::Party(party) => party.clone(),
        Actor::Unknown => "an unknown sender".to_owned(),
        Actor::Operator { id, reason } => format!("operator {id}, because: {reason}"),
        Actor::Schedule => "the schedule".to_owned(),
    }
}

/// A status in words.
pub(super) fn status(word: Status) -> &'static str {
    match word {
        Status::AwaitingPayment => "awaiting payment",
        Status::Underpaid => "underpaid",
        Status::Paid => "paid, not yet at an agency",
        Status::Routed => "at the agency",
        Status::InWork => "in work at the agency",
        Status::Decided => "decided",
        Status::Withdrawn => "withdrawn",
        Status::Expired => "expired: not paid in time",
        Status::PaymentReversed => "at the agency, but its payment was taken back",
    }
}

/// Why money waits, in words.
pub(super) fn waits(reason: SuspenseReason) -> &'static str {
    match reason {
        SuspenseReason::NoCode => "it names no order code",
        SuspenseReason::SeveralCodes => "it names several order codes",
        SuspenseReason::UnknownOrder => "no application with its order code is known yet",
        SuspenseReason::WrongCurrency => "it is in another currency than the fee",
        SuspenseReason::PossibleSecondSighting => {
            "it may be another report of money that counts already"
        }
    }
}

/// What a note says.
pub(super) fn sentence(note: &Note) -> String {
    match note {
        Note::NothingNew => "this was known already; nothing changed".to_owned(),
        Note::Waits => "the application is not known yet; this waits for it".to_owned(),
        Note::ApplicationAccepted { procedure, due, route, due_on } => {
            let fee = due.map_or("nothing is due".to_owned(), |due| format!("{due} is due"));
            format!(
                "application accepted: procedure {procedure}, {fee}; {route} is to decide it by \
                 {due_on}"
            )
        }
        Note::Withdrew { at } => format!("the applicant withdrew at {}", at_text(*at)),
        Note::ReceiptClaimed { operation, amount } => {
            let operation = operation.as_deref().unwrap_or("not given");
            let amount = amount.map_or("not given".to_owned(), |amount| amount.to_string());
            format!(
                "the applicant attached a receipt, unverified: operation {operation}, amount \
                 {amount}"
            )
        }
        Note::DocumentsKept => "documents of the applicant were taken".to_owned(),
        Note::DocumentsRequested { request_id } => {
            format!("the agency asks the applicant for documents (request {request_id})")
        }
        Note::TermChanged { due_on } => format!("the term now ends on {due_on}"),
        Note::WindowClosed => "the time to pay is over".to_owned(),
        Note::StatusTold { status: word, settled, due } => told(*word, *settled, *due),
        Note::Refused { code, detail, pointer } => {
            let place = pointer.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
            let title = code.title().en;
            format!("refused with {code}, {title}{place}: {detail}. Cure: {}", code.cure().en)
        }
        Note::FileRead { feed, file_name, applied, duplicate, suspended, rejected } => format!(
            "file {file_name} of the feed {feed} was read: {applied} rows applied, {duplicate} \
             known already, {suspended} put in suspense, {rejected} rejected"
        ),
        Note::PaymentSeen { .. }
        | Note::PaymentsJoined { .. }
        | Note::Matched { .. }
        | Note::Suspended { .. }
        | Note::Allocated { .. }
        | Note::MoneyTold { .. }
        | Note::Refund { .. }
        | Note::AssignedByPerson { .. }
        | Note::Contradicted { .. } => of_money(note),
        Note::Routed { .. }
        | Note::NoRoute { .. }
        | Note::ReturnedBy { .. }
        | Note::Registered { .. }
        | Note::DecidedBy { .. }
        | Note::DecisionSeen { .. }
        | Note::PublishedAgain { .. }
        | Note::NeverAcknowledged { .. }
        | Note::WithdrawalTold { .. }
        | Note::Reminded { .. } => of_agency(note),
    }
}

fn told(word: Status, settled: Option<Money>, due: Option<Money>) -> String {
    let money = match (settled, due) {
        (Some(settled), Some(due)) => format!(" ({settled} of {due} settled)"),
        (Some(_) | None, Some(_) | None) => String::new(),
    };
    format!("the portal is told: {}{money}", status(word))
}

fn of_money(note: &Note) -> String {
    match note {
        Note::PaymentSeen { feed, payment_id, state, amount, paid_at } => {
            let (state, at) = (reported(*state), at_text(*paid_at));
            format!("{feed} reports payment {payment_id} of {amount}, paid at {at}: it {state}")
        }
        Note::PaymentsJoined { feed, payment_id, reference } => format!(
            "it is the same money as payment {payment_id} of {feed}: both carry {reference}"
        ),
        Note::Matched { order_code, rule } => {
            format!("matched to order {order_code}: {}", by_rule(*rule))
        }
        Note::Suspended { reason, found } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            let found =
                if found.is_empty() { String::new() } else { format!(" ({})", found.join(", ")) };
            format!("put in suspense: {}{found}", waits(*reason))
        }
        Note::Allocated { feed, payment_id, order_code, settled, surplus, suspense } => {
            let places = places(*order_code, [settled, surplus, suspense]);
            format!("of payment {payment_id} ({feed}) now: {places}")
        }
        Note::MoneyTold { agency, kind, amount } => {
            format!("{agency} is told: {}, {amount}", changed(*kind))
        }
        Note::Refund { refund_id, state, amount, reason } => {
            let state = refunded(*state);
            let reason = reason.as_str().replace('_', " ");
            format!("a refund of {amount} {state} (reason: {reason}; refund {refund_id})")
        }
        Note::AssignedByPerson { order_code } => {
            format!("a person assigned the payment to order {order_code}")
        }
        Note::Contradicted { order_code } => format!(
            "its evidence names order {order_code}, against what a person decided; the person's \
             word stands, and the operators are alerted"
        ),
        Note::NothingNew
        | Note::Waits
        | Note::ApplicationAccepted { .. }
        | Note::Withdrew { .. }
        | Note::ReceiptClaimed { .. }
        | Note::DocumentsKept
        | Note::Routed { .. }
        | Note::NoRoute { .. }
        | Note::ReturnedBy { .. }
        | Note::Registered { .. }
        | Note::DocumentsRequested { .. }
        | Note::TermChanged { .. }
        | Note::DecidedBy { .. }
        | Note::DecisionSeen { .. }
        | Note::PublishedAgain { .. }
        | Note::NeverAcknowledged { .. }
        | Note::WindowClosed
        | Note::StatusTold { .. }
        | Note::WithdrawalTold { .. }
        | Note::Reminded { .. }
        | Note::Refused { .. }
        | Note::FileRead { .. } => String::new(),
    }
}

fn places(order: Option<OrderCode>, [settled, surplus, suspense]: [&Money; 3]) -> String {
    let order = order.map(|code| format!("on order {code}")).unwrap_or_default();
    let places =
        [(settled, order.as_str()), (surplus, "more than needed"), (suspense, "in suspense")];
    let parts = places.into_iter().filter(|(sum, _)| !sum.is_zero());
    let parts: Vec<String> = parts.map(|(sum, place)| format!("{sum} {place}")).collect();
    if parts.is_empty() { "nothing counts".to_owned() } else { parts.join(", ") }
}

fn reported(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Failed => "failed",
        PaymentState::Accepted => "was accepted, the money is on its way",
        PaymentState::Credited => "is on the account",
        PaymentState::Reversed => "was taken back",
    }
}

fn by_rule(rule: CodeSource) -> &'static str {
    match rule {
        CodeSource::Structured => "the field for the order code holds it",
        CodeSource::PersonalAccount => "the ERIP personal account is the order code",
        CodeSource::FreeText => "it is the only order code in the payer's text",
        CodeSource::Person => "a person said so",
    }
}

fn changed(kind: PaymentChange) -> &'static str {
    match kind {
        PaymentChange::Reversed => "money was taken back",
        PaymentChange::Restored => "the money is back",
        PaymentChange::Confirmed => "the money is on the account",
        PaymentChange::Overpaid => "more was paid than is due",
    }
}

fn refunded(state: RefundState) -> &'static str {
    match state {
        RefundState::Due => "is due",
        RefundState::Cancelled => "is no longer due",
        RefundState::Done => "was paid",
    }
}

fn of_agency(note: &Note) -> String {
    match note {
        Note::Routed { agency, evidence, due_on } => {
            let evidence = match evidence {
                Evidence::Credited => "the money is on the account",
                Evidence::Accepted => "the money was accepted",
                Evidence::Claimed => "an attached receipt, unverified",
                Evidence::NotDue => "nothing is due",
            };
            format!("sent to {agency}, to be decided by {due_on}; evidence: {evidence}")
        }
        Note::NoRoute { agency } => format!(
            "{agency} gave the case back and no other agency may have it: a person has to assign it"
        ),
        Note::ReturnedBy { agency, reason } => format!("{agency} gave the case back: {reason}"),
        Note::Registered { agency, number } => format!("{agency} registered it as {number}"),
        Note::DecidedBy { agency, decision_id, outcome, replaces } => {
            let outcome = decided(*outcome);
            let replaces = replaces.as_ref().map(|id| format!(", in place of {id}"));
            format!(
                "{agency} decided: {outcome} (decision {decision_id}{})",
                replaces.unwrap_or_default()
            )
        }
        Note::DecisionSeen { decision_id } => {
            format!("the cabinet has decision {decision_id}")
        }
        Note::PublishedAgain { decision_id, attempt } => {
            format!("decision {decision_id} was published again, attempt {attempt}")
        }
        Note::NeverAcknowledged { decision_id } => format!(
            "decision {decision_id} was never acknowledged; it is not published again, and the \
             operators are alerted"
        ),
        Note::WithdrawalTold { agency } => format!("{agency} is told of the withdrawal"),
        Note::Reminded { agency, due_on, days } => {
            let when = match days {
                0 => "today".to_owned(),
                days if *days > 0 => format!("in {days} days"),
                days => format!("{} days ago", days.saturating_abs()),
            };
            format!("{agency} is reminded: the term ends {when}, on {due_on}")
        }
        Note::NothingNew
        | Note::Waits
        | Note::ApplicationAccepted { .. }
        | Note::Withdrew { .. }
        | Note::ReceiptClaimed { .. }
        | Note::DocumentsKept
        | Note::PaymentSeen { .. }
        | Note::PaymentsJoined { .. }
        | Note::Matched { .. }
        | Note::Suspended { .. }
        | Note::Allocated { .. }
        | Note::DocumentsRequested { .. }
        | Note::TermChanged { .. }
        | Note::WindowClosed
        | Note::StatusTold { .. }
        | Note::MoneyTold { .. }
        | Note::Refund { .. }
        | Note::Refused { .. }
        | Note::FileRead { .. }
        | Note::AssignedByPerson { .. }
        | Note::Contradicted { .. } => String::new(),
    }
}

/// An outcome in words.
pub(super) fn decided(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted => "granted",
        Outcome::Refused => "refused",
        Outcome::NotAccepted => "application not accepted",
    }
}

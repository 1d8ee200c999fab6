//! The notes of the audit log as sentences, for people who never saw the code.

mod desk;

pub(crate) use desk::proposed;

use kvit_schemas::message::{Evidence, Outcome, PaymentChange, PaymentState, RefundState, Status};
use kvit_schemas::record::{Actor, CodeSource, Note, SuspenseReason};
use kvit_schemas::{AgencyId, Code, Day, FeedId, MessageId, Money, OrderCode};

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
    reason.sentence()
}

/// What a note says: the one place that knows every kind of note.
pub(crate) fn sentence(note: &Note) -> String {
    use Note as N;
    match note {
        N::NothingNew => "this was known already; nothing changed".to_owned(),
        N::Waits => "the application is not known yet; this waits for it".to_owned(),
        N::ApplicationAccepted { procedure, due, route, due_on } => {
            accepted(procedure, *due, route, *due_on)
        }
        N::Withdrew { at } => format!("the applicant withdrew at {}", at_text(*at)),
        N::ReceiptClaimed { operation, amount } => claimed(operation.as_deref(), *amount),
        N::DocumentsKept => "documents of the applicant were taken".to_owned(),
        N::PaymentSeen { feed, payment_id, state, amount, paid_at } => {
            let (state, at) = (reported(*state), at_text(*paid_at));
            format!("{feed} reports payment {payment_id} of {amount}, paid at {at}: it {state}")
        }
        N::PaymentsJoined { feed, payment_id, reference } => {
            format!(
                "it is the same money as payment {payment_id} of {feed}: both carry {reference}"
            )
        }
        N::Matched { order_code, rule } => by_rule(*order_code, *rule),
        N::Suspended { reason, found } => suspended(*reason, found),
        N::Allocated { feed, payment_id, order_code, settled, surplus, suspense } => {
            let places = places(*order_code, [settled, surplus, suspense]);
            format!("of payment {payment_id} ({feed}) now: {places}")
        }
        N::Routed { agency, evidence, due_on } => routed(agency, *evidence, *due_on),
        N::NoRoute { agency } => no_route(agency),
        N::ReturnedBy { agency, reason } => format!("{agency} gave the case back: {reason}"),
        N::Registered { agency, number } => format!("{agency} registered it as {number}"),
        N::DocumentsRequested { request_id } => requested(request_id),
        N::TermChanged { due_on } => format!("the term now ends on {due_on}"),
        N::DecidedBy { agency, decision_id, outcome, replaces } => {
            decided_by(agency, decision_id, *outcome, replaces.as_ref())
        }
        N::DecisionSeen { decision_id } => format!("the cabinet has decision {decision_id}"),
        N::PublishedAgain { decision_id, attempt } => again(decision_id, *attempt),
        N::NeverAcknowledged { decision_id } => never_acknowledged(decision_id),
        N::WindowClosed => "the time to pay is over".to_owned(),
        N::StatusTold { status: word, settled, due } => told(*word, *settled, *due),
        N::MoneyTold { agency, kind, amount } => changed(agency, *kind, *amount),
        N::WithdrawalTold { agency } => format!("{agency} is told of the withdrawal"),
        N::Reminded { agency, due_on, days } => reminded(agency, *due_on, *days),
        N::Refund { refund_id, state, amount, reason } => {
            let (state, reason) = (refunded(*state), reason.as_str().replace('_', " "));
            format!("a refund of {amount} {state} (reason: {reason}; refund {refund_id})")
        }
        N::Refused { code, detail, pointer } => refused(*code, detail, pointer.as_deref()),
        N::FileRead { feed, file_name, applied, duplicate, suspended, rejected } => {
            file_read((feed, file_name), [*applied, *duplicate, *suspended, *rejected])
        }
        N::AssignedByPerson { order_code } => {
            format!("a person assigned the payment to order {order_code}")
        }
        N::Contradicted { order_code } => contradicted(*order_code),
        N::Desk(note) => desk::sentence(note),
    }
}

fn accepted(procedure: &str, due: Option<Money>, route: &AgencyId, due_on: Day) -> String {
    let fee = due.map_or("nothing is due".to_owned(), |due| format!("{due} is due"));
    format!(
        "application accepted: procedure {procedure}, {fee}; {route} is to decide it by {due_on}"
    )
}

fn claimed(operation: Option<&str>, amount: Option<Money>) -> String {
    let operation = operation.unwrap_or("not given");
    let amount = amount.map_or("not given".to_owned(), |amount| amount.to_string());
    format!("the applicant attached a receipt, unverified: operation {operation}, amount {amount}")
}

fn refused(code: Code, detail: &str, pointer: Option<&str>) -> String {
    let place = pointer.map(|at| format!(" at {at}")).unwrap_or_default();
    let title = code.title().en;
    format!("refused with {code}, {title}{place}: {detail}. Cure: {}", code.cure().en)
}

fn file_read((feed, name): (&FeedId, &str), rows: [u64; 4]) -> String {
    let [applied, duplicate, suspended, rejected] = rows;
    format!(
        "file {name} of the feed {feed} was read: {applied} rows applied, {duplicate} known \
         already, {suspended} put in suspense, {rejected} rejected"
    )
}

fn suspended(reason: SuspenseReason, found: &[OrderCode]) -> String {
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let found = if found.is_empty() { String::new() } else { format!(" ({})", found.join(", ")) };
    format!("put in suspense: {}{found}", waits(reason))
}

fn contradicted(order_code: OrderCode) -> String {
    format!(
        "its evidence names order {order_code}, against what a person decided; the person's word \
         stands, and the operators are alerted"
    )
}

fn told(word: Status, settled: Option<Money>, due: Option<Money>) -> String {
    let money = match (settled, due) {
        (Some(settled), Some(due)) => format!(" ({settled} of {due} settled)"),
        (Some(_) | None, Some(_) | None) => String::new(),
    };
    format!("the portal is told: {}{money}", status(word))
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

fn by_rule(order_code: OrderCode, rule: CodeSource) -> String {
    let rule = match rule {
        CodeSource::Structured => "the field for the order code holds it",
        CodeSource::PersonalAccount => "the ERIP personal account is the order code",
        CodeSource::FreeText => "it is the only order code in the payer's text",
        CodeSource::Person => "a person said so",
    };
    format!("matched to order {order_code}: {rule}")
}

fn changed(agency: &AgencyId, kind: PaymentChange, amount: Money) -> String {
    let kind = match kind {
        PaymentChange::Reversed => "money was taken back",
        PaymentChange::Restored => "the money is back",
        PaymentChange::Confirmed => "the money is on the account",
        PaymentChange::Overpaid => "more was paid than is due",
    };
    format!("{agency} is told: {kind}, {amount}")
}

fn refunded(state: RefundState) -> &'static str {
    match state {
        RefundState::Due => "is due",
        RefundState::Cancelled => "is no longer due",
        RefundState::Done => "was paid",
    }
}

fn routed(agency: &AgencyId, evidence: Evidence, due_on: Day) -> String {
    let evidence = match evidence {
        Evidence::Credited => "the money is on the account",
        Evidence::Accepted => "the money was accepted",
        Evidence::Claimed => "an attached receipt, unverified",
        Evidence::NotDue => "nothing is due",
    };
    format!("sent to {agency}, to be decided by {due_on}; evidence: {evidence}")
}

fn no_route(agency: &AgencyId) -> String {
    format!(
        "{agency} gave the case back and no other agency may have it: a person has to assign it"
    )
}

fn requested(request_id: &MessageId) -> String {
    format!("the agency asks the applicant for documents (request {request_id})")
}

fn decided_by(
    agency: &AgencyId,
    decision_id: &MessageId,
    outcome: Outcome,
    replaces: Option<&MessageId>,
) -> String {
    let outcome = decided(outcome);
    let replaces = replaces.map(|id| format!(", in place of {id}")).unwrap_or_default();
    format!("{agency} decided: {outcome} (decision {decision_id}{replaces})")
}

fn again(decision_id: &MessageId, attempt: u32) -> String {
    format!("decision {decision_id} was published again, attempt {attempt}")
}

fn never_acknowledged(decision_id: &MessageId) -> String {
    format!(
        "decision {decision_id} was never acknowledged; it is not published again, and the \
         operators are alerted"
    )
}

fn reminded(agency: &AgencyId, due_on: Day, days: i64) -> String {
    let when = match days {
        0 => "today".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", days.saturating_abs()),
    };
    format!("{agency} is reminded: the term ends {when}, on {due_on}")
}

/// An outcome in words.
pub(super) fn decided(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted => "granted",
        Outcome::Refused => "refused",
        Outcome::NotAccepted => "application not accepted",
    }
}

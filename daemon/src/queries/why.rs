//! The whole story of a case, a payment, a file or a message: where it stands, how it came there,
//! and what can be done next.

use kvit_adapters::store::{Store, StoreError, StoryLine, Tables};
use kvit_schemas::record::{
    Case, Disposition, FileRecord, FileState, Payment, Seq, Subject, SuspenseReason,
};
use kvit_schemas::{FeedId, Moment, Money, OrderCode};
use serde::{Deserialize, Serialize};

use super::candidates::{Candidate, candidates};
use super::cases::{CaseView, payments_of};
use super::payments::SightingView;
use super::quarantine::quarantined;
use super::sentences::{decided, sentence, status, waits, who};
use super::{Books, QueryError, at_text};
use crate::pipeline::mark_period;
use crate::settings::Party;

/// The answer to `kvit why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// What it is about: `case`, `payment`, `file` or `message`.
    pub about: String,
    /// What it is and where it stands now; the first line says it all.
    pub headline: Vec<String>,
    /// What happened, in order.
    pub story: Vec<StoryEntry>,
    /// Orders that a payment in suspense may belong to.
    pub candidates: Vec<Candidate>,
    /// What can be done next.
    pub next: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryEntry {
    /// Its number in the store.
    pub seq: u64,
    /// When, by kvit's clock.
    pub at: Moment,
    /// Who made it happen.
    pub who: String,
    /// The message's type.
    pub message_type: Option<String>,
    /// The message's id.
    pub message_id: Option<String>,
    /// How the delivery ended.
    pub disposition: Option<String>,
    /// What followed, in sentences.
    pub said: Vec<String>,
}

/// Tells the story of whatever `question` names: an order code, `feed/payment-id`, the number of a
/// payment, `feed/sha256` of a file, or the id of a message.
///
/// # Errors
/// [`QueryError::NotFound`] when nothing of that name is known.
pub fn why(books: Books<'_>, question: &str) -> Result<Why, QueryError> {
    let question = question.trim();
    if let Ok(order_code) = question.parse::<OrderCode>()
        && let Some(case) = books.store.case(order_code)?
    {
        return of_case(books.store, &case);
    }
    if let Some((feed, name)) = question.split_once('/')
        && let Ok(feed) = feed.parse::<FeedId>()
    {
        if let Some(payment) = books.store.payment_by_identity(&feed, name)? {
            return of_payment(books.store, &payment);
        }
        if let Some(file) = books.store.file(&feed, name)? {
            return of_file(books, &file);
        }
    }
    if let Ok(number) = question.parse().map(Seq) {
        if let Some(payment) = books.store.payment(number)? {
            return of_payment(books.store, &payment);
        }
        let story = books.store.story(Subject::Payment(number))?;
        if !story.is_empty() {
            let headline =
                format!("Payment {question} was joined into another: it is the same money");
            return Ok(told("payment", vec![headline], story));
        }
    }
    of_message(books, question)
}

fn told(about: &str, headline: Vec<String>, mut lines: Vec<StoryLine>) -> Why {
    lines.sort_by_key(|it| (it.line.seq, it.commit));
    lines.dedup();
    Why {
        about: about.to_owned(),
        headline,
        story: lines.iter().map(StoryEntry::of).collect(),
        candidates: Vec::new(),
        next: Vec::new(),
    }
}

impl StoryEntry {
    fn of(StoryLine { commit: _, line }: &StoryLine) -> Self {
        let (message_type, message_id) = line.message.clone().unzip();
        Self {
            seq: line.seq.0,
            at: line.at,
            who: who(&line.actor),
            message_type: message_type.filter(|kind| !kind.is_empty()),
            message_id,
            disposition: line.disposition.map(|it| it.as_str().to_owned()),
            said: line.notes.iter().map(sentence).collect(),
        }
    }
}

fn of_case(store: &Store, case: &Case) -> Result<Why, QueryError> {
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

fn payment_line(payment: &Payment) -> String {
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

fn of_payment(store: &Store, payment: &Payment) -> Result<Why, QueryError> {
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

fn of_file(books: Books<'_>, file: &FileRecord) -> Result<Why, QueryError> {
    let report = file.report();
    let name = report.as_ref().map_or("?", |report| report.file_name.as_str());
    let state = match file.state {
        FileState::Applying => format!("being applied, {} rows are through", file.position),
        FileState::Done => "applied".to_owned(),
    };
    let mut headline = vec![format!("File {name} of the feed {}: {state}", file.feed)];
    headline.push(format!("received {} as message {}", at_text(file.received_at), file.message_id));
    if let Some(report) = report {
        let rows = report.rows;
        headline.push(format!(
            "rows: {} read, {} applied, {} known already, {} in suspense, {} rejected",
            rows.read, rows.applied, rows.duplicate, rows.suspended, rows.rejected
        ));
        for error in report.errors.iter().take(20) {
            headline.push(format!("row {}: {} {}", error.row, error.code, error.detail));
        }
    }
    Ok(told("file", headline, message_lines(books, file.message_id.as_str())?))
}

/// Lines about messages with this id: those the index names, and those a mark leads to.
fn message_lines(books: Books<'_>, message_id: &str) -> Result<Vec<StoryLine>, StoreError> {
    let store = books.store;
    let mut lines = store.story(Subject::message(message_id))?;
    let keep_days = i64::from(books.settings.dedupe.keep_days);
    let period = mark_period(books.now, keep_days);
    for party in parties(books) {
        let periods = period.saturating_sub(1)..=period;
        if let Some(mark) = store.mark(periods, &party.to_string(), message_id)? {
            lines.extend(store.lines_of_seq(mark.seq)?);
        }
    }
    lines.retain(|it| it.line.message.as_ref().is_some_and(|(_, id)| id == message_id));
    Ok(lines)
}

fn parties(books: Books<'_>) -> impl Iterator<Item = Party> {
    let settings = books.settings;
    let portals = settings.portals.keys().cloned().map(Party::Portal);
    let banks = settings.banks.keys().cloned().map(Party::Bank);
    portals.chain(banks).chain(settings.agencies.keys().cloned().map(Party::Agency))
}

fn of_message(books: Books<'_>, message_id: &str) -> Result<Why, QueryError> {
    let lines = message_lines(books, message_id)?;
    let Some(last) = lines.iter().max_by_key(|it| it.line.seq) else {
        return Err(QueryError::NotFound(format!(
            "nothing is known of {message_id:?}: no order, payment, file or message of that name"
        )));
    };
    let ended = last.line.disposition.map_or("noted", Disposition::as_str);
    let headline = format!("Message {message_id} from {}: {ended}", who(&last.line.actor));
    let (subjects, seq) = (last.line.subjects.clone(), last.line.seq);
    let mut why = told("message", vec![headline], lines);
    if let Ok(kept) = quarantined(books.store, seq.0) {
        why.headline.push(format!("its bytes are in quarantine under number {seq}", seq = seq.0));
        why.next.push(kept.cure);
        why.next.push(format!("the message as it came: kvit quarantine show {}", seq.0));
    }
    for subject in subjects {
        match subject {
            Subject::Payment(number) => why.next.push(format!("kvit why {}", number.0)),
            Subject::Case(number) => {
                let page = books.store.cases(Some(Seq(number.0.saturating_sub(1))), 1)?;
                let codes = page.items.iter().filter(|case| case.seq == number);
                why.next.extend(codes.map(|case| format!("kvit why {}", case.order_code)));
            }
            Subject::Message(_) => {}
        }
    }
    Ok(why)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

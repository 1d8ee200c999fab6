//! Cases, as lists and one by one.

use kvit_adapters::store::{Store, StoreError, Tables};
use kvit_schemas::message::Status;
use kvit_schemas::record::{Case, Payment, Seq};
use kvit_schemas::{AgencyId, Currency, Day, Moment, Money, OrderCode, PortalId, ProcedureCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::payments::{PaymentView, sums};
use super::{Listed, QueryError, SCAN_MAX, bounded};

/// What stands for a status while there is no application.
const NO_APPLICATION: &str = "no_application";

/// Which cases to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFilter {
    /// Only in this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Only at this agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// Only of this procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<ProcedureCode>,
    /// Only those after this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// A case on one line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CaseSummary {
    /// Its number in the store.
    pub number: u64,
    /// The order.
    pub order_code: OrderCode,
    /// Where it stands, in the contract's words; `no_application` while only other facts are known.
    pub status: String,
    /// The portal that owns it.
    pub portal: Option<PortalId>,
    /// The procedure.
    pub procedure: Option<ProcedureCode>,
    /// When the applicant submitted it.
    pub submitted_at: Option<Moment>,
    /// The whole fee; absent when nothing is due.
    pub due: Option<Money>,
    /// What counts of it.
    pub settled: Option<Money>,
    /// The agency that has it.
    pub agency: Option<AgencyId>,
    /// Last day of the agency's term.
    pub due_on: Option<Day>,
}

/// A case with what belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CaseView {
    /// On one line.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// The agency its route leads to.
    pub route: Option<AgencyId>,
    /// Until when it has to be paid.
    pub pay_until: Option<Moment>,
    /// An agency gave it back, and none has it now.
    pub stuck: bool,
    /// Money beyond what is due, by currency.
    pub surplus: Vec<Money>,
    /// Money of this order that waits for a person, by currency.
    pub in_suspense: Vec<Money>,
    /// The decision in force.
    pub decision: Option<DecisionView>,
    /// Receipts that the applicant attached.
    pub receipts: usize,
    /// Its payments.
    pub payments: Vec<PaymentView>,
}

/// A decision.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DecisionView {
    /// The agency's name for it.
    pub decision_id: String,
    /// What was decided.
    pub outcome: String,
    /// When.
    pub decided_at: Moment,
    /// The cabinet has it.
    pub acknowledged: bool,
    /// How often it was published.
    pub attempts: u32,
}

impl CaseSummary {
    pub(super) fn of(case: &Case) -> Self {
        let application = case.application.as_ref();
        let due = application.and_then(|it| it.due);
        let currency = due.map_or(Currency::BYN, Money::currency);
        let status = match case.told.status {
            Some(status) => status.as_str(),
            None => NO_APPLICATION,
        };
        Self {
            number: case.seq.0,
            order_code: case.order_code,
            status: status.to_owned(),
            portal: case.portal().cloned(),
            procedure: application.map(|it| it.procedure.clone()),
            submitted_at: application.map(|it| it.submitted_at),
            due,
            settled: due.and(Money::new(case.told.settled, currency)),
            agency: case.assigned().map(|it| it.agency.clone()),
            due_on: case.told.due_on.or(application.map(|it| it.due_on)),
        }
    }

    fn fits(&self, filter: &CaseFilter) -> bool {
        filter.status.as_ref().is_none_or(|status| *status == self.status)
            && filter.agency.as_ref().is_none_or(|agency| Some(agency) == self.agency.as_ref())
            && filter.procedure.as_ref().is_none_or(|code| Some(code) == self.procedure.as_ref())
    }
}

impl CaseView {
    pub(super) fn of(case: &Case, payments: &[Payment]) -> Self {
        let application = case.application.as_ref();
        let decision = case.decision().map(|it| DecisionView {
            decision_id: it.decision_id.to_string(),
            outcome: it.outcome.as_str().to_owned(),
            decided_at: it.decided_at,
            acknowledged: it.acknowledged,
            attempts: it.attempts,
        });
        Self {
            summary: CaseSummary::of(case),
            route: application.map(|it| it.route.clone()),
            pay_until: application.filter(|it| it.due.is_some()).map(|it| it.pay_until),
            stuck: case.assigned().is_none()
                && !case.assignments.is_empty()
                && case.decisions.is_empty()
                && case.withdrawals.is_empty(),
            surplus: sums(payments, |it| it.allocation.surplus),
            in_suspense: sums(payments, |it| it.allocation.suspense),
            decision,
            receipts: case.receipts.len(),
            payments: payments.iter().map(PaymentView::of).collect(),
        }
    }
}

/// Cases in the order in which they were first heard of. An answer may hold fewer than asked for,
/// even none, and yet say where to go on: a filter does not make it walk the whole store.
///
/// # Errors
/// When they cannot be read.
pub fn cases(store: &Store, filter: &CaseFilter) -> Result<Listed<CaseSummary>, QueryError> {
    let limit = bounded(filter.limit);
    known(filter)?;
    let (mut after, mut items, mut seen) = (filter.after.map(Seq), Vec::new(), 0);
    loop {
        let page = store.cases(after, limit)?;
        for case in &page.items {
            let summary = CaseSummary::of(case);
            if summary.fits(filter) {
                items.push(summary);
            }
            if items.len() == limit {
                return Ok(Listed { items, next: Some(case.seq.0) });
            }
        }
        seen += page.items.len();
        after = page.next;
        if after.is_none() || seen >= SCAN_MAX {
            return Ok(Listed { items, next: after.map(|seq| seq.0) });
        }
    }
}

/// A status that does not exist is nothing to look for.
fn known(filter: &CaseFilter) -> Result<(), QueryError> {
    let Some(wanted) = &filter.status else { return Ok(()) };
    let words = || Status::ALL.iter().map(|it| it.as_str()).chain([NO_APPLICATION]);
    if words().any(|word| word == wanted) {
        return Ok(());
    }
    let words = words().collect::<Vec<_>>().join(", ");
    Err(QueryError::Invalid(format!("{wanted:?} is no status; there are {words}")))
}

/// One case.
///
/// # Errors
/// [`QueryError::NotFound`] when nothing is known of the order.
pub fn case(store: &Store, order_code: OrderCode) -> Result<CaseView, QueryError> {
    let Some(case) = store.case(order_code)? else {
        return Err(QueryError::NotFound(format!("nothing is known of order {order_code}")));
    };
    Ok(CaseView::of(&case, &payments_of(store, case.seq)?))
}

pub(super) fn payments_of(store: &Store, case: Seq) -> Result<Vec<Payment>, StoreError> {
    let mut payments = Vec::new();
    for seq in store.payments_of(case)? {
        payments.extend(store.payment(seq)?);
    }
    Ok(payments)
}

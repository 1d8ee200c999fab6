//! Payments, and those in suspense.

use std::collections::BTreeMap;

use kvit_adapters::store::{Store, StoreError, Tables};
use kvit_schemas::record::{Payment, Seq, Sighting};
use kvit_schemas::{Currency, Day, Moment, Money, OrderCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidates::{Candidate, candidates};
use super::cases::payments_of;
use super::{Listed, QueryError, bounded};
use crate::pipeline::PaymentDetail;

/// A payment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PaymentView {
    /// Its number in the store.
    pub number: u64,
    /// The highest state any feed reports.
    pub state: String,
    /// Gross amount.
    pub amount: Option<Money>,
    /// When it was paid.
    pub paid_at: Option<Moment>,
    /// The order it belongs to.
    pub order_code: Option<OrderCode>,
    /// On the order.
    pub settled: Option<Money>,
    /// More than the order needs.
    pub surplus: Option<Money>,
    /// Waiting for a person.
    pub suspense: Option<Money>,
    /// Why it waits.
    pub reason: Option<String>,
    /// The refund that was said to be due.
    pub refund: Option<RefundView>,
    /// Who said where it belongs, and why.
    pub assigned: Option<AssignedView>,
    /// What feeds report of it, the one that speaks for it first.
    pub sightings: Vec<SightingView>,
}

/// A refund.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefundView {
    /// Kvit's name for it.
    pub refund_id: String,
    /// Where it stands.
    pub state: String,
    /// How much.
    pub amount: Option<Money>,
    /// Why.
    pub reason: String,
}

/// What a person decided.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AssignedView {
    /// The order.
    pub order_code: OrderCode,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// A payment as one feed reports it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SightingView {
    /// The feed.
    pub feed: String,
    /// The feed's name for it.
    pub payment_id: String,
    /// The highest state reported.
    pub state: String,
    /// Gross amount.
    pub amount: Money,
    /// When it was paid.
    pub paid_at: Moment,
    /// The day it was booked.
    pub booked_on: Option<Day>,
    /// The code in the field meant for it.
    pub quoted: Option<OrderCode>,
    /// Where that code was read.
    pub quoted_in: Option<String>,
    /// Codes found in free text.
    pub found: Vec<OrderCode>,
    /// References by kind.
    pub references: Vec<(String, String)>,
}

/// What is personal in a payment: for the person who has to say where it belongs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Detail {
    /// The payer's name.
    pub payer: Option<String>,
    /// Free text.
    pub purpose: Option<String>,
    /// The personal account of ERIP, as written.
    pub personal_account: Option<String>,
}

/// A payment in suspense, with what helps to say where it belongs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Suspended {
    /// The payment.
    #[serde(flatten)]
    pub payment: PaymentView,
    /// What each sighting says of payer and purpose.
    pub details: Vec<Detail>,
    /// Orders it may belong to, the likeliest first. Money follows only a person's word.
    pub candidates: Vec<Candidate>,
}

impl PaymentView {
    pub(super) fn of(payment: &Payment) -> Self {
        let main = payment.main();
        let currency = main.map(|it| it.amount.currency());
        let money = |minor: i64| Money::new(minor, currency?);
        let place = &payment.allocation;
        Self {
            number: payment.seq.0,
            state: payment.state().as_str().to_owned(),
            amount: main.map(|it| it.amount),
            paid_at: main.map(|it| it.paid_at),
            order_code: payment.order_code,
            settled: money(place.settled),
            surplus: money(place.surplus),
            suspense: money(place.suspense),
            reason: place.reason.map(|reason| reason.as_str().to_owned()),
            refund: payment.refund.as_ref().map(|refund| RefundView {
                refund_id: refund.refund_id.clone(),
                state: refund.state.as_str().to_owned(),
                amount: money(refund.amount),
                reason: refund.reason.as_str().to_owned(),
            }),
            assigned: payment.assigned.as_ref().map(|it| AssignedView {
                order_code: it.order_code,
                by: it.by.to_string(),
                reason: it.reason.clone(),
                at: it.at,
            }),
            sightings: payment.sightings.iter().map(SightingView::of).collect(),
        }
    }
}

impl SightingView {
    pub(in crate::queries) fn of(sighting: &Sighting) -> Self {
        Self {
            feed: sighting.feed.to_string(),
            payment_id: sighting.payment_id.to_string(),
            state: sighting.state.as_str().to_owned(),
            amount: sighting.amount,
            paid_at: sighting.paid_at,
            booked_on: sighting.booked_on,
            quoted: sighting.quoted.map(|(code, _)| code),
            quoted_in: sighting.quoted.map(|(_, source)| source.as_str().to_owned()),
            found: sighting.found.clone(),
            references: sighting.references.clone(),
        }
    }
}

/// Sums over payments by currency, without those that are nothing.
pub(super) fn sums(payments: &[Payment], of: impl Fn(&Payment) -> i64) -> Vec<Money> {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for payment in payments {
        if let Some(main) = payment.main() {
            let sum = sums.entry(main.amount.currency()).or_default();
            *sum = sum.saturating_add(of(payment));
        }
    }
    let money = sums.into_iter().filter_map(|(currency, minor)| Money::new(minor, currency));
    money.filter(|sum| !sum.is_zero()).collect()
}

/// Payments in suspense, the longest known first.
///
/// # Errors
/// When they cannot be read.
pub fn suspense(
    store: &Store,
    after: Option<u64>,
    limit: Option<usize>,
) -> Result<Listed<PaymentView>, QueryError> {
    let page = store.suspense(after.map(Seq), bounded(limit))?;
    let items = page.items.iter().map(PaymentView::of).collect();
    Ok(Listed { items, next: page.next.map(|seq| seq.0) })
}

/// The payment of this name: its number, `feed/payment-id` or `feed:payment-id`, or the order code
/// when one payment of that order is in suspense.
fn named(store: &Store, name: &str) -> Result<Payment, QueryError> {
    let missing = |what: String| Err(QueryError::NotFound(what));
    if let Ok(code) = name.parse::<OrderCode>() {
        let case = store.case(code)?;
        let payments = case.map(|case| payments_of(store, case.seq)).transpose()?;
        let waits = |payment: &Payment| payment.allocation.reason.is_some();
        let mut waiting: Vec<Payment> =
            payments.unwrap_or_default().into_iter().filter(waits).collect();
        let numbers: Vec<String> = waiting.iter().map(|it| it.seq.0.to_string()).collect();
        return match (waiting.pop(), waiting.is_empty()) {
            (Some(payment), true) => Ok(payment),
            (None, _) => missing(format!("no payment of order {code} is in suspense")),
            (Some(_), false) => missing(format!(
                "several payments of order {code} are in suspense: {}; ask for one of them",
                numbers.join(", ")
            )),
        };
    }
    if let Some((feed, id)) = name.split_once(['/', ':'])
        && let Ok(feed) = feed.parse()
    {
        let found = store.payment_by_identity(&feed, id)?;
        return found.map_or_else(|| missing(format!("{feed} reported no payment {id}")), Ok);
    }
    let number = name.parse().map(Seq);
    let found = number.ok().map(|number| store.payment(number)).transpose()?.flatten();
    found.map_or_else(|| missing(format!("there is no payment number {name}")), Ok)
}

/// One payment, in suspense or not, with payer, purpose and candidates.
///
/// # Errors
/// [`QueryError::NotFound`] when there is no such payment.
pub fn suspended(store: &Store, name: &str) -> Result<Suspended, QueryError> {
    let payment = named(store, name.trim())?;
    let details = details(store, &payment)?;
    let candidates = match payment.allocation.reason {
        Some(_) => candidates(store, &payment)?,
        None => Vec::new(),
    };
    let shown = |detail: PaymentDetail| Detail {
        payer: detail.payer.and_then(|payer| payer.name).map(|name| name.to_string()),
        purpose: detail.purpose,
        personal_account: detail.personal_account,
    };
    let details = details.into_iter().map(shown).collect();
    Ok(Suspended { payment: PaymentView::of(&payment), details, candidates })
}

/// What is kept of payer and purpose, a sighting each. One whose body is gone, or sealed, says
/// nothing.
pub(super) fn details(store: &Store, payment: &Payment) -> Result<Vec<PaymentDetail>, StoreError> {
    let mut details = Vec::new();
    for sighting in &payment.sightings {
        let body = store.body(sighting.detail)?;
        details.extend(body.and_then(|bytes| serde_json::from_slice(&bytes).ok()));
    }
    Ok(details)
}

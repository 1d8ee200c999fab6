//! Reading the facts that an input concerns.

use kvit_adapters::store::{StoreError, Tables};
use kvit_schemas::OrderCode;
use kvit_schemas::message::Inbound;
use kvit_schemas::record::{Case, Payment, Seq};
use serde::de::DeserializeOwned;

use crate::engine::{CaseFacts, Facts, Input, Report, Rules, codes_of};

/// Everything the engine may look at for this input.
pub(super) fn read<T: Tables>(
    tables: &T,
    input: &Input,
    rules: &Rules,
) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    match input {
        Input::Portal { message, .. } | Input::Agency { message, .. } => {
            add_named(tables, message, &mut facts)?;
        }
        Input::Report(report) => add_reported(tables, report, rules, &mut facts)?,
        Input::Timer { order_code, .. } | Input::AssignCase { order_code, .. } => {
            add_order(tables, *order_code, &mut facts)?;
        }
        Input::AssignPayment { payment, order_code, .. } => {
            add_order(tables, *order_code, &mut facts)?;
            if let Some(payment) = tables.payment(*payment)? {
                add_payment(tables, payment, &mut facts)?;
            }
        }
    }
    Ok(facts)
}

fn add_named<T: Tables>(
    tables: &T,
    message: &Inbound,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    match message.order_code() {
        Some(order_code) => add_order(tables, order_code, facts),
        None => Ok(()),
    }
}

/// The payment of the same identity, those that share a reference with it, and the orders that
/// any of them names.
fn add_reported<T: Tables>(
    tables: &T,
    report: &Report,
    rules: &Rules,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    for code in codes_of(report) {
        add_order(tables, code, facts)?;
    }
    let known = tables.payment_by_identity(&report.feed, report.payment_id.as_str())?;
    let mut references = report.all_references(rules);
    if let Some(known) = known {
        references.extend(known.sightings.iter().flat_map(|it| it.references.clone()));
        add_payment(tables, known, facts)?;
    }
    references.sort();
    references.dedup();
    for (kind, value) in &references {
        for seq in tables.payments_by_reference(kind, value)? {
            if let Some(payment) = tables.payment(seq)? {
                add_payment(tables, payment, facts)?;
            }
        }
    }
    Ok(())
}

fn add_payment<T: Tables>(
    tables: &T,
    payment: Payment,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    if let Some(order_code) = payment.order_code {
        add_order(tables, order_code, facts)?;
    }
    // Joined sightings may name further orders, once their codes no longer agree.
    let quoted = payment.sightings.iter().filter_map(|it| it.quoted.map(|(code, _)| code));
    let found = payment.sightings.iter().flat_map(|it| it.found.iter().copied());
    let named: Vec<OrderCode> = quoted.chain(found).collect();
    for order_code in named {
        add_order(tables, order_code, facts)?;
    }
    facts.payments.insert(payment.seq, payment);
    Ok(())
}

fn add_order<T: Tables>(
    tables: &T,
    order_code: OrderCode,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    if facts.cases.contains_key(&order_code) {
        return Ok(());
    }
    let Some(case) = tables.case(order_code)? else { return Ok(()) };
    for seq in tables.payments_of(case.seq)? {
        if let Some(payment) = tables.payment(seq)? {
            facts.payments.insert(seq, payment);
        }
    }
    let known = with_bodies(tables, case)?;
    facts.cases.insert(order_code, known);
    Ok(())
}

/// Bodies are read while the case may still be handed to an agency.
fn with_bodies<T: Tables>(tables: &T, case: Case) -> Result<CaseFacts, StoreError> {
    let mut known = CaseFacts::new(case);
    let given_back = known.case.assignments.last().is_some_and(|it| it.returned.is_some());
    // An assigned case may be given back by the very message that is read for.
    let may_move = known.case.decisions.is_empty() && known.case.withdrawals.is_empty();
    if !given_back && !may_move {
        return Ok(known);
    }
    if let Some(application) = &known.case.application {
        known.application = body(tables, application.source.body)?;
    }
    for receipt in &known.case.receipts {
        known.receipts.extend(body(tables, receipt.source.body)?);
    }
    for documents in &known.case.documents {
        known.documents.extend(body(tables, documents.source.body)?);
    }
    Ok(known)
}

fn body<T: Tables, B: DeserializeOwned>(tables: &T, seq: Seq) -> Result<Option<B>, StoreError> {
    let Some(bytes) = tables.body(seq)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| StoreError::Record {
        key: format!("body {}", seq.0),
        why: error.to_string(),
    })
}

//! Reading the facts that an input concerns.

use kvit_adapters::store::{StoreError, Tables};
use kvit_schemas::OrderCode;
use kvit_schemas::record::{Payment, Seq, Sighting};
use serde::de::DeserializeOwned;

use crate::engine::{CaseFacts, Facts, Input, PAYMENTS_MAX, Report, Rules, codes_of};

/// Everything the engine may look at for this input.
pub(super) fn read<T: Tables>(
    tables: &T,
    input: &Input,
    rules: &Rules,
) -> Result<Facts, StoreError> {
    let mut reading = Reading { tables, input, adds: false, facts: Facts::default() };
    match input {
        Input::Portal { message, .. } | Input::Agency { message, .. } => {
            if let Some(order_code) = message.order_code() {
                reading.order(order_code)?;
            }
        }
        Input::Report(report) => reading.report(report, rules)?,
        Input::Timer { order_code, .. } | Input::AssignCase { order_code, .. } => {
            reading.order(*order_code)?;
        }
        Input::AssignPayment { payment, order_code, .. } => {
            reading.order(*order_code)?;
            reading.payment(tables.payment(*payment)?)?;
        }
    }
    Ok(reading.facts)
}

struct Reading<'a, T> {
    tables: &'a T,
    input: &'a Input,
    /// The input is a payment that nobody has seen yet.
    adds: bool,
    facts: Facts,
}

impl<T: Tables> Reading<'_, T> {
    /// The payment of the same identity, those that share a reference with it, and the orders that
    /// any of them names.
    fn report(&mut self, report: &Report, rules: &Rules) -> Result<(), StoreError> {
        let known = self.tables.payment_by_identity(&report.feed, report.payment_id.as_str())?;
        let mut references = report.all_references(rules);
        if let Some(known) = &known {
            references.extend(known.sightings.iter().flat_map(|it| it.references.clone()));
        }
        references.sort();
        references.dedup();
        references.retain(|(kind, _)| Sighting::is_joining(kind));
        let mut sharing = Vec::new();
        for (kind, value) in &references {
            // A line about a transfer looks for lumps, and a lump for lines.
            let lumps = kind == Sighting::TRANSFER && !report.is_lump;
            sharing.extend(self.tables.payments_by_reference((kind, value), lumps)?);
        }
        self.adds = known.is_none();
        self.facts.full = self.adds && sharing.len() >= PAYMENTS_MAX;
        for code in codes_of(report) {
            self.order(code)?;
        }
        if self.facts.full {
            return Ok(());
        }
        self.payment(known)?;
        for seq in sharing {
            self.payment(self.tables.payment(seq)?)?;
        }
        Ok(())
    }

    /// A payment with all orders that its sightings name: they may part once codes disagree.
    fn payment(&mut self, payment: Option<Payment>) -> Result<(), StoreError> {
        let Some(payment) = payment else { return Ok(()) };
        let quoted = payment.sightings.iter().filter_map(|it| it.quoted.map(|(code, _)| code));
        let found = payment.sightings.iter().flat_map(|it| it.found.iter().copied());
        let named: Vec<OrderCode> =
            payment.order_code.into_iter().chain(quoted).chain(found).collect();
        for order_code in named {
            self.order(order_code)?;
        }
        self.facts.payments.insert(payment.seq, payment);
        Ok(())
    }

    /// An order's case with all its payments, and with the bodies where it may go to an agency.
    fn order(&mut self, order_code: OrderCode) -> Result<(), StoreError> {
        if self.facts.cases.contains_key(&order_code) {
            return Ok(());
        }
        let Some(case) = self.tables.case(order_code)? else { return Ok(()) };
        let payments = self.tables.payments_of(case.seq)?;
        if self.adds && payments.len() >= PAYMENTS_MAX {
            // What real payments never do must not make each further one cost more.
            self.facts.full = true;
            return Ok(());
        }
        for seq in payments {
            if let Some(payment) = self.tables.payment(seq)? {
                self.facts.payments.insert(seq, payment);
            }
        }
        let with_bodies = self.input.needs_bodies(&case);
        let mut known = CaseFacts::new(case);
        if with_bodies {
            self.bodies(&mut known)?;
        }
        self.facts.cases.insert(order_code, known);
        Ok(())
    }

    fn bodies(&self, known: &mut CaseFacts) -> Result<(), StoreError> {
        if let Some(application) = &known.case.application {
            known.application = self.body(application.source.body)?;
        }
        for receipt in &known.case.receipts {
            let body = receipt.source.body;
            known.receipts.extend(self.body(body)?.map(|receipt| (body, receipt)));
        }
        for documents in &known.case.documents {
            let body = documents.source.body;
            known.documents.extend(self.body(body)?.map(|documents| (body, documents)));
        }
        Ok(())
    }

    fn body<B: DeserializeOwned>(&self, seq: Seq) -> Result<Option<B>, StoreError> {
        let Some(bytes) = self.tables.body(seq)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| StoreError::Record {
            key: format!("body {}", seq.0),
            why: error.to_string(),
        })
    }
}

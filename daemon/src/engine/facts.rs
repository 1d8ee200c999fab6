//! The facts that one input concerns, read before the engine runs and written back after it.

use std::collections::BTreeMap;

use kvit_schemas::OrderCode;
use kvit_schemas::message::{ApplicationSubmitted, DocumentsAdded, ReceiptAttached};
use kvit_schemas::record::{Case, Payment, Seq};

/// All that is known of the cases and payments an input may touch.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The cases.
    pub cases: BTreeMap<OrderCode, CaseFacts>,
    /// All payments of those cases, and the loose ones concerned.
    pub payments: BTreeMap<Seq, Payment>,
    /// Payments that were joined into another one and are no more.
    pub joined: Vec<Payment>,
    /// Orders or references that a new payment names have [`PAYMENTS_MAX`] already.
    pub full: bool,
}

/// Payments of one order, or of one reference, from which on a feed adds no further one. All of
/// them are looked at with each.
pub const PAYMENTS_MAX: usize = 250;

/// A case with the bodies that its way to the agency needs.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// The case.
    pub case: Case,
    /// The application's body; read only where [`Input::needs_bodies`](super::Input::needs_bodies).
    pub application: Option<Box<ApplicationSubmitted>>,
    /// The receipts' bodies, likewise, by the numbers under which they are kept.
    pub receipts: BTreeMap<Seq, ReceiptAttached>,
    /// The documents' bodies, likewise.
    pub documents: BTreeMap<Seq, DocumentsAdded>,
}

impl CaseFacts {
    /// A case without bodies.
    pub fn new(case: Case) -> Self {
        let (receipts, documents) = (BTreeMap::new(), BTreeMap::new());
        Self { case, application: None, receipts, documents }
    }
}

impl Facts {
    /// The case of an order, made when nothing was known of it.
    pub(super) fn case_mut(&mut self, order_code: OrderCode, seq: Seq) -> &mut CaseFacts {
        let new = || CaseFacts::new(Case::new(seq, order_code));
        self.cases.entry(order_code).or_insert_with(new)
    }

    /// The payments of an order.
    pub(super) fn payments_of(&self, order_code: OrderCode) -> impl Iterator<Item = &Payment> {
        self.payments.values().filter(move |payment| payment.order_code == Some(order_code))
    }
}

//! A store in memory that reads and writes the engine's facts as the shell does, and checks after
//! each step what must always hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use kvit_schemas::message::{Inbound, Outbound, RefundState};
use kvit_schemas::record::{Case, Payment, Position, Seq, Source, Timer};
use kvit_schemas::{FeedId, Moment, OrderCode};

use super::super::{
    At, CaseFacts, Effect, Facts, FeeCheck, FeedRule, Input, Outcome, Refusal, Reminders, Report,
    Rules, apply, codes_of,
};
use crate::catalogue::Catalogue;

/// What is kept, and the clock.
#[derive(Clone)]
pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) now: Moment,
    pub(super) cases: BTreeMap<OrderCode, Case>,
    pub(super) payments: BTreeMap<Seq, Payment>,
    pub(super) timers: Vec<Timer>,
    bodies: BTreeMap<Seq, Inbound>,
    revisions: BTreeMap<OrderCode, u64>,
    last: u64,
}

/// The rules of all tests: `erip` is settled by `bank`, `card` may not say that money was credited.
pub(super) fn rules() -> Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(read_rules);
    RULES.clone()
}

fn read_rules() -> Rules {
    let feed = |rank, settles: &[&str], asserts| FeedRule {
        bank: "bank".parse().unwrap(),
        asserts_credited: asserts,
        asserts_reversed: asserts,
        settles: settles.iter().map(|it| it.parse().unwrap()).collect(),
        rank,
        ids_are_erip_operations: rank == 1,
    };
    let feeds: BTreeMap<FeedId, FeedRule> = [
        ("erip", feed(1, &[], true)),
        ("bank", feed(2, &["erip"], true)),
        ("card", feed(3, &[], false)),
    ]
    .map(|(id, rule)| (id.parse().unwrap(), rule))
    .into();
    let catalogue = Catalogue::parse(&[("test.toml", include_str!("catalogue.toml"))]).unwrap();
    Rules {
        catalogue: Arc::new(catalogue),
        feeds,
        fee_check: FeeCheck::Refuse,
        reminders: Reminders {
            approaching_days: 2,
            republish_after_seconds: 3600,
            attempts_max: 3,
        },
    }
}

impl World {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            now: "2026-03-05T10:00:00+03:00".parse().unwrap(),
            cases: BTreeMap::new(),
            payments: BTreeMap::new(),
            timers: Vec::new(),
            bodies: BTreeMap::new(),
            revisions: BTreeMap::new(),
            last: 0,
        }
    }

    /// Applies an input; a refusal leaves everything as it was.
    pub(super) fn apply(&mut self, input: Input) -> Result<Outcome, Refusal> {
        self.last += 1;
        let seq = Seq(self.last);
        let mut facts = self.read(&input);
        let body = match &input {
            Input::Portal { message, .. } | Input::Agency { message, .. } => Some(message.clone()),
            Input::Report(_)
            | Input::Timer { .. }
            | Input::AssignPayment { .. }
            | Input::AssignCase { .. } => None,
        };
        let outcome = apply(&mut facts, input, &self.rules, At { now: self.now, seq })?;
        self.write(facts);
        for effect in &outcome.effects {
            match effect {
                Effect::KeepBody => self.bodies.extend(body.clone().map(|body| (seq, body))),
                Effect::Remind(timer) => self.timers.push(timer.clone()),
                Effect::Say { message, order_code, .. } => self.revised(*order_code, message),
                Effect::SayAgain { .. } | Effect::RefuseLate { .. } => {}
            }
        }
        self.check();
        Ok(outcome)
    }

    fn read(&self, input: &Input) -> Facts {
        let mut facts = Facts::default();
        match input {
            Input::Portal { message, .. } | Input::Agency { message, .. } => {
                self.read_order(message.order_code().unwrap(), input, &mut facts);
            }
            Input::Timer { order_code, .. } | Input::AssignCase { order_code, .. } => {
                self.read_order(*order_code, input, &mut facts);
            }
            Input::Report(report) => self.read_report(report, input, &mut facts),
            Input::AssignPayment { payment, order_code, .. } => {
                self.read_order(*order_code, input, &mut facts);
                if let Some(payment) = self.payments.get(payment) {
                    facts.payments.insert(payment.seq, payment.clone());
                    if let Some(code) = payment.order_code {
                        self.read_order(code, input, &mut facts);
                    }
                }
            }
        }
        facts
    }

    fn read_order(&self, code: OrderCode, input: &Input, facts: &mut Facts) {
        let Some(case) = self.cases.get(&code) else { return };
        let mut known = CaseFacts::new(case.clone());
        if input.needs_bodies(case) {
            for source in case.application.iter().map(|it| &it.source) {
                let Inbound::ApplicationSubmitted(body) = self.kept(source) else { panic!() };
                known.application = Some(body);
            }
            for source in case.receipts.iter().map(|it| &it.source) {
                let Inbound::ReceiptAttached(body) = self.kept(source) else { panic!() };
                known.receipts.insert(source.body, *body);
            }
            for source in case.documents.iter().map(|it| &it.source) {
                let Inbound::DocumentsAdded(body) = self.kept(source) else { panic!() };
                known.documents.insert(source.body, *body);
            }
        }
        facts.cases.insert(code, known);
        let own = self.payments.values().filter(|payment| payment.order_code == Some(code));
        facts.payments.extend(own.map(|payment| (payment.seq, payment.clone())));
    }

    fn kept(&self, source: &Source) -> Inbound {
        self.bodies[&source.body].clone()
    }

    /// The payment itself, all that share a reference with it or with what it names, and the
    /// orders of them all.
    fn read_report(&self, report: &Report, input: &Input, facts: &mut Facts) {
        let mut references: BTreeSet<_> = report.all_references(&self.rules).into_iter().collect();
        let is_it = |payment: &&Payment| {
            let mut sightings = payment.sightings.iter();
            sightings.any(|it| it.feed == report.feed && it.payment_id == report.payment_id)
        };
        let itself = self.payments.values().find(is_it);
        references.extend(itself.into_iter().flat_map(references_of));
        let shares = |payment: &&Payment| references_of(payment).any(|it| references.contains(&it));
        let mut codes: BTreeSet<OrderCode> = codes_of(report).into_iter().collect();
        for payment in itself.into_iter().chain(self.payments.values().filter(shares)) {
            facts.payments.insert(payment.seq, payment.clone());
            codes.extend(payment.order_code);
            for sighting in &payment.sightings {
                codes.extend(sighting.quoted.map(|(code, _)| code));
                codes.extend(&sighting.found);
            }
        }
        for code in codes {
            self.read_order(code, input, facts);
        }
    }

    fn write(&mut self, facts: Facts) {
        self.cases.extend(facts.cases.into_iter().map(|(code, known)| (code, known.case)));
        self.payments.extend(facts.payments);
        for gone in facts.joined {
            self.payments.remove(&gone.seq);
        }
    }

    /// Revisions grow per order, whatever the message.
    fn revised(&mut self, order_code: Option<OrderCode>, message: &Outbound) {
        let revision = match message {
            Outbound::CaseAssigned(it) => it.revision,
            Outbound::CaseWithdrawn(it) => it.revision,
            Outbound::CasePaymentChanged(it) => it.revision,
            Outbound::CaseDeadline(it) => it.revision,
            Outbound::CaseStatus(it) => it.revision,
            Outbound::DecisionPublished(it) => it.revision,
            Outbound::RefundDue(it) => it.revision,
            Outbound::DocumentsAdded(_)
            | Outbound::MessageRefused(_)
            | Outbound::CaseDocumentsRequested(_)
            | Outbound::FileReport(_)
            | Outbound::Alert(_) => return,
        };
        let last = self.revisions.entry(order_code.unwrap()).or_default();
        assert!(revision > *last, "revision {revision} after {last}");
        *last = revision;
    }

    fn check(&self) {
        for payment in self.payments.values() {
            assert!(Position::of(payment).is_conserved(), "{payment:#?}");
            let told = payment.refund.as_ref().filter(|told| told.state == RefundState::Due);
            let told = told.map_or(0, |told| told.amount);
            assert_eq!(told, Position::of(payment).refund_due, "{payment:#?}");
            let parts = payment.allocation.settled.min(payment.allocation.surplus);
            assert!(parts >= 0, "{payment:#?}");
        }
        for case in self.cases.values() {
            assert!(case.told.settled <= due_of(case), "{case:#?}");
        }
    }
}

fn due_of(case: &Case) -> i64 {
    let due = case.application.as_ref().and_then(|application| application.due);
    due.map_or(0, |due| due.minor())
}

fn references_of(payment: &Payment) -> impl Iterator<Item = (String, String)> {
    payment.sightings.iter().flat_map(|sighting| sighting.references.clone())
}

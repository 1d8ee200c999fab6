//! Sets of conflict-free facts, made from a seed.

use kvit_tests::dice::Dice;
use serde_json::{Value, json};

/// When a fact can happen at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    /// Once the case was assigned to this agency.
    Assigned(String),
    /// Once the fact of this number was applied.
    Fact(usize),
}

/// One fact.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) after: Vec<After>,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// A message of a party.
    Message { user: String, exchange: &'static str, key: String, kind: &'static str, body: Value },
    /// The payment window of an order ends.
    WindowEnds(String),
}

/// A set of facts.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) facts: Vec<Fact>,
}

/// Procedures of the small catalogue, with what is due under each.
const PROCEDURES: [(&str, Option<&str>); 5] = [
    ("credited", Some("45.00")),
    ("accepted", Some("45.00")),
    ("claimed", Some("45.00")),
    ("late-refund", Some("45.00")),
    ("free", None),
];

impl History {
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut history = Self { facts: Vec::new() };
        for order in 0..=dice.below(2) {
            let code = format!("{:030}", seed * 10 + u64::try_from(order).unwrap() + 1);
            history.order(&code, &mut dice);
        }
        history
    }

    fn add(&mut self, after: Vec<After>, what: What) -> usize {
        self.facts.push(Fact { after, what });
        self.facts.len() - 1
    }

    fn portal(&mut self, after: Vec<After>, kind: &'static str, body: Value) -> usize {
        let key = kind.trim_end_matches(".v1").to_owned();
        let user = "portal".to_owned();
        self.add(after, What::Message { user, exchange: "portal", key, kind, body })
    }

    fn agency(&mut self, after: Vec<After>, kind: &'static str, body: Value) -> usize {
        let (user, key) = ("agency-a".to_owned(), "agency-a".to_owned());
        self.add(after, What::Message { user, exchange: "agency", key, kind, body })
    }

    fn order(&mut self, code: &str, dice: &mut Dice) {
        let (procedure, fee) = *dice.pick(&PROCEDURES);
        let application = (!dice.one_in(12)).then(|| self.application(code, procedure, fee, dice));
        let mut reversed = false;
        for number in 0..dice.below(4) {
            reversed |= self.payment(code, number, dice);
        }
        if dice.one_in(4) {
            let at = "2026-03-08T09:00:00+03:00";
            let body =
                json!({ "order_code": code, "withdrawn_at": at, "reason": "changed my mind" });
            self.portal(vec![], "application.withdrawn.v1", body);
        }
        if dice.one_in(3) {
            let body = json!({
                "order_code": code, "attached_at": "2026-03-06T09:00:00+03:00",
                "claim": { "operation_number": "77" },
                "document": { "name": "r.png", "media_type": "image/png", "size": 3,
                    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "content": "YWJj" } });
            self.portal(vec![], "receipt.attached.v1", body);
        }
        if dice.one_in(4) {
            let body = json!({ "order_code": code, "added_at": "2026-03-06T09:00:00+03:00",
                "attachments": [], "text": "here they are" });
            self.portal(vec![], "documents.added.v1", body);
        }
        // The end of a window is kvit's own doing and no fact of the contract: whether a case was
        // routed before a reversal decides what it does, so it is played where none is reversed.
        if let (Some(application), false) = (application, reversed)
            && dice.one_in(3)
        {
            let ends = What::WindowEnds(code.to_owned());
            self.add(vec![After::Fact(application)], ends);
        }
        if dice.one_in(2) {
            self.decisions(code, dice);
        }
    }

    fn application(
        &mut self,
        code: &str,
        procedure: &str,
        fee: Option<&str>,
        dice: &mut Dice,
    ) -> usize {
        let fee = fee.map(|amount| json!({ "amount": amount, "currency": "BYN" }));
        let exempt = fee.is_some() && dice.one_in(8);
        let exemption = exempt.then(|| json!({ "kind": "full", "ground": "invalidity" }));
        let body = json!({
            "order_code": code, "procedure": procedure, "submitted_at": "2026-03-05T10:15:00+03:00",
            "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
            "identification": "eds", "language": "be", "fee": fee, "exemption": exemption,
            "form": { "b": 1, "a": [true] } });
        self.portal(vec![], "application.submitted.v1", body)
    }

    /// A payment as one or two feeds report it, each in some of the states it went through. True
    /// when it was reversed.
    fn payment(&mut self, code: &str, number: usize, dice: &mut Dice) -> bool {
        let amount = *dice.pick(&["45.00", "45.00", "20.00", "25.00", "50.00"]);
        let currency = if dice.one_in(10) { "USD" } else { "BYN" };
        let day = 5 + dice.below(3);
        let paid_at = if dice.one_in(6) {
            "2026-06-01T12:00:00+03:00".to_owned()
        } else {
            format!("2026-03-{day:02}T1{}:00:00+03:00", dice.below(8))
        };
        let ways: [&[&str]; 7] = [
            &["accepted", "credited"],
            &["accepted"],
            &["credited"],
            &["accepted", "credited", "reversed"],
            &["credited", "reversed"],
            &["failed"],
            &["failed", "accepted", "credited"],
        ];
        let states = *dice.pick(&ways);
        let operation = format!("{}{number}", &code[20..]);
        let named = dice.below(4);
        for state in states {
            let body = json!({
                "feed": "erip", "payment_id": operation, "state": state,
                // Where the code is quoted nowhere, the money waits in suspense.
                "order_code": (named < 2).then_some(code),
                "purpose": (named == 2).then(|| format!("za paslugi {code} OTHR")),
                "amount": { "amount": amount, "currency": currency }, "paid_at": paid_at });
            self.bank("erip", body);
        }
        let mut reversed = states.contains(&"reversed");
        if dice.one_in(3) {
            let money = (amount, currency);
            reversed |= self.second_sighting((code, number), money, (&paid_at, &operation), dice);
        }
        reversed
    }

    /// The same money, or money that looks the same, on the bank's statement.
    fn second_sighting(
        &mut self,
        (code, number): (&str, usize),
        (amount, currency): (&str, &str),
        (paid_at, operation): (&str, &str),
        dice: &mut Dice,
    ) -> bool {
        let joined = !dice.one_in(3);
        let quoted = dice.one_in(2);
        let ways: [&[&str]; 2] = [&["credited"], &["credited", "reversed"]];
        let states = *dice.pick(&ways);
        for state in states {
            let body = json!({
                "feed": "bank", "payment_id": format!("{code}/{number}"), "state": state,
                "order_code": quoted.then_some(code),
                "amount": { "amount": amount, "currency": currency }, "paid_at": paid_at,
                "references": joined.then(|| json!({ "erip_operation": operation })) });
            self.bank("bank", body);
        }
        states.contains(&"reversed")
    }

    fn bank(&mut self, feed: &str, body: Value) {
        let what = What::Message {
            user: feed.to_owned(),
            exchange: "bank",
            key: format!("{feed}.payment"),
            kind: "payment.reported.v1",
            body,
        };
        self.add(vec![], what);
    }

    fn decisions(&mut self, code: &str, dice: &mut Dice) {
        let assigned = || After::Assigned(code.to_owned());
        if dice.one_in(2) {
            let body = json!({ "order_code": code, "registration_number": "12-3",
                "registered_at": "2026-03-09T09:00:00+03:00" });
            self.agency(vec![assigned()], "case.accepted.v1", body);
        }
        let decided = |id: &str, outcome: &str, replaces: Option<&str>| {
            json!({ "order_code": code, "decision_id": id, "outcome": outcome,
                "decided_at": "2026-03-10T09:00:00+03:00", "title": "Decision", "text": "Text",
                "delivery": "electronic", "replaces": replaces })
        };
        let outcomes = ["granted", "refused", "not_accepted"];
        let body = decided("d1", outcomes[dice.below(3)], None);
        let first = self.agency(vec![assigned()], "case.decided.v1", body);
        let mut last = ("d1", first);
        if dice.one_in(3) {
            let body = decided("d2", outcomes[dice.below(3)], Some("d1"));
            last = ("d2", self.agency(vec![After::Fact(first)], "case.decided.v1", body));
        }
        if dice.one_in(2) {
            let body = json!({ "order_code": code, "decision_id": last.0,
                "shown_at": "2026-03-11T09:00:00+03:00" });
            self.portal(vec![After::Fact(last.1)], "decision.acknowledged.v1", body);
        }
    }
}

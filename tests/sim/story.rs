//! What the parties say in a run: letters made from the seed, each with the condition under which
//! its sender could write it, and with what must become of it.

use kvit::pipeline::Queue;
use serde_json::{Value, json};

use crate::files;
use kvit_tests::dice::Dice;

/// When a letter can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// At any time.
    Any,
    /// Once the windows are over.
    Later,
    /// Once the letter of this number was acknowledged.
    Acknowledged(usize),
    /// Once the order was assigned to this agency.
    Assigned(String, &'static str),
    /// Once this decision on the order was published.
    Published(String, &'static str),
}

/// What must become of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is applied, and does nothing when it comes again.
    Taken,
    /// It changes nothing, and its sender is told so: on this exchange, under a key that begins so.
    Refused(&'static str, &'static str),
    /// It changes nothing; the operators are told, for nobody is known to have sent it.
    Unknown,
}

/// One message of a party. The same letter may be sent, and delivered, many times.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) id: String,
    pub(crate) user: &'static str,
    pub(crate) queue: Queue,
    pub(crate) key: String,
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) file_name: Option<String>,
    /// What it says: itself, or the rows of a file as if each were a message.
    pub(crate) says: Vec<Value>,
    pub(crate) when: When,
    pub(crate) fate: Fate,
}

/// Procedures of the catalogue, what is due under each, and who decides.
pub(crate) const PROCEDURES: [(&str, Option<&str>, &str); 6] = [
    ("credited", Some("45.00"), "agency-a"),
    ("accepted", Some("45.00"), "agency-a"),
    ("claimed", Some("45.00"), "agency-a"),
    ("late-refund", Some("45.00"), "agency-a"),
    ("free", None, "agency-a"),
    ("elsewhere", None, "agency-b"),
];

const PORTALS: [&str; 2] = ["alpha", "beta"];

/// An order as its story is told.
struct Order {
    code: String,
    portal: &'static str,
    agency: &'static str,
    /// Its first agency gives it back, and names the other.
    returns: bool,
    later: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) letters: Vec<Letter>,
    /// The windows end in it.
    pub(crate) later: bool,
}

impl Story {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x0570_5217);
        let mut story = Self { letters: Vec::new(), later: dice.one_in(2) };
        for order in 0..=dice.below(4) {
            let code =
                format!("{:030}", (seed % 1_000_000) * 10 + u64::try_from(order).unwrap() + 1);
            story.order(code, &mut dice);
        }
        if dice.one_in(3) {
            files::add(&mut story, seed, &mut dice);
        }
        story
    }

    /// Adds a letter with a JSON body; its number.
    fn say(
        &mut self,
        (user, queue, key): (&'static str, Queue, &str),
        kind: &'static str,
        body: Value,
    ) -> usize {
        let letter = Letter {
            id: format!("m{}", self.letters.len()),
            user,
            queue,
            key: key.to_owned(),
            kind,
            bytes: serde_json::to_vec(&body).unwrap(),
            file_name: None,
            says: vec![body],
            when: When::Any,
            fate: Fate::Taken,
        };
        self.add(letter)
    }

    pub(crate) fn add(&mut self, mut letter: Letter) -> usize {
        letter.id = format!("m{}", self.letters.len());
        self.letters.push(letter);
        self.letters.len() - 1
    }

    fn portal(&mut self, portal: &'static str, kind: &'static str, body: Value) -> usize {
        self.say((portal, Queue::Portal, kind.trim_end_matches(".v1")), kind, body)
    }

    fn agency(&mut self, agency: &'static str, kind: &'static str, body: Value) -> usize {
        self.say((agency, Queue::Agency, agency), kind, body)
    }

    fn bank(&mut self, feed: &'static str, body: Value) -> usize {
        self.say((feed, Queue::Bank, &format!("{feed}.payment")), "payment.reported.v1", body)
    }

    fn set(&mut self, at: usize, when: When, fate: Fate) {
        self.letters[at].when = when;
        self.letters[at].fate = fate;
    }

    fn order(&mut self, code: String, dice: &mut Dice) {
        let (procedure, fee, agency) = *dice.pick(&PROCEDURES);
        let portal = *dice.pick(&PORTALS);
        let returns = procedure == "elsewhere" && dice.one_in(2);
        let order = Order { code, portal, agency, returns, later: self.later && dice.one_in(3) };
        let application =
            (!dice.one_in(10)).then(|| self.application(&order, procedure, fee, dice));
        for number in 0..dice.below(4) {
            self.payment(&order, number, dice);
        }
        self.portal_says(&order, dice);
        self.agency_says(&order, dice);
        if let Some(application) = application {
            self.others_meddle(&order, application, dice);
        }
    }

    fn application(
        &mut self,
        order: &Order,
        procedure: &str,
        fee: Option<&str>,
        dice: &mut Dice,
    ) -> usize {
        let fee = fee.map(|amount| json!({ "amount": amount, "currency": "BYN" }));
        let exempt = fee.is_some() && dice.one_in(8);
        let exemption = exempt.then(|| json!({ "kind": "full", "ground": "invalidity" }));
        let form = "x".repeat(if dice.one_in(6) { 6_000 } else { 5 });
        let body = json!({
            "order_code": order.code, "procedure": procedure,
            "submitted_at": "2026-03-05T10:15:00+03:00",
            "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
            "identification": "eds", "language": "be", "fee": fee, "exemption": exemption,
            "form": { "b": 1, "a": [form] } });
        self.portal(order.portal, "application.submitted.v1", body)
    }

    /// A payment as one or two feeds report it, each in some of the states it went through.
    fn payment(&mut self, order: &Order, number: usize, dice: &mut Dice) {
        let amount = *dice.pick(&["45.00", "45.00", "20.00", "25.00", "50.00"]);
        let currency = if dice.one_in(10) { "USD" } else { "BYN" };
        let money = json!({ "amount": amount, "currency": currency });
        let (day, hour) = (5 + dice.below(3), 10 + dice.below(8));
        // No two payments of an order are of the same minute: nothing hangs on how ties are broken.
        let paid_at = match order.later {
            true => format!("2026-04-20T{hour}:0{number}:00+03:00"),
            false => format!("2026-03-{day:02}T{hour}:0{number}:00+03:00"),
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
        let operation = format!("{}{number}", &order.code[20..]);
        let named = dice.below(4);
        let states = *dice.pick(&ways);
        let mut first = None;
        for state in states {
            let body = json!({
                "feed": "erip", "payment_id": operation, "state": state,
                // Where the code is quoted nowhere, the money waits in suspense.
                "order_code": (named < 2).then_some(&order.code),
                "purpose": (named == 2).then(|| format!("za paslugi {} OTHR", order.code)),
                "amount": money, "paid_at": paid_at });
            let at = self.bank("erip", body);
            self.set(at, if order.later { When::Later } else { When::Any }, Fate::Taken);
            first.get_or_insert(at);
        }
        if let Some(first) = first.filter(|_| dice.one_in(8)) {
            // The same payment with another amount contradicts what was applied.
            let body = json!({ "feed": "erip", "payment_id": operation, "state": "credited",
                "amount": { "amount": "1.00", "currency": currency }, "paid_at": paid_at });
            let at = self.bank("erip", body);
            self.set(at, When::Acknowledged(first), Fate::Refused("kvit.bank.out", "erip"));
        }
        if dice.one_in(3) {
            self.second_sighting(order, (number, &operation), (&money, &paid_at), dice);
        }
    }

    /// The same money, or money that looks the same, on the bank's statement.
    fn second_sighting(
        &mut self,
        order: &Order,
        (number, operation): (usize, &str),
        (money, paid_at): (&Value, &str),
        dice: &mut Dice,
    ) {
        let (joined, quoted) = (!dice.one_in(3), dice.one_in(2));
        // Sometimes the bank says another amount, or another order.
        let mut money = money.clone();
        if dice.one_in(8) {
            money["amount"] = json!("30.00");
        }
        let mut code = order.code.clone();
        if dice.one_in(6) {
            code.replace_range(29.., "1");
        }
        let ways: [&[&str]; 2] = [&["credited"], &["credited", "reversed"]];
        for state in *dice.pick(&ways) {
            let body = json!({
                "feed": "bank", "payment_id": format!("{}/{number}", order.code), "state": state,
                "order_code": quoted.then_some(&code), "amount": money, "paid_at": paid_at,
                "references": joined.then(|| json!({ "erip_operation": operation })) });
            let at = self.bank("bank", body);
            self.set(at, if order.later { When::Later } else { When::Any }, Fate::Taken);
        }
    }

    fn portal_says(&mut self, order: &Order, dice: &mut Dice) {
        let code = &order.code;
        if dice.one_in(4) {
            let body = json!({ "order_code": code, "withdrawn_at": "2026-03-08T09:00:00+03:00",
                "reason": "changed my mind" });
            self.portal(order.portal, "application.withdrawn.v1", body);
        }
        if dice.one_in(3) {
            let body = json!({
                "order_code": code, "attached_at": "2026-03-06T09:00:00+03:00",
                "claim": { "operation_number": "77" },
                "document": { "name": "r.png", "media_type": "image/png", "size": 3,
                    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "content": "YWJj" } });
            self.portal(order.portal, "receipt.attached.v1", body);
        }
        if dice.one_in(4) {
            let body = json!({ "order_code": code, "added_at": "2026-03-06T09:00:00+03:00",
                "attachments": [], "text": "here they are" });
            self.portal(order.portal, "documents.added.v1", body);
        }
    }

    fn agency_says(&mut self, order: &Order, dice: &mut Dice) {
        let code = &order.code;
        if order.returns {
            let body = json!({ "order_code": code, "returned_at": "2026-03-08T09:00:00+03:00",
                "reason": "not ours", "suggested_agency": "agency-a" });
            let at = self.agency(order.agency, "case.returned.v1", body);
            self.set(at, When::Assigned(code.clone(), order.agency), Fate::Taken);
        }
        let agency = if order.returns { "agency-a" } else { order.agency };
        let assigned = || When::Assigned(code.clone(), agency);
        if dice.one_in(4) {
            let body = json!({ "order_code": code, "request_id": "r1", "text": "one more paper",
                "requested_at": "2026-03-09T10:00:00+03:00" });
            let at = self.agency(agency, "case.documents_requested.v1", body);
            self.set(at, assigned(), Fate::Taken);
        }
        if dice.one_in(4) {
            let body = json!({ "order_code": code, "kind": "extended", "until": "2026-04-20",
                "reason": "an expert is asked", "changed_at": "2026-03-09T11:00:00+03:00" });
            let at = self.agency(agency, "case.deadline_changed.v1", body);
            self.set(at, assigned(), Fate::Taken);
        }
        if dice.one_in(2) {
            let body = json!({ "order_code": code, "registration_number": "12-3",
                "registered_at": "2026-03-09T09:00:00+03:00" });
            let at = self.agency(agency, "case.accepted.v1", body);
            self.set(at, assigned(), Fate::Taken);
        }
        if dice.one_in(2) {
            return;
        }
        let outcomes = ["granted", "refused", "not_accepted"];
        let mut decided = |id: &str, replaces: Option<&str>| {
            json!({ "order_code": code, "decision_id": id, "outcome": *dice.pick(&outcomes),
                "decided_at": "2026-03-10T09:00:00+03:00", "title": "Decision", "text": "Text",
                "delivery": "electronic", "replaces": replaces })
        };
        let (one, two) = (decided("d1", None), decided("d2", Some("d1")));
        let first = self.agency(agency, "case.decided.v1", one);
        self.set(first, assigned(), Fate::Taken);
        let mut last = "d1";
        if dice.one_in(3) {
            let at = self.agency(agency, "case.decided.v1", two);
            self.set(at, When::Acknowledged(first), Fate::Taken);
            last = "d2";
        }
        if dice.one_in(2) {
            let body = json!({ "order_code": code, "decision_id": last,
                "shown_at": "2026-03-11T09:00:00+03:00" });
            let at = self.portal(order.portal, "decision.acknowledged.v1", body);
            self.set(at, When::Published(code.clone(), last), Fate::Taken);
        }
    }

    /// What is none of its sender's business, or cannot be read.
    fn others_meddle(&mut self, order: &Order, application: usize, dice: &mut Dice) {
        let code = &order.code;
        if dice.one_in(5) {
            let (other, key) =
                if order.portal == "alpha" { ("beta", "beta.") } else { ("alpha", "alpha.") };
            let body = json!({ "order_code": code, "withdrawn_at": "2026-03-08T09:00:00+03:00" });
            let at = self.portal(other, "application.withdrawn.v1", body);
            self.set(at, When::Any, Fate::Refused("kvit.portal.out", key));
        }
        if dice.one_in(5) && !order.returns {
            let other = if order.agency == "agency-a" { "agency-b" } else { "agency-a" };
            let body = json!({ "order_code": code, "decision_id": "d1", "outcome": "granted",
                "decided_at": "2026-03-10T09:00:00+03:00", "title": "Decision", "text": "Text",
                "delivery": "electronic" });
            let at = self.agency(other, "case.decided.v1", body);
            self.set(at, When::Any, Fate::Refused("kvit.agency.out", other));
        }
        if dice.one_in(6) {
            let body = json!({ "order_code": code, "withdrawn_at": "2026-03-08T09:00:00+03:00" });
            let at = self.portal("nobody", "application.withdrawn.v1", body);
            self.set(at, When::Any, Fate::Unknown);
        }
        if dice.one_in(6) {
            let at = self.portal(order.portal, "documents.added.v1", json!({}));
            self.letters[at].bytes = b"{\"order_code\":".to_vec();
            let key = if order.portal == "alpha" { "alpha." } else { "beta." };
            self.set(at, When::Any, Fate::Refused("kvit.portal.out", key));
        }
        if dice.one_in(6) {
            // The application's own message id, with another message under it.
            let body = json!({ "order_code": code, "added_at": "2026-03-06T09:00:00+03:00",
                "attachments": [], "text": "under another's name" });
            let at = self.portal(order.portal, "documents.added.v1", body);
            self.letters[at].id = self.letters[application].id.clone();
            let key = if order.portal == "alpha" { "alpha." } else { "beta." };
            self.set(at, When::Acknowledged(application), Fate::Refused("kvit.portal.out", key));
        }
    }
}

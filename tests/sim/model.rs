//! The reference: what the contract says must be the end of what was said, written the slow and
//! obvious way. It knows letters and nothing of kvit: each time it begins at the first letter, and
//! goes through all of them for every question. Money is in kopecks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::story::PROCEDURES;

/// `failed < accepted < credited < reversed` (contract 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Failed,
    Accepted,
    Credited,
    Reversed,
}

/// What one feed says of one payment, in all it ever said of it.
#[derive(Debug, Clone)]
struct Seen {
    feed: String,
    id: String,
    state: State,
    amount: i64,
    currency: String,
    paid_at: String,
    quoted: Option<String>,
    found: Option<String>,
    operation: Option<String>,
}

/// The same money, as one or two feeds see it.
#[derive(Debug, Clone)]
pub(crate) struct Money {
    seen: Vec<Seen>,
    pub(crate) state: State,
    amount: i64,
    currency: String,
    order: Option<String>,
    paid_at: String,
    /// A person said which order it is for.
    by_person: bool,
}

/// Where the money of a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) settled: i64,
    pub(crate) surplus: i64,
    pub(crate) suspense: i64,
}

/// What is true of a payment at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) state: State,
    pub(crate) order: Option<String>,
    pub(crate) place: Place,
    /// How much is due for refund, and why.
    pub(crate) refund: Option<(i64, &'static str)>,
}

/// What is true of an order with an application at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderEnding {
    pub(crate) status: &'static str,
    /// What counts of the due; nothing where nothing is due.
    pub(crate) settled: Option<i64>,
    /// The current decision.
    pub(crate) decision: Option<String>,
    /// It must be with its agency.
    pub(crate) must_be_assigned: bool,
}

/// Names of a payment: feed and id, in order.
pub(crate) type Names = BTreeSet<(String, String)>;

/// What was said: the bodies of accepted messages, in no order that matters. Besides that only
/// what cannot follow from them: who was assigned on the way, and whether windows are over.
pub(crate) struct Said<'a> {
    pub(crate) bodies: Vec<(&'static str, &'a Value)>,
    pub(crate) assigned: &'a BTreeSet<String>,
    pub(crate) windows_over: bool,
    /// Payments by feed and id of which a person said the order.
    pub(crate) persons: &'a BTreeMap<(String, String), String>,
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body[name].as_str()
}

fn kopecks(money: &Value) -> i64 {
    money["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

/// The procedure, who decides, and what is due.
pub(crate) struct Terms {
    procedure: String,
    pub(crate) agency: &'static str,
    due: i64,
}

impl Said<'_> {
    pub(crate) fn all<'s>(
        &'s self,
        kind: &'s str,
        order: &'s str,
    ) -> impl Iterator<Item = &'s Value> {
        let of = move |(said, body): &(&'static str, &'s Value)| {
            *said == kind && text(body, "order_code") == Some(order)
        };
        self.bodies.iter().copied().filter(of).map(|(_, body)| body)
    }

    /// Orders that have an application.
    pub(crate) fn orders(&self) -> BTreeSet<String> {
        let applied = self.bodies.iter().filter(|(kind, _)| *kind == "application.submitted.v1");
        applied.filter_map(|(_, body)| text(body, "order_code").map(str::to_owned)).collect()
    }

    /// The agencies that may have the case: that of its route, and whom that one named.
    pub(crate) fn agencies(&self, order: &str) -> Vec<&str> {
        let route = self.terms(order).map(|terms| terms.agency);
        let named = self.bodies.iter().filter(|(kind, body)| {
            *kind == "case.returned.v1" && text(body, "order_code") == Some(order)
        });
        let named = named.filter_map(|(_, body)| text(body, "suggested_agency"));
        route.into_iter().chain(named).collect()
    }

    pub(crate) fn terms(&self, order: &str) -> Option<Terms> {
        let body = self.all("application.submitted.v1", order).next()?;
        let procedure = text(body, "procedure")?.to_owned();
        let (_, fee, agency) = PROCEDURES.iter().find(|(name, ..)| *name == procedure)?;
        let free = body["exemption"]["kind"] == "full" || fee.is_none();
        Some(Terms { procedure, agency, due: if free { 0 } else { 4_500 } })
    }

    fn seen(&self) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        for (_, body) in self.bodies.iter().filter(|(_, body)| body["payment_id"].is_string()) {
            let one = Seen {
                feed: text(body, "feed").unwrap().to_owned(),
                id: text(body, "payment_id").unwrap().to_owned(),
                state: match text(body, "state").unwrap() {
                    "failed" => State::Failed,
                    "accepted" => State::Accepted,
                    "credited" => State::Credited,
                    _ => State::Reversed,
                },
                amount: kopecks(&body["amount"]),
                currency: body["amount"]["currency"].as_str().unwrap().to_owned(),
                paid_at: text(body, "paid_at").unwrap().to_owned(),
                quoted: text(body, "order_code").map(str::to_owned),
                found: text(body, "purpose").and_then(|it| it.split(' ').nth(2)).map(str::to_owned),
                operation: match text(body, "feed") {
                    Some("erip") => text(body, "payment_id").map(str::to_owned),
                    _ => body["references"]["erip_operation"].as_str().map(str::to_owned),
                },
            };
            match seen.iter_mut().find(|it| it.feed == one.feed && it.id == one.id) {
                Some(known) => known.state = known.state.max(one.state),
                None => seen.push(one),
            }
        }
        seen
    }

    /// All money, each once: sightings of different feeds under one ERIP number, of as much, are the
    /// same.
    pub(crate) fn money(&self) -> Vec<Money> {
        let mut all: Vec<Vec<Seen>> = Vec::new();
        for seen in self.seen() {
            let same = |known: &&mut Vec<Seen>| {
                known.iter().any(|it| it.is_number_of(&seen) && it.is_as_much_as(&seen))
                    && known.iter().all(|it| it.feed != seen.feed)
            };
            match all.iter_mut().find(same) {
                Some(known) => known.push(seen),
                None => all.push(vec![seen]),
            }
        }
        all.into_iter().map(|seen| self.one(seen)).collect()
    }

    fn one(&self, seen: Vec<Seen>) -> Money {
        let by = |it: &Seen| self.persons.get(&(it.feed.clone(), it.id.clone())).cloned();
        let person = seen.iter().find_map(by);
        let by_person = person.is_some();
        let quoted: BTreeSet<&String> = seen.iter().filter_map(|it| it.quoted.as_ref()).collect();
        let found: BTreeSet<&String> = seen.iter().filter_map(|it| it.found.as_ref()).collect();
        let codes = if quoted.is_empty() { found } else { quoted };
        // Of codes that disagree none is believed.
        let agreed = codes.first().filter(|_| codes.len() == 1).map(|code| (*code).clone());
        let order = person.or(agreed);
        let state = seen.iter().map(|it| it.state).max().unwrap();
        let amount = seen.iter().map(|it| it.amount).max().unwrap();
        let paid_at = seen.iter().map(|it| it.paid_at.clone()).min().unwrap();
        let currency = seen[0].currency.clone();
        Money { seen, state, amount, currency, order, paid_at, by_person }
    }

    /// Where each payment's money is at the end.
    pub(crate) fn payments(&self) -> BTreeMap<Names, Ending> {
        let all = self.money();
        let ending = |money: &Money| {
            let (place, reason) = self.place(money, &all);
            let refund = reason.filter(|_| money.state == State::Credited && place.surplus > 0);
            Ending {
                state: money.state,
                order: money.order.clone(),
                place,
                refund: refund.map(|reason| (place.surplus, reason)),
            }
        };
        all.iter().map(|money| (money.names(), ending(money))).collect()
    }

    /// Where the money of one payment is, and why what is surplus goes back.
    fn place(&self, money: &Money, all: &[Money]) -> (Place, Option<&'static str>) {
        if !money.is_live() {
            return (Place::default(), None);
        }
        let waits = (Place { suspense: money.amount, ..Place::default() }, None);
        let Some(order) = &money.order else { return waits };
        let Some(terms) = self.terms(order) else { return waits };
        let of_order: Vec<&Money> = all.iter().filter(|it| it.order == money.order).collect();
        if money.is_held(&terms, &of_order) {
            return waits;
        }
        if let Some(reason) = self.closed(order, all) {
            return (Place { surplus: money.amount, ..Place::default() }, Some(reason));
        }
        if money.is_late(&terms) {
            return (Place { surplus: money.amount, ..Place::default() }, Some("expired"));
        }
        // Those before it in line take of the due what they can.
        let mut missing = terms.due;
        for other in terms.line(&of_order) {
            let settled = other.amount.min(missing);
            missing -= settled;
            if other.names() == money.names() {
                let surplus = money.amount - settled;
                let reason = match (surplus, terms.due, settled) {
                    (0, ..) => None,
                    (_, 0, _) => Some("exempt"),
                    (_, _, 0) => Some("second_payment"),
                    _ => Some("overpaid"),
                };
                return (Place { settled, surplus, suspense: 0 }, reason);
            }
        }
        unreachable!("{money:?} is neither held nor late and stands in the line")
    }

    /// Why the order keeps no money, if it does not.
    fn closed(&self, order: &str, all: &[Money]) -> Option<&'static str> {
        if let Some((_, outcome)) = self.decision(order) {
            return (outcome == "not_accepted").then_some("not_accepted");
        }
        if self.all("application.withdrawn.v1", order).next().is_some() {
            return Some("withdrawn");
        }
        let over = self.windows_over && self.terms(order).is_some_and(|terms| terms.due > 0);
        let lives = self.is_open(order, all) || self.is_registered(order);
        (over && !lives).then_some("expired")
    }

    fn is_registered(&self, order: &str) -> bool {
        self.all("case.accepted.v1", order).next().is_some()
    }

    /// The current decision: the one that no other replaces. Its id and outcome.
    fn decision(&self, order: &str) -> Option<(String, String)> {
        let head = self.all("case.decided.v1", order).find(|one| {
            let replaced = |by: &Value| text(by, "replaces") == text(one, "decision_id");
            !self.all("case.decided.v1", order).any(replaced)
        })?;
        Some((text(head, "decision_id")?.to_owned(), text(head, "outcome")?.to_owned()))
    }

    /// The evidence is enough for the order to go to its agency.
    fn is_open(&self, order: &str, all: &[Money]) -> bool {
        let Some(terms) = self.terms(order) else { return false };
        let of_order: Vec<&Money> =
            all.iter().filter(|it| it.order.as_deref() == Some(order)).collect();
        let sum = |least: State| -> i64 {
            let line = terms.line(&of_order);
            line.iter().filter(|it| it.state >= least).map(|it| it.amount).sum()
        };
        if terms.due == 0 || sum(State::Credited) >= terms.due {
            return true;
        }
        let receipt = self.all("receipt.attached.v1", order).next().is_some();
        match terms.procedure.as_str() {
            "accepted" => sum(State::Accepted) >= terms.due,
            "claimed" => sum(State::Accepted) >= terms.due || receipt,
            _ => false,
        }
    }

    /// What is true of an order at the end.
    pub(crate) fn order(&self, order: &str) -> Option<OrderEnding> {
        let terms = self.terms(order)?;
        let all = self.money();
        let (open, assigned) = (self.is_open(order, &all), self.assigned.contains(order));
        let withdrawn = self.all("application.withdrawn.v1", order).next().is_some();
        let counts = |money: &&Money| terms.counts(money.state);
        let of_order = all.iter().filter(|it| it.order.as_deref() == Some(order)).filter(counts);
        let settled: i64 = of_order.map(|money| self.place(money, &all).0.settled).sum();
        let decision = self.decision(order);
        let status = match () {
            () if decision.is_some() => "decided",
            () if withdrawn => "withdrawn",
            () if assigned && !open => "payment_reversed",
            () if self.is_registered(order) => "in_work",
            () if assigned => "routed",
            () if open => "paid",
            () if self.closed(order, &all).is_some() => "expired",
            () if settled > 0 => "underpaid",
            () => "awaiting_payment",
        };
        Some(OrderEnding {
            status,
            settled: (terms.due > 0).then_some(settled),
            must_be_assigned: open && !withdrawn && decision.is_none(),
            decision: decision.map(|(id, _)| id),
        })
    }

    /// Whether what was said so far could have opened the way to the agency, in any order.
    pub(crate) fn could_be_open(&self, order: &str) -> bool {
        let Some(terms) = self.terms(order) else { return false };
        let receipt = self.all("receipt.attached.v1", order).next().is_some();
        let counts = |money: &&Money| {
            let least = if terms.procedure == "credited" || terms.procedure == "late-refund" {
                State::Credited
            } else {
                State::Accepted
            };
            let named = money.seen.iter().any(|it| it.names_order(order));
            (named || money.order.as_deref() == Some(order)) && money.state >= least
        };
        let sum: i64 = self.money().iter().filter(counts).map(|money| money.amount).sum();
        sum >= terms.due || (terms.procedure == "claimed" && receipt)
    }
}

impl Terms {
    /// Money that the procedure takes for the due.
    fn counts(&self, state: State) -> bool {
        match self.procedure.as_str() {
            "accepted" | "claimed" => state == State::Accepted || state == State::Credited,
            _ => state == State::Credited,
        }
    }

    /// Payments in the order in which they fill the due: those that count first, then by time.
    fn line<'a>(&self, of_order: &[&'a Money]) -> Vec<&'a Money> {
        let stands =
            |it: &&&Money| it.is_live() && !it.is_held(self, of_order) && !it.is_late(self);
        let mut line: Vec<&Money> = of_order.iter().filter(stands).copied().collect();
        line.sort_by_key(|it| (!self.counts(it.state), it.paid_at.clone(), it.main()));
        line
    }
}

impl Seen {
    fn is_number_of(&self, other: &Self) -> bool {
        self.operation.is_some() && self.operation == other.operation
    }

    fn is_as_much_as(&self, other: &Self) -> bool {
        (self.amount, &self.currency) == (other.amount, &other.currency)
    }

    fn names_order(&self, order: &str) -> bool {
        self.quoted.as_deref() == Some(order) || self.found.as_deref() == Some(order)
    }
}

impl Money {
    pub(crate) fn names(&self) -> Names {
        self.seen.iter().map(|it| (it.feed.clone(), it.id.clone())).collect()
    }

    /// The name it goes by: ERIP's before the bank's.
    fn main(&self) -> (String, String) {
        let erip = self.seen.iter().find(|it| it.feed == "erip");
        let main = erip.unwrap_or(&self.seen[0]);
        (main.feed.clone(), main.id.clone())
    }

    /// The amount, while there is any.
    pub(crate) fn live_amount(&self) -> i64 {
        if self.is_live() { self.amount } else { 0 }
    }

    fn is_live(&self) -> bool {
        self.state == State::Accepted || self.state == State::Credited
    }

    fn feed(&self, feed: &str) -> Option<&Seen> {
        self.seen.iter().find(|it| it.feed == feed)
    }

    /// It waits for a person: in another currency than the fee, or perhaps the same as another.
    fn is_held(&self, terms: &Terms, of_order: &[&Money]) -> bool {
        if terms.due > 0 && self.currency != "BYN" {
            return true;
        }
        // What a person said is not doubted.
        !self.by_person
            && of_order.iter().any(|other| {
                other.names() != self.names()
                    && (self.shows_again(other) && other.state >= self.state
                        || other.shows_again(self) && other.state > self.state)
            })
    }

    /// The bank may show money again that ERIP has told of: on the same day as much, or under the
    /// same number, and without a sighting of its own at ERIP.
    fn shows_again(&self, other: &Money) -> bool {
        let (Some(bank), None, Some(erip)) =
            (self.feed("bank"), self.feed("erip"), other.feed("erip"))
        else {
            return false;
        };
        let alike = bank.is_as_much_as(erip) && bank.paid_at[..10] == erip.paid_at[..10];
        (alike || bank.is_number_of(erip)) && other.state != State::Failed
    }

    /// It came after the window of a procedure that takes no late money.
    fn is_late(&self, terms: &Terms) -> bool {
        terms.procedure == "late-refund" && self.paid_at.as_str() > "2026-04-04T10:15:00+03:00"
    }
}

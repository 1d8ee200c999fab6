//! What the parties have seen: the newest of each thing, without repetitions.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kvit_adapters::amqp::Delivery;
use serde_json::Value;

use super::plan::{Event, Expected, FEEDS, Plan};

/// Who reads a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reader {
    Portal(&'static str),
    Agency(String),
    Feed(&'static str),
    Operators,
}

impl Reader {
    /// The party, by its id.
    fn party(&self) -> &str {
        match self {
            Self::Portal(id) => id,
            Self::Agency(id) => id,
            Self::Feed(feed) => {
                FEEDS.iter().find(|(id, _)| id == feed).map_or("nobody", |(_, bank)| bank)
            }
            Self::Operators => "the operators",
        }
    }
}

/// A refund as the portal knows it.
#[derive(Debug, Clone, Default)]
struct Refund {
    revision: u64,
    due: bool,
    amount: i64,
    reason: String,
}

/// A decision as the portal knows it.
#[derive(Debug, Clone, Default)]
struct Decision {
    revision: u64,
    outcome: String,
    replaces: Option<String>,
}

/// What is known of an order.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    revision: u64,
    status: String,
    due: Option<i64>,
    settled: Option<i64>,
    refunds: BTreeMap<String, Refund>,
    decisions: BTreeMap<String, Decision>,
    /// The agencies that got the case, in order.
    pub(super) agencies: Vec<String>,
}

/// What a bank was told of a file.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) outcome: String,
    pub(super) code: String,
    pub(super) read: u64,
    pub(super) rejected: u64,
}

/// Everything seen so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: HashSet<String>,
    pub(super) orders: BTreeMap<String, View>,
    /// Codes of refusals by the party that got them and the id of the refused message.
    pub(super) refusals: BTreeMap<(String, String), String>,
    /// Reports by the id of the file's message.
    pub(super) reports: BTreeMap<String, Report>,
    /// Alerts by kind.
    pub(super) alerts: BTreeMap<String, u64>,
    /// Deliveries, with those that had been seen before.
    pub(super) deliveries: u64,
    /// Those that had been seen before.
    pub(super) repeated: u64,
    /// What should never have come where it came.
    pub(super) misplaced: BTreeSet<String>,
}

impl Seen {
    /// Takes note of a delivery; what it makes parties do.
    pub(super) fn take(&mut self, plan: &Plan, reader: &Reader, delivery: &Delivery) -> Vec<Event> {
        self.deliveries += 1;
        let id = delivery.properties.message_id.clone().unwrap_or_default();
        if !self.ids.insert(id) {
            self.repeated += 1;
            return Vec::new();
        }
        let kind = delivery.properties.kind.as_deref().unwrap_or_default();
        let body: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
        match kind {
            "message.refused.v1" => {
                let refused = (reader.party().to_owned(), text(&body, "refused_message_id"));
                self.refusals.insert(refused, text(&body, "code"));
                return Vec::new();
            }
            "file.report.v1" => return self.reported(delivery, &body),
            "alert.raised.v1" => {
                *self.alerts.entry(text(&body, "kind")).or_default() += 1;
                return Vec::new();
            }
            _ => {}
        }
        let code = text(&body, "order_code");
        let Some(expected) = plan.orders.get(&code) else {
            if *reader != Reader::Operators {
                self.misplaced.insert(format!("{kind} about {code}, which nobody submitted"));
            }
            return Vec::new();
        };
        if !belongs(reader, expected) {
            self.misplaced.insert(format!("{kind} of order {code} came to {reader:?}"));
        }
        self.about_order(kind, (code, &body), reader)
    }

    fn about_order(
        &mut self,
        kind: &str,
        (code, body): (String, &Value),
        reader: &Reader,
    ) -> Vec<Event> {
        let view = self.orders.entry(code.clone()).or_default();
        let revision = body["revision"].as_u64().unwrap_or_default();
        match kind {
            "case.status.v1" => {
                let first = view.revision == 0;
                if revision > view.revision {
                    view.revision = revision;
                    view.status = text(body, "status");
                    (view.due, view.settled) = (minor(&body["due"]), minor(&body["settled"]));
                }
                if first { vec![Event::Known(code)] } else { Vec::new() }
            }
            "refund.due.v1" => {
                let refund = view.refunds.entry(text(body, "refund_id")).or_default();
                if revision > refund.revision {
                    refund.revision = revision;
                    refund.due = text(body, "state") == "due";
                    refund.amount = minor(&body["amount"]).unwrap_or_default();
                    refund.reason = text(body, "reason");
                }
                Vec::new()
            }
            "decision.published.v1" => {
                let id = text(body, "decision_id");
                let replaces = body["replaces"].as_str().map(str::to_owned);
                let outcome = text(body, "outcome");
                view.decisions.insert(id.clone(), Decision { revision, outcome, replaces });
                vec![Event::Decided(id)]
            }
            "case.documents_requested.v1" => vec![Event::Requested(text(body, "request_id"))],
            "case.assigned.v1" => {
                let Reader::Agency(agency) = reader else { return Vec::new() };
                view.agencies.push(agency.clone());
                vec![Event::Assigned(code, view.agencies.len() - 1)]
            }
            _ => Vec::new(),
        }
    }

    fn reported(&mut self, delivery: &Delivery, body: &Value) -> Vec<Event> {
        let cause = delivery.properties.header("kvit-cause").unwrap_or_default().to_owned();
        let rows = |key: &str| body["rows"][key].as_u64().unwrap_or_default();
        let report = Report {
            outcome: text(body, "outcome"),
            code: text(&body["errors"][0], "code"),
            read: rows("read"),
            rejected: rows("rejected"),
        };
        self.reports.insert(cause.clone(), report);
        vec![Event::Reported(cause)]
    }
}

impl View {
    /// How the order differs from what it should be; nothing when it does not.
    pub(super) fn differences(&self, expected: &Expected) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, seen: String, wanted: String| {
            if seen != wanted {
                found.push(format!("{what} is {seen}, should be {wanted}"));
            }
        };
        differ("the status", self.status.clone(), expected.status.to_owned());
        differ("due", format!("{:?}", self.due), format!("{:?}", expected.due));
        differ("settled", format!("{:?}", self.settled), format!("{:?}", expected.settled));
        let due = self.refunds.values().filter(|refund| refund.due);
        let mut refunds: Vec<_> =
            due.map(|refund| (refund.amount, refund.reason.as_str())).collect();
        refunds.sort_unstable();
        differ("refunds due", format!("{refunds:?}"), format!("{:?}", expected.refunds));
        let wanted = expected.decision.as_ref().map(|(id, outcome)| (id.as_str(), *outcome));
        differ("the decision", format!("{:?}", self.decision()), format!("{wanted:?}"));
        if expected.assigned {
            let (seen, wanted) = (&self.agencies, &expected.agencies);
            differ("the way of the case", format!("{seen:?}"), format!("{wanted:?}"));
        }
        if expected.unassigned {
            differ("the way of the case", format!("{:?}", self.agencies), "[]".to_owned());
        }
        found
    }

    /// The newest status.
    pub(super) fn status(&self) -> &str {
        &self.status
    }

    /// The current decision: the newest one that no other replaces.
    pub(super) fn decision(&self) -> Option<(&str, &str)> {
        let replaced: BTreeSet<&str> =
            self.decisions.values().filter_map(|it| it.replaces.as_deref()).collect();
        let standing = self.decisions.iter().filter(|(id, _)| !replaced.contains(id.as_str()));
        let newest = standing.max_by_key(|(_, decision)| decision.revision);
        newest.map(|(id, decision)| (id.as_str(), decision.outcome.as_str()))
    }
}

fn belongs(reader: &Reader, expected: &Expected) -> bool {
    match reader {
        Reader::Portal(portal) => *portal == expected.portal,
        Reader::Agency(agency) => expected.agencies.contains(agency),
        Reader::Feed(_) => false,
        Reader::Operators => true,
    }
}

fn text(body: &Value, key: &str) -> String {
    body[key].as_str().unwrap_or_default().to_owned()
}

/// An amount of two minor digits.
fn minor(money: &Value) -> Option<i64> {
    money["amount"].as_str()?.replace('.', "").parse().ok()
}

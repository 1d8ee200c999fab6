//! What the parties have seen: the newest of each thing, without repetitions, held against the
//! contract as it comes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use kvit_adapters::amqp::Delivery;
use serde_json::Value;

use super::plan::{Event, Expected, Plan};
use super::schemas::Schemas;
use super::verify::Difference;

/// Who reads a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reader {
    Portal(String),
    Agency(String),
    /// A feed, and its bank.
    Feed(String, String),
    Operators,
}

impl Reader {
    /// The party, by its id.
    pub(super) fn party(&self) -> &str {
        match self {
            Self::Portal(id) | Self::Agency(id) | Self::Feed(_, id) => id,
            Self::Operators => "the operators",
        }
    }
}

/// Something that was heard and may have to be answered.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) event: Event,
    /// The order; empty for what is about none.
    pub(super) order_code: String,
    /// Who heard it.
    pub(super) reader: Reader,
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
#[derive(Debug)]
pub(super) struct Seen {
    schemas: Schemas,
    /// Everything at this broker is of this play.
    strict: bool,
    /// By message id a hash of the body.
    ids: HashMap<String, u64>,
    /// Which message used a revision of a thing.
    revisions: HashMap<(String, u64), String>,
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
    /// Those about orders of others.
    pub(super) foreign: u64,
    /// Messages that the contract forbids, each told once.
    pub(super) faults: BTreeMap<String, Difference>,
}

impl Seen {
    /// Nothing yet. `strict` when everything that comes must be of this play.
    pub(super) fn new(strict: bool) -> anyhow::Result<Self> {
        Ok(Self {
            schemas: Schemas::read()?,
            strict,
            ids: HashMap::new(),
            revisions: HashMap::new(),
            orders: BTreeMap::new(),
            refusals: BTreeMap::new(),
            reports: BTreeMap::new(),
            alerts: BTreeMap::new(),
            deliveries: 0,
            repeated: 0,
            foreign: 0,
            faults: BTreeMap::new(),
        })
    }

    /// True when everything that comes must be of this play.
    pub(super) fn knows_all(&self) -> bool {
        self.strict
    }

    /// Takes note of a delivery; what it makes parties do.
    pub(super) fn take(
        &mut self,
        plan: &Plan,
        reader: &Reader,
        delivery: &Delivery,
    ) -> Option<Heard> {
        self.deliveries += 1;
        let id = delivery.properties.message_id.clone().unwrap_or_default();
        let kind = delivery.properties.kind.as_deref().unwrap_or_default();
        if self.is_repeated(&id, kind, delivery) {
            return None;
        }
        let body: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
        let code = text(&body, "order_code");
        self.judge((kind, &id), (&code, &body), delivery);
        let event = match kind {
            "message.refused.v1" => {
                let refused = (reader.party().to_owned(), text(&body, "refused_message_id"));
                self.refusals.insert(refused, text(&body, "code"));
                None
            }
            "file.report.v1" => Some(self.reported(delivery, &body)),
            "alert.raised.v1" => {
                *self.alerts.entry(text(&body, "kind")).or_default() += 1;
                None
            }
            _ => self.of_order(plan, (kind, &code, &body), reader),
        };
        event.map(|event| Heard { event, order_code: code, reader: reader.clone() })
    }

    /// A message id stands for one content, for ever.
    fn is_repeated(&mut self, id: &str, kind: &str, delivery: &Delivery) -> bool {
        let mut hasher = DefaultHasher::new();
        delivery.body.hash(&mut hasher);
        let body = hasher.finish();
        let Some(known) = self.ids.insert(id.to_owned(), body) else { return false };
        self.repeated += 1;
        if known != body {
            self.fault(None, format!("{kind} {id} came again with another body"));
        }
        true
    }

    /// What holds for every message (contract 2): the envelope, the schema, revisions.
    fn judge(&mut self, (kind, id): (&str, &str), (code, body): (&str, &Value), it: &Delivery) {
        let envelope = &it.properties;
        let about = (!code.is_empty()).then_some(code);
        let wrong = |what: &str| format!("{kind} {id}: {what}");
        if id.is_empty() || envelope.timestamp.is_none() || envelope.app_id.is_none() {
            self.fault(about, wrong("message_id, timestamp or app_id is missing"));
        }
        if envelope.content_type.as_deref() != Some("application/json") {
            self.fault(about, wrong("content_type is not application/json"));
        }
        if about.is_some() && envelope.correlation_id.as_deref() != about {
            self.fault(about, wrong("correlation_id is not the order code"));
        }
        if let Some(fault) = self.schemas.fault(kind, body) {
            self.fault(about, wrong(&format!("does not fit its schema {fault}")));
        }
        let Some(revision) = body["revision"].as_u64() else { return };
        let thing = format!("{kind} {code} {}{}", body["decision_id"], body["refund_id"]);
        if let Some(other) = self.revisions.insert((thing, revision), id.to_owned()) {
            self.fault(about, wrong(&format!("its revision {revision} is that of {other}")));
        }
    }

    fn fault(&mut self, order_code: Option<&str>, what: String) {
        let order_code = order_code.map(str::to_owned);
        self.faults.insert(what.clone(), Difference { what, order_code });
    }

    fn of_order(
        &mut self,
        plan: &Plan,
        (kind, code, body): (&str, &str, &Value),
        reader: &Reader,
    ) -> Option<Event> {
        let Some(expected) = plan.orders.get(code) else {
            if self.strict && *reader != Reader::Operators {
                self.fault(Some(code), format!("{kind} about {code}, which nobody submitted"));
            }
            self.foreign += 1;
            let is_case = kind == "case.assigned.v1" && matches!(reader, Reader::Agency(_));
            return is_case.then(|| Event::Assigned(code.to_owned(), 0));
        };
        if !belongs(reader, expected) {
            self.fault(Some(code), format!("{kind} of order {code} came to {}", reader.party()));
        }
        self.about_order(kind, (code.to_owned(), body), reader)
    }

    fn about_order(
        &mut self,
        kind: &str,
        (code, body): (String, &Value),
        reader: &Reader,
    ) -> Option<Event> {
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
                first.then_some(Event::Known(code))
            }
            "refund.due.v1" => {
                let refund = view.refunds.entry(text(body, "refund_id")).or_default();
                if revision > refund.revision {
                    refund.revision = revision;
                    refund.due = text(body, "state") == "due";
                    refund.amount = minor(&body["amount"]).unwrap_or_default();
                    refund.reason = text(body, "reason");
                }
                None
            }
            "decision.published.v1" => {
                let id = text(body, "decision_id");
                let replaces = body["replaces"].as_str().map(str::to_owned);
                let outcome = text(body, "outcome");
                view.decisions.insert(id.clone(), Decision { revision, outcome, replaces });
                Some(Event::Decided(id))
            }
            "case.documents_requested.v1" => Some(Event::Requested(text(body, "request_id"))),
            "case.assigned.v1" => {
                let Reader::Agency(agency) = reader else { return None };
                view.agencies.push(agency.clone());
                Some(Event::Assigned(code, view.agencies.len() - 1))
            }
            _ => None,
        }
    }

    fn reported(&mut self, delivery: &Delivery, body: &Value) -> Event {
        let cause = delivery.properties.header("kvit-cause").unwrap_or_default().to_owned();
        let rows = |key: &str| body["rows"][key].as_u64().unwrap_or_default();
        let report = Report {
            outcome: text(body, "outcome"),
            code: text(&body["errors"][0], "code"),
            read: rows("read"),
            rejected: rows("rejected"),
        };
        self.reports.insert(cause.clone(), report);
        Event::Reported(cause)
    }
}

impl View {
    /// How the order differs from what it should be; nothing when it does not.
    pub(super) fn differences(&self, expected: &Expected) -> Vec<String> {
        if expected.decided_by_others && expected.decision.is_some() {
            return self.undecided(expected);
        }
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

    /// Of an order that an agency decides which is not played: what else it waits for.
    fn undecided(&self, expected: &Expected) -> Vec<String> {
        let Some((_, outcome)) = self.decision() else {
            let status = if self.status.is_empty() { "unknown" } else { &self.status };
            return vec![format!("no decision came; the status is {status}")];
        };
        let mut found = Vec::new();
        if self.status != "decided" {
            found.push(format!("a decision came, but the status is {}", self.status));
        }
        let wanted =
            if outcome == "not_accepted" { expected.due.map(|_| 0) } else { expected.settled };
        if (self.due, self.settled) != (expected.due, wanted) {
            let seen = (self.due, self.settled);
            found.push(format!(
                "due and settled are {seen:?}, should be {:?}",
                (expected.due, wanted)
            ));
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
        Reader::Feed(..) => false,
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

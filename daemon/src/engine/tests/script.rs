//! Script lines, and what they make kvit hear.
//!
//! `portal submits 17 5.9 45.00`, `erip credited 17 p1 45.00 paid 2026-03-05T10:00:00+03:00`,
//! `zags-minsk decides 17 d1 granted replacing d0`, `on 2026-03-09`, `money`. A payment's code is
//! `17` in its field, `~17` in its text (`~17+18` two of them), `-` nowhere.

use std::collections::BTreeMap;

use kvit_schemas::message::{Inbound, MessageType, PaymentState, decode_json};
use kvit_schemas::record::{CodeSource, TimerKind};
use kvit_schemas::{Currency, Day, MessageId, Moment, Money, OrderCode};
use serde_json::{Value, json};

use super::super::{Input, Report};
use super::world::World;

/// One line: words, and options of one word each.
pub(super) struct Line<'a> {
    words: Vec<&'a str>,
    options: BTreeMap<&'a str, &'a str>,
}

const OPTIONS: [&str; 20] = [
    "paid",
    "kept",
    "ref",
    "day",
    "exempt",
    "by",
    "level",
    "from",
    "due",
    "because",
    "at",
    "to",
    "until",
    "replacing",
    "extra",
    "currency",
    "locality",
    "weak",
    "lump",
    "fee",
];

pub(super) fn order(text: &str) -> OrderCode {
    OrderCode::from_number(text.parse().unwrap()).unwrap()
}

impl<'a> Line<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut line = Self { words: Vec::new(), options: BTreeMap::new() };
        let mut rest = text.split_whitespace();
        while let Some(word) = rest.next() {
            if OPTIONS.contains(&word) && line.words.len() > 1 {
                line.options.insert(word, rest.next().unwrap());
            } else {
                line.words.push(word);
            }
        }
        line
    }

    pub(super) fn word(&self, at: usize) -> &'a str {
        self.words.get(at).unwrap_or_else(|| panic!("word {at} of {:?}", self.words))
    }

    fn option(&self, name: &str) -> Option<&'a str> {
        self.options.get(name).copied()
    }

    fn money(&self, amount: &str) -> Value {
        json!({ "amount": amount, "currency": self.option("currency").unwrap_or("BYN") })
    }

    /// What the world hears.
    pub(super) fn input(&self, world: &World, number: usize) -> Input {
        let order_code = || order(self.word(2));
        match (self.word(0), self.word(1)) {
            ("timer", "window") => {
                Input::Timer { kind: TimerKind::Window, order_code: order_code() }
            }
            ("timer", "deadline") => {
                Input::Timer { kind: TimerKind::Deadline, order_code: order_code() }
            }
            ("timer", "republish") => {
                let id: MessageId = self.word(3).parse().unwrap();
                Input::Timer { kind: TimerKind::Republish(id), order_code: order_code() }
            }
            ("person", "assigns") => Input::AssignPayment {
                payment: payment_named(world, self.word(2)),
                order_code: order(self.word(3)),
                by: "alena".parse().unwrap(),
                reason: "the payer telephoned".to_owned(),
            },
            ("person", "gives") => Input::AssignCase {
                order_code: order_code(),
                agency: self.word(3).parse().unwrap(),
            },
            ("portal" | "other", _) => {
                let message = self.said_by_portal(world.now);
                Input::Portal {
                    portal: self.word(0).parse().unwrap(),
                    message_id: format!("m{number}").parse().unwrap(),
                    content: message.content_hash(),
                    message,
                }
            }
            ("erip" | "bank" | "card", _) => Input::Report(self.report(world.now)),
            (agency, _) => {
                let (agency, message) = (agency.parse().unwrap(), self.said_by_agency(world.now));
                Input::Agency { agency, content: message.content_hash(), message }
            }
        }
    }

    fn at(&self, now: Moment) -> Moment {
        self.option("at").map_or(now, |at| at.parse().unwrap())
    }

    fn said_by_portal(&self, now: Moment) -> Inbound {
        let at = self.at(now);
        let code = order(self.word(2));
        let (kind, mut body) = match self.word(1) {
            "submits" => (MessageType::ApplicationSubmitted, self.application(at)),
            "withdraws" => (
                MessageType::ApplicationWithdrawn,
                json!({ "withdrawn_at": at, "reason": self.option("because") }),
            ),
            "attaches" => {
                let claim =
                    json!({ "operation_number": self.word(3), "amount": self.money(self.word(4)) });
                let body =
                    json!({ "attached_at": at, "claim": claim, "document": attachment("r.pdf") });
                (MessageType::ReceiptAttached, body)
            }
            "adds" => (
                MessageType::DocumentsAdded,
                json!({ "added_at": at, "attachments": [attachment(self.word(3))] }),
            ),
            "acknowledges" => (
                MessageType::DecisionAcknowledged,
                json!({ "decision_id": self.word(3), "shown_at": at }),
            ),
            other => panic!("portals do not {other}"),
        };
        body["order_code"] = json!(code);
        if let Some(extra) = self.option("extra") {
            body["extensions"] = json!({ "own": extra });
        }
        decode_json(kind, body.to_string().as_bytes(), now).unwrap()
    }

    fn application(&self, at: Moment) -> Value {
        let fee = match self.word(4) {
            "free" => Value::Null,
            amount => self.money(amount),
        };
        let exemption = self.option("exempt").map(|kind| json!({ "kind": kind, "ground": "law" }));
        json!({
            "procedure": self.word(3),
            "submitted_at": at,
            "applicant": {
                "kind": self.option("by").unwrap_or("citizen"),
                "name": "Іваноў",
                "region": self.option("from").unwrap_or("BY-HM"),
            },
            "identification": self.option("level").unwrap_or("unique_id"),
            "language": "be",
            "fee": fee,
            "exemption": exemption,
        })
    }

    fn said_by_agency(&self, now: Moment) -> Inbound {
        let at = self.at(now);
        let because = self.option("because").unwrap_or("so");
        let (kind, mut body) = match self.word(1) {
            "accepts" => (
                MessageType::CaseAccepted,
                json!({ "registration_number": self.word(3), "registered_at": at }),
            ),
            "returns" => (
                MessageType::CaseReturned,
                json!({
                    "returned_at": at, "reason": because, "suggested_agency": self.option("to"),
                }),
            ),
            "asks" => (
                MessageType::CaseDocumentsRequested,
                json!({ "request_id": self.word(3), "requested_at": at, "text": because }),
            ),
            kind @ ("extended" | "suspended" | "resumed") => (
                MessageType::CaseDeadlineChanged,
                json!({
                    "kind": kind, "reason": because, "changed_at": at,
                    "until": self.option("until"),
                }),
            ),
            "decides" => (
                MessageType::CaseDecided,
                json!({
                    "decision_id": self.word(3), "outcome": self.word(4), "decided_at": at,
                    "title": "Рашэнне", "text": because, "delivery": "electronic",
                    "replaces": self.option("replacing"),
                }),
            ),
            other => panic!("agencies do not {other}"),
        };
        body["order_code"] = json!(order(self.word(2)));
        decode_json(kind, body.to_string().as_bytes(), now).unwrap()
    }

    fn report(&self, now: Moment) -> Report {
        let currency: Currency = self.option("currency").unwrap_or("BYN").parse().unwrap();
        let money = |amount| Money::parse(amount, currency).unwrap();
        let (quoted, found) = match self.word(2).strip_prefix('~') {
            Some(codes) => (None, codes.split('+').map(order).collect()),
            None if self.word(2) == "-" => (None, Vec::new()),
            None => (Some((order(self.word(2)), CodeSource::Structured)), Vec::new()),
        };
        let reference = |text: &str| {
            let (kind, value) = text.split_once('=').unwrap();
            (kind.to_owned(), value.to_owned())
        };
        Report {
            is_lump: self.option("lump").is_some(),
            feed: self.word(0).parse().unwrap(),
            payment_id: self.word(3).parse().unwrap(),
            weak_identity: self.option("weak").is_some(),
            state: match self.word(1) {
                "failed" => PaymentState::Failed,
                "accepted" => PaymentState::Accepted,
                "credited" => PaymentState::Credited,
                "reversed" => PaymentState::Reversed,
                other => panic!("no such state: {other}"),
            },
            amount: money(self.word(4)),
            withheld: self.option("kept").map(money),
            paid_at: self.option("paid").map_or(now, |at| at.parse().unwrap()),
            booked_on: self.option("day").map(|day| day.parse::<Day>().unwrap()),
            quoted,
            found,
            references: self
                .option("ref")
                .into_iter()
                .flat_map(|all| all.split(','))
                .map(reference)
                .collect(),
        }
    }
}

fn payment_named(world: &World, name: &str) -> kvit_schemas::record::Seq {
    let named = world.payments.values().find(|payment| {
        payment.sightings.iter().any(|sighting| sighting.payment_id.as_str() == name)
    });
    named.map_or(kvit_schemas::record::Seq(0), |payment| payment.seq)
}

fn attachment(name: &str) -> Value {
    json!({
        "name": name, "media_type": "application/pdf", "size": 1, "sha256": "a".repeat(64),
        "url": format!("https://files.example/{name}"),
    })
}

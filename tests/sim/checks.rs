//! What must hold at each step, whatever went wrong before: each check is named as in the table of
//! invariants. A check looks at what kvit says, acknowledges and keeps, never at how it does that.

use std::collections::{BTreeMap, BTreeSet};

use kvit::pipeline::Queue;
use kvit::service::SOURCES;
use kvit_adapters::store::{Store, Tables};
use kvit_schemas::message::PaymentState;
use kvit_schemas::record::{AuditLine, DeedOutcome, DeskNote, Disposition, Note, Payment, Seq};
use serde_json::Value;

use crate::broker::{Arrived, Broker, Content};
use crate::model::{Names, Said, State};
use crate::story::{Fate, Letter, Story};
use kvit_tests::dice::Dice;

/// What must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) String);

pub(crate) type Checked = Result<(), Broken>;

pub(crate) fn must(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Broken(what())) }
}

/// Days for which kvit knows a message again (contract 2).
const KNOWN_DAYS: i64 = 30;

/// An applied message: its sender and its id.
type Applied = (String, String);

/// All that was seen from outside, and what of the store is durable.
#[derive(Default)]
pub(crate) struct Observer {
    /// Letters by number that were sent.
    pub(crate) sent: BTreeSet<usize>,
    pub(crate) windows_over: bool,
    /// Messages of kvit by id: where they went and what they said.
    arrived: BTreeMap<String, Arrived>,
    /// Order and agency.
    pub(crate) assigned: BTreeMap<String, BTreeSet<String>>,
    /// What a person said of payments, by feed and id; and what somebody may have said.
    pub(crate) persons: BTreeMap<(String, String), String>,
    pub(crate) asked: BTreeMap<(String, String), String>,
    /// Revisions of an order that arrived.
    pub(crate) revisions: BTreeMap<String, BTreeSet<u64>>,
    /// Order and what its agency or portal was told, where it is told only once.
    pub(crate) told: BTreeSet<(String, String)>,
    /// Order and decision.
    pub(crate) published: BTreeSet<(String, String)>,
    /// Letters that were refused to their sender, or told to the operators.
    refused: BTreeSet<String>,
    /// What identifies an effect → the message that said it.
    effects: BTreeMap<String, String>,
    /// The newest status of an order: revision, status, settled.
    pub(crate) status: BTreeMap<String, (u64, String, Option<String>)>,
    /// The newest word on a refund: revision, state, amount, reason.
    pub(crate) refunds: BTreeMap<String, (u64, String, String, String)>,
    /// Ids that stood in a durable outbox.
    outbox: BTreeSet<String>,
    /// Rows of the outbox as they stand, by place.
    rows: BTreeMap<(u64, u16), Vec<String>>,
    /// Commits that were looked at.
    commits: u64,
    applied: BTreeMap<Applied, (u64, i64)>,
    /// Messages with a line in the audit log, by commit.
    ended: BTreeMap<u64, Vec<String>>,
    durable: BTreeSet<String>,
    /// Sources of which a person was told that they are paused, until somebody wants them again.
    pub(crate) paused: BTreeSet<&'static str>,
    /// Messages in quarantine of which a person was told that they are released.
    pub(crate) let_go: BTreeSet<Seq>,
    /// Messages that the audit log says are released, by number: the commit.
    released: BTreeMap<Seq, u64>,
    /// What the operators were told of dead letters.
    pub(crate) dead_letters: BTreeSet<String>,
}

fn body_of(message: &Arrived) -> Value {
    serde_json::from_slice(&message.body).unwrap()
}

impl Observer {
    /// What was said and must be taken, as the model wants it.
    pub(crate) fn said<'a>(
        &'a self,
        story: &'a Story,
        assigned: &'a BTreeSet<String>,
        only: impl Fn(usize) -> bool,
    ) -> Said<'a> {
        let taken = story.letters.iter().enumerate().filter(|(at, letter)| {
            self.sent.contains(at) && letter.fate == Fate::Taken && only(*at)
        });
        let bodies = taken.flat_map(|(_, letter)| letter.says.iter().map(|it| (letter.kind, it)));
        let persons = &self.persons;
        Said { bodies: bodies.collect(), assigned, windows_over: self.windows_over, persons }
    }

    /// A commit was applied: looks at what it made of the store.
    pub(crate) fn committed(
        &mut self,
        (store, story): (&Store, &Story),
        confirmed: &BTreeSet<String>,
    ) -> Checked {
        self.money(store, story)?;
        self.audit(store)?;
        let now: BTreeMap<(u64, u16), Vec<String>> = outbox(store);
        for (place, ids) in &self.rows {
            let lost = ids.iter().find(|id| !confirmed.contains(*id));
            if let Some(id) = lost.filter(|_| !now.contains_key(place)) {
                return Err(Broken(format!("messages lost: {id} left the outbox unconfirmed")));
            }
        }
        self.rows = now;
        Ok(())
    }

    /// Money: every payment is somebody's, once, and all of it is in exactly one place.
    fn money(&self, store: &Store, story: &Story) -> Checked {
        let nobody = BTreeSet::new();
        let said = self.said(story, &nobody, |_| true);
        let known: Vec<(Names, i64)> =
            said.money().iter().map(|it| (it.names(), it.live_amount())).collect();
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for payment in store.payments(None, usize::MAX).unwrap().items {
            let names = names(&payment);
            let place = &payment.allocation;
            let placed = place.settled + place.surplus + place.suspense;
            if payment.is_lump() {
                must(placed == 0, || format!("money made: a transfer's lump {names:?} counts"))?;
                continue;
            }
            let at = known.iter().position(|(whole, _)| names.is_subset(whole));
            let at = at.ok_or_else(|| Broken(format!("money made: nobody paid {names:?}")))?;
            must(found.insert(at), || format!("money added: {:?} stands twice", known[at].0))?;
            let live = payment.state().is_live();
            let amount = payment.amount().map_or(0, |it| if live { it.minor() } else { 0 });
            must(placed == amount, || format!("money lost: {names:?} has {placed} of {amount}"))?;
        }
        let ledger = store.check_ledger().unwrap();
        must(ledger.kept == ledger.counted, || format!("the ledger disagrees: {ledger:?}"))
    }

    /// New lines of the audit log: nothing is applied twice.
    fn audit(&mut self, store: &Store) -> Checked {
        let last = store.last_commit();
        while self.commits < last {
            self.commits += 1;
            for at in 0.. {
                let Some(line) = store.audit_line(self.commits, at).unwrap() else { break };
                self.released_once(&line)?;
                let Some((kind, id)) = line.message else { continue };
                let is_file = kind == "statement.file.v1";
                let read = |note: &Note| matches!(note, Note::FileRead { .. });
                let refused = line.disposition == Some(Disposition::Refused);
                if is_file && !refused && !line.notes.iter().any(read) {
                    continue;
                }
                self.ended.entry(self.commits).or_default().push(id.clone());
                if line.disposition != Some(Disposition::Applied) {
                    continue;
                }
                let applied = (format!("{:?}", line.actor), id);
                let now = line.at.seconds();
                let before = self.applied.insert(applied.clone(), (self.commits, now));
                let twice = before.filter(|(_, then)| now - then < KNOWN_DAYS * 24 * 60 * 60);
                must(twice.is_none(), || format!("applied twice: {applied:?}"))?;
            }
        }
        Ok(())
    }

    /// A message that was released and taken is not released again.
    fn released_once(&mut self, line: &AuditLine) -> Checked {
        for note in &line.notes {
            let Note::Desk(DeskNote::Released { number, outcome, .. }) = note else { continue };
            if matches!(outcome, DeedOutcome::Applied | DeedOutcome::Duplicate) {
                let before = self.released.insert(*number, self.commits);
                must(before.is_none(), || format!("released twice: number {}", number.0))?;
            }
        }
        Ok(())
    }

    /// All that is applied was synced, as the store says.
    pub(crate) fn synced(&mut self, store: &Store) {
        self.outbox.extend(outbox(store).into_values().flatten());
        self.durable.extend(std::mem::take(&mut self.ended).into_values().flatten());
    }

    /// The store is as a crash left it.
    pub(crate) fn crashed(&mut self, store: &Store) -> Checked {
        let last = store.last_commit();
        self.commits = self.commits.min(last);
        self.applied.retain(|_, (commit, _)| *commit <= last);
        self.ended.retain(|commit, _| *commit <= last);
        self.released.retain(|_, commit| *commit <= last);
        let gone = self.let_go.iter().find(|number| !self.released.contains_key(number));
        must(gone.is_none(), || format!("a release that was answered is gone: {gone:?}"))?;
        self.rows = outbox(store);
        self.synced(store);
        whole(store)
    }

    /// The broker was told that letters are done with.
    pub(crate) fn acknowledged<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Checked {
        for id in ids {
            must(self.durable.contains(id), || {
                format!("acknowledged before it was on stable storage: {id}")
            })?;
        }
        Ok(())
    }

    /// A message is delivered.
    pub(crate) fn taken(&self, slot: usize) -> Checked {
        let of = |(_, queue): &&(&str, Queue)| Queue::ALL[slot] == *queue;
        let paused = SOURCES.iter().find(of).filter(|(source, _)| self.paused.contains(source));
        must(paused.is_none(), || format!("taken from a paused source: {paused:?}"))
    }

    /// Some message that reached a party, if any did.
    pub(crate) fn any_for_a_party(&self, dice: &mut Dice) -> Option<Arrived> {
        let arrived = self.arrived.values().filter(|it| it.queue().is_some());
        let arrived: Vec<&Arrived> = arrived.collect();
        (!arrived.is_empty()).then(|| (*dice.pick(&arrived)).clone())
    }

    /// A message of kvit reached a queue.
    pub(crate) fn arrived(&mut self, message: Arrived, story: &Story) -> Checked {
        let id = message.id.clone();
        must(self.outbox.contains(&id), || format!("said before it was durable: {id}"))?;
        if let Some(known) = self.arrived.get(&id) {
            let same = (&known.exchange, &known.key, &known.kind, &known.body)
                == (&message.exchange, &message.key, &message.kind, &message.body);
            return must(same, || format!("one id for two messages: {id}"));
        }
        let body = body_of(&message);
        self.right_party(&message, &body, story)?;
        if let Some(effect) = effect(&message, &body) {
            let before = self.effects.insert(effect.clone(), id.clone());
            let before = before.unwrap_or_else(|| id.clone());
            must(before == id, || format!("said twice: {effect} in {before} and {id}"))?;
        }
        self.note(&message, &body, story)?;
        self.arrived.insert(id, message);
        Ok(())
    }

    /// Nothing goes to whom it is not meant for.
    fn right_party(&self, message: &Arrived, body: &Value, story: &Story) -> Checked {
        let nobody = BTreeSet::new();
        let said = self.said(story, &nobody, |_| true);
        let order = body["order_code"].as_str();
        let application = order.and_then(|order| {
            story.letters.iter().find(|it| {
                it.kind == "application.submitted.v1"
                    && it.fate == Fate::Taken
                    && it.says[0]["order_code"] == order
            })
        });
        let owner = application.map(|letter| letter.user);
        let agencies = order.map(|order| said.agencies(order)).unwrap_or_default();
        let Arrived { exchange, key, kind, .. } = message;
        let right = match (exchange.as_str(), kind.as_str()) {
            (_, "message.refused.v1") => true,
            ("kvit.portal.out", _) => owner.is_some_and(|it| key.starts_with(&format!("{it}."))),
            ("kvit.agency.out", _) => agencies.contains(&key.as_str()),
            ("kvit.bank.out", "file.report.v1") => body["feed"].as_str() == Some(key),
            ("kvit.ops.out", "alert.raised.v1") => true,
            ("kvit.ops.out", "refund.due.v1") => owner.is_none(),
            _ => false,
        };
        must(right, || format!("to the wrong party: {kind} {exchange} {key}: {body}"))
    }

    fn note(&mut self, message: &Arrived, body: &Value, story: &Story) -> Checked {
        let order = body["order_code"].as_str().unwrap_or_default().to_owned();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let revision = body["revision"].as_u64().unwrap_or_default();
        if revision > 0 {
            self.revisions.entry(order.clone()).or_default().insert(revision);
        }
        match message.kind.as_str() {
            "documents.added.v1" | "case.withdrawn.v1" => {
                self.told.insert((order, format!("{} {}", message.kind, message.key)));
            }
            "case.documents_requested.v1" => {
                self.told.insert((order, message.kind.clone()));
            }
            "file.report.v1" => return file_report(body, story),
            "case.assigned.v1" => {
                let nobody = BTreeSet::new();
                let mut said = self.said(story, &nobody, |_| true);
                let form = said.all("application.submitted.v1", &order).next();
                must(form.is_some_and(|it| it["form"] == body["form"]), || {
                    format!("the form did not arrive as it was: {order}")
                })?;
                said.persons = &self.asked;
                let could = said.could_be_open(&order);
                must(could, || format!("assigned without evidence: {order}"))?;
                self.assigned.entry(order).or_default().insert(message.key.clone());
            }
            "decision.published.v1" => {
                self.published.insert((order, text(&body["decision_id"])));
            }
            "case.status.v1" => {
                let settled = body["settled"]["amount"].as_str().map(str::to_owned);
                let said = (revision, text(&body["status"]), settled);
                let known = self.status.entry(order).or_insert_with(|| said.clone());
                if said.0 > known.0 {
                    *known = said;
                }
            }
            "refund.due.v1" => {
                let amount = text(&body["amount"]["amount"]);
                let said = (revision, text(&body["state"]), amount, text(&body["reason"]));
                let known = self.refunds.entry(text(&body["refund_id"]));
                let known = known.or_insert_with(|| said.clone());
                if said.0 > known.0 {
                    *known = said;
                }
            }
            "message.refused.v1" => return self.note_refusal(message, body, story),
            "alert.raised.v1" => {
                must(body["kind"] != "defect", || format!("a defect: {body}"))?;
                if body["kind"] == "unknown_sender" {
                    self.refused.insert(text(&body["kind"]));
                }
                if body["kind"] == "dead_lettered" {
                    self.dead_letters.insert(text(&body["detail"]));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note_refusal(&mut self, message: &Arrived, body: &Value, story: &Story) -> Checked {
        let id = body["refused_message_id"].as_str().unwrap_or_default();
        let to = |letter: &&Letter| match letter.fate {
            Fate::Refused(exchange, key) => {
                letter.id == id && message.exchange == exchange && message.key.starts_with(key)
            }
            Fate::Taken | Fate::Unknown => false,
        };
        must(story.letters.iter().any(|letter| to(&letter)), || {
            format!("refused, or told to the wrong party: {body} to {}", message.key)
        })?;
        self.refused.insert(id.to_owned());
        Ok(())
    }

    /// Whoever was to be refused was told, but for letters that never came by their own queue.
    pub(crate) fn refusals(&self, story: &Story, broker: &Broker) -> Checked {
        for (at, letter) in story.letters.iter().enumerate() {
            let told = match letter.fate {
                Fate::Taken => continue,
                Fate::Refused(..) => &letter.id,
                Fate::Unknown => "unknown_sender",
            };
            let came = broker.acknowledged.contains(&at);
            let died = !came && broker.dead.contains(&Content::Letter(at));
            let missing = self.sent.contains(&at) && !self.refused.contains(told) && !died;
            must(!missing, || format!("a refusal was not told: {letter:?}"))?;
        }
        Ok(())
    }

    /// The first agency gave the case back.
    pub(crate) fn was_returned(&self, story: &Story, order: &str) -> bool {
        let mut letters = story.letters.iter().enumerate();
        letters.any(|(at, letter)| {
            letter.kind == "case.returned.v1"
                && letter.says[0]["order_code"] == order
                && self.sent.contains(&at)
        })
    }

    /// Every decision that was taken was published.
    pub(crate) fn is_published(&self, order: &str, decision: &str) -> bool {
        self.published.contains(&(order.to_owned(), decision.to_owned()))
    }
}

/// A file that is applied is applied to its end, each row once, however often it was begun.
fn file_report(body: &Value, story: &Story) -> Checked {
    let rows = &body["rows"];
    let count = |name: &str| rows[name].as_u64().unwrap_or_default();
    let file = story.letters.iter().find(|letter| letter.kind == "statement.file.v1");
    let all = u64::try_from(file.map_or(0, |letter| letter.says.len())).unwrap();
    let new = count("applied") + count("suspended");
    let right = match body["outcome"].as_str() {
        Some("applied") => count("read") == all && new == all,
        Some("duplicate") => count("read") == all && count("duplicate") == all,
        _ => false,
    };
    must(right, || format!("a file of {all} rows ends so: {body}"))
}

/// The audit log is a whole chain, and the books agree with themselves.
pub(crate) fn whole(store: &Store) -> Checked {
    let (_, faults) = store.verify_audit(|_| ()).unwrap();
    must(faults.is_empty(), || format!("the audit log is damaged: {faults:?}"))
}

fn outbox(store: &Store) -> BTreeMap<(u64, u16), Vec<String>> {
    let rows = store.outbox(None, usize::MAX).unwrap();
    let ids = |messages: Vec<kvit_schemas::record::OutMessage>| {
        messages.into_iter().map(|it| it.message_id.to_string()).collect()
    };
    rows.into_iter().map(|row| ((row.commit, row.part), ids(row.messages))).collect()
}

/// What may be said only once, however often the message comes.
fn effect(message: &Arrived, body: &Value) -> Option<String> {
    let (kind, order) = (&message.kind, body["order_code"].as_str().unwrap_or_default());
    match kind.as_str() {
        "case.assigned.v1" | "documents.added.v1" | "case.documents_requested.v1" => {
            Some(format!("{kind} {order} {}", message.key))
        }
        "decision.published.v1" => Some(format!("{kind} {order} {}", body["decision_id"])),
        "refund.due.v1" => Some(format!("{kind} {} {}", body["refund_id"], body["revision"])),
        "case.status.v1" | "case.payment_changed.v1" | "case.withdrawn.v1" => {
            Some(format!("revision {order} {}", body["revision"]))
        }
        _ => None,
    }
}

pub(crate) fn names(payment: &Payment) -> Names {
    let name =
        |it: &kvit_schemas::record::Sighting| (it.feed.to_string(), it.payment_id.to_string());
    payment.sightings.iter().map(name).collect()
}

pub(crate) fn state(state: PaymentState) -> State {
    match state {
        PaymentState::Failed => State::Failed,
        PaymentState::Accepted => State::Accepted,
        PaymentState::Credited => State::Credited,
        PaymentState::Reversed => State::Reversed,
    }
}

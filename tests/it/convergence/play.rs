//! Playing a history in some order, with repetitions and in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use kvit::engine::Rules;
use kvit::pipeline::{Applier, Arrival, Intake, Limits, Queue};
use kvit::settings::Directory;
use kvit_adapters::amqp::Properties;
use kvit_adapters::store::Store;
use kvit_schemas::message::PaymentState;
use kvit_schemas::record::{Destination, Disposition, SuspenseReason, Timer, TimerKind};
use kvit_schemas::{Moment, OrderCode};
use kvit_tests::dice::Dice;
use kvit_tests::rules;

use super::history::{After, Fact, History, What};

/// What the contract promises to be the same at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// Identities of a payment → its state, order, and where its money is.
    payments: BTreeMap<Vec<String>, Place>,
    /// Identities of a payment → what is due for refund of it.
    refunds: BTreeMap<Vec<String>, (i64, &'static str)>,
    /// Order → current decision.
    decisions: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    state: PaymentState,
    order: Option<OrderCode>,
    settled: i64,
    surplus: i64,
    suspense: i64,
    reason: Option<SuspenseReason>,
}

impl Ending {
    pub(super) fn has_decision(&self) -> bool {
        !self.decisions.is_empty()
    }

    pub(super) fn has_refund(&self) -> bool {
        !self.refunds.is_empty()
    }
}

const CATALOGUE: &str = include_str!("catalogue.toml");
const SETTINGS: &str = include_str!("settings.toml");
const NOW: &str = "2026-06-02T12:00:00+03:00";

struct World {
    rules: Rules,
    directory: Directory,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (settings, rules) = rules::from_texts(SETTINGS, CATALOGUE).unwrap();
    World { rules, directory: Directory::from(&settings) }
});

/// Plays a history; `None` when an order came out in which some fact could not happen.
pub(super) fn play(history: &History, seed: u64) -> Option<Ending> {
    let mut dice = Dice::new(seed);
    let mut player = Player::new();
    let mut waiting: Vec<usize> = (0..history.facts.len()).collect();
    dice.shuffle(&mut waiting);
    let mut told: Vec<(usize, String)> = Vec::new();
    while !waiting.is_empty() {
        let next = waiting.iter().position(|&at| player.can(&history.facts[at]))?;
        let at = waiting.remove(next);
        let id = format!("m{at}");
        player.tell(&history.facts[at], &id, &mut dice);
        player.done.insert(at);
        told.push((at, id));
        // Some repetitions of what was said, under the same id or a new one.
        while dice.one_in(3) {
            let (again, id) = dice.pick(&told).clone();
            let id = if dice.one_in(2) { id } else { format!("{id}-again{}", dice.below(9)) };
            player.tell(&history.facts[again], &id, &mut dice);
        }
    }
    player.commit();
    Some(player.ending())
}

struct Player {
    store: Store,
    applier: Applier,
    intake: Intake,
    /// Deliveries of the batch in the making.
    batch: Vec<(Option<Arrival>, Option<Timer>)>,
    assigned: BTreeSet<String>,
    done: BTreeSet<usize>,
}

impl Player {
    fn new() -> Self {
        let store = Store::in_memory();
        let limits =
            Limits { message_bytes: 1 << 20, file_bytes: 1 << 20, quarantine_bytes: 1 << 20 };
        let world = &*WORLD;
        let applier =
            Applier::new(&store, world.rules.clone(), world.directory.clone(), limits, 30).unwrap();
        let intake = Intake { directory: world.directory.clone(), limits };
        let (assigned, done) = (BTreeSet::new(), BTreeSet::new());
        Self { store, applier, intake, batch: Vec::new(), assigned, done }
    }

    /// Whether a fact can happen now. What is in the batch in the making has not happened yet.
    fn can(&mut self, fact: &Fact) -> bool {
        if !fact.after.is_empty() {
            self.commit();
        }
        fact.after.iter().all(|after| match after {
            After::Assigned(code) => self.assigned.contains(code),
            After::Fact(at) => self.done.contains(at),
        })
    }

    fn tell(&mut self, fact: &Fact, id: &str, dice: &mut Dice) {
        match &fact.what {
            What::Message { user, exchange, key, kind, body } => {
                let queue = match *exchange {
                    "portal" => Queue::Portal,
                    "bank" => Queue::Bank,
                    _ => Queue::Agency,
                };
                let properties = Properties {
                    message_id: Some(id.to_owned()),
                    kind: Some((*kind).to_owned()),
                    user_id: Some(user.clone()),
                    ..Properties::default()
                };
                let body = serde_json::to_vec(body).unwrap();
                let exchange = format!("kvit.{exchange}.in");
                let arrival =
                    Arrival { queue, exchange, routing_key: key.clone(), properties, body };
                self.batch.push((Some(arrival), None));
            }
            What::WindowEnds(code) => {
                let due = NOW.parse().unwrap();
                let timer =
                    Timer { due, kind: TimerKind::Window, order_code: code.parse().unwrap() };
                self.batch.push((None, Some(timer)));
            }
        }
        if dice.one_in(3) {
            self.commit();
        }
    }

    /// Applies the batch as one commit and reads what it says.
    fn commit(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let now: Moment = NOW.parse().unwrap();
        let mut draft = self.store.draft();
        for (arrival, timer) in std::mem::take(&mut self.batch) {
            if let Some(arrival) = arrival {
                let shown = format!("{arrival:?}");
                let prepared = self.intake.check(arrival, now);
                let (ended, _) = self.applier.delivery(&mut draft, &prepared, now).unwrap();
                let fine = matches!(ended, Disposition::Applied | Disposition::Duplicate);
                assert!(
                    fine,
                    "a conflict-free fact ended as {ended:?}: {:?} {shown}",
                    prepared.result
                );
            }
            if let Some(timer) = timer {
                self.applier.timer(&mut draft, timer, now).unwrap();
            }
        }
        let applied = draft.apply(self.applier.next_seq()).unwrap();
        for message in applied.outbox.iter().flat_map(|row| &row.messages) {
            let assigned = message.kind == "case.assigned.v1";
            if let (true, Destination::Agency(_), Some(code)) =
                (assigned, &message.destination, message.order_code)
            {
                self.assigned.insert(code.to_string());
            }
        }
    }

    fn ending(&self) -> Ending {
        let mut ending = Ending {
            payments: BTreeMap::new(),
            refunds: BTreeMap::new(),
            decisions: BTreeMap::new(),
        };
        for payment in self.store.payments(None, usize::MAX).unwrap().items {
            let names = payment.sightings.iter().map(|it| format!("{} {}", it.feed, it.payment_id));
            let name: Vec<String> = names.collect();
            let told = payment.refund.as_ref();
            let due = told.filter(|it| it.state == kvit_schemas::message::RefundState::Due);
            if let Some(due) = due {
                ending.refunds.insert(name.clone(), (due.amount, due.reason.as_str()));
            }
            let place = Place {
                state: payment.state(),
                order: payment.order_code,
                settled: payment.allocation.settled,
                surplus: payment.allocation.surplus,
                suspense: payment.allocation.suspense,
                reason: payment.allocation.reason,
            };
            ending.payments.insert(name, place);
        }
        for case in self.store.cases(None, usize::MAX).unwrap().items {
            if let Some(decision) = case.decision() {
                ending
                    .decisions
                    .insert(case.order_code.to_string(), decision.decision_id.to_string());
            }
        }
        let check = self.store.check_ledger().unwrap();
        assert_eq!(check.kept, check.counted, "the ledger's sums are those of the payments");
        let (_, faults) = self.store.verify_audit(|_| ()).unwrap();
        assert_eq!(faults, [], "the audit chain holds");
        ending
    }
}

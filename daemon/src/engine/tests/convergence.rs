//! Any order of the same facts, with any repetition, ends the same (contract 2).
//!
//! Facts are script lines. What an agency answers is said as soon after its place in the order as
//! it causally can be: once the agency has the case, and after what it corrects. An order in which
//! that never comes about is not possible for these facts, and such a set is passed over.

use std::collections::BTreeMap;

use kvit_schemas::message::RefundState;
use kvit_schemas::record::{Case, Payment};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError};

use super::script::{Line, order};
use super::world::{World, rules};

/// One thing that happens.
#[derive(Debug, Clone)]
struct Event {
    line: String,
    after: After,
}

/// What must be there before something can happen.
#[derive(Debug, Clone, Copy)]
enum After {
    Nothing,
    /// The application of this order: only then is its window known.
    Application(u64),
    /// So many answers about this order, and a case that the sender has.
    Answers(u64, usize),
}

impl Event {
    fn free(line: String) -> Self {
        Self { line, after: After::Nothing }
    }
}

const DAYS: [&str; 4] = ["2026-03-05", "2026-03-06", "2026-04-03", "2026-04-20"];
const APPLIED: &str = "at 2026-03-05T09:00:00+03:00";

fn histories() -> u32 {
    std::env::var("KVIT_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

fn config() -> Config {
    Config {
        cases: histories(),
        max_global_rejects: 1_000_000,
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_order_of_the_same_facts_ends_the_same(
        (one, other) in facts().prop_flat_map(|facts| {
            (Just(facts.clone()).prop_shuffle(), Just(facts).prop_shuffle())
        })
    ) {
        let (Some(one), Some(other)) = (play(&one)?, play(&other)?) else {
            return Err(TestCaseError::reject("no such order is causally possible"));
        };
        prop_assert_eq!(one, other);
    }
}

/// What must be equal at the end.
fn ending(world: &World) -> BTreeMap<String, String> {
    let payments = world.payments.values().map(payment);
    payments.chain(world.cases.values().filter_map(case)).collect()
}

fn payment(payment: &Payment) -> (String, String) {
    let names: Vec<String> =
        payment.sightings.iter().map(|it| format!("{}/{}", it.feed, it.payment_id)).collect();
    let due = payment.refund.as_ref().filter(|told| told.state == RefundState::Due);
    let refund = due.map(|told| (told.amount, told.reason));
    let place = (payment.order_code, payment.state(), &payment.allocation);
    (names.join("+"), format!("{place:?} {refund:?}"))
}

fn case(case: &Case) -> Option<(String, String)> {
    case.application.as_ref()?;
    let decision = case.decision().map(|it| (&it.decision_id, it.outcome));
    let withdrawn = case.withdrawals.len();
    let told = (decision.is_some() || withdrawn > 0).then_some(case.told.status);
    Some((case.order_code.to_string(), format!("{decision:?} {withdrawn} {told:?}")))
}

/// Plays the facts in this order; `None` when an answer never became possible.
fn play(events: &[Event]) -> Result<Option<BTreeMap<String, String>>, TestCaseError> {
    let mut world = World::new(rules());
    world.now = "2026-05-01T10:00:00+03:00".parse().unwrap();
    let mut answered: BTreeMap<u64, usize> = BTreeMap::new();
    let mut waiting: Vec<&Event> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        world.now = world.now.plus_seconds(1);
        waiting.push(event);
        while let Some(at) = waiting.iter().position(|event| possible(&world, event, &answered)) {
            let event = waiting.remove(at);
            hear(&mut world, event, number)?;
            if let After::Answers(order, step) = event.after {
                let next = answered.entry(order).or_default();
                *next = (*next).max(step + 1);
            }
        }
    }
    Ok(waiting.is_empty().then(|| ending(&world)))
}

fn hear(world: &mut World, event: &Event, number: usize) -> Result<(), TestCaseError> {
    let input = Line::parse(&event.line).input(world, number);
    match world.apply(input) {
        Ok(_) => Ok(()),
        Err(refusal) => Err(TestCaseError::fail(format!("{}: {refusal:?}", event.line))),
    }
}

/// True when its turn has come and its sender has the case, or the event is only repeated.
fn possible(world: &World, event: &Event, answered: &BTreeMap<u64, usize>) -> bool {
    let case = |code: u64| world.cases.get(&order(&code.to_string()));
    match event.after {
        After::Nothing => true,
        After::Application(code) => case(code).is_some_and(|case| case.application.is_some()),
        After::Answers(code, step) => {
            let done = answered.get(&code).copied().unwrap_or_default();
            let line = Line::parse(&event.line);
            let assigned = case(code).and_then(Case::assigned);
            let has = assigned.is_some_and(|it| it.agency.as_str() == line.word(0));
            step < done || (step == done && has)
        }
    }
}

/// Facts about one to three orders, some of them said twice.
fn facts() -> impl Strategy<Value = Vec<Event>> {
    let orders = vec(an_order(), 1..=3).prop_map(|orders| {
        let numbered = orders.iter().zip(17_u64..);
        numbered.flat_map(|(order, code)| order.events(code)).collect::<Vec<Event>>()
    });
    let money = vec(money(), 0..=4).prop_map(|all| {
        let numbered = all.iter().enumerate();
        numbered.flat_map(|(number, money)| money.events(number)).collect::<Vec<Event>>()
    });
    (orders, money, vec(any::<bool>(), 8)).prop_map(|(mut events, money, twice)| {
        events.extend(money);
        let repeated: Vec<Event> = events
            .iter()
            .zip(twice.iter().cycle())
            .filter(|(_, twice)| **twice)
            .map(|(event, _)| event.clone())
            .collect();
        events.extend(repeated);
        events
    })
}

#[derive(Debug, Clone)]
struct AnOrder {
    application: &'static str,
    withdrawn: bool,
    receipt: bool,
    window: bool,
    answers: Vec<&'static str>,
}

fn an_order() -> impl Strategy<Value = AnOrder> {
    let application = select(vec![
        "5.9 45.00",
        "5.9 45.00",
        "5.a 45.00",
        "5.c 45.00",
        "5.t 45.00",
        "5.l 45.00",
        "5.f free",
        "5.9 20.00 exempt partial",
    ]);
    let answers = select(vec![
        vec![],
        vec![],
        vec!["accepts"],
        vec!["decides granted"],
        vec!["decides not_accepted"],
        vec!["accepts", "decides not_accepted", "corrects granted"],
        vec!["decides granted", "corrects not_accepted"],
        vec!["returns"],
        vec!["accepts", "returns"],
        vec!["returns", "accepts", "decides refused"],
    ]);
    let rarely = prop::bool::weighted(0.25);
    (application, rarely, any::<bool>(), any::<bool>(), answers).prop_map(
        |(application, withdrawn, receipt, window, answers)| AnOrder {
            application,
            withdrawn,
            receipt,
            window,
            answers,
        },
    )
}

impl AnOrder {
    fn events(&self, code: u64) -> Vec<Event> {
        let mut events =
            vec![Event::free(format!("portal submits {code} {} {APPLIED}", self.application))];
        if self.withdrawn {
            events.push(Event::free(format!("portal withdraws {code} {APPLIED}")));
        }
        if self.receipt {
            events.push(Event::free(format!("portal attaches {code} op 45.00 {APPLIED}")));
        }
        if self.window {
            let line = format!("timer window {code}");
            events.push(Event { line, after: After::Application(code) });
        }
        let mut agency = "zags-minsk";
        let mut decided = false;
        for (step, answer) in self.answers.iter().enumerate() {
            let line = match answer.split_once(' ') {
                None if *answer == "accepts" => format!("{agency} accepts {code} n{step}"),
                None => format!("{agency} returns {code} to archive"),
                Some((_, outcome)) => {
                    let replacing = if decided { " replacing d1" } else { "" };
                    let id = if decided { "d2" } else { "d1" };
                    decided = true;
                    format!("{agency} decides {code} {id} {outcome}{replacing}")
                }
            };
            if *answer == "returns" {
                agency = "archive";
            }
            let line = format!("{line} {APPLIED}");
            events.push(Event { line, after: After::Answers(code, step) });
        }
        events
    }
}

/// Money as ERIP and the bank may see it.
#[derive(Debug, Clone)]
struct AMoney {
    gross: i64,
    net: bool,
    day: usize,
    next_day: bool,
    erip: Vec<&'static str>,
    bank: Vec<&'static str>,
    codes: (&'static str, &'static str),
    reference: &'static str,
}

fn money() -> impl Strategy<Value = AMoney> {
    let states = || {
        let one = select(vec!["failed", "accepted", "credited", "credited", "reversed"]);
        prop_oneof![3 => Just(vec!["credited"]), 2 => vec(one, 0..=3)]
    };
    let code = || select(vec!["17", "17", "17", "18", "19", "~17", "~18", "~17+18", "-"]);
    let reference = select(vec!["operation", "operation", "document", "none"]);
    (
        select(vec![2000, 2500, 4500, 4500, 5000]),
        prop::bool::weighted(0.3),
        0..DAYS.len(),
        prop::bool::weighted(0.2),
        (states(), states()),
        (code(), code()),
        reference,
    )
        .prop_map(|(gross, net, day, next_day, (erip, bank), codes, reference)| AMoney {
            gross,
            net,
            day,
            next_day,
            erip,
            bank,
            codes,
            reference,
        })
}

impl AMoney {
    fn events(&self, number: usize) -> Vec<Event> {
        let amount = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let withheld = self.gross / 100;
        let (gross, net) = (amount(self.gross), amount(self.gross - withheld));
        let (shown, kept) = match self.net {
            true => (net, format!(" kept {}", amount(withheld))),
            false => (gross.clone(), String::new()),
        };
        let paid = |day: usize| format!("paid {}T1{number}:00:00+03:00", DAYS[day % DAYS.len()]);
        let (erip_paid, bank_paid) = (paid(self.day), paid(self.day + usize::from(self.next_day)));
        let (theirs, ours) = match self.reference {
            "operation" => (format!(" ref erip_operation=e{number}"), String::new()),
            "document" => (format!(" ref doc={number}"), format!(" ref doc={number}")),
            _ => (String::new(), String::new()),
        };
        let (erip_code, bank_code) = self.codes;
        let mut events = Vec::new();
        for (at, state) in self.erip.iter().enumerate() {
            // The code may be in some reports only.
            let code = if at == 1 { "-" } else { erip_code };
            let line = format!("erip {state} {code} e{number} {gross} {erip_paid}{kept}{ours}");
            events.push(Event::free(line));
        }
        for (at, state) in self.bank.iter().enumerate() {
            // So may the reference.
            let reference = if at == 1 { "" } else { &theirs };
            let line = format!("bank {state} {bank_code} b{number} {shown} {bank_paid}{reference}");
            events.push(Event::free(line));
        }
        events
    }
}

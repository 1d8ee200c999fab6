//! What may happen to an order, and how it must end.

use super::builder::{Builder, Order, again};
use super::{BANK, ERIP, Event, Expected, Sum};
use crate::demo::bank::{self, Register};
use crate::demo::{agency, portal};

/// Plays one order.
type Scenario = fn(&mut Builder, &Order) -> Expected;

/// Orders with a fee.
pub(super) const PAID: &[(&str, Scenario)] = &[
    ("paid online", |it, o| online(it, o, "granted")),
    ("paid by 206 and 210", registers),
    ("paid by statement", |it, o| {
        statement(it, o, |code| (format!("Пошлина {code}."), String::new()))
    }),
    ("code over two fields", |it, o| {
        statement(it, o, |code| (format!("код {}", &code[..14]), format!("{} ад", &code[14..])))
    }),
    ("code in groups", |it, o| {
        let grouped = |code: &str| format!("{} {} {}", &code[..10], &code[10..20], &code[20..]);
        statement(it, o, move |code| (grouped(code), String::new()))
    }),
    ("everything twice", twice),
    ("paid before the application", early_payment),
    ("withdrawn before the application", |it, o| withdrawn(it, o, true)),
    ("withdrawn", |it, o| withdrawn(it, o, false)),
    ("withdrawn at the agency", withdrawn_at_agency),
    ("withdrawn after the decision", withdrawn_decided),
    ("damaged code", |it, o| {
        let damaged = o.code[1..].to_owned();
        suspended(it, o, (format!("Пошлина {damaged}"), String::new()))
    }),
    ("two codes", |it, o| {
        let other = it.code();
        suspended(it, o, (format!("{}, {other}", o.code), String::new()))
    }),
    ("underpaid", |it, o| part(it, o, 0)),
    ("paid in two parts", two_parts),
    ("overpaid", |it, o| surplus(it, o, true)),
    ("paid twice", |it, o| surplus(it, o, false)),
    ("paid late", late),
    ("expired", |it, o| expired(it, o, false)),
    ("expired underpaid", |it, o| expired(it, o, true)),
    ("reversed at once", |it, o| reversed_before(it, o, false)),
    ("reversed at once by 216", |it, o| reversed_before(it, o, true)),
    ("reversed at the agency", |it, o| reversed_after(it, o, false)),
    ("reversed at the agency by 216", |it, o| reversed_after(it, o, true)),
    ("fully exempt, paid", exempt),
    ("partly exempt", reduced),
    ("paid in dollars", dollars),
    ("paid over the counter", counter),
    ("seen by two feeds", joined),
    ("perhaps seen by two feeds", second_sighting),
    ("not accepted by the agency", |it, o| online(it, o, "not_accepted")),
    ("returned to another agency", |it, o| {
        pay_all(it, o);
        passed_on(it, o)
    }),
    ("decision corrected", |it, o| {
        pay_all(it, o);
        corrected(it, o)
    }),
    ("receipt attached", receipt),
];

/// Orders without one.
pub(super) const FREE: &[(&str, Scenario)] = &[
    ("granted", |it, o| free(it, o, "granted")),
    ("refused", |it, o| free(it, o, "refused")),
    ("not accepted", |it, o| free(it, o, "not_accepted")),
    ("withdrawn", |it, o| withdrawn(it, o, false)),
    ("withdrawn before the application", |it, o| withdrawn(it, o, true)),
    ("withdrawn at the agency", withdrawn_at_agency),
    ("withdrawn after the decision", withdrawn_decided),
    ("documents asked for", documents),
    ("returned to another agency", passed_on),
    ("returned to nobody", returned),
    ("term extended", extended),
    ("decision corrected", corrected),
    ("paid though free", paid_though_free),
    ("everything twice", twice),
    ("in work", in_work),
];

/// The whole fee, online, in time.
fn pay_all(it: &mut Builder, o: &Order) {
    if o.fee.is_none() {
        return;
    }
    let paid = it.pay(o, o.due(), 2);
    it.online(&paid, &["accepted", "credited"]);
    it.credited(&paid, (o.due(), 0, 0));
}

fn decided(it: &mut Builder, o: &Order, outcome: &'static str) -> Expected {
    let decision = it.decide(o, (0, &o.agency), outcome);
    let expected = o.ends("decided", o.due());
    Expected { decision: Some((decision, outcome)), assigned: true, ..expected }
}

fn free(it: &mut Builder, o: &Order, outcome: &'static str) -> Expected {
    it.apply(o);
    decided(it, o, outcome)
}

fn online(it: &mut Builder, o: &Order, outcome: &'static str) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 2);
    it.online(&paid, &["accepted", "credited"]);
    let expected = decided(it, o, outcome);
    if outcome == "not_accepted" {
        it.credited(&paid, (0, o.due(), 0));
        let refunds = vec![(o.due(), "not_accepted")];
        return Expected { settled: Some(0), refunds, ..expected };
    }
    it.credited(&paid, (o.due(), 0, 0));
    expected
}

fn registers(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 3);
    it.credited(&paid, (o.due(), 0, 0));
    it.by_register(paid);
    decided(it, o, "granted")
}

fn statement(it: &mut Builder, o: &Order, purpose: impl Fn(&str) -> (String, String)) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 4);
    paid.purpose = Some(purpose(&o.code));
    it.by_statement(paid);
    let sum = Sum { gross: o.due(), settled: o.due(), ..Sum::default() };
    it.sum(BANK, "BYN", sum);
    decided(it, o, "refused")
}

fn twice(it: &mut Builder, o: &Order) -> Expected {
    let mut post = it.application(o, (o.fee, None));
    post.copies = 2;
    it.say(again(&post));
    it.say(post);
    if o.fee.is_some() {
        let paid = it.pay(o, o.due(), 2);
        let mut post = it.message(&paid, "credited");
        post.copies = 3;
        it.say(again(&post));
        it.say(post);
        it.credited(&paid, (o.due(), 0, 0));
    }
    decided(it, o, "granted")
}

fn early_payment(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 1);
    let post = it.message(&paid, "credited");
    it.early(post);
    it.credited(&paid, (o.due(), 0, 0));
    decided(it, o, "granted")
}

fn withdrawn(it: &mut Builder, o: &Order, early: bool) -> Expected {
    it.apply(o);
    let post = it.withdrawal(o);
    if early {
        it.early(post)
    } else {
        it.say(post)
    }
    let mut expected = o.ends("withdrawn", 0);
    if o.fee.is_some() {
        let paid = it.pay(o, o.due(), 5);
        it.online(&paid, &["credited"]);
        it.credited(&paid, (0, o.due(), 0));
        expected.refunds = vec![(o.due(), "withdrawn")];
    }
    expected
}

fn withdrawn_at_agency(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let mut expected = Expected { assigned: true, ..o.ends("withdrawn", 0) };
    it.accept(o, 0, &o.agency);
    let post = it.withdrawal(o);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
    if o.fee.is_some() {
        let paid = it.pay(o, o.due(), 5);
        it.online(&paid, &["accepted", "credited"]);
        it.credited(&paid, (0, o.due(), 0));
        expected.refunds = vec![(o.due(), "withdrawn")];
    }
    expected
}

fn withdrawn_decided(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    pay_all(it, o);
    let expected = decided(it, o, "refused");
    if let Some((decision, _)) = &expected.decision {
        let post = it.withdrawal(o);
        it.answer(Event::Decided(decision.clone()), post);
    }
    expected
}

fn suspended(it: &mut Builder, o: &Order, purpose: (String, String)) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 2);
    paid.code = None;
    paid.purpose = Some(purpose);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 0, o.due()));
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

/// Half of the fee, so many days late in its window.
fn part(it: &mut Builder, o: &Order, days: i64) -> Expected {
    it.apply(o);
    let half = o.due() / 2;
    let paid = it.pay(o, half, 2 + days * 24);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (half, 0, 0));
    Expected { unassigned: true, ..o.ends("underpaid", half) }
}

fn two_parts(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let (half, rest) = (o.due() / 2, o.due() - o.due() / 2);
    for (amount, hours) in [(half, 2), (rest, 9)] {
        let paid = it.pay(o, amount, hours);
        it.online(&paid, &["credited", "accepted"]);
        it.credited(&paid, (amount, 0, 0));
    }
    decided(it, o, "granted")
}

/// More than is due, in one payment or by a second one.
fn surplus(it: &mut Builder, o: &Order, in_one: bool) -> Expected {
    it.apply(o);
    let refund = if in_one {
        let paid = it.pay(o, o.due() + 505, 2);
        it.online(&paid, &["accepted", "credited"]);
        it.credited(&paid, (o.due(), 505, 0));
        (505, "overpaid")
    } else {
        let (first, second) = (it.pay(o, o.due(), 2), it.pay(o, o.due(), 6));
        it.online(&first, &["credited"]);
        it.online(&second, &["credited"]);
        it.credited(&first, (o.due(), 0, 0));
        it.credited(&second, (0, o.due(), 0));
        (o.due(), "second_payment")
    };
    Expected { refunds: vec![refund], ..decided(it, o, "granted") }
}

/// The same order, submitted two months ago.
fn long_ago(it: &Builder, o: &Order) -> Order {
    Order { submitted: it.before(60, 3600), ..o.clone() }
}

fn late(it: &mut Builder, o: &Order) -> Expected {
    let o = &long_ago(it, o);
    it.apply(o);
    let paid = it.pay(o, o.due(), 55 * 24);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (o.due(), 0, 0));
    decided(it, o, "granted")
}

fn expired(it: &mut Builder, o: &Order, in_part: bool) -> Expected {
    let o = &long_ago(it, o);
    it.apply(o);
    let mut expected = Expected { unassigned: true, ..o.ends("expired", 0) };
    if in_part {
        let half = o.due() / 2;
        let paid = it.pay(o, half, 48);
        it.online(&paid, &["credited"]);
        it.credited(&paid, (0, half, 0));
        expected.refunds = vec![(half, "expired")];
    }
    expected
}

/// Accepted and taken back, never enough to go to the agency.
fn reversed_before(it: &mut Builder, o: &Order, by_file: bool) -> Expected {
    it.apply(o);
    let amount = if o.accepted_counts { o.due() / 2 } else { o.due() };
    let paid = it.pay(o, amount, 2);
    it.online(&paid, &["accepted"]);
    take_back(it, &paid, by_file, None);
    it.sum(ERIP, "BYN", Sum { gross: amount, reversed: amount, ..Sum::default() });
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

fn reversed_after(it: &mut Builder, o: &Order, by_file: bool) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 2);
    it.online(&paid, &["credited"]);
    it.accept(o, 0, &o.agency);
    take_back(it, &paid, by_file, Some(Event::Assigned(o.code.clone(), 0)));
    let (gross, withheld) = (o.due(), bank::commission(o.due()));
    it.sum(ERIP, "BYN", Sum { gross, reversed: gross, withheld, ..Sum::default() });
    Expected { assigned: true, ..o.ends("payment_reversed", 0) }
}

fn take_back(it: &mut Builder, paid: &bank::Paid, by_file: bool, when: Option<Event>) {
    let post = if by_file {
        it.register(Register::Reversed, std::slice::from_ref(paid))
    } else {
        it.message(paid, "reversed")
    };
    match when {
        Some(event) => it.answer(event, post),
        None => it.say(post),
    }
}

fn exempt(it: &mut Builder, o: &Order) -> Expected {
    let post = it.application(o, (None, Some("full")));
    it.say(post);
    let paid = it.pay(o, 450, 2);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 450, 0));
    let o = &Order { fee: None, ..o.clone() };
    Expected { refunds: vec![(450, "exempt")], ..decided(it, o, "granted") }
}

fn reduced(it: &mut Builder, o: &Order) -> Expected {
    let o = &Order { fee: Some(o.due() / 2), ..o.clone() };
    let post = it.application(o, (o.fee, Some("partial")));
    it.say(post);
    pay_all(it, o);
    decided(it, o, "granted")
}

fn dollars(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 2);
    paid.currency = "USD";
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 0, o.due()));
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

fn counter(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 2);
    it.over_the_counter(&paid);
    if o.accepted_counts {
        return decided(it, o, "granted");
    }
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

/// Accepted by ERIP, booked by the bank under the same document: one payment.
fn joined(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 2);
    paid.document = Some(format!("J{}", paid.id));
    it.online(&paid, &["accepted"]);
    paid.purpose = Some((format!("АИС {}", o.code), String::new()));
    it.by_statement(paid);
    it.sum(ERIP, "BYN", Sum { gross: o.due(), settled: o.due(), ..Sum::default() });
    decided(it, o, "granted")
}

/// The same amount on the same day in both feeds, with nothing in common: a person must look.
fn second_sighting(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    pay_all(it, o);
    let mut paid = it.pay(o, o.due(), 3);
    paid.purpose = Some((o.code.clone(), String::new()));
    it.by_statement(paid);
    it.sum(BANK, "BYN", Sum { gross: o.due(), suspense: o.due(), ..Sum::default() });
    decided(it, o, "granted")
}

fn receipt(it: &mut Builder, o: &Order) -> Expected {
    let body = portal::receipt(&o.code, o.submitted.plus_seconds(9000), ("55512", o.due()));
    let id = format!("rcp-{}", o.code);
    it.say(portal::post(o.portal, "receipt.attached.v1", id, &body));
    online(it, o, "granted")
}

fn paid_though_free(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, 300, 2);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 300, 0));
    Expected { refunds: vec![(300, "exempt")], ..decided(it, o, "granted") }
}

/// Given back with the name of another agency, which decides; where the catalogue knows none,
/// decided by the first.
fn passed_on(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let Some(other) = o.procedure.also_decided_by.first().map(ToString::to_string) else {
        return decided(it, o, "granted");
    };
    give_back(it, o, Some(&other));
    let decision = it.decide(o, (1, &other), "granted");
    Expected {
        decision: Some((decision, "granted")),
        assigned: true,
        agencies: vec![o.agency.clone(), other],
        ..o.ends("decided", o.due())
    }
}

fn returned(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    give_back(it, o, None);
    Expected { assigned: true, ..o.ends("paid", 0) }
}

fn give_back(it: &mut Builder, o: &Order, suggested: Option<&str>) {
    let body = agency::returned(&o.code, it.before(1, 20_000), suggested);
    let post = agency::post(&o.agency, "case.returned.v1", format!("ret-{}", o.code), &body);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
}

fn documents(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let body = portal::documents(&o.code, o.submitted.plus_seconds(600), None);
    it.say(portal::post(o.portal, "documents.added.v1", format!("doc-{}", o.code), &body));
    let request = format!("req-{}", o.code);
    let body = agency::requested(&o.code, &request, it.before(1, 20_000));
    let id = format!("m-{request}");
    let post = agency::post(&o.agency, "case.documents_requested.v1", id, &body);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
    let body = portal::documents(&o.code, it.before(1, 25_000), Some(&request));
    let id = format!("doc-{}-2", o.code);
    let post = portal::post(o.portal, "documents.added.v1", id, &body);
    it.answer(Event::Requested(request), post);
    decided(it, o, "granted")
}

fn extended(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let body = agency::extended(&o.code, it.today.plus_days(40), it.before(1, 20_000));
    let id = format!("ext-{}", o.code);
    let post = agency::post(&o.agency, "case.deadline_changed.v1", id, &body);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
    decided(it, o, "granted")
}

fn corrected(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let expected = decided(it, o, "refused");
    let Some((first, _)) = &expected.decision else { return expected };
    let second = format!("dec-{}-2", o.code);
    let said = ("granted", Some(first.as_str()));
    let body = agency::decided(&o.code, &second, said, it.before(1, 45_000));
    let post = agency::post(&o.agency, "case.decided.v1", format!("m-{second}"), &body);
    it.answer(Event::Decided(first.clone()), post);
    it.acknowledge(o, &second);
    Expected { decision: Some((second, "granted")), ..expected }
}

fn in_work(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    it.accept(o, 0, &o.agency);
    Expected { assigned: true, ..o.ends("in_work", 0) }
}

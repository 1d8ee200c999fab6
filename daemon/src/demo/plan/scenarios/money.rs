//! What is paid, how, and when.

use kvit_schemas::LatePayment;

use super::super::builder::{Builder, Order, again};
use super::super::{Event, Expected, Purse, Sum};
use super::cases::decided;
use crate::demo::bank::{self, Register};
use crate::demo::portal;

/// The whole fee, online, in time.
pub(super) fn pay_all(it: &mut Builder, o: &Order) {
    if o.fee.is_none() {
        return;
    }
    let paid = it.pay(o, o.due(), 2);
    it.online(&paid, &["accepted", "credited"]);
    it.credited(&paid, (o.due(), 0, 0));
}

pub(super) fn online(it: &mut Builder, o: &Order, outcome: &'static str) -> Expected {
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

pub(super) fn registers(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 3);
    it.credited(&paid, (o.due(), 0, 0));
    it.by_register(paid);
    decided(it, o, "granted")
}

pub(super) fn statement(
    it: &mut Builder,
    o: &Order,
    purpose: impl Fn(&str) -> (String, String),
) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 4);
    paid.purpose = Some(purpose(&o.code));
    it.by_statement(paid);
    let sum = Sum { gross: o.due(), settled: o.due(), ..Sum::default() };
    it.sum(Purse::Statements, "BYN", sum);
    decided(it, o, "refused")
}

pub(super) fn twice(it: &mut Builder, o: &Order) -> Expected {
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

pub(super) fn early_payment(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 1);
    let post = it.message(&paid, "credited");
    it.early(post);
    it.credited(&paid, (o.due(), 0, 0));
    decided(it, o, "granted")
}

pub(super) fn suspended(it: &mut Builder, o: &Order, purpose: (String, String)) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 2);
    paid.code = None;
    paid.purpose = Some(purpose);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 0, o.due()));
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

/// Half of the fee, so many days late in its window.
pub(super) fn part(it: &mut Builder, o: &Order, days: i64) -> Expected {
    it.apply(o);
    let half = o.due() / 2;
    let paid = it.pay(o, half, 2 + days * 24);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (half, 0, 0));
    Expected { unassigned: true, ..o.ends("underpaid", half) }
}

pub(super) fn two_parts(it: &mut Builder, o: &Order) -> Expected {
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
pub(super) fn surplus(it: &mut Builder, o: &Order, in_one: bool) -> Expected {
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
pub(super) fn long_ago(it: &Builder, o: &Order) -> Order {
    Order { submitted: it.before(60, 3600), ..o.clone() }
}

pub(super) fn late(it: &mut Builder, o: &Order) -> Expected {
    if o.procedure.policy.late_payment != LatePayment::Revive {
        return online(it, o, "granted");
    }
    let o = &long_ago(it, o);
    it.apply(o);
    let paid = it.pay(o, o.due(), 55 * 24);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (o.due(), 0, 0));
    decided(it, o, "granted")
}

pub(super) fn expired(it: &mut Builder, o: &Order, in_part: bool) -> Expected {
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
pub(super) fn reversed_before(it: &mut Builder, o: &Order, by_file: bool) -> Expected {
    it.apply(o);
    let amount = if o.accepted_counts { o.due() / 2 } else { o.due() };
    let paid = it.pay(o, amount, 2);
    it.online(&paid, &["accepted"]);
    take_back(it, &paid, by_file, None);
    it.sum(Purse::Online, "BYN", Sum { gross: amount, reversed: amount, ..Sum::default() });
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

pub(super) fn reversed_after(it: &mut Builder, o: &Order, by_file: bool) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 2);
    it.online(&paid, &["credited"]);
    it.accept(o, 0, &o.agency);
    take_back(it, &paid, by_file, Some(Event::Assigned(o.code.clone(), 0)));
    let (gross, withheld) = (o.due(), bank::commission(o.due()));
    it.sum(Purse::Online, "BYN", Sum { gross, reversed: gross, withheld, ..Sum::default() });
    Expected { assigned: true, ..o.ends("payment_reversed", 0) }
}

pub(super) fn take_back(it: &mut Builder, paid: &bank::Paid, by_file: bool, when: Option<Event>) {
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

pub(super) fn exempt(it: &mut Builder, o: &Order) -> Expected {
    let post = it.application(o, (None, Some("full")));
    it.say(post);
    let paid = it.pay(o, 450, 2);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 450, 0));
    let o = &Order { fee: None, ..o.clone() };
    Expected { refunds: vec![(450, "exempt")], ..decided(it, o, "granted") }
}

pub(super) fn reduced(it: &mut Builder, o: &Order) -> Expected {
    let o = &Order { fee: Some(o.due() / 2), ..o.clone() };
    let post = it.application(o, (o.fee, Some("partial")));
    it.say(post);
    pay_all(it, o);
    decided(it, o, "granted")
}

pub(super) fn dollars(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 2);
    paid.currency = "USD";
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 0, o.due()));
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

pub(super) fn counter(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, o.due(), 2);
    it.over_the_counter(&paid);
    if o.accepted_counts {
        return decided(it, o, "granted");
    }
    Expected { unassigned: true, ..o.ends("awaiting_payment", 0) }
}

/// Paid in a way that is not played here.
pub(super) fn by_others(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    decided(it, o, "granted")
}

/// Accepted by ERIP, booked by the bank without ERIP's number: the bank's word is further and
/// counts, ERIP's is held as what may be the same money.
pub(super) fn booked(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let mut paid = it.pay(o, o.due(), 2);
    paid.document = Some(format!("J{}", paid.id));
    it.online(&paid, &["accepted"]);
    paid.purpose = Some((format!("АИС {}", o.code), String::new()));
    it.by_statement(paid);
    it.sum(Purse::Statements, "BYN", Sum { gross: o.due(), settled: o.due(), ..Sum::default() });
    it.sum(Purse::Online, "BYN", Sum { accepted: o.due(), ..Sum::default() });
    decided(it, o, "granted")
}

/// The same amount on the same day in both feeds, with nothing in common: a person must look.
pub(super) fn second_sighting(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    pay_all(it, o);
    let mut paid = it.pay(o, o.due(), 3);
    paid.purpose = Some((o.code.clone(), String::new()));
    it.by_statement(paid);
    it.sum(Purse::Statements, "BYN", Sum { gross: o.due(), suspense: o.due(), ..Sum::default() });
    decided(it, o, "granted")
}

pub(super) fn receipt(it: &mut Builder, o: &Order) -> Expected {
    let body = portal::receipt(&o.code, o.submitted.plus_seconds(9000), ("55512", o.due()));
    let id = format!("rcp-{}", o.code);
    it.say(portal::post(&o.portal, "receipt.attached.v1", id, &body));
    online(it, o, "granted")
}

pub(super) fn paid_though_free(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let paid = it.pay(o, 300, 2);
    it.online(&paid, &["credited"]);
    it.credited(&paid, (0, 300, 0));
    Expected { refunds: vec![(300, "exempt")], ..decided(it, o, "granted") }
}

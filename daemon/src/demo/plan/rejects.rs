//! Messages that kvit must refuse, each with the code by which it must say so.

use kvit_adapters::amqp::Speaker;
use serde_json::Value;

use super::builder::{Builder, Order, again, said_by};
use super::{End, Event, Expected, Post};
use crate::demo::bank::{self, Paid, Register};
use crate::demo::cast::Need::{
    self, Agencies, AnySender, Banks, Certified, Counter, OtherAgency, OtherPortal, Registers,
    Statements, Unp, UsualLimit,
};
use crate::demo::cast::{Owner, Voice};
use crate::demo::{agency, portal};

/// Makes one message that must be refused.
type Reject = fn(&mut Builder, &Order) -> Post;

/// The code it must be refused with, who must be played, how it is made.
type Listed = (&'static str, &'static [Need], Reject);

/// Refused whenever they come.
const ALWAYS: &[Listed] = &[
    ("KV1101", &[], |it, o| Post { body: b"{\"order_code\": ".to_vec(), ..fresh(it, o) }),
    ("KV1105", &[], |it, o| changed(it, o, |body| body["colour"] = "blue".into())),
    ("KV1106", &[], |it, o| {
        changed(it, o, |body| drop(body.as_object_mut().and_then(|it| it.remove("language"))))
    }),
    ("KV1107", &[], |it, o| changed(it, o, |body| body["applicant"]["region"] = "BY-XX".into())),
    ("KV1108", &[], |it, o| changed(it, o, |body| body["order_code"] = "17".into())),
    ("KV1109", &[], |it, o| {
        changed(it, o, |body| body["fee"] = serde_json::json!({ "amount": "1", "currency": "BYN" }))
    }),
    ("KV1111", &[], |it, o| {
        changed(it, o, |body| body["submitted_at"] = "2190-01-01T00:00:00+03:00".into())
    }),
    ("KV1404", &[], |it, o| changed(it, o, |body| body["fee"] = portal::money(123_456, "BYN"))),
    ("KV1401", &[], |it, o| changed(it, o, |body| body["procedure"] = "99.99".into())),
    ("KV1403", &[Certified], |it, o| {
        changed(it, o, |body| {
            body["identification"] = "password".into();
            body["applicant"]["kind"] = "citizen".into();
            body["procedure"] = "2.2".into();
            body["fee"] = Value::Null;
        })
    }),
    ("KV1001", &[UsualLimit], |it, o| {
        changed(it, o, |body| body["form"]["pad"] = "x".repeat(1_100_000).into())
    }),
    ("KV1004", &[], |it, o| Post { kind: "application.dreamt.v1", ..fresh(it, o) }),
    ("KV1008", &[], |it, o| Post { key: "application.else".to_owned(), ..fresh(it, o) }),
    ("KV1002", &[AnySender], |it, o| Post { speaker: Speaker::Nobody, ..fresh(it, o) }),
    ("KV1007", &[AnySender], |it, o| {
        let bank = it.cast.online.bank.clone();
        said_by(&bank, &fresh(it, o))
    }),
    ("KV1110", &[Banks], |it, o| {
        let voice = it.cast.online.clone();
        payment(it, o, (&voice.bank, &voice.feed), (0, "accepted"))
    }),
    ("KV1301", &[Banks, Statements, AnySender], |it, o| {
        let other = it.cast.statements.clone().map_or_else(String::new, |other| other.bank);
        let feed = it.cast.online.feed.clone();
        payment(it, o, (&other, &feed), (100, "accepted"))
    }),
    ("KV1302", &[Banks, Counter], |it, o| {
        let voice = it.cast.counter.clone().unwrap_or_else(|| it.cast.online.clone());
        payment(it, o, (&voice.bank, &voice.feed), (100, "credited"))
    }),
    ("KV1303", &[Agencies, OtherAgency], |it, o| {
        let body = agency::decided(&o.code, "foreign", ("granted", None), it.before(1, 0));
        let mut others = it.cast.agencies.iter().filter(|id| **id != o.agency);
        let stranger = others.next_back().cloned().unwrap_or_default();
        agency::post(&stranger, "case.decided.v1", format!("foreign-{}", o.code), &body)
    }),
    ("KV1304", &[], |it, o| {
        let body = portal::acknowledged(&o.code, "nobody-decided", it.before(1, 0));
        portal::post(&o.portal, "decision.acknowledged.v1", format!("unknown-{}", o.code), &body)
    }),
    ("KV1501", &[Banks, Registers], |it, _| file(it, "прывітанне")),
    ("KV1502", &[Banks, Registers], |it, o| {
        let text = small_register(it, o, None).replace("^933^1.00^", "^933^2.00^");
        file(it, &text)
    }),
    ("KV1503", &[Banks, Registers, Unp], |it, o| {
        let text = small_register(it, o, Some("200000009"));
        file(it, &text)
    }),
    ("KV1505", &[Banks, Registers], |it, o| {
        let text = small_register(it, o, None);
        Post { file_name: None, ..file(it, &text) }
    }),
];

/// Refused once the order is known.
const KNOWN: &[Listed] = &[
    ("KV1303", &[OtherPortal], |it, o| {
        let post = it.withdrawal(o);
        Post { id: format!("theft-{}", o.code), ..said_by(&o.other_portal, &post) }
    }),
    ("KV1201", &[], |it, o| {
        let id = format!("app-{}", o.code);
        Post {
            id, ..altered(it, o, |body| body["applicant"]["name"] = "Хтось Іншы".into())
        }
    }),
    ("KV1202", &[], |it, o| altered(it, o, |body| body["applicant"]["name"] = "Хтось Іншы".into())),
];

/// Refused once the case is decided.
const DECIDED: &[Listed] = &[
    ("KV1204", &[Agencies], |it, o| decision(it, o, "dec-{}-1")),
    ("KV1205", &[Agencies], |it, o| decision(it, o, "dec-{}-9")),
    ("KV1405", &[Agencies], |it, o| {
        let body = agency::returned(&o.code, it.before(1, 60_000), None);
        agency::post(&o.agency, "case.returned.v1", format!("late-{}", o.code), &body)
    }),
];

/// Surrounds an order with the next ones of each list.
pub(super) fn surround(it: &mut Builder, order: &Order, expected: &Expected, number: usize) {
    if let Some((code, make)) = nth(it, ALWAYS, number) {
        let post = make(it, order);
        it.say(ending(post, code));
    }
    if let Some((code, make)) = nth(it, KNOWN, number) {
        let post = make(it, order);
        it.answer(Event::Known(order.code.clone()), ending(post, code));
    }
    let by_first = expected.agencies.len() == 1;
    if let Some((decided, _)) = expected.decision.as_ref().filter(|_| by_first)
        && let Some((code, make)) = nth(it, DECIDED, number)
    {
        let post = make(it, order);
        it.answer(Event::Decided(decided.clone()), ending(post, code));
    }
}

/// The nth of those that can be played.
fn nth(it: &Builder, list: &[Listed], number: usize) -> Option<(&'static str, Reject)> {
    let playable: Vec<&Listed> = list.iter().filter(|(_, needs, _)| it.cast.has(needs)).collect();
    let (code, _, make) = playable.get(number % playable.len().max(1))?;
    Some((code, *make))
}

/// Once a register was applied: a payment of it with another amount, the register's number with
/// another content, and the same bytes again.
pub(super) fn around_a_file(it: &mut Builder, register: &Post, rows: &[Paid]) {
    let event = Event::Reported(register.id.clone());
    if let Some(row) = rows.first() {
        let other = Paid { amount: row.amount + 1, ..row.clone() };
        let post = it.message(&other, "accepted");
        it.answer(event.clone(), ending(post, "KV1203"));
    }
    let read = u64::try_from(rows.len()).unwrap_or_default();
    let mut same = again(register);
    same.end = End::File("duplicate", read, 0);
    it.answer(event.clone(), same);
    let mut other = again(register);
    other.id.push_str("-changed");
    other.body.extend_from_slice(b"\r\n");
    it.answer(event, ending(other, "KV1504"));
}

fn ending(mut post: Post, code: &'static str) -> Post {
    post.end = match code {
        "KV1002" => End::Unanswered,
        code if code.starts_with("KV15") => End::FileRefused(code),
        code => End::Refused(code),
    };
    post
}

/// An application under a new code, in order but for what is done to it next.
fn fresh(it: &mut Builder, o: &Order) -> Post {
    let other = Order { code: it.code(), ..o.clone() };
    it.application(&other, (other.fee, None))
}

fn changed(it: &mut Builder, o: &Order, change: impl Fn(&mut Value)) -> Post {
    let post = fresh(it, o);
    rewritten(post, change)
}

/// The order's own application under a new message id, with a change.
fn altered(it: &mut Builder, o: &Order, change: impl Fn(&mut Value)) -> Post {
    let post = it.application(o, (o.fee, None));
    let post = rewritten(post, change);
    Post { id: format!("other-{}", o.code), ..post }
}

fn rewritten(post: Post, change: impl Fn(&mut Value)) -> Post {
    let mut body: Value = serde_json::from_slice(&post.body).unwrap_or_default();
    change(&mut body);
    Post { body: body.to_string().into_bytes(), ..post }
}

fn payment(
    it: &mut Builder,
    o: &Order,
    (bank, feed): (&str, &str),
    (amount, state): (i64, &str),
) -> Post {
    let paid = it.pay(o, amount, 2);
    let id = format!("bad-{}", paid.id);
    bank::post(bank, feed, id, &bank::reported(feed, &paid, state))
}

/// A register of one ruble, for somebody else's account when told so.
fn small_register(it: &mut Builder, o: &Order, other_unp: Option<&str>) -> String {
    let paid = it.pay(o, 100, 2);
    let number = it.next_number();
    let Voice { owner, .. } = it.cast.online.clone();
    let unp = other_unp.map_or_else(|| owner.unp.clone(), str::to_owned);
    let owner = Owner { unp, ..owner };
    bank::register(Register::Accepted, (number, it.before(1, 7), &owner), &[paid])
}

fn file(it: &mut Builder, text: &str) -> Post {
    let name = format!("{:07}.206", it.next_number());
    let Voice { bank, feed, .. } = it.cast.online.clone();
    bank::file(&bank, &feed, (format!("file-{name}"), name), (text, End::Applied))
}

/// A decision under this id that is not what the agency may say now.
fn decision(it: &mut Builder, o: &Order, id: &str) -> Post {
    let id = id.replace("{}", &o.code);
    let body = agency::decided(&o.code, &id, ("refused", None), it.before(1, 61_000));
    agency::post(&o.agency, "case.decided.v1", format!("bad-{id}"), &body)
}

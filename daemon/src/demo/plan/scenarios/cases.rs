//! What agencies decide, give back and ask for, and what applicants take back.

use super::super::builder::{Builder, Order};
use super::super::{Event, Expected};
use super::money::pay_all;
use crate::demo::{agency, portal};

pub(super) fn decided(it: &mut Builder, o: &Order, outcome: &'static str) -> Expected {
    let decision = it.decide(o, (0, &o.agency), outcome);
    let expected = o.ends("decided", o.due());
    Expected { decision: Some((decision, outcome)), assigned: true, ..expected }
}

pub(super) fn free(it: &mut Builder, o: &Order, outcome: &'static str) -> Expected {
    it.apply(o);
    decided(it, o, outcome)
}

pub(super) fn withdrawn(it: &mut Builder, o: &Order, early: bool) -> Expected {
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

pub(super) fn withdrawn_at_agency(it: &mut Builder, o: &Order) -> Expected {
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

pub(super) fn withdrawn_decided(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    pay_all(it, o);
    let expected = decided(it, o, "refused");
    if let Some((decision, _)) = &expected.decision {
        let post = it.withdrawal(o);
        it.answer(Event::Decided(decision.clone()), post);
    }
    expected
}

/// Given back with the name of another agency, which decides; where none is played that may,
/// decided by the first.
pub(super) fn passed_on(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let others = o.procedure.also_decided_by.iter().map(ToString::to_string);
    let Some(other) = others.into_iter().find(|id| it.cast.agencies.contains(id)) else {
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

pub(super) fn returned(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    give_back(it, o, None);
    Expected { assigned: true, ..o.ends("paid", 0) }
}

pub(super) fn give_back(it: &mut Builder, o: &Order, suggested: Option<&str>) {
    let body = agency::returned(&o.code, it.before(1, 20_000), suggested);
    let post = agency::post(&o.agency, "case.returned.v1", format!("ret-{}", o.code), &body);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
}

pub(super) fn documents(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let body = portal::documents(&o.code, o.submitted.plus_seconds(600), None);
    it.say(portal::post(&o.portal, "documents.added.v1", format!("doc-{}", o.code), &body));
    let request = format!("req-{}", o.code);
    let body = agency::requested(&o.code, &request, it.before(1, 20_000));
    let id = format!("m-{request}");
    let post = agency::post(&o.agency, "case.documents_requested.v1", id, &body);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
    let body = portal::documents(&o.code, it.before(1, 25_000), Some(&request));
    let id = format!("doc-{}-2", o.code);
    let post = portal::post(&o.portal, "documents.added.v1", id, &body);
    it.answer(Event::Requested(request), post);
    decided(it, o, "granted")
}

pub(super) fn extended(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    let body = agency::extended(&o.code, it.today.plus_days(40), it.before(1, 20_000));
    let id = format!("ext-{}", o.code);
    let post = agency::post(&o.agency, "case.deadline_changed.v1", id, &body);
    it.answer(Event::Assigned(o.code.clone(), 0), post);
    decided(it, o, "granted")
}

pub(super) fn corrected(it: &mut Builder, o: &Order) -> Expected {
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

pub(super) fn in_work(it: &mut Builder, o: &Order) -> Expected {
    it.apply(o);
    it.accept(o, 0, &o.agency);
    Expected { assigned: true, ..o.ends("in_work", 0) }
}

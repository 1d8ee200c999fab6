//! The end of a run: what kvit keeps, and what it told others, is what the reference says.

use std::collections::{BTreeMap, BTreeSet};

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::Code;
use kvit_schemas::message::RefundState;

use crate::broker::Broker;
use crate::checks::{Broken, Checked, Observer, must, names, state, whole};
use crate::model::{Ending, Names, Place, Said};
use crate::story::Story;

/// Everything was said, taken, answered and told: compares it with the reference.
pub(crate) fn compare(
    (observer, broker, story): (&Observer, &Broker, &Story),
    store: &Store,
) -> Checked {
    whole(store)?;
    dead_letters((observer, broker, story), store)?;
    let has = |(order, agencies): &(&String, &BTreeSet<String>)| {
        agencies.len() > usize::from(observer.was_returned(story, order))
    };
    let assigned = observer.assigned.iter().filter(has).map(|(order, _)| order.clone());
    let assigned: BTreeSet<String> = assigned.collect();
    let said = observer.said(story, &assigned, |_| true);
    let wanted = said.payments();
    let found = kept(store);
    must(wanted.keys().eq(found.keys()), || {
        format!("payments differ:\n{:?}\n{:?}", wanted.keys(), found.keys())
    })?;
    for (names, wanted) in &wanted {
        let found = &found[names];
        must(wanted == found, || format!("{names:?} ends as {found:?}, and must as {wanted:?}"))?;
    }
    for order in said.orders() {
        let Some(wanted) = said.order(&order) else { continue };
        let is_assigned = assigned.contains(&order);
        must(is_assigned || !wanted.must_be_assigned, || format!("{order} was never assigned"))?;
        let told = observer.status.get(&order);
        let told = told.ok_or_else(|| Broken(format!("nothing was told of {order}")))?;
        // A decision stands, and money taken back after it is told as such.
        let agrees =
            told.1 == wanted.status || wanted.status == "decided" && told.1 == "payment_reversed";
        must(agrees, || format!("{order} was told as {told:?}, and is {wanted:?}"))?;
        let settled = wanted.settled.map(|it| format!("{}.{:02}", it / 100, it % 100));
        must(told.2 == settled, || format!("{order} was told as {told:?}, and is {wanted:?}"))?;
        let case = store.case(order.parse().unwrap()).unwrap();
        let decided = case.as_ref().and_then(|case| case.decision());
        let decided = decided.map(|decision| decision.decision_id.to_string());
        must(decided == wanted.decision, || format!("{order} is decided by {decided:?}"))?;
        if let Some(decision) = &wanted.decision {
            must(observer.is_published(&order, decision), || {
                format!("{decision} on {order} was never published")
            })?;
        }
    }
    refunds(observer, &wanted)?;
    others(observer, story, &said)?;
    for (order, revisions) in &observer.revisions {
        let whole = (1..).zip(revisions).all(|(wanted, found)| wanted == *found);
        must(whole || order.is_empty(), || format!("{order}: some of {revisions:?} is missing"))?;
    }
    observer.refusals(story, broker)
}

/// What the broker gave up is kept, each time it came, and the operators were told.
fn dead_letters((observer, broker, story): (&Observer, &Broker, &Story), store: &Store) -> Checked {
    let kept = store.quarantine(None, usize::MAX).unwrap().items;
    let kept: Vec<_> = kept.iter().filter(|it| it.code == Code::DEAD_LETTERED).collect();
    for content in &broker.dead {
        let id = ("message_id".to_owned(), broker.id(*content, &story.letters).to_owned());
        let is_kept = kept.iter().any(|it| it.properties.contains(&id));
        must(is_kept, || format!("a dead letter is not in quarantine: {id:?}"))?;
    }
    for record in kept {
        let number = format!("as number {},", record.seq.0);
        let told = observer.dead_letters.iter().any(|detail| detail.contains(&number));
        must(told, || format!("nobody was told of a dead letter: {record:?}"))?;
    }
    Ok(())
}

/// What is carried from one party to another arrived.
fn others(observer: &Observer, story: &Story, said: &Said<'_>) -> Checked {
    let taken = |kind: &'static str, order: &str| said.all(kind, order).next().is_some();
    for order in said.orders() {
        let told = |what: &str| observer.told.contains(&(order.clone(), what.to_owned()));
        let carried = taken("case.documents_requested.v1", &order);
        must(!carried || told("case.documents_requested.v1"), || {
            format!("a request of documents for {order} was not carried")
        })?;
        if !said.assigned.contains(&order) {
            continue;
        }
        let last = observer.was_returned(story, &order);
        let agency = if last { Some("agency-a") } else { said.terms(&order).map(|it| it.agency) };
        let agency = agency.unwrap_or_default();
        let carried = taken("documents.added.v1", &order);
        must(!carried || told(&format!("documents.added.v1 {agency}")), || {
            format!("documents for {order} did not reach {agency}")
        })?;
        let withdrawn = said.order(&order).is_some_and(|it| it.status == "withdrawn");
        must(!withdrawn || told(&format!("case.withdrawn.v1 {agency}")), || {
            format!("{agency} was not told that {order} is withdrawn")
        })?;
    }
    Ok(())
}

/// What others were told of refunds is what is due.
fn refunds(observer: &Observer, wanted: &BTreeMap<Names, Ending>) -> Checked {
    let due =
        |it: &(i64, &'static str)| (format!("{}.{:02}", it.0 / 100, it.0 % 100), it.1.to_owned());
    let mut wanted: Vec<_> = wanted.values().filter_map(|it| it.refund.as_ref().map(due)).collect();
    let told = observer.refunds.values().filter(|(_, state, ..)| state == "due");
    let mut told: Vec<_> =
        told.map(|(_, _, amount, reason)| (amount.clone(), reason.clone())).collect();
    wanted.sort();
    told.sort();
    must(wanted == told, || format!("refunds told: {told:?}, due: {wanted:?}"))
}

fn kept(store: &Store) -> BTreeMap<Names, Ending> {
    let payments = store.payments(None, usize::MAX).unwrap().items;
    // The transfer of a register's payments is no payment.
    let payments = payments.into_iter().filter(|payment| !payment.is_lump());
    let ending = |payment: kvit_schemas::record::Payment| {
        let due = payment.refund.as_ref().filter(|it| it.state == RefundState::Due);
        let place = &payment.allocation;
        let ending = Ending {
            state: state(payment.state()),
            order: payment.order_code.map(|it| it.to_string()),
            place: Place {
                settled: place.settled,
                surplus: place.surplus,
                suspense: place.suspense,
            },
            refund: due.map(|it| (it.amount, it.reason.as_str())),
        };
        (names(&payment), ending)
    };
    payments.map(ending).collect()
}

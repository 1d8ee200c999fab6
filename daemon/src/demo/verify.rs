//! Holds what was seen, and what the stopped daemon left, against the plan.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use kvit_adapters::store::Tables;
use kvit_schemas::record::Position;
use serde_json::Value;

use super::child;
use super::ground::Ground;
use super::plan::{End, Plan, Post, Sum};
use super::seen::{Seen, View};
use crate::service;

/// Something that is not as it must be.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Difference {
    /// What.
    pub what: String,
    /// The order it is about.
    pub order_code: Option<String>,
}

impl Difference {
    pub(super) fn new(what: String) -> Self {
        Self { what, order_code: None }
    }
}

/// Where money is, by feed and currency.
pub(super) type Totals = BTreeMap<(String, String), Sum>;

/// What the daemon says of itself before it is stopped.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Deliveries.
    received: u64,
    /// How they ended.
    ended: BTreeMap<String, u64>,
    /// Its totals, by feed and currency, where it tells them.
    totals: Option<Totals>,
}

impl Own {
    /// Asks the running daemon.
    pub(super) async fn ask(ground: &Ground) -> anyhow::Result<Self> {
        let (_, metrics) = child::get(ground, "/metrics").await?;
        let mut own = Self::default();
        for line in metrics.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let value: u64 = value.parse().unwrap_or_default();
            if name.starts_with("kvit_messages_received_total{") {
                own.received += value;
            }
            let ended = name.strip_prefix("kvit_messages_disposed_total{");
            let word = ended.and_then(|rest| rest.split_once("disposition=\""));
            if let Some((disposition, _)) = word.and_then(|(_, rest)| rest.split_once('"')) {
                *own.ended.entry(disposition.to_owned()).or_default() += value;
            }
        }
        if let Ok((200, text)) = child::ask_admin(ground, "/v1/totals").await {
            let rows: Vec<Value> = serde_json::from_str(&text).context("reading /v1/totals")?;
            own.totals = Some(rows.iter().map(total).collect());
        }
        Ok(own)
    }

    /// Each delivery must have ended once, as planned. Only a daemon that was never killed has
    /// counted them all.
    pub(super) fn differences(&self, plan: &Plan, killed: bool) -> Vec<Difference> {
        let mut found = Vec::new();
        if !killed {
            let sum: u64 = self.ended.values().sum();
            if sum != self.received {
                let what = format!("{} deliveries, but {sum} dispositions", self.received);
                found.push(Difference::new(what));
            }
            for (disposition, wanted) in plan.ends() {
                let ended = self.ended.get(disposition).copied().unwrap_or_default();
                if ended != wanted {
                    let what = format!("{ended} deliveries {disposition}, should be {wanted}");
                    found.push(Difference::new(what));
                }
            }
        }
        let totals = self.totals.iter().flatten();
        for ((feed, currency), sum) in totals {
            let wanted = plan.money.iter().find(|((f, c), _)| f == feed && c == currency);
            let wanted = wanted.map(|(_, sum)| *sum).unwrap_or_default();
            if *sum != wanted {
                let what =
                    format!("/v1/totals of {feed} {currency}: {sum:?}, should be {wanted:?}");
                found.push(Difference::new(what));
            }
        }
        found
    }
}

fn total(row: &Value) -> ((String, String), Sum) {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    // Minor units as a number, or a decimal text with two minor digits.
    let minor = |key: &str| {
        let value = &row[key];
        let said = value.as_str().and_then(|text| text.replace('.', "").parse().ok());
        value.as_i64().or(said).unwrap_or_default()
    };
    let sum = Sum {
        gross: minor("gross"),
        settled: minor("settled"),
        suspense: minor("suspense"),
        refund_due: minor("refund_due"),
        reversed: minor("reversed"),
        withheld: minor("withheld"),
        accepted: minor("accepted"),
    };
    ((text("feed"), text("currency")), sum)
}

/// What the parties saw, against the plan.
pub(super) fn outside(plan: &Plan, seen: &Seen) -> Vec<Difference> {
    let mut found: Vec<Difference> = seen.faults.values().cloned().collect();
    let nothing = View::default();
    for (code, expected) in &plan.orders {
        let view = seen.orders.get(code).unwrap_or(&nothing);
        found.extend(view.differences(expected).into_iter().map(|what| Difference {
            what: format!("order {code} ({}): {what}", expected.scenario),
            order_code: Some(code.clone()),
        }));
    }
    let mut expected_refusals = BTreeSet::new();
    let mut unanswered: u64 = 0;
    for post in plan.posts() {
        match post.end {
            End::Refused(code) => {
                expected_refusals.insert(post.name());
                let seen = seen.refusals.get(&post.name()).map(String::as_str);
                if seen != Some(code) {
                    let what = format!("{} was refused with {seen:?}, not {code}", post.id);
                    found.push(Difference::new(what));
                }
            }
            End::Unanswered => unanswered += 1,
            End::FileRefused(code) => file(&mut found, seen, &post.id, ("refused", code, None)),
            End::File(outcome, read, rejected) => {
                file(&mut found, seen, &post.id, (outcome, "", Some((read, rejected))));
            }
            End::Applied => {}
        }
    }
    let ours: BTreeSet<_> = plan.posts().map(Post::name).collect();
    for (name, code) in &seen.refusals {
        if !expected_refusals.contains(name) && (seen.knows_all() || ours.contains(name)) {
            let what = format!("{name:?} was refused with {code}, but is in order");
            found.push(Difference::new(what));
        }
    }
    let alerts = seen.alerts.get("unknown_sender").copied().unwrap_or_default();
    if alerts < unanswered {
        let what = format!("{alerts} alerts of unknown senders, should be {unanswered}");
        found.push(Difference::new(what));
    }
    found
}

fn file(
    found: &mut Vec<Difference>,
    seen: &Seen,
    id: &str,
    (outcome, code, rows): (&str, &str, Option<(u64, u64)>),
) {
    let as_it_should = seen.reports.get(id).is_some_and(|report| {
        report.outcome == outcome
            && report.code == code
            && rows.is_none_or(|rows| rows == (report.read, report.rejected))
    });
    if !as_it_should {
        let what = format!(
            "the report on {id} is {:?}, should be {outcome} {code} {rows:?}",
            seen.reports.get(id)
        );
        found.push(Difference::new(what));
    }
}

/// The store of the stopped daemon: the ledger, the audit chain, every case and decision. Its
/// totals come back too.
pub(super) fn inside(ground: &Ground, plan: &Plan) -> anyhow::Result<(Vec<Difference>, Totals)> {
    let store = service::open_store(&ground.settings, &ground.settings.store.path, false)?;
    let mut found = Vec::new();
    let (batches, faults) = store.verify_audit(|_| ())?;
    if batches == 0 || !faults.is_empty() {
        let what = format!("the audit chain of {batches} batches is broken: {faults:?}");
        found.push(Difference::new(what));
    }
    let check = store.check_ledger()?;
    let as_map = |rows: &[(kvit_schemas::FeedId, kvit_schemas::Currency, Position)]| {
        let entries = rows.iter().map(|(feed, currency, position)| {
            ((feed.to_string(), currency.to_string()), sum_of(*position))
        });
        entries.collect::<BTreeMap<_, _>>()
    };
    let (kept, counted) = (as_map(&check.kept), as_map(&check.counted));
    if kept != counted {
        let what = format!("the ledger says {kept:?}, the payments add up to {counted:?}");
        found.push(Difference::new(what));
    }
    if let Some((feed, currency, _)) = check.kept.iter().find(|(.., it)| !it.is_conserved()) {
        found.push(Difference::new(format!("money of {feed} in {currency} is not conserved")));
    }
    let wanted: Totals = plan
        .money
        .iter()
        .filter(|(_, sum)| **sum != Sum::default())
        .map(|((feed, currency), sum)| ((feed.clone(), (*currency).to_owned()), *sum))
        .collect();
    if kept != wanted {
        found.push(Difference::new(format!("money is {kept:?}, should be {wanted:?}")));
    }
    for (code, expected) in &plan.orders {
        let case = code.parse().ok().map(|code| store.case(code)).transpose()?.flatten();
        let current = case.as_ref().and_then(|case| case.decision());
        let current = current.map(|it| (it.decision_id.to_string(), it.acknowledged));
        let wanted = expected.decision.as_ref().map(|(id, _)| (id.clone(), true));
        if current != wanted {
            found.push(Difference {
                what: format!("order {code}: decision and seen {current:?}, not {wanted:?}"),
                order_code: Some(code.clone()),
            });
        }
    }
    let left = store.outbox(None, 1)?.len();
    if left > 0 {
        found.push(Difference::new("the outbox is not empty".to_owned()));
    }
    store.close()?;
    Ok((found, kept))
}

fn sum_of(position: Position) -> Sum {
    let Position { gross, settled, suspense, refund_due, reversed, withheld, accepted } = position;
    Sum { gross, settled, suspense, refund_due, reversed, withheld, accepted }
}

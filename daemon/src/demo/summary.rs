//! What came of it, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use kvit_schemas::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Played;
use super::plan::{Plan, Sum};
use super::verify::{Difference, Totals};

/// What an agency did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Agency {
    /// Cases it got.
    pub assigned: u64,
    /// Current decisions by outcome.
    pub decided: BTreeMap<String, u64>,
}

/// Where money is, in minor units.
#[derive(Debug, Clone, Serialize)]
pub struct Money {
    /// The feed.
    pub feed: String,
    /// The currency.
    pub currency: String,
    /// Everything that was credited.
    pub gross: i64,
    /// On orders.
    pub settled: i64,
    /// In suspense.
    pub suspense: i64,
    /// Due for refund.
    pub refund_due: i64,
    /// Taken back.
    pub reversed: i64,
    /// What of `gross` was kept back.
    pub withheld: i64,
    /// Only accepted.
    pub accepted: i64,
}

/// What came of a demo.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Orders played.
    pub orders: usize,
    /// The seed of the plan.
    pub seed: u64,
    /// How often the daemon was killed.
    pub kills: usize,
    /// Messages said to kvit.
    pub messages_in: u64,
    /// Messages heard from kvit.
    pub messages_out: u64,
    /// Of these, such as had been heard before.
    pub repeated: u64,
    /// Seconds in which messages went through.
    pub seconds: f64,
    /// Messages a second, in and out together.
    pub rate: f64,
    /// The same of the bare loop on this broker.
    pub bare_rate: f64,
    /// By agency.
    pub agencies: BTreeMap<String, Agency>,
    /// Orders by status.
    pub statuses: BTreeMap<String, u64>,
    /// Refused messages by code.
    pub refusals: BTreeMap<String, u64>,
    /// Files by the outcome of their reports, with their rows.
    pub files: BTreeMap<String, (u64, u64)>,
    /// By feed and currency.
    pub money: Vec<Money>,
    /// Equal for equal ends, however they were reached.
    pub digest: String,
    /// What is not as it must be.
    pub differences: Vec<Difference>,
    /// Orders worth a look.
    pub worth_a_look: Vec<(String, String)>,
}

/// Scenarios whose stories are worth reading.
const STORIES: [&str; 5] = [
    "paid by 206 and 210",
    "reversed at the agency by 216",
    "returned to another agency",
    "perhaps seen by two feeds",
    "decision corrected",
];

impl Summary {
    /// Sums up a play.
    pub(super) fn of(
        (plan, seed): (&Plan, u64),
        played: &Played,
        totals: &Totals,
        differences: Vec<Difference>,
    ) -> Self {
        let seen = &played.seen;
        let mut agencies: BTreeMap<String, Agency> = BTreeMap::new();
        let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
        for view in seen.orders.values() {
            *statuses.entry(view.status().to_owned()).or_default() += 1;
            for agency in &view.agencies {
                agencies.entry(agency.clone()).or_default().assigned += 1;
            }
            if let (Some((_, outcome)), Some(agency)) = (view.decision(), view.agencies.last()) {
                let decided = &mut agencies.entry(agency.clone()).or_default().decided;
                *decided.entry(outcome.to_owned()).or_default() += 1;
            }
        }
        let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
        for code in seen.refusals.values() {
            *refusals.entry(code.clone()).or_default() += 1;
        }
        let mut files: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for report in seen.reports.values() {
            let outcome = format!("{} {}", report.outcome, report.code).trim().to_owned();
            let entry = files.entry(outcome).or_default();
            entry.0 += 1;
            entry.1 += report.read;
        }
        let seconds = played.busy.as_secs_f64();
        let (messages_in, messages_out) = (played.sent, seen.deliveries);
        let mut summary = Self {
            orders: plan.orders.len(),
            seed,
            kills: played.kills,
            messages_in,
            messages_out,
            repeated: seen.repeated,
            seconds,
            rate: rate(messages_in + messages_out - seen.repeated, played.busy),
            bare_rate: 0.0,
            agencies,
            statuses,
            refusals,
            files,
            money: totals.iter().map(|(key, sum)| money(key, sum)).collect(),
            digest: String::new(),
            differences,
            worth_a_look: stories(plan),
        };
        summary.digest = summary.hashed();
        summary
    }

    /// A hash over everything that must not depend on order, repetition or crashes.
    fn hashed(&self) -> String {
        let decided: BTreeMap<_, _> =
            self.agencies.iter().map(|(agency, it)| (agency, &it.decided)).collect();
        let decided: Vec<_> = decided.into_iter().filter(|(_, it)| !it.is_empty()).collect();
        let text = format!(
            "{} {} {decided:?} {:?} {:?} {:?} {:?}",
            self.orders, self.seed, self.statuses, self.refusals, self.files, self.money
        );
        hex::encode(&Sha256::digest(text.as_bytes()))
    }

    /// The summary as a page of text.
    pub fn page(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n{:<28}{:>9}{:>9}{:>9}{:>14}",
            "agency", "assigned", "granted", "refused", "not accepted"
        )?;
        for (agency, it) in &self.agencies {
            let of = |outcome| it.decided.get(outcome).copied().unwrap_or_default();
            writeln!(
                out,
                "{agency:<28}{:>9}{:>9}{:>9}{:>14}",
                it.assigned,
                of("granted"),
                of("refused"),
                of("not_accepted")
            )?;
        }
        writeln!(out, "\n{}", list("orders", &self.statuses))?;
        writeln!(out, "{}", list("refusals", &self.refusals))?;
        let files: BTreeMap<String, String> = self
            .files
            .iter()
            .map(|(outcome, (files, rows))| (outcome.clone(), format!("{files} ({rows} rows)")))
            .collect();
        writeln!(out, "{}", list("files", &files))?;
        for it in &self.money {
            writeln!(
                out,
                "money    {} {}: gross {} = settled {} + suspense {} + refund due {} + reversed \
                 {}; withheld {}; accepted apart {}",
                it.feed,
                it.currency,
                plain(it.gross),
                plain(it.settled),
                plain(it.suspense),
                plain(it.refund_due),
                plain(it.reversed),
                plain(it.withheld),
                plain(it.accepted)
            )?;
        }
        let share = if self.bare_rate > 0.0 { 100.0 * self.rate / self.bare_rate } else { 0.0 };
        writeln!(
            out,
            "rate     {:.0} messages/s through kvit ({} in, {} out in {:.1} s); bare loop alone \
             {:.0}/s; {share:.0} %",
            self.rate, self.messages_in, self.messages_out, self.seconds, self.bare_rate
        )?;
        writeln!(out, "kills    {} ({} messages heard twice)", self.kills, self.repeated)?;
        writeln!(out, "digest   {}", self.digest)
    }
}

/// Messages a second.
pub(super) fn rate(messages: u64, took: Duration) -> f64 {
    let messages = u32::try_from(messages).unwrap_or(u32::MAX);
    let seconds = took.as_secs_f64();
    if seconds > 0.0 { f64::from(messages) / seconds } else { 0.0 }
}

fn stories(plan: &Plan) -> Vec<(String, String)> {
    let story = |wanted: &&str| {
        let found = plan.orders.iter().find(|(_, expected)| expected.scenario == *wanted);
        found.map(|(code, _)| (code.clone(), (*wanted).to_owned()))
    };
    STORIES.iter().filter_map(story).collect()
}

fn money((feed, currency): &(String, String), sum: &Sum) -> Money {
    let Sum { gross, settled, suspense, refund_due, reversed, withheld, accepted } = *sum;
    Money {
        feed: feed.clone(),
        currency: currency.clone(),
        gross,
        settled,
        suspense,
        refund_due,
        reversed,
        withheld,
        accepted,
    }
}

fn plain(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn list<T: std::fmt::Display>(title: &str, entries: &BTreeMap<String, T>) -> String {
    let entries: Vec<String> =
        entries.iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!("{title:<9}{}", entries.join(", "))
}

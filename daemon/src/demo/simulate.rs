//! `kvit simulate`: some of the parties against somebody's kvit, each with its own broker user if
//! wanted. It sees what parties see, and needs nothing of the daemon but the names in its settings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use kvit_adapters::amqp::Admin;
use kvit_adapters::clock::Clock;
use kvit_schemas::OrderCode;
use serde::Serialize;

use super::cast::{Cast, Roles};
use super::lines::{self, Connect, Line};
use super::plan::{self, End, Faults, Plan, Play};
use super::play::{Manner, Player};
use super::seen::Seen;
use super::traffic::Traffic;
use super::verify::{self, Difference};
use crate::catalogue::Catalogue;
use crate::settings::{ContentType, Settings};

/// Numbers of payments and files that one play may use.
const NUMBERS: u64 = 10_000_000;
/// Differences that are printed.
const SHOWN: usize = 50;

/// What to play.
#[derive(Debug, Clone)]
pub struct SimulateOptions {
    /// The parties' names, feeds, prefix and catalogue.
    pub settings: Settings,
    /// The sides to play.
    pub roles: Roles,
    /// Only these parties, of the sides they belong to.
    pub parties: Vec<String>,
    /// How to connect.
    pub connect: Connect,
    /// How many orders to submit, or cases to answer where no portal is played.
    pub orders: usize,
    /// Most orders a second.
    pub rate: Option<f64>,
    /// Which play.
    pub seed: u64,
    /// How much goes wrong.
    pub faults: Faults,
    /// Nothing came for so long: nothing more will.
    pub patience: Duration,
    /// Order codes with amounts that the banks pay, where no portal is played.
    pub pay: Option<PathBuf>,
    /// Where to write the order codes with amounts that somebody else has to pay.
    pub orders_to: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Everything was as the contract and the play want it.
    pub passed: bool,
    /// Orders submitted.
    pub orders: usize,
    /// Of these, such as came to the end they should.
    pub at_their_end: usize,
    /// Cases of others' orders that were answered.
    pub cases_answered: usize,
    /// The seed of the play.
    pub seed: u64,
    /// Messages said to kvit.
    pub messages_in: u64,
    /// Messages heard from kvit.
    pub messages_out: u64,
    /// Of these, such as had been heard before.
    pub repeated: u64,
    /// Of these, such as were about orders of others.
    pub foreign: u64,
    /// Orders by status.
    pub statuses: BTreeMap<String, u64>,
    /// Refused messages by code; all of them were meant to be, unless a difference says otherwise.
    pub refusals: BTreeMap<String, u64>,
    /// What is not as it must be.
    pub differences: Vec<Difference>,
}

/// Plays and judges.
///
/// # Errors
/// When it cannot be played. What is found wrong is no error but in the [`Verdict`].
pub async fn simulate(options: &SimulateOptions) -> anyhow::Result<Verdict> {
    let settings = &options.settings;
    let catalogue = Catalogue::load(&settings.catalogue.path)
        .map_err(|found| anyhow::anyhow!("the catalogue cannot be used: {found:?}"))?;
    let cast = Cast::of(settings, &catalogue, (options.roles, &options.parties))?;
    json_only(settings, &cast)?;
    let plan = planned(options, (&cast, &catalogue))?;
    let lines = lines::lines((settings, &cast), &options.connect, false)?;
    reachable(&lines).await?;
    eprintln!(
        "kvit simulate: {} orders, {} messages, seed {}",
        plan.orders.len(),
        plan.posts().count(),
        options.seed
    );
    let foreign_cases = if only_answers(options) { options.orders } else { 0 };
    let manner = Manner { patience: options.patience, rate: options.rate, foreign_cases };
    let traffic = Traffic::open(&settings.broker.prefix, lines);
    let mut player = Player::new(&plan, traffic, (Seen::new(false)?, manner));
    while !player.is_over() {
        tokio::select! {
            stepped = player.step() => stepped?,
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    let (done, cases) = (player.done, player.foreign_cases);
    let improvised = std::mem::take(&mut player.improvised);
    let (seen, sent, _) = player.end().await;
    let mut differences = verify::outside(&plan, &seen);
    for post in improvised {
        if let Some(code) = seen.refusals.get(&post.name()) {
            differences.push(Difference::new(format!("{} was refused with {code}", post.id)));
        }
    }
    if cases < foreign_cases {
        let what = format!("{cases} cases came, should be {foreign_cases}");
        differences.push(Difference::new(what));
    }
    Ok(Verdict::of((options.seed, &plan), (&seen, sent), (done, cases), differences))
}

/// True when agencies wait for the cases of somebody else's portal.
fn only_answers(options: &SimulateOptions) -> bool {
    options.roles.agencies && !options.roles.portals
}

fn planned(
    options: &SimulateOptions,
    (cast, catalogue): (&Cast, &Catalogue),
) -> anyhow::Result<Plan> {
    let today = Clock::System.now().day();
    let how = Play {
        orders: options.orders,
        seed: options.seed,
        faults: Some(options.faults.clone()),
        numbers_from: (options.seed % 1_000_000_000) * NUMBERS,
        paid_by_others: options.orders_to.is_some(),
    };
    if options.roles.portals {
        let plan = plan::make(catalogue, today, (cast, &how))?;
        if let Some(file) = &options.orders_to {
            let paid = plan.orders.iter().filter_map(|(code, order)| Some((code, order.due?)));
            let lines: Vec<String> = paid
                .map(|(code, due)| format!("{code} {}.{:02}\n", due / 100, due % 100))
                .collect();
            std::fs::write(file, lines.concat())
                .with_context(|| format!("writing {}", file.display()))?;
        }
        return Ok(plan);
    }
    let Some(file) = &options.pay else { return Ok(Plan::default()) };
    ensure!(options.roles.banks, "no bank is played that could pay");
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("reading {}", file.display()))?;
    let orders: anyhow::Result<Vec<(String, i64)>> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| to_be_paid(line).with_context(|| format!("{}: {line}", file.display())))
        .collect();
    Ok(plan::paying(today, (cast, &how), &orders?))
}

/// An order code and an amount in rubles with two decimals.
fn to_be_paid(line: &str) -> anyhow::Result<(String, i64)> {
    let (code, amount) = line.trim().split_once(' ').context("must be an order code, an amount")?;
    let code: OrderCode = code.parse()?;
    let (rubles, kopecks) = amount.trim().split_once('.').context("an amount is like 45.00")?;
    ensure!(kopecks.len() == 2, "an amount is like 45.00");
    let amount: i64 = format!("{rubles}{kopecks}").parse().context("an amount is like 45.00")?;
    Ok((code.to_string(), amount))
}

/// What is heard is read as JSON.
fn json_only(settings: &Settings, cast: &Cast) -> anyhow::Result<()> {
    let portals = settings.portals.iter().map(|(id, member)| (id.to_string(), member));
    let agencies = settings.agencies.iter().map(|(id, member)| (id.to_string(), member));
    let played = portals
        .filter(|(id, _)| cast.roles.portals && cast.portals.contains(id))
        .chain(agencies.filter(|(id, _)| cast.roles.agencies && cast.agencies.contains(id)));
    for (id, member) in played {
        ensure!(
            member.content_type == ContentType::Json,
            "{id} is set to another content_type than application/json, which is not played"
        );
    }
    Ok(())
}

/// A wrong password or address is told at once, instead of being waited out.
async fn reachable(lines: &[Line]) -> anyhow::Result<()> {
    for line in lines {
        let user = line.options.url.user();
        let admin = Admin::connect(&line.options).await;
        let admin = admin.map_err(|error| anyhow::anyhow!("{}", error.reason()));
        admin.with_context(|| format!("the broker, as user {user}"))?.close().await;
    }
    Ok(())
}

impl Verdict {
    fn of(
        (seed, plan): (u64, &Plan),
        (seen, sent): (&Seen, u64),
        (done, cases): (usize, usize),
        differences: Vec<Difference>,
    ) -> Self {
        let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
        for view in seen.orders.values() {
            *statuses.entry(view.status().to_owned()).or_default() += 1;
        }
        let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
        for post in plan.posts().filter(|post| matches!(post.end, End::Refused(_))) {
            if let Some(code) = seen.refusals.get(&post.name()) {
                *refusals.entry(code.clone()).or_default() += 1;
            }
        }
        Self {
            passed: differences.is_empty(),
            orders: plan.orders.len(),
            at_their_end: done,
            cases_answered: cases,
            seed,
            messages_in: sent,
            messages_out: seen.deliveries,
            repeated: seen.repeated,
            foreign: seen.foreign,
            statuses,
            refusals,
            differences,
        }
    }

    /// The verdict for people.
    pub fn page(&self) -> String {
        let list = |entries: &BTreeMap<String, u64>| {
            let entries = entries.iter().map(|(name, count)| format!("{name} {count}"));
            entries.collect::<Vec<_>>().join(", ")
        };
        let mut lines = vec![
            format!(
                "orders   {}, {} at their end; cases of others answered {}",
                self.orders, self.at_their_end, self.cases_answered
            ),
            format!("status   {}", list(&self.statuses)),
            format!("refused  {}", list(&self.refusals)),
            format!(
                "messages {} said, {} heard, {} of them again, {} about orders of others",
                self.messages_in, self.messages_out, self.repeated, self.foreign
            ),
            format!("seed     {}", self.seed),
        ];
        if self.passed {
            lines.push("PASSED".to_owned());
        } else {
            lines.push(format!("FAILED: {} differences", self.differences.len()));
            let shown = self.differences.iter().take(SHOWN);
            lines.extend(shown.map(|difference| format!("  {}", difference.what)));
            if self.differences.len() > SHOWN {
                lines.push("  … (all of them with --json)".to_owned());
            }
        }
        lines.join("\n")
    }
}

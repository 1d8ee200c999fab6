//! `kvit demo`: plays portals, banks and agencies through a real broker against a real daemon,
//! and verifies from outside what the contract promises.
//!
//! | part | what |
//! |---|---|
//! | [`plan`] | what is said, and how each order must end: pure, seeded |
//! | [`portal`], [`bank`], [`agency`] | messages and files as the parties make them |
//! | [`cast`], [`improvise`] | who is played; what they answer to those who are not |
//! | [`lines`], [`traffic`], [`seen`], [`mod@play`] | the parties at the broker |
//! | [`schemas`] | the contract, to judge what they hear |
//! | [`mod@simulate`] | some of the parties against somebody's kvit: `kvit simulate` |
//! | [`ground`], [`child`] | settings file; the daemon's process |
//! | [`verify`], [`summary`] | against the plan, from outside and in the store left behind |
//! | [`bare`] | the least that such a loop costs on the same broker |

mod agency;
mod bank;
mod bare;
mod cast;
mod child;
mod ground;
mod improvise;
mod lines;
mod plan;
mod play;
mod portal;
mod schemas;
mod seen;
mod simulate;
mod summary;
mod traffic;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use kvit_adapters::amqp::Admin;
use kvit_adapters::clock::Clock;

pub use cast::Roles;
use child::Daemon;
use ground::Ground;
pub use lines::Connect;
pub use plan::Faults;
use plan::{Plan, Play};
use play::{Manner, PAUSE, Player};
use seen::Seen;
pub use simulate::{SimulateOptions, Verdict, simulate};
pub use summary::{Agency, Money, Summary};
use traffic::Traffic;
pub use verify::Difference;

/// Most messages of the bare loop; a rate needs no more.
const BARE_MESSAGES_MAX: u64 = 10_000;

/// Nothing came for so long: nothing more will. Longer than a round of the schedule.
const SILENCE: Duration = Duration::from_secs(100);

/// What to play.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// The broker. Its user speaks for all parties and needs the tag `impersonator`.
    pub url: String,
    /// How many orders.
    pub orders: usize,
    /// Which play: the same seed gives the same plan.
    pub seed: u64,
    /// How often the daemon is killed in between.
    pub kills: usize,
    /// Where settings, store and log go.
    pub dir: PathBuf,
    /// The catalogue.
    pub catalogue: PathBuf,
    /// The program that runs the daemon.
    pub kvit: PathBuf,
    /// Print the summary as JSON.
    pub json: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct DemoOutcome {
    /// Everything counted.
    pub summary: Summary,
}

impl DemoOutcome {
    /// True when everything was as it must be.
    pub fn is_good(&self) -> bool {
        self.summary.differences.is_empty()
    }
}

/// Plays, verifies, prints the summary on standard output. The daemon it starts is gone when this
/// returns or is dropped; its store and log stay. Queues go only when everything was good.
///
/// # Errors
/// When it cannot be played: no broker, a daemon that does not start. What is found wrong is no
/// error but in [`DemoOutcome`].
pub async fn run(options: DemoOptions) -> anyhow::Result<DemoOutcome> {
    let ground = Ground::lay(&options.dir, &options.url, &options.catalogue)?;
    let today = Clock::System.now().day();
    let how = Play {
        orders: options.orders,
        seed: options.seed,
        faults: None,
        numbers_from: 0,
        paid_by_others: false,
    };
    let plan = plan::make(&ground.catalogue, today, (&ground.cast, &how))?;
    eprintln!(
        "kvit demo: {} orders, {} messages, seed {}; everything is in {}",
        plan.orders.len(),
        plan.posts().count(),
        options.seed,
        options.dir.display()
    );
    let size = bare_size(&plan);
    let bare = bare::run(&ground.options, &ground.topology.prefix, size).await;
    let bare = bare.context("the bare loop on the broker")?;
    let mut summary = tokio::select! {
        summary = trial(&ground, &plan, &options) => summary?,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    };
    summary.bare_rate = summary::rate(size.0 * 2, bare);
    let outcome = DemoOutcome { summary };
    if outcome.is_good() {
        let admin = Admin::connect(&ground.options).await?;
        admin.remove(&ground.topology).await?;
        admin.close().await;
    }
    print(&outcome, &options, &ground)?;
    Ok(outcome)
}

/// As many messages as the plan has, of their mean size.
fn bare_size(plan: &Plan) -> (u64, usize) {
    let posts = plan.posts().count().max(1);
    let bytes: usize = plan.posts().map(|post| post.body.len().min(4096)).sum();
    let messages = u64::try_from(posts).unwrap_or(u64::MAX);
    (messages.clamp(1, BARE_MESSAGES_MAX), bytes / posts)
}

async fn trial(ground: &Ground, plan: &Plan, options: &DemoOptions) -> anyhow::Result<Summary> {
    let mut daemon = Daemon::start(&options.kvit, ground)?;
    daemon.ready(ground).await?;
    let played = play(ground, plan, (&mut daemon, options.kills)).await?;
    let own = verify::Own::ask(ground).await?;
    daemon.stop().await?;
    // The lock of the store goes with the process.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut differences = verify::outside(plan, &played.seen);
    differences.extend(own.differences(plan, played.kills > 0));
    let (found, totals) = verify::inside(ground, plan)?;
    differences.extend(found);
    Ok(Summary::of((plan, options.seed), &played, &totals, differences))
}

/// What came of it.
struct Played {
    seen: Seen,
    /// Messages said to kvit.
    sent: u64,
    /// Time in which messages came without a pause.
    busy: Duration,
    /// How often the daemon was killed.
    kills: usize,
}

/// Plays until everything has come to its end, or nothing comes any more; kills the daemon in
/// between when that is wanted.
async fn play(
    ground: &Ground,
    plan: &Plan,
    (daemon, kills): (&mut Daemon, usize),
) -> anyhow::Result<Played> {
    let connect = Connect::AsOne(ground.options.url.clone());
    let lines = lines::lines((&ground.settings, &ground.cast), &connect, true)?;
    let traffic = Traffic::open(&ground.topology.prefix, lines);
    let manner = Manner { patience: SILENCE, rate: None, foreign_cases: 0 };
    let mut player = Player::new(plan, traffic, (Seen::new(true)?, manner));
    let mut killed = 0;
    let mut heard_at_kill = 0;
    while !player.is_over() {
        player.step().await?;
        let due = killed < kills && player.done * (kills + 1) >= plan.orders.len() * (killed + 1);
        if due && player.seen.deliveries > heard_at_kill {
            killed += 1;
            daemon.kill_and_restart(ground).await?;
            daemon.ready(ground).await?;
            heard_at_kill = player.seen.deliveries;
        }
        if player.silence() > PAUSE {
            daemon.check(ground)?;
        }
    }
    let (seen, sent, busy) = player.end().await;
    ensure!(killed == kills, "the play was over before the daemon was killed {kills} times");
    Ok(Played { seen, sent, busy, kills: killed })
}

fn print(outcome: &DemoOutcome, options: &DemoOptions, ground: &Ground) -> anyhow::Result<()> {
    let summary = &outcome.summary;
    if options.json {
        println!("{}", serde_json::to_string_pretty(summary)?);
        return Ok(());
    }
    println!("{}", summary.page());
    let why = |code: &str| {
        let (kvit, file) = (options.kvit.display(), ground.file.display());
        format!("{kvit} --config {file} why {code} --offline")
    };
    if outcome.is_good() {
        println!("everything is as it must be; for the story of an order type");
        for (code, scenario) in &summary.worth_a_look {
            println!("  {}  # {scenario}", why(code));
        }
        return Ok(());
    }
    println!("{} DIFFERENCES:", summary.differences.len());
    for difference in summary.differences.iter().take(50) {
        println!("  {}", difference.what);
    }
    println!("the log is {}, queues are kept; for the stories type", ground.log.display());
    let mut codes: Vec<&str> =
        summary.differences.iter().filter_map(|it| it.order_code.as_deref()).collect();
    codes.dedup();
    for code in codes.into_iter().take(5) {
        println!("  {}", why(code));
    }
    Ok(())
}

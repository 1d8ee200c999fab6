//! What kvit costs: its rate beside that of a bare loop on the same broker, its latency, and what
//! it needs for each order. `make bench` runs it.
//!
//! | part | what |
//! |---|---|
//! | [`orders`] | the messages of an order's cycle |
//! | [`wire`] | filling, counting and emptying queues |
//! | [`bare`] | the least that a consumer and publisher does: receive, publish, acknowledge |
//! | [`daemon`] | kvit in a process of its own |
//! | [`usage`] | CPU and memory of a process, as the kernel counts them |
//! | [`rounds`] | both in turn, over the same messages |
//! | [`latency`] | from payment to agency, at a steady rate |
//! | [`growth`] | start and rate with many cases stored |
//! | [`report`] | medians, spreads, the page |

#![allow(clippy::as_conversions, reason = "figures for people need no exact conversions")]

mod bare;
mod daemon;
mod growth;
mod latency;
mod orders;
mod report;
mod rounds;
mod usage;
mod wire;

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;

/// Kvit beside the bare loop of the same broker.
#[derive(Debug, Parser)]
struct Options {
    /// The program to measure.
    kvit: PathBuf,
    /// Where store, settings and log go; what is there of an earlier run goes.
    #[arg(long, default_value = "target/bench")]
    dir: PathBuf,
    /// Orders of a round.
    #[arg(long, default_value_t = 2_000)]
    orders: usize,
    /// Rounds of each, in turn, after those that warm up.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of the steady load for the latency of each, in each of its rounds.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Cases stored before a further round, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "")]
    stored: Vec<String>,
    /// Only kvit's rounds, for a profiler.
    #[arg(long)]
    alone: bool,
    /// Kvit's rounds on the store that is in DIR; it holds fewer cases than this.
    #[arg(long)]
    filled: Option<usize>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let url = std::env::var("KVIT_AMQP_URL").context("KVIT_AMQP_URL: see deploy/with-broker.sh")?;
    let broker = usage::Process::of_broker();
    let mut ground = daemon::Ground::lay(&options.dir, &url, &options.kvit)?;
    let (filled, alone) = (options.filled, options.alone || options.filled.is_some());
    if filled.is_none() {
        ground.forget_store()?;
    }
    let stored = stored(&options.stored)?;
    let first = filled.unwrap_or_default();
    let mut bench = rounds::Bench::open_after(&mut ground, &url, broker, first).await?;
    bench.warm_up(options.orders).await?;
    let measured = bench.rounds((options.rounds, options.orders), alone).await?;
    report::rounds(&measured);
    if alone {
        return bench.close().await;
    }
    let rate = measured.kvit_orders_per_second() / 2.0;
    let latency = latency::measure(&mut bench, rate, options.seconds).await?;
    report::latency(&latency);
    let memory = bench.memory()?;
    bench.close().await?;
    for cases in stored {
        let grown = growth::measure(&mut ground, (&url, broker), cases, options.orders).await?;
        report::growth(cases, &grown, &measured);
    }
    report::last_line(&measured, &latency, memory);
    Ok(())
}

fn stored(given: &[String]) -> anyhow::Result<Vec<u64>> {
    let given = given.iter().filter(|text| !text.is_empty());
    given.map(|text| text.parse().with_context(|| format!("--stored {text:?}"))).collect()
}

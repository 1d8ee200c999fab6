//! `kvit demo`: what to play, from the command line.

use std::path::PathBuf;

use clap::Args;

use super::Global;
use super::failure::{Exit, Failure};
use crate::demo::{DemoOptions, run};

/// What to play.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// The broker; its user speaks for all parties and needs the tag `impersonator`
    #[arg(long, env = "KVIT_AMQP_URL", hide_env_values = true)]
    url: String,
    /// How many orders
    #[arg(long, default_value_t = 2_000)]
    orders: usize,
    /// Which play: the same seed gives the same plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often the daemon is killed in the middle of the traffic
    #[arg(long, default_value_t = 0)]
    kills: usize,
    /// Where settings, store and log go
    #[arg(long, default_value = "target/demo")]
    dir: PathBuf,
    /// The catalogue
    #[arg(long, default_value = "config/catalogue")]
    catalogue: PathBuf,
}

/// Plays; fails when anything was not as it must be.
pub(super) fn demo(global: &Global, args: &DemoArgs) -> Result<(), Failure> {
    let options = DemoOptions {
        url: args.url.clone(),
        orders: args.orders,
        seed: args.seed,
        kills: args.kills,
        dir: args.dir.clone(),
        catalogue: args.catalogue.clone(),
        kvit: std::env::current_exe()?,
        json: global.json,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match runtime.block_on(run(options)) {
        Ok(outcome) if outcome.is_good() => Ok(()),
        // The summary has said what is wrong.
        Ok(_) => Err(Failure::silent(Exit::Runtime)),
        Err(error) => Err(Failure::new(Exit::Runtime, format!("{error:#}"))),
    }
}

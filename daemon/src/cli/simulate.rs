//! `kvit simulate`: what to play, from the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use kvit_adapters::amqp::BrokerUrl;
use kvit_adapters::clock::Clock;

use super::failure::{Exit, Failure};
use super::{Global, print, print_json};
use crate::demo::{Connect, Faults, Roles, SimulateOptions, simulate as play};

/// What to play.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("connect").required(true).args(["url", "urls"]))]
pub(super) struct SimulateArgs {
    /// The sides to play; those left out are real, or absent
    #[arg(required = true, value_enum)]
    roles: Vec<RoleWord>,
    /// Only this party of its side; may be given several times
    #[arg(long = "party", value_name = "ID")]
    parties: Vec<String>,
    /// The broker, with a user that speaks for all parties: it needs the tag `impersonator`
    #[arg(long, env = "KVIT_AMQP_URL", hide_env_values = true)]
    url: Option<String>,
    /// A TOML file with an address for each party: id = "amqp://user:password@host/vhost"
    #[arg(long, value_name = "FILE")]
    urls: Option<PathBuf>,
    /// How many orders to submit; without portals, how many cases to answer
    #[arg(long, default_value_t = 100)]
    orders: usize,
    /// Most orders a second, such as 5 or 5/s; without it as fast as they are taken
    #[arg(long, value_parser = rate)]
    rate: Option<f64>,
    /// Which play. The same seed says the same, once: kvit would know it all. Default: the time
    #[arg(long)]
    seed: Option<u64>,
    /// Shares of what goes wrong: duplicates, early, damaged, reversed, withdrawn, amounts,
    /// returned, refused
    #[arg(long, value_name = "NAME=SHARE,…", default_value = "")]
    faults: Faults,
    /// When nothing has come for so many seconds, nothing more will
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// With banks and without portals: order codes and amounts to pay, a pair a line
    #[arg(long, value_name = "FILE")]
    pay: Option<PathBuf>,
    /// With portals and without banks: submit orders with a fee too, and write them here for
    /// somebody to pay
    #[arg(long, value_name = "FILE")]
    orders_to: Option<PathBuf>,
}

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleWord {
    /// Portals
    Portal,
    /// Banks and payment systems
    Bank,
    /// Agencies
    Agency,
    /// All three
    All,
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse::<f64>();
    let number = number.map_err(|_| "must be a number, such as 5 or 5/s")?;
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err("must be over 0".to_owned()) }
}

/// Plays and judges; fails when anything was not as it must be.
pub(super) fn simulate(global: &Global, args: &SimulateArgs) -> Result<(), Failure> {
    let plays = |role| args.roles.contains(&role) || args.roles.contains(&RoleWord::All);
    let now = Clock::System.now().seconds();
    let options = SimulateOptions {
        settings: global.load()?.settings,
        roles: Roles {
            portals: plays(RoleWord::Portal),
            banks: plays(RoleWord::Bank),
            agencies: plays(RoleWord::Agency),
        },
        parties: args.parties.clone(),
        connect: connect(args)?,
        orders: args.orders,
        rate: args.rate,
        seed: args.seed.unwrap_or_else(|| u64::try_from(now).unwrap_or_default()),
        faults: args.faults.clone(),
        patience: Duration::from_secs(args.patience),
        pay: args.pay.clone(),
        orders_to: args.orders_to.clone(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let verdict = runtime
        .block_on(play(&options))
        .map_err(|error| Failure::new(Exit::Runtime, format!("{error:#}")))?;
    if global.json {
        print_json(&verdict)?;
    } else {
        print(&verdict.page())?;
    }
    // The verdict has said what is wrong.
    if verdict.passed { Ok(()) } else { Err(Failure::silent(Exit::Runtime)) }
}

fn connect(args: &SimulateArgs) -> Result<Connect, Failure> {
    match (&args.urls, &args.url) {
        (Some(file), _) => Ok(Connect::Each(addresses(file)?)),
        (None, Some(url)) => Ok(Connect::AsOne(address("--url", url)?)),
        (None, None) => Err(Failure::new(Exit::Usage, "give --url or --urls")),
    }
}

fn addresses(file: &Path) -> Result<BTreeMap<String, BrokerUrl>, Failure> {
    let wrong = |what: String| Failure::new(Exit::Config, format!("{}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let named: BTreeMap<String, String> =
        toml::from_str(&text).map_err(|_| wrong("must be lines of id = \"amqp://…\"".into()))?;
    named.into_iter().map(|(id, url)| Ok((id.clone(), address(&id, &url)?))).collect()
}

/// The error does not repeat the address, which holds a password.
fn address(of: &str, url: &str) -> Result<BrokerUrl, Failure> {
    url.parse().map_err(|error| Failure::new(Exit::Usage, format!("address of {of}: {error}")))
}

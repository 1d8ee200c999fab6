//! The command line. Each command ends with an exit code that tells what kind of end it was
//! (RULES.md 3.12 L6), and speaks English.

mod ask;
mod carry;
pub(crate) mod check;
mod client;
mod demo;
mod desk;
mod doctor;
mod failure;
mod feed;
mod operator;
mod quarantine;
mod remote;
mod run;
mod schema;
mod show;
mod simulate;
mod sure;
mod table;
mod topology;
mod works;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand};
use kvit_adapters::feeds::{FileFormat, IdentityRule};
use kvit_schemas::{Currency, FeedId};
use serde::Serialize;

use crate::settings::{Loaded, Settings, SettingsError, Sources};
use failure::{Exit, Failure};

/// The `kvit` command line.
#[derive(Debug, Parser)]
#[command(name = "kvit", version, about = "Payments to order codes, cases to agencies")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
struct Global {
    /// The settings' file; without it $KVIT_CONFIG, then /etc/kvit/kvit.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One setting, over all other layers; may be given several times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// JSON for programs, one document a line
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    remote: remote::RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon until SIGTERM or SIGINT; a second signal ends it at once
    Run,
    /// Look for everything wrong in settings and catalogue, offline
    Check {
        /// Fail on warnings too
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Look at all that kvit depends on, and say what to do; fails when something is amiss
    Doctor,
    /// Print the settings in force, with the layer each comes from and secrets masked
    Config {
        /// The settings in force; there is nothing else to print yet
        #[arg(long)]
        effective: bool,
    },
    /// Print the broker's definitions for the configured parties, and declare them
    Topology(topology::TopologyArgs),
    /// How the daemon is; fails when it is not ready
    Status,
    /// Tell the whole story of a case, a payment, a file or a message
    Why {
        /// An order code, feed/payment-id, a payment's number, feed/sha256 of a file, a message id
        question: String,
        #[command(flatten)]
        place: ask::Place,
    },
    /// Cases
    #[command(subcommand)]
    Case(ask::CaseCommand),
    /// Money that waits until someone says where it belongs
    #[command(subcommand)]
    Suspense(ask::SuspenseCommand),
    /// Refused and conflicting messages, kept with their bytes
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    /// What waits for a second person
    #[command(subcommand)]
    Proposal(works::ProposalCommand),
    /// What waits to be sent
    #[command(subcommand)]
    Outbox(works::OutboxCommand),
    /// What runs when
    #[command(subcommand)]
    Schedule(works::ScheduleCommand),
    /// Where messages are taken from, and what is paused
    Sources,
    /// Take nothing more from a source: portal, bank, files or agency; also after a restart
    Pause {
        /// The source
        #[arg(value_parser = works::source())]
        source: String,
        #[command(flatten)]
        sure: sure::Sure,
    },
    /// Take from a source again
    Resume {
        /// The source
        #[arg(value_parser = works::source())]
        source: String,
        /// Why; it stands in the audit log
        #[arg(long)]
        reason: String,
    },
    /// People who operate kvit
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(ask::VerifyCommand),
    /// The store
    #[command(subcommand)]
    Store(carry::StoreCommand),
    /// Bank files
    #[command(subcommand)]
    Feed(FeedCommand),
    /// What others build against: schemas, examples, the AsyncAPI document
    #[command(subcommand)]
    Schema(schema::SchemaCommand),
    /// Play portals, banks and agencies against a daemon of its own, and verify what it does
    Demo(demo::DemoArgs),
    /// Play some of the parties against a kvit behind any broker, and judge what they hear
    Simulate(simulate::SimulateArgs),
    /// Print a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Print the OpenAPI description of the admin API
    Openapi,
}

#[derive(Debug, Subcommand)]
enum FeedCommand {
    /// Read a file and print its rows in one shape; needs no settings, daemon or broker
    Parse {
        /// The file; - for standard input
        file: PathBuf,
        /// Its format; without it the beginning of the file tells
        #[arg(long, value_parser = format())]
        format: Option<FileFormat>,
        /// What stands where in a table: [feeds.ID.table] of the settings, or its keys alone, in
        /// TOML; `kvit feed map` proposes it
        #[arg(long, value_name = "TOML")]
        map: Option<PathBuf>,
        /// What identifies a payment: bank_reference, end_to_end or content
        #[arg(long, default_value = "bank_reference")]
        identity: IdentityRule,
        /// The account's currency, such as BYN, where the file does not tell it
        #[arg(long)]
        currency: Option<Currency>,
        /// Print what can be read even when the rest cannot
        #[arg(long)]
        partial: bool,
    },
    /// Propose what stands where in a bank's table (CSV, fixed width), for the settings, and why
    Map {
        /// The file, or a sample of it
        file: PathBuf,
        /// The feed's id in what is printed
        #[arg(long, default_value = "bank", value_parser = str::parse::<FeedId>)]
        feed: FeedId,
    },
}

impl Global {
    fn sources(&self) -> Result<Sources, SettingsError> {
        Sources::of_process(self.config.clone(), self.set.clone())
    }

    /// The settings for those who do not speak with the broker: nobody needs its password to ask
    /// a question.
    fn load(&self) -> Result<Loaded, Failure> {
        Ok(Settings::load_without_secrets(&self.sources()?)?)
    }

    /// The settings with the broker's password and keys.
    fn load_with_secrets(&self) -> Result<Loaded, Failure> {
        Ok(Settings::load(&self.sources()?)?)
    }
}

/// The formats by their names, so that the shell can complete them.
fn format() -> impl TypedValueParser<Value = FileFormat> {
    let names = FileFormat::ALL.map(FileFormat::as_str);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<FileFormat>())
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be key=value")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Does what the command line of this process says.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help that cannot be printed helps nobody.
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            return ExitCode::from(exit.code());
        }
    };
    match std::panic::catch_unwind(|| act(&cli)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            if !failure.message.is_empty() {
                warn(&failure.message);
            }
            ExitCode::from(failure.exit.code())
        }
        // The panic has told what it is.
        Err(_) => ExitCode::from(Exit::Bug.code()),
    }
}

fn act(cli: &Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Run => run::run(global),
        Command::Check { deny_warnings } => check::check(global, *deny_warnings),
        Command::Doctor => doctor::doctor(global),
        Command::Config { effective: _ } => config(global),
        Command::Topology(args) => topology::topology(global, args),
        Command::Demo(args) => demo::demo(global, args),
        Command::Simulate(args) => simulate::simulate(global, args),
        Command::Status => ask::status(global),
        Command::Why { question, place } => ask::why(global, question, *place),
        Command::Case(command) => ask::case(global, command),
        Command::Suspense(command) => ask::suspense(global, command),
        Command::Quarantine(command) => quarantine::quarantine(global, command),
        Command::Audit(command) => ask::audit(global, command),
        Command::Store(command) => carry::store(global, command),
        Command::Feed(FeedCommand::Parse { file, format, map, identity, currency, partial }) => {
            let asked = feed::Asked {
                format: *format,
                map: map.as_deref(),
                identity: *identity,
                currency: *currency,
                json: global.json,
                partial: *partial,
            };
            feed::parse(file, asked)
        }
        Command::Feed(FeedCommand::Map { file, feed }) => {
            feed::map::map(file, feed.as_str(), global.json)
        }
        Command::Schema(command) => schema::schema(command, global.json),
        Command::Proposal(command) => works::proposal(global, command),
        Command::Outbox(command) => works::outbox(global, command),
        Command::Schedule(command) => works::schedule(global, command),
        Command::Sources => works::sources(global),
        Command::Pause { source, sure } => works::pause(global, source, sure),
        Command::Resume { source, reason } => works::resume(global, source, reason),
        Command::Operator(command) => operator::operator(global, command),
        Command::Man => operator::man(&Cli::command()),
        Command::Openapi => print(crate::admin::openapi().trim_end()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "kvit", &mut script);
            Ok(std::io::stdout().write_all(&script)?)
        }
    }
}

fn config(global: &Global) -> Result<(), Failure> {
    let text = global.load()?.effective();
    if !global.json {
        return print(text.trim_end());
    }
    let values: Result<toml::Table, _> = toml::from_str(&text);
    print_json(&values.map_err(|error| Failure::new(Exit::Bug, error.to_string()))?)
}

/// A story as it is printed: tests of the queries look at it.
#[cfg(test)]
pub(crate) fn story_text(why: &crate::queries::Why) -> String {
    show::why(why)
}

/// A line to standard output.
fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// A value as a line of JSON.
fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    print(&serde_json::to_string(value)?)
}

/// A line to standard error, for people.
fn warn(text: &str) {
    // Where nobody can be told, there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "kvit: {text}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

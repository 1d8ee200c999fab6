//! The daemon's own works: outbox, sources, schedules, and what waits for a second person.

use clap::Subcommand;
use clap::builder::PossibleValuesParser;

use super::ask::{Place, follow, many, one};
use super::client::{Client, encoded};
use super::desk::{Desk, Part};
use super::failure::Failure;
use super::quarantine::ended;
use super::sure::{Sure, sure};
use super::{Global, show};
use crate::admin::{Because, Done, Kick, ScheduleView, SourceView};
use crate::queries::ProposalView;
use crate::service::SOURCES;

#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// What waits to be sent, by destination
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Try a destination that waits again at once
    Kick {
        /// The destination as `outbox list` names it, such as "agency gai-minsk"; without it all
        destination: Option<String>,
        /// Why; it stands in the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ScheduleCommand {
    /// What runs when, with the next runs
    List,
    /// Run one out of turn, and wait for its end
    Run {
        /// Its name, such as expiry
        schedule: String,
        /// Why; it stands in the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ProposalCommand {
    /// What waits for a second person
    List {
        #[command(flatten)]
        place: Place,
        /// Also those that do not wait any more
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        part: Part,
    },
    /// Show one
    Show {
        /// Its number
        number: u64,
    },
    /// Approve what somebody else proposed; it is done at once
    Approve {
        /// Its number
        number: u64,
        #[command(flatten)]
        sure: Sure,
    },
    /// Take it back, or turn it down
    Withdraw {
        /// Its number
        number: u64,
        /// Why; it stands in the audit log
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn outbox(global: &Global, command: &OutboxCommand) -> Result<(), Failure> {
    match command {
        OutboxCommand::List { place } => {
            let views = Desk::open(global, place.offline)?.outbox()?;
            many(global, &views, show::outbox)
        }
        OutboxCommand::Kick { destination, reason } => {
            let wish = Kick { reason: reason.clone(), destination: destination.clone() };
            let done: Done = Client::of(global)?.post("/v1/outbox/kick", &wish)?;
            one(global, &done, show::done)
        }
    }
}

pub(super) fn schedule(global: &Global, command: &ScheduleCommand) -> Result<(), Failure> {
    let client = Client::of(global)?;
    match command {
        ScheduleCommand::List => {
            let views: Vec<ScheduleView> = client.get("/v1/schedules")?;
            many(global, &views, show::schedules)
        }
        ScheduleCommand::Run { schedule, reason } => {
            let path = format!("/v1/schedules/{}/run", encoded(schedule));
            let done: Done = client.post(&path, &Because { reason: reason.clone() })?;
            one(global, &done, show::done)
        }
    }
}

pub(super) fn sources(global: &Global) -> Result<(), Failure> {
    let views: Vec<SourceView> = Client::of(global)?.get("/v1/sources")?;
    many(global, &views, show::sources)
}

/// The names of the sources, for the command line.
pub(super) fn source() -> PossibleValuesParser {
    PossibleValuesParser::new(SOURCES.map(|(name, _)| name))
}

pub(super) fn pause(global: &Global, source: &str, how: &Sure) -> Result<(), Failure> {
    let reason = sure(how, &format!("take nothing more from the source {source}"))?;
    let path = format!("/v1/sources/{}/pause", encoded(source));
    let done: Done = Client::of(global)?.post(&path, &Because { reason })?;
    one(global, &done, show::done)
}

pub(super) fn resume(global: &Global, source: &str, reason: &str) -> Result<(), Failure> {
    let path = format!("/v1/sources/{}/resume", encoded(source));
    let wish = Because { reason: reason.to_owned() };
    let done: Done = Client::of(global)?.post(&path, &wish)?;
    one(global, &done, show::done)
}

pub(super) fn proposal(global: &Global, command: &ProposalCommand) -> Result<(), Failure> {
    match command {
        ProposalCommand::List { place, all, part } => {
            let desk = Desk::open(global, place.offline)?;
            let page = |(after, limit)| desk.proposals(*all, Part { after, limit });
            follow(global, *part, page, show::proposals)
        }
        ProposalCommand::Show { number } => {
            let view: ProposalView = Client::of(global)?.get(&format!("/v1/proposals/{number}"))?;
            one(global, &view, |view| show::proposals(std::slice::from_ref(view)))
        }
        ProposalCommand::Approve { number, sure: how } => {
            let reason = sure(how, &format!("approve proposal {number}"))?;
            let path = format!("/v1/proposals/{number}/approve");
            let done: Done = Client::of(global)?.post(&path, &Because { reason })?;
            one(global, &done, show::done)?;
            ended(&done)
        }
        ProposalCommand::Withdraw { number, reason } => {
            let path = format!("/v1/proposals/{number}/withdraw");
            let wish = Because { reason: reason.clone() };
            let done: Done = Client::of(global)?.post(&path, &wish)?;
            one(global, &done, show::done)
        }
    }
}

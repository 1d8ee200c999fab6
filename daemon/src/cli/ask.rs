//! The commands that ask the daemon, or have it act.

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand};
use kvit_schemas::{AgencyId, OrderCode, ProcedureCode};
use serde::Serialize;

use super::client::Client;
use super::desk::{Desk, Part};
use super::failure::{Exit, Failure};
use super::{Global, print, print_json, show, warn};
use crate::admin::{AssignCase, AssignPayment, Done, Status};
use crate::queries::{CaseFilter, LIMIT_MAX, Listed};

/// Where a question goes.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Place {
    /// Read the store itself; the daemon must be stopped
    #[arg(long)]
    pub(super) offline: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum CaseCommand {
    /// List cases
    List {
        #[command(flatten)]
        place: Place,
        /// Only in this status, such as underpaid; `no_application` for facts without one
        #[arg(long)]
        status: Option<String>,
        /// Only at this agency
        #[arg(long)]
        agency: Option<AgencyId>,
        /// Only of this procedure
        #[arg(long)]
        procedure: Option<ProcedureCode>,
        #[command(flatten)]
        part: Part,
    },
    /// Show one case with its money
    Show {
        #[command(flatten)]
        place: Place,
        /// The order code
        order: OrderCode,
    },
    /// Give a case that an agency gave back to another one
    Assign {
        /// The order code
        order: OrderCode,
        /// The agency that is to decide it
        agency: AgencyId,
        /// Why; it stands in the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SuspenseCommand {
    /// List payments in suspense
    List {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        part: Part,
    },
    /// Show one with payer, purpose and the orders it may belong to
    Show {
        #[command(flatten)]
        place: Place,
        /// The payment's number, feed/payment-id, or the code of an order with one in suspense
        payment: String,
    },
    /// Say which order a payment belongs to
    Assign {
        /// The payment's number
        payment: u64,
        /// The order code
        order: OrderCode,
        /// Why; it stands in the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum VerifyCommand {
    /// Walk over everything and check it
    Verify {
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn status(global: &Global) -> Result<(), Failure> {
    let client = Client::of(global)?;
    let status: Status = client.get("/v1/status")?;
    one(global, &status, show::status)?;
    if status.ready { Ok(()) } else { Err(Failure::silent(Exit::Runtime)) }
}

pub(super) fn why(global: &Global, question: &str, place: Place) -> Result<(), Failure> {
    let why = Desk::open(global, place.offline)?.why(question)?;
    one(global, &why, show::why)
}

pub(super) fn case(global: &Global, command: &CaseCommand) -> Result<(), Failure> {
    match command {
        CaseCommand::List { place, status, agency, procedure, part } => {
            let desk = Desk::open(global, place.offline)?;
            let page = |(after, limit)| {
                desk.cases(&CaseFilter {
                    status: status.clone(),
                    agency: agency.clone(),
                    procedure: procedure.clone(),
                    after,
                    limit: Some(limit),
                })
            };
            follow(global, *part, page, show::cases)
        }
        CaseCommand::Show { place, order } => {
            one(global, &Desk::open(global, place.offline)?.case(*order)?, show::case)
        }
        CaseCommand::Assign { order, agency, reason } => {
            let wish = AssignCase { agency: agency.clone(), reason: reason.clone() };
            act(global, &format!("/v1/cases/{order}/assign"), &wish)
        }
    }
}

pub(super) fn suspense(global: &Global, command: &SuspenseCommand) -> Result<(), Failure> {
    match command {
        SuspenseCommand::List { place, part } => {
            let desk = Desk::open(global, place.offline)?;
            let page = |(after, limit)| desk.suspense(Part { after, limit });
            follow(global, *part, page, show::suspense)
        }
        SuspenseCommand::Show { place, payment } => {
            let payment = Desk::open(global, place.offline)?.suspended(payment)?;
            one(global, &payment, show::suspended)
        }
        SuspenseCommand::Assign { payment, order, reason } => {
            let wish = AssignPayment { order_code: *order, reason: reason.clone() };
            act(global, &format!("/v1/suspense/{payment}/assign"), &wish)
        }
    }
}

pub(super) fn audit(global: &Global, command: &VerifyCommand) -> Result<(), Failure> {
    let VerifyCommand::Verify { place } = command;
    let report = Desk::open(global, place.offline)?.verify_audit(progress("batches"))?;
    one(global, &report, show::audit)?;
    if report.sound { Ok(()) } else { Err(Failure::silent(Exit::Data)) }
}

pub(super) fn verify_store(global: &Global, place: Place) -> Result<(), Failure> {
    let report = Desk::open(global, place.offline)?.verify_store(progress("rows"))?;
    one(global, &report, show::store)?;
    if report.sound { Ok(()) } else { Err(Failure::silent(Exit::Data)) }
}

/// Tells a person at a terminal how far it is.
pub(super) fn progress_now(text: &str) {
    if std::io::stderr().is_terminal() {
        warn_in_place(text);
    }
}

/// Tells a person at a terminal that something goes on.
pub(super) fn progress(what: &'static str) -> impl FnMut(u64) {
    let tell = std::io::stderr().is_terminal();
    move |seen| {
        if tell {
            // The cursor stays at the line's beginning: what is printed next takes its place.
            warn_in_place(&format!("{seen} {what}"));
        }
    }
}

fn warn_in_place(text: &str) {
    // Where nobody can be told, there is nobody to tell.
    let _ = write!(std::io::stderr().lock(), "\x1b[2K{text}\r");
}

fn act(global: &Global, path: &str, wish: &impl Serialize) -> Result<(), Failure> {
    let done: Done = Client::of(global)?.post(path, wish)?;
    one(global, &done, show::done)
}

pub(super) fn one<T: Serialize>(
    global: &Global,
    answer: &T,
    shown: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    if global.json { print_json(answer) } else { print(shown(answer).trim_end()) }
}

/// All of a short list.
pub(super) fn many<T: Serialize>(
    global: &Global,
    items: &[T],
    shown: impl FnOnce(&[T]) -> String,
) -> Result<(), Failure> {
    if global.json {
        return items.iter().try_for_each(print_json);
    }
    if items.is_empty() { print("none") } else { print(shown(items).trim_end()) }
}

/// A list, page after page up to as many as were asked for; a record a line for programs.
pub(super) fn follow<T: Serialize>(
    global: &Global,
    part: Part,
    page: impl Fn((Option<u64>, usize)) -> Result<Listed<T>, Failure>,
    shown: impl Fn(&[T]) -> String,
) -> Result<(), Failure> {
    let (mut after, mut left, mut any) = (part.after, part.limit, false);
    loop {
        let listed = page((after, left.min(LIMIT_MAX)))?;
        if !listed.items.is_empty() {
            many(global, &listed.items, &shown)?;
            any = true;
        }
        left = left.saturating_sub(listed.items.len());
        after = listed.next;
        let Some(next) = after else { break };
        if left == 0 {
            warn(&format!("there may be more: --after {next}"));
            break;
        }
    }
    if any || global.json { Ok(()) } else { print("none") }
}

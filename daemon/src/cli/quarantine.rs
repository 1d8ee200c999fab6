//! `kvit quarantine`: see what was refused, release it, discard it, take it out as files.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::{Args, Subcommand};
use kvit_schemas::Moment;

use super::ask::{Place, follow, one};
use super::client::Client;
use super::desk::{Desk, Part};
use super::failure::{Exit, Failure};
use super::sure::{Sure, sure};
use super::{Global, print, print_json, show, warn};
use crate::admin::{Because, Done, ReleaseWish};
use crate::queries::{Group, QuarantineFilter, merge};

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineCommand {
    /// List refused and conflicting messages
    List {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        part: Part,
    },
    /// The same by what is wrong with them
    Groups {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show one with why, the cure, its properties and bytes
    Show {
        #[command(flatten)]
        place: Place,
        /// Its number
        number: u64,
    },
    /// Give it a new attempt, on the way of any delivery
    Release(ReleaseArgs),
    /// Say that it is not to be released; its bytes stay until their time is over
    Discard {
        /// Its number
        number: u64,
        #[command(flatten)]
        sure: Sure,
    },
    /// Write the bytes of one to a file, or of all that fit to a directory
    Export {
        #[command(flatten)]
        place: Place,
        /// Its number; without it all that fit, and the target is a directory
        number: Option<u64>,
        /// File or directory to write; "-" for standard output
        #[arg(long, short, value_name = "FILE|DIR")]
        output: PathBuf,
        #[command(flatten)]
        filter: Filter,
    },
}

/// How to release.
#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// Its number
    #[arg(required_unless_present = "group", conflicts_with = "group")]
    number: Option<u64>,
    /// Every open message of this group, and those whose release broke off, one after the other
    #[arg(long, value_name = "FINGERPRINT", conflicts_with_all = ["replace", "as_party"])]
    group: Option<String>,
    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,
    /// Release these mended bytes in place of those that came, which are kept
    #[arg(long, value_name = "FILE")]
    replace: Option<PathBuf>,
    /// As this party, such as "portal epasluga"; a second person has to approve
    #[arg(long = "as", value_name = "PARTY")]
    as_party: Option<String>,
    #[command(flatten)]
    sure: Sure,
}

/// Which messages.
#[derive(Debug, Clone, Args)]
pub(super) struct Filter {
    /// Only with this code, such as KV1303
    #[arg(long)]
    code: Option<String>,
    /// Only of this party, such as "portal epasluga"
    #[arg(long)]
    party: Option<String>,
    /// Only of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only in this state: open, releasing, released, discarded, or all; else open and releasing
    #[arg(long)]
    state: Option<String>,
    /// Only of this group
    #[arg(long, value_name = "FINGERPRINT")]
    in_group: Option<String>,
    /// Only with this text in why it was refused, or in a property
    #[arg(long)]
    text: Option<String>,
    /// Only what came at this time or later, such as 2026-03-05T10:15:00+03:00
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only what came before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

impl Filter {
    fn of(&self, (after, limit): (Option<u64>, usize)) -> QuarantineFilter {
        QuarantineFilter {
            code: self.code.clone(),
            party: self.party.clone(),
            kind: self.kind.clone(),
            state: self.state.clone(),
            group: self.in_group.clone(),
            text: self.text.clone(),
            since: self.since,
            until: self.until,
            after,
            limit: Some(limit),
        }
    }
}

pub(super) fn quarantine(global: &Global, command: &QuarantineCommand) -> Result<(), Failure> {
    match command {
        QuarantineCommand::List { place, filter, part } => {
            let desk = Desk::open(global, place.offline)?;
            follow(global, *part, |part| desk.quarantine(&filter.of(part)), show::quarantine)
        }
        QuarantineCommand::Groups { place, filter } => {
            groups(global, &Desk::open(global, place.offline)?, filter)
        }
        QuarantineCommand::Show { place, number } => {
            let message = Desk::open(global, place.offline)?.quarantined(*number)?;
            one(global, &message, show::quarantined)
        }
        QuarantineCommand::Release(args) => release(global, args),
        QuarantineCommand::Discard { number, sure: how } => {
            let reason = sure(how, &format!("discard number {number}"))?;
            let path = format!("/v1/quarantine/{number}/discard");
            let done: Done = Client::of(global)?.post(&path, &Because { reason })?;
            one(global, &done, show::done)
        }
        QuarantineCommand::Export { place, number, output, filter } => {
            let desk = Desk::open(global, place.offline)?;
            match number {
                Some(number) => write(output, &desk.body(*number)?),
                None => export(&desk, filter, output),
            }
        }
    }
}

fn groups(global: &Global, desk: &Desk, filter: &Filter) -> Result<(), Failure> {
    let (mut all, mut after): (Vec<Group>, _) = (Vec::new(), None);
    loop {
        let page = desk.groups(&filter.of((after, crate::queries::LIMIT_MAX)))?;
        merge(&mut all, page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if global.json {
        return all.iter().try_for_each(print_json);
    }
    if all.is_empty() { print("none") } else { print(show::groups(&all).trim_end()) }
}

fn release(global: &Global, args: &ReleaseArgs) -> Result<(), Failure> {
    let client = Client::of(global)?;
    let what = match (args.number, &args.group) {
        (Some(number), _) => format!("release number {number}"),
        (None, group) => format!("release group {}", group.as_deref().unwrap_or_default()),
    };
    let reason = if args.dry_run { args.sure.reason.clone() } else { sure(&args.sure, &what)? };
    let mended = args.replace.as_ref().map(std::fs::read).transpose()?;
    let wish = |attempts| ReleaseWish {
        reason: reason.clone(),
        dry_run: args.dry_run,
        replacement: mended.as_ref().map(|bytes| BASE64_STANDARD.encode(bytes)),
        party: args.as_party.clone(),
        attempts,
    };
    if let Some(number) = args.number {
        let done: Done = client.post(&format!("/v1/quarantine/{number}/release"), &wish(None))?;
        one(global, &done, show::done)?;
        return ended(&done);
    }
    let desk = Desk::Live(client);
    let mut after = None;
    let (mut taken, mut refused, mut late) = (0_u64, 0_u64, 0_u64);
    loop {
        let filter = QuarantineFilter {
            group: args.group.clone(),
            after,
            limit: Some(100),
            ..QuarantineFilter::default()
        };
        let page = desk.quarantine(&filter)?;
        for message in &page.items {
            let path = format!("/v1/quarantine/{}/release", message.number);
            match desk.post::<Done>(&path, &wish(Some(message.attempts))) {
                Ok(done) if ended(&done).is_ok() => taken += 1,
                Ok(_) => refused += 1,
                Err(failure) if failure.exit == Exit::Runtime => {
                    warn(&format!("number {}: {}", message.number, failure.message));
                    // What somebody else is releasing just now is in good hands.
                    late += u64::from(message.state == "open");
                }
                Err(failure) => return Err(failure),
            }
            super::ask::progress_now(&format!(
                "{taken} taken, {refused} refused, {late} not tried"
            ));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if taken + refused + late == 0 {
        let group = args.group.as_deref().unwrap_or_default();
        let what = format!("no open message is in a group {group:?}: see kvit quarantine groups");
        return Err(Failure::new(Exit::Runtime, what));
    }
    let verb = if args.dry_run { "would be taken" } else { "taken" };
    print(&format!("{taken} {verb}, {refused} refused again, {late} not tried"))?;
    if refused + late > 0 { Err(Failure::silent(Exit::Data)) } else { Ok(()) }
}

/// A release that was refused again is a failure to whoever waits for it.
pub(super) fn ended(done: &Done) -> Result<(), Failure> {
    match done.outcome.as_deref() {
        Some("refused again") => Err(Failure::silent(Exit::Data)),
        Some(_) | None => Ok(()),
    }
}

fn export(desk: &Desk, filter: &Filter, directory: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let (mut after, mut many, mut known) = (None, 0_u64, 0_u64);
    loop {
        let page = desk.quarantine(&filter.of((after, 100)))?;
        for message in &page.items {
            let name = directory.join(message.number.to_string());
            if name.with_extension("json").exists() {
                known += 1;
                continue;
            }
            write(&name.with_extension("body"), &desk.body(message.number)?)?;
            let shown = desk.quarantined(message.number)?;
            write(&name.with_extension("json"), &serde_json::to_vec_pretty(&shown)?)?;
            many += 1;
        }
        after = page.next;
        if after.is_none() {
            let place = directory.display();
            return print(&format!("{many} messages to {place}, {known} were there already"));
        }
    }
}

/// Personal data: nobody else reads it, and no file is replaced by another of the same number.
fn write(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if target == Path::new("-") {
        return Ok(std::io::stdout().lock().write_all(bytes)?);
    }
    let failed = |error: io::Error| {
        let target = target.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            let what = format!("{target} is there already, and is not replaced");
            return Failure::new(Exit::Usage, what);
        }
        Failure::new(Exit::Io, format!("{target}: {error}"))
    };
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(target);
    opened.map_err(failed)?.write_all(bytes).map_err(|error| {
        // A part of it would be in the way of the next try. Should it stay, that one says so.
        let _ = std::fs::remove_file(target);
        failed(error)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        filter: Filter,
    }

    #[test]
    fn what_is_to_be_dealt_with_is_listed_where_no_state_is_named() {
        let line = <Line as clap::Parser>::parse_from(["list"]);
        assert_eq!(line.filter.of((None, 1)).state, None, "open, and releases that broke off");
        let line = <Line as clap::Parser>::parse_from(["list", "--state", "all"]);
        assert_eq!(line.filter.of((None, 1)).state.as_deref(), Some("all"));
    }

    #[test]
    fn what_is_taken_out_is_readable_by_its_owner_only_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("17.body");
        write(&file, b"personal").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let failure = write(&file, b"another").unwrap_err();
        assert!(failure.message.ends_with("is there already, and is not replaced"));
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(std::fs::read(&file).unwrap(), b"personal");
    }
}

//! `kvit operator token`, and the manual page.

use std::io::{Read, Write};

use clap::Subcommand;
use kvit_schemas::hex;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::{Global, print, print_json};

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

#[derive(Debug, Subcommand)]
pub(super) enum OperatorCommand {
    /// Make a token, and print it with the hash for `operators` in the settings
    Token,
}

pub(super) fn operator(global: &Global, command: &OperatorCommand) -> Result<(), Failure> {
    let OperatorCommand::Token = command;
    let mut random = [0; TOKEN_BYTES];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let token = format!("kvit-{}", hex::encode(&random));
    let token_sha256 = hex::encode(&Sha256::digest(token.as_bytes()));
    if global.json {
        return print_json(&json!({ "token": token, "token_sha256": token_sha256 }));
    }
    print(&format!("token         {token}"))?;
    print(&format!("token_sha256  {token_sha256}"))?;
    super::warn("give the token to its person alone; only the hash belongs into the settings");
    Ok(())
}

/// One page for all commands, for `man -l`.
pub(super) fn man(command: &clap::Command) -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands() {
        let name = format!("kvit {}", sub.get_name());
        let named = sub.clone().display_name(name.clone()).bin_name(name);
        let man = clap_mangen::Man::new(named);
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if sub.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
    }
    Ok(std::io::stdout().write_all(&page)?)
}

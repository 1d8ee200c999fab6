//! Being sure: acts that cannot be taken back ask at a terminal, and need `--yes` without one.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use super::failure::{Exit, Failure};

/// Why, and whether to ask.
#[derive(Debug, Clone, Args)]
pub(super) struct Sure {
    /// Why; it stands in the audit log
    #[arg(long)]
    pub(super) reason: String,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

/// The reason, once it is sure.
pub(super) fn sure(how: &Sure, what: &str) -> Result<String, Failure> {
    if how.yes {
        return Ok(how.reason.clone());
    }
    if !std::io::stdin().is_terminal() {
        let what = format!("to {what}, --yes is needed where nobody can be asked");
        return Err(Failure::new(Exit::Usage, what));
    }
    let mut out = std::io::stderr().lock();
    write!(out, "{}? [y/N] ", capital(what))?;
    out.flush()?;
    let mut said = String::new();
    std::io::stdin().lock().read_line(&mut said)?;
    if matches!(said.trim(), "y" | "Y" | "yes") {
        return Ok(how.reason.clone());
    }
    Err(Failure::new(Exit::Runtime, "nothing was done"))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

//! The log: where it goes and how it looks.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::{Log, LogFormat};

/// lapin logs each lost connection, and each that is closed in order, as an error of its own
/// (RULES.md V3), and each returned message with all its properties; events of ours tell what
/// matters of it.
const QUIET: &str = "lapin=off";

/// Logs to standard error from now on.
pub fn start(log: &Log) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Human => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// What is logged: the operator's filter, and silence of libraries it does not name.
fn filter(log: &Log) -> EnvFilter {
    EnvFilter::new(directives(&log.filter))
}

fn directives(given: &str) -> String {
    let named = given.split(',').any(|directive| directive.trim_start().starts_with("lapin"));
    if named { given.to_owned() } else { format!("{given},{QUIET}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lapin_is_quiet_unless_the_operator_names_it() {
        assert_eq!(directives("info"), "info,lapin=off");
        assert_eq!(directives("info, lapin=debug"), "info, lapin=debug");
    }
}

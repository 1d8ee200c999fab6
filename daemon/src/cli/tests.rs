//! Command lines that are understood, and those that are not.

use clap::Parser;

use super::*;

fn parsed(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    for line in [
        "kvit --config a.toml --set log.filter=debug,x=1 --json check",
        "kvit check --config a.toml --set log.filter=debug,x=1 --json",
    ] {
        let Global { config, set, json } = parsed(line).unwrap().global;
        assert_eq!(config, Some(PathBuf::from("a.toml")));
        assert_eq!(set, [("log.filter".to_owned(), "debug,x=1".to_owned())]);
        assert!(json);
    }
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_done() {
    for line in [
        "kvit",
        "kvit fly",
        "kvit --set nothing check",
        "kvit topology --users some",
        "kvit feed parse a.txt --format camt",
    ] {
        assert!(parsed(line).unwrap_err().use_stderr(), "{line}");
    }
}

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
        let Global { config, set, json, remote: _ } = parsed(line).unwrap().global;
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
        "kvit topology --apply --users existing",
        "kvit feed parse a.txt --format nothing",
        "kvit feed map",
        "kvit feed map a.csv --feed Not/An/Id",
        "kvit pause nowhere --reason x",
    ] {
        assert!(parsed(line).unwrap_err().use_stderr(), "{line}");
    }
}

#[test]
fn questions_and_acts_are_understood() {
    let code = "0".repeat(30);
    for line in [
        "kvit status --json".to_owned(),
        "kvit feed parse a.csv --format table --map map.toml".to_owned(),
        "kvit feed map a.csv --feed priorbank".to_owned(),
        "kvit why erip/1200000001 --offline".to_owned(),
        "kvit case list --status underpaid --agency gai-minsk --after 7 --limit 5".to_owned(),
        format!("kvit case assign {code} gai-minsk --reason because"),
        "kvit suspense list --json".to_owned(),
        format!("kvit suspense assign 7 {code} --reason because"),
        "kvit quarantine show 7 --offline".to_owned(),
        "kvit audit verify --offline".to_owned(),
        "kvit store verify".to_owned(),
        "kvit store export /backup/kvit.export".to_owned(),
        "kvit store export - --offline".to_owned(),
        "kvit store import - --offline --reason restored".to_owned(),
        "kvit completions bash".to_owned(),
        "kvit quarantine list --code KV1303 --party portal --state all --text x".to_owned(),
        "kvit quarantine groups --json".to_owned(),
        "kvit quarantine release 7 --reason mended --dry-run --replace a.json".to_owned(),
        "kvit quarantine release --group 00ff --reason mended --yes".to_owned(),
        "kvit quarantine discard 7 --reason nonsense --yes".to_owned(),
        "kvit proposal approve 9 --reason right --yes".to_owned(),
        "kvit outbox kick --reason mended".to_owned(),
        "kvit pause bank --reason maintenance --yes".to_owned(),
        "kvit schedule run expiry --reason now".to_owned(),
        "kvit status --admin https://kvit.by:9466 --token-file t --admin-ca-file c".to_owned(),
        "kvit man".to_owned(),
    ] {
        assert!(parsed(&line).is_ok(), "{line}");
    }
    for line in [
        format!("kvit case assign {code} gai-minsk"),
        format!("kvit suspense assign 7 {code}"),
        "kvit case show 17".to_owned(),
        "kvit store import a.export".to_owned(),
        "kvit store export".to_owned(),
        "kvit quarantine release --reason why".to_owned(),
        "kvit quarantine release 7".to_owned(),
        "kvit quarantine release 7 --group 00ff --reason why".to_owned(),
        "kvit case list --limit 0".to_owned(),
        format!("kvit case assign {code} gai-minsk --reason because --offline"),
    ] {
        assert!(parsed(&line).is_err(), "{line}");
    }
}

#[test]
fn the_kind_of_end_shows_in_the_exit_code() {
    use crate::queries::QueryError;
    use crate::service::{RunError, SetupError};
    let exit = |failure: Failure| failure.exit.code();
    let apart = SetupError::Parties("who".to_owned());
    assert_eq!(exit(apart.into()), 78);
    assert_eq!(exit(RunError::Ended("the relay").into()), 70);
    let broken = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let (key, place) = ("health.listen", "127.0.0.1:9465".to_owned());
    let taken = Failure::from(RunError::Listen { key, place, source: broken });
    assert_eq!(taken.message, "opening health.listen, 127.0.0.1:9465: no storage space");
    assert_eq!(exit(taken), 74);
    assert_eq!(exit(QueryError::NotFound("no such order".to_owned()).into()), 1);
    let gone = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    assert_eq!(exit(gone.into()), 0, "`kvit case list | head` is no failure");
}

#[test]
fn what_looks_at_this_machine_is_refused_for_another() {
    let remote = |line: &str| parsed(line).unwrap().global.remote;
    for command in ["check", "doctor", "why 17 --offline", "quarantine list --offline"] {
        let line = format!("kvit {command} --admin https://kvit.by:9466");
        let refused = act(&parsed(&line).unwrap()).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.message.contains("names https://kvit.by:9466"), "{}", refused.message);
    }
    assert!(remote("kvit doctor").only_here().is_ok());
}

#[test]
fn a_token_is_read_for_the_socket_too_and_a_file_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let token = |file: &std::path::Path| {
        parsed(&format!("kvit status --token-file {}", file.display())).unwrap().global.remote
    };
    let missing = token(&file).token().unwrap_err();
    assert!(missing.message.contains(&format!("--token-file {}", file.display())));
    std::fs::write(&file, "abc\n").unwrap();
    assert_eq!(token(&file).token().unwrap().unwrap().expose(), "abc");
}

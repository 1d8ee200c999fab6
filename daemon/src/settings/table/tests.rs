//! What an operator may say of a feed's tables, in the settings and in a file of its own.

use super::*;
use crate::settings::{FeedFormat, OperatorFile, Settings, Sources};

const FEED: &str = "
[banks.b]
users = [\"b\"]
[feeds.f]
format = \"table\"
bank = \"b\"
";
const MAPPING: &str = "
dates = [\"dd.MM.yyyy\", \"yyyy-MM-dd\"]
thousands_mark = \" \"
currency = \"BYN\"
";
const COLUMNS: &str = "
date = \"Дата\"
credit = \"Кредит\"
debit = \"7\"
purpose = [\"Назначение\", \"Доп. назначение\"]
";

fn feed(table: &str, columns: &str) -> String {
    format!("{FEED}[feeds.f.table]\n{table}\n[feeds.f.table.columns]\n{columns}")
}

/// The settings that the text makes, and what is wrong with it instead.
fn load(text: &str) -> Result<Settings, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kvit.toml");
    std::fs::write(&path, text).unwrap();
    let file = OperatorFile::Named(path.clone());
    let sources = Sources { file, environment: [].into(), overrides: vec![], credentials: None };
    let told =
        |error: SettingsError| error.to_string().replace(&path.display().to_string(), "kvit.toml");
    Settings::load(&sources).map(|loaded| loaded.settings).map_err(told)
}

/// Each problem has its line, at its key.
#[track_caller]
fn check_told(told: &str, expected: &[&str]) {
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{told}");
    for expected in expected {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "{expected} in\n{told}");
    }
}

#[track_caller]
fn check_error(text: &str, expected: &[&str]) {
    check_told(&load(text).unwrap_err(), expected);
}

#[test]
fn a_mapping_is_read_and_falls_back_on_the_defaults() {
    let settings = load(&feed(MAPPING, COLUMNS)).unwrap();
    let feed = settings.feeds.values().next().unwrap();
    assert_eq!(feed.format, FeedFormat::Table);
    let draft = feed.table.as_ref().unwrap().get();
    assert_eq!(draft.kind, TableKind::Delimited { delimiter: b';', quote: Some(b'"') });
    assert_eq!(
        draft.dates.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        "dd.MM.yyyy yyyy-MM-dd"
    );
    assert_eq!(draft.amounts.thousands, Some(ThousandsMark::Blank));
    assert_eq!(draft.columns.debit, Some(Column::Position(7)));
    assert_eq!(draft.columns.purpose.len(), 2, "in their order, none lost");
    assert!(draft.header && draft.columns.amount.is_none() && draft.rows.total.is_empty());
}

#[test]
fn what_is_true_of_every_feed_is_true_of_tables() {
    let common =
        "[feeds._.table]\ndelimiter = \"tab\"\n[feeds._.table.columns]\naccount = \"IBAN\"";
    let settings = load(&format!("{}\n{common}", feed(MAPPING, COLUMNS))).unwrap();
    let feed = settings.feeds.values().next().unwrap();
    let draft = feed.table.as_ref().unwrap().get();
    assert_eq!(draft.kind, TableKind::Delimited { delimiter: b'\t', quote: Some(b'"') });
    assert_eq!(draft.columns.account, Some(Column::Name("IBAN".to_owned())));
}

#[test]
fn what_is_wrong_is_told_at_its_key() {
    check_error(
        FEED,
        &[
            "kvit.toml: feeds.f.table.dates is empty",
            "kvit.toml: feeds.f.table.columns.date must be set",
            "kvit.toml: feeds.f.table.currency must be set, or columns.currency",
            "kvit.toml: feeds.f.table.columns.amount must be set, or columns.credit",
        ],
    );
    let general = "kind = \"csv\"\ncharset = \"klingon\"\ndelimiter = \"ab\"\n\
                   decimal_mark = \"x\"\nthousands_mark = \"_\"\nplus = \"up\"\n\
                   dates = [\"DD.MM\"]\nheaders = true\ncurrency = \"XXY\"";
    check_error(
        &feed(general, "date = 7\nammount = \"0\"\nstate = \"0\""),
        &[
            "kvit.toml: feeds.f.table.kind must be one of delimited, fixed, is \"csv\"",
            "kvit.toml: feeds.f.table.charset must be a character set such as windows-1250",
            "kvit.toml: feeds.f.table.delimiter must be one ASCII sign",
            "kvit.toml: feeds.f.table.decimal_mark must be one of",
            "kvit.toml: feeds.f.table.thousands_mark must be empty or one of",
            "kvit.toml: feeds.f.table.plus must be one of credit, debit",
            "kvit.toml: feeds.f.table.dates has the date format \"DD.MM\"",
            "kvit.toml: feeds.f.table.headers is no setting; did you mean header?",
            "kvit.toml: feeds.f.table.currency must be a currency such as BYN",
            "kvit.toml: feeds.f.table.columns.date must be text, is 7",
            "kvit.toml: feeds.f.table.columns.ammount is no setting; did you mean amount?",
            "kvit.toml: feeds.f.table.columns.state = \"0\": a position is from 1",
        ],
    );
    check_error(
        &feed("currency = \"BYN\"\ncharset = \"utf-16le\"", "date = \"1\"\namount = \"1\""),
        &["kvit.toml: feeds.f.table.charset must be UTF-8 or of one byte a character"],
    );
    check_error(
        &feed(MAPPING, COLUMNS).replace("\"table\"", "\"erip\""),
        &["kvit.toml: feeds.f.table is set, and the feed's format is not \"table\""],
    );
}

/// The mapping in a file of its own, or what is wrong with it.
fn of_file(text: &str) -> Result<TableMapping, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.toml");
    std::fs::write(&path, text).unwrap();
    let told =
        |error: SettingsError| error.to_string().replace(&path.display().to_string(), "map.toml");
    table_of_file(&path).map_err(told)
}

#[test]
fn a_file_of_its_own_says_the_same() {
    let settings = load(&feed(MAPPING, COLUMNS)).unwrap();
    let feed_table = settings.feeds.values().next().unwrap().table.clone().unwrap();
    let alone = format!("{MAPPING}\n[columns]\n{COLUMNS}");
    let pasted = format!("[feeds.any.table]\n{MAPPING}\n[feeds.any.table.columns]\n{COLUMNS}");
    for text in [alone, pasted, feed(MAPPING, COLUMNS)] {
        assert_eq!(of_file(&text), Ok(feed_table.clone()), "{text}");
    }
    for (text, expected) in [
        (
            "[columns]\ndate = \"1\"\ncredits = \"2\"",
            ["map.toml: columns.credits is no setting; did you mean credit?"].as_slice(),
        ),
        (
            "dates = [\"yyyyMMdd\"]\n[columns]\ndate = \"1\"\namount = \"2\"",
            &["map.toml: currency must be set"],
        ),
        (
            "[feeds.f.table]\ncurrency = \"BYN\"\n[feeds.f.table.columns]\ndate = \"1\"",
            &["map.toml: feeds.f.table.dates is", "map.toml: feeds.f.table.columns.amount must"],
        ),
        ("[feeds.f]\nbank = \"b\"", &["map.toml: has no [feeds.<id>.table]"]),
        ("[feeds.f.table]\n[feeds.g.table]", &["map.toml: has the tables of several feeds"]),
        ("kind = ", &["map.toml: line 1"]),
    ] {
        check_told(&of_file(text).unwrap_err(), expected);
    }
}

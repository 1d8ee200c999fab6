//! `kvit feed map`: a mapping for a bank's table, proposed from the file, as TOML for the settings.
//! Needs no settings, and changes nothing: a person looks at it before it counts.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use kvit_adapters::feeds::{
    Column, DecimalMark, Direction, FileFormat, Options, Reader, SAMPLE_BYTES, TableDraft,
    TableKind, TableMapping, TableProposal, ThousandsMark, propose,
};
use serde_json::json;

use super::super::failure::{Exit, Failure, chain};
use super::super::{print, print_json};
use crate::settings::quoted;

/// How many rows that cannot be read are told one by one.
const TOLD_ROWS: usize = 5;

/// What the proposal makes of the whole file.
#[derive(Default)]
struct Trial {
    rows: u64,
    refused: u64,
    /// What is wrong, or worth a look.
    told: Vec<String>,
    sums: Vec<String>,
    usable: bool,
}

/// Prints what is proposed for the file, and what comes of it. Fails when no payments could be
/// read so.
pub(in crate::cli) fn map(path: &Path, feed: &str, json: bool) -> Result<(), Failure> {
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let io = |error: std::io::Error| Failure::new(Exit::Io, named(&error));
    let limit = u64::try_from(SAMPLE_BYTES).unwrap_or(u64::MAX);
    let mut sample = Vec::new();
    File::open(path).map_err(io)?.take(limit).read_to_end(&mut sample).map_err(io)?;
    if let Some(format) = FileFormat::detect(&sample) {
        let what = format!("is no table but {format}: set format = \"{format}\"");
        return Err(Failure::new(Exit::Data, named(&what)));
    }
    let Some(proposal) = propose(&sample) else {
        let what = "no table can be made out: rows have neither a sign between values nor places \
                    of their own";
        return Err(Failure::new(Exit::Data, named(&what)));
    };
    let trial = trial(path, &proposal)?;
    if json {
        let notes = proposal
            .notes
            .iter()
            .map(|note| json!({ "key": note.key, "why": note.why, "unsure": note.unsure }));
        print_json(&json!({
            "toml": toml(feed, &proposal), "notes": notes.collect::<Vec<_>>(),
            "rows": trial.rows, "rows_refused": trial.refused, "sums": trial.sums,
            "told": trial.told,
        }))?;
    } else {
        print(&format!("{}\n{}", toml(feed, &proposal), summary(&trial)))?;
    }
    if trial.usable { Ok(()) } else { Err(Failure::new(Exit::Data, named(&"no row was read so"))) }
}

/// Reads the whole file by the proposal.
fn trial(path: &Path, proposal: &TableProposal) -> Result<Trial, Failure> {
    let mut trial = Trial::default();
    let mapping = match TableMapping::new(proposal.draft.clone()) {
        Ok(mapping) => mapping,
        Err(problems) => {
            trial.told = problems.iter().map(ToString::to_string).collect();
            return Ok(trial);
        }
    };
    let file = File::open(path)
        .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", path.display())))?;
    let options = Options { table: Some(&mapping), ..Options::default() };
    let mut reader = match Reader::open(FileFormat::Table, BufReader::new(file), &options) {
        Ok(reader) => reader,
        Err(error) => {
            trial.told.push(chain(&error));
            return Ok(trial);
        }
    };
    for read in reader.by_ref() {
        match read {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if trial.told.len() < TOLD_ROWS => trial.told.push(error.to_string()),
            Ok(Err(_)) => {}
            Err(error) => trial.told.push(chain(&error)),
        }
    }
    trial.told.extend(reader.findings().iter().map(ToString::to_string));
    trial.told.extend(reader.warnings().iter().cloned());
    let totals = reader.totals();
    (trial.rows, trial.refused) = (totals.rows, totals.refused);
    trial.sums = totals
        .sums
        .values()
        .map(|sums| format!("credits {}, debits {}", sums.credits, sums.debits))
        .collect();
    trial.usable = totals.rows > 0;
    Ok(trial)
}

fn summary(trial: &Trial) -> String {
    let sums = trial.sums.join("; ");
    let mut out = format!(
        "# Read so, the file has {} rows that can be used and {} that cannot; {}.",
        trial.rows,
        trial.refused,
        if sums.is_empty() { "no money" } else { &sums }
    );
    for told in &trial.told {
        line(&mut out, format_args!("\n# {}", one_line(told)));
    }
    out
}

/// The proposal as a part of the settings: each key with the reason beside it.
fn toml(feed: &str, proposal: &TableProposal) -> String {
    let mut out = String::new();
    let unsure = proposal.notes.iter().filter(|note| note.unsure).count();
    line(&mut out, format_args!("# What is marked CHECK ({unsure} times) is a guess.\n"));
    line(&mut out, format_args!("[feeds.{feed}.table]\n"));
    let draft = &proposal.draft;
    section(&mut out, proposal, "", &general(draft));
    let columns = columns(draft);
    line(&mut out, format_args!("\n[feeds.{feed}.table.columns]\n"));
    section(&mut out, proposal, "columns.", &columns);
    let words = words(draft);
    if !words.is_empty() {
        line(&mut out, format_args!("\n[feeds.{feed}.table.words]\n"));
        section(&mut out, proposal, "words.", &words);
    }
    let rows = rows(draft);
    if !rows.is_empty() {
        line(&mut out, format_args!("\n[feeds.{feed}.table.rows]\n"));
        section(&mut out, proposal, "rows.", &rows);
    }
    out
}

/// Keys with their values, each after what is noted of it; then what is noted of keys that have
/// no value.
fn section(
    out: &mut String,
    proposal: &TableProposal,
    prefix: &str,
    values: &[(&'static str, String)],
) {
    let key =
        |note: &str| note.strip_prefix(prefix).filter(|key| !key.contains('.')).map(str::to_owned);
    for (name, value) in values {
        let notes = proposal.notes.iter().filter(|note| key(note.key).as_deref() == Some(name));
        let notes: Vec<String> = notes
            .map(|note| {
                format!("{}{}", if note.unsure { "CHECK: " } else { "" }, one_line(&note.why))
            })
            .collect();
        if !notes.is_empty() {
            line(out, format_args!("# {}\n", notes.join("; ")));
        }
        line(out, format_args!("{name} = {value}\n"));
    }
    for note in &proposal.notes {
        if let Some(name) = key(note.key)
            && values.iter().all(|(known, _)| *known != name)
        {
            line(out, format_args!("# CHECK: {name}: {}\n", one_line(&note.why)));
        }
    }
}

fn line(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = out.write_fmt(line);
}

/// Values of a bank's file may hold anything, a comment may not.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn list(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.map(|text| quoted(&text)).collect::<Vec<_>>().join(", "))
}

fn general(draft: &TableDraft) -> Vec<(&'static str, String)> {
    let charset = draft.charset.map_or_else(|| "auto".to_owned(), |it| it.to_string());
    let decimal = match draft.amounts.decimal {
        DecimalMark::Comma => ",",
        DecimalMark::Point => ".",
        DecimalMark::Implied => "implied",
    };
    let thousands = match draft.amounts.thousands {
        None => "",
        Some(ThousandsMark::Blank) => " ",
        Some(ThousandsMark::Point) => ".",
        Some(ThousandsMark::Comma) => ",",
        Some(ThousandsMark::Apostrophe) => "'",
    };
    let plus = match draft.plus {
        Direction::Credit => "credit",
        Direction::Debit => "debit",
    };
    let mut values = Vec::new();
    match draft.kind {
        TableKind::Fixed => values.push(("kind", quoted("fixed"))),
        TableKind::Delimited { delimiter, quote } => {
            let sign = |byte: u8| match byte {
                b'\t' => "tab".to_owned(),
                byte => char::from(byte).to_string(),
            };
            values.push(("kind", quoted("delimited")));
            values.push(("delimiter", quoted(&sign(delimiter))));
            values.push(("quote", quoted(&quote.map(sign).unwrap_or_default())));
            values.push(("header", draft.header.to_string()));
        }
    }
    values.push(("charset", quoted(&charset)));
    values.push(("decimal_mark", quoted(decimal)));
    values.push(("thousands_mark", quoted(thousands)));
    values.push(("plus", quoted(plus)));
    values.push(("dates", list(draft.dates.iter().map(ToString::to_string))));
    if let Some(currency) = draft.currency {
        values.push(("currency", quoted(currency.as_str())));
    }
    values
}

fn columns(draft: &TableDraft) -> Vec<(&'static str, String)> {
    let it = &draft.columns;
    let single = [
        ("account", &it.account),
        ("date", &it.date),
        ("time", &it.time),
        ("amount", &it.amount),
        ("direction", &it.direction),
        ("credit", &it.credit),
        ("debit", &it.debit),
        ("currency", &it.currency),
        ("state", &it.state),
        ("payer_name", &it.payer_name),
        ("payer_id", &it.payer_id),
        ("payer_account", &it.payer_account),
        ("beneficiary_account", &it.beneficiary_account),
        ("bank_reference", &it.bank_reference),
        ("end_to_end", &it.end_to_end),
        ("bank_document", &it.bank_document),
        ("personal_account", &it.personal_account),
    ];
    let several = [("purpose", &it.purpose), ("creditor", &it.creditor)];
    let several = several.into_iter().filter(|(_, columns)| !columns.is_empty());
    let several =
        several.map(|(key, columns)| (key, list(columns.iter().map(ToString::to_string))));
    single.into_iter().filter_map(place).chain(several).collect()
}

fn place((key, column): (&'static str, &Option<Column>)) -> Option<(&'static str, String)> {
    Some((key, quoted(&column.as_ref()?.to_string())))
}

fn texts((key, texts): (&'static str, &Vec<String>)) -> Option<(&'static str, String)> {
    (!texts.is_empty()).then(|| (key, list(texts.iter().cloned())))
}

fn words(draft: &TableDraft) -> Vec<(&'static str, String)> {
    let it = &draft.words;
    let all = [
        ("credit", &it.credit),
        ("debit", &it.debit),
        ("credited", &it.credited),
        ("accepted", &it.accepted),
        ("reversed", &it.reversed),
        ("information", &it.information),
    ];
    all.into_iter().filter_map(texts).collect()
}

fn rows(draft: &TableDraft) -> Vec<(&'static str, String)> {
    let it = &draft.rows;
    let patterns = [
        ("data", &it.data),
        ("ignore", &it.ignore),
        ("end", &it.end),
        ("total", &it.total),
        ("opening", &it.opening),
        ("closing", &it.closing),
    ];
    let figures = [
        ("total_count", &it.total_count),
        ("total_credits", &it.total_credits),
        ("total_debits", &it.total_debits),
        ("opening_balance", &it.opening_balance),
        ("closing_balance", &it.closing_balance),
    ];
    let patterns = patterns.into_iter().filter_map(texts);
    patterns.chain(figures.into_iter().filter_map(place)).collect()
}

//! `[feeds.<id>.table]`: what stands where in the tables of a feed, from settings or from a file
//! that holds nothing else.

use std::path::Path;

use kvit_adapters::feeds::{
    AmountFormat, Column, Columns, DecimalMark, Direction, Rows, TableCharset, TableDraft,
    TableKind, TableMapping, ThousandsMark, Words,
};
use kvit_schemas::Currency;

use crate::settings::finding::{Finding, SettingsError};
use crate::settings::layers;
use crate::settings::section::Section;
use crate::settings::tree::{Node, Origin, Table};

pub(super) fn table(s: &mut Section<'_>) -> TableDraft {
    let delimited = s.text("kind", is_delimited).unwrap_or(true);
    let delimiter = s.text("delimiter", separator).unwrap_or(b';');
    let quote = s.optional("quote", separator);
    let kind = if delimited { TableKind::Delimited { delimiter, quote } } else { TableKind::Fixed };
    let decimal = s.text("decimal_mark", decimal_mark).unwrap_or(DecimalMark::Comma);
    let thousands = s.optional("thousands_mark", thousands_mark);
    TableDraft {
        kind,
        charset: s.text("charset", charset).flatten(),
        skip_lines: s.number("skip_lines", 0..=1000),
        header: s.flag("header"),
        amounts: AmountFormat { decimal, thousands },
        plus: s.text("plus", way).unwrap_or(Direction::Credit),
        dates: s.sequence("dates", str::parse),
        currency: s.optional("currency", currency),
        columns: s.section("columns", columns),
        words: s.section("words", words),
        rows: s.section("rows", rows),
    }
}

fn columns(s: &mut Section<'_>) -> Columns {
    Columns {
        account: column(s, "account"),
        date: column(s, "date"),
        time: column(s, "time"),
        amount: column(s, "amount"),
        credit: column(s, "credit"),
        debit: column(s, "debit"),
        direction: column(s, "direction"),
        currency: column(s, "currency"),
        state: column(s, "state"),
        payer_name: column(s, "payer_name"),
        payer_id: column(s, "payer_id"),
        payer_account: column(s, "payer_account"),
        beneficiary_account: column(s, "beneficiary_account"),
        purpose: s.sequence("purpose", named),
        bank_reference: column(s, "bank_reference"),
        end_to_end: column(s, "end_to_end"),
        creditor: s.sequence("creditor", named),
        bank_document: column(s, "bank_document"),
        personal_account: column(s, "personal_account"),
    }
}

fn words(s: &mut Section<'_>) -> Words {
    Words {
        credit: s.sequence("credit", word),
        debit: s.sequence("debit", word),
        credited: s.sequence("credited", word),
        accepted: s.sequence("accepted", word),
        reversed: s.sequence("reversed", word),
        information: s.sequence("information", word),
    }
}

fn rows(s: &mut Section<'_>) -> Rows {
    Rows {
        data: s.sequence("data", word),
        ignore: s.sequence("ignore", word),
        end: s.sequence("end", word),
        total: s.sequence("total", word),
        total_count: column(s, "total_count"),
        total_credits: column(s, "total_credits"),
        total_debits: column(s, "total_debits"),
        opening: s.sequence("opening", word),
        opening_balance: column(s, "opening_balance"),
        closing: s.sequence("closing", word),
        closing_balance: column(s, "closing_balance"),
    }
}

fn column(s: &mut Section<'_>, key: &'static str) -> Option<Column> {
    s.optional(key, named)
}

fn named(text: &str) -> Result<Column, String> {
    text.parse().map_err(|what| format!("= {text:?}: {what}"))
}

fn word(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("has an empty text".to_owned());
    }
    Ok(text.to_owned())
}

fn is_delimited(text: &str) -> Result<bool, String> {
    match text {
        "delimited" => Ok(true),
        "fixed" => Ok(false),
        _ => Err(format!("must be one of delimited, fixed, is {text:?}")),
    }
}

fn way(text: &str) -> Result<Direction, String> {
    match text {
        "credit" => Ok(Direction::Credit),
        "debit" => Ok(Direction::Debit),
        _ => Err(format!("must be one of credit, debit, is {text:?}")),
    }
}

fn separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() || *byte == b'\t' => Ok(*byte),
        _ => Err(format!("must be one ASCII sign such as \";\", or \"tab\", is {text:?}")),
    }
}

fn charset(text: &str) -> Result<Option<TableCharset>, String> {
    if text == "auto" { Ok(None) } else { text.parse().map(Some) }
}

fn decimal_mark(text: &str) -> Result<DecimalMark, String> {
    match text {
        "," => Ok(DecimalMark::Comma),
        "." => Ok(DecimalMark::Point),
        "implied" => Ok(DecimalMark::Implied),
        _ => Err(format!("must be one of \",\", \".\" and \"implied\", is {text:?}")),
    }
}

fn thousands_mark(text: &str) -> Result<ThousandsMark, String> {
    match text {
        " " => Ok(ThousandsMark::Blank),
        "." => Ok(ThousandsMark::Point),
        "," => Ok(ThousandsMark::Comma),
        "'" => Ok(ThousandsMark::Apostrophe),
        _ => Err(format!("must be empty or one of \" \", \".\", \",\" and \"'\", is {text:?}")),
    }
}

fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|error| format!("must be a currency such as BYN: {error}"))
}

/// Reads a mapping from a file: `[feeds.<id>.table]` of one feed as in the settings, or its keys
/// alone. What the file does not say is as in the defaults.
///
/// # Errors
/// Everything that is wrong with the file or the mapping.
pub fn table_of_file(path: &Path) -> Result<TableMapping, SettingsError> {
    let (defaults, values) = layers::alone(path)?;
    let origin = Origin::File(path.display().to_string());
    let problem =
        |key: &str, what: &str| SettingsError::new(vec![Finding::new(origin.clone(), key, what)]);
    let (key, own) = match mapping_in(&values) {
        Ok(found) => found,
        Err(what) => return Err(problem("", what)),
    };
    let common = ["feeds", "_", "table"].iter().try_fold(&defaults, |at, key| inner(at, key));
    let Some(common) = common else { return Err(problem("", "has no defaults")) };
    let (draft, report) =
        Section::alone((key.clone(), own, origin.clone()), ("feeds._.table", common), table);
    if !report.problems.is_empty() {
        return Err(SettingsError::new(report.problems));
    }
    TableMapping::new(draft).map_err(|problems| {
        let at =
            |inner| if key.is_empty() { String::from(inner) } else { format!("{key}.{inner}") };
        let finding = |it: &kvit_adapters::feeds::MappingProblem| {
            Finding::new(origin.clone(), at(it.key), it.what.clone())
        };
        SettingsError::new(problems.iter().map(finding).collect())
    })
}

/// Where in the file the mapping is.
fn mapping_in(values: &Table) -> Result<(String, &Table), &'static str> {
    let Some(feeds) = inner(values, "feeds") else { return Ok((String::new(), values)) };
    let mut found = feeds.iter().filter_map(|(id, feed)| match feed {
        Node::Table { table, .. } => Some((format!("feeds.{id}.table"), inner(table, "table")?)),
        Node::Leaf(_) => None,
    });
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found),
        (None, _) => Err("has no [feeds.<id>.table]"),
        (Some(_), Some(_)) => Err("has the tables of several feeds: which one is not known"),
    }
}

fn inner<'a>(table: &'a Table, key: &str) -> Option<&'a Table> {
    match table.get(key)? {
        Node::Table { table, .. } => Some(table),
        Node::Leaf(_) => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

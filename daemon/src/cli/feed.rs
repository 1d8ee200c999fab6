//! `kvit feed parse`: a bank's file in one shape, whatever its format. Needs no settings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use kvit_adapters::feeds::{
    Direction, FeedError, FileFormat, Options, Reader, Row, RowError, RowState,
};
use kvit_schemas::{Currency, Money, OrderCode, find_codes};
use serde::Serialize;
use serde_json::json;

use super::failure::{Exit, Failure, chain};
use super::{print, print_json, warn};

/// One row, whatever the format.
#[derive(Debug, Serialize)]
struct Normalised<'a> {
    row: u64,
    direction: &'static str,
    state: &'static str,
    amount: String,
    currency: String,
    booked_on: Option<String>,
    payment_id: &'a str,
    references: BTreeMap<&'static str, &'a str>,
    purpose: Option<&'a str>,
    payer: BTreeMap<&'static str, &'a str>,
    order_codes: Vec<OrderCode>,
    byte_offset: u64,
}

/// Reads a file and prints its rows, then what it comes to.
pub(super) fn parse(path: &Path, format: Option<FileFormat>, as_json: bool) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| Failure::new(Exit::Io, named(&error)))?;
    let mut source = BufReader::with_capacity(64 << 10, file);
    let start = source.fill_buf().map_err(|error| Failure::new(Exit::Io, named(&error)))?;
    let Some(format) = format.or_else(|| FileFormat::detect(start)) else {
        let what = "at row 0, byte 0: begins like no format that is known; name one with --format";
        return Err(Failure::new(Exit::Data, named(&what)));
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let options = Options { file_name: name.as_deref(), ..Options::default() };
    let mut reader =
        Reader::open(format, source, &options).map_err(|error| unreadable(path, (0, 0), error))?;
    let mut bad = 0_u64;
    if !as_json {
        print(&line(&["row", "way", "state", "amount", "booked", "payment", "order codes"]))?;
    }
    while let Some(read) = reader.next() {
        let at = (reader.totals().rows + reader.totals().refused, reader.bytes_read());
        match read.map_err(|error| unreadable(path, at, error))? {
            Ok(row) => show(&row, as_json)?,
            Err(error) => {
                bad += 1;
                refuse(&error, as_json)?;
            }
        }
    }
    summary(&reader, as_json)?;
    if bad > 0 { Err(Failure::silent(Exit::Data)) } else { Ok(()) }
}

fn unreadable(path: &Path, (row, byte): (u64, u64), error: FeedError) -> Failure {
    let what = format!("{}: after row {row}, at byte {byte}: {}", path.display(), chain(&error));
    let exit = if error.into_io().is_ok() { Exit::Io } else { Exit::Data };
    Failure::new(exit, what)
}

fn show(row: &Row, as_json: bool) -> Result<(), Failure> {
    let shown = normalised(row);
    if as_json {
        return print_json(&shown);
    }
    let codes: Vec<String> = shown.order_codes.iter().map(ToString::to_string).collect();
    print(&line(&[
        &shown.row.to_string(),
        shown.direction,
        shown.state,
        &row.amount.to_string(),
        shown.booked_on.as_deref().unwrap_or("-"),
        shown.payment_id,
        &codes.join(" "),
    ]))
}

fn normalised(row: &Row) -> Normalised<'_> {
    let references = [
        ("erip_operation", &row.references.erip_operation),
        ("agent_operation", &row.references.agent_operation),
        ("bank_document", &row.references.bank_document),
    ];
    let payer = [("name", &row.payer.name), ("id", &row.payer.id), ("account", &row.payer.account)];
    Normalised {
        row: row.row,
        direction: match row.direction {
            Direction::Credit => "credit",
            Direction::Debit => "debit",
        },
        state: match row.state {
            RowState::Accepted => "accepted",
            RowState::Credited => "credited",
            RowState::Reversed => "reversed",
            RowState::Information => "information",
        },
        amount: row.amount.amount(),
        currency: row.amount.currency().to_string(),
        booked_on: row.booked_on.map(|day| day.to_string()),
        payment_id: row.payment_id.as_str(),
        references: given(references),
        purpose: row.purpose.as_deref(),
        payer: given(payer),
        order_codes: codes(row),
        byte_offset: row.byte_offset,
    }
}

fn given<'a>(fields: [(&'static str, &'a Option<String>); 3]) -> BTreeMap<&'static str, &'a str> {
    fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
}

/// The codes that matching would see: the personal account when it is one, else all in the text.
fn codes(row: &Row) -> Vec<OrderCode> {
    let account = row.personal_account.as_deref().unwrap_or_default();
    if let Ok(code) = account.trim().parse() {
        return vec![code];
    }
    let text = [account, row.purpose.as_deref().unwrap_or_default()].join("\n");
    find_codes(&text).into_iter().map(|found| found.code).collect()
}

fn refuse(error: &RowError, as_json: bool) -> Result<(), Failure> {
    if as_json {
        print_json(&json!({
            "row": error.row, "byte_offset": error.byte_offset,
            "error": { "reason": error.reason.as_str(), "detail": error.detail },
        }))?;
    }
    warn(&format!("{error} ({})", error.reason.as_str()));
    Ok(())
}

fn summary<R: BufRead>(reader: &Reader<R>, as_json: bool) -> Result<(), Failure> {
    let (head, totals) = (reader.head(), reader.totals());
    let warnings: Vec<String> = reader.check().iter().map(ToString::to_string).collect();
    let sums = |of: fn(&kvit_adapters::feeds::Sums) -> Money| -> BTreeMap<String, String> {
        let sum = |(currency, sums): (&Currency, &kvit_adapters::feeds::Sums)| {
            (currency.to_string(), of(sums).amount())
        };
        totals.sums.iter().map(sum).collect()
    };
    let (credits, debits) = (sums(|sums| sums.credits), sums(|sums| sums.debits));
    if as_json {
        return print_json(&json!({ "summary": {
            "format": head.format.as_str(), "kind": head.kind, "charset": reader.charset(),
            "account": head.account, "statement": head.statement_identity,
            "rows": totals.rows, "rows_refused": totals.refused,
            "credits": credits, "debits": debits, "warnings": warnings,
        }}));
    }
    let text = |sums: &BTreeMap<String, String>| {
        let each: Vec<String> = sums.iter().map(|(cur, sum)| format!("{sum} {cur}")).collect();
        if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
    };
    print(&format!(
        "{} {}, {}: {} rows, {} unreadable; credits {}, debits {}",
        head.format,
        head.kind,
        reader.charset(),
        totals.rows,
        totals.refused,
        text(&credits),
        text(&debits)
    ))?;
    warnings.iter().for_each(|warning| warn(&format!("control figures: {warning}")));
    Ok(())
}

/// Columns of fixed width: rows are shown as they are read, before the widest one is known.
fn line(cells: &[&str; 7]) -> String {
    let [row, way, state, amount, booked, payment, codes] = cells;
    let text =
        format!("{row:>6} {way:<6} {state:<11} {amount:>18} {booked:<10} {payment:<32} {codes}");
    text.trim_end().to_owned()
}

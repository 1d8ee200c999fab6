//! Messages are own writing, in the manner of the variations that FEEDS.md D 15–18 names.

mod corpus;
mod details;
mod ends;
mod entries;
mod framing;
mod hostile;
mod round;

use std::fmt::Write as _;

use expect_test::Expect;

use crate::feeds::{Direction, FileFormat, Options, Reader, Row};

/// A head without entries.
pub(super) const HEAD: &str =
    ":20:X1\r\n:25:BY00TEST/0001\r\n:28C:7/1\r\n:60F:C260401BYN100,00\r\n";

/// A message of these lines between a head and a foot whose balance nobody checks.
pub(super) fn message(lines: &str) -> String {
    let lines = lines.trim().lines().map(str::trim).collect::<Vec<_>>().join("\r\n");
    format!("{HEAD}{lines}\r\n:62F:C260401BYN100,00\r\n-\r\n")
}

/// What reading gives, a line a fact.
pub(super) fn told(bytes: &[u8], options: &Options<'_>) -> String {
    let mut out = String::new();
    let mut reader = match Reader::open(FileFormat::Mt940, bytes, options) {
        Ok(reader) => reader,
        Err(error) => return format!("refused: {error}\n"),
    };
    for read in reader.by_ref() {
        match read {
            Ok(Ok(row)) => tell(&mut out, &row),
            Ok(Err(error)) => writeln!(out, "{error} [{}]", error.reason.as_str()).unwrap(),
            Err(error) => writeln!(out, "stopped: {error}").unwrap(),
        }
    }
    for finding in reader.findings() {
        writeln!(out, "disagrees: {finding}").unwrap();
    }
    for warning in reader.warnings() {
        writeln!(out, "warning: {warning}").unwrap();
    }
    out
}

fn tell(out: &mut String, row: &Row) {
    let sign = match row.direction {
        Direction::Credit => '+',
        Direction::Debit => '-',
    };
    let booked = row.booked_on.map_or("no day".to_owned(), |day| day.to_string());
    let Row { row: number, state, amount, payment_id, references, payer, .. } = row;
    let id = if row.identity.is_weak() { "weak".to_owned() } else { payment_id.to_string() };
    writeln!(out, "{number} {state:?} {sign}{amount} {booked} {id}").unwrap();
    let creditor = Some(references.creditor.join(" ")).filter(|text| !text.is_empty());
    for (name, value) in [
        ("document", &references.bank_document),
        ("end to end", &references.end_to_end),
        ("creditor", &creditor),
        ("name", &payer.name),
        ("from", &payer.account),
        ("to", &row.beneficiary_account),
    ] {
        if let Some(value) = value {
            writeln!(out, "    {name}: {value}").unwrap();
        }
    }
    if let Some(purpose) = &row.purpose {
        writeln!(out, "    {purpose:?}").unwrap();
    }
    for found in row.order_codes() {
        writeln!(out, "    code {} in {}", found.code, found.found_in.as_str()).unwrap();
    }
}

#[track_caller]
pub(super) fn check(text: &str, expected: Expect) {
    expected.assert_eq(&told(text.as_bytes(), &Options::default()));
}

//! Documents of our own making, by the message definitions and FEEDS.md D.

mod amounts;
mod corpus;
mod document;
mod figures;
mod hostile;
mod meaning;
mod references;
mod round_trip;
mod several;

use std::fmt::Write;

use expect_test::Expect;

use crate::feeds::{Direction, FileFormat, Options, Reader, Row};

/// A message around `inside`, which is statements.
fn message(version: &str, inside: &str) -> String {
    let name = match &version[..8] {
        "camt.052" => "BkToCstmrAcctRpt",
        "camt.053" => "BkToCstmrStmt",
        _ => "BkToCstmrDbtCdtNtfctn",
    };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><{name}>\
         <GrpHdr><MsgId>M</MsgId><CreDtTm>2026-04-02T01:00:00+03:00</CreDtTm></GrpHdr>\
         {inside}</{name}></Document>"
    )
}

/// A statement of one account with `inside`: balances, sums, entries.
fn statement(inside: &str) -> String {
    message(
        "camt.053.001.08",
        &format!(
            "<Stmt><Id>S1</Id><Acct><Id><IBAN>BY00TEST</IBAN></Id><Ccy>BYN</Ccy></Acct>\
             {inside}</Stmt>"
        ),
    )
}

/// A booked credit of 30.00 with `inside` at its end.
fn credit(inside: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"BYN\">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-04-01</Dt></BookgDt>{inside}</Ntry>"
    )
}

fn details(inside: &str) -> String {
    format!("<NtryDtls><TxDtls>{inside}</TxDtls></NtryDtls>")
}

/// All that reading gives, as text.
fn told(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut reader = match Reader::open(FileFormat::Camt, bytes, &Options::default()) {
        Ok(reader) => reader,
        Err(error) => return format!("refused: {error}\n"),
    };
    for read in reader.by_ref() {
        match read {
            Ok(Ok(row)) => writeln!(out, "{}", line(&row)).unwrap(),
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

fn line(row: &Row) -> String {
    let sign = if row.direction == Direction::Credit { '+' } else { '-' };
    let mut out = format!("{} @{} {:?} {sign}{}", row.row, row.byte_offset, row.state, row.amount);
    let references = &row.references;
    let texts = [
        ("booked", row.booked_on.map(|day| day.to_string())),
        ("paid", row.paid_at.map(|at| at.to_string())),
        ("payer", row.payer.name.clone()),
        ("number", row.payer.id.clone()),
        ("from", row.payer.account.clone()),
        ("to", row.beneficiary_account.clone().filter(|to| row.account.as_ref() != Some(to))),
        ("bank", references.bank_reference.clone()),
        ("document", references.bank_document.clone()),
        ("transaction", references.transaction.clone()),
        ("end", references.end_to_end.clone()),
        ("creditor", Some(references.creditor.join(" | ")).filter(|all| !all.is_empty())),
        ("purpose", row.purpose.as_ref().map(|purpose| format!("{purpose:?}"))),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            write!(out, " {name}={text}").unwrap();
        }
    }
    out
}

#[track_caller]
fn check(document: &str, expected: Expect) {
    expected.assert_eq(&told(document.as_bytes()));
}

/// The rows of a document that has no faults.
fn rows(bytes: &[u8]) -> Vec<Row> {
    let reader = Reader::open(FileFormat::Camt, bytes, &Options::default()).unwrap();
    reader.map(|read| read.unwrap().unwrap()).collect()
}

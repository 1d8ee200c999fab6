//! A file's rows and its summary as they are printed: lines of JSON, or columns for people.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use kvit_adapters::feeds::{Direction, Reader, Row, RowError, RowState, Sums};
use kvit_schemas::{Money, OrderCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::failure::Failure;

/// Where rows are shown.
pub(super) struct Shown<W> {
    out: W,
    json: bool,
}

/// One row, whatever the format.
#[derive(Debug, Serialize)]
struct Normalised<'a> {
    row: u64,
    direction: &'static str,
    state: &'static str,
    amount: String,
    currency: String,
    booked_on: Option<String>,
    paid_at: Option<String>,
    payment_id: &'a str,
    identity: &'static str,
    account: Option<&'a str>,
    references: BTreeMap<&'static str, Value>,
    purpose: Option<&'a str>,
    payer: BTreeMap<&'static str, &'a str>,
    order_codes: Vec<OrderCode>,
    found: Vec<Found>,
    byte_offset: u64,
}

/// Where an order code stood.
#[derive(Debug, Serialize)]
struct Found {
    order_code: OrderCode,
    found_in: &'static str,
}

impl<W: Write> Shown<W> {
    pub(super) fn new(out: W, json: bool) -> Self {
        Self { out, json }
    }

    pub(super) fn into_inner(mut self) -> Result<W, Failure> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// The columns' names.
    pub(super) fn head(&mut self) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        self.line(&["row", "way", "state", "amount", "booked", "payment", "order codes"])
    }

    pub(super) fn row(&mut self, row: &Row) -> Result<(), Failure> {
        let shown = normalised(row);
        if self.json {
            return self.json(&shown);
        }
        let codes: Vec<String> = shown.order_codes.iter().map(ToString::to_string).collect();
        self.line(&[
            &shown.row.to_string(),
            shown.direction,
            shown.state,
            &row.amount.to_string(),
            shown.booked_on.as_deref().unwrap_or("-"),
            shown.payment_id,
            &codes.join(" "),
        ])
    }

    /// A row that cannot be used.
    pub(super) fn refused(&mut self, error: &RowError) -> Result<(), Failure> {
        if !self.json {
            return Ok(writeln!(self.out, "{error}")?);
        }
        self.json(&json!({
            "row": error.row, "byte_offset": error.byte_offset,
            "error": { "reason": error.reason.as_str(), "detail": error.detail },
        }))
    }

    /// What the file comes to; `stopped` says why it was not read to its end.
    pub(super) fn summary<R: BufRead>(
        &mut self,
        reader: &Reader<R>,
        stopped: Option<&str>,
    ) -> Result<(), Failure> {
        let (head, totals) = (reader.head(), reader.totals());
        let (credits, debits) = (sums(reader, |it| it.credits), sums(reader, |it| it.debits));
        let found = reader.findings().into_iter().map(|it| format!("control figures: {it}"));
        let warnings: Vec<String> = found.chain(reader.warnings().iter().cloned()).collect();
        if self.json {
            return self.json(&json!({ "summary": {
                "format": head.format.as_str(), "kind": head.kind, "charset": reader.charset(),
                "account": head.account, "statements": reader.statements(),
                "statement_ids": head.statement_identities,
                "entries": totals.entries, "rows": totals.rows, "rows_refused": totals.refused,
                "credits": credits, "debits": debits, "warnings": warnings, "stopped": stopped,
            }}));
        }
        let text = |sums: &BTreeMap<String, String>| {
            let each: Vec<String> = sums.iter().map(|(cur, sum)| format!("{sum} {cur}")).collect();
            if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
        };
        writeln!(
            self.out,
            "{} {}, {}: {} statements, {} entries, {} rows, {} unusable; credits {}, debits {}",
            head.format,
            head.kind,
            reader.charset(),
            reader.statements(),
            totals.entries,
            totals.rows,
            totals.refused,
            text(&credits),
            text(&debits)
        )?;
        for warning in warnings {
            writeln!(self.out, "warning: {warning}")?;
        }
        Ok(())
    }

    fn json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", serde_json::to_string(value)?)?)
    }

    /// Columns of fixed width: rows are shown as they are read, before the widest one is known.
    fn line(&mut self, cells: &[&str; 7]) -> Result<(), Failure> {
        let [row, way, state, amount, booked, payment, codes] = cells;
        let text = format!(
            "{row:>6} {way:<6} {state:<11} {amount:>18} {booked:<10} {payment:<32} {codes}"
        );
        Ok(writeln!(self.out, "{}", text.trim_end())?)
    }
}

fn sums<R: BufRead>(reader: &Reader<R>, of: fn(&Sums) -> Money) -> BTreeMap<String, String> {
    let sums = reader.totals().sums.iter();
    sums.map(|(currency, sums)| (currency.to_string(), of(sums).amount())).collect()
}

fn normalised(row: &Row) -> Normalised<'_> {
    let payer = [("name", &row.payer.name), ("id", &row.payer.id), ("account", &row.payer.account)];
    let codes = row.order_codes();
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
        paid_at: row.paid_at.map(|at| at.to_string()),
        payment_id: row.payment_id.as_str(),
        identity: row.identity.as_str(),
        account: row.account.as_deref(),
        references: references(row),
        purpose: row.purpose.as_deref(),
        payer: payer
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.as_deref()?)))
            .collect(),
        order_codes: codes.iter().map(|found| found.code).collect(),
        found: codes
            .iter()
            .map(|it| Found { order_code: it.code, found_in: it.found_in.as_str() })
            .collect(),
        byte_offset: row.byte_offset,
    }
}

fn references(row: &Row) -> BTreeMap<&'static str, Value> {
    let one = [
        ("erip_operation", &row.references.erip_operation),
        ("agent_operation", &row.references.agent_operation),
        ("bank_document", &row.references.bank_document),
        ("bank_reference", &row.references.bank_reference),
        ("transaction", &row.references.transaction),
        ("end_to_end", &row.references.end_to_end),
        ("service", &row.service),
        ("personal_account", &row.personal_account),
    ];
    let one =
        one.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.as_deref()?))));
    let creditor = Some(&row.references.creditor).filter(|creditor| !creditor.is_empty());
    one.chain(creditor.map(|creditor| ("creditor", Value::from(creditor.clone())))).collect()
}

//! The report that answers a file.

use std::collections::BTreeMap;

use kvit_schemas::message::{FileError, FileOutcome, FileReport, RowCounts, SumReport};
use kvit_schemas::{FeedId, Money};

use super::Judged;
use crate::pipeline::intake::Refused;

/// Errors that a report lists; the counts are always complete.
const ERRORS_MAX: usize = 1_000;

pub(super) fn first_report(feed: &FeedId, name: &str, sha256: &str, judged: &Judged) -> FileReport {
    let sums = judged.sums.iter().map(|(currency, (declared, read))| {
        let text = |minor| kvit_schemas::money::decimal(minor, *currency);
        let sum = SumReport { declared: declared.map(text), read: text(*read), applied: text(0) };
        (currency.to_string(), sum)
    });
    FileReport {
        feed: feed.clone(),
        file_name: name.to_owned(),
        sha256: sha256.to_owned(),
        format: judged.format.as_str().to_owned(),
        outcome: FileOutcome::Applied,
        statement_id: judged.statement_ids.first().cloned(),
        rows: RowCounts::default(),
        sums: sums.collect(),
        errors: Vec::new(),
    }
}

/// The report of a file of which nothing was used, and why.
pub(in crate::pipeline) fn refused_report(
    (feed, format): (&FeedId, String),
    (name, sha256): (&str, &str),
    statement_id: Option<String>,
    refused: &Refused,
) -> FileReport {
    FileReport {
        feed: feed.clone(),
        file_name: name.to_owned(),
        sha256: sha256.to_owned(),
        format,
        outcome: FileOutcome::Refused,
        statement_id,
        rows: RowCounts::default(),
        sums: BTreeMap::new(),
        errors: vec![FileError {
            row: 0,
            byte_offset: None,
            code: refused.code.to_string(),
            detail: refused.detail.clone(),
        }],
    }
}

pub(super) fn reject(report: &mut FileReport, error: FileError) {
    report.rows.rejected += 1;
    if report.errors.len() < ERRORS_MAX {
        report.errors.push(error);
    }
}

pub(super) fn add_applied(report: &mut FileReport, amount: Money) {
    let Some(sum) = report.sums.get_mut(amount.currency().as_str()) else { return };
    let so_far = Money::parse(&sum.applied, amount.currency());
    if let Ok(total) = so_far.and_then(|so_far| so_far.checked_add(amount)) {
        sum.applied = total.amount();
    }
}

/// Nothing, with as many minor digits as another amount.
pub(super) fn zero_like(amount: &str) -> String {
    match amount.split_once('.') {
        Some((_, minor)) => format!("0.{}", "0".repeat(minor.len())),
        None => "0".to_owned(),
    }
}

pub(super) fn spelled(report: &FileReport) -> String {
    match serde_json::to_string(report) {
        Ok(text) => text,
        Err(error) => unreachable!("a report could not be spelled: {error}"),
    }
}

/// The report of a file whose bytes were applied before.
pub(super) fn repeated(report: &mut FileReport, name: &str) {
    let rows = report.rows;
    report.outcome = FileOutcome::Duplicate;
    report.rows = RowCounts { duplicate: rows.read, read: rows.read, ..RowCounts::default() };
    report.errors.clear();
    for sum in report.sums.values_mut() {
        sum.applied = zero_like(&sum.read);
    }
    name.clone_into(&mut report.file_name);
}

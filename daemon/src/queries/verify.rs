//! Checks of the whole: the money, the audit chain, every row.

use std::collections::BTreeMap;

use kvit_adapters::store::rows::{Completeness, OpenError};
use kvit_adapters::store::{Store, StoreError, Tables, Under};
use kvit_schemas::money::decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::QueryError;

/// Walks of a chain that grows meanwhile, until one meets its end.
const WALKS_MAX: u32 = 3;

/// Where the money of one feed is, in decimal text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TotalView {
    /// The feed.
    pub feed: String,
    /// The currency.
    pub currency: String,
    /// All that was ever credited.
    pub gross: String,
    /// On orders.
    pub settled: String,
    /// In suspense.
    pub suspense: String,
    /// Due for refund.
    pub refund_due: String,
    /// Taken back.
    pub reversed: String,
    /// What payment systems kept back of `gross`.
    pub withheld: String,
    /// Only accepted, counted apart.
    pub accepted: String,
    /// Settled, suspense, refund due and reversed add up to gross.
    pub conserved: bool,
}

/// What a walk along the audit chain found.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditReport {
    /// Nothing was changed or is missing.
    pub sound: bool,
    /// Batches in the chain.
    pub batches: u64,
    /// What is wrong, by commit.
    pub faults: Vec<(u64, String)>,
}

/// What a walk over every row found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct StoreReport {
    /// There is nothing to complain of.
    pub sound: bool,
    /// The last commit when it began.
    pub commit: u64,
    /// Rows by the letter of their table.
    pub rows: BTreeMap<String, u64>,
    /// Whether rows are missing; `not compared` when commits went on meanwhile.
    pub completeness: String,
    /// Damaged rows, the first hundred.
    pub damages: Vec<String>,
    /// All damages, also those not named.
    pub damages_count: u64,
    /// Whether the payments add up to the totals kept; absent when commits went on meanwhile.
    pub ledger_agrees: Option<bool>,
}

/// Where all money is, by feed and currency.
///
/// # Errors
/// When it cannot be read.
pub fn totals(store: &Store) -> Result<Vec<TotalView>, QueryError> {
    let view = |(feed, currency, position): (
        kvit_schemas::FeedId,
        kvit_schemas::Currency,
        kvit_schemas::record::Position,
    )| {
        let text = |minor| decimal(minor, currency);
        TotalView {
            feed: feed.to_string(),
            currency: currency.to_string(),
            gross: text(position.gross),
            settled: text(position.settled),
            suspense: text(position.suspense),
            refund_due: text(position.refund_due),
            reversed: text(position.reversed),
            withheld: text(position.withheld),
            accepted: text(position.accepted),
            conserved: position.is_conserved(),
        }
    };
    Ok(store.totals()?.into_iter().map(view).collect())
}

/// The hash at the head of the audit chain, in hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn audit_head(store: &Store) -> Result<String, QueryError> {
    Ok(kvit_schemas::hex::encode(&store.audit_head()?))
}

/// Walks the audit chain. `progress` is told how many batches were seen.
///
/// # Errors
/// When it cannot be read.
pub fn verify_audit(
    store: &Store,
    mut progress: impl FnMut(u64),
) -> Result<AuditReport, QueryError> {
    let mut walks = 1;
    loop {
        let before = store.last_commit();
        let (batches, faults) = store.verify_audit(&mut progress)?;
        // A commit between the last page and the head looks like a missing end.
        let moved = store.last_commit() != before;
        if faults.len() == 1 && moved && walks < WALKS_MAX {
            walks += 1;
            continue;
        }
        let faults: Vec<_> =
            faults.into_iter().map(|fault| (fault.commit, fault.what.to_owned())).collect();
        return Ok(AuditReport { sound: faults.is_empty(), batches, faults });
    }
}

/// Walks over every row and adds up the money. `progress` is told how many rows were seen.
///
/// # Errors
/// When the walk cannot be begun, or payments cannot be read.
pub fn verify_store(store: &Store, progress: impl FnMut(u64)) -> Result<StoreReport, QueryError> {
    let mut report = match store.under() {
        Under::Sled(rows) => {
            let found = rows.verify(progress).map_err(unlisted)?;
            let named = |(letter, count): (&u8, &kvit_adapters::store::rows::RowCount)| {
                (char::from(*letter).to_string(), count.rows)
            };
            StoreReport {
                sound: found.is_sound(),
                commit: found.commit.0,
                rows: found.by_first_byte.iter().map(named).collect(),
                completeness: match found.completeness {
                    Completeness::Complete => "complete".to_owned(),
                    Completeness::NotCompared => "not compared: commits went on".to_owned(),
                    Completeness::Incomplete { expected_rows, found_rows } => {
                        format!("incomplete: {expected_rows} rows expected, {found_rows} found")
                    }
                },
                damages: found.damages.iter().map(ToString::to_string).collect(),
                damages_count: found.damages_count,
                ledger_agrees: None,
            }
        }
        Under::Memory(_) => {
            let commit = store.last_commit();
            StoreReport { sound: true, commit, ..StoreReport::default() }
        }
    };
    if report.damages_count == 0 {
        let before = store.last_commit();
        let ledger = store.check_ledger()?;
        let agrees = ledger.kept == ledger.counted;
        let quiet = store.last_commit() == before;
        report.ledger_agrees = quiet.then_some(agrees);
        report.sound &= agrees || !quiet;
    }
    Ok(report)
}

fn unlisted(error: OpenError) -> StoreError {
    StoreError::Record { key: "of the store's directory".to_owned(), why: error.to_string() }
}

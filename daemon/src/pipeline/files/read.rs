//! Reading a file: once to judge it as a whole, once more row by row.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use kvit_adapters::feeds::{
    AmountRule, Direction, FeedError, FileFormat, IdentityRule, Options, Reader, Row, RowError,
};
use kvit_schemas::message::FileError;
use kvit_schemas::{Code, Currency, Money};
use tokio::sync::mpsc;

use super::FileContent;
use crate::pipeline::intake::Refused;
use crate::settings::{Feed, FeedFormat, PaidAmount, RowIdentity, Totals};

/// Rows of one step.
const STEP_ROWS: usize = 200;

/// What a first reading found.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The format.
    pub format: FileFormat,
    /// The statements' own identities.
    pub statement_ids: Vec<String>,
    /// Sums of credits: what the file declares, and what its rows add up to.
    pub sums: BTreeMap<Currency, (Option<i64>, i64)>,
}

/// Why there is nothing to say of a file.
pub(super) enum Unusable {
    /// It is refused.
    Refused(Refused),
    /// It could not be read now.
    Unread(io::Error),
}

impl From<Refused> for Unusable {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Reads a file to its end and judges it, without a store.
pub(super) fn judge<R: BufRead>(
    source: R,
    name: &str,
    settings: &Feed,
) -> Result<Judged, Unusable> {
    let mut reader = open(source, name, settings)?;
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    let mut others = None;
    let mut any_ours = false;
    for row in reader.by_ref() {
        let Ok(row) = row.map_err(unreadable)? else { continue };
        let foreign = |service: &&String| !settings.service.contains(*service);
        if let Some(service) = row.service.as_ref().filter(foreign)
            && !settings.service.is_empty()
        {
            let detail = format!("the file is for service {service}, which is not the feed's");
            return Err(Refused::new(Code::FILE_NOT_OURS, detail).into());
        }
        if !settings.is_ours(row.account.as_deref()) {
            others = row.account;
            continue;
        }
        any_ours = true;
        if row.direction == Direction::Credit {
            let sum = sums.entry(row.amount.currency()).or_default();
            *sum = sum.saturating_add(row.amount.minor());
        }
    }
    // A file may hold statements of several accounts; rows of others are left alone.
    let theirs = others.filter(|_| !any_ours).or_else(|| reader.head().account.clone());
    if !any_ours && !settings.is_ours(theirs.as_deref()) {
        return Err(not_ours("account", settings.account.as_deref(), theirs.as_deref()).into());
    }
    let unp = reader.head().unp.as_deref();
    if unp.is_some_and(|theirs| settings.unp.as_deref().is_some_and(|ours| ours != theirs)) {
        return Err(not_ours("taxpayer", settings.unp.as_deref(), unp).into());
    }
    let wrong = reader.findings();
    if let (Some(first), Totals::Refuse) = (wrong.first(), settings.totals) {
        return Err(Refused::new(Code::FILE_TOTALS_DISAGREE, first.to_string()).into());
    }
    for discrepancy in &wrong {
        tracing::warn!(%discrepancy, file = name, "control totals disagree");
    }
    for warning in reader.warnings() {
        tracing::warn!(warning, file = name, "a file is odd");
    }
    let head = reader.head();
    let sums = sums.into_iter().map(|(currency, read)| {
        (currency, (reader.declared_credits(currency).map(Money::minor), read))
    });
    Ok(Judged {
        format: head.format,
        statement_ids: head.statement_identities.iter().map(ToString::to_string).collect(),
        sums: sums.collect(),
    })
}

fn open<R: BufRead>(source: R, name: &str, settings: &Feed) -> Result<Reader<R>, Unusable> {
    let format = match settings.format {
        FeedFormat::Erip => FileFormat::Erip,
        FeedFormat::ClientBank => FileFormat::ClientBank,
        FeedFormat::Camt => FileFormat::Camt,
        FeedFormat::OneC => FileFormat::OneC,
        FeedFormat::Mt940 => FileFormat::Mt940,
        FeedFormat::Table => FileFormat::Table,
        FeedFormat::Messages => {
            let detail = "this feed takes messages only; set feeds.<id>.format";
            return Err(Refused::new(Code::FILE_UNREADABLE, detail).into());
        }
    };
    let amount_rule = match settings.amount {
        PaidAmount::Amount => AmountRule::Amount,
        PaidAmount::AmountPlusFine => AmountRule::AmountPlusFine,
    };
    let identity = match settings.identity {
        RowIdentity::BankReference => IdentityRule::BankReference,
        RowIdentity::EndToEnd => IdentityRule::EndToEnd,
        RowIdentity::Content => IdentityRule::Content,
    };
    let currency = settings.currency;
    let table = settings.table.as_ref();
    let options = Options { file_name: Some(name), amount_rule, identity, currency, table };
    Reader::open(format, source, &options).map_err(unreadable)
}

fn unreadable(error: FeedError) -> Unusable {
    match error.into_io() {
        Ok(error) => Unusable::Unread(error),
        Err(fault) => Unusable::Refused(Refused::new(Code::FILE_UNREADABLE, fault.to_string())),
    }
}

fn not_ours(what: &str, ours: Option<&str>, theirs: Option<&str>) -> Refused {
    let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
    let detail = format!("the file is for {what} {theirs}, the feed for {ours}");
    Refused::new(Code::FILE_NOT_OURS, detail)
}

/// Sends the rows after `from`, in chunks. True when the file was read to its end, and was to its
/// end the one that was judged.
pub(super) fn chunks(
    content: &FileContent,
    (name, settings): (&str, &Feed),
    from: u64,
    chunk: &mpsc::Sender<Vec<Result<Row, FileError>>>,
) -> bool {
    let Ok(reader) = open(content.reader(), name, settings) else { return false };
    let skip = usize::try_from(from).unwrap_or(usize::MAX);
    let mut rows = reader.skip(skip);
    loop {
        let some: Result<Vec<_>, FeedError> = rows.by_ref().take(STEP_ROWS).collect();
        let Ok(some) = some else { return false };
        // Looked at after reading: so these rows are those that were judged.
        if !content.is_unchanged() {
            return false;
        }
        if some.is_empty() {
            return true;
        }
        let some = some.into_iter().map(|row| row.map_err(told)).collect();
        if chunk.blocking_send(some).is_err() {
            return false;
        }
    }
}

fn told(error: RowError) -> FileError {
    FileError {
        row: error.row,
        byte_offset: Some(error.byte_offset),
        code: Code::ROW_UNREADABLE.to_string(),
        detail: format!("{}: {}", error.reason.as_str(), error.detail),
    }
}

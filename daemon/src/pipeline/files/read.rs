//! Reading a file: once to judge it as a whole, once more row by row.

use std::collections::BTreeMap;

use kvit_adapters::feeds::{
    AmountRule, Direction, FeedError, FileFormat, FileHead, Options, Reader, Row,
};
use kvit_schemas::message::FileError;
use kvit_schemas::{Code, Currency, Money};
use tokio::sync::mpsc;

use crate::pipeline::intake::Refused;
use crate::settings::{Feed, FeedFormat, PaidAmount, Totals};

/// Rows of one step.
const STEP_ROWS: usize = 200;

/// What a first reading found.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The format.
    pub format: FileFormat,
    /// The statement's own identity.
    pub statement_id: Option<String>,
    /// Sums of credits: what the file declares, and what its rows add up to.
    pub sums: BTreeMap<Currency, (Option<i64>, i64)>,
}

/// Reads a file to its end and judges it, without a store.
pub fn judge(bytes: &[u8], name: &str, settings: &Feed) -> Result<Judged, Refused> {
    let mut reader = open(bytes, name, settings)?;
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for row in reader.by_ref() {
        let Ok(row) = row.map_err(unreadable)? else { continue };
        let foreign = |service: &&String| !settings.service.contains(*service);
        if let Some(service) = row.service.as_ref().filter(foreign)
            && !settings.service.is_empty()
        {
            let detail = format!("the file is for service {service}, which is not the feed's");
            return Err(Refused::new(Code::FILE_NOT_OURS, detail));
        }
        if row.direction == Direction::Credit {
            let sum = sums.entry(row.amount.currency()).or_default();
            *sum = sum.saturating_add(row.amount.minor());
        }
    }
    ours(reader.head(), settings)?;
    let wrong = reader.check();
    if let (Some(first), Totals::Refuse) = (wrong.first(), settings.totals) {
        return Err(Refused::new(Code::FILE_TOTALS_DISAGREE, first.to_string()));
    }
    for discrepancy in &wrong {
        tracing::warn!(%discrepancy, file = name, "control totals disagree");
    }
    let head = reader.head();
    let declared = head.declared.credits;
    let sums = sums.into_iter().map(|(currency, read)| {
        (currency, (declared.filter(|it| it.currency() == currency).map(Money::minor), read))
    });
    Ok(Judged {
        format: head.format,
        statement_id: head.statement_identity.as_ref().map(ToString::to_string),
        sums: sums.collect(),
    })
}

fn open<'a>(bytes: &'a [u8], name: &str, settings: &Feed) -> Result<Reader<&'a [u8]>, Refused> {
    let format = match settings.format {
        FeedFormat::Erip => FileFormat::Erip,
        FeedFormat::ClientBank => FileFormat::ClientBank,
        FeedFormat::Messages => {
            let detail = "this feed takes messages only; set feeds.<id>.format";
            return Err(Refused::new(Code::FILE_UNREADABLE, detail));
        }
    };
    let amount_rule = match settings.amount {
        PaidAmount::Amount => AmountRule::Amount,
        PaidAmount::AmountPlusFine => AmountRule::AmountPlusFine,
    };
    let options = Options { file_name: Some(name), amount_rule };
    Reader::open(format, bytes, &options).map_err(unreadable)
}

fn unreadable(error: FeedError) -> Refused {
    Refused::new(Code::FILE_UNREADABLE, error.to_string())
}

/// The file must be for the account and the taxpayer that the feed is set to.
fn ours(head: &FileHead, settings: &Feed) -> Result<(), Refused> {
    let differ = |what: &str, ours: &Option<String>, theirs: &Option<String>| match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours != theirs => {
            let detail = format!("the file is for {what} {theirs}, the feed for {ours}");
            Err(Refused::new(Code::FILE_NOT_OURS, detail))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    };
    differ("account", &settings.account, &head.account)?;
    differ("taxpayer", &settings.unp, &head.unp)
}

/// Sends the rows after `from`, in chunks. The file was read to its end before, so it can be read
/// again; a receiver that is gone ends the reading.
pub(super) fn chunks(
    bytes: &[u8],
    (name, settings): (&str, &Feed),
    from: u64,
    chunk: &mpsc::Sender<Vec<Result<Row, FileError>>>,
) {
    let Ok(reader) = open(bytes, name, settings) else { return };
    let skip = usize::try_from(from).unwrap_or(usize::MAX);
    let mut rows = reader.filter_map(Result::ok).skip(skip).map(|row| {
        row.map_err(|error| FileError {
            row: error.row,
            byte_offset: Some(error.byte_offset),
            code: Code::ROW_UNREADABLE.to_string(),
            detail: format!("{}: {}", error.reason.as_str(), error.detail),
        })
    });
    loop {
        let some: Vec<_> = rows.by_ref().take(STEP_ROWS).collect();
        if some.is_empty() || chunk.blocking_send(some).is_err() {
            return;
        }
    }
}

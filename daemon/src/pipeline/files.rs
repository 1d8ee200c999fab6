//! Statement files: read once to be judged as a whole, then applied in bounded steps with the
//! position kept, so that a crash resumes and a repetition repeats nothing.

use std::collections::BTreeMap;

use kvit_adapters::feeds::{
    AmountRule, Direction, FeedError, FileFormat, FileHead, Options, Reader, Row,
};
use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::message::{
    FileError, FileOutcome, FileReport, MessageType, Outbound, RowCounts, SumReport,
};
use kvit_schemas::record::{
    Actor, AuditLine, Destination, Disposition, FileRecord, FileState, Note, OutBody,
};
use kvit_schemas::{Code, Currency, FeedId, Moment, Money, hex};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::engine::{At, Input, RowEnd};
use crate::settings::{Feed, FeedFormat, PaidAmount, Party, Totals as TotalsRule};

use super::apply::{Applier, Ended, Work as EngineWork};
use super::committer::Work;
use super::intake::{Body, Checked, Prepared, Refused};
use super::outgoing::{Cause, message_id, out_message, spelled};
use super::{refuse, rows};

/// Rows of one step.
const STEP_ROWS: usize = 200;
/// Errors that a report lists; the counts are always complete.
const ERRORS_MAX: usize = 1_000;

/// A step of a file.
#[derive(Debug)]
pub enum FileStep {
    /// The file was judged; may it be applied?
    Begin(Box<Begin>),
    /// Some rows.
    Rows {
        /// The file.
        file: Box<Opened>,
        /// Rows, or why one cannot be used.
        rows: Vec<Result<Row, FileError>>,
        /// How many rows are through after these.
        position: u64,
    },
    /// All rows are through.
    End(Box<Opened>),
}

/// A file as it was judged.
#[derive(Debug)]
pub struct Begin {
    /// The delivery.
    pub prepared: Prepared,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// What a first reading found.
    pub judged: Result<Judged, Refused>,
}

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

/// A file that is being applied.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its record.
    pub record: FileRecord,
    /// Its report so far.
    pub report: FileReport,
    party: Party,
    checked: Checked,
    cause: Cause,
}

/// What became of a step, once it is durable.
#[derive(Debug)]
pub enum FileAnswer {
    /// Go on with this file, from its position.
    Go(Box<Opened>),
    /// The delivery is done with.
    Ended(Disposition),
}

impl FileAnswer {
    pub(super) fn disposition(&self) -> Option<Disposition> {
        match self {
            Self::Go(_) => None,
            Self::Ended(disposition) => Some(*disposition),
        }
    }
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
    if let (Some(first), TotalsRule::Refuse) = (wrong.first(), settings.totals) {
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

/// Takes one file through all its steps.
///
/// # Errors
/// `None` when the committer has ended; the delivery is then not answered and comes again.
pub async fn take(
    prepared: Prepared,
    settings: Option<Feed>,
    work: &mpsc::Sender<Work>,
) -> Option<Disposition> {
    let Ok(Checked { body: Body::File { bytes, name, .. }, .. }) = &prepared.result else {
        unreachable!("only files are taken as files")
    };
    let (bytes, name) = (std::sync::Arc::new(bytes.clone()), name.clone());
    let sha256 = hex::encode(&Sha256::digest(&*bytes));
    let judged = match settings.clone() {
        Some(settings) => {
            let (bytes, name) = (std::sync::Arc::clone(&bytes), name.clone());
            tokio::task::spawn_blocking(move || judge(&bytes, &name, &settings)).await.ok()?
        }
        None => Err(Refused::new(Code::FEED_NOT_YOURS, "no such feed")),
    };
    let begin = Begin { prepared, sha256, judged };
    let answer = step(FileStep::Begin(Box::new(begin)), work).await?;
    let (mut file, settings) = match (answer, settings) {
        (FileAnswer::Ended(disposition), _) => return Some(disposition),
        (FileAnswer::Go(_), None) => return None,
        (FileAnswer::Go(file), Some(settings)) => (file, settings),
    };
    let mut position = file.record.position;
    // One chunk is read ahead while the one before is being committed.
    let (chunk, mut chunks) = mpsc::channel(1);
    let reading = tokio::task::spawn_blocking(move || {
        read_chunks(&bytes, (&name, &settings), position, &chunk);
    });
    while let Some(rows) = chunks.recv().await {
        position += u64::try_from(rows.len()).unwrap_or_default();
        match step(FileStep::Rows { file, rows, position }, work).await? {
            FileAnswer::Go(next) => file = next,
            FileAnswer::Ended(disposition) => return Some(disposition),
        }
    }
    reading.await.ok()?;
    match step(FileStep::End(file), work).await? {
        FileAnswer::Ended(disposition) => Some(disposition),
        FileAnswer::Go(_) => None,
    }
}

async fn step(step: FileStep, work: &mpsc::Sender<Work>) -> Option<FileAnswer> {
    let (reply, answer) = oneshot::channel();
    work.send(Work::File(Box::new(step), reply)).await.ok()?;
    answer.await.ok()
}

/// Sends the rows after `from`, in chunks. The file was read to its end before, so it can be read
/// again; a receiver that is gone ends the reading.
fn read_chunks(
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

impl Applier {
    pub(super) fn file(
        &mut self,
        draft: &mut Draft<'_>,
        step: FileStep,
        now: Moment,
    ) -> Result<FileAnswer, StoreError> {
        match step {
            FileStep::Begin(begin) => self.begin_file(draft, *begin, now),
            FileStep::Rows { mut file, rows, position } => {
                for row in rows {
                    self.file_row(draft, &mut file, row, now)?;
                }
                file.record.position = position;
                file.record.report = report_text(&file.report);
                draft.put_file(&file.report.sha256, &file.record);
                Ok(FileAnswer::Go(file))
            }
            FileStep::End(file) => {
                let at = At { now, seq: self.take_seq() };
                self.end_file(draft, *file, at)
            }
        }
    }

    fn begin_file(
        &mut self,
        draft: &mut Draft<'_>,
        begin: Begin,
        now: Moment,
    ) -> Result<FileAnswer, StoreError> {
        let at = At { now, seq: self.take_seq() };
        let Begin { prepared, sha256, judged } = begin;
        let (Ok(checked), Some(party)) = (&prepared.result, prepared.party.clone()) else {
            unreachable!("a file that begins was checked, and its sender is known")
        };
        let Body::File { feed, bank, name, .. } = &checked.body else {
            unreachable!("a file that begins is a file")
        };
        match self.repeated(draft, checked, (&party, MessageType::StatementFile), at)? {
            Some(Ended::Refused(refused)) => {
                return self.refuse_file(draft, (&prepared, refused), (&sha256, None), at);
            }
            Some(Ended::Duplicate | Ended::Applied(_)) => {
                return Ok(FileAnswer::Ended(Disposition::Duplicate));
            }
            None => {}
        }
        if self.rules.feeds.get(feed).is_none_or(|rule| rule.bank != *bank) {
            let detail = format!("{party} does not speak for feed {feed}");
            let refused = Refused::new(Code::FEED_NOT_YOURS, detail);
            refuse::refuse(self, draft, (&prepared, &refused), at)?;
            return Ok(FileAnswer::Ended(Disposition::Refused));
        }
        let judged = match judged {
            Ok(judged) => judged,
            Err(refused) => {
                return self.refuse_file(draft, (&prepared, refused), (&sha256, None), at);
            }
        };
        let cause = Cause { message_id: Some(checked.message_id.to_string()), traceparent: None };
        let report = first_report(feed, name, &sha256, &judged);
        let known = draft.file(feed, &sha256)?;
        let fresh = FileRecord {
            seq: at.seq,
            feed: feed.clone(),
            bank: bank.clone(),
            message_id: checked.message_id.clone(),
            received_at: at.now,
            state: FileState::Applying,
            position: 0,
            report: report_text(&report),
        };
        let record = known.unwrap_or(fresh);
        let report = record.report().unwrap_or(report);
        let mut file = Opened { record, report, party, checked: checked.clone(), cause };
        if file.record.state == FileState::Done {
            let rows = file.report.rows;
            file.report.outcome = FileOutcome::Duplicate;
            file.report.rows =
                RowCounts { duplicate: rows.read, read: rows.read, ..RowCounts::default() };
            file.report.errors.clear();
            for sum in file.report.sums.values_mut() {
                sum.applied = zero_like(&sum.read);
            }
            name.clone_into(&mut file.report.file_name);
            return self.end_file(draft, file, at);
        }
        if let Some(identity) = &judged.statement_id {
            let other = draft.statement(feed, identity)?.filter(|known| *known != sha256);
            if other.is_some() {
                let detail = format!("statement {identity} was received with other content");
                let refused = Refused::new(Code::FILE_CONFLICT, detail);
                let identity = Some(identity.clone());
                return self.refuse_file(draft, (&prepared, refused), (&sha256, identity), at);
            }
            draft.put_statement(feed, identity, &sha256);
        }
        draft.put_file(&sha256, &file.record);
        Ok(FileAnswer::Go(Box::new(file)))
    }

    fn file_row(
        &mut self,
        draft: &mut Draft<'_>,
        file: &mut Opened,
        row: Result<Row, FileError>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let feed = file.record.feed.clone();
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                file.report.rows.read += 1;
                reject(&mut file.report, error);
                return Ok(());
            }
        };
        // Debits and mere information are no payments to us, and are not counted.
        let Some((report, detail)) = rows::report_of_row(&feed, &row) else { return Ok(()) };
        file.report.rows.read += 1;
        let at = At { now, seq: self.take_seq() };
        let amount = report.amount;
        let work = EngineWork {
            input: Input::Report(report),
            actor: Actor::Party(file.party.to_string()),
            message: Some((MessageType::StatementFile, file.checked.message_id.to_string())),
            body: serde_json::to_vec(&detail).unwrap_or_default(),
            cause: file.cause.clone(),
        };
        match self.work(draft, work, at)? {
            Ended::Applied(Some(RowEnd::Applied)) => {
                file.report.rows.applied += 1;
                add_applied(&mut file.report, amount);
            }
            Ended::Applied(Some(RowEnd::Suspended)) => file.report.rows.suspended += 1,
            Ended::Applied(Some(RowEnd::Duplicate) | None) | Ended::Duplicate => {
                file.report.rows.duplicate += 1;
            }
            Ended::Refused(refused) => reject(
                &mut file.report,
                FileError {
                    row: row.row,
                    byte_offset: Some(row.byte_offset),
                    code: refused.code.to_string(),
                    detail: refused.detail,
                },
            ),
        }
        Ok(())
    }

    fn end_file(
        &mut self,
        draft: &mut Draft<'_>,
        mut file: Opened,
        at: At,
    ) -> Result<FileAnswer, StoreError> {
        let rows = file.report.rows;
        if file.record.state == FileState::Applying {
            let partial = rows.rejected > 0;
            file.report.outcome = if partial { FileOutcome::Partial } else { FileOutcome::Applied };
            file.record.state = FileState::Done;
            file.record.report = report_text(&file.report);
            draft.put_file(&file.report.sha256, &file.record);
        }
        self.mark(draft, (&file.party, &file.checked), at);
        let note = Note::FileRead {
            feed: file.record.feed.clone(),
            file_name: file.report.file_name.clone(),
            applied: rows.applied,
            duplicate: rows.duplicate,
            suspended: rows.suspended,
            rejected: rows.rejected,
        };
        draft.audit(AuditLine {
            at: at.now,
            seq: at.seq,
            actor: Actor::Party(file.party.to_string()),
            message: Some((
                MessageType::StatementFile.as_str().to_owned(),
                file.checked.message_id.to_string(),
            )),
            disposition: Some(Disposition::Applied),
            subjects: Vec::new(),
            notes: vec![note],
        });
        self.answer_file(draft, file.report, &file.cause, at);
        Ok(FileAnswer::Ended(Disposition::Applied))
    }

    /// A refused file is kept like any message, and answered by its report alone.
    fn refuse_file(
        &mut self,
        draft: &mut Draft<'_>,
        (prepared, refused): (&Prepared, Refused),
        (sha256, statement_id): (&str, Option<String>),
        at: At,
    ) -> Result<FileAnswer, StoreError> {
        let Ok(Checked { body: Body::File { feed, name, .. }, message_id, .. }) = &prepared.result
        else {
            unreachable!("a file that is refused here was checked")
        };
        refuse::keep_and_tell(self, draft, (prepared, &refused), at)?;
        let format = self.directory.feed(feed).map(|feed| format!("{:?}", feed.format));
        let report = FileReport {
            feed: feed.clone(),
            file_name: name.clone(),
            sha256: sha256.to_owned(),
            format: format.unwrap_or_default().to_lowercase(),
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
        };
        let cause = Cause { message_id: Some(message_id.to_string()), traceparent: None };
        self.answer_file(draft, report, &cause, at);
        let conflict = refused.code.is_conflict();
        let disposition = if conflict { Disposition::Conflict } else { Disposition::Refused };
        Ok(FileAnswer::Ended(disposition))
    }

    fn answer_file(&self, draft: &mut Draft<'_>, report: FileReport, cause: &Cause, at: At) {
        let destination = Destination::Feed(report.feed.clone());
        let named = (message_id(&self.store_name, at.seq, 0), MessageType::FileReport);
        let body = OutBody::Inline(spelled(&Outbound::FileReport(Box::new(report))));
        draft.send(out_message(named, destination, (None, at.now), cause, body));
    }
}

fn first_report(feed: &FeedId, name: &str, sha256: &str, judged: &Judged) -> FileReport {
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
        statement_id: judged.statement_id.clone(),
        rows: RowCounts::default(),
        sums: sums.collect(),
        errors: Vec::new(),
    }
}

fn reject(report: &mut FileReport, error: FileError) {
    report.rows.rejected += 1;
    if report.errors.len() < ERRORS_MAX {
        report.errors.push(error);
    }
}

fn add_applied(report: &mut FileReport, amount: Money) {
    let Some(sum) = report.sums.get_mut(amount.currency().as_str()) else { return };
    let so_far = Money::parse(&sum.applied, amount.currency());
    if let Ok(total) = so_far.and_then(|so_far| so_far.checked_add(amount)) {
        sum.applied = total.amount();
    }
}

/// Nothing, with as many minor digits as another amount.
fn zero_like(amount: &str) -> String {
    match amount.split_once('.') {
        Some((_, minor)) => format!("0.{}", "0".repeat(minor.len())),
        None => "0".to_owned(),
    }
}

fn report_text(report: &FileReport) -> String {
    match serde_json::to_string(report) {
        Ok(text) => text,
        Err(error) => unreachable!("a report could not be spelled: {error}"),
    }
}

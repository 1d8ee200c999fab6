//! Applying a file, step by step, on the committer's thread.

use kvit_adapters::feeds::Row;
use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::message::{
    Alert, AlertKind, FileError, FileOutcome, FileReport, MessageType, Outbound,
};
use kvit_schemas::record::{
    Actor, AuditLine, Destination, Disposition, FileRecord, FileState, Note, OutBody,
};
use kvit_schemas::{BankId, Code, FeedId, Moment};

use super::report::{
    add_applied, first_report, refused_report, reject, repeated, spelled as report_text,
};
use super::{Begin, FileAnswer, FileEnd, FileStep, Opened};
use crate::engine::{At, Input, Report, RowEnd};
use crate::pipeline::apply::{Applier, Ended, Work as EngineWork};
use crate::pipeline::intake::{Body, Checked, Prepared, Refused};
use crate::pipeline::outgoing::{Cause, message_id, out_message, spelled};
use crate::pipeline::{refuse, rows};

impl Applier {
    pub(in crate::pipeline) fn file(
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
                let known = self.marked_report(draft, (&party, checked), at)?;
                return Ok(ended(Disposition::Duplicate, known));
            }
            None => {}
        }
        if self.rules.feeds.get(feed).is_none_or(|rule| rule.bank != *bank) {
            let detail = format!("{party} does not speak for feed {feed}");
            let refused = Refused::new(Code::FEED_NOT_YOURS, detail);
            refuse::refuse(self, draft, (&prepared, &refused), at)?;
            return Ok(ended(Disposition::Refused, None));
        }
        let judged = match judged {
            Ok(judged) => judged,
            Err(refused) => {
                return self.refuse_file(draft, (&prepared, refused), (&sha256, None), at);
            }
        };
        let cause = Cause::of(&prepared.arrival.properties);
        let report = first_report(feed, name, &sha256, &judged);
        let known = draft.file(feed, &sha256)?;
        let fresh = || fresh_record((feed, bank), checked, &report, at);
        let record = known.filter(|known| !may_be_mended(known)).unwrap_or_else(fresh);
        let report = record.report().unwrap_or(report);
        let checked = checked.clone();
        let mut file = Opened { record, report, lump: None, party, checked, cause };
        if file.record.state == FileState::Done {
            repeated(&mut file.report, name);
            return self.end_file(draft, file, at);
        }
        if let Some(identity) = conflicting(draft, feed, &judged.statement_ids, &sha256)? {
            let detail = format!("statement {identity} was received with other content");
            let refused = Refused::new(Code::FILE_CONFLICT, detail);
            return self.refuse_file(draft, (&prepared, refused), (&sha256, Some(identity)), at);
        }
        for identity in &judged.statement_ids {
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
        let ours = self.directory.feed(&feed).is_none_or(|it| it.is_ours(row.account.as_deref()));
        if !ours {
            return Ok(());
        }
        // Debits and mere information are no payments to us, and are not counted.
        let (report, detail) = match rows::report_of_row(&feed, &row, now) {
            Ok(None) => return Ok(()),
            Ok(Some(told)) => told,
            Err(why) => {
                file.report.rows.read += 1;
                let code = Code::ROW_UNREADABLE.to_string();
                let (row, byte_offset) = (row.row, Some(row.byte_offset));
                let detail = why.to_owned();
                reject(&mut file.report, FileError { row, byte_offset, code, detail });
                return Ok(());
            }
        };
        file.report.rows.read += 1;
        self.lump(draft, file, &row, now)?;
        let amount = report.amount;
        let body = serde_json::to_vec(&detail).unwrap_or_default();
        match self.file_report(draft, file, (report, body), now)? {
            Ended::Applied(Some(RowEnd::Applied)) => {
                file.report.rows.applied += 1;
                add_applied(&mut file.report, amount);
            }
            Ended::Applied(Some(RowEnd::Lump)) => file.report.rows.applied += 1,
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

    /// Records the transfer that a row came with, once for all rows of it.
    fn lump(
        &mut self,
        draft: &mut Draft<'_>,
        file: &mut Opened,
        row: &Row,
        now: Moment,
    ) -> Result<(), StoreError> {
        let Some(lump) = row.lump.as_ref().filter(|lump| file.lump.as_ref() != Some(lump)) else {
            return Ok(());
        };
        file.lump = Some(lump.clone());
        if let Some(report) = rows::report_of_lump(&file.record.feed, row, lump)
            && let Ended::Refused(refused) =
                self.file_report(draft, file, (report, Vec::new()), now)?
        {
            tracing::warn!(feed = %file.record.feed, detail = refused.detail, "a transfer is not kept");
        }
        Ok(())
    }

    fn file_report(
        &mut self,
        draft: &mut Draft<'_>,
        file: &Opened,
        (report, body): (Report, Vec<u8>),
        now: Moment,
    ) -> Result<Ended, StoreError> {
        let at = At { now, seq: self.take_seq() };
        let work = EngineWork {
            input: Input::Report(report),
            actor: Actor::Party(file.party.to_string()),
            message: Some((MessageType::StatementFile, file.checked.message_id.to_string())),
            body,
            cause: file.cause.clone(),
        };
        self.work(draft, work, at)
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
        let is_dropped = file.checked.is_dropped();
        if is_dropped {
            self.mark_dropped(draft, (&file.party, &file.checked), (&file.report, at));
        } else {
            self.mark(draft, (&file.party, &file.checked), at);
        }
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
        let report = is_dropped.then(|| Box::new(file.report.clone()));
        self.answer_file(draft, file.report, &file.cause, at);
        Ok(ended(Disposition::Applied, report))
    }

    /// A refused file is kept like any message, and answered by its report alone.
    fn refuse_file(
        &mut self,
        draft: &mut Draft<'_>,
        (prepared, refused): (&Prepared, Refused),
        (sha256, statement_id): (&str, Option<String>),
        at: At,
    ) -> Result<FileAnswer, StoreError> {
        let (Ok(checked), Some(party)) = (&prepared.result, &prepared.party) else {
            unreachable!("a file that is refused here was checked, and its sender is known")
        };
        let Body::File { feed, bank, name, .. } = &checked.body else {
            unreachable!("a file that is refused here is a file")
        };
        refuse::keep_and_tell(self, draft, (prepared, &refused), at)?;
        let format = self.directory.feed(feed).map(|feed| feed.format.to_string());
        let of = (feed, format.unwrap_or_default());
        let report = refused_report(of, (name, sha256), statement_id, &refused);
        // The story of the file is found by its content; one that was applied before keeps its own.
        if draft.file(feed, sha256)?.is_none_or(|known| known.state == FileState::Refused) {
            let record = FileRecord {
                seq: prepared.released.unwrap_or(at.seq),
                feed: feed.clone(),
                bank: bank.clone(),
                message_id: checked.message_id.clone(),
                received_at: at.now,
                state: FileState::Refused,
                position: 0,
                report: report_text(&report),
            };
            draft.put_file(sha256, &record);
        }
        let cause = Cause::of(&prepared.arrival.properties);
        let dropped = checked.is_dropped().then(|| Box::new(report.clone()));
        if let Some(report) = &dropped {
            self.mark_dropped(draft, (party, checked), (report, at));
            self.alert(draft, rejected(report, &refused, at.now), (&cause, 1), at);
        }
        self.answer_file(draft, report, &cause, at);
        let conflict = refused.code.is_conflict();
        let disposition = if conflict { Disposition::Conflict } else { Disposition::Refused };
        Ok(ended(disposition, dropped))
    }

    pub(in crate::pipeline) fn answer_file(
        &self,
        draft: &mut Draft<'_>,
        report: FileReport,
        cause: &Cause,
        at: At,
    ) {
        let destination = Destination::Feed(report.feed.clone());
        let named = (message_id(&self.store_name, at.seq, 0), MessageType::FileReport);
        let body = OutBody::Inline(spelled(&Outbound::FileReport(Box::new(report))));
        draft.send(out_message(named, destination, (None, at.now), cause, body));
    }
}

fn fresh_record(
    (feed, bank): (&FeedId, &BankId),
    checked: &Checked,
    report: &FileReport,
    at: At,
) -> FileRecord {
    FileRecord {
        seq: at.seq,
        feed: feed.clone(),
        bank: bank.clone(),
        message_id: checked.message_id.clone(),
        received_at: at.now,
        state: FileState::Applying,
        position: 0,
        report: report_text(report),
    }
}

/// The first of these statements that came before in another file.
fn conflicting(
    draft: &Draft<'_>,
    feed: &FeedId,
    statement_ids: &[String],
    sha256: &str,
) -> Result<Option<String>, StoreError> {
    for identity in statement_ids {
        if draft.statement(feed, identity)?.is_some_and(|known| known != sha256) {
            return Ok(Some(identity.clone()));
        }
    }
    Ok(None)
}

fn ended(disposition: Disposition, report: Option<Box<FileReport>>) -> FileAnswer {
    FileAnswer::Ended(FileEnd { disposition, report })
}

/// Whoever put a file into a folder may not read reports: a person is told, too.
fn rejected(report: &FileReport, refused: &Refused, now: Moment) -> Alert {
    let detail = format!(
        "feed {}, file {}: {}: {}; it lies in rejected/ with its report",
        report.feed, report.file_name, refused.code, refused.detail
    );
    Alert { kind: AlertKind::FileRejected, at: now, detail, order_code: None, payment: None }
}

/// A file of which rows were rejected may be sent again once the cause is mended: its good rows are
/// known and do nothing again.
fn may_be_mended(known: &FileRecord) -> bool {
    let rejected = known.report().is_some_and(|report| report.rows.rejected > 0);
    match known.state {
        FileState::Applying => false,
        FileState::Done => rejected,
        FileState::Refused => true,
    }
}

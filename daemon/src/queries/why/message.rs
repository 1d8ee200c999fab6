//! The story of a message, and of the file that one brought.

use kvit_adapters::store::{StoreError, StoryLine, Tables};
use kvit_schemas::record::{Disposition, FileRecord, FileState, Seq, Subject};

use super::{Why, told};
use crate::pipeline::mark_period;
use crate::queries::quarantine::quarantined;
use crate::queries::sentences::who;
use crate::queries::{Books, QueryError, at_text};
use crate::settings::Party;

pub(super) fn of_file(books: Books<'_>, file: &FileRecord) -> Result<Why, QueryError> {
    let report = file.report();
    let name = report.as_ref().map_or("?", |report| report.file_name.as_str());
    let state = match file.state {
        FileState::Applying => format!("being applied, {} rows are through", file.position),
        FileState::Done => "applied".to_owned(),
        FileState::Refused => "refused as a whole".to_owned(),
    };
    let mut headline = vec![format!("File {name} of the feed {}: {state}", file.feed)];
    headline.push(format!("received {} as message {}", at_text(file.received_at), file.message_id));
    if let Some(report) = report {
        let rows = report.rows;
        headline.push(format!(
            "rows: {} read, {} applied, {} known already, {} in suspense, {} rejected",
            rows.read, rows.applied, rows.duplicate, rows.suspended, rows.rejected
        ));
        for error in report.errors.iter().take(20) {
            headline.push(format!("row {}: {} {}", error.row, error.code, error.detail));
        }
    }
    let mut why = told("file", headline, message_lines(books, file.message_id.as_str())?);
    if file.state == FileState::Refused
        && let Ok(kept) = quarantined(books.store, file.seq.0)
    {
        why.next.push(kept.cure);
        why.next
            .push(format!("its bytes and who may release it: kvit quarantine show {}", file.seq.0));
    }
    Ok(why)
}

/// Lines about messages with this id: those the index names, and those a mark leads to.
fn message_lines(books: Books<'_>, message_id: &str) -> Result<Vec<StoryLine>, StoreError> {
    let store = books.store;
    let mut lines = store.story(Subject::message(message_id))?;
    let keep_days = i64::from(books.settings.dedupe.keep_days);
    let period = mark_period(books.now, keep_days);
    for party in parties(books) {
        let periods = period.saturating_sub(1)..=period;
        if let Some(mark) = store.mark(periods, &party.to_string(), message_id)? {
            lines.extend(store.lines_of_seq(mark.seq)?);
        }
    }
    lines.retain(|it| it.line.message.as_ref().is_some_and(|(_, id)| id == message_id));
    Ok(lines)
}

fn parties(books: Books<'_>) -> impl Iterator<Item = Party> {
    let settings = books.settings;
    let portals = settings.portals.keys().cloned().map(Party::Portal);
    let banks = settings.banks.keys().cloned().map(Party::Bank);
    portals.chain(banks).chain(settings.agencies.keys().cloned().map(Party::Agency))
}

pub(super) fn of_message(books: Books<'_>, message_id: &str) -> Result<Why, QueryError> {
    let lines = message_lines(books, message_id)?;
    // What people did with it later stands in the story: how it ended is what intake said of it.
    let judged = |it: &&StoryLine| (it.line.disposition.is_some(), it.line.seq);
    let Some(last) = lines.iter().max_by_key(judged) else {
        return Err(QueryError::NotFound(format!(
            "nothing is known of {message_id:?}: no order, payment, file or message of that name"
        )));
    };
    let ended = last.line.disposition.map_or("noted", Disposition::as_str);
    let headline = format!("Message {message_id} from {}: {ended}", who(&last.line.actor));
    let (subjects, seq) = (last.line.subjects.clone(), last.line.seq);
    let mut why = told("message", vec![headline], lines);
    if let Ok(kept) = quarantined(books.store, seq.0) {
        why.headline.push(format!("its bytes are in quarantine under number {seq}", seq = seq.0));
        why.next.push(kept.cure);
        why.next.push(format!("the message as it came: kvit quarantine show {}", seq.0));
    }
    for subject in subjects {
        match subject {
            Subject::Payment(number) => why.next.push(format!("kvit why {}", number.0)),
            Subject::Case(number) => {
                let page = books.store.cases(Some(Seq(number.0.saturating_sub(1))), 1)?;
                let codes = page.items.iter().filter(|case| case.seq == number);
                why.next.extend(codes.map(|case| format!("kvit why {}", case.order_code)));
            }
            Subject::Message(_) => {}
        }
    }
    Ok(why)
}

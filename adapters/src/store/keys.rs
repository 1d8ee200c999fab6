//! The keys of the store: one letter for the kind of row, then what finds it. Big-endian, so that
//! rows lie in the order in which they came; what others name is found by an index (`index/`).

use kvit_schemas::message::ContentHash;
use kvit_schemas::record::{Seq, Subject, TimerQueue};
use kvit_schemas::{Currency, Day, FeedId, Moment, OrderCode};

use super::index::{Name, Which};
use super::rows::Next;

/// Cases by number.
pub(super) const CASE: u8 = b'c';
/// Payments by number.
pub(super) const PAYMENT: u8 = b'p';
/// Payments in suspense.
pub(super) const SUSPENSE: u8 = b's';
/// Marks of applied messages, by commit: entries of the index.
pub(super) const MARK: u8 = b'd';
/// The same in runs.
pub(super) const MARK_RUN: u8 = b'D';
/// Names of cases and payments, by commit: entries of the index.
pub(super) const NAME: u8 = b'n';
/// The same in runs.
pub(super) const NAME_RUN: u8 = b'N';
/// Long bodies, by number.
pub(super) const BODY: u8 = b'b';
/// Short bodies, sixteen numbers in a row.
pub(super) const BODIES: u8 = b'B';
/// The outbox, by commit and part.
pub(super) const OUTBOX: u8 = b'o';
/// Quarantine, by number.
pub(super) const QUARANTINE: u8 = b'q';
/// What became of messages in quarantine, by number.
pub(super) const FATE: u8 = b'Q';
/// Proposals, by number.
pub(super) const PROPOSAL: u8 = b'x';
/// Paused sources, by name.
pub(super) const PAUSE: u8 = b'z';
/// Timers, by queue, the moment the first of a row is due, and commit.
pub(super) const TIMER: u8 = b't';
/// Files by feed and content.
pub(super) const FILE: u8 = b'f';
/// Feed and statement identity → content.
pub(super) const STATEMENT: u8 = b'F';
/// The audit log, by commit.
pub(super) const AUDIT: u8 = b'u';
/// Subject, commit and line.
pub(super) const STORY: u8 = b'y';
/// Ledger movements, by commit.
pub(super) const LEDGER: u8 = b'L';
/// Ledger sums by day, feed and currency.
pub(super) const DAY_SUM: u8 = b'l';
/// Single rows: totals, running number, head of the audit chain.
pub(super) const SINGLE: u8 = b'g';
/// Firings of the schedule.
pub(super) const FIRING: u8 = b'k';

/// What the table with this letter is called in an export; `None` when there is no such table.
pub(super) fn table(letter: u8) -> Option<&'static str> {
    Some(match letter {
        CASE => "cases",
        PAYMENT => "payments",
        SUSPENSE => "suspense",
        MARK => "marks",
        MARK_RUN => "runs of marks",
        NAME => "names",
        NAME_RUN => "runs of names",
        BODY => "bodies",
        BODIES => "short bodies",
        OUTBOX => "outbox",
        QUARANTINE => "quarantine",
        FATE => "fates",
        PROPOSAL => "proposals",
        PAUSE => "pauses",
        TIMER => "timers",
        FILE => "files",
        STATEMENT => "statements",
        AUDIT => "audit log",
        STORY => "stories",
        LEDGER => "ledger",
        DAY_SUM => "day sums",
        SINGLE => "totals, heads",
        FIRING => "firings",
        _ => return None,
    })
}

/// What a commit will do next with a row it has written.
pub(super) fn next(key: &[u8]) -> Next {
    match key.first() {
        Some(&(CASE | PAYMENT | BODIES | DAY_SUM | SINGLE)) => Next::Read,
        Some(&(OUTBOX | MARK | NAME)) => Next::Replace,
        Some(_) | None => Next::Rest,
    }
}

pub(super) const TOTALS: &[u8] = &[SINGLE, b't'];
pub(super) const NEXT_SEQ: &[u8] = &[SINGLE, b'n'];
pub(super) const AUDIT_HEAD: &[u8] = &[SINGLE, b'a'];

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(kind);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(super) fn numbered(kind: u8, seq: Seq) -> Vec<u8> {
    key(kind, &[&seq.0.to_be_bytes()])
}

/// The number a key ends with.
pub(super) fn number_at_end(key: &[u8]) -> Option<Seq> {
    let (_, tail) = key.split_last_chunk::<8>()?;
    Some(Seq(u64::from_be_bytes(*tail)))
}

/// The row of the short body with this number.
pub(super) fn bodies(seq: Seq) -> Vec<u8> {
    key(BODIES, &[&(seq.0 / BODIES_IN_ROW).to_be_bytes()])
}

/// Numbers whose short bodies lie in one row.
pub(super) const BODIES_IN_ROW: u64 = 16;

/// The name of a case.
pub(super) fn code(order_code: OrderCode) -> Name {
    ContentHash::of(&[b"order", &order_code.to_number().to_be_bytes()]).0
}

/// The name that a feed gave a payment.
pub(super) fn identity(feed: &FeedId, payment_id: &str) -> Name {
    ContentHash::of(&[b"payment", feed.as_str().as_bytes(), payment_id.as_bytes()]).0
}

/// The name of all payments with a reference; lumps of transfers are listed apart.
pub(super) fn reference((kind, value): (&str, &str), of_lumps: bool) -> Name {
    let list: &[u8] = if of_lumps { b"lumps" } else { b"reference" };
    ContentHash::of(&[list, kind.as_bytes(), value.as_bytes()]).0
}

/// The name of a message's mark.
pub(super) fn mark(party: &str, message_id: &str) -> Name {
    ContentHash::of(&[party.as_bytes(), message_id.as_bytes()]).0
}

/// The letters of an index: its rows of single commits, and its runs.
pub(super) fn letters(which: Which) -> (u8, u8) {
    match which {
        Which::Names => (NAME, NAME_RUN),
        Which::Marks => (MARK, MARK_RUN),
    }
}

/// Where an entry stands, for whoever has to be told that it cannot be read.
pub(super) fn entry(which: Which, name: &Name) -> Vec<u8> {
    key(letters(which).0, &[name])
}

/// A row of an index by its commit.
pub(super) fn young(which: Which, commit: u64, part: u16) -> Vec<u8> {
    key(letters(which).0, &[&commit.to_be_bytes(), &part.to_be_bytes()])
}

/// The commit of a row of an index.
pub(super) fn commit_of(young: &[u8]) -> Option<u64> {
    let (_, commit_and_part) = young.split_last_chunk::<10>()?;
    commit_and_part.first_chunk().map(|commit| u64::from_be_bytes(*commit))
}

/// The filter of a run, which lies before its rows.
pub(super) fn run(which: Which, run: u64) -> Vec<u8> {
    key(letters(which).1, &[&run.to_be_bytes()])
}

/// A row of a run.
pub(super) fn run_row(which: Which, (run, bucket): (u64, u16)) -> Vec<u8> {
    key(letters(which).1, &[&run.to_be_bytes(), &bucket.to_be_bytes()])
}

pub(super) fn outbox(commit: u64, part: u16) -> Vec<u8> {
    key(OUTBOX, &[&commit.to_be_bytes(), &part.to_be_bytes()])
}

/// A row of timers of a queue, the first of them due at this moment.
pub(super) fn timer(queue: TimerQueue, due: Moment, commit: u64) -> Vec<u8> {
    key(TIMER, &[&[queue.letter()], &moment(due), &commit.to_be_bytes()])
}

/// Where the timers of a queue begin.
pub(super) fn timers(queue: TimerQueue) -> Vec<u8> {
    key(TIMER, &[&[queue.letter()]])
}

/// What is due in the queue at `now` lies in rows before this key.
pub(super) fn timers_after(queue: TimerQueue, now: Moment) -> Vec<u8> {
    key(TIMER, &[&[queue.letter()], &moment(now.plus_seconds(1))])
}

/// Moments in the order of time, also before 1970.
fn moment(at: Moment) -> [u8; 8] {
    at.micros().wrapping_sub(i64::MIN).to_be_bytes()
}

pub(super) fn file(feed: &FeedId, sha256: &str) -> Vec<u8> {
    key(FILE, &[&ContentHash::of(&[feed.as_str().as_bytes(), sha256.as_bytes()]).0])
}

pub(super) fn statement(feed: &FeedId, identity: &str) -> Vec<u8> {
    key(STATEMENT, &[&ContentHash::of(&[feed.as_str().as_bytes(), identity.as_bytes()]).0])
}

pub(super) fn story_prefix(subject: Subject) -> Vec<u8> {
    match subject {
        Subject::Case(seq) => key(STORY, &[b"c", &seq.0.to_be_bytes()]),
        Subject::Payment(seq) => key(STORY, &[b"p", &seq.0.to_be_bytes()]),
        Subject::Message(hash) => key(STORY, &[b"m", &hash.0]),
    }
}

pub(super) fn story(subject: Subject, commit: u64, line: u16) -> Vec<u8> {
    [story_prefix(subject), commit.to_be_bytes().to_vec(), line.to_be_bytes().to_vec()].concat()
}

/// The row of a subject that has one.
pub(super) fn of_subject(subject: Subject) -> Option<Vec<u8>> {
    match subject {
        Subject::Case(seq) => Some(numbered(CASE, seq)),
        Subject::Payment(seq) => Some(numbered(PAYMENT, seq)),
        Subject::Message(_) => None,
    }
}

/// The commit and line that a story key ends with.
pub(super) fn story_place(key: &[u8]) -> Option<(u64, u16)> {
    let (rest, line) = key.split_last_chunk::<2>()?;
    let (_, commit) = rest.split_last_chunk::<8>()?;
    Some((u64::from_be_bytes(*commit), u16::from_be_bytes(*line)))
}

pub(super) fn day_sum(day: Day, feed: &FeedId, currency: Currency) -> Vec<u8> {
    let (day, feed, currency) = (day.to_string(), feed.as_str(), currency.to_string());
    key(DAY_SUM, &[day.as_bytes(), b"/", currency.as_bytes(), b"/", feed.as_bytes()])
}

pub(super) fn firing(schedule: &str) -> Vec<u8> {
    key(FIRING, &[schedule.as_bytes()])
}

pub(super) fn pause(source: &str) -> Vec<u8> {
    key(PAUSE, &[source.as_bytes()])
}

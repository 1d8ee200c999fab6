//! The keys of the store: one letter for the kind of row, then what finds it. Big-endian, so that
//! rows lie in the order in which they came; an order code is only an index (RULES.md 3.8 S6).

use kvit_schemas::message::ContentHash;
use kvit_schemas::record::{Seq, Subject, TimerQueue};
use kvit_schemas::{Currency, Day, FeedId, Moment, OrderCode};

use super::rows::Next;

/// Cases by number.
pub(super) const CASE: u8 = b'c';
/// Order code → number of the case.
pub(super) const CODE: u8 = b'C';
/// Payments by number.
pub(super) const PAYMENT: u8 = b'p';
/// Feed and payment id → number of the payment.
pub(super) const IDENTITY: u8 = b'P';
/// Reference and number of the payment.
pub(super) const REFERENCE: u8 = b'r';
/// Payments in suspense.
pub(super) const SUSPENSE: u8 = b's';
/// Marks of applied messages, by period, party and message id.
pub(super) const MARK: u8 = b'd';
/// Bodies.
pub(super) const BODY: u8 = b'b';
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
/// Timers, by queue and the moment they are due.
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
        CODE => "order codes",
        PAYMENT => "payments",
        IDENTITY => "payment ids",
        REFERENCE => "references",
        SUSPENSE => "suspense",
        MARK => "marks",
        BODY => "bodies",
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
        Some(&(CASE | CODE | PAYMENT | IDENTITY | DAY_SUM | SINGLE)) => Next::Read,
        Some(&(OUTBOX | TIMER)) => Next::Replace,
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

pub(super) fn code(order_code: OrderCode) -> Vec<u8> {
    // 10^30 < 2^104: thirteen bytes hold every code.
    key(CODE, &[&order_code.to_number().to_be_bytes()[3..]])
}

pub(super) fn identity(feed: &FeedId, payment_id: &str) -> Vec<u8> {
    key(IDENTITY, &[&ContentHash::of(&[feed.as_str().as_bytes(), payment_id.as_bytes()]).0])
}

pub(super) fn reference_prefix(kind: &str, value: &str) -> Vec<u8> {
    key(REFERENCE, &[&ContentHash::of(&[kind.as_bytes(), value.as_bytes()]).0])
}

pub(super) fn reference(kind: &str, value: &str, payment: Seq) -> Vec<u8> {
    [reference_prefix(kind, value), payment.0.to_be_bytes().to_vec()].concat()
}

pub(super) fn mark(period: u32, party: &str, message_id: &str) -> Vec<u8> {
    let hash = ContentHash::of(&[party.as_bytes(), message_id.as_bytes()]);
    key(MARK, &[&period.to_be_bytes(), &hash.0])
}

/// Where the marks of a period begin.
pub(super) fn marks(period: u32) -> Vec<u8> {
    key(MARK, &[&period.to_be_bytes()])
}

pub(super) fn outbox(commit: u64, part: u16) -> Vec<u8> {
    key(OUTBOX, &[&commit.to_be_bytes(), &part.to_be_bytes()])
}

/// A timer of the same moment, kind and order is the same timer.
pub(super) fn timer(queue: TimerQueue, due: Moment, identity: &[u8]) -> Vec<u8> {
    key(TIMER, &[&[queue.letter()], &moment(due), &ContentHash::of(&[identity]).0])
}

/// Where the timers of a queue begin.
pub(super) fn timers(queue: TimerQueue) -> Vec<u8> {
    key(TIMER, &[&[queue.letter()]])
}

/// All timers of the queue before this key are due at `now`.
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

//! Walking through what is kept: pages for people, scans for the relay, checks of the whole.

use std::collections::BTreeMap;
use std::ops::Bound;

use kvit_schemas::record::{
    AuditBatch, AuditLine, Case, OutMessage, Payment, Position, QuarantineRecord, Seq, Timer,
    TimerQueue,
};
use kvit_schemas::{Currency, Day, FeedId, Moment};
use serde::de::DeserializeOwned;

use super::index::{self, Found, Name, Which};
use super::tables::{DueTimer, OutboxRow, StoryLine, Tables};
use super::{KeyValue, Store, StoreError, after_prefix, codec, draft, keys};

/// Some records and where to go on.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Ask for what follows this number; absent at the end.
    pub next: Option<Seq>,
}

/// One day's movements of one feed.
#[derive(Debug, Clone)]
pub struct DaySum {
    /// The key as text: day, currency, feed.
    pub name: String,
    /// What moved.
    pub moved: Position,
}

/// Where the audit chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// The commit.
    pub commit: u64,
    /// What is wrong.
    pub what: &'static str,
}

/// The totals as kept, and as the payments add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerCheck {
    /// As kept.
    pub kept: Vec<(FeedId, Currency, Position)>,
    /// As the payments add up.
    pub counted: Vec<(FeedId, Currency, Position)>,
}

impl Tables for Store {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get_row(key)
    }

    fn list(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, StoreError> {
        self.page_rows(Bound::Included(prefix.to_vec()), after_prefix(prefix), usize::MAX)
    }

    fn entry(&self, which: Which, name: &Name) -> Result<Option<Vec<u8>>, StoreError> {
        match self.index(which).find(name) {
            Found::Value(value) => Ok(Some(value)),
            Found::In(rows) => self.entry_in(&rows, name),
        }
    }
}

impl Store {
    /// The entry of a name in the first of these rows that has one.
    pub(super) fn entry_in(
        &self,
        rows: &[Vec<u8>],
        name: &Name,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        for key in rows {
            let Some(row) = self.get_row(key)? else { continue };
            if let Some(value) = index::value_in((key, &row), name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    pub(super) fn page<T: DeserializeOwned>(
        &self,
        kind: u8,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Page<T>, StoreError> {
        let from = match after {
            Some(seq) => Bound::Excluded(keys::numbered(kind, seq)),
            None => Bound::Included(vec![kind]),
        };
        let rows = self.page_rows(from, after_prefix(&[kind]), limit)?;
        let full = rows.len() == limit;
        let next = rows.last().filter(|_| full).and_then(|(key, _)| keys::number_at_end(key));
        let items = rows.iter().map(|(key, value)| codec::decode(key, value));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }

    /// Cases in the order in which they were first heard of.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn cases(&self, after: Option<Seq>, limit: usize) -> Result<Page<Case>, StoreError> {
        self.page(keys::CASE, after, limit)
    }

    /// Payments in the order in which they were first seen.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn payments(&self, after: Option<Seq>, limit: usize) -> Result<Page<Payment>, StoreError> {
        self.page(keys::PAYMENT, after, limit)
    }

    /// Messages in quarantine.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn quarantine(
        &self,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Page<QuarantineRecord>, StoreError> {
        self.page(keys::QUARANTINE, after, limit)
    }

    /// How many messages are in quarantine.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn quarantine_len(&self) -> Result<u64, StoreError> {
        let (mut count, mut from) = (0, Bound::Included(vec![keys::QUARANTINE]));
        loop {
            let rows = self.page_rows(from, after_prefix(&[keys::QUARANTINE]), 1_000)?;
            let Some((last, _)) = rows.last() else { return Ok(count) };
            count += u64::try_from(rows.len()).unwrap_or(u64::MAX);
            from = Bound::Excluded(last.clone());
        }
    }

    /// Payments in suspense.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn suspense(&self, after: Option<Seq>, limit: usize) -> Result<Page<Payment>, StoreError> {
        let from = match after {
            Some(seq) => Bound::Excluded(keys::numbered(keys::SUSPENSE, seq)),
            None => Bound::Included(vec![keys::SUSPENSE]),
        };
        let rows = self.page_rows(from, after_prefix(&[keys::SUSPENSE]), limit)?;
        let full = rows.len() == limit;
        let seqs: Vec<Seq> = rows.iter().filter_map(|(key, _)| keys::number_at_end(key)).collect();
        let next = seqs.last().copied().filter(|_| full);
        let mut items = Vec::with_capacity(seqs.len());
        for seq in seqs {
            items.extend(self.payment(seq)?);
        }
        Ok(Page { items, next })
    }

    /// Timers of a queue due at `now`, the longest due first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn timers_due(
        &self,
        queue: TimerQueue,
        now: Moment,
        limit: usize,
    ) -> Result<Vec<DueTimer>, StoreError> {
        let to = Bound::Excluded(keys::timers_after(queue, now));
        let mut due = Vec::new();
        let mut from = Bound::Included(keys::timers(queue));
        while due.len() < limit {
            let Some((row, value)) = self.page_rows(from, to.clone(), 1)?.pop() else { break };
            let timers: Vec<Timer> = codec::decode(&row, &value)?;
            // A row begins with the first that is due; others of it may have to wait.
            let timers = timers.into_iter().filter(|timer| timer.due <= now);
            due.extend(timers.map(|timer| DueTimer { timer, row: row.clone() }));
            from = Bound::Excluded(row);
        }
        due.truncate(limit);
        Ok(due)
    }

    /// Rows of the outbox after a place, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn outbox(
        &self,
        after: Option<(u64, u16)>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let from = match after {
            Some((commit, part)) => Bound::Excluded(keys::outbox(commit, part)),
            None => Bound::Included(vec![keys::OUTBOX]),
        };
        let rows = self.page_rows(from, after_prefix(&[keys::OUTBOX]), limit)?;
        rows.iter()
            .map(|(key, value)| {
                let messages: Vec<OutMessage> = codec::decode(key, value)?;
                let (commit, part) = keys::story_place(key).unwrap_or_default();
                Ok(OutboxRow { commit, part, messages })
            })
            .collect()
    }

    /// One row of the outbox, if it is still there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn outbox_row(&self, commit: u64, part: u16) -> Result<Option<OutboxRow>, StoreError> {
        let messages: Option<Vec<OutMessage>> = self.record(&keys::outbox(commit, part))?;
        Ok(messages.map(|messages| OutboxRow { commit, part, messages }))
    }

    /// The ledger's day sums, oldest day first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn day_sums(&self) -> Result<Vec<DaySum>, StoreError> {
        let rows = self.list(&[keys::DAY_SUM])?;
        rows.iter()
            .map(|(key, value)| {
                let name = String::from_utf8_lossy(&key[1..]).into_owned();
                Ok(DaySum { name, moved: codec::decode(key, value)? })
            })
            .collect()
    }

    /// The lines of the input with this number; none when it left none. Numbers grow with commits,
    /// so that halving finds the commit.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn lines_of_seq(&self, seq: Seq) -> Result<Vec<StoryLine>, StoreError> {
        let (mut low, mut high) = (1, self.last_commit());
        while low <= high {
            let middle = low + (high - low) / 2;
            let from = Bound::Included(keys::numbered(keys::AUDIT, Seq(middle)));
            let to = Bound::Included(keys::numbered(keys::AUDIT, Seq(high)));
            let rows = self.page_rows(from, to, 1)?;
            let Some((key, value)) = rows.first() else {
                high = middle - 1;
                continue;
            };
            let batch: AuditBatch = codec::decode(key, value)?;
            let commit = keys::number_at_end(key).map_or(middle, |found| found.0);
            let mine = |line: &AuditLine| line.seq == seq;
            if batch.lines.iter().any(mine) {
                let lines = batch.lines.into_iter().filter(mine);
                return Ok(lines.map(|line| StoryLine { commit, line }).collect());
            }
            if batch.lines.iter().all(|line| line.seq > seq) {
                high = middle - 1;
            } else {
                low = commit + 1;
            }
        }
        Ok(Vec::new())
    }

    /// Walks the whole audit chain. `progress` is told the number of batches after each.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn verify_audit(
        &self,
        mut progress: impl FnMut(u64),
    ) -> Result<(u64, Vec<AuditFault>), StoreError> {
        let (mut count, mut faults, mut head) = (0, Vec::new(), [0; 32]);
        let mut from = Bound::Included(vec![keys::AUDIT]);
        loop {
            let rows = self.page_rows(from, after_prefix(&[keys::AUDIT]), 256)?;
            let Some((last, _)) = rows.last() else { break };
            from = Bound::Excluded(last.clone());
            for (key, value) in &rows {
                let batch: AuditBatch = codec::decode(key, value)?;
                let commit = keys::number_at_end(key).map_or(0, |seq| seq.0);
                if batch.previous != head {
                    faults.push(AuditFault { commit, what: "does not follow what is before it" });
                }
                if batch.hash != draft::link(&batch.previous, &batch.lines) {
                    faults.push(AuditFault { commit, what: "its lines were changed" });
                }
                head = batch.hash;
                count += 1;
            }
            progress(count);
        }
        if self.audit_head()? != head {
            let commit = self.last_commit();
            faults.push(AuditFault { commit, what: "the end of the chain is missing" });
        }
        Ok((count, faults))
    }

    /// Adds up all payments and sets the sums beside those kept.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn check_ledger(&self) -> Result<LedgerCheck, StoreError> {
        let mut counted: BTreeMap<(FeedId, Currency), Position> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.payments(after, 1_000)?;
            for payment in &page.items {
                if let Some(main) = payment.main() {
                    let key = (main.feed.clone(), main.amount.currency());
                    let sum = counted.entry(key).or_default();
                    *sum = sum.plus(Position::of(payment));
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let nonzero = |(_, _, position): &(FeedId, Currency, Position)| !position.is_zero();
        let counted = counted.into_iter().map(|((feed, currency), sum)| (feed, currency, sum));
        Ok(LedgerCheck {
            kept: self.totals()?.into_iter().filter(nonzero).collect(),
            counted: counted.filter(nonzero).collect(),
        })
    }

    /// The first and the last day of the ledger.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn ledger_days(&self) -> Result<Option<(Day, Day)>, StoreError> {
        let day =
            |key: &[u8]| -> Option<Day> { std::str::from_utf8(key.get(1..11)?).ok()?.parse().ok() };
        let prefix = [keys::DAY_SUM];
        let first = self.page_rows(Bound::Included(prefix.to_vec()), after_prefix(&prefix), 1)?;
        let last = self.last_key(Bound::Included(prefix.to_vec()), after_prefix(&prefix))?;
        let first = first.first().and_then(|(key, _)| day(key));
        Ok(first.zip(last.as_deref().and_then(day)))
    }
}

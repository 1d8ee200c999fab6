//! Reading records, from the store or through the changes of a commit in the making.

use kvit_schemas::record::{
    AuditBatch, AuditLine, Case, Fate, FileRecord, Mark, OutMessage, Pause, Payment, Position,
    Proposal, QuarantineRecord, Seq, Subject, Timer,
};
use kvit_schemas::{Currency, Day, FeedId, Moment, OrderCode};
use serde::de::DeserializeOwned;

use super::index::{Name, Which};
use super::{KeyValue, StoreError, beside, bodies, codec, keys};

/// One row of the outbox: messages of one commit that are still to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The commit that made them.
    pub commit: u64,
    /// The part of that commit.
    pub part: u16,
    /// The messages.
    pub messages: Vec<OutMessage>,
}

/// A timer that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// The timer.
    pub timer: Timer,
    /// The key of its row.
    pub(super) row: Vec<u8>,
}

/// A line of a story, and where it stands in the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryLine {
    /// The commit.
    pub commit: u64,
    /// The line.
    pub line: AuditLine,
}

/// Records by what finds them.
pub trait Tables {
    /// The value of a row.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The rows whose keys begin with `prefix`; for short lists only.
    ///
    /// # Errors
    /// When they cannot be read.
    fn list(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, StoreError>;

    /// What a name leads to.
    ///
    /// # Errors
    /// When it cannot be read.
    fn entry(&self, which: Which, name: &Name) -> Result<Option<Vec<u8>>, StoreError>;

    /// What a name leads to, as a record.
    ///
    /// # Errors
    /// When it cannot be read.
    fn named<T: DeserializeOwned>(
        &self,
        which: Which,
        name: &Name,
    ) -> Result<Option<T>, StoreError> {
        let value = self.entry(which, name)?;
        value.map(|value| codec::decode(&keys::entry(which, name), &value)).transpose()
    }

    /// A record.
    ///
    /// # Errors
    /// When it cannot be read.
    fn record<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get(key)?.map(|bytes| codec::decode(key, &bytes)).transpose()
    }

    /// The case of an order.
    ///
    /// # Errors
    /// When it cannot be read.
    fn case(&self, order_code: OrderCode) -> Result<Option<Case>, StoreError> {
        match self.named::<Seq>(Which::Names, &keys::code(order_code))? {
            Some(seq) => self.record(&keys::numbered(keys::CASE, seq)),
            None => Ok(None),
        }
    }

    /// A payment by its number.
    ///
    /// # Errors
    /// When it cannot be read.
    fn payment(&self, seq: Seq) -> Result<Option<Payment>, StoreError> {
        self.record(&keys::numbered(keys::PAYMENT, seq))
    }

    /// The payment that a feed knows by this id.
    ///
    /// # Errors
    /// When it cannot be read.
    fn payment_by_identity(
        &self,
        feed: &FeedId,
        payment_id: &str,
    ) -> Result<Option<Payment>, StoreError> {
        match self.named::<Seq>(Which::Names, &keys::identity(feed, payment_id))? {
            Some(seq) => self.payment(seq),
            None => Ok(None),
        }
    }

    /// The numbers of the payments with this reference, lumps of transfers or all others; of a
    /// transfer's number, which repeats, only the newest.
    ///
    /// # Errors
    /// When they cannot be read.
    fn payments_by_reference(
        &self,
        reference: (&str, &str),
        of_lumps: bool,
    ) -> Result<Vec<Seq>, StoreError> {
        Ok(self.named(Which::Names, &keys::reference(reference, of_lumps))?.unwrap_or_default())
    }

    /// The numbers of the payments of a case.
    ///
    /// # Errors
    /// When they cannot be read.
    fn payments_of(&self, case: Seq) -> Result<Vec<Seq>, StoreError> {
        let key = keys::numbered(keys::CASE, case);
        let Some(row) = self.get(&key)? else { return Ok(Vec::new()) };
        Ok(beside::split(&key, &row)?.0.payments)
    }

    /// A kept body.
    ///
    /// # Errors
    /// When it cannot be read.
    fn body(&self, seq: Seq) -> Result<Option<Vec<u8>>, StoreError> {
        bodies::kept(self, seq)
    }

    /// The mark of an applied message, in the periods that are still kept.
    ///
    /// # Errors
    /// When it cannot be read.
    fn mark(
        &self,
        periods: std::ops::RangeInclusive<u32>,
        party: &str,
        message_id: &str,
    ) -> Result<Option<Mark>, StoreError> {
        let found: Option<(u32, Mark)> =
            self.named(Which::Marks, &keys::mark(party, message_id))?;
        // A clock that was set back leaves marks of a period that is still to come.
        Ok(found.filter(|(period, _)| period >= periods.start()).map(|(_, mark)| mark))
    }

    /// A message in quarantine.
    ///
    /// # Errors
    /// When it cannot be read.
    fn quarantined(&self, seq: Seq) -> Result<Option<QuarantineRecord>, StoreError> {
        self.record(&keys::numbered(keys::QUARANTINE, seq))
    }

    /// What became of a message in quarantine.
    ///
    /// # Errors
    /// When it cannot be read.
    fn fate(&self, seq: Seq) -> Result<Fate, StoreError> {
        Ok(self.record(&keys::numbered(keys::FATE, seq))?.unwrap_or_default())
    }

    /// A proposal.
    ///
    /// # Errors
    /// When it cannot be read.
    fn proposal(&self, seq: Seq) -> Result<Option<Proposal>, StoreError> {
        self.record(&keys::numbered(keys::PROPOSAL, seq))
    }

    /// The sources that people paused.
    ///
    /// # Errors
    /// When they cannot be read.
    fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let rows = self.list(&[keys::PAUSE])?;
        rows.iter().map(|(key, value)| codec::decode(key, value)).collect()
    }

    /// A file by its content.
    ///
    /// # Errors
    /// When it cannot be read.
    fn file(&self, feed: &FeedId, sha256: &str) -> Result<Option<FileRecord>, StoreError> {
        self.record(&keys::file(feed, sha256))
    }

    /// The content (SHA-256) of the file with this statement identity.
    ///
    /// # Errors
    /// When it cannot be read.
    fn statement(&self, feed: &FeedId, identity: &str) -> Result<Option<String>, StoreError> {
        self.record(&keys::statement(feed, identity))
    }

    /// When a schedule fired last: its nominal time.
    ///
    /// # Errors
    /// When it cannot be read.
    fn last_fired(&self, schedule: &str) -> Result<Option<Moment>, StoreError> {
        self.record(&keys::firing(schedule))
    }

    /// The sums over everything, by feed and currency.
    ///
    /// # Errors
    /// When they cannot be read.
    fn totals(&self) -> Result<Vec<(FeedId, Currency, Position)>, StoreError> {
        Ok(self.record(keys::TOTALS)?.unwrap_or_default())
    }

    /// The sums of one day's movements.
    ///
    /// # Errors
    /// When they cannot be read.
    fn day_sum(&self, day: Day, feed: &FeedId, currency: Currency) -> Result<Position, StoreError> {
        Ok(self.record(&keys::day_sum(day, feed, currency))?.unwrap_or_default())
    }

    /// The first number not used yet.
    ///
    /// # Errors
    /// When it cannot be read.
    fn next_seq(&self) -> Result<Seq, StoreError> {
        Ok(self.record(keys::NEXT_SEQ)?.unwrap_or(Seq(1)))
    }

    /// The hash at the head of the audit chain; zeros when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    fn audit_head(&self) -> Result<[u8; 32], StoreError> {
        Ok(self.record(keys::AUDIT_HEAD)?.unwrap_or_default())
    }

    /// The lines about a subject, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn story(&self, subject: Subject) -> Result<Vec<StoryLine>, StoreError> {
        let rows = self.list(&keys::story_prefix(subject))?;
        let mut places: Vec<_> =
            rows.iter().filter_map(|(key, _)| keys::story_place(key)).collect();
        if let Some(key) = keys::of_subject(subject)
            && let Some(row) = self.get(&key)?
        {
            places.extend(beside::split(&key, &row)?.0.story);
        }
        let mut lines = Vec::with_capacity(places.len());
        for (commit, line) in places {
            lines.extend(self.audit_line(commit, line)?.map(|line| StoryLine { commit, line }));
        }
        Ok(lines)
    }

    /// One line of the audit log.
    ///
    /// # Errors
    /// When it cannot be read.
    fn audit_line(&self, commit: u64, line: u16) -> Result<Option<AuditLine>, StoreError> {
        let batch: Option<AuditBatch> = self.record(&keys::numbered(keys::AUDIT, Seq(commit)))?;
        Ok(batch.and_then(|batch| batch.lines.into_iter().nth(usize::from(line))))
    }
}

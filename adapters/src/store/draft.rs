//! A commit in the making: what it changes, and reading through it.

use std::collections::BTreeMap;
use std::ops::Bound;

use kvit_schemas::record::{
    AuditBatch, AuditLine, Case, FileRecord, LedgerEntry, Mark, OutBody, OutMessage, Payment,
    Position, QuarantineRecord, Seq, Sighting, Subject, Timer,
};
use kvit_schemas::{Currency, FeedId, Moment};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::tables::{OutboxRow, Tables};
use super::{Commit, KeyValue, Store, StoreError, after_prefix, codec, keys};

/// Outbox rows hold so many bytes of bodies at the most, so that one that has to wait does not
/// drag many along.
const OUTBOX_ROW_BYTES: usize = 5_000;

/// Changes that become visible together when applied. A copy can be changed to see what would
/// happen, and dropped.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    store: &'a Store,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    lines: Vec<AuditLine>,
    outgoing: Vec<OutMessage>,
    ledger: Vec<LedgerEntry>,
}

/// What a draft became.
#[derive(Debug)]
pub struct Applied {
    /// Its number.
    pub commit: Commit,
    /// Its outbox, for the relay.
    pub outbox: Vec<OutboxRow>,
}

/// A place in what a draft tells and sends.
#[derive(Debug, Clone, Copy)]
pub struct SoFar {
    lines: usize,
    messages: usize,
}

impl Tables for Draft<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(key) {
            Some(changed) => Ok(changed.clone()),
            None => self.store.get_row(key),
        }
    }

    fn list(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, StoreError> {
        let mut rows: BTreeMap<_, _> = self.store.list(prefix)?.into_iter().collect();
        let bounds = (Bound::Included(prefix.to_vec()), after_prefix(prefix));
        for (key, value) in self.changes.range(bounds) {
            match value {
                Some(value) => drop(rows.insert(key.clone(), value.clone())),
                None => drop(rows.remove(key)),
            }
        }
        Ok(rows.into_iter().collect())
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            changes: BTreeMap::new(),
            lines: Vec::new(),
            outgoing: Vec::new(),
            ledger: Vec::new(),
        }
    }

    pub(super) fn put<T: Serialize>(&mut self, key: Vec<u8>, record: &T) {
        self.changes.insert(key, Some(codec::encode(record)));
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// Writes a case.
    pub fn put_case(&mut self, case: &Case, is_new: bool) {
        if is_new {
            self.put(keys::code(case.order_code), &case.seq);
        }
        self.put(keys::numbered(keys::CASE, case.seq), case);
    }

    /// Writes a payment with its indexes. `before` is what was there, `link` the case it belongs
    /// to now and `unlink` the one it belonged to.
    pub fn put_payment(
        &mut self,
        payment: &Payment,
        before: Option<&Payment>,
        (link, unlink): (Option<Seq>, Option<Seq>),
    ) {
        let known = |feed: &FeedId, id: &str| {
            let same = |it: &Sighting| it.feed == *feed && it.payment_id.as_str() == id;
            before.is_some_and(|before| before.sightings.iter().any(same))
        };
        for sighting in &payment.sightings {
            if !known(&sighting.feed, sighting.payment_id.as_str()) {
                let key = keys::identity(&sighting.feed, sighting.payment_id.as_str());
                self.put(key, &payment.seq);
            }
            let earlier = before.iter().flat_map(|it| &it.sightings);
            let earlier: Vec<_> = earlier.flat_map(Sighting::joining).collect();
            for (kind, value) in sighting.joining().filter(|it| !earlier.contains(it)) {
                self.changes.insert(keys::reference(kind, value, payment.seq), Some(Vec::new()));
            }
        }
        self.relink(payment.seq, link, unlink);
        let waiting = payment.allocation.reason.is_some();
        let waited = before.is_some_and(|before| before.allocation.reason.is_some());
        if waiting != waited {
            let value = waiting.then(Vec::new);
            self.changes.insert(keys::numbered(keys::SUSPENSE, payment.seq), value);
        }
        self.put(keys::numbered(keys::PAYMENT, payment.seq), payment);
    }

    /// Removes a payment that was joined into another; its identities point there already.
    pub fn remove_payment(&mut self, payment: &Payment, unlink: Option<Seq>) {
        for (kind, value) in payment.sightings.iter().flat_map(Sighting::joining) {
            self.remove(keys::reference(kind, value, payment.seq));
        }
        self.relink(payment.seq, None, unlink);
        self.remove(keys::numbered(keys::SUSPENSE, payment.seq));
        self.remove(keys::numbered(keys::PAYMENT, payment.seq));
    }

    fn relink(&mut self, payment: Seq, link: Option<Seq>, unlink: Option<Seq>) {
        if link == unlink {
            return;
        }
        if let Some(case) = unlink {
            self.remove(keys::of_case(case, payment));
        }
        if let Some(case) = link {
            self.changes.insert(keys::of_case(case, payment), Some(Vec::new()));
        }
    }

    /// Keeps a body.
    pub fn put_body(&mut self, seq: Seq, body: Vec<u8>) {
        self.changes.insert(keys::numbered(keys::BODY, seq), Some(body));
    }

    /// Marks a message as applied.
    pub fn put_mark(&mut self, period: u32, (party, message_id): (&str, &str), mark: Mark) {
        self.put(keys::mark(period, party, message_id), &mark);
    }

    /// Puts a message in quarantine, with as much of its body as is kept.
    pub fn put_quarantine(&mut self, record: &QuarantineRecord, body: Vec<u8>) {
        self.put(keys::numbered(keys::QUARANTINE, record.seq), record);
        self.put_body(record.seq, body);
    }

    /// Sets a timer.
    pub fn put_timer(&mut self, timer: &Timer) {
        self.put(timer_key(timer), timer);
    }

    /// Removes a timer that was looked at.
    pub fn remove_timer(&mut self, timer: &Timer) {
        self.remove(timer_key(timer));
    }

    /// Writes a file's progress.
    pub fn put_file(&mut self, sha256: &str, file: &FileRecord) {
        self.put(keys::file(&file.feed, sha256), file);
    }

    /// Notes which content a statement identity has.
    pub fn put_statement(&mut self, feed: &FeedId, identity: &str, sha256: &str) {
        self.put(keys::statement(feed, identity), &sha256);
    }

    /// Notes that a schedule fired.
    pub fn put_firing(&mut self, schedule: &str, nominal: Moment) {
        self.put(keys::firing(schedule), &nominal);
    }

    /// Puts a message in the outbox.
    pub fn send(&mut self, message: OutMessage) {
        self.outgoing.push(message);
    }

    /// Removes an outbox row whose messages are all sent.
    pub fn outbox_done(&mut self, commit: u64, part: u16) {
        self.remove(keys::outbox(commit, part));
    }

    /// Tells the story.
    pub fn audit(&mut self, line: AuditLine) {
        self.lines.push(line);
    }

    /// How much was told and sent so far.
    pub fn so_far(&self) -> SoFar {
        SoFar { lines: self.lines.len(), messages: self.outgoing.len() }
    }

    /// What was told and sent since.
    pub fn since(&self, before: SoFar) -> (&[AuditLine], &[OutMessage]) {
        let lines = self.lines.get(before.lines..).unwrap_or_default();
        (lines, self.outgoing.get(before.messages..).unwrap_or_default())
    }

    /// Records where money moved.
    pub fn move_money(&mut self, entry: LedgerEntry) {
        if !entry.moved.is_zero() {
            self.ledger.push(entry);
        }
    }

    /// Makes everything visible at once. Durable only after [`Store::sync`].
    ///
    /// # Errors
    /// When the store cannot be read or written.
    ///
    /// # Panics
    /// When money would be lost or made: kvit's own bug, and nothing is written.
    pub fn apply(mut self, next_seq: Seq) -> Result<Applied, StoreError> {
        let commit = self.store.last_commit() + 1;
        self.put(keys::NEXT_SEQ.to_vec(), &next_seq);
        self.chain(commit)?;
        self.book(commit)?;
        let outbox = self.pack(commit);
        for row in &outbox {
            self.put(keys::outbox(row.commit, row.part), &row.messages);
        }
        let applied = self.store.apply_rows(self.changes)?;
        assert_eq!(applied.0, commit, "one writer applies one draft at a time");
        Ok(Applied { commit: applied, outbox })
    }

    fn chain(&mut self, commit: u64) -> Result<(), StoreError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        for (at, line) in lines.iter().enumerate() {
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            let message = line.message.as_ref().filter(|_| line.is_found_by_message());
            let message = message.map(|(_, id)| Subject::message(id));
            for subject in line.subjects.iter().chain(&message) {
                self.changes.insert(keys::story(*subject, commit, at), Some(Vec::new()));
            }
        }
        let previous = self.audit_head()?;
        let hash = link(&previous, &lines);
        self.put(keys::AUDIT_HEAD.to_vec(), &hash);
        let batch = AuditBatch { previous, lines, hash };
        self.put(keys::numbered(keys::AUDIT, Seq(commit)), &batch);
        Ok(())
    }

    fn book(&mut self, commit: u64) -> Result<(), StoreError> {
        if self.ledger.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.ledger);
        let mut totals: BTreeMap<(FeedId, Currency), Position> = self
            .totals()?
            .into_iter()
            .map(|(feed, currency, position)| ((feed, currency), position))
            .collect();
        for entry in &entries {
            let total = totals.entry((entry.feed.clone(), entry.currency)).or_default();
            *total = total.plus(entry.moved);
            let sum = self.day_sum(entry.day, &entry.feed, entry.currency)?.plus(entry.moved);
            self.put(keys::day_sum(entry.day, &entry.feed, entry.currency), &sum);
        }
        for ((feed, currency), total) in &totals {
            assert!(total.is_conserved(), "money of {feed} in {currency} is not conserved");
        }
        let totals: Vec<(FeedId, Currency, Position)> = totals
            .into_iter()
            .map(|((feed, currency), position)| (feed, currency, position))
            .collect();
        self.put(keys::TOTALS.to_vec(), &totals);
        self.put(keys::numbered(keys::LEDGER, Seq(commit)), &entries);
        Ok(())
    }

    /// What a message weighs in its row: what it weighs for the one who takes the row, so that a
    /// row never stands for much more than its bytes. Where that is not at hand it fills a row.
    fn body_bytes(&self, message: &OutMessage) -> usize {
        match &message.body {
            OutBody::Inline(bytes) => bytes.len(),
            OutBody::Stored(seq) => {
                let kept = self.changes.get(&keys::numbered(keys::BODY, *seq));
                kept.and_then(Option::as_ref).map_or(OUTBOX_ROW_BYTES, Vec::len)
            }
            OutBody::Pieces(_) => OUTBOX_ROW_BYTES,
        }
    }

    /// Few, packed rows: messages side by side until a row is full.
    fn pack(&mut self, commit: u64) -> Vec<OutboxRow> {
        let mut rows: Vec<OutboxRow> = Vec::new();
        let mut filled = usize::MAX;
        for message in std::mem::take(&mut self.outgoing) {
            let size = 200 + self.body_bytes(&message);
            if filled.saturating_add(size) > OUTBOX_ROW_BYTES {
                let part = u16::try_from(rows.len()).unwrap_or(u16::MAX);
                rows.push(OutboxRow { commit, part, messages: Vec::new() });
                filled = 0;
            }
            filled += size;
            if let Some(row) = rows.last_mut() {
                row.messages.push(message);
            }
        }
        rows
    }
}

fn timer_key(timer: &Timer) -> Vec<u8> {
    keys::timer(timer.kind.queue(), timer.due, &codec::encode(&(&timer.kind, timer.order_code)))
}

/// The hash that chains lines to what was before them.
pub(super) fn link(previous: &[u8; 32], lines: &[AuditLine]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(codec::encode(&lines));
    digest.finalize().into()
}

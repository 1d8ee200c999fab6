//! A commit in the making: what it changes, and reading through it.

mod close;
mod pack;
mod records;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};

use foldhash::HashMap;
use kvit_schemas::record::{
    AuditLine, FileRecord, LedgerEntry, Mark, OutMessage, QuarantineRecord, Seq, Timer,
};
use kvit_schemas::{FeedId, Moment};
use serde::Serialize;

pub use close::Applied;
pub(super) use close::link;

use super::index::{Entries, Found, Name, Which};
use super::rows::Before;
use super::tables::Tables;
use super::{KeyValue, Store, StoreError, after_prefix, bodies, codec, keys};

/// Changes that become visible together when applied. A copy can be changed to see what would
/// happen, and dropped.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    store: &'a Store,
    /// The store's last commit when the draft was begun.
    since: u64,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What was read of the store, and what is known without reading.
    known: RefCell<HashMap<Vec<u8>, Known>>,
    /// What was found in runs of the indexes.
    found: RefCell<Entered>,
    entries: BTreeMap<Which, Entries>,
    /// The first period whose marks count.
    oldest_marks: u32,
    bodies: BTreeMap<Seq, Option<Vec<u8>>>,
    timers: Vec<Timer>,
    /// Timers to be removed, by their rows.
    fired: BTreeMap<Vec<u8>, Vec<Timer>>,
    lines: Vec<AuditLine>,
    outgoing: Vec<OutMessage>,
    ledger: Vec<LedgerEntry>,
}

/// A row as it is in the store.
#[derive(Debug, Clone)]
struct Known {
    before: Before,
    /// `None` where it was too large to be kept.
    value: Option<Option<Vec<u8>>>,
}

/// What names lead to in the store.
type Entered = HashMap<(Which, Name), Option<Vec<u8>>>;

/// Longest value that is kept for a further reading in the same draft.
const KEPT_BYTES_MAX: usize = 4_096;

/// A place in what a draft tells and sends.
#[derive(Debug, Clone, Copy)]
pub struct SoFar {
    lines: usize,
    messages: usize,
}

impl Tables for Draft<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(changed) = self.changes.get(key) {
            return Ok(changed.clone());
        }
        if let Some(Known { value: Some(value), .. }) = self.known.borrow().get(key) {
            return Ok(value.clone());
        }
        let (value, before) = self.store.row_to_change(key)?;
        let is_kept = value.as_ref().is_none_or(|value| value.len() <= KEPT_BYTES_MAX);
        let known = Known { before, value: is_kept.then(|| value.clone()) };
        self.known.borrow_mut().insert(key.to_vec(), known);
        Ok(value)
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

    fn entry(&self, which: Which, name: &Name) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(value) = self.entries.get(&which).and_then(|entries| entries.get(name)) {
            return Ok(Some(value.clone()));
        }
        let rows = match self.store.index(which).find(name) {
            Found::Value(value) => return Ok(Some(value)),
            Found::In(rows) if rows.is_empty() => return Ok(None),
            Found::In(rows) => rows,
        };
        if let Some(known) = self.found.borrow().get(&(which, *name)) {
            return Ok(known.clone());
        }
        let value = self.store.entry_in(&rows, name)?;
        self.found.borrow_mut().insert((which, *name), value.clone());
        Ok(value)
    }

    fn body(&self, seq: Seq) -> Result<Option<Vec<u8>>, StoreError> {
        match self.bodies.get(&seq) {
            Some(body) => Ok(body.clone()),
            None => bodies::kept(self, seq),
        }
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            since: store.last_commit(),
            changes: BTreeMap::new(),
            known: RefCell::default(),
            found: RefCell::default(),
            entries: BTreeMap::new(),
            oldest_marks: 0,
            bodies: BTreeMap::new(),
            timers: Vec::new(),
            fired: BTreeMap::new(),
            lines: Vec::new(),
            outgoing: Vec::new(),
            ledger: Vec::new(),
        }
    }

    pub(super) fn put<T: Serialize>(&mut self, key: Vec<u8>, record: &T) {
        self.changes.insert(key, Some(codec::encode(record)));
    }

    /// Writes a row that cannot be in the store yet: its key has a number of this draft.
    fn put_new(&mut self, key: Vec<u8>, value: Vec<u8>) {
        let known = Known { before: Before::Known(None), value: Some(None) };
        self.known.get_mut().entry(key.clone()).or_insert(known);
        self.changes.insert(key, Some(value));
    }

    /// Writes a row as it comes.
    #[cfg(test)]
    pub(super) fn plant(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// Makes a name lead to a record.
    pub(super) fn put_entry<T: Serialize>(&mut self, which: Which, name: Name, record: &T) {
        self.entries.entry(which).or_default().insert(name, codec::encode(record));
    }

    /// Marks a message as applied in the last of the periods whose marks count; marks of periods
    /// before them are dropped in their time.
    pub fn put_mark(
        &mut self,
        periods: RangeInclusive<u32>,
        (party, message_id): (&str, &str),
        mark: Mark,
    ) {
        self.put_entry(Which::Marks, keys::mark(party, message_id), &(*periods.end(), mark));
        self.oldest_marks = *periods.start();
    }

    /// Puts a message in quarantine, with as much of its body as is kept.
    pub fn put_quarantine(&mut self, record: &QuarantineRecord, body: Vec<u8>) {
        self.put(keys::numbered(keys::QUARANTINE, record.seq), record);
        self.put_body(record.seq, body);
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
}

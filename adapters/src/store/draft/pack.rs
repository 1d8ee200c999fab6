//! What a commit keeps in rows that many share: short bodies, timers, entries of the indexes.

use std::collections::BTreeMap;

use kvit_schemas::record::{Seq, Timer};

use super::Draft;
use crate::store::bodies::{self, SHORT_BYTES_MAX};
use crate::store::index::{Step, Which};
use crate::store::tables::Tables;
use crate::store::{DueTimer, StoreError, codec, keys};

/// Timers that are due within so long after one another lie in a row.
const ROW_SECONDS: i64 = 60;

/// Bodies to be kept, or to be removed.
type Bodies = BTreeMap<Seq, Option<Vec<u8>>>;

impl Draft<'_> {
    /// Keeps a body under a number that this draft's input was given.
    pub fn put_body(&mut self, seq: Seq, body: Vec<u8>) {
        self.bodies.insert(seq, Some(body));
    }

    pub(in crate::store) fn remove_body(&mut self, seq: Seq) {
        self.bodies.insert(seq, None);
    }

    /// Sets a timer.
    pub fn put_timer(&mut self, timer: Timer) {
        self.timers.push(timer);
    }

    /// Removes a timer that was looked at.
    pub fn remove_timer(&mut self, due: &DueTimer) {
        self.fired.entry(due.row.clone()).or_default().push(due.timer.clone());
    }

    /// Rows for the bodies. Numbers from `new` on were never used before.
    pub(super) fn keep_bodies(&mut self, new: Seq) -> Result<(), StoreError> {
        let mut by_row: BTreeMap<u64, Bodies> = BTreeMap::new();
        for (seq, body) in std::mem::take(&mut self.bodies) {
            by_row.entry(seq.0 / keys::BODIES_IN_ROW).or_default().insert(seq, body);
        }
        for (nth, bodies) in by_row {
            let first = Seq(nth * keys::BODIES_IN_ROW);
            let key = keys::bodies(first);
            let is_new = first >= new;
            let before = if is_new { None } else { self.get(&key)? };
            let mut row = match &before {
                Some(before) => bodies::read(&key, before)?,
                None => bodies::Row::new(),
            };
            for (seq, body) in bodies {
                row.remove(&bodies::place(seq));
                let own = keys::numbered(keys::BODY, seq);
                match body {
                    Some(body) if body.len() <= SHORT_BYTES_MAX => {
                        row.insert(bodies::place(seq), body);
                    }
                    Some(body) if seq >= new => self.put_new(own, body),
                    Some(body) => drop(self.changes.insert(own, Some(body))),
                    None => self.remove(own),
                }
            }
            match (row.is_empty(), before) {
                (true, None) => {}
                (true, Some(_)) => self.remove(key),
                (false, _) if is_new => self.put_new(key, bodies::write(&row)),
                (false, _) => drop(self.changes.insert(key, Some(bodies::write(&row)))),
            }
        }
        Ok(())
    }

    /// Rows for the timers, and for those that are left where others are removed.
    pub(super) fn keep_timers(&mut self, commit: u64) -> Result<(), StoreError> {
        for (key, gone) in std::mem::take(&mut self.fired) {
            let left: Option<Vec<Timer>> = self.record(&key)?;
            let left = left.into_iter().flatten().filter(|timer| !gone.contains(timer));
            let left: Vec<Timer> = left.collect();
            self.remove(key.clone());
            // A row lies where its first timer is due.
            if let Some((first, Seq(row))) = left.first().zip(keys::number_at_end(&key)) {
                self.put(keys::timer(first.kind.queue(), first.due, row), &left);
            }
        }
        let mut timers = std::mem::take(&mut self.timers);
        // A timer of the same moment, kind and order is the same timer.
        timers.sort_by_cached_key(|timer| {
            (timer.kind.queue().letter(), timer.due, codec::encode(timer))
        });
        timers.dedup();
        let together = |one: &Timer, other: &Timer| {
            one.kind.queue() == other.kind.queue()
                && one.due.seconds().div_euclid(ROW_SECONDS)
                    == other.due.seconds().div_euclid(ROW_SECONDS)
        };
        for row in timers.chunk_by(together) {
            if let Some(first) = row.first() {
                let key = keys::timer(first.kind.queue(), first.due, commit);
                self.put_new(key, codec::encode(&row));
            }
        }
        Ok(())
    }

    /// Rows for the entries of both indexes; what they are once this is applied.
    pub(super) fn keep_entries(&mut self, commit: u64) -> Vec<(Which, Step)> {
        let mut steps = Vec::new();
        for (which, entries) in std::mem::take(&mut self.entries) {
            let mut step = self.store.index(which).step(commit, entries, self.oldest_marks);
            for (key, row) in step.rows.drain(..) {
                match row {
                    Some(row) => self.put_new(key, row),
                    None => self.remove(key),
                }
            }
            steps.push((which, step));
        }
        steps
    }
}

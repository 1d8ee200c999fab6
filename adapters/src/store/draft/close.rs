//! A draft becomes a commit: the story is chained, money added up, messages packed.

use std::collections::BTreeMap;

use kvit_schemas::record::{AuditBatch, AuditLine, OutBody, OutMessage, Position, Seq, Subject};
use kvit_schemas::{Currency, FeedId};
use sha2::{Digest, Sha256};

use super::Draft;
use crate::store::rows::Before;
use crate::store::tables::{OutboxRow, Tables};
use crate::store::{Commit, StoreError, codec, keys};

/// Outbox rows hold so many bytes of bodies at the most, so that one that has to wait does not
/// drag many along.
const OUTBOX_ROW_BYTES: usize = 5_000;

/// Places in a commit have two bytes. No batch of inputs comes near: it has some hundred.
const PLACES_MAX: usize = 65_535;

/// What a draft became.
#[derive(Debug)]
pub struct Applied {
    /// Its number.
    pub commit: Commit,
    /// Its outbox, for the relay: as the rows, but that short bodies are in it which the rows only
    /// point to.
    pub outbox: Vec<OutboxRow>,
}

impl Draft<'_> {
    /// Makes everything visible at once. Durable only after
    /// [`Store::sync`](crate::store::Store::sync).
    ///
    /// # Errors
    /// When the store cannot be read or written.
    ///
    /// # Panics
    /// When money would be lost or made: kvit's own bug, and nothing is written.
    pub fn apply(mut self, next_seq: Seq) -> Result<Applied, StoreError> {
        let commit = self.store.last_commit() + 1;
        let first_new = self.next_seq()?;
        self.put(keys::NEXT_SEQ.to_vec(), &next_seq);
        self.chain(commit)?;
        self.book(commit)?;
        let mut outbox = self.pack(commit);
        for row in &outbox {
            self.put_new(keys::outbox(row.commit, row.part), codec::encode(&row.messages));
        }
        outbox
            .iter_mut()
            .flat_map(|row| &mut row.messages)
            .for_each(|message| self.inline(message));
        self.keep_bodies(first_new)?;
        self.keep_timers(commit)?;
        let steps = self.keep_entries(commit);
        assert_eq!(self.since + 1, commit, "one writer makes and applies one draft at a time");
        let known = self.known.into_inner();
        let before = |key: &[u8]| known.get(key).map_or(Before::Unknown, |known| known.before);
        let applied = self.store.apply_rows(self.changes, before)?;
        assert_eq!(applied.0, commit, "one writer applies one draft at a time");
        steps.into_iter().for_each(|(which, step)| self.store.index(which).done(step));
        Ok(Applied { commit: applied, outbox })
    }

    fn chain(&mut self, commit: u64) -> Result<(), StoreError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        assert!(lines.len() < PLACES_MAX, "a commit with {} lines", lines.len());
        for (at, line) in lines.iter().enumerate() {
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            let message = line.message.as_ref().filter(|_| line.is_found_by_message());
            let message = message.map(|(_, id)| Subject::message(id));
            for subject in line.subjects.iter().chain(&message) {
                self.add_to_story(*subject, (commit, at))?;
            }
        }
        let previous = self.audit_head()?;
        let hash = link(&previous, &lines);
        self.put(keys::AUDIT_HEAD.to_vec(), &hash);
        let batch = AuditBatch { previous, lines, hash };
        self.put_new(keys::numbered(keys::AUDIT, Seq(commit)), codec::encode(&batch));
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
        self.put_new(keys::numbered(keys::LEDGER, Seq(commit)), codec::encode(&entries));
        Ok(())
    }

    /// What a message weighs in its row: what it weighs for the one who takes the row, so that a
    /// row never stands for much more than its bytes. Where that is not at hand it fills a row.
    fn body_bytes(&self, message: &OutMessage) -> usize {
        match &message.body {
            OutBody::Inline(bytes) => bytes.len(),
            OutBody::Stored(seq) => {
                let kept = self.bodies.get(seq);
                kept.and_then(Option::as_ref).map_or(OUTBOX_ROW_BYTES, Vec::len)
            }
            OutBody::Pieces(_) => OUTBOX_ROW_BYTES,
        }
    }

    /// A short body that is kept in this very commit goes along, so that nobody has to read it
    /// back.
    fn inline(&self, message: &mut OutMessage) {
        let OutBody::Stored(seq) = message.body else { return };
        if let Some(Some(body)) = self.bodies.get(&seq)
            && body.len() <= OUTBOX_ROW_BYTES
        {
            message.body = OutBody::Inline(body.clone());
        }
    }

    /// Few, packed rows: messages side by side until a row is full.
    fn pack(&mut self, commit: u64) -> Vec<OutboxRow> {
        let mut rows: Vec<OutboxRow> = Vec::new();
        let mut filled = usize::MAX;
        for message in std::mem::take(&mut self.outgoing) {
            let size = 200 + self.body_bytes(&message);
            if filled.saturating_add(size) > OUTBOX_ROW_BYTES {
                assert!(rows.len() < PLACES_MAX, "an outbox of {} rows", rows.len());
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

/// The hash that chains lines to what was before them.
pub(in crate::store) fn link(previous: &[u8; 32], lines: &[AuditLine]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(codec::encode(&lines));
    digest.finalize().into()
}

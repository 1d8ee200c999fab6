//! Rows on their way to the relay: handed over by the syncer, or read from the store.

use std::sync::atomic::Ordering;

use kvit_adapters::store::{OutboxRow, StoreError};
use kvit_schemas::record::{OutBody, OutMessage};

use super::Relay;
use crate::blocking::read;

/// Bytes of rows that wait in memory for room; those that come on top are read from the store
/// later.
const QUEUE_BYTES: usize = 8 << 20;

impl Relay {
    /// Queues rows that became durable just now, unless the store has to be read first.
    pub(super) fn take_fresh(&mut self, rows: Vec<OutboxRow>) {
        for row in rows {
            let known = self.cursor.is_some_and(|cursor| (row.commit, row.part) <= cursor);
            if self.behind || known {
                continue;
            }
            if self.queued_bytes >= QUEUE_BYTES {
                self.behind = true;
            } else {
                self.queue(row);
            }
        }
    }

    fn queue(&mut self, row: OutboxRow) {
        self.cursor = self.cursor.max(Some((row.commit, row.part)));
        self.queued_bytes += row.messages.iter().map(weight).sum::<usize>();
        self.queued.push_back(row);
    }

    /// Takes what is queued as far as there is room.
    pub(super) async fn take_queued(&mut self) -> Result<(), StoreError> {
        while self.has_room()
            && let Some(row) = self.queued.pop_front()
        {
            self.queued_bytes -= row.messages.iter().map(weight).sum::<usize>();
            self.take(row).await?;
        }
        Ok(())
    }

    /// Reads the next rows from the store. Rows of a commit that is not durable yet are left: the
    /// syncer hands them over, and nothing of that is dropped before this reading is over.
    pub(super) async fn read_on(&mut self) -> Result<(), StoreError> {
        let durable = self.progress.durable.load(Ordering::Acquire);
        let (cursor, page) = (self.cursor, self.window.1);
        let rows = read(&self.store, move |store| store.outbox(cursor, page)).await?;
        self.behind = rows.len() == page;
        for row in rows {
            if row.commit > durable {
                self.behind = false;
                break;
            }
            self.queue(row);
        }
        Ok(())
    }
}

/// What a queued message weighs, about.
fn weight(message: &OutMessage) -> usize {
    let body = match &message.body {
        OutBody::Inline(bytes) => bytes.len(),
        OutBody::Stored(_) | OutBody::Pieces(_) => 0,
    };
    500 + body
}

//! What waits to be sent, by destination.

use std::collections::BTreeMap;

use kvit_adapters::store::Store;
use kvit_schemas::Moment;
use kvit_schemas::record::Destination;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::QueryError;
use crate::pipeline::desk::place;

/// Outbox rows read at a time.
const PAGE: usize = 256;

/// What waits for one destination.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OutboxView {
    /// The destination, such as `agency gai-minsk`.
    pub destination: String,
    /// Messages that are not confirmed yet. Some of a row that was sent in part count still.
    pub messages: u64,
    /// When the oldest was made.
    pub oldest_at: Moment,
    /// Its type.
    pub oldest_type: String,
    /// Why they wait, when the destination is held.
    pub held: Option<String>,
}

/// What waits to be sent, page by page, in memory for destinations only.
///
/// # Errors
/// When it cannot be read.
pub fn outbox(store: &Store) -> Result<Vec<OutboxView>, QueryError> {
    let mut all: BTreeMap<Destination, OutboxView> = BTreeMap::new();
    let mut after = None;
    loop {
        let rows = store.outbox(after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after = Some((last.commit, last.part));
        for message in rows.iter().flat_map(|row| &row.messages) {
            let view = all.entry(message.destination.clone()).or_insert_with(|| OutboxView {
                destination: place(&message.destination),
                messages: 0,
                oldest_at: message.at,
                oldest_type: message.kind.clone(),
                held: None,
            });
            view.messages += 1;
        }
    }
    Ok(all.into_values().collect())
}

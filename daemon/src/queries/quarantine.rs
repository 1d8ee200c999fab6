//! Messages in quarantine.

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::record::{QuarantineRecord, Seq};
use kvit_schemas::{Moment, OrderCode, hex};
use serde::{Deserialize, Serialize};

use super::{Listed, QueryError, bounded};

/// Bytes of a body without readable text that are shown.
const HEX_BYTES: usize = 256;

/// A message in quarantine, on one line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Quarantined {
    /// Its number in the store.
    pub number: u64,
    /// When it came.
    pub at: Moment,
    /// Who sent it; absent when nobody known did.
    pub party: Option<String>,
    /// The queue it came by.
    pub queue: String,
    /// Its id.
    pub message_id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Why it is here.
    pub code: String,
    /// What exactly was wrong.
    pub detail: String,
    /// Where in the body.
    pub pointer: Option<String>,
    /// The order it named.
    pub order_code: Option<OrderCode>,
}

/// A message in quarantine with its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuarantineView {
    /// On one line.
    #[serde(flatten)]
    pub record: Quarantined,
    /// What the code means.
    pub title: String,
    /// What can be done.
    pub cure: String,
    /// Exchange and routing key.
    pub address: (String, String),
    /// Its properties as they came.
    pub properties: Vec<(String, String)>,
    /// Size of the body as it came.
    pub body_bytes: u64,
    /// SHA-256 of the body as it came.
    pub body_sha256: String,
    /// The kept body, where it is readable text.
    pub body_text: Option<String>,
    /// Its first bytes in hexadecimal, where it is not.
    pub body_hex: Option<String>,
}

impl Quarantined {
    fn of(record: &QuarantineRecord) -> Self {
        let property = |wanted: &str| {
            let found = record.properties.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        };
        Self {
            number: record.seq.0,
            at: record.at,
            party: record.party.clone(),
            queue: record.queue.clone(),
            message_id: property("message_id"),
            kind: property("type"),
            code: record.code.to_string(),
            detail: record.detail.clone(),
            pointer: record.pointer.clone(),
            order_code: record.order_code,
        }
    }
}

/// Messages in quarantine, oldest first.
///
/// # Errors
/// When they cannot be read.
pub fn quarantine(
    store: &Store,
    after: Option<u64>,
    limit: Option<usize>,
) -> Result<Listed<Quarantined>, QueryError> {
    let page = store.quarantine(after.map(Seq), bounded(limit))?;
    let items = page.items.iter().map(Quarantined::of).collect();
    Ok(Listed { items, next: page.next.map(|seq| seq.0) })
}

/// One message in quarantine.
///
/// # Errors
/// [`QueryError::NotFound`] when there is none of this number.
pub fn quarantined(store: &Store, number: u64) -> Result<QuarantineView, QueryError> {
    let Some(record) = store.quarantined(Seq(number))? else {
        return Err(QueryError::NotFound(format!("quarantine holds no number {number}")));
    };
    let body = store.body(record.seq)?.unwrap_or_default();
    let readable =
        |text: &String| text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    let body_text = String::from_utf8(body.clone()).ok().filter(readable);
    let head = &body[..body.len().min(HEX_BYTES)];
    Ok(QuarantineView {
        record: Quarantined::of(&record),
        title: record.code.title().en,
        cure: record.code.cure().en,
        address: record.address,
        properties: record.properties,
        body_bytes: record.body_bytes,
        body_sha256: record.body_sha256,
        body_hex: body_text.is_none().then(|| hex::encode(head)),
        body_text,
    })
}

//! Messages in quarantine.

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::record::{Deed, DeedOutcome, Fate, FateState, QuarantineRecord, Seq};
use kvit_schemas::{Code, Moment, OrderCode, hex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{LIMIT_MAX, Listed, QueryError, SCAN_MAX, bounded};

/// Bytes of a body without readable text that are shown.
const HEX_BYTES: usize = 256;

/// Which messages in quarantine to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineFilter {
    /// Only with this code, such as KV1303.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Only of this party, such as "portal epasluga".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Only of this type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only in this state: open, releasing, released, discarded, or all; without it what is open or
    /// being released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Only of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Only with this text in why it was refused, or in a property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Only what came at this moment or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Only what came before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Only those after this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Messages in quarantine that were refused for the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Its fingerprint: the same for the same code, party, type and place in the body.
    pub group: String,
    /// Why they are here.
    pub code: String,
    /// What the code means.
    pub title: String,
    /// Who sent them.
    pub party: Option<String>,
    /// Their type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Where in the body.
    pub pointer: Option<String>,
    /// How many.
    pub messages: u64,
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// When the last one came.
    pub last_at: Moment,
}

/// A message in quarantine, on one line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
    /// The fingerprint of what is wrong with it.
    pub group: String,
    /// Where it stands: open, releasing, released or discarded.
    pub state: String,
    /// Releases that were tried.
    pub attempts: u32,
    /// What was done last.
    pub last: Option<DeedView>,
}

/// What a person did to a message in quarantine.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeedView {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// The second person, where one was needed.
    pub approved_by: Option<String>,
    /// Why.
    pub reason: String,
    /// What came of it: applied, duplicate, refused again, discarded, under way.
    pub outcome: String,
    /// The code, when it was refused again.
    pub code: Option<String>,
    /// What was wrong then.
    pub detail: Option<String>,
    /// The party it was released as.
    pub party: Option<String>,
    /// It was released with mended bytes.
    pub mended: bool,
}

/// A message in quarantine with its bytes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
    fn of(record: &QuarantineRecord, fate: &Fate) -> Self {
        let property = |wanted: &str| property(record, wanted);
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
            group: fingerprint(record),
            state: fate.state.as_str().to_owned(),
            attempts: fate.attempts,
            last: fate.last.as_ref().map(DeedView::of),
        }
    }

    fn fits(&self, filter: &QuarantineFilter, states: &[FateState]) -> bool {
        let same = |wanted: &Option<String>, found: Option<&String>| {
            wanted.is_none() || wanted.as_ref() == found
        };
        same(&filter.code, Some(&self.code))
            && same(&filter.party, self.party.as_ref())
            && same(&filter.kind, self.kind.as_ref())
            && same(&filter.group, Some(&self.group))
            && states.iter().any(|state| state.as_str() == self.state)
            && filter.since.is_none_or(|since| since <= self.at)
            && filter.until.is_none_or(|until| self.at < until)
    }
}

impl DeedView {
    fn of(deed: &Deed) -> Self {
        let refused = match &deed.outcome {
            DeedOutcome::Refused { code, detail } => Some((code.to_string(), detail.clone())),
            DeedOutcome::UnderWay
            | DeedOutcome::Applied
            | DeedOutcome::Duplicate
            | DeedOutcome::Discarded => None,
        };
        let (code, detail) = refused.unzip();
        Self {
            at: deed.at,
            by: deed.by.to_string(),
            approved_by: deed.approved_by.as_ref().map(ToString::to_string),
            reason: deed.reason.clone(),
            outcome: deed.outcome.as_str().to_owned(),
            code,
            detail,
            party: deed.party.clone(),
            mended: deed.replacement.is_some(),
        }
    }
}

/// What is wrong with a message, in sixteen digits. Places in lists do not count: the third
/// attachment is as wrong as the first.
fn fingerprint(record: &QuarantineRecord) -> String {
    let pointer = place(record.pointer.as_deref().unwrap_or_default());
    let kind = property(record, "type").unwrap_or_default();
    let party = record.party.clone().unwrap_or_default();
    let parts = [record.code.as_str(), party.as_str(), kind.as_str(), pointer.as_str()];
    hex::encode(&Sha256::digest(parts.join("\n"))[..8])
}

fn place(pointer: &str) -> String {
    let part = |part: &str| {
        let index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if index { "*".to_owned() } else { part.to_owned() }
    };
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn property(record: &QuarantineRecord, wanted: &str) -> Option<String> {
    let found = record.properties.iter().find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.clone())
}

fn mentions(record: &QuarantineRecord, text: &str) -> bool {
    let text = text.to_lowercase();
    let holds = |held: &str| held.to_lowercase().contains(&text);
    holds(&record.detail) || record.properties.iter().any(|(_, value)| holds(value))
}

/// The states that are wanted. A release that a crash broke off is nobody's until somebody deals
/// with it again, so it is listed with what is open.
fn wanted(filter: &QuarantineFilter) -> Result<Vec<FateState>, QueryError> {
    match filter.state.as_deref() {
        None => Ok(vec![FateState::Open, FateState::Releasing]),
        Some("all") => Ok(FateState::ALL.to_vec()),
        Some(state) => state
            .parse()
            .map(|state| vec![state])
            .map_err(|error| QueryError::Invalid(format!("state {error}; or all"))),
    }
}

/// Messages in quarantine, oldest first. An answer may hold fewer than asked for, even none, and
/// yet say where to go on: a filter does not make it walk the whole store.
///
/// # Errors
/// When they cannot be read, or the filter names a state that does not exist.
pub fn quarantine(
    store: &Store,
    filter: &QuarantineFilter,
) -> Result<Listed<Quarantined>, QueryError> {
    let (limit, states) = (bounded(filter.limit), wanted(filter)?);
    let (mut after, mut items, mut seen) = (filter.after.map(Seq), Vec::new(), 0);
    loop {
        let page = store.quarantine(after, limit)?;
        for record in &page.items {
            let told = filter.text.as_ref().is_none_or(|text| mentions(record, text));
            let shown = Quarantined::of(record, &store.fate(record.seq)?);
            if told && shown.fits(filter, &states) {
                items.push(shown);
            }
            if items.len() == limit {
                return Ok(Listed { items, next: Some(record.seq.0) });
            }
        }
        seen += page.items.len();
        after = page.next;
        if after.is_none() || seen >= SCAN_MAX {
            return Ok(Listed { items, next: after.map(|seq| seq.0) });
        }
    }
}

/// Messages in quarantine by what is wrong with them: of a part of them, with where to go on.
/// Groups of several parts with the same fingerprint are one.
///
/// # Errors
/// As [`quarantine`].
pub fn groups(store: &Store, filter: &QuarantineFilter) -> Result<Listed<Group>, QueryError> {
    let (mut all, mut after, mut seen) = (Vec::new(), filter.after, 0);
    while seen < SCAN_MAX {
        let part = QuarantineFilter { after, limit: Some(LIMIT_MAX), ..filter.clone() };
        let page = quarantine(store, &part)?;
        seen += LIMIT_MAX;
        merge(&mut all, page.items.iter().map(Group::of));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(Listed { items: all, next: after })
}

/// Adds groups to groups, those of the same fingerprint to each other.
pub fn merge(all: &mut Vec<Group>, more: impl IntoIterator<Item = Group>) {
    for group in more {
        match all.iter_mut().find(|known| known.group == group.group) {
            Some(known) => {
                known.messages += group.messages;
                known.last = known.last.max(group.last);
                known.last_at = known.last_at.max(group.last_at);
            }
            None => all.push(group),
        }
    }
    all.sort_by(|a, b| b.messages.cmp(&a.messages).then(a.first.cmp(&b.first)));
}

impl Group {
    fn of(message: &Quarantined) -> Self {
        let title = message.code.parse::<Code>().map(|code| code.title().en).unwrap_or_default();
        Self {
            group: message.group.clone(),
            code: message.code.clone(),
            title,
            party: message.party.clone(),
            kind: message.kind.clone(),
            pointer: message.pointer.as_deref().map(place),
            messages: 1,
            first: message.number,
            last: message.number,
            last_at: message.at,
        }
    }
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
        record: Quarantined::of(&record, &store.fate(record.seq)?),
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

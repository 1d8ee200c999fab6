//! Refusals and conflicts: kept with their bytes, answered, told, and nothing else changed.

use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::message::{Alert, AlertKind, MessageRefused, MessageType, Outbound};
use kvit_schemas::record::{
    Actor, AuditLine, DeedOutcome, Destination, Disposition, OutBody, QuarantineRecord, Source,
    Subject,
};
use kvit_schemas::{Code, FeedId, OrderCode, hex};
use sha2::{Digest, Sha256};

use crate::engine::At;
use crate::settings::Party;
use crate::telemetry::events;

use super::apply::{Applier, defect, refused_note};
use super::files::{FileContent, refused_report};
use super::intake::{Arrival, Body, Checked, Prepared, Queue, Refused};
use super::outgoing::{Cause, message_id, out_message, spelled};

/// Keeps a refused delivery, answers its sender, and tells the operators where nobody can be
/// answered.
pub(super) fn refuse(
    applier: &Applier,
    draft: &mut Draft<'_>,
    (prepared, refused): (&Prepared, &Refused),
    at: At,
) -> Result<(), StoreError> {
    let arrival = &prepared.arrival;
    let cause = Cause::of(&arrival.properties);
    keep(applier, draft, (prepared, refused), at)?;
    let answered = prepared.party.as_ref().filter(|_| arrival.queue != Queue::Dead);
    if let Some(party) = answered {
        if let Some(feed) = feed_of_file(applier, prepared) {
            let (name, (_, sha256)) =
                (arrival.properties.header("kvit-file-name"), body_of(prepared));
            let format = applier.directory.feed(&feed).map(|feed| feed.format.to_string());
            let of = (&feed, format.unwrap_or_default());
            let report = refused_report(of, (name.unwrap_or_default(), &sha256), None, refused);
            applier.answer_file(draft, report, &cause, at);
        } else if let Some(destination) = answer_to(applier, party, &arrival.routing_key) {
            answer(applier, draft, (arrival, refused), destination, (&cause, at));
        }
    } else {
        let kind = match arrival.queue {
            Queue::Dead => AlertKind::DeadLettered,
            Queue::Portal | Queue::Bank | Queue::Files | Queue::Agency => AlertKind::UnknownSender,
        };
        let (title, number) = (refused.code.title().en, prepared.released.unwrap_or(at.seq).0);
        let detail = format!(
            "{} {title}: {}; kept in quarantine as number {number}, see `kvit quarantine show \
             {number}`",
            refused.code, refused.detail
        );
        let alert = Alert { kind, at: at.now, detail, order_code: None, payment: None };
        applier.alert(draft, alert, (&cause, 0), at);
    }
    if refused.code == Code::DEFECT {
        let alert = defect(&refused.detail, refused.order_code, at.now);
        applier.alert(draft, alert, (&cause, 1), at);
    }
    tell(draft, (prepared, refused), at)
}

/// The feed whose file this is: every file is answered by its report, also when its envelope
/// already is refused (CONTRACT.md 3.2).
fn feed_of_file(applier: &Applier, prepared: &Prepared) -> Option<FeedId> {
    let Prepared { arrival, party: Some(Party::Bank(bank)), .. } = prepared else { return None };
    let file = MessageType::StatementFile.as_str();
    let feed: FeedId = arrival.routing_key.strip_suffix(".file")?.parse().ok()?;
    let own = applier.rules.feeds.get(&feed).is_some_and(|rule| rule.bank == *bank);
    (own && arrival.properties.kind.as_deref() == Some(file)).then_some(feed)
}

fn keep(
    applier: &Applier,
    draft: &mut Draft<'_>,
    (prepared, refused): (&Prepared, &Refused),
    at: At,
) -> Result<(), StoreError> {
    let arrival = &prepared.arrival;
    if let Some(number) = prepared.released {
        // It is kept already; what is new is that it was refused again.
        let mut fate = draft.fate(number)?;
        if let Some(last) = &mut fate.last {
            last.outcome =
                DeedOutcome::Refused { code: refused.code, detail: refused.detail.clone() };
        }
        draft.put_fate(number, &fate);
        return Ok(());
    }
    events::quarantined(refused.code);
    let (body_bytes, body_sha256) = body_of(prepared);
    let record = QuarantineRecord {
        seq: at.seq,
        at: at.now,
        party: prepared.party.as_ref().map(ToString::to_string),
        queue: arrival.queue.name().to_owned(),
        address: (arrival.exchange.clone(), arrival.routing_key.clone()),
        properties: properties(arrival),
        code: refused.code,
        detail: refused.detail.clone(),
        pointer: refused.pointer.clone(),
        order_code: refused.order_code,
        body_bytes,
        body_sha256,
    };
    let kept = arrival.body.len().min(applier.limits.quarantine_bytes);
    draft.put_quarantine(&record, arrival.body[..kept].to_vec());
    Ok(())
}

/// Size and SHA-256 of a body. Of a file in a drop folder nothing more is kept: it lies there.
fn body_of(prepared: &Prepared) -> (u64, String) {
    if let Ok(Checked { body: Body::File { content, .. }, .. }) = &prepared.result
        && let FileContent::Dropped { file, sha256 } = content
    {
        return (file.size(), sha256.clone());
    }
    let body = &prepared.arrival.body;
    (u64::try_from(body.len()).unwrap_or(u64::MAX), hex::encode(&Sha256::digest(body)))
}

fn properties(arrival: &Arrival) -> Vec<(String, String)> {
    let given = &arrival.properties;
    let named = [
        ("message_id", given.message_id.clone()),
        ("type", given.kind.clone()),
        ("user_id", given.user_id.clone()),
        ("content_type", given.content_type.clone()),
        ("content_encoding", given.content_encoding.clone()),
        ("correlation_id", given.correlation_id.clone()),
        ("timestamp", given.timestamp.map(|seconds| seconds.to_string())),
        ("app_id", given.app_id.clone()),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let headers =
        given.headers.iter().map(|(name, value)| (format!("header {name}"), value.clone()));
    named.chain(headers).collect()
}

/// The sender's own out-queue; for a bank the feed of the routing key, else its first one.
pub(super) fn answer_to(
    applier: &Applier,
    party: &Party,
    routing_key: &str,
) -> Option<Destination> {
    match party {
        Party::Portal(portal) => Some(Destination::Portal(portal.clone())),
        Party::Agency(agency) => Some(Destination::Agency(agency.clone())),
        Party::Bank(bank) => {
            let mut feeds =
                applier.rules.feeds.iter().filter(|(_, rule)| rule.bank == *bank).map(|(id, _)| id);
            let named = routing_key.split_once('.').map(|(feed, _)| feed);
            let feed = feeds.clone().find(|feed| Some(feed.as_str()) == named);
            feed.or_else(|| feeds.next()).map(|feed| Destination::Feed(feed.clone()))
        }
    }
}

fn answer(
    applier: &Applier,
    draft: &mut Draft<'_>,
    (arrival, refused): (&Arrival, &Refused),
    destination: Destination,
    (cause, at): (&Cause, At),
) {
    let short = |text: &Option<String>| {
        text.as_ref().map(|text| text.chars().take(255).collect::<String>())
    };
    let message = MessageRefused {
        refused_message_id: short(&arrival.properties.message_id),
        kind: short(&arrival.properties.kind),
        code: refused.code.as_str(),
        title: refused.code.title(),
        detail: refused.detail.clone(),
        pointer: refused.pointer.clone(),
        order_code: refused.order_code,
    };
    send(applier, draft, message, destination, (cause, at, 0));
}

fn send(
    applier: &Applier,
    draft: &mut Draft<'_>,
    message: MessageRefused,
    destination: Destination,
    (cause, at, nth): (&Cause, At, usize),
) {
    let order_code = message.order_code;
    let id = message_id(&applier.store_name, at.seq, nth);
    let body = OutBody::Inline(spelled(&Outbound::MessageRefused(Box::new(message))));
    let named = (id, MessageType::MessageRefused);
    draft.send(out_message(named, destination, (order_code, at.now), cause, body));
}

/// Keeps and tells without answering: files are answered by their report.
pub(super) fn keep_and_tell(
    applier: &Applier,
    draft: &mut Draft<'_>,
    (prepared, refused): (&Prepared, &Refused),
    at: At,
) -> Result<(), StoreError> {
    keep(applier, draft, (prepared, refused), at)?;
    tell(draft, (prepared, refused), at)
}

/// A line of the story; also in that of the order the message named, if there is one.
fn tell(
    draft: &mut Draft<'_>,
    (prepared, refused): (&Prepared, &Refused),
    at: At,
) -> Result<(), StoreError> {
    let properties = &prepared.arrival.properties;
    let named = refused.order_code.map(|code| draft.case(code)).transpose()?.flatten();
    let conflict = refused.code.is_conflict();
    draft.audit(AuditLine {
        at: at.now,
        seq: at.seq,
        actor: prepared
            .party
            .as_ref()
            .map_or(Actor::Unknown, |party| Actor::Party(party.to_string())),
        message: properties
            .message_id
            .clone()
            .map(|id| (properties.kind.clone().unwrap_or_default(), id)),
        disposition: Some(if conflict { Disposition::Conflict } else { Disposition::Refused }),
        subjects: named.map(|case| Subject::Case(case.seq)).into_iter().collect(),
        notes: vec![refused_note(refused)],
    });
    Ok(())
}

/// Refuses a fact that waited for its order and turned out to be another portal's.
pub(super) fn refuse_kept(
    applier: &Applier,
    draft: &mut Draft<'_>,
    (source, kind, body): (&Source, MessageType, Vec<u8>),
    (order_code, at): (OrderCode, At),
) {
    let detail = "the order turned out to be another portal's";
    let mut refused = Refused::new(Code::ORDER_NOT_YOURS, detail);
    refused.order_code = Some(order_code);
    let party = Party::Portal(source.portal.clone());
    events::quarantined(refused.code);
    let record = QuarantineRecord {
        seq: source.body,
        at: at.now,
        party: Some(party.to_string()),
        queue: Queue::Portal.name().to_owned(),
        address: (String::new(), kind.without_version().to_owned()),
        properties: vec![
            ("message_id".to_owned(), source.message_id.to_string()),
            ("type".to_owned(), kind.as_str().to_owned()),
        ],
        code: refused.code,
        detail: refused.detail.clone(),
        pointer: Some("/order_code".to_owned()),
        order_code: Some(order_code),
        body_bytes: u64::try_from(body.len()).unwrap_or(u64::MAX),
        body_sha256: hex::encode(&Sha256::digest(&body)),
    };
    draft.put_quarantine(&record, body);
    let message = MessageRefused {
        refused_message_id: Some(source.message_id.to_string()),
        kind: Some(kind.as_str().to_owned()),
        code: refused.code.as_str(),
        title: refused.code.title(),
        detail: refused.detail.clone(),
        pointer: Some("/order_code".to_owned()),
        order_code: Some(order_code),
    };
    let cause = Cause { message_id: Some(source.message_id.to_string()), ..Cause::default() };
    // Several facts may be refused by one input: the number of each tells their answers apart.
    let own = At { now: at.now, seq: source.body };
    send(applier, draft, message, Destination::Portal(source.portal.clone()), (&cause, own, 999));
    draft.audit(AuditLine {
        at: at.now,
        seq: at.seq,
        actor: Actor::Party(party.to_string()),
        message: Some((kind.as_str().to_owned(), source.message_id.to_string())),
        disposition: Some(Disposition::Refused),
        subjects: Vec::new(),
        notes: vec![refused_note(&refused)],
    });
}

//! Messages to be sent: their ids, their addresses, their bytes.

use std::collections::BTreeMap;

use kvit_adapters::amqp::{Outgoing, Properties, Speaker};
use kvit_schemas::contract::Direction;
use kvit_schemas::message::{Attributes, MessageType, Outbound, json_to_event, json_to_xml};
use kvit_schemas::record::{Destination, OutBody, OutMessage, Seq};
use kvit_schemas::{MessageId, Moment, OrderCode};

use crate::settings::{ContentType, Settings};
use crate::telemetry::{TraceContext, trace};

/// The id of the nth message that an input caused. The store's name keeps ids of different
/// stores apart.
pub(super) fn message_id(store: &str, seq: Seq, nth: usize) -> MessageId {
    id(format!("kvit-{store}-{:x}-{nth}", seq.0))
}

/// The id of a part of the nth message: the first has that of the message.
pub(super) fn part_id(store: &str, seq: Seq, (nth, part): (usize, usize)) -> MessageId {
    match part {
        0 => message_id(store, seq, nth),
        _ => id(format!("kvit-{store}-{:x}-{nth}-{part}", seq.0)),
    }
}

/// The id of the kept message of an input: the same each time it is sent.
pub(super) fn kept_id(store: &str, seq: Seq) -> MessageId {
    id(format!("kvit-{store}-{:x}-kept", seq.0))
}

fn id(text: String) -> MessageId {
    match text.parse() {
        Ok(id) => id,
        Err(error) => unreachable!("{text} is visible ASCII: {error}"),
    }
}

/// What caused a message.
#[derive(Debug, Clone, Default)]
pub(super) struct Cause {
    pub(super) message_id: Option<String>,
    pub(super) trace: Option<TraceContext>,
    /// When it was sent, as its sender says.
    pub(super) sent_at: Option<Moment>,
}

impl Cause {
    /// What a delivery says of itself, as far as it may be carried on.
    pub(super) fn of(properties: &Properties) -> Self {
        Self {
            message_id: properties.message_id.clone(),
            trace: trace_of(properties),
            sent_at: properties.timestamp.and_then(moment_of),
        }
    }
}

/// The trace that a delivery belongs to. One that cannot be read is none: it is no part of what
/// the message says.
pub(super) fn trace_of(properties: &Properties) -> Option<TraceContext> {
    properties.header(trace::HEADER)?.parse().ok()
}

fn moment_of(seconds: u64) -> Option<Moment> {
    Moment::from_micros(i64::try_from(seconds).ok()?.checked_mul(1_000_000)?)
}

/// A message for the outbox.
pub(super) fn out_message(
    (message_id, kind): (MessageId, MessageType),
    destination: Destination,
    (order_code, at): (Option<OrderCode>, Moment),
    cause: &Cause,
    body: OutBody,
) -> OutMessage {
    let traceparent = cause.trace.map(|trace| trace.child(message_id.as_str()).to_string());
    OutMessage {
        destination,
        message_id,
        kind: kind.as_str().to_owned(),
        order_code,
        cause: cause.message_id.clone(),
        traceparent,
        at,
        body,
        caused_at: cause.sent_at,
    }
}

/// The bytes of a message.
pub(super) fn spelled(message: &Outbound) -> Vec<u8> {
    match message.to_json() {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("an outbound message could not be spelled: {error}"),
    }
}

/// Where destinations lie on the broker, and how messages to them are written.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// The prefix of all names.
    pub prefix: String,
    /// Destinations that want something else than JSON.
    pub written: BTreeMap<Destination, ContentType>,
}

impl From<&Settings> for Addresses {
    fn from(settings: &Settings) -> Self {
        let portals = settings
            .portals
            .iter()
            .map(|(id, it)| (Destination::Portal(id.clone()), it.content_type));
        let agencies = settings
            .agencies
            .iter()
            .map(|(id, it)| (Destination::Agency(id.clone()), it.content_type));
        let feeds = settings.feeds.iter().filter_map(|(id, feed)| {
            Some((Destination::Feed(id.clone()), settings.banks.get(&feed.bank)?.content_type))
        });
        let all = portals.chain(agencies).chain(feeds);
        Self {
            prefix: settings.broker.prefix.clone(),
            written: all.filter(|(_, it)| *it != ContentType::Json).collect(),
        }
    }
}

impl Addresses {
    /// Exchange and routing key of a destination.
    pub fn of(&self, destination: &Destination, kind: &str) -> (String, String) {
        let prefix = &self.prefix;
        let unversioned = match kind.parse::<MessageType>() {
            Ok(known) => known.without_version(),
            Err(_) => kind,
        };
        match destination {
            Destination::Portal(portal) => {
                (format!("{prefix}.portal.out"), format!("{portal}.{unversioned}"))
            }
            Destination::Agency(agency) => (format!("{prefix}.agency.out"), agency.to_string()),
            Destination::Feed(feed) => (format!("{prefix}.bank.out"), feed.to_string()),
            Destination::Alert(kind) => (format!("{prefix}.ops.out"), kind.as_str().to_owned()),
            Destination::Refunds => (format!("{prefix}.ops.out"), unversioned.to_owned()),
        }
    }

    /// A message ready for the broker, from its body in JSON.
    ///
    /// # Errors
    /// When the body is no JSON of its type, and is to be written otherwise.
    pub fn outgoing(
        &self,
        ticket: u64,
        message: OutMessage,
        json: Vec<u8>,
    ) -> serde_json::Result<Outgoing> {
        let (exchange, routing_key) = self.of(&message.destination, &message.kind);
        let content_type =
            self.written.get(&message.destination).copied().unwrap_or(ContentType::Json);
        Ok(Outgoing {
            ticket,
            exchange,
            routing_key,
            body: written(content_type, &message, json)?,
            message_id: message.message_id.to_string(),
            kind: message.kind,
            content_type: content_type.as_str().to_owned(),
            correlation_id: message.order_code.map(|code| code.to_string()),
            cause: message.cause,
            traceparent: message.traceparent,
            timestamp_seconds: u64::try_from(message.at.seconds()).unwrap_or_default(),
            speaker: Speaker::Connection,
            file_name: None,
        })
    }
}

/// A body as its receiver wants it.
fn written(
    content_type: ContentType,
    message: &OutMessage,
    json: Vec<u8>,
) -> serde_json::Result<Vec<u8>> {
    match content_type {
        ContentType::Json => Ok(json),
        ContentType::Xml => {
            let kind = message.kind.parse().map_err(serde::de::Error::custom)?;
            json_to_xml((kind, Direction::Out), &json)
        }
        ContentType::Event => {
            let attributes = Attributes {
                id: message.message_id.as_str(),
                kind: &message.kind,
                subject: message.order_code,
                time: message.at,
                traceparent: message.traceparent.as_deref(),
                cause: message.cause.as_deref(),
            };
            json_to_event(attributes, &json)
        }
    }
}

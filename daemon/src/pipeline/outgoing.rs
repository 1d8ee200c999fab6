//! Messages to be sent: their ids, their addresses, their bytes.

use kvit_adapters::amqp::{Outgoing, Properties, Speaker};
use kvit_schemas::message::{MessageType, Outbound};
use kvit_schemas::record::{Destination, OutBody, OutMessage, Seq};
use kvit_schemas::{MessageId, Moment, OrderCode};

use crate::telemetry::{TraceContext, trace};

/// The id of the nth message that an input caused. The store's name keeps ids of different
/// stores apart.
pub(super) fn message_id(store: &str, seq: Seq, nth: usize) -> MessageId {
    id(format!("kvit-{store}-{:x}-{nth}", seq.0))
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

/// Where destinations lie on the broker.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The prefix of all names.
    pub prefix: String,
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

    /// A message ready for the broker.
    pub fn outgoing(&self, ticket: u64, message: OutMessage, body: Vec<u8>) -> Outgoing {
        let (exchange, routing_key) = self.of(&message.destination, &message.kind);
        Outgoing {
            ticket,
            exchange,
            routing_key,
            message_id: message.message_id.to_string(),
            kind: message.kind,
            content_type: "application/json".to_owned(),
            correlation_id: message.order_code.map(|code| code.to_string()),
            cause: message.cause,
            traceparent: message.traceparent,
            timestamp_seconds: u64::try_from(message.at.seconds()).unwrap_or_default(),
            speaker: Speaker::Connection,
            file_name: None,
            body,
        }
    }
}

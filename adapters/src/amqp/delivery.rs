//! One arrival of a message, in plain types.

use std::fmt::Write;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, ShortString};

use super::acks::AckHandle;

/// Headers that kvit reads, and its parties: the contract's, and what the broker says of a message
/// that it gave up. However many others there are, these are not left out.
pub(super) const HEADERS_READ: [&str; 5] =
    ["traceparent", "kvit-file-name", "kvit-cause", "x-death", "x-first-death-queue"];
/// Headers beyond this many are left out: no party of ours sends so many, and they are kept with
/// every refused message.
const HEADERS_MAX: usize = 32;
/// A header's text is cut after this many bytes, at a character's end.
pub(super) const HEADER_BYTES_MAX: usize = 2048;
/// Tables and lists in a header are shown to this depth; `x-death` has two.
const HEADER_DEPTH_MAX: u8 = 4;

/// One arrival of a message.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The queue it came from: the number the caller gave it.
    pub source: usize,
    /// To be handed back when the delivery is done with.
    pub ack: AckHandle,
    /// The exchange it was published to.
    pub exchange: String,
    /// The key it was published with.
    pub routing_key: String,
    /// False proves that this queue has not delivered it before; true proves nothing.
    pub redelivered: bool,
    /// The envelope.
    pub properties: Properties,
    /// The body, as published.
    pub body: Vec<u8>,
}

/// A message's envelope, unchecked. What each means: CONTRACT.md 2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// The sender's idempotency key.
    pub message_id: Option<String>,
    /// The message type, AMQP's `type`.
    pub kind: Option<String>,
    /// Who speaks; if present, the broker has checked it.
    pub user_id: Option<String>,
    /// Format of the body.
    pub content_type: Option<String>,
    /// Compression of the body.
    pub content_encoding: Option<String>,
    /// What the message is about.
    pub correlation_id: Option<String>,
    /// When it was sent, in seconds since 1970, as the sender says.
    pub timestamp: Option<u64>,
    /// What sent it.
    pub app_id: Option<String>,
    /// Headers by name, values as text: those that mean something to kvit, then others, 32 in all.
    pub headers: Vec<(String, String)>,
}

impl Properties {
    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    fn of(properties: &BasicProperties) -> Self {
        let text = |value: &Option<ShortString>| value.as_ref().map(|text| text.as_str().into());
        let headers = properties.headers().as_ref().map(|table| {
            let is_read = |(name, _): &(&ShortString, _)| HEADERS_READ.contains(&name.as_str());
            let (read, others): (Vec<_>, Vec<_>) = table.inner().iter().partition(is_read);
            let shown = read.into_iter().chain(others).take(HEADERS_MAX);
            shown.map(|(name, value)| (name.as_str().into(), header_text(value))).collect()
        });
        Self {
            message_id: text(properties.message_id()),
            kind: text(properties.kind()),
            user_id: text(properties.user_id()),
            content_type: text(properties.content_type()),
            content_encoding: text(properties.content_encoding()),
            correlation_id: text(properties.correlation_id()),
            timestamp: *properties.timestamp(),
            app_id: text(properties.app_id()),
            headers: headers.unwrap_or_default(),
        }
    }
}

impl Delivery {
    pub(crate) fn of(message: lapin::message::Delivery, source: usize, ack: AckHandle) -> Self {
        Self {
            source,
            ack,
            properties: Properties::of(&message.properties),
            exchange: message.exchange.into(),
            routing_key: message.routing_key.into(),
            redelivered: message.redelivered,
            body: message.data,
        }
    }
}

fn header_text(value: &AMQPValue) -> String {
    let mut text = String::new();
    write_value(&mut text, value, HEADER_DEPTH_MAX);
    if text.len() > HEADER_BYTES_MAX {
        let end = (0..=HEADER_BYTES_MAX).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or(0));
    }
    text
}

fn write_value(text: &mut String, value: &AMQPValue, depth: u8) {
    if text.len() > HEADER_BYTES_MAX {
        return;
    }
    match value {
        AMQPValue::LongString(value) => text.push_str(&String::from_utf8_lossy(value.as_bytes())),
        AMQPValue::ShortString(value) => text.push_str(value.as_str()),
        AMQPValue::ByteArray(value) => push(text, format_args!("{} bytes", value.len())),
        AMQPValue::Boolean(value) => push(text, value),
        AMQPValue::ShortShortInt(value) => push(text, value),
        AMQPValue::ShortShortUInt(value) => push(text, value),
        AMQPValue::ShortInt(value) => push(text, value),
        AMQPValue::ShortUInt(value) => push(text, value),
        AMQPValue::LongInt(value) => push(text, value),
        AMQPValue::LongUInt(value) => push(text, value),
        AMQPValue::LongLongInt(value) => push(text, value),
        AMQPValue::Float(value) => push(text, value),
        AMQPValue::Double(value) => push(text, value),
        AMQPValue::Timestamp(value) => push(text, value),
        AMQPValue::DecimalValue(value) => push(text, format_args!("{value:?}")),
        AMQPValue::Void => {}
        AMQPValue::FieldArray(_) | AMQPValue::FieldTable(_) if depth == 0 => text.push('…'),
        AMQPValue::FieldArray(values) => {
            let values = values.as_slice().iter().map(|value| ("", value));
            write_members(text, values, depth);
        }
        AMQPValue::FieldTable(table) => {
            let members = table.inner().iter().map(|(name, value)| (name.as_str(), value));
            write_members(text, members, depth);
        }
    }
}

/// `[a, b]` and `[name=a, other=b]`.
fn write_members<'a>(
    text: &mut String,
    members: impl Iterator<Item = (&'a str, &'a AMQPValue)>,
    depth: u8,
) {
    text.push('[');
    for (at, (name, value)) in members.enumerate() {
        text.push_str(if at == 0 { "" } else { ", " });
        if !name.is_empty() {
            push(text, format_args!("{name}="));
        }
        write_value(text, value, depth.saturating_sub(1));
    }
    text.push(']');
}

fn push(text: &mut String, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{value}");
}

#[cfg(test)]
mod tests {
    use lapin::types::FieldTable;

    use super::*;

    #[test]
    fn a_death_record_is_readable_as_one_line() {
        let mut death = FieldTable::default();
        death.insert("count".into(), AMQPValue::LongLongInt(1));
        death.insert("queue".into(), AMQPValue::LongString("kvit.bank.in".into()));
        death.insert("reason".into(), AMQPValue::LongString("delivery_limit".into()));
        let deaths = AMQPValue::FieldArray(vec![AMQPValue::FieldTable(death)].into());
        assert_eq!(header_text(&deaths), "[[count=1, queue=kvit.bank.in, reason=delivery_limit]]");
    }

    #[test]
    fn headers_with_a_meaning_are_kept_before_however_many_others() {
        let mut table = FieldTable::default();
        for number in 0..100 {
            table.insert(format!("a{number}").into(), AMQPValue::Void);
        }
        for name in HEADERS_READ {
            table.insert(name.into(), AMQPValue::LongString(name.into()));
        }
        let properties = Properties::of(&BasicProperties::default().with_headers(table));
        assert_eq!(properties.headers.len(), HEADERS_MAX);
        for name in HEADERS_READ {
            assert_eq!(properties.header(name), Some(name));
        }
    }

    proptest::proptest! {
        /// The transport cuts texts of headers so.
        #[test]
        fn four_bytes_more_of_a_text_are_enough_for_what_is_read_of_it(
            bytes in proptest::collection::vec(0x70_u8.., HEADER_BYTES_MAX + 4..2100),
        ) {
            let text = |bytes: &[u8]| header_text(&AMQPValue::LongString(bytes.to_vec().into()));
            proptest::prop_assert_eq!(text(&bytes), text(&bytes[..HEADER_BYTES_MAX + 4]));
        }
    }

    #[test]
    fn header_text_is_bounded_and_cut_at_a_character() {
        let long = AMQPValue::LongString("я".repeat(HEADER_BYTES_MAX).into());
        assert_eq!(header_text(&long).len(), HEADER_BYTES_MAX);
        let mut nested = AMQPValue::Boolean(true);
        for _ in 0..200 {
            nested = AMQPValue::FieldArray(vec![nested].into());
        }
        assert_eq!(header_text(&nested), "[[[[…]]]]");
    }
}

//! Bodies of messages: JSON, XML, events. What is taken means the same however it is spelled
//! again.

use std::sync::LazyLock;

use kvit_schemas::Moment;
use kvit_schemas::contract::{self, Direction};
use kvit_schemas::message::{
    Attributes, Inbound, InboundEvent, Invalid, MessageType, decode_json, decode_xml,
    json_to_event, json_to_xml, xpath,
};

/// Encodings that a content type may name, and some that it may not.
const CHARSETS: [Option<&str>; 6] =
    [None, Some("utf-8"), Some("windows-1251"), Some("koi8-r"), Some("ibm866"), Some("utf-16")];

static KINDS: LazyLock<Vec<MessageType>> =
    LazyLock::new(|| contract::messages(Direction::In).collect());

/// The first byte, from `a` on, says of which type the rest is.
pub(super) fn json(input: &[u8]) {
    let Some((kind, rest)) = kind_of(input) else { return };
    judge(kind, decode_json(kind, rest, now()));
}

/// The first byte says the type, the second, from `a` on, the charset of the envelope.
pub(super) fn xml(input: &[u8]) {
    let Some((kind, rest)) = kind_of(input) else { return };
    let Some((first, body)) = rest.split_first() else { return };
    let charset = CHARSETS[usize::from(first.wrapping_sub(b'a')) % CHARSETS.len()];
    judge(kind, decode_xml(kind, (body, charset), now()));
}

/// The type stands in the event.
pub(super) fn event(input: &[u8]) {
    let Ok(event) = InboundEvent::read(input) else { return };
    if let Ok(kind) = event.kind.parse() {
        judge(kind, event.decode(kind, now()));
    }
}

fn kind_of(input: &[u8]) -> Option<(MessageType, &[u8])> {
    let (first, rest) = input.split_first()?;
    Some((KINDS[usize::from(first.wrapping_sub(b'a')) % KINDS.len()], rest))
}

/// 5 March 2026, when the seeds were said.
pub(super) fn now() -> Moment {
    static NOW: LazyLock<Option<Moment>> =
        LazyLock::new(|| Moment::from_micros(1_772_700_000_000_000));
    let Some(now) = *NOW else { panic!("the moment is in range") };
    now
}

fn judge(kind: MessageType, read: Result<Inbound, Invalid>) {
    match read {
        Ok(message) => say_again(kind, &message),
        Err(invalid) => {
            assert!(!invalid.detail.is_empty(), "a refusal without a reason: {invalid:?}");
            if invalid.pointer.starts_with('/') {
                drop(xpath((kind, Direction::In), &invalid.pointer));
            }
        }
    }
}

/// What was understood means the same when it is said again, in any spelling.
fn say_again(kind: MessageType, message: &Inbound) {
    let meant = message.content_hash();
    let Ok(json) = message.to_json() else { panic!("cannot be said in JSON: {message:?}") };
    let again = |read: Result<Inbound, Invalid>, how: &str| match read {
        Ok(said) => assert!(said.content_hash() == meant, "{how} means another: {message:?}"),
        Err(invalid) => panic!("{how} is refused: {invalid:?}, of {message:?}"),
    };
    again(decode_json(kind, &json, now()), "JSON");
    let Ok(xml) = json_to_xml((kind, Direction::In), &json) else {
        panic!("cannot be said in XML: {message:?}")
    };
    again(decode_xml(kind, (&xml, None), now()), "XML");
    let attributes = Attributes {
        id: "a",
        kind: kind.as_str(),
        subject: message.order_code(),
        time: now(),
        traceparent: None,
        cause: None,
    };
    let Ok(event) = json_to_event(attributes, &json) else {
        panic!("cannot be said as an event: {message:?}")
    };
    match InboundEvent::read(&event) {
        Ok(event) => again(event.decode(kind, now()), "an event"),
        Err(invalid) => panic!("the event is refused: {invalid:?}, of {message:?}"),
    }
}

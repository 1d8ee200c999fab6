//! CloudEvents 1.0 in structured JSON mode (contract 2): the envelope stands in the body.
//!
//! Inbound, `id` and `type` may stand in the event alone, or in the AMQP properties too; where both
//! speak, they agree. `subject`, where it is given, is the order code that `data` names. Other
//! attributes are the sender's own.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Inbound, Invalid, MessageType, decode, guard};
use crate::{Code, Moment, OrderCode};

/// The version that is spoken.
const VERSION: &str = "1.0";
/// Who says what kvit says.
const SOURCE: &str = "urn:kvit";
/// What stands before places within `data`.
pub const DATA: &str = "/data";

/// An inbound event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundEvent<'a> {
    /// Its id: the id of the message.
    pub id: String,
    /// Its type: that of the message.
    pub kind: String,
    /// What it is about: an order.
    pub subject: Option<String>,
    /// The body of the message, in JSON.
    pub data: &'a str,
}

impl<'a> InboundEvent<'a> {
    /// Reads an event.
    ///
    /// # Errors
    /// When the body is no strict JSON, or no event with JSON data.
    pub fn read(body: &'a [u8]) -> Result<Self, Invalid> {
        let text = decode::strict_text(body)?;
        guard::check_event(text)?;
        let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(text)
            .map_err(|_| Invalid::whole(Code::FIELD_INVALID, "an event must be an object"))?;
        let version = required(&members, "specversion")?;
        if version != VERSION {
            let detail = format!("must be {VERSION:?}, is {version:?}");
            return Err(Invalid::at(Code::FIELD_INVALID, "/specversion", detail));
        }
        required(&members, "source")?;
        if let Some(media) = text_of(&members, "datacontenttype")?
            && media != "application/json"
        {
            let detail = "the data of an event must be application/json";
            return Err(Invalid::at(Code::CONTENT_TYPE_UNSUPPORTED, "/datacontenttype", detail));
        }
        if members.contains_key("data_base64") {
            let detail = "the data of an event stands in data, as JSON";
            return Err(Invalid::at(Code::CONTENT_TYPE_UNSUPPORTED, "/data_base64", detail));
        }
        let missing = || Invalid::at(Code::FIELD_MISSING, DATA, "the field is required");
        Ok(Self {
            id: required(&members, "id")?,
            kind: required(&members, "type")?,
            subject: text_of(&members, "subject")?,
            data: members.get("data").ok_or_else(missing)?.get(),
        })
    }

    /// Id and type, if both can be read, whatever else is wrong with the event: its refusal names
    /// them.
    pub fn named(body: &[u8]) -> Option<(String, String)> {
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_str(decode::strict_text(body).ok()?).ok()?;
        text_of(&members, "id").ok()?.zip(text_of(&members, "type").ok()?)
    }

    /// The message in its data.
    ///
    /// # Errors
    /// As of JSON, with places within the event; and when the event is about another order than
    /// its data.
    pub fn decode(&self, kind: MessageType, now: Moment) -> Result<Inbound, Invalid> {
        let message = decode::decode_json(kind, self.data.as_bytes(), now).map_err(|invalid| {
            Invalid { pointer: format!("{DATA}{}", invalid.pointer), ..invalid }
        })?;
        let order_code = message.order_code();
        let agrees = |subject: &String| order_code.is_some_and(|order| order.as_str() == subject);
        if self.subject.as_ref().is_none_or(agrees) {
            return Ok(message);
        }
        let detail = "subject is not the order code that data names";
        let invalid = Invalid::at(Code::ENVELOPE_DISAGREES, "/subject", detail);
        Err(Invalid { order_code, ..invalid })
    }
}

fn required(members: &BTreeMap<String, &RawValue>, name: &str) -> Result<String, Invalid> {
    text_of(members, name)?.ok_or_else(|| {
        Invalid::at(Code::FIELD_MISSING, &format!("/{name}"), "the attribute is required")
    })
}

/// A text attribute; null is absent.
fn text_of(members: &BTreeMap<String, &RawValue>, name: &str) -> Result<Option<String>, Invalid> {
    let Some(value) = members.get(name).filter(|value| value.get() != "null") else {
        return Ok(None);
    };
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) if !text.is_empty() => Ok(Some(text)),
        Ok(_) | Err(_) => {
            let detail = "must be a string that is not empty";
            Err(Invalid::at(Code::FIELD_INVALID, &format!("/{name}"), detail))
        }
    }
}

/// What an outbound event says of a message.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// The id of the message.
    pub id: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// The order it is about.
    pub subject: Option<OrderCode>,
    /// When it was made.
    pub time: Moment,
    /// W3C trace context.
    pub traceparent: Option<&'a str>,
    /// The inbound message that caused it.
    pub cause: Option<&'a str>,
}

#[derive(Serialize)]
struct Spoken<'a> {
    specversion: &'a str,
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<OrderCode>,
    time: Moment,
    datacontenttype: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kvitcause: Option<&'a str>,
    data: &'a RawValue,
}

/// A body that kvit says in JSON as an event.
///
/// # Errors
/// When the body is no JSON.
pub fn json_to_event(attributes: Attributes<'_>, json: &[u8]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Spoken {
        specversion: VERSION,
        id: attributes.id,
        source: SOURCE,
        r#type: attributes.kind,
        subject: attributes.subject,
        time: attributes.time,
        datacontenttype: "application/json",
        traceparent: attributes.traceparent,
        kvitcause: attributes.cause,
        data: serde_json::from_slice(json)?,
    })
}

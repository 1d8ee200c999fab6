//! How a body is spelled: JSON, XML, or an event around JSON. What it says is the same in each.

use std::borrow::Cow;

use kvit_adapters::amqp::Properties;
use kvit_schemas::contract::Direction;
use kvit_schemas::message::{
    DATA, Inbound, InboundEvent, Invalid, MessageType, decode_json, decode_xml, xpath,
};
use kvit_schemas::{Code, Moment};

use super::intake::Refused;

/// How a body is spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spelling {
    /// As JSON.
    Json,
    /// As XML, in the charset that the content type says.
    Xml(Option<String>),
    /// As a CloudEvent in structured JSON mode.
    Event,
}

/// A body with what its envelope says of it, wherever that stands.
pub(super) struct Opened<'a> {
    pub(super) message_id: Option<Cow<'a, str>>,
    pub(super) kind: Option<Cow<'a, str>>,
    body: &'a [u8],
    event: Option<InboundEvent<'a>>,
}

impl Spelling {
    /// The spelling that a content type names.
    pub(super) fn of(content_type: Option<&str>) -> Result<Self, Refused> {
        let given = content_type.unwrap_or("application/json");
        let (media, parameter) = given.split_once(';').unwrap_or((given, ""));
        let parameter = parameter.trim().to_ascii_lowercase();
        let charset = match parameter.strip_prefix("charset=") {
            Some(name) => Some(name.trim_matches('"').to_owned()),
            None if parameter.is_empty() => None,
            None => return Err(unsupported(given)),
        };
        let utf8 = charset.as_deref().is_none_or(|name| name == "utf-8");
        match media.trim().to_ascii_lowercase().as_str() {
            "application/json" if utf8 => Ok(Self::Json),
            "application/cloudevents+json" if utf8 => Ok(Self::Event),
            "application/xml" | "text/xml" => Ok(Self::Xml(charset)),
            _ => Err(unsupported(given)),
        }
    }

    /// Finds id and type. Those of an event agree with those of the properties, where both speak.
    pub(super) fn open<'a>(
        &self,
        body: &'a [u8],
        properties: &'a Properties,
    ) -> Result<Opened<'a>, Refused> {
        let (id, kind) = (properties.message_id.as_deref(), properties.kind.as_deref());
        let mut opened = Opened {
            message_id: id.map(Cow::Borrowed),
            kind: kind.map(Cow::Borrowed),
            body,
            event: None,
        };
        if *self == Self::Event {
            let event = InboundEvent::read(body).map_err(refused)?;
            agree("id", &event.id, ("message_id", id))?;
            agree("type", &event.kind, ("type", kind))?;
            opened.message_id = Some(Cow::Owned(event.id.clone()));
            opened.kind = Some(Cow::Owned(event.kind.clone()));
            opened.event = Some(event);
        }
        Ok(opened)
    }

    /// Id and type, where they stand in the body: a name of bounded length each.
    pub(super) fn named(&self, body: &[u8]) -> Option<(String, String)> {
        match self {
            Self::Event => {
                let short = |text: &String| text.len() <= 255;
                InboundEvent::named(body).filter(|(id, kind)| short(id) && short(kind))
            }
            Self::Json | Self::Xml(_) => None,
        }
    }

    /// The message that a body spells.
    pub(super) fn decode(
        &self,
        kind: MessageType,
        opened: &Opened<'_>,
        now: Moment,
    ) -> Result<Inbound, Refused> {
        let message = match (self, &opened.event) {
            (Self::Xml(charset), _) => decode_xml(kind, (opened.body, charset.as_deref()), now),
            (Self::Event, Some(event)) => event.decode(kind, now),
            (Self::Json, _) | (Self::Event, None) => decode_json(kind, opened.body, now),
        };
        message.map_err(refused)
    }

    /// The place in the body as it came, for a pointer into what it says.
    pub(super) fn place(&self, kind: MessageType, pointer: &str) -> String {
        match self {
            Self::Json => pointer.to_owned(),
            Self::Xml(_) => xpath((kind, Direction::In), pointer),
            Self::Event => format!("{DATA}{pointer}"),
        }
    }
}

fn unsupported(given: &str) -> Refused {
    let detail = format!(
        "{given:?} is none of application/json, application/cloudevents+json (both in UTF-8) and \
         application/xml"
    );
    Refused::new(Code::CONTENT_TYPE_UNSUPPORTED, detail)
}

fn agree(name: &str, said: &str, (property, other): (&str, Option<&str>)) -> Result<(), Refused> {
    if other.is_none_or(|other| other == said) {
        return Ok(());
    }
    let detail = format!("{name} of the event is not the AMQP property {property}");
    let mut refused = Refused::new(Code::ENVELOPE_DISAGREES, detail);
    refused.pointer = Some(format!("/{name}"));
    Err(refused)
}

fn refused(invalid: Invalid) -> Refused {
    Refused {
        code: invalid.code,
        detail: invalid.detail,
        pointer: (!invalid.pointer.is_empty()).then_some(invalid.pointer),
        order_code: invalid.order_code,
    }
}

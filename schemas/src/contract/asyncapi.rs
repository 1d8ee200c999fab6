//! The AsyncAPI document: channels, messages and who says what, from kvit's side.

use serde_json::{Map, Value, json};

use super::{Direction, example, json_schema, messages};
use crate::message::{MessageType, Sender, root_name};

/// Where AMQP's bindings stand.
const BINDING: &str = "0.3.0";

/// A channel of the contract: an exchange, and the routing keys that are used on it.
struct Channel {
    name: &'static str,
    exchange: &'static str,
    kind: &'static str,
    /// The routing key, with parameters in braces.
    address: &'static str,
    direction: Direction,
    messages: Vec<MessageType>,
    said: &'static str,
}

/// The document.
pub fn asyncapi() -> Value {
    let channels = channels();
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "kvit",
            "version": "1",
            "description": "Applications, payments and decisions of administrative procedures by \
                AMQP 0-9-1, as kvit sees them: it receives what parties say, and sends what they \
                are told. Names of exchanges begin with a prefix that the operator sets, `kvit` \
                here. Every body may also be XML (schemas/xsd) or a CloudEvent around its JSON."
        },
        "defaultContentType": "application/json",
        "channels": {},
        "operations": {},
        "components": { "messages": {}, "schemas": {} }
    });
    for channel in &channels {
        document["channels"][channel.name] = channel.value();
        document["operations"][channel.operation()] = channel.operation_value();
    }
    for direction in Direction::BOTH {
        for kind in messages(direction) {
            document["components"]["messages"][key(direction, kind)] = message(direction, kind);
            schemas(direction, kind, &mut document["components"]["schemas"]);
        }
    }
    document["components"]["messages"][key(Direction::In, MessageType::StatementFile)] =
        statement_file();
    document
}

fn channels() -> Vec<Channel> {
    let mut all = inbound();
    all.extend(outbound());
    all.push(Channel {
        name: "dead",
        exchange: "kvit.dead",
        kind: "fanout",
        address: "",
        direction: Direction::In,
        messages: Vec::new(),
        said: "What the broker gave up delivering, of any type; no party writes here.",
    });
    all
}

fn inbound() -> Vec<Channel> {
    let from = |sender: Sender| {
        messages(Direction::In).filter(|kind| kind.senders().contains(&sender)).collect()
    };
    let channel = |name, exchange, address, messages, said| Channel {
        name,
        exchange,
        kind: "topic",
        address,
        direction: Direction::In,
        messages,
        said,
    };
    let portals = "What portals say; the routing key is the type without its version.";
    let payments = "Payments, as banks and payment systems see them.";
    let files = vec![MessageType::StatementFile];
    let agencies = "What agencies say of their cases.";
    vec![
        channel("portalIn", "kvit.portal.in", "{type}", from(Sender::Portal), portals),
        channel("bankIn", "kvit.bank.in", "{feed}.payment", from(Sender::Bank), payments),
        channel("bankFiles", "kvit.bank.in", "{feed}.file", files, "Files, one at a time."),
        channel("agencyIn", "kvit.agency.in", "{agency}", from(Sender::Agency), agencies),
    ]
}

fn outbound() -> Vec<Channel> {
    use MessageType as T;
    let channel = |name, (exchange, kind), address, messages, said| Channel {
        name,
        exchange,
        kind,
        address,
        direction: Direction::Out,
        messages,
        said,
    };
    let to_portal = vec![
        T::CaseStatus,
        T::DecisionPublished,
        T::CaseDocumentsRequested,
        T::RefundDue,
        T::MessageRefused,
    ];
    let to_agency = vec![
        T::CaseAssigned,
        T::CaseWithdrawn,
        T::CasePaymentChanged,
        T::CaseDeadline,
        T::DocumentsAdded,
        T::MessageRefused,
    ];
    let to_bank = vec![T::FileReport, T::MessageRefused];
    let to_ops = vec![T::AlertRaised, T::RefundDue];
    let portal = ("kvit.portal.out", "topic");
    let (agency, bank) = (("kvit.agency.out", "direct"), ("kvit.bank.out", "direct"));
    let ops = "Alerts by their kind, and refunds of money without an order by their type.";
    vec![
        channel("portalOut", portal, "{portal}.{type}", to_portal, "What a portal is told."),
        channel("agencyOut", agency, "{agency}", to_agency, "An agency's inbox."),
        channel("bankOut", bank, "{feed}", to_bank, "What the bank of a feed is told."),
        channel("opsOut", ("kvit.ops.out", "topic"), "{kind}", to_ops, ops),
    ]
}

impl Channel {
    fn value(&self) -> Value {
        let mut parameters = Map::new();
        for name in self.address.split(['{', '}']).skip(1).step_by(2) {
            parameters.insert(name.to_owned(), self.parameter(name));
        }
        let messages: Map<String, Value> = self
            .messages
            .iter()
            .map(|kind| {
                let path = format!("#/components/messages/{}", key(self.direction, *kind));
                (root_name(*kind), json!({ "$ref": path }))
            })
            .collect();
        let exchange = json!({ "name": self.exchange, "type": self.kind, "durable": true });
        json!({
            "address": if self.address.is_empty() { Value::Null } else { self.address.into() },
            "description": self.said,
            "parameters": parameters,
            "messages": messages,
            "bindings": { "amqp": {
                "is": "routingKey", "exchange": exchange, "bindingVersion": BINDING
            } }
        })
    }

    fn parameter(&self, name: &str) -> Value {
        match name {
            "type" => {
                let types = self.messages.iter().map(|kind| kind.without_version());
                json!({ "description": "The type without its version.",
                    "enum": types.collect::<Vec<_>>() })
            }
            "kind" => json!({ "description": "The kind of alert, or refund.due." }),
            other => json!({ "description": format!("The id of the {other}.") }),
        }
    }

    fn operation(&self) -> String {
        let verb = match self.direction {
            Direction::In => "receive",
            Direction::Out => "send",
        };
        let (first, rest) = self.name.split_at(1);
        format!("{verb}{}{rest}", first.to_ascii_uppercase())
    }

    fn operation_value(&self) -> Value {
        let action = match self.direction {
            Direction::In => "receive",
            Direction::Out => "send",
        };
        let channel = format!("#/channels/{}", self.name);
        let messages: Vec<Value> = self
            .messages
            .iter()
            .map(|kind| json!({ "$ref": format!("{channel}/messages/{}", root_name(*kind)) }))
            .collect();
        let mut value = json!({ "action": action, "channel": { "$ref": channel } });
        if !messages.is_empty() {
            value["messages"] = messages.into();
        }
        value
    }
}

fn key(direction: Direction, kind: MessageType) -> String {
    format!("{}.{kind}", direction.folder())
}

fn message(direction: Direction, kind: MessageType) -> Value {
    let example = example(kind).and_then(|it| serde_json::from_str::<Value>(it.json).ok());
    let headers = match direction {
        Direction::In => json!({ "traceparent": traceparent() }),
        Direction::Out => json!({
            "traceparent": traceparent(),
            "kvit-cause": { "type": "string",
                "description": "message_id of the inbound message that caused it." }
        }),
    };
    let schema = format!("#/components/schemas/{}", key(direction, kind));
    let mut message = envelope(kind, "application/json", headers);
    message["payload"] = json!({ "$ref": schema });
    if let Some(example) = example {
        message["examples"] = json!([{ "payload": example }]);
    }
    message
}

fn statement_file() -> Value {
    let headers = json!({
        "traceparent": traceparent(),
        "kvit-file-name": { "type": "string", "description": "The name the bank gave the file." }
    });
    let mut message = envelope(MessageType::StatementFile, "application/octet-stream", headers);
    message["payload"] = json!({ "type": "string",
        "description": "The bytes as the bank made them, in the charset of their format." });
    message
}

fn envelope(kind: MessageType, content_type: &str, headers: Value) -> Value {
    json!({
        "name": kind.as_str(),
        "title": kind.as_str(),
        "contentType": content_type,
        "headers": { "type": "object", "properties": headers },
        "bindings": { "amqp": { "messageType": kind.as_str(), "bindingVersion": BINDING } }
    })
}

fn traceparent() -> Value {
    json!({ "type": "string", "description": "W3C trace context." })
}

/// The schemas of a message, each type under the name of its direction.
fn schemas(direction: Direction, kind: MessageType, all: &mut Value) {
    let Some(Value::Object(mut schema)) = json_schema(kind, direction) else { return };
    let types = schema.shift_remove("$defs");
    for of_document in ["$schema", "$id"] {
        schema.shift_remove(of_document);
    }
    for (name, mut own) in types
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, own)| (name, own.clone()))
    {
        refer(&mut own, direction);
        all[format!("{}.{name}", direction.folder())] = own;
    }
    let mut schema = Value::Object(schema);
    refer(&mut schema, direction);
    all[key(direction, kind)] = schema;
}

/// Lets references lead to the components. What stands beside a reference is moved out of its way:
/// the schema language of AsyncAPI overlooks it otherwise.
fn refer(schema: &mut Value, direction: Direction) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(|member| refer(member, direction));
            let name = members.get("$ref").and_then(Value::as_str);
            let Some(name) = name.and_then(|path| path.strip_prefix("#/$defs/")) else { return };
            let path = format!("#/components/schemas/{}.{name}", direction.folder());
            members.shift_remove("$ref");
            if members.is_empty() {
                members.insert("$ref".to_owned(), path.into());
            } else {
                members.insert("allOf".to_owned(), json!([{ "$ref": path }]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, direction)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

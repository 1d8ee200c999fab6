//! What others build against: the schema of each message, in every form it is handed out in. All
//! of them are made from the message types themselves.

mod asyncapi;
mod examples;
pub mod shape;
mod xsd;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::message as m;
use crate::message::{MessageType, Sender};
pub use asyncapi::asyncapi;
pub use examples::{Example, example};
use shape::Shape;
pub use xsd::xsd;

/// Which way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// A party says it to kvit, which refuses fields that it does not know.
    In,
    /// Kvit says it; receivers ignore fields that they do not know.
    Out,
}

impl Direction {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::In, Self::Out];

    /// The folder of its schemas.
    pub fn folder(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    fn is_of(self, sender: Sender) -> bool {
        match self {
            Self::In => sender != Sender::Kvit,
            Self::Out => sender == Sender::Kvit,
        }
    }
}

/// The messages that travel this way with a body of the contract, in the order of the contract.
pub fn messages(direction: Direction) -> impl Iterator<Item = MessageType> {
    let travels = move |kind: &MessageType| {
        let sent = kind.senders().iter().any(|sender| direction.is_of(*sender));
        sent && *kind != MessageType::StatementFile
    };
    MessageType::ALL.iter().copied().filter(travels)
}

/// The JSON schema; `None` for a message that does not travel this way, or whose body is a file.
pub fn json_schema(kind: MessageType, direction: Direction) -> Option<Value> {
    if !kind.senders().iter().any(|sender| direction.is_of(*sender)) {
        return None;
    }
    let mut schema = Value::from(body_schema(kind, direction)?);
    if direction == Direction::Out {
        allow_unknown(&mut schema);
    }
    if let Value::Object(members) = &mut schema {
        members.insert("$id".to_owned(), format!("urn:kvit:{}:{kind}", direction.folder()).into());
        members.insert("title".to_owned(), kind.as_str().into());
    }
    Some(schema)
}

/// The shape of a body; `None` where there is no schema.
pub fn shape(kind: MessageType, direction: Direction) -> Option<&'static Shape> {
    static SHAPES: LazyLock<BTreeMap<(MessageType, Direction), Shape>> = LazyLock::new(|| {
        let all = Direction::BOTH.into_iter().flat_map(|direction| {
            messages(direction).filter_map(move |kind| {
                Some(((kind, direction), Shape::of(&json_schema(kind, direction)?)))
            })
        });
        all.collect()
    });
    SHAPES.get(&(kind, direction))
}

fn body_schema(kind: MessageType, direction: Direction) -> Option<Schema> {
    use MessageType as T;
    let of = match kind {
        T::ApplicationSubmitted => of::<m::ApplicationSubmitted>,
        T::ApplicationWithdrawn => of::<m::ApplicationWithdrawn>,
        T::ReceiptAttached => of::<m::ReceiptAttached>,
        T::DocumentsAdded => of::<m::DocumentsAdded>,
        T::DecisionAcknowledged => of::<m::DecisionAcknowledged>,
        T::PaymentReported => of::<m::PaymentReported>,
        // The bytes of a bank's file, in a format of their own.
        T::StatementFile => return None,
        T::CaseAccepted => of::<m::CaseAccepted>,
        T::CaseReturned => of::<m::CaseReturned>,
        T::CaseDocumentsRequested => of::<m::CaseDocumentsRequested>,
        T::CaseDeadlineChanged => of::<m::CaseDeadlineChanged>,
        T::CaseDecided => of::<m::CaseDecided>,
        T::CaseAssigned => of::<m::CaseAssigned>,
        T::CaseWithdrawn => of::<m::CaseWithdrawn>,
        T::CasePaymentChanged => of::<m::CasePaymentChanged>,
        T::CaseDeadline => of::<m::CaseDeadline>,
        T::MessageRefused => of::<m::MessageRefused>,
        T::CaseStatus => of::<m::CaseStatus>,
        T::DecisionPublished => of::<m::DecisionPublished>,
        T::RefundDue => of::<m::RefundDue>,
        T::FileReport => of::<m::FileReport>,
        T::AlertRaised => of::<m::Alert>,
    };
    Some(of(direction))
}

fn of<T: JsonSchema>(direction: Direction) -> Schema {
    let settings = SchemaSettings::draft2020_12();
    let settings = match direction {
        Direction::In => settings.for_deserialize(),
        Direction::Out => settings.for_serialize(),
    };
    settings.into_generator().into_root_schema_for::<T>()
}

/// Fields may be added within a version, so what kvit sends is never closed.
fn allow_unknown(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("additionalProperties") == Some(&Value::Bool(false)) {
                members.shift_remove("additionalProperties");
            }
            members.values_mut().for_each(allow_unknown);
        }
        Value::Array(items) => items.iter_mut().for_each(allow_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

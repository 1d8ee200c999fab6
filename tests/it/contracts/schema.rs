//! The JSON schema of each message, one for each direction it travels in.

use anyhow::{Result, anyhow};
use jsonschema::Validator;
use kvit_schemas::message as m;
use kvit_schemas::message::{MessageType, Sender};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// Which way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// A party says it to kvit, which refuses fields that it does not know.
    In,
    /// Kvit says it; receivers ignore fields that they do not know.
    Out,
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::In, Self::Out];

    pub(super) fn folder(self) -> &'static str {
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

/// The file that holds the schema of a message.
pub(super) fn file_name(kind: MessageType) -> String {
    format!("{kind}.schema.json")
}

/// The schema; `None` for a message that does not travel this way, or is no JSON.
pub(super) fn schema_of(kind: MessageType, direction: Direction) -> Option<Value> {
    if !kind.senders().iter().any(|sender| direction.is_of(*sender)) {
        return None;
    }
    let schema = body_schema(kind, direction)?;
    let mut schema = Value::from(schema);
    if direction == Direction::Out {
        allow_unknown(&mut schema);
    }
    if let Value::Object(members) = &mut schema {
        members.insert("$id".to_owned(), format!("urn:kvit:{}:{kind}", direction.folder()).into());
        members.insert("title".to_owned(), kind.as_str().into());
    }
    Some(schema)
}

/// What is wrong with a body by its schema, formats of dates and times included.
pub(super) fn faults(schema: &Value, body: &Value) -> Result<Vec<String>> {
    Ok(validator(schema)?.iter_errors(body).map(|error| error.to_string()).collect())
}

/// A validator that also looks at formats of dates and times.
pub(super) fn validator(schema: &Value) -> Result<Validator> {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(schema).map_err(|error| anyhow!("{error}"))
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
                members.remove("additionalProperties");
            }
            members.values_mut().for_each(allow_unknown);
        }
        Value::Array(items) => items.iter_mut().for_each(allow_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

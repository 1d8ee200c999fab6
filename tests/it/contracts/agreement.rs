//! Schema and decoder agree: what one calls malformed the other does not take. The decoder also
//! knows what no schema says, such as that an attachment is what its hash says.

use anyhow::{Context, Result, ensure};
use kvit_schemas::contract::{Direction, json_schema, messages};
use kvit_schemas::message::{MessageType, decode_json};
use serde_json::Value;

use super::schema::validator;
use super::{example, now};

#[test]
fn an_unknown_field_is_refused_by_schema_and_decoder_at_every_place() -> Result<()> {
    for kind in messages(Direction::In) {
        let body: Value = serde_json::from_slice(&example(kind)?)?;
        for place in objects(&body) {
            let mut body = body.clone();
            members(&mut body, &place)?.insert("no_such_field".to_owned(), Value::Bool(true));
            let (by_schema, by_decoder) = verdicts(kind, &body)?;
            ensure!(!by_schema && !by_decoder, "{kind} {place}: {by_schema} {by_decoder}");
        }
    }
    Ok(())
}

#[test]
fn a_field_that_is_absent_null_or_of_another_kind_is_judged_alike() -> Result<()> {
    for kind in messages(Direction::In) {
        let body: Value = serde_json::from_slice(&example(kind)?)?;
        for place in objects(&body) {
            let keys: Vec<_> = members(&mut body.clone(), &place)?.keys().cloned().collect();
            for key in keys {
                for change in [None, Some(Value::Null), Some(Value::Bool(true))] {
                    let (mut body, said) = (body.clone(), format!("{change:?}"));
                    let members = members(&mut body, &place)?;
                    match change {
                        Some(value) => members.insert(key.clone(), value),
                        None => members.remove(&key),
                    };
                    let (by_schema, by_decoder) = verdicts(kind, &body)?;
                    // The decoder may be stricter, the schema never.
                    let agree = by_schema || !by_decoder;
                    ensure!(agree, "{kind} {place}/{key} {said}: only the decoder takes it");
                }
            }
        }
    }
    Ok(())
}

/// Whether the schema and the decoder take a body.
fn verdicts(kind: MessageType, body: &Value) -> Result<(bool, bool)> {
    let schema = json_schema(kind, Direction::In).context("an inbound type has a schema")?;
    let by_schema = validator(&schema)?.is_valid(body);
    let by_decoder = decode_json(kind, &serde_json::to_vec(body)?, now()?).is_ok();
    Ok((by_schema, by_decoder))
}

fn members<'a>(body: &'a mut Value, place: &str) -> Result<&'a mut serde_json::Map<String, Value>> {
    body.pointer_mut(place).and_then(Value::as_object_mut).context("an object")
}

/// The pointer of every object, without those carried as they came.
pub(super) fn objects(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(body, String::new(), &mut found);
    found
}

fn walk(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key != "form" && key != "extensions" {
                    walk(member, format!("{place}/{key}"), found);
                }
            }
            found.push(place);
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, format!("{place}/{at}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

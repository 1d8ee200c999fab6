//! One place, one kind of value: serde would read a struct from an array and a word from an
//! object; the contract does not.

use anyhow::{Context, Result, ensure};
use kvit_schemas::Code;
use kvit_schemas::contract::{Direction, json_schema, messages};
use kvit_schemas::message::{Invalid, MessageType, decode_json};
use serde_json::{Value, json};

use super::agreement::objects;
use super::schema::validator;
use super::{example, now};

fn decoded(kind: MessageType, body: &Value) -> Result<std::result::Result<(), Invalid>> {
    Ok(decode_json(kind, &serde_json::to_vec(body)?, now()?).map(drop))
}

#[test]
fn an_array_is_refused_wherever_the_schema_says_object() -> Result<()> {
    let mut places = 0;
    for kind in messages(Direction::In) {
        let body: Value = serde_json::from_slice(&example(kind)?)?;
        for place in objects(&body) {
            for change in [in_order, empty_array, nothing_but_itself] {
                let mut body = body.clone();
                let object = body.pointer_mut(&place).context("an object")?;
                *object = change(object);
                let got = decoded(kind, &body)?;
                let got = got.err().with_context(|| format!("{kind} {place}: taken"))?;
                let first = (got.code, got.pointer.as_str());
                ensure!(first == (Code::FIELD_INVALID, &place), "{kind} {place}: {got:?}");
                ensure!(got.detail.starts_with("must be an object"), "{kind} {place}: {got:?}");
                places += 1;
            }
        }
    }
    ensure!(places > 50, "only {places} places");
    Ok(())
}

/// What serde's derive would read as the object itself.
fn in_order(object: &Value) -> Value {
    object.as_object().into_iter().flatten().map(|(_, member)| member.clone()).collect()
}

fn empty_array(_: &Value) -> Value {
    json!([])
}

fn nothing_but_itself(object: &Value) -> Value {
    json!([object])
}

#[test]
fn a_word_is_a_string_and_nothing_around_it() -> Result<()> {
    let mut words = 0;
    for kind in messages(Direction::In) {
        let body: Value = serde_json::from_slice(&example(kind)?)?;
        let schema = validator(&json_schema(kind, Direction::In).context("a schema")?)?;
        for place in objects(&body) {
            for (key, value) in
                body.pointer(&place).and_then(Value::as_object).into_iter().flatten()
            {
                let Some(word) = value.as_str() else { continue };
                for wrapped in [json!({ word: null }), json!([word]), json!(0), json!(true)] {
                    let mut body = body.clone();
                    body.pointer_mut(&place).context("an object")?[key] = wrapped;
                    let pointer = format!("{place}/{key}");
                    let got = decoded(kind, &body)?.err();
                    let got = got.with_context(|| format!("{kind} {pointer}: taken"))?;
                    ensure!(got.pointer == pointer, "{kind} {pointer}: {got:?}");
                    ensure!(!schema.is_valid(&body), "{kind} {pointer}: the schema takes it");
                    words += 1;
                }
            }
        }
    }
    ensure!(words > 100, "only {words} words");
    Ok(())
}

#[test]
fn refusals_speak_in_our_words() -> Result<()> {
    let payment: Value = serde_json::from_slice(&example(MessageType::PaymentReported)?)?;
    let cases = [
        ("/state", json!("booked"), "must be one of failed, accepted, credited, reversed"),
        ("/amount/amount", json!("45"), "an amount in BYN is written as 1 to 13 digits"),
        ("/amount/currency", json!("BYR0"), "\"BYR0\" is no ISO 4217 currency code"),
        ("/order_code", json!(17), "must be a string, is a number"),
        ("/order_code", json!("17"), "an order code has exactly 30 digits"),
        ("/payer", json!("Іваноў"), "must be an object, is a string"),
        ("/paid_at", json!("2026-03-05"), "a time is RFC 3339 with an offset"),
        ("/paid_at", Value::Null, "the field is required"),
        ("/feed", json!("ERIP"), "an id is 1 to 40 of a-z"),
    ];
    for (pointer, value, said) in cases {
        let mut body = payment.clone();
        *body.pointer_mut(pointer).context("a field")? = value;
        let got = decoded(MessageType::PaymentReported, &body)?.err().context("taken")?;
        ensure!(got.pointer == pointer && got.detail.starts_with(said), "{pointer}: {got:?}");
        for serdes in ["invalid type", "expected", "at line", "unknown variant", "missing field"] {
            ensure!(!got.detail.contains(serdes), "{got:?}");
        }
    }
    Ok(())
}

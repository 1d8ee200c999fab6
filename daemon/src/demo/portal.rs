//! What portals say.

use kvit_adapters::amqp::Speaker;
use kvit_schemas::Moment;
use serde_json::{Value, json};

use super::plan::{End, Post};

/// A message of a portal.
pub(super) fn post(portal: &str, kind: &'static str, id: String, body: &Value) -> Post {
    let key = kind.strip_suffix(".v1").unwrap_or(kind);
    Post {
        speaker: Speaker::Other(portal.to_owned()),
        exchange: "portal.in",
        key: key.to_owned(),
        kind,
        id,
        file_name: None,
        body: body.to_string().into_bytes(),
        copies: 1,
        end: End::Applied,
    }
}

/// An amount as messages write it.
pub(super) fn money(minor: i64, currency: &str) -> Value {
    json!({ "amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": currency })
}

/// What an application says; the fields that vary between orders.
pub(super) struct Application<'a> {
    pub(super) code: &'a str,
    pub(super) procedure: &'a str,
    pub(super) submitted_at: Moment,
    pub(super) kind: &'a str,
    pub(super) region: &'a str,
    pub(super) locality: Option<&'a str>,
    pub(super) identification: &'a str,
    /// Minor units.
    pub(super) fee: Option<i64>,
    pub(super) exemption: Option<&'a str>,
}

/// `application.submitted.v1`.
pub(super) fn application(it: &Application<'_>) -> Value {
    let id = format!("D{}", &it.code[18..]);
    json!({
        "order_code": it.code,
        "procedure": it.procedure,
        "submitted_at": it.submitted_at.to_string(),
        "applicant": {
            "kind": it.kind, "id": id, "name": "Узорны Прыклад",
            "region": it.region, "locality": it.locality,
        },
        "identification": it.identification,
        "language": "be",
        "fee": it.fee.map(|fee| money(fee, "BYN")),
        "exemption": it.exemption.map(|kind| json!({ "kind": kind, "ground": "ПК арт. 285" })),
        "form": { "purpose": "demo", "copies": 1, "note": "перадаецца байт у байт" },
    })
}

/// `application.withdrawn.v1`.
pub(super) fn withdrawn(code: &str, at: Moment) -> Value {
    json!({ "order_code": code, "withdrawn_at": at.to_string(), "reason": "не патрэбна" })
}

/// `documents.added.v1`, with one small document.
pub(super) fn documents(code: &str, at: Moment, request: Option<&str>) -> Value {
    json!({
        "order_code": code, "added_at": at.to_string(), "request_id": request,
        "attachments": [attachment()], "text": "дадатак",
    })
}

/// `receipt.attached.v1`.
pub(super) fn receipt(code: &str, at: Moment, (operation, amount): (&str, i64)) -> Value {
    let claim = json!({
        "operation_number": operation, "paid_at": at.to_string(),
        "amount": money(amount, "BYN"), "channel": "infokiosk",
    });
    let document = attachment();
    json!({
        "order_code": code, "attached_at": at.to_string(), "claim": claim, "document": document,
    })
}

/// `decision.acknowledged.v1`.
pub(super) fn acknowledged(code: &str, decision: &str, at: Moment) -> Value {
    json!({ "order_code": code, "decision_id": decision, "shown_at": at.to_string() })
}

/// The five bytes `hello`.
fn attachment() -> Value {
    json!({
        "name": "scan.pdf", "media_type": "application/pdf", "size": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "content": "aGVsbG8=",
    })
}

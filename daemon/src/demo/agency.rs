//! What agencies say.

use kvit_adapters::amqp::Speaker;
use kvit_schemas::{Day, Moment};
use serde_json::{Value, json};

use super::plan::{End, Post};

/// A message of an agency.
pub(super) fn post(agency: &str, kind: &'static str, id: String, body: &Value) -> Post {
    Post {
        speaker: Speaker::Other(agency.to_owned()),
        exchange: "agency.in",
        key: agency.to_owned(),
        kind,
        id,
        file_name: None,
        body: body.to_string().into_bytes(),
        copies: 1,
        end: End::Applied,
    }
}

/// `case.accepted.v1`.
pub(super) fn accepted(code: &str, at: Moment) -> Value {
    let number = format!("{}-д", &code[24..]);
    json!({ "order_code": code, "registration_number": number, "registered_at": at.to_string() })
}

/// `case.returned.v1`.
pub(super) fn returned(code: &str, at: Moment, suggested: Option<&str>) -> Value {
    json!({
        "order_code": code, "returned_at": at.to_string(), "reason": "не наша кампетэнцыя",
        "suggested_agency": suggested,
    })
}

/// `case.documents_requested.v1`.
pub(super) fn requested(code: &str, request: &str, at: Moment) -> Value {
    json!({
        "order_code": code, "request_id": request, "requested_at": at.to_string(),
        "text": "патрэбна копія",
    })
}

/// `case.deadline_changed.v1`, to a later day.
pub(super) fn extended(code: &str, until: Day, at: Moment) -> Value {
    json!({
        "order_code": code, "kind": "extended", "until": until.to_string(),
        "reason": "запыт у архіў", "changed_at": at.to_string(),
    })
}

/// `case.decided.v1`.
pub(super) fn decided(
    code: &str,
    decision: &str,
    (outcome, replaces): (&str, Option<&str>),
    at: Moment,
) -> Value {
    json!({
        "order_code": code, "decision_id": decision, "outcome": outcome,
        "decided_at": at.to_string(), "title": "Рашэнне", "text": "Разгледжана.",
        "delivery": "electronic", "replaces": replaces,
    })
}

//! Spans as OTLP spells them in JSON: ids in hexadecimal, times as text in nanoseconds.

use serde_json::{Value, json};

use super::{Span, Way};
use crate::telemetry::TraceContext;

/// The body of one export.
pub(super) fn body(instance: &str, spans: &[Span]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        attribute("service.name", "kvit"),
        attribute("service.version", version),
        attribute("service.instance.id", instance),
    ];
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": { "name": "kvit", "version": version }, "spans": spans }],
    }] })
}

/// How many of the spans the collector would not have, by its answer.
pub(super) fn rejected(answer: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    // Numbers of 64 bits are text in this spelling; some collectors write digits all the same.
    let rejected = &answer["partialSuccess"]["rejectedSpans"];
    let text = || rejected.as_str().and_then(|text| text.parse().ok());
    rejected.as_u64().or_else(text).unwrap_or_default()
}

fn span(span: &Span) -> Value {
    let attributes: Vec<Value> =
        span.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    let nanos = |moment: kvit_schemas::Moment| format!("{}000", moment.micros());
    let (kind, status) = match span.way {
        Way::In => (5, if span.failed { 2 } else { 0 }),
        Way::Out => (4, 0),
    };
    json!({
        "traceId": span.own.trace_id(),
        "spanId": span.own.span_id(),
        "parentSpanId": span.parent.as_ref().map(TraceContext::span_id).unwrap_or_default(),
        "flags": 1,
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": nanos(span.began),
        "endTimeUnixNano": nanos(span.ended.max(span.began)),
        "attributes": attributes,
        "status": { "code": status },
    })
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

use lapin::types::LongString;

use super::*;

fn message(id: &str, exchange: &str, routing_key: &str) -> Outgoing {
    Outgoing {
        ticket: 0,
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        message_id: id.into(),
        kind: "case.status.v1".into(),
        content_type: "application/json".into(),
        correlation_id: None,
        cause: Some("cause".into()),
        traceparent: None,
        timestamp_seconds: 1,
        speaker: Speaker::Connection,
        file_name: None,
        body: Vec::new(),
    }
}

/// A returned message; there is no other way to make one than to have the broker return it, so
/// its identity is checked by the tests against the broker.
fn channel_error(code: u16) -> lapin::Error {
    let error = lapin::protocol::AMQPError::from_id(code, "told so".into()).unwrap();
    lapin::ErrorKind::ProtocolError(error).into()
}

fn outcomes(answers: Vec<Option<lapin::Result<Confirmation>>>) -> (String, Option<u16>) {
    let messages: Vec<Outgoing> =
        (0..answers.len()).map(|at| message(&at.to_string(), "x", "k")).collect();
    let window: Vec<&Outgoing> = messages.iter().collect();
    let prepared = window.iter().map(|message| prepare(message, "kvit")).collect();
    let sent = conclude(&window, prepared, answers, None);
    let shown: Vec<String> = sent.outcomes.iter().map(|outcome| format!("{outcome:?}")).collect();
    (shown.join(" "), sent.fault.and_then(|fault| fault.code()))
}

#[test]
fn a_clean_window_says_what_the_broker_said() {
    let (shown, fault) = outcomes(vec![
        Some(Ok(Confirmation::Ack(None))),
        Some(Ok(Confirmation::Nack(None))),
        Some(Ok(Confirmation::NotRequested)),
    ]);
    assert_eq!(shown, r#"Confirmed Refused Unknown("not confirmed")"#);
    assert_eq!(fault, None);
}

#[test]
fn of_a_dying_channel_only_what_was_confirmed_is_believed() {
    let (shown, fault) = outcomes(vec![
        Some(Ok(Confirmation::Ack(None))),
        Some(Err(lapin::ErrorKind::MissingHeartbeatError.into())),
        Some(Err(channel_error(404))),
        None,
    ]);
    assert!(shown.starts_with("Confirmed Unknown(\"publishing failed"), "{shown}");
    assert_eq!(shown.matches("Unknown").count(), 3, "{shown}");
    assert_eq!(fault, Some(404), "the error that says why is kept, not the first");
}

#[test]
fn destinations_are_told_apart_and_keep_their_order() {
    let window = [
        message("1", "a", "x"),
        message("2", "b", "x"),
        message("3", "a", "x"),
        message("4", "a", "y"),
        message("5", "a", "x"),
    ];
    let unknown = || PublishOutcome::Unknown(String::new());
    let outcomes = [unknown(), unknown(), PublishOutcome::Confirmed, unknown(), unknown()];
    assert_eq!(destinations(&window, &outcomes), [vec![0, 4], vec![1], vec![3]]);
}

#[test]
fn properties_are_complete_and_one_that_does_not_fit_is_named() {
    let prepared = prepare(&message("id", "x", "k"), "kvit-user").ok().unwrap();
    let properties = prepared.properties;
    let text = |value: &Option<ShortString>| value.clone().map(String::from);
    assert_eq!(text(properties.app_id()).as_deref(), Some("kvit"));
    assert_eq!(text(properties.user_id()).as_deref(), Some("kvit-user"));
    assert_eq!(*properties.delivery_mode(), Some(PERSISTENT));
    let headers = properties.headers().clone().unwrap_or_default();
    assert_eq!(
        headers.inner().get("kvit-cause"),
        Some(&AMQPValue::LongString(LongString::from("cause")))
    );
    assert_eq!(headers.inner().len(), 1, "no traceparent where there is none");

    let long = "x".repeat(256);
    let by_property = [
        Outgoing { message_id: long.clone(), ..message("", "x", "k") },
        Outgoing { traceparent: Some(long.clone()), ..message("1", "x", "k") },
        message("1", "x", &long),
    ];
    let refused = by_property.iter().map(|message| prepare(message, "kvit").err());
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [Some("message_id"), Some("traceparent"), Some("routing_key")]
    );
}

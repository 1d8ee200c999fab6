//! What is recorded, what is not, and that nobody waits for a collector.

use super::*;

const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn spans(room: usize, sample_ppm: u32) -> (Spans, mpsc::Receiver<Span>) {
    let clock = Clock::manual("2026-03-05T12:00:00+03:00".parse().unwrap());
    let (spans, waiting) = mpsc::channel(room);
    (Spans(Some(Inlet { spans, clock, instance: "kvit".to_owned(), sample_ppm })), waiting)
}

fn properties(trace: Option<&str>) -> Properties {
    let headers = trace.map(|text| (trace::HEADER.to_owned(), text.to_owned()));
    Properties {
        message_id: Some("m1".to_owned()),
        kind: Some("payment.reported.v1".to_owned()),
        headers: headers.into_iter().collect(),
        ..Properties::default()
    }
}

fn delivered(spans: &Spans, properties: &mut Properties) -> Option<Delivering> {
    let mut delivering = spans.delivered("bank.in", properties)?;
    delivering.is(properties);
    Some(delivering)
}

#[test]
fn without_an_endpoint_nothing_is_recorded_and_no_message_is_changed() {
    let mut given = properties(Some(GIVEN));
    assert!(delivered(&Spans::default(), &mut given).is_none());
    let mut without = properties(None);
    assert!(delivered(&Spans::default(), &mut without).is_none());
    assert_eq!((given, without), (properties(Some(GIVEN)), properties(None)));
}

#[test]
fn who_asks_for_no_record_gets_none_and_who_asks_nothing_gets_it_by_lot() {
    let (some, _waiting) = spans(8, 0);
    assert!(delivered(&some, &mut properties(None)).is_none());
    let unsampled = GIVEN.replace("-01", "-00");
    let (all, _waiting) = spans(8, 1_000_000);
    assert!(delivered(&all, &mut properties(Some(&unsampled))).is_none());
    let (mut one, mut two) = (properties(None), properties(Some("bad")));
    assert!(delivered(&all, &mut one).is_some() && delivered(&all, &mut two).is_some());
    let begun = one.header(trace::HEADER).map(str::to_owned);
    assert!(begun.as_deref().is_some_and(|text| text.parse::<TraceContext>().is_ok()));
    assert_eq!(two.header(trace::HEADER), begun.as_deref(), "the same each time it comes");
    assert_eq!(two.headers.len(), 2, "what came is kept");
}

#[test]
fn a_delivery_that_comes_again_is_another_span_than_the_one_that_caused_something() {
    let (all, mut waiting) = spans(8, 0);
    let ends = [Some(Disposition::Applied), Some(Disposition::Duplicate), None];
    for end in ends {
        let delivering = delivered(&all, &mut properties(Some(GIVEN))).unwrap();
        delivering.ended((end, None), "x");
    }
    let got: Vec<Span> = std::iter::from_fn(|| waiting.try_recv().ok()).collect();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|span| span.parent == Some(GIVEN.parse().unwrap())));
    assert_ne!(got[0].own, got[1].own);
    assert_eq!(got.iter().map(|span| span.failed).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(got[0].own, step(&GIVEN.parse().unwrap(), "m1"), "as the relay knows it");
}

#[test]
fn nobody_waits_where_there_is_no_room() {
    let (full, mut waiting) = spans(1, 0);
    for _ in 0..3 {
        let delivering = delivered(&full, &mut properties(Some(GIVEN))).unwrap();
        delivering.ended((Some(Disposition::Applied), None), "applied");
    }
    assert!(waiting.try_recv().is_ok() && waiting.try_recv().is_err());
}

#[test]
fn spans_are_written_as_the_standard_has_them() {
    let (all, mut waiting) = spans(8, 0);
    let mut properties = properties(Some(GIVEN));
    properties.kind = Some("Aksana Kavalskaya".to_owned());
    let delivering = delivered(&all, &mut properties).unwrap();
    delivering.ended((Some(Disposition::Refused), Some(Code::DEFECT)), "refused");
    let body = otlp::body("kvit-2", &[waiting.try_recv().unwrap()]);
    assert!(!body.to_string().contains("Aksana"), "what senders write is not told");
    let resource = &body["resourceSpans"][0];
    assert_eq!(resource["resource"]["attributes"][2]["value"]["stringValue"], "kvit-2");
    let span = &resource["scopeSpans"][0]["spans"][0];
    assert_eq!(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(span["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(span["spanId"].as_str().map(str::len), Some(16));
    assert_eq!((&span["name"], &span["kind"]), (&"unknown".into(), &5.into()));
    assert_eq!(span["startTimeUnixNano"], "1772701200000000000");
}

#[test]
fn a_collector_may_take_a_part() {
    assert_eq!(otlp::rejected(br#"{"partialSuccess":{"rejectedSpans":"3"}}"#), 3);
    assert_eq!(otlp::rejected(br#"{"partialSuccess":{"rejectedSpans":2}}"#), 2);
    assert_eq!((otlp::rejected(b"{}"), otlp::rejected(b"")), (0, 0));
}

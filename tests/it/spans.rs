//! Spans, as a collector gets them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use kvit_tests::broker::{Peer, until};
use kvit_tests::daemon::{Send, World};
use lapin::options::BasicGetOptions;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// What a collector was sent.
#[derive(Default, Clone)]
struct Collector(Arc<Mutex<Got>>);

#[derive(Default)]
struct Got {
    attempts: usize,
    spans: Vec<Value>,
}

impl Collector {
    /// Listens; the first attempt is turned away.
    async fn start() -> Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (collector, address) = (Self::default(), listener.local_addr()?);
        let taking = collector.clone();
        let take = move |Json(body): Json<Value>| async move { taking.take(&body) };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((collector, address))
    }

    fn take(&self, body: &Value) -> (StatusCode, Json<Value>) {
        let mut got = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        got.attempts += 1;
        if got.attempts == 1 {
            return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
        }
        let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        got.spans.extend(spans.as_array().cloned().unwrap_or_default());
        (StatusCode::OK, Json(json!({})))
    }

    fn spans(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spans.clone()
    }
}

fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a str> {
    let all = span["attributes"].as_array()?;
    all.iter().find(|it| it["key"] == key)?["value"]["stringValue"].as_str()
}

/// Sends what is refused, and gives the trace context of the answer.
async fn refused(world: &World, peer: &Peer, (id, trace): (&str, Option<&str>)) -> Result<String> {
    let (key, kind, user) = ("erip.payment", "payment.reported.v1", Some("erip"));
    let message =
        Send { exchange: "bank.in", key, kind, user, id, body: b"{".to_vec(), file: None };
    let amend = |properties: lapin::BasicProperties| match trace {
        Some(trace) => {
            let mut headers = FieldTable::default();
            headers.insert("traceparent".into(), AMQPValue::LongString(trace.into()));
            properties.with_headers(headers)
        }
        None => properties,
    };
    world.send_with(peer, message, amend).await?;
    let queue = world.name("bank.erip.reports");
    until("it is answered", || async { Ok(peer.ready(&queue).await? == 1) }).await?;
    let got = peer.channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await?;
    let headers = got.context("one is there")?.delivery.properties.headers().clone();
    let headers = headers.unwrap_or_default();
    Ok(match headers.inner().get("traceparent") {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        Some(_) | None => String::new(),
    })
}

fn named<'a>(spans: &'a [Value], trace: &str, name: &str) -> Result<&'a Value> {
    let found = spans.iter().find(|it| it["traceId"] == trace && it["name"] == name);
    found.with_context(|| format!("{name} in {trace}: {spans:#?}"))
}

#[tokio::test]
async fn a_receiver_has_our_span_as_its_parent_and_we_have_the_senders() -> Result<()> {
    let (collector, address) = Collector::start().await?;
    let mut world = World::new()?;
    world.set.push(("telemetry.otlp_endpoint".to_owned(), format!("http://{address}")));
    world.set.push(("telemetry.sample_ratio".to_owned(), "1".to_owned()));
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let given = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answered = refused(&world, &peer, ("s1", Some(&given))).await?;
    let unwanted = "11f92f3577b34da6a3ce929d0e0e4736";
    let asked = format!("00-{unwanted}-00f067aa0ba902b7-00");
    ensure!(refused(&world, &peer, ("s2", Some(&asked))).await?.ends_with("-00"));
    let begun = refused(&world, &peer, ("s3", None)).await?;
    let four = || async { Ok(collector.spans().len() >= 4) };
    until("the spans come though the first attempt failed", four).await?;
    daemon.stop().await?;

    let spans = collector.spans();
    let delivery = named(&spans, TRACE, "payment.reported.v1")?;
    assert_eq!(delivery["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(attribute(delivery, "kvit.queue"), Some("bank.in"));
    assert_eq!(attribute(delivery, "kvit.disposition"), Some("refused"));
    assert_eq!(attribute(delivery, "kvit.code"), Some("KV1101"));
    let publish = named(&spans, TRACE, "message.refused.v1")?;
    assert_eq!(publish["parentSpanId"], delivery["spanId"]);
    let sent = publish["spanId"].as_str().context("an id")?;
    assert_eq!(answered, format!("00-{TRACE}-{sent}-01"));
    let root = begun.split('-').nth(1).context("one begins a trace")?;
    assert_eq!(named(&spans, root, "payment.reported.v1")?["parentSpanId"], "");
    assert_eq!(spans.len(), 4, "each once, and none of a trace that nobody records");
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_away_costs_only_the_spans() -> Result<()> {
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut world = World::new()?;
    world.set.push(("telemetry.otlp_endpoint".to_owned(), format!("http://{nobody}")));
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let given = format!("00-{TRACE}-00f067aa0ba902b7-01");
    for id in ["a1", "a2", "a3"] {
        ensure!(refused(&world, &peer, (id, Some(&given))).await?.contains(TRACE));
    }
    assert_eq!(daemon.stop().await?.outbox_rows, 0);
    let metrics = kvit::telemetry::rendered();
    let counted = metrics.lines().find_map(|line| line.strip_prefix("kvit_spans_dropped_total "));
    let counted: u64 = counted.context("the counter is shown")?.parse()?;
    ensure!(counted >= 6, "of three deliveries and three publishes, {counted} are counted");
    Ok(())
}

#[tokio::test]
async fn without_an_endpoint_no_trace_begins() -> Result<()> {
    let world = World::new()?;
    assert_eq!(world.load()?.telemetry.otlp_endpoint, None, "off by default");
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    assert_eq!(refused(&world, &peer, ("o1", None)).await?, "");
    daemon.stop().await?;
    Ok(())
}

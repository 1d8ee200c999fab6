//! Spans for a collector: one for each delivery that ended and each publish that was confirmed.
//!
//! Whoever makes a span never waits: it goes into a bounded channel, or is dropped and counted.
//! The id of a publish's span is the one in the message's `traceparent`, so that the receiver's
//! span has ours as its parent; that of a delivery derives from trace and message, so that the
//! relay knows it after a restart too.

mod export;
mod otlp;
#[cfg(test)]
mod tests;

use kvit_adapters::amqp::Properties;
use kvit_adapters::clock::Clock;
use kvit_schemas::message::MessageType;
use kvit_schemas::record::{Disposition, OutMessage};
use kvit_schemas::{Code, Moment};
use tokio::sync::mpsc;

use super::{TraceContext, list, trace};
use crate::settings::Settings;
pub(crate) use export::Exporter;

/// Spans that may wait for the collector.
const WAITING: usize = 2_048;

/// Where spans are handed in. Without an endpoint, nowhere.
#[derive(Debug, Clone, Default)]
pub struct Spans(Option<Inlet>);

#[derive(Debug, Clone)]
struct Inlet {
    spans: mpsc::Sender<Span>,
    clock: Clock,
    instance: String,
    /// Of a million messages without a trace, so many begin one.
    sample_ppm: u32,
}

/// Something that was done, ready for the collector.
#[derive(Debug)]
struct Span {
    name: String,
    way: Way,
    own: TraceContext,
    parent: Option<TraceContext>,
    began: Moment,
    ended: Moment,
    attributes: Vec<(&'static str, String)>,
    failed: bool,
}

/// Which way the message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// A delivery in a trace that is recorded, until it ends.
#[derive(Debug)]
pub(crate) struct Delivering {
    inlet: Inlet,
    trace: TraceContext,
    parent: Option<TraceContext>,
    began: Moment,
    name: &'static str,
    message_id: String,
    queue: &'static str,
}

/// A message handed to the publisher, in a trace that is recorded, until it is confirmed.
pub(crate) struct Publishing {
    inlet: Inlet,
    span: Span,
}

impl Spans {
    /// The inlet, and the task that sends what is handed in; neither without an endpoint.
    pub(crate) fn start(settings: &Settings, clock: &Clock) -> (Self, Option<Exporter>) {
        let telemetry = &settings.telemetry;
        let Some(endpoint) = telemetry.otlp_endpoint.clone() else { return (Self(None), None) };
        let (spans, waiting) = mpsc::channel(WAITING);
        let instance = settings.instance.name.clone();
        let exporter = Exporter::start((endpoint, instance.clone()), waiting);
        let sample_ppm = telemetry.sample_ppm;
        let inlet = Inlet { spans, clock: clock.clone(), instance, sample_ppm };
        (Self(Some(inlet)), Some(exporter))
    }

    /// Begins the span of a delivery, before it is looked at. One that came without a trace may
    /// begin one, which then goes on in what it causes; it is the same when it is delivered again.
    pub(crate) fn delivered(
        &self,
        queue: &'static str,
        properties: &mut Properties,
    ) -> Option<Delivering> {
        let inlet = self.0.clone()?;
        let began = inlet.clock.now();
        let given: Option<TraceContext> =
            properties.header(trace::HEADER).and_then(|text| text.parse().ok());
        let trace = match given {
            Some(given) => given,
            None => inlet.root(queue, properties, began)?,
        };
        if !trace.is_sampled() {
            return None;
        }
        if given.is_none() {
            // Before one that could not be read: the first of a name counts.
            properties.headers.insert(0, (trace::HEADER.to_owned(), trace.to_string()));
        }
        let (name, message_id) = ("unknown", String::new());
        Some(Delivering { inlet, trace, parent: given, began, name, message_id, queue })
    }

    /// Begins the span of a message that goes out.
    pub(crate) fn publishing(
        &self,
        message: &OutMessage,
        address: impl FnOnce() -> (String, String),
    ) -> Option<Publishing> {
        let inlet = self.0.clone()?;
        let own: TraceContext = message.traceparent.as_deref()?.parse().ok()?;
        if !own.is_sampled() {
            return None;
        }
        let began = inlet.clock.now();
        let (exchange, routing_key) = address();
        let attributes = vec![
            ("messaging.system", "rabbitmq".to_owned()),
            ("messaging.operation.type", "send".to_owned()),
            ("messaging.destination.name", exchange),
            ("messaging.rabbitmq.destination.routing_key", routing_key),
            ("messaging.message.id", message.message_id.to_string()),
        ];
        let cause = message.cause.as_deref().unwrap_or_default();
        let span = Span {
            name: message.kind.clone(),
            way: Way::Out,
            parent: Some(step(&own, cause)),
            own,
            began,
            ended: began,
            attributes,
            failed: false,
        };
        Some(Publishing { inlet, span })
    }
}

impl Inlet {
    fn root(&self, queue: &str, properties: &Properties, now: Moment) -> Option<TraceContext> {
        let sent = properties.timestamp.map(|it| it.to_string()).unwrap_or_default();
        let own = match &properties.message_id {
            Some(id) => id.clone(),
            // Nothing tells it from others: when it came must do.
            None => now.micros().to_string(),
        };
        let user = properties.user_id.as_deref().unwrap_or_default();
        let root = TraceContext::root(&[&self.instance, queue, user, &sent, &own]);
        (root.lot() < self.sample_ppm).then_some(root)
    }

    fn take(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            list::SPANS_DROPPED.add(1, &[]);
        }
    }
}

impl Delivering {
    /// What it turned out to be. A type that is none of the contract's is not told.
    pub(crate) fn is(&mut self, properties: &Properties) {
        let kind = properties.kind.as_deref().and_then(|it| it.parse::<MessageType>().ok());
        self.name = kind.map_or("unknown", MessageType::as_str);
        self.message_id = properties.message_id.clone().unwrap_or_default();
    }

    /// Hands the span in. Without a disposition the delivery was not answered.
    pub(crate) fn ended(
        self,
        (disposition, code): (Option<Disposition>, Option<Code>),
        word: &str,
    ) {
        let own = match disposition {
            Some(Disposition::Applied | Disposition::Refused) => {
                step(&self.trace, &self.message_id)
            }
            // The same message had, or will have, the step that causes something.
            Some(Disposition::Duplicate | Disposition::Conflict) | None => {
                let again = format!("{} at {}", self.message_id, self.began.micros());
                step(&self.trace, &again)
            }
        };
        let mut attributes = vec![
            ("messaging.system", "rabbitmq".to_owned()),
            ("messaging.operation.type", "process".to_owned()),
            ("messaging.destination.name", self.queue.to_owned()),
            ("kvit.queue", self.queue.to_owned()),
            ("kvit.disposition", word.to_owned()),
        ];
        attributes.extend(code.map(|code| ("kvit.code", code.to_string())));
        self.inlet.take(Span {
            name: self.name.to_owned(),
            way: Way::In,
            own,
            parent: self.parent,
            began: self.began,
            ended: self.inlet.clock.now(),
            attributes,
            failed: disposition.is_none(),
        });
    }
}

impl Publishing {
    /// Hands the span in: the broker has the message.
    pub(crate) fn confirmed(self) {
        let Self { inlet, span } = self;
        let ended = inlet.clock.now();
        inlet.take(Span { ended, ..span });
    }
}

/// The step that a delivery is in its trace.
fn step(trace: &TraceContext, message_id: &str) -> TraceContext {
    trace.child(&format!("delivery {message_id}"))
}

//! One lane's channel, and what is known after a window of messages went through it.
//!
//! The library ties a returned message to whichever confirmation completes next, so a return is
//! matched by what it carries, and nothing is concluded before every confirmation of the window
//! is in (RULES.md 3.4, P4). Its tags and its frames are queued under different locks, so one
//! channel must never have two publishers: a [`LaneChannel`] is owned by one lane and cannot be
//! cloned.

use std::future::Future;
use std::time::Duration;

use futures_util::FutureExt;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation};

use super::connection::{AmqpError, Session, code, in_time, reply_code};
use super::publisher::{Outcomes, Outgoing, PublishOutcome, Speaker};
use crate::crash::{self, Point};

/// Most messages in a window.
pub(crate) const WINDOW_MESSAGES: usize = 256;
/// Most bytes of bodies in a window, unless a single message is larger.
pub(crate) const WINDOW_BYTES: usize = 1024 * 1024;

const PERSISTENT: u8 = 2;
/// Every message must reach a queue, or come back.
const MANDATORY: BasicPublishOptions = BasicPublishOptions { mandatory: true, immediate: false };

/// How a lane reaches the broker.
pub(crate) struct LaneChannel<'a> {
    session: &'a Session,
    user: &'a str,
    await_timeout: Duration,
    confirm_timeout: Duration,
    /// None after a failure, which costs the channel.
    channel: Option<Channel>,
}

/// A message in the library's terms.
struct Prepared {
    exchange: ShortString,
    routing_key: ShortString,
    properties: BasicProperties,
}

/// What one attempt at a window has brought: an outcome for each message, in order.
struct Sent {
    outcomes: Vec<PublishOutcome>,
    fault: Option<AmqpError>,
}

impl<'a> LaneChannel<'a> {
    pub(crate) async fn open(
        session: &'a Session,
        user: &'a str,
        await_timeout: Duration,
        confirm_timeout: Duration,
    ) -> Result<Self, AmqpError> {
        let mut lane = Self { session, user, await_timeout, confirm_timeout, channel: None };
        lane.channel = Some(lane.opened().await?);
        Ok(lane)
    }

    async fn opened(&self) -> Result<Channel, AmqpError> {
        let channel = self.session.channel(self.await_timeout).await?;
        let select = channel.confirm_select(ConfirmSelectOptions::default());
        in_time(self.await_timeout, "asking for confirmations", select).await?;
        Ok(channel)
    }

    /// Sends a window and waits for the outcome of each message in it. With an error the lane's
    /// channel is gone; the outcomes hold even then.
    pub(crate) async fn deliver(&mut self, window: &[Outgoing]) -> (Outcomes, Option<AmqpError>) {
        let all: Vec<&Outgoing> = window.iter().collect();
        let mut sent = self.send(&all).await;
        if sent.fault.as_ref().is_some_and(is_of_a_destination) {
            sent.fault = self.send_apart(window, &mut sent.outcomes).await;
        }
        let tickets = window.iter().map(|message| message.ticket);
        (tickets.zip(sent.outcomes).collect(), sent.fault)
    }

    /// After a missing exchange has cost the whole window: sends what is left of it again, one
    /// destination at a time, to find the one that is missing and to spare the others.
    async fn send_apart(
        &mut self,
        window: &[Outgoing],
        outcomes: &mut [PublishOutcome],
    ) -> Option<AmqpError> {
        let mut missing: Vec<&str> = Vec::new();
        for group in destinations(window, outcomes) {
            let messages: Vec<&Outgoing> = group.iter().filter_map(|&at| window.get(at)).collect();
            let Some(exchange) = messages.first().map(|message| message.exchange.as_str()) else {
                continue;
            };
            let sent = if missing.contains(&exchange) {
                Sent::all(messages.len(), &PublishOutcome::Unroutable, None)
            } else {
                self.send(&messages).await
            };
            let is_closed = sent.fault.as_ref().is_some_and(is_of_a_destination);
            for (&at, outcome) in group.iter().zip(sent.outcomes) {
                let unknown = matches!(outcome, PublishOutcome::Unknown(_));
                let outcome =
                    if is_closed && unknown { PublishOutcome::Unroutable } else { outcome };
                if let Some(place) = outcomes.get_mut(at) {
                    *place = outcome;
                }
            }
            match sent.fault {
                Some(fault) if fault.code() == Some(code::NOT_FOUND) => missing.push(exchange),
                Some(_) if is_closed => {}
                Some(fault) => return Some(fault),
                None => {}
            }
        }
        None
    }

    async fn send(&mut self, window: &[&Outgoing]) -> Sent {
        let channel = match self.channel.take() {
            Some(channel) => channel,
            None => match self.opened().await {
                Ok(channel) => channel,
                Err(fault) => {
                    let outcome = PublishOutcome::Unknown(fault.reason());
                    return Sent::all(window.len(), &outcome, Some(fault));
                }
            },
        };
        let prepared: Vec<Result<Prepared, &'static str>> =
            window.iter().map(|message| prepare(message, self.user)).collect();
        let (answers, overdue) = self.publish(&channel, window, &prepared).await;
        let sent = conclude(window, prepared, answers, overdue);
        if sent.fault.is_none() {
            self.channel = Some(channel);
        }
        sent
    }

    /// Publishes and collects the answers; one that did not come in time is missing.
    async fn publish(
        &self,
        channel: &Channel,
        window: &[&Outgoing],
        prepared: &[Result<Prepared, &'static str>],
    ) -> (Vec<Option<lapin::Result<Confirmation>>>, Option<AmqpError>) {
        let mut publishes: Vec<_> = window
            .iter()
            .zip(prepared)
            .map(|(message, prepared)| {
                let prepared = prepared.as_ref().ok()?;
                Some(Box::pin(publish(channel, prepared, &message.body)))
            })
            .collect();
        // Polled once, in order, a publish has queued its frames: so the window goes out in one
        // go, and not at one round trip through the library's thread for each message.
        let mut answers: Vec<Option<lapin::Result<Confirmation>>> = publishes
            .iter_mut()
            .map(|publish| publish.as_mut().and_then(FutureExt::now_or_never))
            .collect();
        crash::reach(Point::Published);
        let collect = async {
            for (answer, publish) in answers.iter_mut().zip(&mut publishes) {
                if let (None, Some(publish)) = (&answer, publish) {
                    *answer = Some(publish.await);
                }
            }
        };
        let overdue = self.in_confirm_time(collect).await;
        drop(publishes);
        (answers, overdue)
    }

    /// The time does not run while the broker takes no messages: nothing is lost meanwhile, and
    /// no channel could be opened or closed either.
    async fn in_confirm_time(&self, work: impl Future<Output = ()>) -> Option<AmqpError> {
        let mut blocked = self.session.blocked.clone();
        let mut work = Box::pin(work);
        loop {
            tokio::select! {
                biased;
                () = &mut work => return None,
                () = self.session.ended.cancelled() => return Some(AmqpError::Ended),
                () = tokio::time::sleep(self.confirm_timeout) => {
                    if !*blocked.borrow_and_update() {
                        let (what, limit) = ("waiting for confirmations", self.confirm_timeout);
                        return Some(AmqpError::Timeout { what, limit });
                    }
                }
            }
        }
    }
}

async fn publish(
    channel: &Channel,
    message: &Prepared,
    body: &[u8],
) -> lapin::Result<Confirmation> {
    let confirm = channel.basic_publish(
        message.exchange.clone(),
        message.routing_key.clone(),
        MANDATORY,
        body,
        message.properties.clone(),
    );
    confirm.await?.await
}

impl Sent {
    fn all(count: usize, outcome: &PublishOutcome, fault: Option<AmqpError>) -> Self {
        Self { outcomes: vec![outcome.clone(); count], fault }
    }
}

/// True when a destination of the window, and not the connection, is at fault.
fn is_of_a_destination(fault: &AmqpError) -> bool {
    matches!(fault.code(), Some(code::NOT_FOUND | code::ACCESS_REFUSED))
}

/// The places of the messages whose outcome is unknown, by destination, in order of appearance.
fn destinations(window: &[Outgoing], outcomes: &[PublishOutcome]) -> Vec<Vec<usize>> {
    let mut groups: Vec<((&str, &str), Vec<usize>)> = Vec::new();
    for (at, (message, outcome)) in window.iter().zip(outcomes).enumerate() {
        if !matches!(outcome, PublishOutcome::Unknown(_)) {
            continue;
        }
        let destination = (message.exchange.as_str(), message.routing_key.as_str());
        match groups.iter_mut().find(|(known, _)| *known == destination) {
            Some((_, places)) => places.push(at),
            None => groups.push((destination, vec![at])),
        }
    }
    groups.into_iter().map(|(_, places)| places).collect()
}

/// The message in the library's terms, or the name of the property that does not fit.
fn prepare(message: &Outgoing, user: &str) -> Result<Prepared, &'static str> {
    let short = |what, text: &str| ShortString::try_new(text).map_err(|_| what);
    let mut properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_app_id("kvit".into())
        .with_message_id(short("message_id", &message.message_id)?)
        .with_type(short("type", &message.kind)?)
        .with_content_type(short("content_type", &message.content_type)?)
        .with_timestamp(message.timestamp_seconds);
    let speaker = match &message.speaker {
        Speaker::Connection => Some(user),
        Speaker::Other(user) => Some(user.as_str()),
        Speaker::Nobody => None,
    };
    if let Some(user) = speaker {
        properties = properties.with_user_id(short("user_id", user)?);
    }
    if let Some(id) = &message.correlation_id {
        properties = properties.with_correlation_id(short("correlation_id", id)?);
    }
    let headers = [
        ("kvit-cause", &message.cause),
        ("traceparent", &message.traceparent),
        ("kvit-file-name", &message.file_name),
    ];
    let mut table = FieldTable::default();
    for (name, value) in headers {
        if let Some(value) = value {
            // The limit of the short ones here too: all headers together must fit one frame.
            short(name, value)?;
            table.insert(name.into(), AMQPValue::LongString(value.as_str().into()));
        }
    }
    if !table.inner().is_empty() {
        properties = properties.with_headers(table);
    }
    let exchange = short("exchange", &message.exchange)?;
    let routing_key = short("routing_key", &message.routing_key)?;
    Ok(Prepared { exchange, routing_key, properties })
}

/// What the answers of a whole window mean together.
fn conclude(
    window: &[&Outgoing],
    prepared: Vec<Result<Prepared, &'static str>>,
    answers: Vec<Option<lapin::Result<Confirmation>>>,
    overdue: Option<AmqpError>,
) -> Sent {
    let mut returned: Vec<BasicReturnMessage> = Vec::new();
    let mut fault = overdue;
    let mut verdicts = Vec::with_capacity(window.len());
    for (prepared, answer) in prepared.into_iter().zip(answers) {
        verdicts.push(match (prepared, answer) {
            (Err(property), _) => Verdict::Known(PublishOutcome::Malformed(property)),
            (Ok(_), None) => Verdict::Unanswered,
            (Ok(_), Some(Err(error))) => {
                // Of the errors of a dying channel, the one that says why is worth keeping.
                if reply_code(&error).is_some() || fault.is_none() {
                    fault = Some(AmqpError::Failed { what: "publishing", source: error });
                }
                Verdict::Unanswered
            }
            (Ok(_), Some(Ok(Confirmation::NotRequested))) => Verdict::Unanswered,
            (Ok(_), Some(Ok(Confirmation::Nack(message)))) => {
                returned.extend(message);
                Verdict::Known(PublishOutcome::Refused)
            }
            (Ok(_), Some(Ok(Confirmation::Ack(None)))) => Verdict::Known(PublishOutcome::Confirmed),
            (Ok(_), Some(Ok(Confirmation::Ack(Some(message))))) => {
                returned.push(message);
                Verdict::AcceptedWithAReturn
            }
        });
    }
    let reason = fault.as_ref().map_or("not confirmed".to_owned(), AmqpError::reason);
    let outcome = |(message, verdict): (&&Outgoing, Verdict)| {
        if returned.iter().any(|returned| is_the_same(message, returned)) {
            return PublishOutcome::Unroutable;
        }
        match verdict {
            Verdict::Known(outcome) => outcome,
            // The return it came with was another's. Its own, if there is one, would have come
            // with a later confirmation: proof only if all of those are in.
            Verdict::AcceptedWithAReturn if fault.is_none() => PublishOutcome::Confirmed,
            Verdict::AcceptedWithAReturn | Verdict::Unanswered => {
                PublishOutcome::Unknown(reason.clone())
            }
        }
    };
    let outcomes = window.iter().zip(verdicts).map(outcome).collect();
    Sent { outcomes, fault }
}

/// What one message's own answer says of it.
enum Verdict {
    Known(PublishOutcome),
    AcceptedWithAReturn,
    Unanswered,
}

fn is_the_same(message: &Outgoing, returned: &BasicReturnMessage) -> bool {
    let id = returned.delivery.properties.message_id().as_ref().map(ShortString::as_str);
    id == Some(message.message_id.as_str())
        && returned.delivery.routing_key.as_str() == message.routing_key
        && returned.delivery.exchange.as_str() == message.exchange
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;

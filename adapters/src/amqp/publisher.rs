//! Sending: lanes, each with a channel of its own, on one connection.
//!
//! A lane sends what has come in meanwhile as one window, collects the broker's confirmation of
//! every message in it, tells the outcomes, and goes on with the next. A message whose outcome is
//! not known is not sent again here: only the caller knows what is still to be said.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::AmqpOptions;
use super::connection::{AmqpError, Backoff, Session, Supervisor};
use super::link::{BrokerStatus, LinkReport, Side};
use super::window::{LaneChannel, WINDOW_BYTES, WINDOW_MESSAGES};

/// Whose name stands in a message's `user_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Speaker {
    /// The user of the connection: the only one that a broker takes, unless that user has the tag
    /// `impersonator`.
    #[default]
    Connection,
    /// Another user, for whom one with that tag speaks, as trials do.
    Other(String),
    /// Nobody.
    Nobody,
}

/// A message to send. What each property means: CONTRACT.md 2. The application id is `kvit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The caller's name for it, given back with the outcome.
    pub ticket: u64,
    /// The exchange; empty for the default one, whose routing keys are queue names.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
    /// The receiver's idempotency key: the same on each attempt.
    pub message_id: String,
    /// The message type, AMQP's `type`.
    pub kind: String,
    /// Format of the body.
    pub content_type: String,
    /// The order code, where there is one.
    pub correlation_id: Option<String>,
    /// Message id of the inbound message that caused this one, header `kvit-cause`.
    pub cause: Option<String>,
    /// Trace context of that message, header `traceparent`.
    pub traceparent: Option<String>,
    /// When it was made, in seconds since 1970.
    pub timestamp_seconds: u64,
    /// Who speaks.
    pub speaker: Speaker,
    /// Name of the file that the body is, header `kvit-file-name`.
    pub file_name: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The broker has it in all queues it belongs to.
    Confirmed,
    /// It belongs to no queue: the exchange or the binding is missing, or closed to our user.
    /// Nothing that a quick retry mends.
    Unroutable,
    /// The broker would not take it now, for example because a queue is full.
    Refused,
    /// It may have arrived or not; to be sent again under the same message id.
    Unknown(String),
    /// It cannot be sent in AMQP as it is: names the property that is longer than 255 bytes.
    Malformed(&'static str),
}

/// Outcomes of one window, by ticket.
pub type Outcomes = Vec<(u64, PublishOutcome)>;

/// Sends until told to stop. Reconnects by itself.
pub struct Publisher {
    supervisor: Supervisor,
    lanes: Vec<Lane>,
}

/// Where messages are handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PublisherHandle(Arc<[mpsc::Sender<Outgoing>]>);

impl PublisherHandle {
    /// A handle, and the other end of each of its lanes.
    pub fn new(lanes: Lanes) -> (Self, Vec<mpsc::Receiver<Outgoing>>) {
        let ends = (0..lanes.count.max(1)).map(|_| mpsc::channel(lanes.depth.max(1)));
        let (inlets, outlets): (Vec<_>, Vec<_>) = ends.unzip();
        (Self(inlets.into()), outlets)
    }

    /// A lane's inlet; lane numbers beyond the last begin again at the first. Messages of one
    /// lane are sent in the order in which they come in.
    pub fn lane(&self, lane: usize) -> &mpsc::Sender<Outgoing> {
        &self.0[lane % self.0.len()]
    }
}

/// How a publisher is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes {
    /// How many lanes there are, at least one.
    pub count: usize,
    /// How many messages may wait in each.
    pub depth: usize,
}

impl Publisher {
    /// A publisher and its handle. Each message handed in is answered by one outcome, unless the
    /// publisher is stopped before; the outcomes' receiver must be read, or dropped. Nothing is
    /// done before [`Publisher::run`].
    pub fn new(
        options: AmqpOptions,
        lanes: Lanes,
        outcomes: mpsc::Sender<Outcomes>,
        status: BrokerStatus,
    ) -> (Self, PublisherHandle) {
        let (handle, outlets) = PublisherHandle::new(lanes);
        let report = Arc::new(LinkReport::new(status, Side::Publishing, outlets.len()));
        let lane = |(slot, messages)| Lane {
            slot,
            messages,
            next: None,
            outcomes: outcomes.clone(),
            user: options.url.user().to_owned(),
            await_timeout: options.await_timeout,
            confirm_timeout: options.confirm_timeout,
            report: Arc::clone(&report),
        };
        let lanes = outlets.into_iter().enumerate().map(lane).collect();
        let supervisor = Supervisor::new(options, report);
        (Self { supervisor, lanes }, handle)
    }

    /// Sends until cancelled, or until all handles are gone and all is sent. Cancelling gives up
    /// the windows under way: who wants their outcomes waits for them first.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(session) = self.supervisor.next(&stop).await {
            session
                .during(async {
                    join_all(self.lanes.iter_mut().map(|lane| lane.serve(&session))).await;
                })
                .await;
            let done = self.lanes.iter().all(Lane::is_done);
            if done || stop.is_cancelled() {
                super::connection::close(&session.connection).await;
                return;
            }
            self.supervisor.ended(session, &stop).await;
        }
    }
}

/// One lane. Survives its channels and connections.
struct Lane {
    slot: usize,
    messages: mpsc::Receiver<Outgoing>,
    /// Taken from the queue, but too large for the window of its time.
    next: Option<Outgoing>,
    outcomes: mpsc::Sender<Outcomes>,
    user: String,
    await_timeout: Duration,
    confirm_timeout: Duration,
    report: Arc<LinkReport>,
}

impl Lane {
    /// Works on the lane until the session ends, or there is nothing more to do for ever.
    async fn serve(&mut self, session: &Session) {
        let mut backoff = Backoff::default();
        while !session.ended.is_cancelled() && !self.is_done() {
            let Err(error) = self.send_all(session, &mut backoff).await else { return };
            if session.connection.status().connected() {
                self.report.part_failed(self.slot, error.reason());
            }
            session.ended.run_until_cancelled(tokio::time::sleep(backoff.next())).await;
        }
    }

    fn is_done(&self) -> bool {
        let sent = self.next.is_none() && self.messages.is_closed() && self.messages.is_empty();
        sent || self.outcomes.is_closed()
    }

    /// Sends windows as long as the channel can be used.
    async fn send_all(
        &mut self,
        session: &Session,
        backoff: &mut Backoff,
    ) -> Result<(), AmqpError> {
        let user = self.user.clone();
        let (await_timeout, confirm_timeout) = (self.await_timeout, self.confirm_timeout);
        let mut channel = LaneChannel::open(session, &user, await_timeout, confirm_timeout).await?;
        self.report.part_opened(self.slot);
        let mut blocked = session.blocked.clone();
        loop {
            // An error means that the session is over, which the next step sees.
            let free = blocked.wait_for(|blocked| !*blocked);
            session.ended.run_until_cancelled(free).await;
            let collected = session.ended.run_until_cancelled(self.window()).await;
            let Some(Some(window)) = collected else { return Ok(()) };
            let (outcomes, fault) = channel.deliver(&window).await;
            if self.outcomes.send(outcomes).await.is_err() {
                return Ok(());
            }
            match fault {
                Some(fault) => return Err(fault),
                None => *backoff = Backoff::default(),
            }
        }
    }

    /// What has come in, up to a window's size; waits only for the first message.
    async fn window(&mut self) -> Option<Vec<Outgoing>> {
        let first = match self.next.take() {
            Some(message) => message,
            None => self.messages.recv().await?,
        };
        let mut bytes = first.body.len();
        let mut window = vec![first];
        while window.len() < WINDOW_MESSAGES {
            let Ok(message) = self.messages.try_recv() else { break };
            bytes = bytes.saturating_add(message.body.len());
            if bytes > WINDOW_BYTES {
                self.next = Some(message);
                break;
            }
            window.push(message);
        }
        Some(window)
    }
}

//! Connecting, and connecting again: one supervised connection per role.

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::types::ShortString;
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind, Event};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::AmqpOptions;
use super::link::LinkReport;
use super::transport;
use super::url::BrokerUrl;
use crate::tls::{self, TlsError};

/// Reply codes of AMQP 0-9-1 that mean something of their own here.
pub(crate) mod code {
    pub(crate) const OK: u16 = 200;
    pub(crate) const ACCESS_REFUSED: u16 = 403;
    pub(crate) const NOT_FOUND: u16 = 404;
    pub(crate) const PRECONDITION_FAILED: u16 = 406;
    pub(crate) const NOT_ALLOWED: u16 = 530;
}

/// A healthy connection of this age has earned a quick first retry.
const HEALTHY: Duration = Duration::from_secs(60);
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// A closing handshake is a courtesy; no more time than this is spent on it.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a connection is asked whether it is still there, should no event say so.
const PULSE: Duration = Duration::from_secs(1);

/// The broker, or the way to it, did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AmqpError {
    /// No answer in time.
    #[error("{what}: no answer within {} s", limit.as_secs_f32())]
    Timeout {
        /// What was being tried.
        what: &'static str,
        /// The time allowed.
        limit: Duration,
    },
    /// A refusal, or a failure of the connection.
    #[error("{what} failed")]
    Failed {
        /// What was being tried.
        what: &'static str,
        /// The library's account of it.
        #[source]
        source: lapin::Error,
    },
    /// No TLS with the broker, for a reason that an operator can do something about.
    #[error("connecting failed")]
    Tls(#[from] TlsError),
    /// A name that AMQP cannot carry.
    #[error("a name of {0} bytes is longer than AMQP's 255")]
    Name(usize),
    /// Given up, because the connection was lost or we are told to stop.
    #[error("the connection has ended")]
    Ended,
}

impl AmqpError {
    /// The broker's reply code, where there is one.
    pub(crate) fn code(&self) -> Option<u16> {
        match self {
            Self::Timeout { .. } | Self::Tls(_) | Self::Name(_) | Self::Ended => None,
            Self::Failed { source, .. } => reply_code(source),
        }
    }

    /// The whole story in one line; where it is known, with what mends it.
    pub fn reason(&self) -> String {
        match self {
            Self::Timeout { .. } | Self::Name(_) | Self::Ended => self.to_string(),
            Self::Tls(source) => format!("{self}: {source}"),
            Self::Failed { source, .. } => match told(source) {
                Some(told) => format!("{self}: {told}"),
                None => format!("{self}: {source}"),
            },
        }
    }
}

/// The broker judges our certificate only after the handshake: then the library meets its refusal
/// as a failed read.
fn told(error: &lapin::Error) -> Option<String> {
    if let ErrorKind::IOError(error) = error.kind() { tls::told(error) } else { None }
}

impl AmqpError {
    /// True when the broker does not let our user in.
    pub fn is_about_credentials(&self) -> bool {
        self.code() == Some(code::ACCESS_REFUSED)
    }

    /// True when the virtual host is not there, or not for us.
    pub fn is_about_the_vhost(&self) -> bool {
        self.code() == Some(code::NOT_ALLOWED)
    }

    /// What the operator can do about a failed connect, and where that was.
    pub fn advice(&self, url: &BrokerUrl) -> String {
        let (user, vhost) = (url.user(), url.vhost());
        if self.is_about_credentials() {
            return format!(
                " (at {url}: check the password of user {user:?}, and that the user may log in \
                 from this host)"
            );
        }
        if self.is_about_the_vhost() {
            return format!(
                " (at {url}: create the virtual host {vhost:?}, or give user {user:?} \
                 permissions in it)"
            );
        }
        format!(" (at {url})")
    }
}

pub(crate) fn reply_code(error: &lapin::Error) -> Option<u16> {
    if let ErrorKind::ProtocolError(error) = error.kind() { Some(error.get_id()) } else { None }
}

/// Waits for an answer of the broker, but not for ever: the library itself has no limits.
pub(crate) async fn in_time<T>(
    limit: Duration,
    what: &'static str,
    work: impl Future<Output = lapin::Result<T>>,
) -> Result<T, AmqpError> {
    match timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(source)) => Err(AmqpError::Failed { what, source }),
        Err(_) => Err(AmqpError::Timeout { what, limit }),
    }
}

/// A name in the library's terms.
pub(crate) fn name(text: &str) -> Result<ShortString, AmqpError> {
    ShortString::try_new(text).map_err(|_| AmqpError::Name(text.len()))
}

/// Opens one connection, named after its role.
pub(crate) async fn connect(options: &AmqpOptions, role: &str) -> Result<Connection, AmqpError> {
    let name = format!("kvit/{}/{role}", options.instance);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let limit = options.await_timeout;
    match timeout(limit, transport::connect(options, properties)).await {
        Ok(connected) => connected,
        Err(_) => Err(AmqpError::Timeout { what: "connecting", limit }),
    }
}

/// Closes politely, within its time.
pub(crate) async fn close(connection: &Connection) {
    if connection.status().connected() {
        let closing = connection.close(code::OK, "done".into());
        if let Err(error) = in_time(CLOSE_TIMEOUT, "closing the connection", closing).await {
            tracing::debug!(reason = error.reason(), "connection not closed in order");
        }
    }
}

/// Keeps one connection: hands out sessions, one after the other.
pub(crate) struct Supervisor {
    options: AmqpOptions,
    report: Arc<LinkReport>,
    backoff: Backoff,
}

impl Supervisor {
    pub(crate) fn new(options: AmqpOptions, report: Arc<LinkReport>) -> Self {
        Self { options, report, backoff: Backoff::default() }
    }

    /// The next session, however long it takes; `None` when told to stop.
    pub(crate) async fn next(&mut self, stop: &CancellationToken) -> Option<Session> {
        loop {
            let role = self.report.side().to_string();
            let attempt = stop.run_until_cancelled(connect(&self.options, &role)).await?;
            let error = match attempt {
                Ok(connection) => return Some(Session::new(connection, &self.report, stop)),
                Err(error) => error,
            };
            self.report.disconnected(error.reason() + &error.advice(&self.options.url));
            // An operator has to act: no use in hurrying, nor in filling the broker's log.
            let hopeless = matches!(error.code(), Some(code::ACCESS_REFUSED | code::NOT_ALLOWED));
            let pause = if hopeless { RETRY_LONGEST } else { self.backoff.next() };
            stop.run_until_cancelled(tokio::time::sleep(pause)).await?;
        }
    }

    /// Closes a session that has ended, and waits before the next one when it ended early.
    pub(crate) async fn ended(&mut self, session: Session, stop: &CancellationToken) {
        close(&session.connection).await;
        if session.began.elapsed() >= HEALTHY {
            self.backoff = Backoff::default();
        }
        let pause = self.backoff.next();
        stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

/// One connection while it lives.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// Cancelled when the connection is lost, when we are told to stop, or when all work is done.
    pub(crate) ended: CancellationToken,
    /// True while the broker takes no messages.
    pub(crate) blocked: watch::Receiver<bool>,
    set_blocked: watch::Sender<bool>,
    report: Arc<LinkReport>,
    began: Instant,
}

impl Session {
    fn new(connection: Connection, report: &Arc<LinkReport>, stop: &CancellationToken) -> Self {
        report.connected();
        let (set_blocked, blocked) = watch::channel(false);
        Self {
            connection,
            ended: stop.child_token(),
            blocked,
            set_blocked,
            report: Arc::clone(report),
            began: Instant::now(),
        }
    }

    /// Opens a channel. A connection that gives none is of no more use, and is given up: the
    /// library takes the numbers of channels that the broker has closed for bad ever after.
    pub(crate) async fn channel(&self, limit: Duration) -> Result<Channel, AmqpError> {
        let opened = in_time(limit, "opening a channel", self.connection.create_channel()).await;
        if opened.is_err() {
            self.ended.cancel();
        }
        opened
    }

    /// Does the work of a session while watching its connection; returns when the work has
    /// noticed the session's end, or has come to its own.
    pub(crate) async fn during(&self, work: impl Future<Output = ()>) {
        let work = async {
            work.await;
            self.ended.cancel();
        };
        tokio::join!(work, self.watch());
    }

    async fn watch(&self) {
        let mut events = self.connection.events_listener();
        let mut reason = String::from("connection lost");
        loop {
            tokio::select! {
                () = self.ended.cancelled() => break,
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(reason)) => {
                        self.report.blocked(Some(reason));
                        self.set_blocked.send_replace(true);
                    }
                    Some(Event::ConnectionUnblocked) => {
                        self.report.blocked(None);
                        self.set_blocked.send_replace(false);
                    }
                    Some(Event::Error(error)) => reason = error.to_string(),
                    Some(_) => {}
                    None => break,
                },
                () = tokio::time::sleep(PULSE) => {}
            }
            if !self.connection.status().connected() {
                break;
            }
        }
        if !self.connection.status().connected() {
            self.report.disconnected(reason);
        }
        self.ended.cancel();
    }
}

/// Delays between attempts: doubling from half a second to half a minute, each drawn anew
/// between almost nothing and that, so that many clients do not come back at the same moment.
#[derive(Debug)]
pub(crate) struct Backoff {
    ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { ceiling: RETRY_FIRST }
    }
}

impl Backoff {
    /// The next delay.
    pub(crate) fn next(&mut self) -> Duration {
        // A fresh hasher is keyed at random; no more randomness is needed here.
        self.draw(RandomState::new().build_hasher().finish())
    }

    fn draw(&mut self, random: u64) -> Duration {
        let ceiling = self.ceiling;
        self.ceiling = (ceiling * 2).min(RETRY_LONGEST);
        let shortest = RETRY_FIRST / 10;
        let span = u64::try_from((ceiling - shortest).as_millis()).unwrap_or(u64::MAX);
        shortest + Duration::from_millis(random % span.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_half_a_minute_and_are_drawn_below_that() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<u128> = (0..8)
            .map(|_| {
                let ceiling = backoff.ceiling.as_millis();
                assert!(backoff.draw(u64::MAX).as_millis() < ceiling);
                ceiling
            })
            .collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        assert_eq!(Backoff::default().draw(0), Duration::from_millis(50));
    }
}

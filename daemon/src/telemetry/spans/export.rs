//! The task that sends spans to the collector: in batches, each until it is taken or refused.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Span, otlp};
use crate::settings::OtlpEndpoint;
use crate::telemetry::list;

/// Most spans of one request.
const BATCH: usize = 512;
/// How long a batch is collected.
const GATHER: Duration = Duration::from_secs(1);
/// A collector that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between attempts: doubled with each, up to the second.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// What may be left is sent within this at the end.
const FLUSH: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The task, running.
#[derive(Debug)]
pub(crate) struct Exporter {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Exporter {
    pub(super) fn start(
        (endpoint, instance): (OtlpEndpoint, String),
        waiting: mpsc::Receiver<Span>,
    ) -> Self {
        // A counter that was never touched is not shown.
        list::SPANS_DROPPED.add(0, &[]);
        let stop = CancellationToken::new();
        let export = Export { endpoint, instance, waiting, batch: Vec::new(), failing: false };
        Self { task: tokio::spawn(export.run(stop.clone())), stop }
    }

    /// Sends what is left, within a bound.
    pub(crate) async fn finish(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the export of spans failed");
        }
    }
}

struct Export {
    endpoint: OtlpEndpoint,
    instance: String,
    waiting: mpsc::Receiver<Span>,
    /// What is being sent.
    batch: Vec<Span>,
    /// The collector took nothing last time.
    failing: bool,
}

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("{0}")]
    Later(String),
    #[error("the collector refuses the spans: {0}")]
    Never(StatusCode),
}

impl Export {
    async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = self.export() => {}
            () = stop.cancelled() => {}
        }
        self.waiting.close();
        // What is not sent in time is counted below.
        let _ = tokio::time::timeout(FLUSH, self.flush()).await;
        let mut left = self.batch.len();
        while self.waiting.try_recv().is_ok() {
            left += 1;
        }
        dropped(left);
    }

    async fn export(&mut self) {
        let mut wait = RETRY_FIRST;
        while !self.batch.is_empty() || self.gather().await {
            if self.sent().await {
                wait = RETRY_FIRST;
            } else {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2).min(RETRY_MAX);
            }
        }
    }

    /// Collects a batch; false when nobody is left who could hand anything in.
    async fn gather(&mut self) -> bool {
        if self.waiting.recv_many(&mut self.batch, BATCH).await == 0 {
            return false;
        }
        let more = async {
            while self.batch.len() < BATCH {
                match self.waiting.recv().await {
                    Some(span) => self.batch.push(span),
                    None => break,
                }
            }
        };
        // Over time the batch goes as it is.
        let _ = tokio::time::timeout(GATHER, more).await;
        true
    }

    async fn flush(&mut self) {
        loop {
            while self.batch.len() < BATCH
                && let Ok(span) = self.waiting.try_recv()
            {
                self.batch.push(span);
            }
            if self.batch.is_empty() || !self.sent().await {
                return;
            }
        }
    }

    /// Sends the batch; false when it is to be tried again.
    async fn sent(&mut self) -> bool {
        let body = otlp::body(&self.instance, &self.batch).to_string();
        let asked = tokio::time::timeout(PATIENCE, post(&self.endpoint, body)).await;
        let late = || NotTaken::Later(format!("no answer within {} s", PATIENCE.as_secs()));
        let ended = asked.map_err(|_| late()).and_then(|ended| ended);
        self.tell(ended.as_ref().err());
        match ended {
            Ok(rejected) => list::SPANS_DROPPED.add(rejected, &[]),
            Err(NotTaken::Never(_)) => dropped(self.batch.len()),
            Err(NotTaken::Later(_)) => return false,
        }
        self.batch.clear();
        true
    }

    /// One line when the collector begins to fail, one when it works again.
    fn tell(&mut self, error: Option<&NotTaken>) {
        match error {
            Some(error) if !self.failing => {
                let endpoint = &self.endpoint.address;
                tracing::warn!(endpoint, %error, "spans are not taken; more may be dropped");
            }
            None if self.failing => tracing::info!("spans are taken again"),
            Some(_) | None => {}
        }
        self.failing = error.is_some();
    }
}

fn dropped(many: usize) {
    list::SPANS_DROPPED.add(u64::try_from(many).unwrap_or(u64::MAX), &[]);
}

/// Sends a body on a connection of its own; how many spans the collector would not have.
async fn post(endpoint: &OtlpEndpoint, body: String) -> Result<u64, NotTaken> {
    let later = |error: &dyn std::fmt::Display| NotTaken::Later(error.to_string());
    let stream = TcpStream::connect(&endpoint.address).await.map_err(|error| later(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| later(&error))?;
    // Ends with the answer; what it meets shows there.
    tokio::spawn(connection);
    let request = Request::post(format!("{}/v1/traces", endpoint.path))
        .header("host", &endpoint.address)
        .header("content-type", "application/json")
        .header("connection", "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| later(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| later(&error))?;
    let (head, body) = answer.into_parts();
    match head.status {
        status if status.is_success() => {
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            Ok(otlp::rejected(&body.map_err(|error| later(&error))?.to_bytes()))
        }
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            Err(NotTaken::Later(format!("the collector answers {}", head.status)))
        }
        other => Err(NotTaken::Never(other)),
    }
}

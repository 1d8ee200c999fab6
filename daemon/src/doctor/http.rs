//! One question over HTTP.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

/// Whoever takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

/// Asks once, on a connection that was made for it.
pub(super) async fn get(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    path: &str,
    authorization: Option<&str>,
) -> Result<Answer, String> {
    let asked = tokio::time::timeout(PATIENCE, asked(stream, path, authorization)).await;
    asked.map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))?
}

async fn asked(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    path: &str,
    authorization: Option<&str>,
) -> Result<Answer, String> {
    let broken = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the answer; what it meets shows there.
    tokio::spawn(connection);
    let mut request = Request::get(path).header("host", "kvit").header("connection", "close");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| error.to_string())?.to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Answer { status: head.status, headers: head.headers, body })
}

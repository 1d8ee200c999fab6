//! The client of the admin API: at its Unix socket, or over TLS.

use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;

use super::Global;
use super::failure::{Exit, Failure};
use super::remote::Remote;
use crate::admin::Said;
use crate::settings::Secret;

/// Bytes of one answer, or of one line of it: an answer holds at most a thousand records.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Asks a running daemon.
#[derive(Debug)]
pub(super) struct Client {
    place: Place,
    token: Option<Secret<String>>,
    runtime: Runtime,
}

/// Where it listens.
#[derive(Debug)]
enum Place {
    Socket(PathBuf),
    Tls(Box<Remote>),
}

impl Client {
    /// A client of the daemon that the command line names, or of the one of the settings.
    pub(super) fn of(global: &Global) -> Result<Self, Failure> {
        let place = match Remote::of(&global.remote)? {
            Some(remote) => Place::Tls(Box::new(remote)),
            None => Place::Socket(global.load()?.settings.admin.socket),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { place, token: global.remote.token()?, runtime })
    }

    /// Reads bytes.
    pub(super) fn bytes(&self, path: &str) -> Result<Bytes, Failure> {
        self.runtime
            .block_on(async { whole(self.send(Method::GET, path, Vec::new()).await?).await })
    }

    /// Reads something.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.runtime.block_on(async {
            let response = self.send(Method::GET, path, Vec::new()).await?;
            parsed(&whole(response).await?)
        })
    }

    /// Does something.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        wish: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(wish)?;
        self.runtime.block_on(async {
            let response = self.send(Method::POST, path, body).await?;
            parsed(&whole(response).await?)
        })
    }

    /// Follows a long walk to its report.
    pub(super) fn walk<T: DeserializeOwned>(
        &self,
        path: &str,
        mut progress: impl FnMut(u64),
    ) -> Result<T, Failure> {
        self.runtime.block_on(async {
            let mut body = self.send(Method::GET, path, Vec::new()).await?.into_body();
            let mut line = Vec::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| broken(&error))?;
                for byte in frame.into_data().unwrap_or_default() {
                    if byte != b'\n' {
                        line.push(byte);
                        continue;
                    }
                    let said: Value = parsed(&line)?;
                    line.clear();
                    if let Some(seen) = said.get("seen").and_then(Value::as_u64) {
                        progress(seen);
                    } else if let Some(report) = said.get("report") {
                        return Ok(serde_json::from_value(report.clone())?);
                    } else {
                        let what = said.get("error").and_then(Value::as_str).unwrap_or_default();
                        return Err(Failure::new(Exit::Io, what));
                    }
                }
            }
            Err(Failure::new(Exit::Unavailable, "the daemon ended before it had answered"))
        })
    }

    /// The answer, if it is a good one.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request =
            Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.expose()));
        }
        let mut sender = match &self.place {
            Place::Socket(socket) => {
                let stream = UnixStream::connect(socket).await;
                request = request.header("host", "kvit");
                joined(stream.map_err(|error| unreachable(socket, &error))?).await?
            }
            Place::Tls(remote) => {
                request = request.header("host", remote.host());
                joined(remote.connect().await?).await?
            }
        };
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let said = whole(response).await?;
        let what = serde_json::from_slice::<Said>(&said)
            .map(|said| said.detail)
            .unwrap_or_else(|_| String::from_utf8_lossy(&said).into_owned());
        Err(Failure::new(exit_of(status), what))
    }
}

type Sender = http1::SendRequest<Full<Bytes>>;

async fn joined(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Sender, Failure> {
    let joined = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = joined.map_err(|error| broken(&error))?;
    // Ends with the runtime; what it meets shows in the answer.
    tokio::spawn(connection);
    Ok(sender)
}

fn unreachable(socket: &Path, error: &std::io::Error) -> Failure {
    let socket = socket.display();
    let forbidden = error.kind() == std::io::ErrorKind::PermissionDenied;
    let what = if forbidden {
        format!(
            "{socket} may not be opened by this user: be in the group of the socket, and among \
             [operators] in the settings"
        )
    } else {
        format!(
            "no daemon answers at {socket} ({error}). Is it running, and with these settings \
             (admin.socket)? With --offline, questions are answered from the store of a daemon \
             that is stopped"
        )
    };
    Failure::new(Exit::Unavailable, what)
}

fn exit_of(status: StatusCode) -> Exit {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Exit::Usage,
        StatusCode::SERVICE_UNAVAILABLE => Exit::Unavailable,
        StatusCode::INTERNAL_SERVER_ERROR => Exit::Io,
        _ => Exit::Runtime,
    }
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, Failure> {
    let body = http_body_util::Limited::new(response.into_body(), ANSWER_BYTES_MAX);
    let collected = body.collect().await;
    let failed = |error| Failure::new(Exit::Unavailable, format!("reading the answer: {error}"));
    Ok(collected.map_err(failed)?.to_bytes())
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = format!("the daemon's answer is not understood ({error}): another version?");
        Failure::new(Exit::Runtime, what)
    })
}

fn broken(error: &hyper::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("speaking with the daemon: {error}"))
}

/// A path with its query; parts that are absent are left out.
pub(super) fn with_query(path: &str, parts: &[(&str, Option<String>)]) -> String {
    let given = parts.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let mut text = path.to_owned();
    for (at, (name, value)) in given.enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.push_str(&encoded(value));
    }
    text
}

/// Bytes that are not plainly safe as `%` and two hexadecimal digits.
pub(super) fn encoded(text: &str) -> String {
    let each = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_any_text_and_leaves_out_what_is_absent() {
        let parts = [("a", None), ("q", Some("erip/12 &ё".to_owned())), ("n", Some("5".into()))];
        assert_eq!(with_query("/v1/why", &parts), "/v1/why?q=erip%2F12%20%26%D1%91&n=5");
        assert_eq!(with_query("/v1/why", &[]), "/v1/why");
    }
}

//! The admin API: what operators and the command line ask of a running daemon, on a Unix socket
//! and, where it is set, over TLS.
//!
//! The uid of the process at the other end, its certificate or a token says who asks ([`access`]);
//! reading needs a role at all, acting the role `operator`, being the second person `approver`.

mod access;
mod acts;
mod again;
mod answers;
mod asked;
mod desk;
mod openapi;
mod problem;
mod routes;
mod status;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
pub(crate) mod tls;
mod walks;
mod works;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

pub(crate) use acts::{AssignCase, AssignPayment, Because, Done};
pub(crate) use desk::ReleaseWish;
pub use openapi::openapi;
pub(crate) use problem::Said;
pub(crate) use status::Status;
pub(crate) use works::{Kick, ScheduleView, SourceView};

/// Bytes of a request: mended bytes of a file, in base64.
const REQUEST_BYTES_MAX: usize = 24 << 20;

use crate::listen;
use crate::service::Shared;

/// Opens the socket of `admin.socket`.
///
/// # Errors
/// When it cannot be made, or another daemon answers there.
pub async fn bind(path: &Path) -> std::io::Result<UnixListener> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if UnixStream::connect(path).await.is_ok() {
        let why = "another daemon answers there";
        return Err(std::io::Error::new(std::io::ErrorKind::AddrInUse, why));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Serves until told to stop.
pub async fn serve(listener: UnixListener, shared: Arc<Shared>, stop: CancellationToken) {
    let routes = app(shared);
    let of = |stream: &UnixStream| routes.clone().layer(access::Peer::local(stream).told());
    listen::serve(listener, of, stop).await;
}

/// Answers one request of a process of this user, as at the socket.
pub async fn answer(shared: Arc<Shared>, uid: u32, request: Request) -> Response {
    let peer = access::Peer::Local { uid: Some(uid) };
    let routes = app(shared).layer(peer.told());
    match TowerToHyperService::new(routes).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn app(shared: Arc<Shared>) -> Router {
    let routes = routes::router()
        .fallback(asked::nothing)
        .method_not_allowed_fallback(asked::another_method);
    routes.layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX)).with_state(shared)
}

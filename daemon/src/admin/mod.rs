//! The admin API: what operators and the command line ask of a running daemon, on a Unix socket.
//!
//! The uid of the process at the other end says who asks ([`access`]); reading needs a role at
//! all, acting the role `operator`.

mod access;
mod acts;
mod answers;
mod problem;
mod status;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod walks;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

pub(crate) use acts::{AssignCase, AssignPayment, Done};
pub(crate) use status::Status;

use crate::service::Shared;

/// Opens the socket of `admin.socket`.
///
/// # Errors
/// When it cannot be made, or another daemon answers there.
pub async fn bind(shared: &Shared) -> std::io::Result<UnixListener> {
    let path = &shared.settings.admin.socket;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if tokio::net::UnixStream::connect(path).await.is_ok() {
        let why = format!("another daemon answers at {}", path.display());
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
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: UnixListener,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let routes = routes(shared).into_make_service_with_connect_info::<access::Peer>();
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/status", get(answers::status))
        .route("/v1/cases", get(answers::cases))
        .route("/v1/cases/{code}", get(answers::case))
        .route("/v1/cases/{code}/assign", post(acts::assign_case))
        .route("/v1/why", get(answers::why))
        .route("/v1/suspense", get(answers::suspense))
        .route("/v1/suspense/{number}", get(answers::suspended))
        .route("/v1/suspense/{number}/assign", post(acts::assign_payment))
        .route("/v1/quarantine", get(answers::quarantine))
        .route("/v1/quarantine/{number}", get(answers::quarantined))
        .route("/v1/totals", get(answers::totals))
        .route("/v1/audit/verify", get(walks::audit))
        .route("/v1/store/verify", get(walks::store))
        .with_state(shared)
}

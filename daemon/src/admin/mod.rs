//! The admin API: what operators and the command line ask of a running daemon, on a Unix socket.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use crate::service::{Readiness, Shared};

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
    let routes = Router::new().route("/v1/status", get(status)).with_state(shared);
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn status(State(shared): State<Arc<Shared>>) -> Json<Readiness> {
    Json(shared.readiness())
}

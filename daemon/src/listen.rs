//! Clients of our listeners: so many at a time, and each only while it speaks. Whoever connects
//! and keeps silent would otherwise hold a descriptor for ever, and the broker's connection and the
//! store need theirs.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Clients of a listener at a time.
pub(crate) const CLIENTS_MAX: usize = 64;
/// For a handshake, and for the head of each request.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until told to stop, and then what was asked before. `routes` are those of one client.
pub(crate) async fn serve<L: Listener>(
    mut listener: L,
    routes: impl Fn(&L::Io) -> Router,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(CLIENTS_MAX));
    let mut clients = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = clients.join_next() => continue,
            () = stop.cancelled() => break,
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            tracing::debug!("too many clients at a listener: one is turned away");
            continue;
        };
        let (routes, stop) = (routes(&stream), stop.clone());
        clients.spawn(async move {
            speak(stream, routes, stop).await;
            drop(place);
        });
    }
    while clients.join_next().await.is_some() {}
}

/// Serves one client until it goes, keeps silent, or `stop` ends the request it has made.
pub(crate) async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Router,
    stop: CancellationToken,
) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        // Who has said all it has to say may close its side, and is answered.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a client of a listener is gone");
    }
}

//! Health and metrics, on a listener of their own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use kvit_schemas::record::Disposition;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::service::Shared;

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Opens the listener of `health.listen`, if one is set.
///
/// # Errors
/// When the address is taken or not allowed.
pub async fn bind(shared: &Shared) -> std::io::Result<Option<TcpListener>> {
    // One recorder for the process: a second daemon in it shares the first one's.
    METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
    match shared.settings.health.listen {
        Some(address) => TcpListener::bind(address).await.map(Some),
        None => Ok(None),
    }
}

/// Serves `/livez`, `/readyz` and `/metrics` until told to stop.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(shared);
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// The process gets on; a broker that is away is no reason to restart it.
async fn livez(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    if shared.is_store_alive() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store's disk does not answer\n")
    }
}

async fn readyz(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let readiness = shared.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn render(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    gauges(&shared);
    METRICS.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

/// Figures that others keep: read when somebody asks.
fn gauges(shared: &Shared) {
    let stats = shared.consumer.stats();
    let count = |name: &'static str, value: u64| metrics::counter!(name).absolute(value);
    let received = stats.received.load(Ordering::Relaxed);
    count("kvit_messages_received_total", received);
    count("kvit_messages_redelivered_total", stats.redelivered.load(Ordering::Relaxed));
    count("kvit_acks_lost_total", stats.acks_lost.load(Ordering::Relaxed));
    let ended: u64 =
        [Disposition::Applied, Disposition::Duplicate, Disposition::Conflict, Disposition::Refused]
            .into_iter()
            .map(|disposition| shared.progress.ended(disposition))
            .sum();
    let gauge = |name: &'static str, value: u64| {
        // A gauge is a float; these stay far below the 2^53 that one holds exactly.
        #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "see above")]
        metrics::gauge!(name).set(value as f64);
    };
    gauge("kvit_messages_in_flight", received.saturating_sub(ended));
    gauge("kvit_outbox_rows", shared.outbox_rows());
    gauge("kvit_store_commit", shared.progress.durable.load(Ordering::Relaxed));
    gauge("kvit_ready", u64::from(shared.readiness().ready));
}

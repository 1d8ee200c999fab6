//! Health and metrics, on a listener of their own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use kvit_adapters::amqp::Link;
use kvit_adapters::clock::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listen;
use crate::pipeline::tally::ENDS;
use crate::service::Shared;
use crate::telemetry::{self, list};

/// Serves `/livez`, `/readyz` and `/metrics` until told to stop.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let routes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(shared);
    listen::serve(listener, |_| routes.clone(), stop).await;
}

/// The process gets on; a broker that is away is no reason to restart it.
async fn livez(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let stalled = shared.stalled();
    if stalled.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", stalled.join("\n")))
    }
}

async fn readyz(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let readiness = shared.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn render(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    deliveries(&shared);
    connections(&shared);
    certificates(&shared);
    list::OUTBOX_ROWS.set(shared.outbox_rows(), &[]);
    list::STORE_COMMIT.set(shared.progress.durable.load(Ordering::Relaxed), &[]);
    list::READY.set(u64::from(shared.readiness().ready), &[]);
    telemetry::rendered()
}

/// The counts of deliveries, all of one moment, so that they add up whenever somebody looks.
fn deliveries(shared: &Shared) {
    let mut unbalanced = 0;
    for (queue, counts) in shared.tally.counts() {
        let queue = ("queue", queue.name().to_owned());
        list::MESSAGES_RECEIVED.total(counts.received, std::slice::from_ref(&queue));
        list::MESSAGES_REDELIVERED.total(counts.redelivered, std::slice::from_ref(&queue));
        list::MESSAGES_IN_FLIGHT.set(counts.in_flight, std::slice::from_ref(&queue));
        for (end, many) in ENDS.into_iter().zip(counts.ended) {
            let labels = [queue.clone(), ("disposition", end.to_owned())];
            list::MESSAGES_DISPOSED.total(many, &labels);
        }
        unbalanced += counts.unbalanced().unsigned_abs();
    }
    list::MESSAGES_UNBALANCED.set(u64::try_from(unbalanced).unwrap_or(u64::MAX), &[]);
    let stats = shared.consumer.stats();
    list::MESSAGES_ACKNOWLEDGED.total(stats.acknowledged.load(Ordering::Relaxed), &[]);
    list::ACKS_LOST.total(stats.acks_lost.load(Ordering::Relaxed), &[]);
}

fn connections(shared: &Shared) {
    let broker = shared.broker.borrow().clone();
    for (side, link) in [("consuming", &broker.consuming), ("publishing", &broker.publishing)] {
        let side = [("side", side.to_owned())];
        let blocked = matches!(link, Link::Blocked { .. });
        list::BROKER_CONNECTED.set(u64::from(*link == Link::Up), &side);
        list::BROKER_BLOCKED.set(u64::from(blocked), &side);
    }
    list::INTAKE_PAUSED.set(u64::from(shared.paused.borrow().is_some()), &[]);
}

/// Read from their files each time: those may have been replaced.
fn certificates(shared: &Shared) {
    let now = Clock::System.now().seconds();
    for certificate in crate::service::certificates(&shared.settings) {
        let Ok(expires) = certificate.expires else { continue };
        let left = u64::try_from(expires.seconds().saturating_sub(now)).unwrap_or(0);
        list::CERTIFICATE_EXPIRES.set(left, &[("which", certificate.which.to_owned())]);
    }
}

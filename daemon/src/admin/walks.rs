//! Long walks: answered as lines of JSON, `{"seen": n}` now and then, at the end one with the
//! report.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use kvit_adapters::store::Store;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::access::Viewer;
use crate::queries::{self, QueryError};
use crate::service::Shared;

/// Lines on their way to a slow reader; more progress than that is not told.
const LINES: usize = 16;

pub(super) async fn audit(_: Viewer, State(shared): State<Arc<Shared>>) -> Response {
    walk(shared, |store, progress| queries::verify_audit(store, progress))
}

pub(super) async fn store(_: Viewer, State(shared): State<Arc<Shared>>) -> Response {
    walk(shared, |store, progress| queries::verify_store(store, progress))
}

fn walk<T: Serialize>(
    shared: Arc<Shared>,
    walk: impl FnOnce(&Store, &mut dyn FnMut(u64)) -> Result<T, QueryError> + Send + 'static,
) -> Response {
    let (line, lines) = mpsc::channel::<String>(LINES);
    tokio::task::spawn_blocking(move || {
        let mut progress = |seen: u64| {
            // A reader that is behind, or gone, does not hold up the walk.
            let _ = line.try_send(format!("{}\n", json!({ "seen": seen })));
        };
        let last = match walk(&shared.store, &mut progress) {
            Ok(report) => json!({ "report": report }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        // A reader that is gone does not want the report either.
        let _ = line.blocking_send(format!("{last}\n"));
    });
    let lines = futures_util::stream::unfold(lines, |mut lines| async move {
        let line = lines.recv().await?;
        Some((Ok::<_, Infallible>(line), lines))
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

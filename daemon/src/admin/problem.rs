//! Why a request is not answered as asked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::queries::QueryError;

/// A status and a sentence.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    what: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, what: impl Into<String>) -> Self {
        Self { status, what: what.into() }
    }

    /// The daemon is about to end.
    pub(super) fn ending() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping")
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::NotFound(what) => Self::new(StatusCode::NOT_FOUND, what.clone()),
            QueryError::Store(source) => {
                tracing::error!(error = %source, "the store could not be read for a question");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}: {source}"))
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.what }))).into_response()
    }
}

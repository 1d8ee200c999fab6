//! Why a request is not answered as asked: RFC 9457.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::queries::QueryError;

/// A status and a sentence.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    what: String,
}

/// A problem on the wire.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Said {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The status in words.
    pub(crate) title: String,
    /// The status.
    pub(crate) status: u16,
    /// What is wrong, in a sentence for people.
    pub(crate) detail: String,
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
            QueryError::Invalid(what) => Self::new(StatusCode::BAD_REQUEST, what.clone()),
            QueryError::Store(source) => {
                tracing::error!(error = %source, "the store could not be read for a question");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}: {source}"))
            }
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let said = Said {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: self.status.as_u16(),
            detail: self.what,
        };
        (self.status, [(CONTENT_TYPE, "application/problem+json")], Json(said)).into_response()
    }
}

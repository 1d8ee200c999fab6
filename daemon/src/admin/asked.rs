//! What a request names in its path and its query. What cannot be read is a problem like any other.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{self, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};

use super::problem::Problem;

/// The parameters of the path.
pub(super) struct Path<T>(pub(super) T);

/// The parameters of the query.
pub(super) struct Query<T>(pub(super) T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    extract::Path<T>: FromRequestParts<S, Rejection = PathRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let extract::Path(named) = extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    extract::Query<T>: FromRequestParts<S, Rejection = QueryRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let extract::Query(named) = extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

/// There is nothing under this path.
pub(super) async fn nothing(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(StatusCode::NOT_FOUND, format!("there is nothing under {path:?}"))
}

/// There is something, for other methods.
pub(super) async fn another_method(method: Method) -> Problem {
    let method: String = method.as_str().chars().take(40).collect();
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("not for the method {method}"))
}

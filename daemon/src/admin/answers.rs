//! What is asked, and what is answered. Reading the store may block, so it is done off the async
//! workers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kvit_schemas::OrderCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::access::Viewer;
use super::asked::{Path, Query};
use super::problem::Problem;
use super::status::Status;
use crate::queries::{
    self, Books, CaseFilter, CaseSummary, CaseView, Group, Listed, PaymentView, ProposalView,
    QuarantineFilter, QuarantineView, Quarantined, QueryError, Suspended, TotalView, Why,
};
use crate::service::Shared;

type Answer<T> = Result<Json<T>, Problem>;

/// Which part of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PageOf {
    /// Only those after this number.
    after: Option<u64>,
    /// At most so many, up to 1000.
    limit: Option<usize>,
}

/// Which proposals.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposalsOf {
    /// Also those that do not wait any more.
    #[serde(default)]
    all: bool,
    /// Only those after this number.
    after: Option<u64>,
    /// At most so many, up to 1000.
    limit: Option<usize>,
}

/// What `why` is asked about.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Asked {
    /// An order code, feed/payment-id, a payment's number, feed/sha256 of a file, a message id.
    q: String,
}

async fn ask<T: Send + 'static>(
    shared: Arc<Shared>,
    question: impl FnOnce(Books<'_>) -> Result<T, QueryError> + Send + 'static,
) -> Answer<T> {
    let answered = tokio::task::spawn_blocking(move || {
        let (store, settings) = (&*shared.store, &shared.settings);
        question(Books { store, settings, now: shared.clock.now() })
    });
    let answer = answered.await.map_err(|_| Problem::ending())?;
    Ok(Json(answer?))
}

pub(super) async fn status(_: Viewer, State(shared): State<Arc<Shared>>) -> Answer<Status> {
    let now = Arc::clone(&shared);
    ask(shared, move |books| Ok(Status::of(&now, queries::totals(books.store)?))).await
}

pub(super) async fn cases(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Query(filter): Query<CaseFilter>,
) -> Answer<Listed<CaseSummary>> {
    ask(shared, move |books| queries::cases(books.store, &filter)).await
}

pub(super) async fn case(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Path(code): Path<OrderCode>,
) -> Answer<CaseView> {
    ask(shared, move |books| queries::case(books.store, code)).await
}

pub(super) async fn why(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Answer<Why> {
    ask(shared, move |books| queries::why(books, &asked.q)).await
}

pub(super) async fn suspense(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Query(page): Query<PageOf>,
) -> Answer<Listed<PaymentView>> {
    ask(shared, move |books| queries::suspense(books.store, page.after, page.limit)).await
}

pub(super) async fn suspended(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Answer<Suspended> {
    ask(shared, move |books| queries::suspended(books.store, &name)).await
}

pub(super) async fn quarantine(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Query(filter): Query<QuarantineFilter>,
) -> Answer<Listed<Quarantined>> {
    ask(shared, move |books| queries::quarantine(books.store, &filter)).await
}

pub(super) async fn groups(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Query(filter): Query<QuarantineFilter>,
) -> Answer<Listed<Group>> {
    ask(shared, move |books| queries::groups(books.store, &filter)).await
}

pub(super) async fn proposals(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Query(page): Query<ProposalsOf>,
) -> Answer<Listed<ProposalView>> {
    let part = (page.after, page.limit);
    ask(shared, move |books| queries::proposals(books.store, page.all, part)).await
}

pub(super) async fn proposal(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
) -> Answer<ProposalView> {
    ask(shared, move |books| queries::proposal(books.store, number)).await
}

pub(super) async fn quarantined(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
) -> Answer<QuarantineView> {
    ask(shared, move |books| queries::quarantined(books.store, number)).await
}

pub(super) async fn totals(_: Viewer, State(shared): State<Arc<Shared>>) -> Answer<Vec<TotalView>> {
    ask(shared, |books| queries::totals(books.store)).await
}

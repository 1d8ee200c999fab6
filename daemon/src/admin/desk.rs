//! Acts on quarantine, and the second person's word.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kvit_adapters::crash::{self, Point};
use kvit_adapters::store::Tables;
use kvit_schemas::record::{ProposedAct, Seq};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Acting, Approving, Deciding, Viewer};
use super::acts::{Because, Done, acted, handed};
use super::again;
use super::asked::Path;
use super::problem::Problem;
use crate::blocking::aside;
use crate::pipeline::desk::{By, DeskAct, DeskWork};
use crate::pipeline::files;
use crate::queries::QueryError;
use crate::service::Shared;

type Answer = Result<Json<Done>, Problem>;

/// How a message is to be released.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseWish {
    /// Why.
    pub(crate) reason: String,
    /// Only tell what would happen.
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// Mended bytes in base64, in place of those that came; these are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replacement: Option<String>,
    /// As this party, such as "portal epasluga"; a second person has to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) party: Option<String>,
    /// Releases that whoever asks has seen tried: with another number somebody else was first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
}

pub(super) async fn release(
    Acting(id): Acting,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    wish: Result<Json<ReleaseWish>, JsonRejection>,
) -> Answer {
    let Json(wish) = wish?;
    let mended = wish.replacement.map(|text| BASE64_STANDARD.decode(text)).transpose();
    let mended = mended.map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("replacement is no base64: {error}"))
    })?;
    let by = By { id, reason: wish.reason };
    let (number, dry_run) = (Seq(number), wish.dry_run);
    if let Some(party) = &wish.party
        && !dry_run
    {
        let party = shared.intake.directory.party_named(party);
        let party =
            party.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let party = Some(party.to_string());
        let act = ProposedAct::Release { number, party, replacement: None };
        return acted(&shared, DeskAct::Propose(act, mended), by).await;
    }
    let mended = mended.map(again::Mended::Given);
    let wish = again::Again { number, party: wish.party, mended, attempts: wish.attempts };
    released(&shared, wish, (by, None, dry_run)).await
}

pub(super) async fn discard(
    Acting(id): Acting,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    wish: Result<Json<Because>, JsonRejection>,
) -> Answer {
    let Json(Because { reason }) = wish?;
    let number = Seq(number);
    let record = shared.store.quarantined(number).map_err(QueryError::from)?;
    let money = record.and_then(|record| record.party).is_some_and(|it| it.starts_with("bank "));
    let act = if money && shared.settings.approvals.discard_payments {
        DeskAct::Propose(ProposedAct::Discard { number }, None)
    } else {
        DeskAct::Discard { number }
    };
    acted(&shared, act, By { id, reason }).await
}

pub(super) async fn approve(
    Approving(id): Approving,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    wish: Result<Json<Because>, JsonRejection>,
) -> Answer {
    let Json(Because { reason }) = wish?;
    let by = By { id, reason };
    let found = shared.store.proposal(Seq(number)).map_err(QueryError::from)?;
    let Some(proposal) = found else {
        let what = format!("there is no proposal number {number}");
        return Err(Problem::new(StatusCode::NOT_FOUND, what));
    };
    let approves = Some(Seq(number));
    let act = match proposal.act {
        ProposedAct::Release { number, party, replacement } => {
            let mended = replacement.map(again::Mended::Kept);
            let wish = again::Again { number, party, mended, attempts: None };
            return released(&shared, wish, (by, approves, false)).await;
        }
        ProposedAct::Discard { number } => DeskAct::Discard { number },
        ProposedAct::Assign { payment, order_code } => DeskAct::Assign { payment, order_code },
    };
    let done = handed(&shared, DeskWork { act, by, approves, dry_run: false }).await?;
    Ok(Json(Done::of(&done, true)))
}

pub(super) async fn withdraw(
    Deciding(id): Deciding,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    wish: Result<Json<Because>, JsonRejection>,
) -> Answer {
    let Json(Because { reason }) = wish?;
    let act = DeskAct::Withdraw { proposal: Seq(number) };
    acted(&shared, act, By { id, reason }).await
}

async fn released(
    shared: &Arc<Shared>,
    wish: again::Again,
    (by, approves, dry_run): (By, Option<Seq>, bool),
) -> Answer {
    let looking = Arc::clone(shared);
    let ready = aside(move || again::ready(&looking, wish)).end().await;
    let ready = ready.map_err(|_| Problem::ending())?.map_err(|error| match error {
        again::NotReady::Query(error) => Problem::from(error),
        again::NotReady::Not(what) => Problem::new(StatusCode::CONFLICT, what.to_string()),
        again::NotReady::Party(what) => Problem::new(StatusCode::BAD_REQUEST, what.to_string()),
    })?;
    let work = |act| DeskWork { act, by: by.clone(), approves, dry_run };
    match ready {
        again::Ready::Message(release) => {
            let done = handed(shared, work(DeskAct::Release(release))).await?;
            Ok(Json(Done::of(&done, !dry_run)))
        }
        again::Ready::File(file) if dry_run => {
            let begun = files::begun(file.prepared, file.settings.as_ref()).await;
            let begin = begun.ok_or_else(Problem::ending)?;
            let done = handed(shared, work(DeskAct::TryFile(Box::new(begin)))).await?;
            Ok(Json(Done::of(&done, false)))
        }
        again::Ready::File(file) => {
            let again::FileAgain { attempt, prepared, settings } = *file;
            let number = attempt.number;
            handed(shared, work(DeskAct::Claim(attempt))).await?;
            crash::reach(Point::ReleaseClaimed);
            let taken = again::take(shared, (prepared, settings)).await;
            let outcome = taken.ok_or_else(Problem::ending)?;
            crash::reach(Point::ReleaseTaken);
            let settle = DeskAct::Settle { number, outcome };
            let work = DeskWork { act: settle, by: by.clone(), approves: None, dry_run: false };
            let done = handed(shared, work).await?;
            Ok(Json(Done::of(&done, true)))
        }
    }
}

/// The bytes of a message as they came.
pub(super) async fn body(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
) -> Result<Response, Problem> {
    let found = tokio::task::spawn_blocking(move || {
        let record = shared.store.quarantined(Seq(number))?;
        let body = shared.store.body(Seq(number))?;
        Ok::<_, QueryError>(record.and(body))
    });
    let found = found.await.map_err(|_| Problem::ending())??;
    let Some(body) = found else {
        let what = format!("quarantine holds no bytes of a number {number}");
        return Err(Problem::new(StatusCode::NOT_FOUND, what));
    };
    Ok(([(CONTENT_TYPE, "application/octet-stream")], Bytes::from(body)).into_response())
}

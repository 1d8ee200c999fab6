//! Acts on the daemon's own works: sources, outbox, schedules.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kvit_schemas::record::DeskNote;
use kvit_schemas::{Moment, OperatorId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::access::{Acting, Viewer};
use super::acts::{Because, Done, acted};
use super::asked::Path;
use super::problem::Problem;
use crate::pipeline::desk::{By, DeskAct};
use crate::queries::{self, OutboxView, QueryError};
use crate::service::{SOURCES, Shared};

/// Runs of a schedule that are told ahead.
const RUNS: usize = 5;

type Answer = Result<Json<Done>, Problem>;

/// A source, and whether it is paused.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SourceView {
    /// `portal`, `bank`, `files` or `agency`.
    pub(crate) source: String,
    /// Who paused it, if so.
    pub(crate) paused_by: Option<String>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// Since when.
    pub(crate) paused_at: Option<Moment>,
}

/// A schedule.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ScheduleView {
    /// Its name in the settings.
    pub(crate) schedule: String,
    /// When it runs: minute, hour, day of month, month, day of week, in Minsk.
    pub(crate) cron: String,
    /// The time of its last run.
    pub(crate) last: Option<Moment>,
    /// The times of the next runs.
    pub(crate) next: Vec<Moment>,
}

/// Which destination to try again, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kick {
    /// Why.
    pub(crate) reason: String,
    /// The destination as the outbox names it; without it all that wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) destination: Option<String>,
}

pub(super) async fn outbox(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<Vec<OutboxView>>, Problem> {
    let store = Arc::clone(&shared.store);
    let found = tokio::task::spawn_blocking(move || queries::outbox(&store)).await;
    let mut views = found.map_err(|_| Problem::ending())??;
    for held in shared.held.borrow().iter() {
        for view in views.iter_mut().filter(|view| view.destination == held.place) {
            view.held = Some(held.reason.clone());
        }
    }
    Ok(Json(views))
}

pub(super) async fn kick(
    Acting(id): Acting,
    State(shared): State<Arc<Shared>>,
    wish: Result<Json<Kick>, JsonRejection>,
) -> Answer {
    let Json(Kick { reason, destination }) = wish?;
    if let Some(wanted) = &destination {
        let known = shared.held.borrow().iter().any(|held| held.place == *wanted);
        if !known {
            let what = format!("{wanted:?} does not wait; see `kvit outbox list`");
            return Err(Problem::new(StatusCode::NOT_FOUND, what));
        }
    }
    let note = DeskNote::Kicked { destination: destination.clone() };
    let done = acted(&shared, DeskAct::Note(note), By { id, reason }).await?;
    shared.kick.send(destination).await.map_err(|_| Problem::ending())?;
    Ok(done)
}

pub(super) async fn sources(_: Viewer, State(shared): State<Arc<Shared>>) -> Json<Vec<SourceView>> {
    let pauses = shared.pauses.borrow().clone();
    let view = |(source, _): &(&str, _)| {
        let pause = pauses.iter().find(|pause| pause.source == *source);
        SourceView {
            source: (*source).to_owned(),
            paused_by: pause.map(|it| it.by.to_string()),
            reason: pause.map(|it| it.reason.clone()),
            paused_at: pause.map(|it| it.at),
        }
    };
    Json(SOURCES.iter().map(view).collect())
}

pub(super) async fn pause(
    Acting(id): Acting,
    State(shared): State<Arc<Shared>>,
    Path(source): Path<String>,
    wish: Result<Json<Because>, JsonRejection>,
) -> Answer {
    steer(&shared, id, (source, wish), |source| DeskAct::Pause { source }).await
}

pub(super) async fn resume(
    Acting(id): Acting,
    State(shared): State<Arc<Shared>>,
    Path(source): Path<String>,
    wish: Result<Json<Because>, JsonRejection>,
) -> Answer {
    steer(&shared, id, (source, wish), |source| DeskAct::Resume { source }).await
}

fn known(source: String) -> Result<String, Problem> {
    if SOURCES.iter().any(|(known, _)| *known == source) {
        return Ok(source);
    }
    let names: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
    let what = format!("{source:?} is no source; there are {}", names.join(", "));
    Err(Problem::new(StatusCode::NOT_FOUND, what))
}

/// What concerns a source: its name and why.
type Wished = (String, Result<Json<Because>, JsonRejection>);

async fn steer(
    shared: &Shared,
    id: OperatorId,
    (source, wish): Wished,
    act: fn(String) -> DeskAct,
) -> Answer {
    let Json(Because { reason }) = wish?;
    let done = acted(shared, act(known(source)?), By { id, reason }).await?;
    shared.apply_pauses().map_err(QueryError::from)?;
    Ok(done)
}

pub(super) async fn schedules(
    _: Viewer,
    State(shared): State<Arc<Shared>>,
) -> Result<Json<Vec<ScheduleView>>, Problem> {
    use kvit_adapters::store::Tables;
    let mut views = Vec::with_capacity(shared.jobs.len());
    for job in &shared.jobs {
        let first = job.cron.next_after(shared.clock.now());
        let next = std::iter::successors(first, |at| job.cron.next_after(*at)).take(RUNS);
        views.push(ScheduleView {
            schedule: job.name.to_owned(),
            cron: job.text.clone(),
            last: shared.store.last_fired(job.name).map_err(QueryError::from)?,
            next: next.collect(),
        });
    }
    Ok(Json(views))
}

pub(super) async fn run(
    Acting(id): Acting,
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    wish: Result<Json<Because>, JsonRejection>,
) -> Answer {
    let Json(Because { reason }) = wish?;
    let is = |job: &&crate::schedule::Job| {
        job.name == name || job.name.strip_prefix("schedule.") == Some(&name)
    };
    let Some(job) = shared.jobs.iter().find(is) else {
        let names: Vec<&str> = shared.jobs.iter().map(|job| job.name).collect();
        let what = format!("{name:?} is no schedule; there are {}", names.join(", "));
        return Err(Problem::new(StatusCode::NOT_FOUND, what));
    };
    let note = DeskNote::ScheduleRun { schedule: job.name.to_owned() };
    let done = acted(&shared, DeskAct::Note(note), By { id, reason }).await?;
    let (reply, ran) = oneshot::channel();
    shared.run.send((job.name, reply)).await.map_err(|_| Problem::ending())?;
    ran.await.map_err(|_| Problem::ending())?;
    Ok(done)
}

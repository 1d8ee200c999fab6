//! What people do. Each act is committed like a message, and stands in the audit log with who did
//! it and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kvit_adapters::store::Tables;
use kvit_schemas::record::{ProposedAct, Seq};
use kvit_schemas::{AgencyId, OperatorId, OrderCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Acting;
use super::asked::Path;
use super::problem::Problem;
use crate::engine::Input;
use crate::pipeline::Work;
use crate::pipeline::desk::{By, DeskAct, DeskDone, DeskEnded, DeskWork};
use crate::queries::sentence;
use crate::service::{self, Shared};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// Which agency is to decide a case, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignCase {
    /// The agency.
    pub(crate) agency: AgencyId,
    /// Why.
    pub(crate) reason: String,
}

/// Which order a payment belongs to, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignPayment {
    /// The order.
    pub(crate) order_code: OrderCode,
    /// Why.
    pub(crate) reason: String,
}

/// Why something is done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Because {
    /// Why.
    pub(crate) reason: String,
}

/// What was done, or in a dry run would be; on stable storage when it is told.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Done {
    /// It is done; false after a dry run, and while a second person has to approve.
    pub(crate) done: bool,
    /// What came of a release: applied, duplicate, refused again.
    pub(crate) outcome: Option<String>,
    /// The proposal that a second person has to approve.
    pub(crate) proposal: Option<u64>,
    /// What followed, in sentences.
    pub(crate) said: Vec<String>,
    /// Messages that follow: to whom, and which type.
    pub(crate) messages: Vec<(String, String)>,
}

impl Done {
    pub(super) fn of(done: &DeskDone, really: bool) -> Self {
        Self {
            done: really && done.number.is_none(),
            outcome: done.outcome.as_ref().map(|outcome| outcome.as_str().to_owned()),
            proposal: done.number.map(|number| number.0),
            said: done.notes.iter().map(sentence).collect(),
            messages: done.messages.clone(),
        }
    }
}

pub(super) async fn assign_case(
    Acting(by): Acting,
    State(shared): State<Arc<Shared>>,
    Path(order_code): Path<OrderCode>,
    wish: Result<Json<AssignCase>, JsonRejection>,
) -> Result<Json<Done>, Problem> {
    let Json(wish) = wish?;
    let act = DeskAct::Engine(Input::AssignCase { order_code, agency: wish.agency });
    acted(&shared, act, By { id: by, reason: wish.reason }).await
}

pub(super) async fn assign_payment(
    Acting(by): Acting,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    wish: Result<Json<AssignPayment>, JsonRejection>,
) -> Result<Json<Done>, Problem> {
    let Json(wish) = wish?;
    let (order_code, payment) = (wish.order_code, Seq(number));
    let act = if takes_two(&shared, payment)? {
        DeskAct::Propose(ProposedAct::Assign { payment, order_code }, None)
    } else {
        DeskAct::Assign { payment, order_code }
    };
    acted(&shared, act, By { id: by, reason: wish.reason }).await
}

/// More money than one person may assign alone.
fn takes_two(shared: &Shared, payment: Seq) -> Result<bool, Problem> {
    let above = shared.settings.approvals.assign_above;
    let found = shared.store.payment(payment).map_err(crate::queries::QueryError::from)?;
    let amount = found.as_ref().and_then(|payment| payment.main()).map(|main| main.amount);
    let whole = amount.map_or(0, |amount| {
        let digits = u32::try_from(amount.currency().minor_digits()).unwrap_or_default();
        amount.minor() / 10_i64.saturating_pow(digits)
    });
    Ok(above > 0 && whole >= above)
}

/// Hands an act to the committer, and tells what came of it.
pub(super) async fn acted(shared: &Shared, act: DeskAct, by: By) -> Result<Json<Done>, Problem> {
    let done = handed(shared, DeskWork { act, by, approves: None, dry_run: false }).await?;
    Ok(Json(Done::of(&done, true)))
}

/// The same, for acts that are meant in a special way.
pub(super) async fn handed(shared: &Shared, work: DeskWork) -> Result<DeskDone, Problem> {
    if let Some(what) = unusable(&work.by.reason) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, what));
    }
    tell(&work.by.id, &work.act, work.dry_run);
    let ended = service::committed(shared, |reply| Work::Desk(Box::new(work), reply)).await;
    match ended.ok_or_else(Problem::ending)? {
        DeskEnded::Done(done) => Ok(done),
        DeskEnded::Late(what) | DeskEnded::Refused(what) => {
            Err(Problem::new(StatusCode::CONFLICT, what))
        }
        DeskEnded::Missing(what) => Err(Problem::new(StatusCode::NOT_FOUND, what)),
        DeskEnded::Forbidden(what) => Err(Problem::new(StatusCode::FORBIDDEN, what)),
    }
}

/// What is wrong with a reason.
fn unusable(reason: &str) -> Option<&'static str> {
    match reason.trim() {
        "" => Some("a reason is needed"),
        text if text.chars().count() > REASON_CHARS_MAX => Some("the reason is too long"),
        text if text.chars().any(char::is_control) => Some("the reason must be one line"),
        _ => None,
    }
}

fn tell(by: &OperatorId, act: &DeskAct, dry_run: bool) {
    let name = match act {
        DeskAct::Release(_) | DeskAct::Claim(_) | DeskAct::TryFile(_) => "release a message",
        DeskAct::Settle { .. } => "end the release of a file",
        DeskAct::Discard { .. } => "discard a message",
        DeskAct::Assign { .. } => "assign a payment",
        DeskAct::Engine(_) => "assign a case",
        DeskAct::Propose(..) => "propose",
        DeskAct::Withdraw { .. } => "withdraw a proposal",
        DeskAct::Pause { .. } => "pause a source",
        DeskAct::Resume { .. } => "resume a source",
        DeskAct::Forget { .. } => "forget messages",
        DeskAct::Note(_) => "run or kick",
    };
    tracing::info!(operator = by.as_str(), act = name, dry_run, "an operator acts");
}

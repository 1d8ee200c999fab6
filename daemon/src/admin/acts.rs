//! What people do. Each act is committed like a message, and stands in the audit log with who did
//! it and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kvit_schemas::record::{Actor, Seq};
use kvit_schemas::{AgencyId, OperatorId, OrderCode};
use serde::{Deserialize, Serialize};

use super::access::Acting;
use super::problem::Problem;
use crate::engine::Input;
use crate::pipeline::{Ended, Work};
use crate::service::{self, Shared};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// Which agency is to decide a case, and why.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignCase {
    /// The agency.
    pub(crate) agency: AgencyId,
    /// Why.
    pub(crate) reason: String,
}

/// Which order a payment belongs to, and why.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignPayment {
    /// The order.
    pub(crate) order_code: OrderCode,
    /// Why.
    pub(crate) reason: String,
}

/// The act is committed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// Always true: what was not done is a problem.
    pub(crate) done: bool,
}

pub(super) async fn assign_case(
    Acting(by): Acting,
    State(shared): State<Arc<Shared>>,
    Path(order_code): Path<OrderCode>,
    Json(wish): Json<AssignCase>,
) -> Result<Json<Done>, Problem> {
    let input = Input::AssignCase { order_code, agency: wish.agency };
    act(&shared, input, (by, wish.reason)).await
}

pub(super) async fn assign_payment(
    Acting(by): Acting,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Json(wish): Json<AssignPayment>,
) -> Result<Json<Done>, Problem> {
    let (order_code, reason) = (wish.order_code, wish.reason);
    let payment = Seq(number);
    let given = (by.clone(), reason.clone());
    let input = Input::AssignPayment { payment, order_code, by, reason };
    act(&shared, input, given).await
}

async fn act(
    shared: &Shared,
    input: Input,
    (by, reason): (OperatorId, String),
) -> Result<Json<Done>, Problem> {
    if let Some(what) = unusable(&reason) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, what));
    }
    tracing::info!(operator = by.as_str(), act = act_name(&input), "an operator acts");
    let actor = Actor::Operator { id: by.to_string(), reason };
    let ended = service::committed(shared, |reply| Work::Act { input, actor, reply }).await;
    match ended.ok_or_else(Problem::ending)? {
        Ended::Applied(_) | Ended::Duplicate => Ok(Json(Done { done: true })),
        Ended::Refused(refused) => {
            let what = format!("{}: {}", refused.code, refused.detail);
            Err(Problem::new(StatusCode::CONFLICT, what))
        }
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

fn act_name(input: &Input) -> &'static str {
    match input {
        Input::AssignPayment { .. } => "assign a payment",
        Input::AssignCase { .. } => "assign a case",
        Input::Portal { .. } | Input::Report(_) | Input::Agency { .. } | Input::Timer { .. } => {
            "apply a message"
        }
    }
}

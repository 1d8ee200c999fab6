//! Every route of the admin API, once: the router and the OpenAPI document are made of this list,
//! so that neither knows a route that the other does not.

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::acts::{AssignCase, AssignPayment, Because, Done};
use super::answers::{Asked, PageOf, ProposalsOf};
use super::desk::ReleaseWish;
use super::status::Status;
use super::works::{Kick, ScheduleView, SourceView};
use super::{acts, answers, desk, openapi, walks, works};
use crate::queries::{
    AuditReport, CaseFilter, CaseSummary, CaseView, Group, Listed, OutboxView, PaymentView,
    ProposalView, QuarantineFilter, QuarantineView, Quarantined, StoreReport, Suspended, TotalView,
    Why,
};
use crate::service::Shared;

/// The schema of a type.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// What is answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// JSON.
    Json(Shape),
    /// Lines of JSON: progress, then the report.
    Lines(Shape),
    /// Bytes.
    Bytes,
    /// This description.
    OpenApi,
}

/// One route.
#[derive(Clone, Copy)]
pub(super) struct Route {
    /// `get` or `post`.
    pub(super) verb: &'static str,
    /// Its path; parts in braces are parameters.
    pub(super) path: &'static str,
    /// Its name for programs.
    pub(super) id: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    /// The role it needs.
    pub(super) role: &'static str,
    /// The parameters of its query.
    pub(super) query: Option<Shape>,
    /// The body it takes.
    pub(super) body: Option<Shape>,
    /// What it answers.
    pub(super) answer: Answer,
    handler: fn() -> MethodRouter<Arc<Shared>>,
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A question, which every operator may ask.
const fn ask(
    (path, id): (&'static str, &'static str),
    about: &'static str,
    query: Option<Shape>,
    answer: Answer,
    handler: fn() -> MethodRouter<Arc<Shared>>,
) -> Route {
    Route { verb: "get", path, id, about, role: "viewer", query, body: None, answer, handler }
}

/// An act, for which a role is needed.
const fn act(
    (path, id): (&'static str, &'static str),
    about: &'static str,
    role: &'static str,
    body: Shape,
    handler: fn() -> MethodRouter<Arc<Shared>>,
) -> Route {
    let answer = Answer::Json(of::<Done>);
    Route { verb: "post", path, id, about, role, query: None, body: Some(body), answer, handler }
}

const OPERATOR: &str = "operator";

/// All of them.
pub(super) const ROUTES: &[&[Route]] = &[QUESTIONS, DESK, WORKS, WALKS];

const QUESTIONS: &[Route] = &[
    ask(("/v1/status", "status"), "How the daemon is", None, Answer::Json(of::<Status>), || {
        get(answers::status)
    }),
    ask(
        ("/v1/cases", "cases"),
        "Cases in the order in which they were first heard of",
        Some(of::<CaseFilter>),
        Answer::Json(of::<Listed<CaseSummary>>),
        || get(answers::cases),
    ),
    ask(
        ("/v1/cases/{code}", "case"),
        "One case with its money",
        None,
        Answer::Json(of::<CaseView>),
        || get(answers::case),
    ),
    act(
        ("/v1/cases/{code}/assign", "assignCase"),
        "Give a case that an agency gave back to another one",
        OPERATOR,
        of::<AssignCase>,
        || post(acts::assign_case),
    ),
    ask(
        ("/v1/why", "why"),
        "The whole story of a case, a payment, a file or a message",
        Some(of::<Asked>),
        Answer::Json(of::<Why>),
        || get(answers::why),
    ),
    ask(
        ("/v1/suspense", "suspense"),
        "Payments in suspense, the longest known first",
        Some(of::<PageOf>),
        Answer::Json(of::<Listed<PaymentView>>),
        || get(answers::suspense),
    ),
    ask(
        ("/v1/suspense/{payment}", "suspended"),
        "One payment by its number, its order code, or feed:payment-id, with payer, purpose and \
         the orders it may belong to",
        None,
        Answer::Json(of::<Suspended>),
        || get(answers::suspended),
    ),
    act(
        ("/v1/suspense/{payment}/assign", "assignPayment"),
        "Say which order a payment belongs to; above approvals.assign_above this is a proposal",
        OPERATOR,
        of::<AssignPayment>,
        || post(acts::assign_payment),
    ),
    ask(
        ("/v1/totals", "totals"),
        "Where all money is, by feed and currency",
        None,
        Answer::Json(of::<Vec<TotalView>>),
        || get(answers::totals),
    ),
];

const DESK: &[Route] = &[
    ask(
        ("/v1/quarantine", "quarantine"),
        "Refused and conflicting messages, oldest first",
        Some(of::<QuarantineFilter>),
        Answer::Json(of::<Listed<Quarantined>>),
        || get(answers::quarantine),
    ),
    ask(
        ("/v1/quarantine-groups", "quarantineGroups"),
        "The same by what is wrong with them; groups of several pages with one fingerprint are one",
        Some(of::<QuarantineFilter>),
        Answer::Json(of::<Listed<Group>>),
        || get(answers::groups),
    ),
    ask(
        ("/v1/quarantine/{number}", "quarantined"),
        "One of them, with why, the cure, properties, and its bytes as text",
        None,
        Answer::Json(of::<QuarantineView>),
        || get(answers::quarantined),
    ),
    ask(
        ("/v1/quarantine/{number}/body", "quarantinedBody"),
        "Its bytes as they came",
        None,
        Answer::Bytes,
        || get(desk::body),
    ),
    act(
        ("/v1/quarantine/{number}/release", "release"),
        "Release it: a new attempt on the way of any delivery; as another party it is a proposal",
        OPERATOR,
        of::<ReleaseWish>,
        || post(desk::release),
    ),
    act(
        ("/v1/quarantine/{number}/discard", "discard"),
        "Say that it is not to be released",
        OPERATOR,
        of::<Because>,
        || post(desk::discard),
    ),
    ask(
        ("/v1/proposals", "proposals"),
        "What waits for a second person",
        Some(of::<ProposalsOf>),
        Answer::Json(of::<Listed<ProposalView>>),
        || get(answers::proposals),
    ),
    ask(
        ("/v1/proposals/{number}", "proposal"),
        "One proposal",
        None,
        Answer::Json(of::<ProposalView>),
        || get(answers::proposal),
    ),
    act(
        ("/v1/proposals/{number}/approve", "approve"),
        "Approve what somebody else proposed; it is done at once",
        "approver",
        of::<Because>,
        || post(desk::approve),
    ),
    act(
        ("/v1/proposals/{number}/withdraw", "withdraw"),
        "Take back or turn down a proposal; an approver may, too",
        OPERATOR,
        of::<Because>,
        || post(desk::withdraw),
    ),
];

const WORKS: &[Route] = &[
    ask(
        ("/v1/outbox", "outbox"),
        "What waits to be sent, by destination",
        None,
        Answer::Json(of::<Vec<OutboxView>>),
        || get(works::outbox),
    ),
    act(
        ("/v1/outbox/kick", "kick"),
        "Try a destination that waits, or all of them, again at once",
        OPERATOR,
        of::<Kick>,
        || post(works::kick),
    ),
    ask(
        ("/v1/sources", "sources"),
        "Where messages are taken from, and what is paused",
        None,
        Answer::Json(of::<Vec<SourceView>>),
        || get(works::sources),
    ),
    act(
        ("/v1/sources/{source}/pause", "pause"),
        "Take nothing more from a source; it stays so after a restart",
        OPERATOR,
        of::<Because>,
        || post(works::pause),
    ),
    act(
        ("/v1/sources/{source}/resume", "resume"),
        "Take from it again",
        OPERATOR,
        of::<Because>,
        || post(works::resume),
    ),
    ask(
        ("/v1/schedules", "schedules"),
        "What runs when",
        None,
        Answer::Json(of::<Vec<ScheduleView>>),
        || get(works::schedules),
    ),
    act(
        ("/v1/schedules/{name}/run", "runSchedule"),
        "Run one out of turn, and wait for its end",
        OPERATOR,
        of::<Because>,
        || post(works::run),
    ),
];

const WALKS: &[Route] = &[
    ask(
        ("/v1/audit/verify", "verifyAudit"),
        "Walk along the whole audit chain",
        None,
        Answer::Lines(of::<AuditReport>),
        || get(walks::audit),
    ),
    ask(
        ("/v1/store/verify", "verifyStore"),
        "Walk over every row of the store",
        None,
        Answer::Lines(of::<StoreReport>),
        || get(walks::store),
    ),
    ask(("/openapi.json", "openapi"), "This description", None, Answer::OpenApi, || {
        get(openapi::serve)
    }),
];

/// The routes, to be served.
pub(super) fn router() -> Router<Arc<Shared>> {
    let all = ROUTES.iter().flat_map(|group| group.iter());
    all.fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
}

//! Who asks, and what they may: the uid of the process at the other end of the socket.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::serve::IncomingStream;
use kvit_schemas::OperatorId;
use tokio::net::UnixListener;

use super::problem::Problem;
use crate::service::Shared;
use crate::settings::{Role, Settings};

/// The process at the other end; the kernel vouches for its uid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    uid: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self { uid: stream.io().peer_cred().ok().map(|peer| peer.uid()) }
    }
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Who.
    pub(super) id: OperatorId,
    /// May act, not only see.
    pub(super) may_act: bool,
}

/// Somebody who may see.
pub(super) struct Viewer;

/// Somebody who may act.
pub(super) struct Acting(pub(super) OperatorId);

/// The person behind a uid. Without any operator in the settings, root and kvit's own user may do
/// everything.
pub(super) fn person(settings: &Settings, uid: u32, own: u32) -> Option<Person> {
    if settings.operators.is_empty() {
        let ours = uid == 0 || uid == own;
        let id = ours.then(|| format!("uid-{uid}").parse().ok()).flatten();
        return id.map(|id| Person { id, may_act: true });
    }
    let (id, known) = settings.operators.iter().find(|(_, known)| known.uid == uid)?;
    let may_act = known.roles.contains(&Role::Operator);
    (!known.roles.is_empty()).then(|| Person { id: id.clone(), may_act })
}

fn admitted(parts: &Parts, shared: &Shared) -> Result<Person, Problem> {
    let peer = parts.extensions.get::<ConnectInfo<Peer>>();
    let uid = peer.and_then(|ConnectInfo(peer)| peer.uid);
    let own = rustix::process::geteuid().as_raw();
    let found = uid.and_then(|uid| person(&shared.settings, uid, own));
    found.ok_or_else(|| {
        tracing::warn!(uid, path = parts.uri.path(), "admin request refused: not an operator");
        let who = uid.map_or("whoever asks".to_owned(), |uid| format!("uid {uid}"));
        let what = format!("{who} is no operator; see [operators] in the settings");
        Problem::new(StatusCode::FORBIDDEN, what)
    })
}

impl FromRequestParts<Arc<Shared>> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        admitted(parts, shared).map(|_| Self)
    }
}

impl FromRequestParts<Arc<Shared>> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let person = admitted(parts, shared)?;
        if person.may_act {
            return Ok(Self(person.id));
        }
        let (operator, path) = (person.id.as_str(), parts.uri.path());
        tracing::warn!(operator, path, "admin request refused: may not act");
        let what = format!("{operator} may see, not act: the role \"operator\" is missing");
        Err(Problem::new(StatusCode::FORBIDDEN, what))
    }
}

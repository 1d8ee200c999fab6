//! Who asks, and what they may: the uid of the process at the other end of the socket, a client's
//! certificate, or a token.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::extract::connect_info::ConnectInfo;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use kvit_schemas::{OperatorId, hex};
use sha2::{Digest, Sha256};
use tokio::net::UnixStream;

use super::problem::Problem;
use crate::service::Shared;
use crate::settings::{Operator, Role, Settings};

/// What the transport knows of the process at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    /// On this machine; the kernel vouches for the uid.
    Local {
        /// Its uid.
        uid: Option<u32>,
    },
    /// Over TLS; those in the client CA file vouch for the certificate.
    Remote {
        /// The certificate's subject, where one was shown.
        subject: Option<String>,
    },
}

impl Peer {
    /// Of a connection to the socket.
    pub(super) fn local(stream: &UnixStream) -> Self {
        Self::Local { uid: stream.peer_cred().ok().map(|peer| peer.uid()) }
    }

    /// As the routes are told of it.
    pub(super) fn told(self) -> Extension<ConnectInfo<Self>> {
        Extension(ConnectInfo(self))
    }
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Who.
    pub(super) id: OperatorId,
    /// What they may do.
    pub(super) roles: BTreeSet<Role>,
}

/// Somebody who may see.
pub(super) struct Viewer;

/// Somebody who may act.
pub(super) struct Acting(pub(super) OperatorId);

/// Somebody who may be the second person.
pub(super) struct Approving(pub(super) OperatorId);

/// Somebody who may propose or approve, and so withdraw.
pub(super) struct Deciding(pub(super) OperatorId);

/// The person behind a request. A token speaks louder than how it came. Without any operator in
/// the settings, root and kvit's own user may do everything on this machine, and nobody else.
pub(super) fn person(
    settings: &Settings,
    (peer, token): (&Peer, Option<&str>),
    own: u32,
) -> Option<Person> {
    if settings.operators.is_empty() {
        let Peer::Local { uid: Some(uid) } = peer else { return None };
        let ours = *uid == 0 || *uid == own;
        let id = ours.then(|| format!("uid-{uid}").parse().ok()).flatten();
        let roles = [Role::Viewer, Role::Operator, Role::Approver].into();
        return id.map(|id| Person { id, roles });
    }
    let digest = token.map(|token| hex::encode(&Sha256::digest(token.as_bytes())));
    let is = |known: &Operator| match (&digest, peer) {
        (Some(digest), _) => known.token_sha256.as_ref() == Some(digest),
        (None, Peer::Local { uid }) => uid.is_some() && known.uid == *uid,
        (None, Peer::Remote { subject }) => subject.is_some() && known.certificate == *subject,
    };
    let (id, known) = settings.operators.iter().find(|(_, known)| is(known))?;
    let person = Person { id: id.clone(), roles: known.roles.clone() };
    (!person.roles.is_empty()).then_some(person)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn admitted(parts: &Parts, shared: &Shared) -> Result<Person, Problem> {
    let nobody = ConnectInfo(Peer::Remote { subject: None });
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<Peer>>().unwrap_or(&nobody);
    let token = token(&parts.headers);
    let own = rustix::process::geteuid().as_raw();
    person(&shared.settings, (peer, token), own).ok_or_else(|| {
        tracing::warn!(?peer, path = parts.uri.path(), "admin request refused: not an operator");
        let who = match (token, peer) {
            (Some(_), _) => "whoever has this token".to_owned(),
            (None, Peer::Local { uid: Some(uid) }) => format!("uid {uid}"),
            (None, Peer::Remote { subject: Some(subject) }) => format!("{subject:?}"),
            (None, Peer::Local { uid: None } | Peer::Remote { subject: None }) => {
                "whoever asks without certificate and token".to_owned()
            }
        };
        let what = format!("{who} is no operator; see [operators] in the settings");
        let known = token.is_none() && matches!(peer, Peer::Local { uid: Some(_) });
        let status = if known { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
        Problem::new(status, what)
    })
}

/// A person with this role.
fn with_role(parts: &Parts, shared: &Shared, role: Role) -> Result<OperatorId, Problem> {
    let person = admitted(parts, shared)?;
    if person.roles.contains(&role) {
        return Ok(person.id);
    }
    let (operator, path, role) = (person.id.as_str(), parts.uri.path(), role.to_string());
    tracing::warn!(operator, path, role, "admin request refused: a role is missing");
    let what = format!("{operator} may see, not do this: the role \"{role}\" is missing");
    Err(Problem::new(StatusCode::FORBIDDEN, what))
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
        with_role(parts, shared, Role::Operator).map(Self)
    }
}

impl FromRequestParts<Arc<Shared>> for Deciding {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let approver = with_role(parts, shared, Role::Approver);
        approver.or_else(|_| with_role(parts, shared, Role::Operator)).map(Self)
    }
}

impl FromRequestParts<Arc<Shared>> for Approving {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        with_role(parts, shared, Role::Approver).map(Self)
    }
}

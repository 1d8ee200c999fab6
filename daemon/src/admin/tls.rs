//! The admin API over TCP: with TLS only, with a client's certificate or a token, and only under
//! names that it is meant to be called by.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use x509_cert::der::Decode;

use super::access::Peer;
use super::problem::Problem;
use crate::listen::{self, CLIENTS_MAX, PATIENCE};
use crate::service::Shared;
use crate::settings::AdminTls;

/// A listener over TLS.
pub(crate) struct Secure {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

/// Opens `admin.listen`.
///
/// # Errors
/// When the address is taken, or certificate and key cannot be used.
pub(crate) async fn bind(address: SocketAddr, tls: &AdminTls) -> io::Result<Secure> {
    let acceptor = TlsAcceptor::from(Arc::new(server(tls)?));
    let listener = TcpListener::bind(address).await?;
    Ok(Secure { listener, acceptor })
}

fn server(tls: &AdminTls) -> io::Result<ServerConfig> {
    let (Some(certificate), Some(key)) = (&tls.certificate_file, &tls.key_file) else {
        return Err(io::Error::other("admin.tls has no certificate or no key"));
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = match &tls.client_ca_file {
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(file)? {
                roots.add(root).map_err(|error| unusable(file, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| unusable(file, &error))?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    builder.with_single_cert(chain, key).map_err(|error| unusable(certificate, &error))
}

/// The certificates of a file in PEM.
pub(crate) fn certificates(file: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let found: Vec<_> = read.map_err(|error| unusable(file, &error))?;
    if found.is_empty() {
        return Err(unusable(file, &"it holds no certificate"));
    }
    Ok(found)
}

fn unusable(file: &Path, why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()))
}

/// Serves until told to stop.
pub(crate) async fn serve(secure: Secure, shared: Arc<Shared>, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CLIENTS_MAX));
    let routes = super::app(Arc::clone(&shared))
        .layer(middleware::from_fn_with_state(shared, under_a_known_name));
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = secure.listener.accept() => accepted,
            Some(_) = clients.join_next() => continue,
            () = stop.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, most likely: others may be closed meanwhile.
                tracing::warn!(%error, "a client of the admin API could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (acceptor, routes) = (secure.acceptor.clone(), routes.clone());
        let stop = stop.clone();
        clients.spawn(async move {
            client(stream, acceptor, (routes, stop)).await;
            drop(place);
        });
    }
}

async fn client(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    (routes, stop): (Router, CancellationToken),
) {
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
        tracing::debug!("a client of the admin API did not get through its handshake");
        return;
    };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let peer = Peer::Remote { subject: shown.and_then(subject) };
    listen::speak(stream, routes.layer(peer.told()), stop).await;
}

/// The subject of a certificate that was found good, as RFC 4514 spells it.
fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate.subject.to_string())
}

/// A browser that was led here by a foreign name says so in the host it asks for.
async fn under_a_known_name(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let name = given.map(without_port).unwrap_or_default().to_ascii_lowercase();
    if shared.settings.admin.allowed_hosts.contains(&name) {
        return next.run(request).await;
    }
    tracing::warn!(host = given, "admin request refused: not one of admin.allowed_hosts");
    let what = format!("{name:?} is not among admin.allowed_hosts");
    Problem::new(StatusCode::MISDIRECTED_REQUEST, what).into_response()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn a_port_is_no_part_of_a_name() {
        for (host, name) in [("a.by:9466", "a.by"), ("a.by", "a.by"), ("[::1]:1", "[::1]")] {
            assert_eq!(without_port(host), name);
        }
        assert_eq!(without_port("[::1]"), "[::1]", "an address has colons, too");
    }
}

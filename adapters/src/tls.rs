//! TLS with a private certificate authority: what is read from files, and what can be wrong.
//!
//! Only the given authority is trusted, never the public ones: nobody outside may vouch for the
//! broker. Files are read anew for each connection.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kvit_schemas::Moment;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Files of one side of a TLS connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificates of the authority that vouches for the peer.
    pub ca_file: PathBuf,
    /// Our certificate and its key, where the peer asks for one.
    pub identity: Option<Identity>,
    /// The name in the peer's certificate, where it is not the host's.
    pub server_name: Option<String>,
}

/// A certificate and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, then those between it and the authority.
    pub certificate_file: PathBuf,
    /// Its key, unencrypted, in PKCS#1, PKCS#8 or SEC1.
    pub key_file: PathBuf,
}

/// Why a TLS connection cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `amqps` without an authority.
    #[error("no certificate authority is set for amqps; set broker.tls.ca_file")]
    NoAuthority,
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is no PEM of the kind it should be.
    #[error("{} holds no usable {what}: {detail}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why it does not.
        detail: String,
    },
    /// Certificate and key do not fit.
    #[error("{} and {} do not belong together: {detail}", certificate.display(), key.display())]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why.
        detail: String,
    },
    /// Not a host name.
    #[error("{0:?} is no name that a certificate could hold")]
    Name(String),
    /// The peers do not agree.
    #[error("the TLS handshake failed: {}", handshake(.0))]
    Handshake(io::Error),
}

impl Tls {
    /// The files as they are now, ready for a connection.
    ///
    /// # Errors
    /// When a file cannot be read, or is not what it should be.
    pub fn client(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.ca_file)? {
            let added = roots.add(certificate);
            added.map_err(|error| content(&self.ca_file, "certificate authority", error))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| content(&self.ca_file, "certificate authority", error))?
            .with_root_certificates(roots);
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let chain = certificates(&identity.certificate_file)?;
                let key = private_key(&identity.key_file)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| TlsError::Pair {
                    certificate: identity.certificate_file.clone(),
                    key: identity.key_file.clone(),
                    detail: error.to_string(),
                })?
            }
        };
        Ok(Arc::new(config))
    }
}

/// When the first certificate of a file that expires does so.
///
/// # Errors
/// When the file cannot be read, or holds no certificate.
pub fn expires(path: &Path) -> Result<Moment, TlsError> {
    let mut first: Option<Moment> = None;
    for certificate in certificates(path)? {
        let parsed = Certificate::from_der(&certificate);
        let parsed = parsed.map_err(|error| content(path, "certificate", error))?;
        let end = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
        let end = i64::try_from(end).ok().and_then(|end| end.checked_mul(1_000_000));
        let end = end.and_then(Moment::from_micros);
        let end = end.ok_or_else(|| content(path, "certificate", "its end lies too far ahead"))?;
        first = Some(first.map_or(end, |known| known.min(end)));
    }
    first.ok_or_else(|| content(path, "certificate", "there is none"))
}

/// What a failed read or write means, where TLS was the reason.
pub(crate) fn told(error: &io::Error) -> Option<String> {
    Some(sentence(error.get_ref()?.downcast_ref::<rustls::Error>()?))
}

fn handshake(error: &io::Error) -> String {
    let hung_up =
        matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
    match told(error) {
        Some(told) => told,
        None if hung_up => {
            "the peer hung up: it does not speak TLS on this port, or does not take our certificate"
                .to_owned()
        }
        None => error.to_string(),
    }
}

fn sentence(error: &rustls::Error) -> String {
    use rustls::Error as E;
    let cause = if let E::InvalidCertificate(fault) = error {
        of_the_broker(fault)
    } else if let E::AlertReceived(alert) = error {
        of_ours(*alert)
    } else {
        matches!(error, E::InvalidMessage(_)).then_some("the peer does not speak TLS on this port")
    };
    cause.map_or_else(|| error.to_string(), |cause| format!("{cause} ({error})"))
}

/// What is wrong with the broker's certificate.
fn of_the_broker(fault: &CertificateError) -> Option<&'static str> {
    use CertificateError as C;
    if matches!(fault, C::UnknownIssuer | C::BadSignature) {
        return Some("the broker's certificate is not of the authority in broker.tls.ca_file");
    }
    if matches!(fault, C::Expired | C::ExpiredContext { .. }) {
        return Some("the broker's certificate has expired: renew it at the broker");
    }
    matches!(fault, C::NotValidForName | C::NotValidForNameContext { .. }).then_some(
        "the broker's certificate is for another name: set broker.tls.server_name to the one it \
         holds, or have it issued for this host",
    )
}

/// What the broker says is wrong with our certificate.
fn of_ours(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as A;
    if alert == A::CertificateRequired {
        return Some(
            "the broker wants a certificate of ours: set broker.tls.certificate_file and key_file",
        );
    }
    if alert == A::CertificateExpired {
        return Some("our certificate has expired: replace the files of broker.tls");
    }
    if alert == A::UnknownCA {
        return Some("the broker does not know the authority that issued our certificate");
    }
    let refused = [
        A::BadCertificate,
        A::CertificateRevoked,
        A::CertificateUnknown,
        A::UnsupportedCertificate,
        A::HandshakeFailure,
    ];
    refused
        .contains(&alert)
        .then_some("the broker does not take our certificate, or wants one and got none")
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| content(path, "certificate", error))?;
    if found.is_empty() {
        return Err(content(path, "certificate", "there is none"));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| content(path, "key", error))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::File { path: path.to_owned(), error })
}

fn content(path: &Path, what: &'static str, detail: impl ToString) -> TlsError {
    TlsError::Content { path: path.to_owned(), what, detail: detail.to_string() }
}

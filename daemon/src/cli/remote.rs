//! A daemon on another machine: its address, its certificate, and who asks.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use hyper::Uri;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::failure::{Exit, Failure};
use crate::admin::tls::certificates;
use crate::settings::Secret;

/// Which daemon to ask, when it is not the one of the settings.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct RemoteArgs {
    /// Ask the daemon at this address, such as `https://kvit.example.by:9466`, and need no settings
    #[arg(long, global = true, value_name = "URL", env = "KVIT_ADMIN")]
    admin: Option<Uri>,
    /// Certificates (PEM) of those that vouch for the daemon's
    #[arg(long, global = true, value_name = "FILE", env = "KVIT_ADMIN_CA_FILE")]
    admin_ca_file: Option<PathBuf>,
    /// File with the token that says who asks
    #[arg(long, global = true, value_name = "FILE", env = "KVIT_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Certificate (PEM) that says who asks
    #[arg(long, global = true, value_name = "FILE", env = "KVIT_ADMIN_CERTIFICATE_FILE")]
    admin_certificate_file: Option<PathBuf>,
    /// Key of that certificate
    #[arg(long, global = true, value_name = "FILE", env = "KVIT_ADMIN_KEY_FILE")]
    admin_key_file: Option<PathBuf>,
}

impl RemoteArgs {
    /// Refuses to take what is on this machine for what was asked about another one.
    pub(super) fn only_here(&self) -> Result<(), Failure> {
        let Some(url) = &self.admin else { return Ok(()) };
        let what = format!(
            "this looks at the machine it is given on, and --admin (or KVIT_ADMIN) names {url}: \
             leave that away, or give the command there"
        );
        Err(Failure::new(Exit::Usage, what))
    }

    /// The token that says who asks, over TLS and at the socket alike.
    pub(super) fn token(&self) -> Result<Option<Secret<String>>, Failure> {
        let Some(file) = &self.token_file else { return Ok(None) };
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(Some(Secret::new(text.trim().to_owned()))),
            Err(error) => {
                let what = format!("--token-file {}: {error}", file.display());
                Err(Failure::new(Exit::Usage, what))
            }
        }
    }
}

/// A daemon to be asked over TLS.
pub(super) struct Remote {
    authority: String,
    address: (String, u16),
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Remote").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Remote {
    /// What the command line names; `None` when it names none.
    pub(super) fn of(given: &RemoteArgs) -> Result<Option<Self>, Failure> {
        let Some(url) = &given.admin else { return Ok(None) };
        let wrong = |what: &str| Failure::new(Exit::Usage, format!("--admin {url}: {what}"));
        if url.scheme_str() != Some("https") {
            return Err(wrong("must begin with https://; a token is never sent in clear"));
        }
        let Some(authority) = url.authority() else { return Err(wrong("names no host")) };
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare.clone()).map_err(|_| wrong("is no host"))?;
        Ok(Some(Self {
            authority: authority.to_string(),
            address: (bare, authority.port_u16().unwrap_or(443)),
            name,
            connector: TlsConnector::from(Arc::new(config(given)?)),
        }))
    }

    pub(super) fn host(&self) -> &str {
        &self.authority
    }

    pub(super) async fn connect(&self) -> Result<TlsStream<TcpStream>, Failure> {
        let failed = |what: &dyn std::fmt::Display| {
            Failure::new(Exit::Unavailable, format!("{}: {what}", self.authority))
        };
        let (host, port) = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|e| failed(&e))?;
        self.connector.connect(self.name.clone(), stream).await.map_err(|error| failed(&error))
    }
}

fn config(given: &RemoteArgs) -> Result<ClientConfig, Failure> {
    let unusable = |what: &dyn std::fmt::Display| Failure::new(Exit::Usage, what.to_string());
    let Some(ca) = &given.admin_ca_file else {
        return Err(unusable(&"--admin needs --admin-ca-file: who vouches for the daemon?"));
    };
    let mut roots = RootCertStore::empty();
    for root in certificates(ca)? {
        roots.add(root).map_err(|error| unusable(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_root_certificates(roots);
    match (&given.admin_certificate_file, &given.admin_key_file) {
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(&error))?;
            let chain = certificates(certificate)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| unusable(&error))
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(_), None) | (None, Some(_)) => {
            Err(unusable(&"--admin-certificate-file and --admin-key-file belong together"))
        }
    }
}

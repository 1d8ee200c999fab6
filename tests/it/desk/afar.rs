//! The admin API over TLS: by token or certificate, under a name that is allowed, and never else.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use kvit_tests::certificates::{Authority, Valid};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Answered, ask_over, world};

/// Whom to trust, and who asks, as files.
struct Papers {
    directory: tempfile::TempDir,
}

impl Papers {
    fn new() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let authority = Authority::new(directory.path(), "ca")?;
        for name in ["server", "ivan", "petr"] {
            authority.issue(name, name, Valid::Long)?;
        }
        Ok(Self { directory })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// A client that trusts the house, and shows this certificate.
    fn client(&self, shown: Option<&str>) -> Result<TlsConnector> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ca.pem"))?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let config = match shown {
            Some(name) => {
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key")))?;
                let file = self.path(&format!("{name}.pem"));
                builder.with_client_auth_cert(vec![CertificateDer::from_pem_file(file)?], key)?
            }
            None => builder.with_no_client_auth(),
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn settings(port: u16, papers: &Papers) -> String {
    let text = |path: &Path| path.display().to_string();
    format!(
        "\n[operators.ivan]\ncertificate = \"CN=ivan\"\nroles = [\"operator\"]\n\
         \n[admin]\nlisten = \"127.0.0.1:{port}\"\nallowed_hosts = [\"localhost\"]\n\
         \n[admin.tls]\ncertificate_file = \"{}\"\nkey_file = \"{}\"\nclient_ca_file = \"{}\"\n",
        text(&papers.path("server.pem")),
        text(&papers.path("server.key")),
        text(&papers.path("ca.pem")),
    )
}

#[tokio::test]
async fn from_afar_a_token_or_a_certificate_says_who_asks_and_the_host_must_be_ours() -> Result<()>
{
    let papers = Papers::new()?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let world = world(&settings(port, &papers))?;
    let daemon = world.start().await?;
    let ask = async |shown: Option<&str>, token: Option<&str>, host: &str| -> Result<Answered> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("listening")?;
        let name = ServerName::try_from("localhost")?;
        let stream = papers.client(shown)?.connect(name, stream).await?;
        let wish = json!({ "reason": "from afar" });
        let what = ("POST", "/v1/sources/bank/resume");
        ask_over(stream, what, (host, token), Some(&wish)).await
    };
    let ours = "localhost:9466";
    assert_eq!(ask(None, Some("ales"), ours).await?.status, 200, "a token");
    assert_eq!(ask(Some("ivan"), None, ours).await?.status, 200, "a certificate");
    let viewer = ask(None, Some("vera"), ours).await?;
    assert_eq!(viewer.status, 403);
    assert!(viewer.text("/detail").contains("the role \"operator\" is missing"), "{viewer:?}");
    for (shown, token) in [(None, None), (None, Some("wrong")), (Some("petr"), None)] {
        let nobody = ask(shown, token, ours).await?;
        assert_eq!(nobody.status, 401, "{shown:?} {token:?}: {nobody:?}");
    }
    let foreign = ask(None, Some("ales"), "evil.example").await?;
    assert_eq!(foreign.status, 421, "{foreign:?}");
    // In clear there is no answer at all.
    let clear = TcpStream::connect(("127.0.0.1", port)).await?;
    assert!(ask_over(clear, ("GET", "/v1/status"), (ours, Some("ales")), None).await.is_err());
    daemon.stop().await?;
    Ok(())
}

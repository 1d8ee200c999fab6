//! The certificates that kvit uses, and until when they hold.

use std::path::PathBuf;

use kvit_adapters::tls::{TlsError, expires};
use kvit_schemas::Moment;

use crate::settings::Settings;

/// One file of certificates.
#[derive(Debug)]
pub struct CertificateFile {
    /// What it is for, as metrics call it.
    pub which: &'static str,
    /// The setting that names it.
    pub key: &'static str,
    /// Where it lies.
    pub path: PathBuf,
    /// When the first certificate in it expires.
    pub expires: Result<Moment, TlsError>,
}

/// All that the settings name, read now.
pub fn certificates(settings: &Settings) -> Vec<CertificateFile> {
    let tls = &settings.broker.tls;
    let named = [
        ("broker_authority", "broker.tls.ca_file", &tls.ca_file),
        ("broker_client", "broker.tls.certificate_file", &tls.certificate_file),
    ];
    let read = |(which, key, path): (_, _, &Option<PathBuf>)| {
        let path = path.clone()?;
        Some(CertificateFile { which, key, expires: expires(&path), path })
    };
    named.into_iter().filter_map(read).collect()
}

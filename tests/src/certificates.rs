//! A certificate authority for one test.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

/// An authority, and the folder in which its certificates are laid down.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

/// How long a certificate holds.
#[derive(Clone, Copy)]
pub enum Valid {
    /// Until 2090.
    Long,
    /// It has expired.
    No,
}

impl Authority {
    /// Makes an authority; its own certificate becomes `<name>.pem`.
    pub fn new(folder: &Path, name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) =
            (date_time_ymd(2020, 1, 1), date_time_ymd(2090, 1, 1));
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("{name}.pem")), certificate.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), folder: folder.to_owned() })
    }

    /// Issues a certificate for this common name, good for localhost, to `<file>.pem` with its key
    /// in `<file>.key`; what is there is replaced.
    pub fn issue(&self, file: &str, common_name: &str, valid: Valid) -> Result<()> {
        let hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = match valid {
            Valid::Long => date_time_ymd(2090, 1, 1),
            Valid::No => date_time_ymd(2021, 1, 1),
        };
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        std::fs::write(self.folder.join(format!("{file}.pem")), certificate.pem())?;
        std::fs::write(self.folder.join(format!("{file}.key")), key.serialize_pem())?;
        Ok(())
    }
}

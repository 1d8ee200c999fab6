//! The sections that are about people: the admin API, quarantine, and what needs two of them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::section::Section;
use super::sections::address;

/// `[admin]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Unix socket.
    pub socket: PathBuf,
    /// Address of the same API over TLS, if any.
    pub listen: Option<SocketAddr>,
    /// Names by which clients may call it there.
    pub allowed_hosts: BTreeSet<String>,
    /// Who it is, and whose clients' certificates count.
    pub tls: AdminTls,
}

/// `[admin.tls]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminTls {
    /// Our certificate, with those that vouch for it.
    pub certificate_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// Those that vouch for certificates of clients.
    pub client_ca_file: Option<PathBuf>,
}

/// `[quarantine]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// Days for which messages are kept; 0 for ever.
    pub keep_days: u16,
}

/// `[approvals]`: what needs a second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// Whole units of currency above which assigning a payment does; 0 for never.
    pub assign_above: i64,
    /// Discarding a message of money does.
    pub discard_payments: bool,
}

pub(super) fn admin(s: &mut Section<'_>) -> Admin {
    Admin {
        socket: s.path("socket"),
        listen: s.optional("listen", address),
        allowed_hosts: s.list("allowed_hosts", host),
        tls: s.section("tls", admin_tls),
    }
}

fn admin_tls(s: &mut Section<'_>) -> AdminTls {
    let mut file = |key| s.optional(key, |text| Ok(PathBuf::from(text)));
    AdminTls {
        certificate_file: file("certificate_file"),
        key_file: file("key_file"),
        client_ca_file: file("client_ca_file"),
    }
}

/// A name without port; it is compared in lower case.
fn host(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let port = text.contains("]:") || (!text.starts_with('[') && text.contains(':'));
    if !text.is_empty() && text.chars().all(plain) && !port {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!("must hold host names without port (IPv6 in brackets); {text:?} is none"))
}

pub(super) fn quarantine(s: &mut Section<'_>) -> Quarantine {
    Quarantine { keep_days: s.number("keep_days", 0..=3650) }
}

pub(super) fn approvals(s: &mut Section<'_>) -> Approvals {
    Approvals {
        assign_above: s.number("assign_above", 0..=1_000_000_000),
        discard_payments: s.flag("discard_payments"),
    }
}

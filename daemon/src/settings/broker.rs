//! The sections of the settings that are about the broker.

use std::path::PathBuf;

use kvit_adapters::tls::{Identity, Tls};

use super::secret::BrokerUrl;
use super::section::Section;
use super::sections::name;

/// `[broker]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Where it is; with the password of `password_file`, if that is set.
    pub url: BrokerUrl,
    /// The file that the password was read from.
    pub password_file: Option<PathBuf>,
    /// Files for `amqps`.
    pub tls: BrokerTls,
    /// What names of exchanges and queues begin with.
    pub prefix: String,
    /// True when the topology is made at start, not only checked.
    pub declare: bool,
    /// Between heartbeats.
    pub heartbeat_seconds: u16,
    /// Unanswered messages on each queue of portals, banks and agencies.
    pub prefetch: u16,
    /// For each call of the broker but publishing.
    pub await_timeout_seconds: u64,
    /// For the confirmation of a publish.
    pub confirm_timeout_seconds: u64,
    /// Publishing channels.
    pub publish_lanes: usize,
}

/// `[broker.tls]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerTls {
    /// Certificates of the authority that vouches for the broker.
    pub ca_file: Option<PathBuf>,
    /// Our certificate.
    pub certificate_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// The name in the broker's certificate, where it is not the url's host.
    pub server_name: Option<String>,
}

impl BrokerTls {
    /// What a connection wants; nothing without an authority.
    pub fn files(&self) -> Option<Tls> {
        let identity = self.certificate_file.clone().zip(self.key_file.clone());
        Some(Tls {
            ca_file: self.ca_file.clone()?,
            identity: identity
                .map(|(certificate_file, key_file)| Identity { certificate_file, key_file }),
            server_name: self.server_name.clone(),
        })
    }
}

/// `[doctor]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// The broker's management API.
    pub management: Option<Management>,
    /// The file that its password is read from.
    pub management_password_file: Option<PathBuf>,
}

/// Where the management API is, and as whom it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Management {
    /// Host and port.
    pub address: String,
    /// The user.
    pub user: String,
}

pub(super) fn broker(s: &mut Section<'_>) -> Broker {
    Broker {
        url: s.text("url", str::parse).unwrap_or_else(BrokerUrl::nowhere),
        password_file: s.optional("password_file", |text| Ok(PathBuf::from(text))),
        tls: s.section("tls", broker_tls),
        prefix: s.text("prefix", |text| name(text, "._-")).unwrap_or_default(),
        declare: s.flag("declare"),
        heartbeat_seconds: s.number("heartbeat_seconds", 1..=600),
        prefetch: s.number("prefetch", 1..=u16::MAX),
        await_timeout_seconds: s.number("await_timeout_seconds", 1..=300),
        confirm_timeout_seconds: s.number("confirm_timeout_seconds", 1..=600),
        publish_lanes: s.number("publish_lanes", 1..=16),
    }
}

fn broker_tls(s: &mut Section<'_>) -> BrokerTls {
    let mut file = |key| s.optional(key, |text| Ok(PathBuf::from(text)));
    BrokerTls {
        ca_file: file("ca_file"),
        certificate_file: file("certificate_file"),
        key_file: file("key_file"),
        server_name: s.optional("server_name", |text| Ok(text.to_owned())),
    }
}

pub(super) fn doctor(s: &mut Section<'_>) -> Doctor {
    Doctor {
        management: s.optional("management_url", management),
        management_password_file: s
            .optional("management_password_file", |text| Ok(PathBuf::from(text))),
    }
}

fn management(text: &str) -> Result<Management, String> {
    let parts = text.strip_prefix("http://").and_then(|rest| rest.split_once('@'));
    let is_plain = |text: &str| !text.is_empty() && !text.contains([':', '/', '?', '#', ' ']);
    match parts {
        Some((user, address)) if is_plain(user) && is_plain(&address.replacen(':', "", 1)) => {
            Ok(Management { address: address.to_owned(), user: user.to_owned() })
        }
        Some(_) | None => Err("must be http://user@host:port, without a password".to_owned()),
    }
}

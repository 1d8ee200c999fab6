//! Where the broker is, and who we are there.

use std::fmt;
use std::str::FromStr;

use lapin::uri::{AMQPScheme, AMQPUri, SASLMechanism};

/// A broker's address with credentials. Neither `Debug` nor `Display` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl(AMQPUri);

/// Why a text is no usable broker address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// Not an AMQP URL. The text itself is not repeated: it may hold a password.
    #[error("not of the form amqp://user:password@host:port/vhost ({0})")]
    Form(String),
    /// A way to log in that is not ours.
    #[error("auth_mechanism must be plain or external")]
    Mechanism,
    /// Without TLS there is no certificate that could say who we are.
    #[error("auth_mechanism=external wants amqps")]
    ExternalWithoutTls,
    /// An IPv6 literal, which the library would silently replace by `localhost`.
    #[error("an IPv6 address cannot be used; give the host's name")]
    Ipv6,
}

impl BrokerUrl {
    /// The same address with another password, for passwords kept apart from the URL.
    #[must_use]
    pub fn with_password(mut self, password: String) -> Self {
        self.0.authority.userinfo.password = password;
        self
    }

    /// The broker user; the broker checks that messages carry no other in `user_id`.
    pub fn user(&self) -> &str {
        &self.0.authority.userinfo.username
    }

    /// The virtual host.
    pub fn vhost(&self) -> &str {
        &self.0.vhost
    }

    /// True for `amqps`.
    pub fn is_tls(&self) -> bool {
        self.0.scheme == AMQPScheme::AMQPS
    }

    /// True when the broker knows us by our certificate, not by a password.
    pub fn is_external(&self) -> bool {
        self.0.query.auth_mechanism == Some(SASLMechanism::External)
    }

    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.0.authority.host, self.0.authority.port)
    }

    /// Frames of at most so many bytes are asked for; 0 leaves it to the broker.
    pub(crate) fn frame_max(&self) -> u32 {
        self.0.query.frame_max.unwrap_or_default()
    }

    pub(crate) fn uri(&self, heartbeat_seconds: u16) -> AMQPUri {
        let mut uri = self.0.clone();
        uri.query.heartbeat = Some(heartbeat_seconds);
        uri
    }
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, BrokerUrlError> {
        let after_user = text.rsplit_once('@').map_or(text, |(_, host)| host);
        if after_user.contains('[') {
            return Err(BrokerUrlError::Ipv6);
        }
        let uri: AMQPUri = text.parse().map_err(BrokerUrlError::Form)?;
        match uri.query.auth_mechanism.unwrap_or_default() {
            SASLMechanism::External if uri.scheme == AMQPScheme::AMQP => {
                Err(BrokerUrlError::ExternalWithoutTls)
            }
            SASLMechanism::Plain | SASLMechanism::External => Ok(Self(uri)),
            SASLMechanism::AMQPlain | SASLMechanism::Anonymous | SASLMechanism::RabbitCrDemo => {
                Err(BrokerUrlError::Mechanism)
            }
        }
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = &self.0.authority;
        let user = &authority.userinfo.username;
        let vhost = self.0.vhost.replace('/', "%2f");
        let scheme = if self.is_tls() { "amqps" } else { "amqp" };
        write!(out, "{scheme}://{user}@{}:{}/{vhost}", authority.host, authority.port)
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let url: BrokerUrl = "amqp://kvit:s3cret@broker:5673/%2f".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "amqp://kvit@broker:5673/%2f ".repeat(2).trim_end());
        let tls: BrokerUrl = "amqps://kvit@broker/v?auth_mechanism=external".parse().unwrap();
        assert_eq!(tls.to_string(), "amqps://kvit@broker:5671/v");
        assert!(tls.is_tls() && tls.is_external() && !url.is_tls() && !url.is_external());
        let url = url.with_password("other".into());
        assert_eq!(url.uri(10).authority.userinfo.password, "other");
        assert_eq!((url.user(), url.vhost()), ("kvit", "/"));
    }

    #[test]
    fn addresses_that_would_go_elsewhere_are_refused() {
        let refused = |text: &str| text.parse::<BrokerUrl>().unwrap_err();
        let external = "amqp://kvit@a/v?auth_mechanism=external";
        assert_eq!(refused(external), BrokerUrlError::ExternalWithoutTls);
        let anonymous = "amqps://kvit@a/v?auth_mechanism=anonymous";
        assert_eq!(refused(anonymous), BrokerUrlError::Mechanism);
        assert_eq!("amqp://u:p@[::1]:5672/".parse::<BrokerUrl>(), Err(BrokerUrlError::Ipv6));
        let not_a_url = "s3cret".parse::<BrokerUrl>().unwrap_err().to_string();
        assert!(!not_a_url.contains("s3cret"), "{not_a_url}");
        assert!("http://a/".parse::<BrokerUrl>().is_err());
    }
}

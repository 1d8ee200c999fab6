//! Values that never show: neither in logs, nor in errors, nor in `kvit config --effective`.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::str::FromStr;

/// What is shown in place of a secret.
const MASK: &str = "***";

/// A value that is only had by asking for it; `Debug` and `Display` print a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Puts a value under cover.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever calls this must not log what it gets.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(MASK)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(MASK)
    }
}

/// Where the broker is and who we are there: `amqp://user:password@host:port/virtual-host`.
/// `Debug` and `Display` mask the password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    scheme: &'static str,
    /// Percent-encoded, as in the url; `None` without an `@`.
    user: Option<String>,
    /// Percent-encoded.
    password: Option<Secret<String>>,
    /// From the host on.
    rest: String,
}

impl BrokerUrl {
    /// Stands for a url that could not be read.
    pub(super) fn nowhere() -> Self {
        Self { scheme: "amqp://", user: None, password: None, rest: String::new() }
    }

    /// The whole url, password included: for the connection only.
    pub fn expose(&self) -> Secret<String> {
        Secret::new(self.spelled(self.password.as_ref().map(|password| password.expose().as_str())))
    }

    /// True for `amqps`.
    pub fn is_tls(&self) -> bool {
        self.scheme == "amqps://"
    }

    /// True when the broker is to know us by our certificate.
    pub(super) fn is_external(&self) -> bool {
        let query = self.rest.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| pair.eq_ignore_ascii_case("auth_mechanism=external"))
    }

    pub(super) fn has_user(&self) -> bool {
        self.user.is_some()
    }

    /// True when it holds a password that is not known to everybody, as the broker's stock
    /// account is.
    pub(super) fn has_secret(&self) -> bool {
        self.password.as_ref().is_some_and(|password| password.expose() != "guest")
    }

    /// The same url with this password, given as plain text; `None` when the url names no user.
    pub(super) fn with_password(self, password: &str) -> Option<Self> {
        self.user.as_ref()?;
        Some(Self { password: Some(Secret::new(percent_encoded(password))), ..self })
    }

    fn spelled(&self, password: Option<&str>) -> String {
        let Self { scheme, user, rest, .. } = self;
        match (user, password) {
            (None, _) => format!("{scheme}{rest}"),
            (Some(user), None) => format!("{scheme}{user}@{rest}"),
            (Some(user), Some(password)) => format!("{scheme}{user}:{password}@{rest}"),
        }
    }
}

impl FromStr for BrokerUrl {
    type Err = String;

    /// The error does not repeat the text: that may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("must be amqp://user@host:port/virtual-host; {what}"));
        let schemes = ["amqp://", "amqps://"];
        let Some((scheme, after)) =
            schemes.into_iter().find_map(|scheme| Some((scheme, text.strip_prefix(scheme)?)))
        else {
            return wrong("this does not begin with amqp:// or amqps://");
        };
        if !after.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("this has blanks or characters beyond ASCII in it");
        }
        let (who, rest) = match after.rsplit_once('@') {
            Some((who, rest)) => (Some(who), rest),
            None => (None, after),
        };
        if who.is_some_and(|who| who.contains(['/', '?', '#', '@'])) {
            return wrong("/ ? # @ in its parts are written %2F %3F %23 %40");
        }
        if !is_host_and_port(rest.split(['/', '?', '#']).next().unwrap_or("")) {
            return wrong("this has no host, or a port that is none");
        }
        let (user, password) = match who.map(|who| who.split_once(':').ok_or(who)) {
            None => (None, None),
            Some(Err(user)) => (Some(user.to_owned()), None),
            Some(Ok((user, password))) => {
                (Some(user.to_owned()), Some(Secret::new(password.to_owned())))
            }
        };
        Ok(Self { scheme, user, password, rest: rest.to_owned() })
    }
}

fn is_host_and_port(text: &str) -> bool {
    let parts = match text.strip_prefix('[') {
        Some(inner) => inner.split_once(']'),
        None => Some(text.split_at(text.find(':').unwrap_or(text.len()))),
    };
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|at| at.parse::<u16>().is_ok());
    parts.is_some_and(|(host, port)| !host.is_empty() && (port.is_empty() || is_port(port)))
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.spelled(self.password.as_ref().map(|_| MASK)))
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The first line of a secret file.
pub(crate) fn read(path: &Path) -> Result<Secret<String>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot be read from {}: {error}", path.display()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        Some(_) | None => Err(format!("has an empty first line in {}", path.display())),
    }
}

/// True when everybody on the machine may read the file.
pub(super) fn is_open_to_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
}

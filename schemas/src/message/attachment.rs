//! Attachments: carried by content, or named by an address that kvit never opens.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Line;

/// A document beside a message: exactly one of `content` and `url`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// File name.
    pub name: Line<255>,
    /// Media type, such as `application/pdf`.
    pub media_type: Line<127>,
    /// Size of the document in bytes.
    pub size: u64,
    /// SHA-256 of the document, 64 lower-case hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: Line<64>,
    /// The document itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Base64>,
    /// Where the document lies: an `https` address on a host the party may name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Line<2000>>,
}

/// What is wrong with an attachment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentFault {
    /// Neither or both of `content` and `url`.
    #[error("an attachment has exactly one of content and url")]
    Source,
    /// `sha256` is not 64 lower-case hexadecimal digits.
    #[error("sha256 is 64 lower-case hexadecimal digits")]
    Sha256,
    /// The content has another size or hash than said.
    #[error("{0} disagrees with the content")]
    Content(&'static str),
    /// The address is not `https` with a host.
    #[error("url must be https with a host name")]
    Url,
}

impl Attachment {
    /// Compares what is said of the document with the document.
    pub fn check(&self) -> Result<(), AttachmentFault> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if self.sha256.as_str().len() != 64 || !self.sha256.as_str().bytes().all(hex) {
            return Err(AttachmentFault::Sha256);
        }
        match (&self.content, &self.url) {
            (Some(content), None) => self.check_content(content),
            (None, Some(_)) => self.host().map(drop).ok_or(AttachmentFault::Url),
            (Some(_), Some(_)) | (None, None) => Err(AttachmentFault::Source),
        }
    }

    /// The host of `url`; `None` when there is no `https` address with a plain host name.
    pub fn host(&self) -> Option<&str> {
        let rest = self.url.as_ref()?.as_str().strip_prefix("https://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'-';
        (!host.is_empty() && host.bytes().all(plain)).then_some(host)
    }

    fn check_content(&self, content: &Base64) -> Result<(), AttachmentFault> {
        let bytes = content.decode();
        if u64::try_from(bytes.len()) != Ok(self.size) {
            return Err(AttachmentFault::Content("size"));
        }
        if crate::hex::encode(&Sha256::digest(&bytes)) != self.sha256.as_str() {
            return Err(AttachmentFault::Content("sha256"));
        }
        Ok(())
    }
}

/// Standard base64 with padding, checked when read.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64(Box<str>);

/// The text is not standard base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be standard base64 with padding")]
pub struct Base64Error;

impl Base64 {
    /// Encodes bytes.
    pub fn encode(bytes: &[u8]) -> Self {
        Self(STANDARD.encode(bytes).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes.
    pub fn decode(&self) -> Vec<u8> {
        // Holding a value proves that it decodes.
        STANDARD.decode(self.0.as_bytes()).unwrap_or_default()
    }
}

impl FromStr for Base64 {
    type Err = Base64Error;

    fn from_str(text: &str) -> Result<Self, Base64Error> {
        STANDARD.decode(text).map_err(|_| Base64Error)?;
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Base64 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "base64 of {} characters", self.0.len())
    }
}

crate::text::serde_by_text!(Base64, "Base64", {
    "type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/]*={0,2}$"
});

//! One spelling per content: what makes two messages "the same content" (contract 2).

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The first 16 bytes of the SHA-256 of a content's canonical spelling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub struct ContentHash(pub [u8; 16]);

impl ContentHash {
    /// The hash of these parts, each preceded by its length so that parts cannot run together.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let mut short = [0; 16];
        short.copy_from_slice(&digest.finalize()[..16]);
        Self(short)
    }
}

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&crate::hex::encode(&self.0))
    }
}

/// The JSON of `value` with the members of carried objects in the order of their keys and no
/// white space. Numbers inside carried objects keep their spelling: `1.0` is not `1`.
///
/// # Errors
/// When `value` cannot be spelled in JSON at all.
pub fn canonical_json<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Canonical))?;
    Ok(bytes)
}

struct Canonical;

impl Formatter for Canonical {
    fn write_raw_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        writer.write_all(sorted(fragment)?.as_bytes())
    }
}

/// Depth is bounded: the guard let no more than 32 levels pass.
fn sorted(json: &str) -> serde_json::Result<String> {
    let json = json.trim();
    match json.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(json)?;
            let mut parts = Vec::with_capacity(members.len());
            for (key, value) in members {
                parts.push(format!("{}:{}", serde_json::to_string(&key)?, sorted(value.get())?));
            }
            Ok(format!("{{{}}}", parts.join(",")))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json)?;
            let parts: Result<Vec<_>, _> = items.iter().map(|item| sorted(item.get())).collect();
            Ok(format!("[{}]", parts?.join(",")))
        }
        Some(b'"') => serde_json::to_string(&serde_json::from_str::<String>(json)?),
        Some(_) | None => Ok(json.to_owned()),
    }
}

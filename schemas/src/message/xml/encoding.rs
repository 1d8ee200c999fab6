//! From the bytes of an XML document to its text, by the encoding that it declares.
//!
//! The declaration is read here and not by the parser, which knows UTF-8 only.

use encoding_rs::{Encoding, IBM866, ISO_8859_5, KOI8_R, UTF_8, WINDOWS_1251};

/// How long a declaration may be.
const DECLARATION_BYTES_MAX: usize = 200;

/// Encodings that are read, by the names that declarations use.
const ENCODINGS: [(&str, &Encoding); 8] = [
    ("utf-8", UTF_8),
    ("us-ascii", UTF_8),
    ("windows-1251", WINDOWS_1251),
    ("cp1251", WINDOWS_1251),
    ("iso-8859-5", ISO_8859_5),
    ("koi8-r", KOI8_R),
    ("ibm866", IBM866),
    ("cp866", IBM866),
];

/// The text of a document without its declaration.
///
/// # Errors
/// A sentence, when the declaration is damaged, the encoding is not read here or is another than
/// `charset` of the envelope says, or the bytes are not in it.
pub(super) fn text(body: &[u8], charset: Option<&str>) -> Result<String, String> {
    if body.starts_with(b"\xEF\xBB\xBF")
        || body.starts_with(b"\xFE\xFF")
        || body.starts_with(b"\xFF\xFE")
    {
        return Err("the body begins with a byte-order mark".to_owned());
    }
    let (declared, rest) = declaration(body)?;
    let declared = declared.as_deref().unwrap_or("utf-8");
    let known = |name: &str| {
        let found = ENCODINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, encoding)| *encoding).ok_or_else(|| {
            let names: Vec<&str> = ENCODINGS.iter().map(|(name, _)| *name).collect();
            format!("the encoding {name:?} is none of {}", names.join(", "))
        })
    };
    let encoding = known(declared)?;
    if let Some(charset) = charset
        && known(charset)? != encoding
    {
        return Err(format!("content_type says {charset}, the declaration {declared}"));
    }
    if declared.eq_ignore_ascii_case("us-ascii") && !rest.is_ascii() {
        return Err("the body is not in us-ascii as it declares".to_owned());
    }
    match encoding.decode_without_bom_handling_and_without_replacement(rest) {
        Some(text) => Ok(text.into_owned()),
        None => Err(format!("the body is not in {declared}")),
    }
}

/// The encoding that the declaration names, and what follows the declaration.
fn declaration(body: &[u8]) -> Result<(Option<String>, &[u8]), String> {
    let Some(rest) = body.strip_prefix(b"<?xml") else { return Ok((None, body)) };
    if !rest.first().is_some_and(u8::is_ascii_whitespace) {
        return Ok((None, body));
    }
    let damaged = || "the XML declaration is damaged".to_owned();
    let window = rest.get(..rest.len().min(DECLARATION_BYTES_MAX)).unwrap_or(rest);
    let end = window.windows(2).position(|pair| pair == b"?>").ok_or_else(damaged)?;
    let inside = rest.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let inside = inside.filter(|text| text.is_ascii()).ok_or_else(damaged)?;
    let mut encoding = None;
    let mut names = Vec::new();
    let mut left = inside.trim();
    while !left.is_empty() {
        let (name, after) = left.split_once('=').ok_or_else(damaged)?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(damaged)?;
        let (value, after) =
            after.get(1..).and_then(|text| text.split_once(quote)).ok_or_else(damaged)?;
        match (name.trim_end(), value) {
            ("version", "1.0") if names.is_empty() => {}
            ("encoding", name) if names == ["version"] => encoding = Some(name.to_owned()),
            ("standalone", "yes" | "no") if names.first() == Some(&"version") => {}
            ("version", other) => return Err(format!("XML {other:?} is not 1.0")),
            (_, _) => return Err(damaged()),
        }
        names.push(name.trim_end());
        left = after.trim_start();
    }
    if names.is_empty() {
        return Err(damaged());
    }
    Ok((encoding, rest.get(end + 2..).unwrap_or_default()))
}

//! Which characters the bytes of an XML document mean: a byte-order mark, else the declaration,
//! unless the bytes say otherwise. A document that declares a character set of one byte, or none,
//! and is UTF-8 at its first character beyond ASCII is UTF-8; one that declares UTF-8, or none,
//! and is not is windows-1251, as the text feeds are (FEEDS.md D 19).

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// How much of the beginning may hold the declaration.
const DECLARATION_BYTES: usize = 1024;

/// What the first bytes tell.
pub(super) struct Beginning {
    /// Bytes of the mark.
    pub(super) mark: usize,
    /// What is certain.
    pub(super) charset: Option<&'static Encoding>,
    /// What is declared, and holds unless the bytes disagree.
    pub(super) declared: Option<&'static Encoding>,
}

impl Beginning {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let marked = |mark, charset| Self { mark, charset: Some(charset), declared: None };
        match bytes {
            [0xef, 0xbb, 0xbf, ..] => marked(3, UTF_8),
            [0xff, 0xfe, ..] => marked(2, UTF_16LE),
            [0xfe, 0xff, ..] => marked(2, UTF_16BE),
            [b'<', 0, ..] => marked(0, UTF_16LE),
            [0, b'<', ..] => marked(0, UTF_16BE),
            _ => Self { mark: 0, charset: None, declared: declared(bytes) },
        }
    }
}

/// The character set of the declaration. UTF-16 is left out: these bytes were not, so it was
/// written by a program that made a document of its own strings.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let bytes = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes).trim_ascii_start();
    let rest = bytes.strip_prefix(b"<?xml")?;
    let rest = &rest[..memchr::memmem::find(rest, b"?>")?];
    let after = memchr::memmem::find(rest, b"encoding")? + b"encoding".len();
    let value = rest[after..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let end = value.iter().position(|byte| byte == quote)?;
    let label = Encoding::for_label(&value[..end])?;
    Some(label).filter(|label| label.is_ascii_compatible() && *label != UTF_8)
}

/// The character set of a document whose first character beyond ASCII begins `bytes`.
pub(super) fn decide(bytes: &[u8], declared: Option<&'static Encoding>) -> &'static Encoding {
    if begins_with_utf8(bytes) { UTF_8 } else { declared.unwrap_or(WINDOWS_1251) }
}

/// True when the first character is one of UTF-8 that names and texts here hold: a letter of
/// Latin, Greek, Cyrillic or Armenian script, or a sign. Others are rather two or three letters
/// of another character set.
fn begins_with_utf8(bytes: &[u8]) -> bool {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(_) | None => return false,
    };
    let first = bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let first = first.and_then(|text| text.chars().next());
    first
        .is_some_and(|c| matches!(c, '\u{a0}'..='\u{58f}' | '\u{1e00}'..='\u{27bf}' | '\u{fb00}'..))
}

/// How many bytes of the file `text` takes, which was decoded from `charset`. Exact for those of
/// one byte a character and UTF-16.
pub(super) fn width(text: &[u8], charset: &'static Encoding) -> usize {
    let characters = || text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    if charset == UTF_16LE || charset == UTF_16BE {
        2 * (characters() + text.iter().filter(|&&byte| byte >= 0xf0).count())
    } else if charset.is_single_byte() {
        characters()
    } else {
        charset.encode(&String::from_utf8_lossy(text)).0.len()
    }
}

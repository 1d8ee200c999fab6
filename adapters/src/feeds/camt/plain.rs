//! Tags without attributes, and elements that hold nothing but text, as most do: read in one go
//! where they lie whole in the buffer. Whatever is written otherwise, with attributes, references,
//! comments or a border of the buffer in it, is left to the XML reader, which gives the same of
//! it, slower.

/// What the next bytes are.
pub(super) enum Plain<'a> {
    /// `<Nm>text</Nm>` or `<Amt Ccy="BYN">30.00</Amt>`.
    Leaf {
        /// As written, with a prefix.
        name: &'a [u8],
        currency: Option<&'a [u8]>,
        text: &'a [u8],
        length: usize,
    },
    /// `<Nm>`.
    Start { name: &'a [u8], length: usize },
    /// `</Nm>`.
    End { name: &'a [u8], length: usize },
}

impl<'a> Plain<'a> {
    /// What `bytes` begin with, if it is such.
    #[inline]
    pub(super) fn at_start_of(bytes: &'a [u8]) -> Option<Self> {
        let inside = bytes.strip_prefix(b"<")?;
        let (tag, rest) = inside.split_at(memchr::memchr(b'>', inside)?);
        let length = tag.len() + 2;
        if let [b'/', name @ ..] = tag {
            return is_name(name).then_some(Self::End { name, length });
        }
        let (name, currency) = parts(tag)?;
        if let Some((text, length)) = text(&rest[1..], name, length) {
            return Some(Self::Leaf { name, currency, text, length });
        }
        currency.is_none().then_some(Self::Start { name, length })
    }
}

/// The text before the end tag of `name`, and the length of all.
#[inline]
fn text<'a>(rest: &'a [u8], name: &[u8], before: usize) -> Option<(&'a [u8], usize)> {
    let (text, rest) = rest.split_at(memchr::memchr2(b'<', b'&', rest)?);
    rest.strip_prefix(b"</")?.strip_prefix(name)?.strip_prefix(b">")?;
    Some((text, before + text.len() + name.len() + 3))
}

/// Name and currency of a tag without its brackets: `Nm`, or `Amt Ccy="BYN"`.
#[inline]
fn parts(tag: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    if is_name(tag) {
        return Some((tag, None));
    }
    let (name, attribute) = tag.split_at_checked(tag.len().checked_sub(10)?)?;
    let code = attribute.strip_prefix(b" Ccy=\"")?.strip_suffix(b"\"")?;
    let plain = is_name(name) && code.iter().all(u8::is_ascii_uppercase);
    plain.then_some((name, Some(code)))
}

#[inline]
fn is_name(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_');
    bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.iter().all(plain)
}

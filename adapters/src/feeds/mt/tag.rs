//! What a line begins: a field, the frame around a message, or nothing, being text of the field
//! before it (ISO 15022 block 4; FEEDS.md D 15 and 18).

use memchr::memmem;

use super::lines::Lines;

/// The fields of MT940, MT942 and MT950.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// `:20:`, with which a message begins.
    Reference,
    /// `:21:`.
    Related,
    /// `:25:` or `:25P:`.
    Account,
    /// `:28C:` or `:28:`: number and page.
    Number,
    /// `:60F:`.
    Opening,
    /// `:60M:`: the opening balance of a further page.
    OpeningOfPage,
    /// `:61:`.
    Entry,
    /// `:86:`.
    Text,
    /// `:NS:`, by which some banks give text in numbered lines.
    Numbered,
    /// `:62F:`.
    Closing,
    /// `:62M:`.
    ClosingOfPage,
    /// `:34F:`.
    Floor,
    /// `:13D:`.
    Stamp,
    /// `:90D:`.
    Debits,
    /// `:90C:`.
    Credits,
    /// `:940:`, `:942:` or `:950:`, a line that some banks put before a message.
    Kind,
    /// `:64:` and `:65:`, balances to come.
    Available,
    /// A field that no such message has.
    Other,
}

impl Tag {
    /// Only these messages have it.
    pub(super) fn is_telling(self) -> bool {
        match self {
            Self::Number
            | Self::Opening
            | Self::OpeningOfPage
            | Self::Entry
            | Self::Floor
            | Self::Kind
            | Self::Closing
            | Self::ClosingOfPage
            | Self::Credits
            | Self::Debits => true,
            Self::Reference
            | Self::Related
            | Self::Account
            | Self::Text
            | Self::Numbered
            | Self::Stamp
            | Self::Available
            | Self::Other => false,
        }
    }
}

/// The field that a line begins, and its value. A line such as `:12:11`, the second half of a
/// folded time, begins none: names of two digits are known or they are no names.
pub(super) fn field(line: &[u8]) -> Option<(Tag, &[u8])> {
    let rest = line.strip_prefix(b":")?;
    let end = rest.iter().take(5).position(|&byte| byte == b':')?;
    let value = &rest[end + 1..];
    let tag = match rest[..end].trim_ascii_end() {
        b"20" => Tag::Reference,
        b"21" => Tag::Related,
        b"25" | b"25P" => Tag::Account,
        b"28C" | b"28" => Tag::Number,
        b"60F" | b"60" => Tag::Opening,
        b"60M" => Tag::OpeningOfPage,
        b"61" => Tag::Entry,
        b"86" => Tag::Text,
        b"NS" => Tag::Numbered,
        b"62F" | b"62" => Tag::Closing,
        b"62M" => Tag::ClosingOfPage,
        b"34F" => Tag::Floor,
        b"13D" | b"13" => Tag::Stamp,
        b"90D" => Tag::Debits,
        b"90C" => Tag::Credits,
        b"940" | b"942" | b"950" => Tag::Kind,
        b"64" | b"65" => Tag::Available,
        [tens, ones, letter] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            return letter.is_ascii_uppercase().then_some((Tag::Other, value));
        }
        _ => return None,
    };
    Some((tag, value))
}

/// The second half of a time that a fold cut behind the hour: `…T16` and `:20:37 Uhr`.
pub(super) fn may_be_time(text: &[u8], tag: Tag, value: &[u8]) -> bool {
    let two_digits = matches!(tag, Tag::Reference | Tag::Related | Tag::Account | Tag::Number);
    let hour = text.last().is_some_and(u8::is_ascii_digit);
    let seconds = matches!(value, [b'0'..=b'5', b'0'..=b'9', rest @ ..]
        if !rest.first().is_some_and(u8::is_ascii_alphanumeric));
    two_digits && hour && seconds
}

/// What a line says of the frame around messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Block 4 ends here.
    pub(super) ends: bool,
    /// A block begins here.
    pub(super) blocks: bool,
    /// The message type of block 2.
    pub(super) kind: Option<&'a [u8]>,
    /// What stands behind the beginning of block 4.
    pub(super) inside: Option<&'a [u8]>,
}

/// A line of `{1:…}{2:…}{4:` or `-}{5:…}`; `None` for any other.
pub(super) fn frame(line: &[u8]) -> Option<Frame<'_>> {
    let ends = line.starts_with(b"-}");
    let blocks = matches!(line, [b'{', b'1'..=b'5' | b'S', b':', ..]);
    if !ends && !blocks {
        return None;
    }
    let behind = |mark: &[u8]| memmem::find(line, mark).map(|at| &line[at + mark.len()..]);
    let kind = behind(b"{2:").and_then(|block| block.get(1..4));
    Some(Frame { ends, blocks: blocks || line.len() > 2, kind, inside: behind(b"{4:") })
}

/// The line of one `-` between messages.
pub(super) fn is_separator(line: &[u8]) -> bool {
    line.trim_ascii_end() == b"-"
}

/// True for a value of the head that is too long for one and holds what only a message does.
pub(super) fn holds_fields(tag: Tag, value: &[u8]) -> bool {
    let head = matches!(tag, Tag::Reference | Tag::Related | Tag::Account | Tag::Number);
    head && [&b":60F:"[..], b":60M:", b":61:"].iter().any(|it| memmem::find(value, it).is_some())
}

/// True when a frame says so or, where there is none, when one of the lines is one that only such a
/// message has: an MT910 has `:20:` and `:25:`, too. What begins with those and has no field of
/// another message is a fragment.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let (mut ours, mut other) = (None, false);
    let mut lines = Lines::new(bytes);
    while let Ok(Some(line)) = lines.next() {
        let line = plain(line.bytes);
        let kind = frame(line).and_then(|frame| frame.kind);
        // A sample's block 2 may be masked (`{2:IXXXX`), and then its fields tell.
        if let Some(kind) = kind.filter(|kind| kind.iter().all(u8::is_ascii_digit)) {
            return matches!(kind, b"940" | b"942" | b"950");
        }
        let tag = field(line).map(|(tag, _)| tag);
        if !line.is_empty() {
            ours = ours.or(Some(tag.is_some()));
            other |= tag == Some(Tag::Other) || (tag.is_none() && is_numbered(line));
        }
        if tag.is_some_and(Tag::is_telling) {
            return true;
        }
    }
    ours == Some(true) && !other
}

/// A field of two digits (`:79:`), known or not.
fn is_numbered(line: &[u8]) -> bool {
    matches!(line, [b':', b'0'..=b'9', b'0'..=b'9', b':', ..])
}

/// The line without the control characters that some banks put around a message.
pub(super) fn plain(line: &[u8]) -> &[u8] {
    let control = |byte: u8| byte < b' ' && byte != b'\t';
    let start = line.iter().position(|&byte| !control(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|&byte| !control(byte)).map_or(start, |at| at + 1);
    &line[start..end]
}

//! Keys inside the text: `EREF+… KREF+… MREF+… SVWZ+…` of the German banks, and the same with a
//! colon, as some banks repeat them at the text's end.

use super::{Found, add, is_no_reference};

/// The most characters of a reference, and the line feeds that cuts left in it.
const REFERENCE_CHARS_MAX: usize = 35 + 2;

/// What a key's value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    EndToEnd,
    Customer,
    Purpose,
    OnBehalf,
    /// A word of the bank's, behind which text may follow.
    Code,
    /// Mandates, creditors' numbers, amounts before conversion, references of banks.
    Other,
}

fn key(word: &[u8], sign: u8) -> Option<Key> {
    match word {
        b"EREF" => Some(Key::EndToEnd),
        b"KREF" => Some(Key::Customer),
        b"SVWZ" => Some(Key::Purpose),
        b"ABWA" => Some(Key::OnBehalf),
        b"MREF" | b"CRED" | b"DEBT" | b"COAM" | b"OAMT" | b"ABWE" => Some(Key::Other),
        // Before a colon they are words of others.
        b"PURP" | b"RETU" if sign == b'+' => Some(Key::Code),
        b"BREF" | b"RREF" if sign == b'+' => Some(Key::Other),
        _ => None,
    }
}

/// The next key from `from` on: where it begins, its sign, and what it is.
fn next_key(text: &[u8], from: usize) -> Option<(usize, u8, Key)> {
    let mut at = from;
    while let Some(skipped) = memchr::memchr2(b'+', b':', &text[at..]) {
        let sign = at + skipped;
        at = sign + 1;
        let Some(start) = sign.checked_sub(4).filter(|&start| start >= from) else { continue };
        // A key stands alone, or behind an empty one (`KREF+EREF+…`).
        let alone = start == from || !text[start - 1].is_ascii_alphanumeric();
        if alone && let Some(key) = key(&text[start..sign], text[sign]) {
            return Some((start, text[sign], key));
        }
    }
    None
}

/// Takes the values of keys out of the text. Behind a plus the value goes on to the next key;
/// behind a colon it is one word, since text may follow it.
pub(super) fn split(found: &mut Found) {
    let Some((mut start, mut sign, mut kind)) = next_key(found.text.as_bytes(), 0) else { return };
    let spare = std::mem::take(&mut found.spare);
    let text = std::mem::replace(&mut found.text, spare);
    add(&mut found.text, "\n", &text[..start]);
    loop {
        let value_at = start + 5;
        let next = next_key(text.as_bytes(), value_at);
        let end = next.map_or(text.len(), |(start, ..)| start);
        let value = &text[value_at..end];
        if sign == b'+' {
            put(kind, value, found);
        } else if kind == Key::Purpose {
            found.add_line(value);
        } else {
            let value = value.trim_start();
            let length = value.find(char::is_whitespace).unwrap_or(value.len());
            put_word(kind, &value[..length], found);
            found.add_line(&value[length..]);
        }
        let Some(following) = next else { break };
        (start, sign, kind) = following;
    }
    found.spare = text;
    found.spare.clear();
}

fn put(kind: Key, value: &str, found: &mut Found) {
    match kind {
        Key::Purpose => add(&mut found.text, "\n", value),
        Key::EndToEnd if found.end_to_end.is_empty() => {
            let (reference, text) = bounded(value);
            found.end_to_end.push_str(reference);
            found.add_line(text);
        }
        Key::Customer if found.customer.is_empty() => {
            let (reference, text) = bounded(value);
            found.customer.push_str(reference);
            found.add_line(text);
        }
        Key::OnBehalf if found.on_behalf.is_empty() => found.on_behalf.push_str(value.trim()),
        // The first counts; text that only looks like a key is not lost.
        Key::EndToEnd | Key::Customer | Key::OnBehalf => found.add_line(value),
        Key::Code => found.add_line(value.split_once('\n').map_or("", |(_, text)| text)),
        Key::Other => {}
    }
}

/// A reference and the text behind it that has no key of its own: SEPA's references have 35
/// characters at most, and a word for none ends with its line.
fn bounded(value: &str) -> (&str, &str) {
    let value = value.trim();
    match value.split_once('\n') {
        Some((first, rest))
            if is_no_reference(first.trim()) || value.chars().count() > REFERENCE_CHARS_MAX =>
        {
            (first, rest)
        }
        Some(_) | None => (value, ""),
    }
}

/// A word behind a colon: often the value that a plus gave before, and then no news.
fn put_word(kind: Key, word: &str, found: &mut Found) {
    let known = match kind {
        Key::EndToEnd => &mut found.end_to_end,
        Key::Customer => &mut found.customer,
        Key::OnBehalf | Key::Purpose => return found.add_line(word),
        Key::Code | Key::Other => return,
    };
    if known.is_empty() {
        known.push_str(word);
    } else if !known.starts_with(word) {
        found.add_line(word);
    }
}

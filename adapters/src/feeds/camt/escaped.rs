//! A document that stands in an element as text, `&lt;Document&gt;…`, as markup again.

use std::collections::VecDeque;

/// What stands for a character of markup.
const REFERENCES: [(&[u8], u8); 5] =
    [(b"&lt;", b'<'), (b"&gt;", b'>'), (b"&amp;", b'&'), (b"&quot;", b'"'), (b"&apos;", b'\'')];

/// The longest of them.
const REFERENCE_BYTES_MAX: usize = 6;

/// How such a document begins.
pub(super) const BEGINNING: &[u8] = b"&lt;";

/// Text that is made markup, up to the first markup of its own.
#[derive(Default)]
pub(super) struct Escaped {
    /// The markup behind the text was met.
    is_over: bool,
    /// How many bytes were used since it began.
    passed: usize,
    /// How many were used where a reference stood, and how much longer that is than its character.
    longer: VecDeque<(usize, usize)>,
}

impl Escaped {
    /// Makes markup of `bytes[from..end]`, and gives where what can be used now ends: before a
    /// reference that is not there as a whole. `start` is where the bytes begin that were not used.
    pub(super) fn resolve(
        &mut self,
        bytes: &mut Vec<u8>,
        (start, from, end): (usize, usize, usize),
        at_end: bool,
    ) -> usize {
        if self.is_over {
            return end;
        }
        let behind = bytes.split_off(end);
        let text = bytes.split_off(from);
        let mut at = 0;
        while let Some(plain) = memchr::memchr2(b'&', b'<', &text[at..]) {
            let rest = &text[at + plain..];
            let known = REFERENCES.iter().find(|(reference, _)| rest.starts_with(reference));
            if rest[0] == b'&' && known.is_none() && rest.len() < REFERENCE_BYTES_MAX && !at_end {
                break;
            }
            bytes.extend_from_slice(&text[at..at + plain]);
            at += plain;
            if rest[0] == b'<' {
                self.is_over = true;
                break;
            }
            // Other references mean the same in the text and in the document.
            let (reference, character) = known.copied().unwrap_or((b"&", b'&'));
            if reference.len() > 1 {
                self.longer.push_back((self.passed + bytes.len() - start, reference.len() - 1));
            }
            bytes.push(character);
            at += reference.len();
        }
        let rest = &text[at..];
        let waits = if self.is_over { None } else { memchr::memchr(b'&', rest) };
        bytes.extend_from_slice(rest);
        let end = bytes.len() - waits.map_or(0, |waits| rest.len() - waits);
        bytes.extend_from_slice(&behind);
        end
    }

    /// So many bytes are used. Gives how many more they were in the file.
    pub(super) fn pass(&mut self, count: usize) -> usize {
        self.passed += count;
        let mut more = 0;
        while let Some((_, longer)) = self.longer.pop_front_if(|(at, _)| *at < self.passed) {
            more += longer;
        }
        more
    }

    /// Nothing of it is left.
    pub(super) fn is_used(&self) -> bool {
        self.is_over && self.longer.is_empty()
    }
}

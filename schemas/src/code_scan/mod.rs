//! Order codes in free text: runs of exactly thirty digits, also where a form, a bank or a
//! person grouped or folded them (DESIGN.md 4, matching rule 3).
//!
//! The text is read as *groups*: maximal runs of ASCII digits. Groups with exactly one separator
//! between them form a *chain*. A separator is one space, one dash, or one stretch of line ends.
//!
//! - A group of exactly thirty digits is a code by itself and never joins its neighbours, so the
//!   purpose code in `OTHR 122601 000000000000000000000000000017` (DOMAIN.md 2.3) harms nothing.
//! - Otherwise neighbouring whole groups of one chain that have thirty digits together are a
//!   code, if the chain offers just one such choice: `122601 0000000000 0000000000 0000000017`
//!   does, four groups of ten do not.
//! - A group that touches a letter of ASCII is part of an account or a bank's reference, and one
//!   that touches a digit of another script is part of a longer number: neither is a code, and a
//!   chain ends there. So it does at a longer group.

use std::cmp::Ordering;
use std::ops::Range;

use crate::OrderCode;

/// An order code and where the text spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCode {
    /// The thirty digits, without what separated them.
    pub code: OrderCode,
    /// Byte offset of the first digit.
    pub offset: usize,
}

/// The distinct order codes of a text, in the order of their first digits. One pass; memory is
/// taken only by what is found.
pub fn find_codes(text: &str) -> Vec<FoundCode> {
    let mut codes: Vec<FoundCode> = Vec::new();
    each_code(text, |found| {
        if codes.iter().all(|known| known.code != found.code) {
            codes.push(found);
        }
    });
    codes
}

/// Gives each order code of a text, as often as it is spelled.
pub fn each_code(text: &str, mut found: impl FnMut(FoundCode)) {
    let bytes = text.as_bytes();
    if bytes.len() < OrderCode::DIGITS {
        return;
    }
    let mut chain = Chain::default();
    let mut end = 0;
    while let Some(skipped) = bytes[end..].iter().position(u8::is_ascii_digit) {
        let start = end + skipped;
        if !is_separator(&text[end..start]) {
            chain.close(bytes, &mut found);
        }
        let length = bytes[start..].iter().position(|byte| !byte.is_ascii_digit());
        end = length.map_or(bytes.len(), |length| start + length);
        let group = start..end;
        match group.len().cmp(&OrderCode::DIGITS) {
            Ordering::Less if !is_part_of_more(text, &group) => chain.push(bytes, group),
            Ordering::Equal if !is_part_of_more(text, &group) => {
                chain.close(bytes, &mut found);
                give(bytes, group, &mut found);
            }
            Ordering::Less | Ordering::Equal | Ordering::Greater => chain.close(bytes, &mut found),
        }
    }
    chain.close(bytes, &mut found);
}

/// Gives the code of a range with thirty digits.
fn give(text: &[u8], range: Range<usize>, found: &mut impl FnMut(FoundCode)) {
    let offset = range.start;
    if let Some(code) = OrderCode::gathered(&text[range]) {
        found(FoundCode { code, offset });
    }
}

/// The groups of a chain that may still become a code, and what was found in it.
#[derive(Default)]
struct Chain {
    /// Where the last groups are, with thirty digits together at most.
    window: Range<usize>,
    digits: usize,
    /// How many choices of thirty digits the chain offered.
    choices: usize,
    /// The first of them.
    choice: Range<usize>,
}

impl Chain {
    fn push(&mut self, text: &[u8], group: Range<usize>) {
        if self.digits == 0 {
            self.window.start = group.start;
        }
        self.digits += group.len();
        self.window.end = group.end;
        while self.digits > OrderCode::DIGITS {
            let window = &text[self.window.clone()];
            let first = window.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let gap = window[first..].iter().take_while(|byte| !byte.is_ascii_digit()).count();
            self.digits -= first;
            self.window.start += first + gap;
        }
        if self.digits == OrderCode::DIGITS {
            self.choices += 1;
            if self.choices == 1 {
                self.choice = self.window.clone();
            }
        }
    }

    /// Ends the chain: its code, if it offered just one, is found.
    fn close(&mut self, text: &[u8], found: &mut impl FnMut(FoundCode)) {
        if self.choices == 1 {
            give(text, self.choice.clone(), found);
        }
        self.digits = 0;
        self.choices = 0;
    }
}

/// True for what may stand once between two groups of one code.
fn is_separator(gap: &str) -> bool {
    let mut chars = gap.chars();
    match chars.next() {
        Some('\r' | '\n') => chars.all(|c| matches!(c, '\r' | '\n')),
        // No-break, thin and narrow no-break space; from the hyphen to the em dash.
        Some(' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '-' | '\u{2010}'..='\u{2014}') => {
            chars.next().is_none()
        }
        Some(_) | None => false,
    }
}

/// True when a letter of ASCII or a digit of another script touches the group.
fn is_part_of_more(text: &str, group: &Range<usize>) -> bool {
    let touches = |c: char| c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_numeric());
    text[..group.start].chars().next_back().is_some_and(touches)
        || text[group.end..].chars().next().is_some_and(touches)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

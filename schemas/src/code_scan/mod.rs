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
use std::collections::{BTreeSet, VecDeque};
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
    let bytes = text.as_bytes();
    let mut found = Found::default();
    if bytes.len() < OrderCode::DIGITS {
        return found.codes;
    }
    let mut chain = Chain::default();
    let mut end = 0;
    while let Some(skipped) = bytes[end..].iter().position(u8::is_ascii_digit) {
        let start = end + skipped;
        if !is_separator(&text[end..start]) {
            chain.close(text, &mut found);
        }
        let length = bytes[start..].iter().position(|byte| !byte.is_ascii_digit());
        end = length.map_or(bytes.len(), |length| start + length);
        let group = start..end;
        match group.len().cmp(&OrderCode::DIGITS) {
            Ordering::Less if !is_part_of_more(text, &group) => chain.push(group),
            Ordering::Equal if !is_part_of_more(text, &group) => {
                chain.close(text, &mut found);
                found.add(text, &[group]);
            }
            Ordering::Less | Ordering::Equal | Ordering::Greater => chain.close(text, &mut found),
        }
    }
    chain.close(text, &mut found);
    found.codes
}

/// The codes found so far.
#[derive(Default)]
struct Found {
    codes: Vec<FoundCode>,
    seen: BTreeSet<OrderCode>,
}

impl Found {
    /// Takes groups that have thirty digits together.
    fn add(&mut self, text: &str, groups: &[Range<usize>]) {
        let digits: String = groups.iter().map(|group| &text[group.clone()]).collect();
        if let (Ok(code), Some(first)) = (digits.parse(), groups.first())
            && self.seen.insert(code)
        {
            self.codes.push(FoundCode { code, offset: first.start });
        }
    }
}

/// The groups of a chain that may still become a code, and what was found in it.
#[derive(Default)]
struct Chain {
    /// The last groups, with thirty digits together at most.
    window: VecDeque<Range<usize>>,
    digits: usize,
    /// How many choices of thirty digits the chain offered.
    choices: usize,
    /// The first of them.
    choice: Vec<Range<usize>>,
}

impl Chain {
    fn push(&mut self, group: Range<usize>) {
        self.digits += group.len();
        self.window.push_back(group);
        while self.digits > OrderCode::DIGITS {
            self.digits -= self.window.pop_front().map_or(self.digits, |group| group.len());
        }
        if self.digits == OrderCode::DIGITS {
            self.choices += 1;
            if self.choices == 1 {
                self.choice.extend(self.window.iter().cloned());
            }
        }
    }

    /// Ends the chain: its code, if it offered just one, is found.
    fn close(&mut self, text: &str, found: &mut Found) {
        if self.choices == 1 {
            found.add(text, &self.choice);
        }
        self.window.clear();
        self.choice.clear();
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

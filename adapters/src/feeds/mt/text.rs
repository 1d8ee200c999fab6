//! A field of several lines as one text, and which characters its bytes mean.
//!
//! SWIFT folds text at 65 characters wherever that falls, in words and numbers alike, the first
//! line with its tag or without. A line of just that length goes on in the next without a
//! separator; any other ends where its writer meant it to, and a line feed stays.

use std::borrow::Cow;
use std::cmp::Ordering;

use encoding_rs::{Encoding, IBM866, WINDOWS_1251, WINDOWS_1252};

/// The length at which lines are folded.
const FOLD_CHARS: usize = 65;

/// The most bytes of a field's text. Real ones stay below 1,000.
pub(super) const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The text of a field while its lines come.
#[derive(Default)]
pub(super) struct Folded {
    bytes: Vec<u8>,
    /// The last line was folded, not ended.
    open: bool,
    /// The text was longer than [`TEXT_BYTES_MAX`].
    cut: bool,
}

impl Folded {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.open = false;
        self.cut = false;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// A line was longer than any that is read.
    pub(super) fn set_cut(&mut self) {
        self.cut = true;
    }

    /// Takes a line. `tag` is the length of the tag before it, zero for a further line.
    pub(super) fn push(&mut self, line: &[u8], tag: usize) {
        let folded = is_folded(line, tag);
        let line = line.trim_ascii_end();
        // A time that was folded before its colon is one word, however short the line.
        let time = matches!(line, [b':', b'0'..=b'9', b'0'..=b'9', ..])
            && self.bytes.last().is_some_and(u8::is_ascii_digit);
        let joined = tag == 0 && (self.open || time);
        let line = if joined { line } else { line.trim_ascii_start() };
        if line.is_empty() {
            return;
        }
        if self.bytes.len() + line.len() >= TEXT_BYTES_MAX {
            self.cut = true;
            return;
        }
        if !joined && !self.bytes.is_empty() {
            self.bytes.push(b'\n');
        }
        self.bytes.extend_from_slice(line);
        self.open = folded;
    }
}

/// True for a line that was cut. One that ends in a space was filled up, or cut beside a word.
fn is_folded(line: &[u8], tag: usize) -> bool {
    if line.last().is_none_or(u8::is_ascii_whitespace) {
        return false;
    }
    let is_full = |length| length == FOLD_CHARS || (tag > 0 && length + tag == FOLD_CHARS);
    // In UTF-8 some programs count bytes, others characters.
    let chars = || line.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    is_full(line.len()) || (line.len() > FOLD_CHARS - tag && !line.is_ascii() && is_full(chars()))
}

/// Which characters the bytes of one file mean. What is UTF-8 is read as that, field by field;
/// the rest in one of the sets of one byte a character, so that reading never fails: names may be
/// misread, money and digits are not.
#[derive(Default)]
pub(super) struct Decoder {
    utf8: bool,
    single: Option<&'static Encoding>,
    /// Cyrillic words decided it.
    sure: bool,
}

/// How many letters in words tell that they are Cyrillic. Latin letters with accents stand alone or
/// in short runs (`ÄÖÜß`).
const LETTERS: usize = 6;

impl Decoder {
    pub(super) fn marked_utf8(&mut self) {
        self.utf8 = true;
    }

    /// The name of the character set; of that of one byte a character, if both were met.
    pub(super) fn name(&self) -> &'static str {
        match self.single {
            Some(single) if single == WINDOWS_1251 => "windows-1251",
            Some(single) if single == IBM866 => "ibm866",
            Some(_) => "windows-1252",
            None if self.utf8 => "utf-8",
            None => "ascii",
        }
    }

    /// The text. Tabs become spaces, other control characters but line feeds the replacement
    /// character.
    pub(super) fn text<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, str> {
        if bytes.is_empty() {
            return Cow::Borrowed("");
        }
        let plain = |&byte: &u8| (b' '..0x7f).contains(&byte) || byte == b'\n';
        // Looking at every byte goes many at a time.
        let all_plain = bytes.iter().fold(true, |all, byte| all & plain(byte));
        match std::str::from_utf8(bytes) {
            Ok(text) if all_plain => Cow::Borrowed(text),
            Ok(text) => {
                self.utf8 |= !text.is_ascii();
                without_controls(text)
            }
            Err(_) => without_controls(&self.not_utf8(bytes)),
        }
    }

    fn not_utf8(&mut self, bytes: &[u8]) -> String {
        // The end of a line may have fallen into a character.
        let joined: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != b'\n').collect();
        if let Ok(text) = String::from_utf8(joined) {
            self.utf8 = true;
            return text;
        }
        if !self.sure {
            let told = script(bytes);
            self.sure = told.is_some();
            self.single = told.or(self.single).or(Some(WINDOWS_1252));
        }
        let encoding = self.single.unwrap_or(WINDOWS_1252);
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    }
}

/// The Cyrillic set that the words speak for. Letters that tell are, in windows-1251, 0xC0 to 0xDF
/// and 0xF0 to 0xFF, and in code page 866 0x80 to 0xAF; 0xE0 to 0xEF are letters of both.
fn script(bytes: &[u8]) -> Option<&'static Encoding> {
    let (mut letters, mut windows, mut dos) = (0, 0, 0);
    for word in bytes.split(u8::is_ascii).filter(|word| word.len() >= 3) {
        letters += word.len();
        windows += word.iter().filter(|byte| matches!(byte, 0xc0..=0xdf | 0xf0..)).count();
        dos += word.iter().filter(|byte| matches!(byte, 0x80..=0xaf)).count();
    }
    match windows.cmp(&dos) {
        Ordering::Greater if letters >= LETTERS => Some(WINDOWS_1251),
        Ordering::Less if letters >= LETTERS => Some(IBM866),
        Ordering::Greater | Ordering::Less | Ordering::Equal => None,
    }
}

fn without_controls<'a>(text: &str) -> Cow<'a, str> {
    let shown = |c: char| match c {
        '\t' => ' ',
        '\n' => '\n',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

//! Which characters the bytes of a feed file mean. Labels in such files lie (FEEDS.md D 19), so
//! only the bytes are asked: a byte-order mark, strict UTF-8 with Cyrillic in it, then words that
//! the format must hold, written in code page 866; else windows-1251.
//!
//! The question is decided by the first line with a byte beyond ASCII that can answer it, so the
//! same file is always read the same way, however its bytes arrive.

use std::borrow::Cow;

use encoding_rs::{Encoding, IBM866, WINDOWS_1251};

/// A character set of feed files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8; what is not, is refused.
    Utf8,
    /// The rule among Belarusian banks and in ERIP.
    Windows1251,
    /// What old DOS programs write.
    Ibm866,
}

/// Decodes the lines of one file.
pub(super) struct Decoder {
    charset: Option<Charset>,
    /// Russian or Belarusian words by which the format betrays code page 866.
    words: &'static [&'static str],
}

/// The file is UTF-8 and this line of it is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Decoder {
    pub(super) fn new(words: &'static [&'static str]) -> Self {
        Self { charset: None, words }
    }

    /// The file began with the mark of UTF-8.
    pub(super) fn marked_utf8(&mut self) {
        self.charset = Some(Charset::Utf8);
    }

    /// The name of the character set, `ascii` while nothing else was met.
    pub(super) fn name(&self) -> &'static str {
        match self.charset {
            None => "ascii",
            Some(Charset::Utf8) => "utf-8",
            Some(Charset::Windows1251) => "windows-1251",
            Some(Charset::Ibm866) => "ibm866",
        }
    }

    /// The line as text: tabs become spaces, and other control characters, which no value may
    /// hold, the replacement character.
    pub(super) fn decode(&mut self, line: &[u8]) -> Result<String, NotUtf8> {
        // ASCII is the same in all of them, and most lines are nothing else.
        if line.is_ascii()
            && let Ok(text) = std::str::from_utf8(line)
        {
            return Ok(without_controls(Cow::Borrowed(text)));
        }
        if self.charset.is_none() {
            self.charset = guess(line, self.words);
        }
        let text = match self.charset {
            // Undecided lines are UTF-8 that holds signs such as № but no letters.
            Some(Charset::Utf8) | None => {
                std::str::from_utf8(line).map(Cow::Borrowed).map_err(|_| NotUtf8)?
            }
            Some(Charset::Windows1251) => WINDOWS_1251.decode_without_bom_handling(line).0,
            Some(Charset::Ibm866) => IBM866.decode_without_bom_handling(line).0,
        };
        Ok(without_controls(text))
    }
}

/// What the line says of the file, if anything.
pub(super) fn guess(line: &[u8], words: &[&str]) -> Option<Charset> {
    if line.is_ascii() {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(line) {
        let cyrillic = text.chars().any(|c| matches!(c, '\u{400}'..='\u{52f}'));
        return cyrillic.then_some(Charset::Utf8);
    }
    let hit = |charset: &'static Encoding| {
        let (text, _) = charset.decode_without_bom_handling(line);
        words.iter().any(|word| text.contains(word))
    };
    if hit(IBM866) && !hit(WINDOWS_1251) {
        Some(Charset::Ibm866)
    } else {
        Some(Charset::Windows1251)
    }
}

fn without_controls(text: Cow<'_, str>) -> String {
    // 0xc2 begins the control characters beyond ASCII, among others. Looking at all bytes is
    // faster than stopping at the first.
    let odd = |byte: u8| byte < 0x20 || byte == 0x7f || byte == 0xc2;
    if !text.bytes().fold(false, |any, byte| any | odd(byte)) {
        return text.into_owned();
    }
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

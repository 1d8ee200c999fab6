//! Which characters the bytes of a feed file mean. Labels in such files lie (FEEDS.md D 19), so
//! only the bytes are asked: a byte-order mark, strict UTF-8 with Cyrillic in it, then words that
//! the format must hold, written in code page 866; else windows-1251.
//!
//! The question is decided by the first line with a byte beyond ASCII that can answer it, so the
//! same file is always read the same way, however its bytes arrive.

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

/// What became of lines.
pub(super) enum Decoded {
    /// So many bytes are text.
    Text(usize),
    /// So many bytes are a line that is not UTF-8, in a file that is.
    NotUtf8(usize),
}

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

    /// Adds the lines to `text`, as many as are in one character set.
    pub(super) fn decode(&mut self, lines: &[u8], text: &mut String) -> Decoded {
        let charset = match self.charset {
            Some(charset) => charset,
            None => match first_to_tell(lines, self.words) {
                Some((0, charset)) => *self.charset.insert(charset),
                // Lines that tell nothing are UTF-8 that holds signs such as № but no letters.
                Some((before, _)) => return utf8(&lines[..before], text),
                None => return utf8(lines, text),
            },
        };
        match charset {
            Charset::Utf8 => utf8(lines, text),
            Charset::Windows1251 => one_byte(WINDOWS_1251, lines, text),
            Charset::Ibm866 => one_byte(IBM866, lines, text),
        }
    }
}

/// The first line that tells the character set, by where it begins.
fn first_to_tell(lines: &[u8], words: &[&str]) -> Option<(usize, Charset)> {
    if lines.is_ascii() {
        return None;
    }
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', lines).chain([lines.len()]) {
        if let Some(charset) = guess(&lines[start..end], words) {
            return Some((start, charset));
        }
        start = end + 1;
    }
    None
}

/// Takes the lines before the first that is not UTF-8, or that one.
fn utf8(lines: &[u8], text: &mut String) -> Decoded {
    let error = match std::str::from_utf8(lines) {
        Ok(lines) => {
            text.push_str(lines);
            return Decoded::Text(lines.len());
        }
        Err(error) => error,
    };
    let good = memchr::memrchr(b'\n', &lines[..error.valid_up_to()]).map_or(0, |end| end + 1);
    match std::str::from_utf8(&lines[..good]) {
        Ok(lines) if good > 0 => {
            text.push_str(lines);
            Decoded::Text(good)
        }
        Ok(_) | Err(_) => {
            Decoded::NotUtf8(memchr::memchr(b'\n', lines).map_or(lines.len(), |end| end + 1))
        }
    }
}

/// Decodes a character set of one byte a character.
fn one_byte(charset: &'static Encoding, lines: &[u8], text: &mut String) -> Decoded {
    let mut decoder = charset.new_decoder_without_bom_handling();
    text.reserve(decoder.max_utf8_buffer_length(lines.len()).unwrap_or(lines.len()));
    let (_, read, _) = decoder.decode_to_string(lines, text, true);
    Decoded::Text(read)
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

/// True when control characters may stand in the lines.
pub(super) fn has_controls(lines: &str) -> bool {
    let bytes = lines.as_bytes();
    // 0xc2 begins the control characters beyond ASCII, among others. Looking at all bytes is
    // faster than stopping at the first.
    let is_odd = |byte: u8| {
        (byte < 0x20) & (byte != b'\n') & (byte != b'\r') | (byte == 0x7f) | (byte == 0xc2)
    };
    let is_alone = |byte: u8, next: u8| (byte == b'\r') & (next != b'\n');
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    pairs.fold(false, |any, (byte, next)| any | is_odd(*byte) | is_alone(*byte, *next))
        || bytes.last().is_some_and(|byte| is_odd(*byte) | (*byte == b'\r'))
}

/// The line, with spaces for tabs, and for other control characters, which no value may hold, the
/// replacement character.
pub(super) fn without_controls(line: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    line.chars().map(shown).collect()
}

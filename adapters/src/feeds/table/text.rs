//! Characters of a table: in the declared set, else in the one that the bytes betray.

use std::fmt;
use std::str::FromStr;

use encoding_rs::{Encoding, IBM866, UTF_8, WINDOWS_1251};

use crate::feeds::charset::{Charset, guess};
use crate::feeds::error::{Fault, RowFault};

/// Words of header rows by which code page 866 is told from windows-1251.
const HEADER_WORDS: &[&str] =
    &["Дата", "дата", "ДАТА", "Сумма", "сумма", "СУММА", "Сума", "Счет", "Назначение"];

/// A declared character set: UTF-8, or one of one byte a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableCharset(&'static Encoding);

impl TableCharset {
    pub(super) const fn of(encoding: &'static Encoding) -> Self {
        Self(encoding)
    }
}

impl FromStr for TableCharset {
    type Err = String;

    /// Reads a label of the Encoding Standard, such as `windows-1250`.
    fn from_str(label: &str) -> Result<Self, String> {
        let known = Encoding::for_label_no_replacement(label.as_bytes());
        match known {
            Some(known) if known.is_single_byte() || known == UTF_8 => Ok(Self(known)),
            Some(_) => Err(format!("must be UTF-8 or of one byte a character, is {label:?}")),
            None => Err(format!("must be a character set such as windows-1250, is {label:?}")),
        }
    }
}

impl fmt::Display for TableCharset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.name().to_ascii_lowercase())
    }
}

/// Decodes the values of one file.
pub(super) struct Text {
    declared: Option<&'static Encoding>,
    met: Option<Charset>,
}

impl Text {
    pub(super) fn new(declared: Option<TableCharset>) -> Self {
        Self { declared: declared.map(|TableCharset(declared)| declared), met: None }
    }

    /// The file began with the mark of UTF-8, which is believed more than what is declared.
    pub(super) fn marked_utf8(&mut self) {
        (self.declared, self.met) = (None, Some(Charset::Utf8));
    }

    /// Looks at a row as a whole, before its values are decoded.
    pub(super) fn look(&mut self, row: &[u8]) {
        if self.declared.is_none() && self.met.is_none() {
            self.met = guess(row, HEADER_WORDS);
        }
    }

    /// The name of the character set, `ascii` while nothing else was met.
    pub(super) fn name(&self) -> &'static str {
        match (self.declared, self.met) {
            (Some(declared), _) if declared == UTF_8 => "utf-8",
            (Some(declared), _) if declared == IBM866 => "ibm866",
            (Some(declared), _) => declared.name(),
            (None, Some(Charset::Utf8)) => "utf-8",
            (None, Some(Charset::Windows1251)) => "windows-1251",
            (None, Some(Charset::Ibm866)) => "ibm866",
            (None, None) => "ascii",
        }
    }

    /// Bytes as text without controls but line feeds: tabs become spaces, carriage returns go.
    pub(super) fn decode(&self, bytes: &[u8]) -> Result<String, Fault> {
        let charset = self.declared.unwrap_or(match self.met {
            // Undecided rows are ASCII, or UTF-8 that holds signs such as № but no letters.
            None | Some(Charset::Utf8) => UTF_8,
            Some(Charset::Windows1251) => WINDOWS_1251,
            Some(Charset::Ibm866) => IBM866,
        });
        let (text, wrong) = charset.decode_without_bom_handling(bytes);
        if wrong && charset == UTF_8 {
            return Err(Fault::new(RowFault::Charset, "a row is not UTF-8"));
        }
        let odd = |c: char| c.is_control() && c != '\n';
        if !text.contains(odd) {
            return Ok(text.into_owned());
        }
        let shown = |c: char| match c {
            '\r' => None,
            '\t' => Some(' '),
            c if odd(c) => Some(char::REPLACEMENT_CHARACTER),
            c => Some(c),
        };
        Ok(text.chars().filter_map(shown).collect())
    }
}

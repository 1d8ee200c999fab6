//! The character set of a sample: UTF-8 by its rules, else the one in which its bytes look most
//! like a language.

use encoding_rs::{
    Encoding, IBM866, ISO_8859_2, KOI8_R, UTF_8, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
};

use crate::feeds::table::TableCharset;

/// Among equals the first counts.
const CANDIDATES: [&Encoding; 6] =
    [WINDOWS_1251, IBM866, KOI8_R, WINDOWS_1252, WINDOWS_1250, ISO_8859_2];
/// How many bytes beyond ASCII are looked at.
const LOOKED_AT: usize = 20_000;

/// The set, why, and whether another would fit nearly as well; `None` for ASCII.
pub(super) fn charset(sample: &[u8]) -> (Option<TableCharset>, String, bool) {
    if sample.is_ascii() {
        return (None, "only ASCII was met".to_owned(), false);
    }
    if sample.starts_with(b"\xef\xbb\xbf") || is_utf8(sample) {
        return (Some(TableCharset::of(UTF_8)), "the bytes are UTF-8".to_owned(), false);
    }
    let mut scores: Vec<(i64, &'static Encoding)> =
        CANDIDATES.iter().map(|it| (score(sample, it), *it)).collect();
    scores.sort_by_key(|(score, _)| -score);
    let [(best, encoding), (second, other), ..] = scores[..] else {
        return (None, "nothing is known of its characters".to_owned(), true);
    };
    let unsure = second.max(0) * 10 > best * 8;
    let why = if unsure {
        format!("most letters look right so; {} is nearly as likely", other.name())
    } else {
        "most letters look right so".to_owned()
    };
    (Some(TableCharset::of(encoding)), why, unsure)
}

/// UTF-8, whose last character may be cut.
fn is_utf8(sample: &[u8]) -> bool {
    match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// What speaks for letters beside each other less what speaks against.
fn score(sample: &[u8], encoding: &'static Encoding) -> i64 {
    let beyond: Vec<usize> =
        (0..sample.len()).filter(|at| !sample[*at].is_ascii()).take(LOOKED_AT).collect();
    let end = beyond.last().map_or(0, |last| (last + 2).min(sample.len()));
    let (text, _) = encoding.decode_without_bom_handling(&sample[..end]);
    let chars: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).copied().unwrap_or(' ');
    (0..chars.len())
        .filter(|at| !chars[*at].is_ascii())
        .map(|at| weight(letter(at.checked_sub(1)), chars[at], letter(Some(at + 1))))
        .sum()
}

fn weight(before: char, c: char, behind: char) -> i64 {
    let is_cyrillic = |c: char| ('\u{400}'..='\u{45f}').contains(&c);
    let beside_latin = before.is_ascii_alphabetic() || behind.is_ascii_alphabetic();
    if is_cyrillic(c) {
        let usual = if "оеаинтсрвлкмдпу".contains(c) { 3 } else { 1 };
        let odd = !matches!(c, '\u{410}'..='\u{44f}' | 'Ё' | 'ё' | 'І' | 'і' | 'Ў' | 'ў');
        let swapped = c.is_uppercase() && before.is_lowercase();
        return usual - 3 * i64::from(odd) - 4 * i64::from(swapped) - 2 * i64::from(beside_latin);
    }
    if c.is_alphabetic() {
        let alone = !before.is_alphabetic() || before.is_ascii();
        let usual = "äöüßÄÖÜąćęłńóśźżĄĆĘŁŃÓŚŹŻčšžýáíéěřůúťďČŠŽőű".contains(c);
        return match (alone, usual) {
            (true, true) => 3,
            (true, false) => 1,
            (false, _) => -2,
        };
    }
    if "«»„“”’№–—…§°€£\u{a0}".contains(c) { 0 } else { -3 }
}

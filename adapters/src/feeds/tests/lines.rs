//! Lines decoded by blocks against an obvious reading, line by line.

use std::io::BufReader;

use proptest::prelude::*;

use super::*;
use crate::feeds::charset::{Charset, Decoder, guess};
use crate::feeds::lines::{LINE_BYTES_MAX, Lines};

const WORDS: &[&str] = &["Выписка"];

/// Where each line begins, and its text or why it has none.
type Told = Vec<(u64, Result<String, RowFault>)>;

/// The rule read slowly.
fn obvious(bytes: &[u8]) -> Told {
    let marked = bytes.starts_with(b"\xef\xbb\xbf");
    let mut charset = marked.then_some(Charset::Utf8);
    let (mut told, mut at) = (vec![], 0);
    for whole in bytes.split_inclusive(|byte| *byte == b'\n') {
        let offset = at;
        at += u64::try_from(whole.len()).unwrap();
        let line = if offset == 0 && marked { &whole[3..] } else { whole };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if line.len() > LINE_BYTES_MAX {
            told.push((offset, Err(RowFault::TooLong)));
            continue;
        }
        let crs = line.iter().rev().take_while(|byte| **byte == b'\r').count();
        let line = &line[..line.len() - crs];
        if line.iter().all(|byte| *byte <= b' ') {
            continue;
        }
        charset = charset.or_else(|| guess(line, WORDS));
        let text = match charset {
            None | Some(Charset::Utf8) => std::str::from_utf8(line).map(str::to_owned).ok(),
            Some(Charset::Windows1251) => {
                Some(WINDOWS_1251.decode_without_bom_handling(line).0.into_owned())
            }
            Some(Charset::Ibm866) => Some(IBM866.decode_without_bom_handling(line).0.into_owned()),
        };
        let shown = |c: char| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        };
        let text = text.map(|text| text.chars().map(shown).collect()).ok_or(RowFault::Charset);
        told.push((offset, text));
    }
    told
}

fn read(source: impl BufRead, length: usize) -> Told {
    let mut lines = Lines::new(source, Decoder::new(WORDS));
    let mut told = vec![];
    while let Some(line) = lines.next().unwrap() {
        told.push((line.offset, line.text.map(str::to_owned).map_err(|why| why.fault().reason)));
        if told.len() % 3 == 0 {
            let last = told.last().cloned();
            lines.hold();
            let again = lines.next().unwrap().unwrap();
            let text = again.text.map(str::to_owned).map_err(|why| why.fault().reason);
            assert_eq!(Some((again.offset, text)), last, "a line that was held");
        }
    }
    assert_eq!(lines.progress().0, u64::try_from(length).unwrap(), "all was read");
    told
}

#[track_caller]
fn check(bytes: &[u8]) {
    let expected = obvious(bytes);
    assert_eq!(read(bytes, bytes.len()), expected);
    for capacity in [1, 7, 1000] {
        assert_eq!(read(BufReader::with_capacity(capacity, bytes), bytes.len()), expected);
    }
}

#[test]
fn lines_are_as_long_as_they_may_be_and_no_longer() {
    for length in [LINE_BYTES_MAX - 1, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, 3 * LINE_BYTES_MAX] {
        let long = "9".repeat(length);
        for (before, behind) in [("", ""), ("a\n", "\nb\n"), ("\u{feff}", "\n"), ("ы\n", "\r\nы")]
        {
            check(format!("{before}{long}{behind}").as_bytes());
            check(&[&cp1251("Янка\n"), long.as_bytes(), &cp1251("\nЯнка\n")].concat());
        }
    }
}

#[test]
fn blocks_end_where_the_character_set_is_told() {
    let (signs, utf8) = ("№ 1\r\n\r\n".as_bytes(), "Янка\r\n".as_bytes());
    let windows = cp1251("Янка\r\n");
    let (dos, _, _) = IBM866.encode("Выписка\r\n");
    for parts in [
        [signs, utf8, &windows, utf8],
        [signs, &windows, utf8, signs],
        [signs, &dos, &windows, utf8],
        [b"\tx\ry\r\r\n", &windows, b"\x98\x00\n", signs],
        [b"\xef\xbb\xbf\n", &windows, &windows, utf8],
        [b"\xef\xbb\xbf", signs, b"\x7f\xc2\x85\n", &windows],
    ] {
        check(&parts.concat());
        check(&parts.concat().repeat(2_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn lines_are_what_an_obvious_reading_gives(
        pieces in proptest::collection::vec(
            prop_oneof![
                4 => proptest::sample::select(vec![&b"\n"[..], b"\r\n", b"\r", b"\t", b"\xc2\x85"]),
                4 => proptest::sample::select(vec!["№ ", "Янка", "a=b", "\u{feff}", " "])
                    .prop_map(str::as_bytes),
                1 => Just(&b"\x82\xeb\xaf\xa8\xe1\xaa\xa0"[..]),
                1 => Just(&b"\xdf\xed"[..]),
            ],
            0..40,
        ),
    ) {
        check(&pieces.concat());
    }
}

//! What is a code and what is none, against an obvious reading of the rule.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: Expect) {
    let found = find_codes(text);
    assert_eq!(found, obvious(text), "the obvious reading of {text:?} differs");
    let lines: String =
        found.iter().map(|found| format!("{} at {}\n", found.code, found.offset)).collect();
    expected.assert_eq(&lines);
}

/// The rule read slowly: every chain as a list of words, every choice of neighbours tried.
fn obvious(text: &str) -> Vec<FoundCode> {
    let mut chains: Vec<Vec<(usize, String)>> = vec![vec![]];
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let (mut at, mut gap) = (0, String::new());
    while at < chars.len() {
        if !chars[at].1.is_ascii_digit() {
            gap.push(chars[at].1);
            at += 1;
            continue;
        }
        let start = at;
        while at < chars.len() && chars[at].1.is_ascii_digit() {
            at += 1;
        }
        let digits: String = chars[start..at].iter().map(|(_, c)| c).collect();
        let folded = !gap.is_empty() && gap.chars().all(|c| c == '\r' || c == '\n');
        let single = gap.chars().count() == 1
            && gap.contains(|c| " -\u{a0}\u{2009}\u{202f}\u{2010}\u{2011}–—\u{2012}".contains(c));
        let touching = |at: Option<usize>| {
            at.and_then(|at| chars.get(at)).is_some_and(|(_, c)| {
                c.is_ascii_alphabetic() || (c.is_numeric() && !c.is_ascii_digit())
            })
        };
        let tainted = touching(start.checked_sub(1)) || touching(Some(at));
        if !(folded || single) || tainted || digits.len() >= 30 {
            chains.push(vec![]);
        }
        if !tainted && digits.len() <= 30 {
            chains.last_mut().unwrap().push((chars[start].0, digits.clone()));
        }
        if tainted || digits.len() >= 30 {
            chains.push(vec![]);
        }
        gap.clear();
    }
    let mut codes: Vec<FoundCode> = vec![];
    for chain in chains {
        let mut choices = vec![];
        for from in 0..chain.len() {
            for to in from + 1..=chain.len() {
                let joined: String = chain[from..to].iter().map(|(_, word)| &**word).collect();
                if let Ok(code) = joined.parse() {
                    choices.push(FoundCode { code, offset: chain[from].0 });
                }
            }
        }
        if let [only] = choices[..]
            && codes.iter().all(|known| known.code != only.code)
        {
            codes.push(only);
        }
    }
    codes
}

const CODE: &str = "000000000000000000000000000017";

#[test]
fn a_run_of_exactly_thirty_digits_is_a_code() {
    for text in [
        format!("code {CODE}"),
        format!("code:{CODE}."),
        format!("OTHR/{CODE}/5.9"),
        format!("№  {CODE}, №  {CODE}"),
    ] {
        check(
            &text,
            expect![[r#"
            000000000000000000000000000017 at 5
        "#]],
        );
    }
    check(
        &format!("заказ{CODE}г"),
        expect![[r#"
            000000000000000000000000000017 at 10
        "#]],
    );
    for none in [
        "",
        "заказ 17",
        &CODE[1..],
        &format!("1{CODE}"),
        &format!("{CODE}{CODE}"),
        &format!("A{CODE}"),
        &format!("{CODE}b"),
        &format!("{CODE}٣"),
        &format!("１{CODE}"),
        &CODE.replacen('0', "О", 1),
        &CODE.replacen('0', "O", 9),
        &"٠".repeat(30),
    ] {
        check(none, expect![""]);
    }
}

#[test]
fn a_contiguous_code_does_not_join_its_neighbours() {
    check(
        &format!("OTHR 122601 {CODE} 45.00 05.03.2026"),
        expect![[r#"
            000000000000000000000000000017 at 12
        "#]],
    );
    check(
        &format!("{CODE} 123456789012345678901234567890\n{CODE}"),
        expect![[r#"
            000000000000000000000000000017 at 0
            123456789012345678901234567890 at 31
        "#]],
    );
    check(
        &format!("{CODE} 1234567890 1234567890 1234567890"),
        expect![[r#"
            000000000000000000000000000017 at 0
            123456789012345678901234567890 at 31
        "#]],
    );
}

#[test]
fn groups_with_single_separators_are_read_together() {
    for grouped in [
        "0000000000 0000000000 0000000017",
        "0000000000-0000000000-0000000017",
        "0000000000\u{a0}0000000000\u{a0}0000000017",
        "0000000000\u{2009}0000000000\u{202f}0000000017",
        "0000000000–0000000000—0000000017",
        "000000000000000000000000000\r\n017",
        "000000000000000000000000000\n\n017",
        "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 7",
        "00000 00000 00000 00000 00000 00017",
    ] {
        check(
            grouped,
            expect![[r#"
            000000000000000000000000000017 at 0
        "#]],
        );
    }
    for apart in [
        "0000000000  0000000000 0000000017",
        "0000000000 - 0000000000 - 0000000017",
        "0000000000 \n0000000000 0000000017",
        "0000000000.0000000000.0000000017",
        "0000000000/0000000000/0000000017",
        "0000000000,0000000000,0000000017",
        "0000000000 0000000000 00000000O17",
        "0000000000 0000000000 000000001",
        "A0000000000 0000000000 0000000017",
        "0000000000 0000000000 0000000017X",
    ] {
        check(apart, expect![""]);
    }
}

#[test]
fn numbers_beside_a_grouped_code_do_no_harm_while_the_choice_is_one() {
    check(
        "122601 0000000000 0000000000 0000000017",
        expect![[r#"
        000000000000000000000000000017 at 7
    "#]],
    );
    check(
        "45.00 0000000000 0000000000 0000000017 05.03.2026",
        expect![[r#"
        000000000000000000000000000017 at 6
    "#]],
    );
    check(
        "OTHR 122601 000000000000000 000000000000017-2026",
        expect![[r#"
        000000000000000000000000000017 at 12
    "#]],
    );
    // Here nobody can tell which of the groups are meant.
    check("1111111111 0000000000 0000000000 0000000017", expect![""]);
    check("03002 00000 00000 00000 00000 00000 00017", expect![""]);
    check("1 00000000000000000000000000001 7", expect![""]);
}

#[test]
fn accounts_are_no_codes() {
    check("BY36AKBB36029170100080000000", expect![""]);
    check("BY36 AKBB 3602 9170 1000 8000 0000", expect![""]);
    check("DE000000000000000000000000000017", expect![""]);
    check(
        &format!("р/с BY36AKBB36029170100080000000 {CODE}"),
        expect![[r#"
        000000000000000000000000000017 at 35
    "#]],
    );
}

/// Text that comes near the rule's edges more often than chance would.
fn near_misses() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[0-9]{10}",
        4 => "[0-9]{1,6}",
        2 => "[0-9]{14,16}",
        3 => "[0-9]{29,31}",
        8 => Just(" ".to_owned()),
        3 => "[-\u{a0}\u{2009}–\n]",
        2 => "(\r\n){1,2}",
        2 => "[A-Za-zОа.,/٣]",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn one_pass_finds_what_the_obvious_reading_finds(text in near_misses()) {
        prop_assert_eq!(find_codes(&text), obvious(&text));
    }

    #[test]
    fn any_text_is_scanned(text in any::<String>()) {
        prop_assert_eq!(find_codes(&text), obvious(&text));
    }

    #[test]
    fn a_grouped_code_is_found_where_nothing_touches_it(
        code in "[0-9]{30}",
        cuts in proptest::collection::btree_set(1_usize..30, 0..6),
        gap in "[- \u{a0}–]|\r\n",
    ) {
        let mut text = String::from("заказ № ");
        for (at, digit) in code.chars().enumerate() {
            if cuts.contains(&at) {
                text.push_str(&gap);
            }
            text.push(digit);
        }
        let found = find_codes(&text);
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(found[0].code.to_string(), code);
    }
}

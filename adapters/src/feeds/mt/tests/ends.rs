//! How lines, messages and files end, and what is told of those that do not.

use std::io::{BufReader, Cursor};

use expect_test::expect;

use super::{HEAD, check, message, told};
use crate::feeds::{FileFormat, Options, Reader};

const TWO: &str = ":61:260401C5,00NTRFNONREF//BANK000001\r\n:86:166?00CREDIT?20SVWZ+fee\r\n\
    ?32PAYER\r\n:61:260401C6,00NTRFNONREF//BANK000002\r\n:86:two\r\nlines";

/// What a file without any mark at its end disagrees with.
const MISSING: &str = "disagrees: the mark at the end is missing\n";

#[test]
fn two_at_signs_end_lines_where_the_first_field_has_them() {
    let plain = format!("{}{}", message(TWO), message(TWO));
    let expected = told(plain.as_bytes(), &Options::default());
    assert!(expected.contains("4 Credited +6.00"), "{expected}");
    let signs = plain.replace("\r\n", "@@");
    for (what, text) in [
        ("signs alone", signs.clone()),
        ("signs before the first field", format!("@@{signs}")),
        ("an empty line before it", format!("\r\n{signs}")),
        ("no signs at the end", signs.trim_end_matches('@').to_owned()),
        ("both", plain.replace("\r\n", "@@\r\n")),
        ("a byte-order mark", format!("\u{feff}{signs}")),
        ("signs in a foreword", format!("Report@@{signs}")),
    ] {
        assert_eq!(FileFormat::detect(text.as_bytes()), Some(FileFormat::Mt940), "{what}");
        assert_eq!(told(text.as_bytes(), &Options::default()), expected, "{what}");
        for size in 1..5 {
            let slow = BufReader::with_capacity(size, Cursor::new(text.as_bytes()));
            let reader = Reader::open(FileFormat::Mt940, slow, &Options::default()).unwrap();
            let rows: Vec<_> = reader.map(|read| read.unwrap().unwrap()).collect();
            assert_eq!(rows.len(), 4, "{what}");
            for row in rows {
                let at = usize::try_from(row.byte_offset).unwrap();
                assert!(text[at..].starts_with(":61:"), "{what}");
            }
        }
    }
    // One sign is none of them, and in a file of other lines two are text.
    check(
        &message(":61:260401C5,00NTRFNONREF\r\n:86:a@@:61:b@c@@").replace("X1", "X@1"),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "a@@:61:b@c@@"
            disagrees: from 100.00 BYN the rows lead to 105.00 BYN, not to 100.00 BYN
        "#]],
    );
    let single = signs.replace("two", "tw@o").replace(":20:X1", ":20:X@1");
    assert_eq!(told(single.as_bytes(), &Options::default()), expected.replace("two", "tw@o"),);
}

#[test]
fn a_message_in_one_line_is_not_taken_for_an_empty_one() {
    let whole = message(TWO).replace("\r\n", "");
    for text in [whole.clone(), format!("{{1:F01A}}{{2:I940BANK}}{{4:{whole}}}")] {
        let told = told(text.as_bytes(), &Options::default());
        assert!(told.starts_with(MISSING), "{told}");
    }
}

#[test]
fn a_field_behind_the_separator_in_its_line_begins_there() {
    let plain = format!("{}{}", message(TWO), message(TWO));
    let expected = told(plain.as_bytes(), &Options::default());
    for (what, text) in [
        ("entries", plain.replace("\r\n:61:", "\r\n-:61:")),
        ("accounts", plain.replace("\r\n:25:", "\r\n-:25:")),
        ("references", plain.replace("-\r\n:20:", "-:20:")),
        ("balances", plain.replace("\r\n:62F:", "\r\n-:62F:")),
    ] {
        assert_eq!(told(text.as_bytes(), &Options::default()), expected, "{what}");
    }
    // A dash before what is no field of a message stays text.
    check(
        &message(":61:260401C5,00NTRFNONREF\r\n:86:fee\r\n-:99Z:x\r\n-:12:11\r\n- more"),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "fee\n-:99Z:x\n-:12:11\n- more"
            disagrees: from 100.00 BYN the rows lead to 105.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn a_file_cut_in_a_head_is_told_from_a_whole_one() {
    let whole = format!("{HEAD}{TWO}\r\n:62F:C260401BYN111,00\r\n-\r\n");
    assert!(!told(whole.as_bytes(), &Options::default()).contains("disagrees"));
    for begun in [
        ":20:X2\r\n:25:BY00TEST/0001\r\n:28C:8/1\r\n",
        ":940:\r\n",
        "{1:F01BANKBY2XAXXX0000000000}{2:I940BANKBY2XXXXXN}",
        "{1:F01BANKBY2XAXXX0000000000}{2:I940BANKBY2XXXXXN}{4:\r\n:20:X2",
    ] {
        let told = told(format!("{whole}{begun}").as_bytes(), &Options::default());
        assert!(told.ends_with(MISSING), "{begun}: {told}");
    }
    assert!(told(&HEAD.as_bytes()[..40], &Options::default()).starts_with(MISSING));
    // A mark behind a head says that no more was to come.
    for ended in [":20:X2\r\n:25:7\r\n:28C:1\r\n-\r\n", "{1:F01A}{4:\r\n:20:X2\r\n:28C:1\r\n-}"] {
        let told = told(format!("{whole}{ended}").as_bytes(), &Options::default());
        assert!(!told.contains(MISSING), "{ended}: {told}");
    }
}

#[test]
fn an_entry_that_nothing_follows_is_told_though_it_may_be_whole() {
    let report = ":20:X1\r\n:25:BY00TEST/0001\r\n:28C:7/1\r\n:34F:BYN0,\r\n";
    let warning = "warning: nothing tells that row 2, the file's last, is whole\n";
    let open = told(format!("{report}{TWO}").as_bytes(), &Options::default());
    assert!(open.contains("2 Accepted +6.00") && open.ends_with(warning), "{open}");
    for end in ["-", ":90C:2BYN11,00"] {
        let told = told(format!("{report}{TWO}\r\n{end}").as_bytes(), &Options::default());
        assert!(!told.contains("warning"), "{end}: {told}");
    }
}

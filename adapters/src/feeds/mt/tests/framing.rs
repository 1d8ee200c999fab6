//! Messages in their file: blocks, separators, pages, heads, character sets.

use expect_test::expect;

use super::{HEAD, check, message, told};
use crate::feeds::{FeedError, FileFormat, Options, Reader};

const ENTRY: &str = ":61:2604010401C5,00NTRFNONREF//BANK000001\r\n:86:fee";

fn head_of(text: &str) -> String {
    let reader = Reader::open(FileFormat::Mt940, text.as_bytes(), &Options::default()).unwrap();
    let head = reader.head();
    let currency = head.currency.map_or("?".to_owned(), |currency| currency.to_string());
    format!("{} {} {currency}", head.kind, head.account.as_deref().unwrap_or("no account"))
}

#[test]
fn a_message_is_known_by_a_line_that_only_it_has() {
    let detect = |text: &str| FileFormat::detect(text.as_bytes());
    for known in [
        message(ENTRY),
        "{1:F01BANKBY2XAXXX0000000000}{2:I940BANKBY2XXXXXN}{4:\r\n:20:1\r\n".to_owned(),
        "{1:F01BANKBY2XAXXX0000000000}{2:O9421200260401BANK}{3:}{4:\r\n:20:1\r\n".to_owned(),
        "\u{1}\r\n:20:1\r\n:28C:1/1\r\n".to_owned(),
        "Some words\r\n\r\n----\r\n:20:1\r\n:25:1\r\n:28:1\r\n".to_owned(),
        ":940:\r\n:20:1\r\n".to_owned(),
        ":20:1\n:25:1\n:34F:BYN0,\n".to_owned(),
        "{1:F01A}{2:O9501200}{4:\r\n:20:1\r\n".to_owned(),
        // Its block 2 is masked.
        "{1:Fxxxx}{2:Ixxxxxxxx}{4:\r\n:20:1\r\n:25:1\r\n:28C:1\r\n".to_owned(),
        // Fragments.
        ":20:1\r\n:25:2\r\n:86:text\r\n".to_owned(),
        "\u{1}\r\n\r\n:20:1\r\n".to_owned(),
        ":86:166?00PAYMENT\r\n?20ORDER\r\n".to_owned(),
        ":61:260401C5,00NTRFNONREF".to_owned(),
        format!("\u{feff}{}", message(ENTRY)),
    ] {
        assert_eq!(detect(&known), Some(FileFormat::Mt940), "{known}");
    }
    // An MT910, an MT103, and no message at all.
    for other in [
        "{1:F01A}{2:O9101200}{4:\r\n:20:1\r\n:21:2\r\n:25:3\r\n:32A:260401BYN5,\r\n-}",
        "{1:Fxxxx}{2:Oxxxxxxx}{4:\r\n:20:1\r\n:21:2\r\n:25:3\r\n:32A:260401BYN5,\r\n-}",
        "{1:F01A}{2:O1031200}{4:\r\n:20:1\r\n:23B:CRED\r\n:32A:260401BYN5,\r\n:61:\r\n-}",
        ":20:1\r\n:21:2\r\n:25:3\r\n:32A:260401BYN5,\r\n",
        ":20:1\r\n:21:2\r\n:79:words\r\n",
        "words\r\n:20:1\r\n:25:2\r\n",
        "at 12:61: nothing\r\n",
        "",
    ] {
        assert_eq!(detect(other), None, "{other}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let open = |bytes: &[u8]| Reader::open(FileFormat::Mt940, bytes, &Options::default()).err();
    assert!(matches!(open(b""), Some(FeedError::Empty)));
    assert!(matches!(open(b"hello\r\nworld"), Some(FeedError::Format(FileFormat::Mt940))));
    assert!(matches!(open(&[b'\n'; 200_000]), Some(FeedError::Format(FileFormat::Mt940))));
}

#[test]
fn every_frame_gives_the_same_entry() {
    let plain = message(ENTRY);
    let expected = told(plain.as_bytes(), &Options::default());
    let body = plain.trim_end().trim_end_matches('-').to_owned();
    let blocks = "{1:F01BANKBY2XAXXX0000000000}{2:I940BANKBY2XXXXXN}";
    for (what, text) in [
        ("blocks", format!("{blocks}{{4:\r\n{body}-}}")),
        ("a trailer", format!("{blocks}{{4:\r\n{body}-}}{{5:{{CHK:123456789ABC}}}}\r\n")),
        ("block 4 begins its line", format!("{blocks}\r\n{{4:\r\n{body}-}}")),
        ("the first field behind the brace", format!("{blocks}{{4:{body}-}}")),
        ("block 4 ends its line", format!("{blocks}{{4:\r\n{}-}}", body.trim_end())),
        ("control bytes", format!("\u{1}{blocks}{{4:\r\n{body}-}}\u{3}")),
        ("control lines", format!("\u{1}\r\n{body}-\u{3}")),
        ("a foreword", format!("Example, not real\r\n\r\nBANKBY2X\r\n940\r\n{plain}")),
        ("a kind", format!(":940:\r\n{plain}")),
        ("LF", plain.replace("\r\n", "\n")),
        ("CR", plain.replace("\r\n", "\r")),
        ("CRCRLF", plain.replace("\r\n", "\r\r\n")),
        ("empty lines", plain.replace("\r\n", "\r\n\r\n")),
        ("no last line end", body.trim_end().to_owned()),
        ("a byte-order mark", format!("\u{feff}{plain}")),
        ("numbers of field 28", plain.replace(":28C:", ":28:")),
        ("old balance tags", plain.replace(":60F:", ":60:").replace(":62F:", ":62:")),
    ] {
        assert_eq!(told(text.as_bytes(), &Options::default()), expected, "{what}");
    }
}

#[test]
fn messages_and_pages_follow_each_other_and_have_balances_of_their_own() {
    let two = format!(
        "{HEAD}:61:260401C5,00NTRFNONREF//BANK000001\r\n:62M:C260401BYN105,00\r\n\
         :20:X1\r\n:25:BY00TEST/0001\r\n:28C:7/2\r\n:60M:C260401BYN105,00\r\n\
         :61:260401C5,00NTRFNONREF//BANK000001\r\n:62F:C260401BYN110,00\r\n-\r\n\
         :20:X2\r\n:25:BY00TEST/0001\r\n:28C:8/1\r\n:60F:C260401BYN110,00\r\n\
         :61:260401C5,00NTRFNONREF//BANK000001\r\n:62F:C260401BYN111,00\r\n"
    );
    // Equal entries are numbered across the pages of a statement, and anew in the next.
    check(
        &two,
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
            2 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500#2
                to: BY00TEST/0001
            3 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
            disagrees: statement 3: from 110.00 BYN the rows lead to 115.00 BYN, not to 111.00 BYN
        "#]],
    );
    let mut reader = Reader::open(FileFormat::Mt940, two.as_bytes(), &Options::default()).unwrap();
    assert_eq!(reader.by_ref().count(), 3);
    let identities: Vec<_> =
        reader.head().statement_identities.iter().map(ToString::to_string).collect();
    assert_eq!(
        identities,
        [
            "940/BY00TEST/0001/7/1/260401",
            "940/BY00TEST/0001/7/2/260401",
            "940/BY00TEST/0001/8/1/260401"
        ]
    );
    assert_eq!(reader.statements(), 3);
}

#[test]
fn entries_of_two_accounts_are_never_numbered_together() {
    // The second account's first message is cut before its first entry, and then begins anew.
    let entry = ":61:260401C5,00NTRFNONREF//BANK000001\r\n";
    let text = format!(
        "{HEAD}{entry}:62M:C260401BYN105,00\r\n:20:X1\r\n:25:BY00TEST/0002\r\n:28C:7/2\r\n\
         :60M:C260401BYN1,00\r\n:60M:C260401BYN1,00\r\n{entry}:62F:C260401BYN6,00\r\n"
    );
    let rows = told(text.as_bytes(), &Options::default());
    assert!(rows.contains(" BY00TEST/0001/BANK000001/260401/500\n"), "{rows}");
    assert!(rows.contains(" BY00TEST/0002/BANK000001/260401/500\n"), "{rows}");
}

#[test]
fn a_message_without_a_reference_begins_where_the_one_before_it_ended() {
    let text = message(ENTRY);
    let second = text.replace(":20:X1\r\n", "").replace("/0001", "/0002").replace("5,00", "7,00");
    check(
        &format!("{text}{second}"),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
                "fee"
            2 Credited +7.00 BYN 2026-04-01 BY00TEST/0002/BANK000001/260401/700
                to: BY00TEST/0002
                "fee"
            disagrees: statement 1: from 100.00 BYN the rows lead to 105.00 BYN, not to 100.00 BYN
            disagrees: statement 2: from 100.00 BYN the rows lead to 107.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn heads_are_read_as_banks_write_them() {
    for (field, expected) in [
        (":25:1291.99.348EUR", "940 1291.99.348EUR BYN"),
        (":25:BANKBY2X/00012345", "940 BANKBY2X/00012345 BYN"),
        (":25P:BY00 TEST 1\r\nBANKBY2X", "940 BY00 TEST 1 BYN"),
        (":25: 0800 3200 EUR ", "940 0800 3200 EUR BYN"),
        (":21:NONREF\r\n:25:1", "940 1 BYN"),
        ("", "940 no account BYN"),
    ] {
        let text = message(ENTRY).replace(":25:BY00TEST/0001", field);
        assert_eq!(head_of(&text), expected);
    }
    let bare = ":20:1\r\n:25:70001/4005287001EUR\r\n:28C:1\r\n:61:260401C1,00NTRFNONREF\r\n-\r\n";
    assert_eq!(head_of(bare), "940 70001/4005287001EUR EUR");
    let long = message(ENTRY).replace("BY00TEST/0001", &"9".repeat(100));
    assert_eq!(head_of(&long), "940 no account BYN");
}

const INTERIM: &str = ":20:X1\r\n:25:BY00TEST/0001\r\n:28C:7/1\r\n:34F:BYN0,\r\n\
    :13D:2604011815+0300\r\n:61:2604010401C5,00NTRFNONREF//BANK000001\r\n:86:fee\r\n\
    :61:2604010401D2,00NTRFNONREF//BANK000002\r\n:61:260401EC9,00NTRFNONREF//BANK000003\r\n\
    :61:260401RC1,00NTRFNONREF//BANK000004\r\n:90D:2BYN3,00\r\n:90C:2BYN14,00\r\n-\r\n";

#[test]
fn an_interim_report_credits_nothing_yet() {
    check(
        INTERIM,
        expect![[r#"
            1 Accepted +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
                "fee"
            2 Information -2.00 BYN 2026-04-01 BY00TEST/0001/BANK000002/260401/200
                from: BY00TEST/0001
            3 Information +9.00 BYN 2026-04-01 BY00TEST/0001/BANK000003/260401/900
                to: BY00TEST/0001
            4 Information -1.00 BYN 2026-04-01 BY00TEST/0001/BANK000004/260401/100
                to: BY00TEST/0001
        "#]],
    );
    assert_eq!(head_of(INTERIM), "942 BY00TEST/0001 BYN");
    let open = |text: &str| {
        let bytes = text.as_bytes().to_vec();
        let mut reader = Reader::open(FileFormat::Mt940, &bytes[..], &Options::default()).unwrap();
        assert_eq!(reader.by_ref().count(), 4);
        reader.findings().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        open(&INTERIM.replace("90C:2BYN14", "90C:3BYN15")),
        "5 records are declared, 4 were read; credits of 15.00 BYN are declared, 14.00 BYN were \
         read"
    );
    // From the floor on entries are listed; the sums count all.
    assert_eq!(open(&INTERIM.replace("BYN0,", "BYNC5,").replace("2BYN14", "9BYN99")), "");
    assert_eq!(open(&INTERIM.replace("90C:2BYN14,00", "90C:xBYN14")), "90C cannot be read");
    assert_eq!(open(&INTERIM.replace("90C:2BYN14,00", "90C:BYN14,00")), "90C cannot be read");
    // Without entries the number may be left out.
    let empty = &INTERIM[..INTERIM.find(":61:").unwrap()];
    assert!(
        !told(format!("{empty}:90C:BYN,00\r\n").as_bytes(), &Options::default()).contains("90C")
    );
}

#[test]
fn the_kind_is_what_the_message_holds() {
    // The frame says 942, the fields are those of a statement: what is booked is credited.
    let statement = message(ENTRY);
    let framed = format!("{{1:F01A}}{{2:I942BANK}}{{4:\r\n{}}}", statement.trim_end());
    assert_eq!(head_of(&framed), "940 BY00TEST/0001 BYN");
    let bare = ":20:1\r\n:25:7\r\n:61:260401C1,00NTRFNONREF\r\n-";
    assert_eq!(head_of(&format!("{{1:F01A}}{{2:I942BANK}}{{4:\r\n{bare}}}")), "942 7 ?");
    assert_eq!(head_of(&format!(":942:\r\n{bare}")), "942 7 ?");
    assert_eq!(head_of(bare), "940 7 ?");
}

#[test]
fn a_file_that_names_no_currency_is_read_in_the_one_that_is_told() {
    let bare = ":20:1\r\n:25:7\r\n:28C:1\r\n:61:260401C1,00NTRFNONREF//BANK000001\r\n-";
    check(
        bare,
        expect![[r#"
            row 1 at byte 22: nothing names the entry's currency, nor do the settings [currency]
        "#]],
    );
    let options = Options { currency: Some(kvit_schemas::Currency::BYN), ..Options::default() };
    // Without a balance or a frame nothing says that it is booked.
    assert!(told(bare.as_bytes(), &options).starts_with("1 Accepted +1.00 BYN"));
    let named = format!(":940:\r\n{bare}");
    assert!(told(named.as_bytes(), &options).starts_with("1 Credited +1.00 BYN"));
    // A balance in a currency that nobody knows is not overruled.
    assert_eq!(
        told(message(ENTRY).replace("BYN", "QQQ").as_bytes(), &options).lines().next().unwrap(),
        "row 1 at byte 60: the balance before the entry names no known currency [currency]"
    );
}

#[test]
fn archives_are_read_in_the_currencies_of_their_time() {
    let marks = message(":61:980401C5,00NTRFNONREF//BANK000001").replace("BYN100,00", "DEM7,5");
    check(
        &marks.replace(":62F:C260401DEM7,5", ":62F:C260401DEM12,5"),
        expect![[r#"
            1 Credited +5.00 DEM 1998-04-01 BY00TEST/0001/BANK000001/980401/500
                to: BY00TEST/0001
        "#]],
    );
}

#[test]
fn a_fragment_is_read_and_said_to_be_one() {
    let warning =
        "warning: nothing tells that it is a statement: a part of one, or something else\n";
    for fragment in [":20:1\r\n", ":86:166?00PAYMENT\r\n", "\r\n:25:2\r\n\r\n:20:1\r\n:25:3"] {
        assert_eq!(FileFormat::detect(fragment.as_bytes()), Some(FileFormat::Mt940));
        assert_eq!(told(fragment.as_bytes(), &Options::default()), warning, "{fragment}");
    }
    let options = Options { currency: Some(kvit_schemas::Currency::BYN), ..Options::default() };
    let entry = ":61:260401C5,00NTRFNONREF//BANK000001\r\n:86:fee\r\n-\r\n";
    assert_eq!(
        told(entry.as_bytes(), &options),
        "1 Accepted +5.00 BYN 2026-04-01 /BANK000001/260401/500\n    \"fee\"\n"
    );
}

#[test]
fn a_statement_message_without_texts_is_a_statement() {
    let body = ":20:1\r\n:25:7\r\n:28C:1/1\r\n:60F:C260401BYN1,\r\n\
                :61:260401C5,00NTRFNONREF//BANK000001\r\n:62F:C260401BYN6,\r\n:64:C260401BYN6,\r\n-";
    for text in
        [format!("{{1:F01A}}{{2:O9501200260401BANK}}{{4:\r\n{body}}}"), format!(":950:\r\n{body}")]
    {
        assert_eq!(FileFormat::detect(text.as_bytes()), Some(FileFormat::Mt940));
        assert_eq!(head_of(&text), "950 7 BYN");
        check(
            &text,
            expect![[r#"
                1 Credited +5.00 BYN 2026-04-01 7/BANK000001/260401/500
                    to: 7
            "#]],
        );
    }
}

#[test]
fn characters_never_stop_the_reading() {
    let name = |bytes: &[u8]| {
        let mut reader = Reader::open(FileFormat::Mt940, bytes, &Options::default()).unwrap();
        let purpose = reader.next().unwrap().unwrap().unwrap().purpose.unwrap();
        assert_eq!(reader.by_ref().count(), 0);
        format!("{} {purpose}", reader.charset())
    };
    let with = |text: &[u8]| {
        let whole = message(":61:260401C1,00NTRFNONREF\r\n:86:TEXT");
        let at = whole.find("TEXT").unwrap();
        [&whole.as_bytes()[..at], text, &whole.as_bytes()[at + 4..]].concat()
    };
    let cp1251 = |text: &str| encoding_rs::WINDOWS_1251.encode(text).0.into_owned();
    let ibm866 = |text: &str| encoding_rs::IBM866.encode(text).0.into_owned();
    assert_eq!(name(&with(b"plain")), "ascii plain");
    assert_eq!(name(&with("Гродна".as_bytes())), "utf-8 Гродна");
    assert_eq!(name(&with(&cp1251("Оплата пошлины"))), "windows-1251 Оплата пошлины");
    assert_eq!(name(&with(&ibm866("Оплата пошлины"))), "ibm866 Оплата пошлины");
    assert_eq!(
        name(&with(b"M\xfcller, Gr\xe4fin \xc4\xd6\xdc\xdf")),
        "windows-1252 Müller, Gräfin ÄÖÜß"
    );
    assert_eq!(name(&with("destro\u{fffd}ed".as_bytes())), "utf-8 destro\u{fffd}ed");
    assert_eq!(name(&with(b"tab\tand \x07 bell")), "ascii tab and \u{fffd} bell");
    // The fold fell into a character.
    let cut = [&"x".repeat(65).into_bytes()[..64], b"\xc3\r\n\xbc"].concat();
    assert_eq!(name(&with(&cut)), format!("utf-8 {}ü", "x".repeat(64)));
    let marked = [b"\xef\xbb\xbf", &with(b"plain")[..]].concat();
    assert_eq!(name(&marked), "utf-8 plain");
}

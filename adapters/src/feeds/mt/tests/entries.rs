//! Field 61 in its variations, and what it means.

use std::fmt::Write as _;

use expect_test::expect;

use super::{check, message, told};
use crate::feeds::{FileFormat, IdentityRule, Options, Reader};

/// Each line as the field 61 of a message of its own.
fn entries(lines: &str) -> String {
    let mut out = String::new();
    for line in lines.lines().map(str::trim) {
        let text = message(&format!(":61:{line}"));
        let told = told(text.as_bytes(), &Options::default());
        let told: Vec<&str> = told.lines().filter(|line| !line.starts_with("disagrees")).collect();
        writeln!(out, "{line}\n    {}", told.join("\n    ").replace(" at byte 59", "")).unwrap();
    }
    out
}

#[test]
fn marks_say_the_direction_and_what_is_a_payment() {
    expect![[r#"
        2604010402C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402CR5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402CN5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402D5,00NTRFNONREF
            1 Information -5.00 BYN 2026-04-02 weak
                from: BY00TEST/0001
        2604010402DK5,00NTRFNONREF
            1 Information -5.00 BYN 2026-04-02 weak
                from: BY00TEST/0001
        2604010402RC5,00NTRFNONREF
            1 Reversed -5.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402RCR5,00NTRFNONREF
            1 Reversed -5.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402RD5,00NTRFNONREF
            1 Information +5.00 BYN 2026-04-02 weak
                from: BY00TEST/0001
        2604010402RDR5,00NTRFNONREF
            1 Information +5.00 BYN 2026-04-02 weak
                from: BY00TEST/0001
        2604010402EC5,00NTRFNONREF
            1 Information +5.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402ED5,00NTRFNONREF
            1 Information -5.00 BYN 2026-04-02 weak
                from: BY00TEST/0001
        2604010402C0,00NTRFNONREF
            1 Information +0.00 BYN 2026-04-02 weak
                to: BY00TEST/0001
        2604010402X5,00NTRFNONREF
            row 1 at byte 60: field 61 has no debit or credit mark [direction]
        26040104025,00NTRFNONREF
            row 1 at byte 60: field 61 has no debit or credit mark [direction]
    "#]]
    .assert_eq(&entries(
        "2604010402C5,00NTRFNONREF
         2604010402CR5,00NTRFNONREF
         2604010402CN5,00NTRFNONREF
         2604010402D5,00NTRFNONREF
         2604010402DK5,00NTRFNONREF
         2604010402RC5,00NTRFNONREF
         2604010402RCR5,00NTRFNONREF
         2604010402RD5,00NTRFNONREF
         2604010402RDR5,00NTRFNONREF
         2604010402EC5,00NTRFNONREF
         2604010402ED5,00NTRFNONREF
         2604010402C0,00NTRFNONREF
         2604010402X5,00NTRFNONREF
         26040104025,00NTRFNONREF",
    ));
}

#[test]
fn amounts_are_read_to_the_kopeck_or_refused() {
    let mut out = String::new();
    for amount in [
        "6800,",
        "7,7",
        ",",
        ",5",
        "0,",
        "000000000300.00",
        "000000000300,00",
        "500",
        "1,230",
        "9999999999999,99",
        "1,234",
        "1.234,56",
        "12345678901234,",
        "1,00000000000",
        "",
        "-5,00",
    ] {
        let text = message(&format!(":61:260401C{amount}NTRFNONREF"));
        let told = told(text.as_bytes(), &Options::default());
        let first = told.lines().next().unwrap().trim_end_matches(" 2026-04-01 weak");
        writeln!(out, "{amount:<16} {}", first.replace(" at byte 59", "")).unwrap();
    }
    expect![[r#"
        6800,            1 Credited +6800.00 BYN
        7,7              1 Credited +7.70 BYN
        ,                1 Information +0.00 BYN
        ,5               1 Credited +0.50 BYN
        0,               1 Information +0.00 BYN
        000000000300.00  1 Credited +300.00 BYN
        000000000300,00  1 Credited +300.00 BYN
        500              1 Credited +500.00 BYN
        1,230            1 Credited +1.23 BYN
        9999999999999,99 1 Credited +9999999999999.99 BYN
        1,234            row 1 at byte 60: the amount of field 61 cannot be "1,234" [amount]
        1.234,56         row 1 at byte 60: the amount of field 61 cannot be "1.234,56" [amount]
        12345678901234,  row 1 at byte 60: the amount of field 61 cannot be "12345678901234," [amount]
        1,00000000000    row 1 at byte 60: the amount of field 61 cannot be "1,00000000000" [amount]
                         row 1 at byte 60: field 61 has no amount [amount]
        -5,00            row 1 at byte 60: field 61 has no amount [amount]
    "#]].assert_eq(&out);
}

#[test]
fn days_that_are_none_do_not_lose_the_money() {
    expect![[r#"
        260401C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
        260401    C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
        2512310102C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-01-02 weak
                to: BY00TEST/0001
        2601021231C5,00NTRFNONREF
            1 Credited +5.00 BYN 2025-12-31 weak
                to: BY00TEST/0001
        2602300301C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-03-01 weak
                to: BY00TEST/0001
        260230C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-02-28 weak
                to: BY00TEST/0001
            warning: row 1 names no day of its month; the last was taken
        2602280230C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-02-28 weak
                to: BY00TEST/0001
            warning: row 1 names no day of its month; the last was taken
        2604011301C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
            warning: row 1 has an entry date that is no day; its value date was taken
        2613010401C5,00NTRFNONREF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
        261301C5,00NTRFNONREF
            1 Credited +5.00 BYN no day weak
                to: BY00TEST/0001
            warning: row 1 has dates that are no days
        260400C5,00NTRFNONREF
            1 Credited +5.00 BYN no day weak
                to: BY00TEST/0001
            warning: row 1 has dates that are no days
        990401C5,00NTRFNONREF
            1 Credited +5.00 BYN 1999-04-01 weak
                to: BY00TEST/0001
        2604C5,00NTRFNONREF
            row 1 at byte 60: field 61 does not begin with a date [date]
    "#]]
    .assert_eq(&entries(
        "260401C5,00NTRFNONREF
         260401    C5,00NTRFNONREF
         2512310102C5,00NTRFNONREF
         2601021231C5,00NTRFNONREF
         2602300301C5,00NTRFNONREF
         260230C5,00NTRFNONREF
         2602280230C5,00NTRFNONREF
         2604011301C5,00NTRFNONREF
         2613010401C5,00NTRFNONREF
         261301C5,00NTRFNONREF
         260400C5,00NTRFNONREF
         990401C5,00NTRFNONREF
         2604C5,00NTRFNONREF",
    ));
}

#[test]
fn references_are_what_they_say_they_are() {
    expect![[r#"
        260401C5,00NTRF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
        260401C5,00NTRFNONREF//NONREF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
        260401C5,00NTRF1234//B4E07XM00J000023
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/B4E07XM00J000023/260401/500
                document: 1234
                to: BY00TEST/0001
        260401C5,00FMSCNONREF//8327000090031789
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/8327000090031789/260401/500
                to: BY00TEST/0001
        260401C5,00S103KREF+//0724710333343453
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/0724710333343453/260401/500
                to: BY00TEST/0001
        260401C5,00NMSCOver til://MasterCard
            1 Credited +5.00 BYN 2026-04-01 weak
                document: Over til:
                to: BY00TEST/0001
        260401C5,00N0440121470966      W.P. Jansen
            1 Credited +5.00 BYN 2026-04-01 weak
                name: W.P. Jansen
                from: 0121470966
                to: BY00TEST/0001
        260401C5,00NMSCNONREF          TOMTE TUMMETOT
            1 Credited +5.00 BYN 2026-04-01 weak
                name: TOMTE TUMMETOT
                to: BY00TEST/0001
        260401C5,00NIOBNL91ABNA0417164300
            1 Credited +5.00 BYN 2026-04-01 weak
                from: NL91ABNA0417164300
                to: BY00TEST/0001
        260401C5,00NOV NONREF
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
        260401C5,00
            row 1 at byte 60: field 61 ends behind its amount [unterminated]
    "#]]
    .assert_eq(&entries(
        "260401C5,00NTRF
         260401C5,00NTRFNONREF//NONREF
         260401C5,00NTRF1234//B4E07XM00J000023
         260401C5,00FMSCNONREF//8327000090031789
         260401C5,00S103KREF+//0724710333343453
         260401C5,00NMSCOver til://MasterCard
         260401C5,00N0440121470966      W.P. Jansen
         260401C5,00NMSCNONREF          TOMTE TUMMETOT
         260401C5,00NIOBNL91ABNA0417164300
         260401C5,00NOV NONREF
         260401C5,00",
    ));
}

#[test]
fn references_stand_behind_a_type_of_any_letter_or_none() {
    expect![[r#"
        260401C5,00Z103X
            1 Credited +5.00 BYN 2026-04-01 weak
                document: X
                to: BY00TEST/0001
        260401C5,00ACHPX1//BANK000001
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                document: X1
                to: BY00TEST/0001
        260401C5,00TIDXTEST//REF0001
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/REF0001/260401/500
                document: TEST
                to: BY00TEST/0001
        260401C5,00NONREF//BANK000001
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
        260401C5,00//BANK000001
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
        260401C5,00and no type
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
    "#]]
    .assert_eq(&entries(
        "260401C5,00Z103X
         260401C5,00ACHPX1//BANK000001
         260401C5,00TIDXTEST//REF0001
         260401C5,00NONREF//BANK000001
         260401C5,00//BANK000001
         260401C5,00and no type",
    ));
}

#[test]
fn lines_under_the_statement_line_are_the_banks_own() {
    // A number there is no order code, even one of thirty digits; a name or an account is used.
    check(
        &message(
            ":61:260401C5,00NTRFNONREF//BANK000001
             210564431020000000024556150000
             :86:fee
             :61:260401C5,00NTRFNONREF//BANK000002
             /OCMT/EUR11,85//CHGS/EUR0,50/
             :61:260401C5,00NIOBNL91ABNA0417164300
             some name
             :86:NL91ABNA0417164300 some name
             :61:260401C5,00N102EREF
             NL91ABNA0417164300
             :86:/EREF/E-1/ORDP//NAME/SOMEBODY/REMI/fee",
        ),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                to: BY00TEST/0001
                "fee"
            2 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000002/260401/500
                to: BY00TEST/0001
                "/OCMT/EUR11,85//CHGS/EUR0,50/"
            3 Credited +5.00 BYN 2026-04-01 weak
                name: some name
                from: NL91ABNA0417164300
                to: BY00TEST/0001
                "NL91ABNA0417164300 some name"
            4 Credited +5.00 BYN 2026-04-01 weak
                end to end: E-1
                name: SOMEBODY
                from: NL91ABNA0417164300
                to: BY00TEST/0001
                "fee"
            disagrees: from 100.00 BYN the rows lead to 120.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn the_banks_reference_may_stand_in_a_line_of_its_own() {
    check(
        &message(
            ":61:260401C5,00NTRF2026040100000001
             //BANK000001
             :86:fee
             :61:260401C5,00NTRFNONREF//
             //BANK000002
             and a word
             :61:260401C5,00NTRFNONREF//BANK000003
             //BANK000004",
        ),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000001/260401/500
                document: 2026040100000001
                to: BY00TEST/0001
                "fee"
            2 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000002/260401/500
                to: BY00TEST/0001
                "and a word"
            3 Credited +5.00 BYN 2026-04-01 BY00TEST/0001/BANK000003/260401/500
                to: BY00TEST/0001
                "//BANK000004"
            disagrees: from 100.00 BYN the rows lead to 115.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn a_text_that_begins_under_the_statement_line_goes_on_in_field_86() {
    let code = "120000000000000000000000000017";
    check(
        &message(&format!(
            ":61:260401C1,00NTRFNONREF
             J PAYER               TFRFEE OF MA
             :86:Y 2026
             :61:260401C2,00NTRFNONREF
             J PAYER               TFRFEE OF M
             :86:and a text of its own
             :61:260401C3,00NTRFNONREF
             770-INCOMING TRANSFER OF SOMEBODY-
             :86:770 INCOMING TRANSFER; FEE OF MAY
             :61:260401C4,00NTRFNONREF
             INCOMING TRANSFER FROM ANOTHER BAN
             :86:{code}
             :61:260401C5,00NTRFNONREF
             INCOMING TRANSFER FROM ANOTHER BAN
             :86:/REMI/fee/NAME/PAYER
             :61:260401C6,00NTRFNONREF
             /OCMT/EUR123456,85//CHGS/EUR0,500/
             :86:fee"
        )),
        expect![[r#"
            1 Credited +1.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "J PAYER               TFRFEE OF MAY 2026"
            2 Credited +2.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "and a text of its own"
            3 Credited +3.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "770 INCOMING TRANSFER; FEE OF MAY"
            4 Credited +4.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "120000000000000000000000000017"
                code 120000000000000000000000000017 in purpose
            5 Credited +5.00 BYN 2026-04-01 weak
                name: PAYER
                to: BY00TEST/0001
                "fee"
            6 Credited +6.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "fee"
            disagrees: from 100.00 BYN the rows lead to 121.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn our_own_account_is_not_the_other_sides() {
    let text = message(
        ":61:260401C5,00NTRFNONREF
         :86:000>20FEE>310001
         :61:260401D5,00NTRFNONREF
         :86:000>20FEE>31BY00TEST/0001
         :61:260401C5,00NTRFNONREF
         :86:000>20FEE>319990001",
    );
    check(
        &text,
        expect![[r#"
        1 Credited +5.00 BYN 2026-04-01 weak
            to: BY00TEST/0001
            "FEE"
        2 Information -5.00 BYN 2026-04-01 weak
            from: BY00TEST/0001
            "FEE"
        3 Credited +5.00 BYN 2026-04-01 weak
            from: 9990001
            to: BY00TEST/0001
            "FEE"
        disagrees: from 100.00 BYN the rows lead to 105.00 BYN, not to 100.00 BYN
    "#]],
    );
}

fn ids(text: &str, identity: IdentityRule) -> Vec<String> {
    let options = Options { identity, ..Options::default() };
    let reader = Reader::open(FileFormat::Mt940, text.as_bytes(), &options).unwrap();
    reader.map(|read| read.unwrap().unwrap().payment_id.to_string()).collect()
}

#[test]
fn a_shared_reference_does_not_make_one_payment_of_several() {
    let text = message(
        ":61:260401C5,00NTRFNONREF//BATCH000001
         :86:?20EREF+E1?21SVWZ+one
         :61:260401C5,00NTRFNONREF//BATCH000001
         :86:?20EREF+E1?21SVWZ+two
         :61:260401C6,00NTRFNONREF//BATCH000001
         :86:?20EREF+E2?21SVWZ+three
         :61:260401RC5,00NTRFNONREF//BATCH000001
         :86:?20EREF+E1?21SVWZ+one",
    );
    expect![[r#"
        BY00TEST/0001/BATCH000001/260401/500
        BY00TEST/0001/BATCH000001/260401/500#2
        BY00TEST/0001/BATCH000001/260401/600
        BY00TEST/0001/BATCH000001/260401/500"#]]
    .assert_eq(&ids(&text, IdentityRule::BankReference).join("\n"));
    expect![[r#"
        BY00TEST/0001/E1/260401/500
        BY00TEST/0001/E1/260401/500#2
        BY00TEST/0001/E2/260401/600
        BY00TEST/0001/E1/260401/500"#]]
    .assert_eq(&ids(&text, IdentityRule::EndToEnd).join("\n"));
    let content = ids(&text, IdentityRule::Content);
    assert!(content.iter().all(|id| id.starts_with("weak-")));
    assert_eq!(content.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
}

#[test]
fn what_an_entry_says_does_not_depend_on_its_folds() {
    let entry = |text: &str| message(&format!(":61:260401C5,00NTRFNONREF\r\n:86:{text}"));
    let one = ids(&entry("some words of a payer\r\nand more"), IdentityRule::BankReference);
    let other = ids(&entry("some words of\r\na payer and more"), IdentityRule::BankReference);
    assert_eq!(one, other);
    let twice = message(
        ":61:260401C5,00NTRFNONREF
         :86:equal
         :61:260401C5,00NTRFNONREF
         :86:equal",
    );
    let twice = ids(&twice, IdentityRule::BankReference);
    assert_eq!(twice[1], format!("{}#2", twice[0]));
}

#[test]
fn what_mt942_told_mt940_names_alike() {
    let entry = ":61:2604010401C5,00NTRFNONREF//BANK000001\r\n:86:fee\r\n";
    let interim = format!(":20:X\r\n:25:BY00TEST/0001\r\n:28C:1\r\n:34F:BYN0,\r\n{entry}");
    let booked = message(entry);
    let rule = IdentityRule::BankReference;
    assert_eq!(ids(&interim, rule), ids(&booked, rule));
}

//! Registers of our own making, by the layouts of DOMAIN.md 1.3.

use expect_test::{Expect, expect};

use crate::feeds::tests;
use crate::feeds::{AmountRule, FileFormat, Options};

const ACCEPTED: &str = "\
5^70000007^12^20260401090000^2^740^100000007^933^33.10^0.00\r
1^2^100000000000000000000000000042^КУПАЛА ЯНКА^вул. Першая, 1^04.2026^30.00^0.00^20260401083000^null^20260331120000^900000071^81^K7^MS^^740^^1^5\r
2^2^рахунак 7^^^04.2026^3,10^^20260401084500^^^900000072^^^^па пасьведчаньне^740\r
\r
";

const CREDITED: &str = "\
5^70000007^13^20260402070000^2^740^100000007^795^BY00TEST00000000000000000007^31^20260402000000^933^33.10^0.00^32.77^740^BY00TEST^03002
1^2^100000000000000000000000000042^КУПАЛА ЯНКА^^04.2026^30.00^0.00^29.70^20260401083000^^20260331120000^900000071^81^K7^MS^^^1^5
2^2^рахунак 7^^^04.2026^3.10^0.00^3.07^20260401084500^^^900000072^^^^^^^
";

const REVERSED: &str = "\
5^70000007^14^20260401100000^1^740^100000007^933^3.10
1^2^рахунак 7^^^04.2026^3.10^0.00^20260401084500^20260401095500^^^900000072^82^^^^740^^^5
";

#[track_caller]
fn check(name: &str, text: &str, expected: Expect) {
    tests::check(FileFormat::Erip, text, &named(name), expected);
}

fn named(name: &str) -> Options<'_> {
    Options { file_name: Some(name), ..Options::default() }
}

/// The lines from the first row on, without the rows' details.
#[track_caller]
fn check_rows(name: &str, text: &str, expected: Expect) {
    let told = tests::told(FileFormat::Erip, &tests::cp1251(text), &named(name));
    let rows: Vec<&str> = told.lines().skip(1).filter(|line| !line.starts_with("    ")).collect();
    expected.assert_eq(&(rows.join("\n") + "\n"));
}

#[test]
fn accepted_payments_are_read() {
    check(
        "/out/0000012.206",
        ACCEPTED,
        expect![[r#"
        erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        1 @61 Accepted +30.00 BYN 900000071
            paid: 2026-04-01T08:30:00+03:00
            payer: КУПАЛА ЯНКА
            erip: 900000071
            agent: 81
            service: 2
            personal account: 100000000000000000000000000042
        2 @207 Accepted +3.10 BYN 900000072
            paid: 2026-04-01T08:45:00+03:00
            erip: 900000072
            service: 2
            personal account: рахунак 7
            purpose: "па пасьведчаньне"
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn credited_payments_are_read_with_what_was_withheld() {
    check(
        "0000013.210",
        CREDITED,
        expect![[r#"
        erip 210 account=BY00TEST00000000000000000007 unp=100000007 identity=210-13-20260402070000 currency=BYN
        1 @136 Credited +30.00 BYN 900000071
            withheld: 0.30 BYN
            paid: 2026-04-01T08:30:00+03:00
            booked: 2026-04-02
            payer: КУПАЛА ЯНКА
            beneficiary: BY00TEST00000000000000000007
            erip: 900000071
            agent: 81
            document: 31
            service: 2
            personal account: 100000000000000000000000000042
        2 @265 Credited +3.10 BYN 900000072
            withheld: 0.03 BYN
            paid: 2026-04-01T08:45:00+03:00
            booked: 2026-04-02
            beneficiary: BY00TEST00000000000000000007
            erip: 900000072
            document: 31
            service: 2
            personal account: рахунак 7
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.33 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn reversed_payments_are_read_with_their_time() {
    check(
        "0000014.216",
        REVERSED,
        expect![[r#"
        erip 216 unp=100000007 identity=216-14-20260401100000 currency=BYN
        1 @54 Reversed +3.10 BYN 900000072
            paid: 2026-04-01T08:45:00+03:00
            reversed: 2026-04-01T09:55:00+03:00
            erip: 900000072
            agent: 82
            service: 2
            personal account: рахунак 7
        1 rows, 0 refused
        +3.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn without_an_extension_the_shape_tells_the_kind() {
    for (text, kind) in [(ACCEPTED, "206"), (CREDITED, "210"), (REVERSED, "216")] {
        for options in [Options::default(), named("message.txt"), named("message")] {
            let told = tests::told(FileFormat::Erip, &tests::cp1251(text), &options);
            assert!(told.starts_with(&format!("erip {kind} ")), "{told}");
            assert!(!told.contains("disagrees"), "{told}");
        }
    }
}

#[test]
fn what_is_no_register_is_refused() {
    let demands = "5^70000007^1^20260401090000^1^100000007^740^BY00TEST^2^933^PS\n2^1^^^^1.00^";
    let answer = "5^80000000^9^20260401090100^1^20260401090000^0^^0\n";
    let short_answer = "5^80000000^9^20260401090100^1^20260401090000^0^\n";
    let empty = "5^70000007^12^20260401090000^0^740^100000007^933^0.00^0.00\n";
    let mut out = String::new();
    for (name, text) in [
        ("1.202", demands),
        ("1", demands),
        ("9.204", answer),
        ("9", answer),
        ("9", short_answer),
        ("9.206", answer),
        ("9.205", ACCEPTED),
        ("9.301", ACCEPTED),
        ("9.210", ACCEPTED),
        ("9.206", CREDITED),
        ("9.216", CREDITED),
        ("9", empty),
        ("9.206", ""),
        ("9.206", "\r\n\r\n"),
        ("9.206", "1CClientBankExchange\n"),
        ("9.206", "5^70000007^12^2026040109^0^740^100000007^933^0.00^0.00"),
        ("9.206", "5^70000007^12^20261301090000^0^740^100000007^933^0.00^0.00"),
        ("9.206", "5^70000007^12^20260401090000^x^740^100000007^933^0.00^0.00"),
        ("9.206", "5^70000007^12^20260401090000^0^740^100000007^999^0.00^0.00"),
        ("9.206", "5^70000007^12^20260401090000^0^740^100000007^933^33^0.00"),
        ("9.206", "5^70000007^12^20260401090000^0^740^100000007^933^1.00^-1.00"),
        ("9.206", "5^70000007^12^20260401090000^0^740^100000007^BYN^1.00^1.00"),
        ("9.206", "5^70000007^12^20260401090000^0^740^100000007^933"),
        ("9", "5^70000007^12^20260401090000^0^740"),
    ] {
        let told = tests::told(FileFormat::Erip, &tests::cp1251(text), &named(name));
        out += &format!("{name:<6} {told}");
    }
    expect![[r#"
        1.202  refused: an ERIP message 202 is not a payment register
        1      refused: an ERIP message 202 is not a payment register
        9.204  refused: an ERIP message 204 is not a payment register
        9      refused: an ERIP message 204 is not a payment register
        9      refused: an ERIP message 204 is not a payment register
        9.206  refused: an ERIP message 204 is not a payment register
        9.205  refused: no layout is known for the kind "205"
        9.301  refused: no layout is known for the kind "301"
        9.210  refused: the name says kind 210, the first line is not of that kind
        9.206  refused: the name says kind 206, the first line is not of that kind
        9.216  refused: the name says kind 216, the first line is not of that kind
        9      refused: no layout is known for the kind "206 or 216"
        9.206  refused: the file is empty
        9.206  refused: the file is empty
        9.206  refused: the file does not begin as the format erip does
        9.206  refused: the file does not begin as the format erip does
        9.206  refused: the head's msg_datetime cannot be read
        9.206  refused: the head's entries_count cannot be read
        9.206  refused: the head's currency_code cannot be read
        9.206  refused: the head's total_amount cannot be read
        9.206  refused: the head's fine_amount cannot be read
        9.206  refused: the name says kind 206, the first line is not of that kind
        9.206  refused: the name says kind 206, the first line is not of that kind
        9      refused: no layout is known for the kind "6 fields"
    "#]]
    .assert_eq(&out);
}

#[test]
fn an_empty_register_is_one() {
    let text = "5^70000007^12^20260401090000^0^740^100000007^933^0.00^0.00\n";
    check(
        "1.206",
        text,
        expect![[r#"
        erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        0 rows, 0 refused
    "#]],
    );
}

/// One record of 206 for each way in which it can be wrong, and near misses that are right.
#[test]
fn a_record_that_cannot_be_used_does_not_stop_the_others() {
    let good = "1^2^555^^^^3.00^0.00^20260401080000^^^77^8^^^";
    let lines = [
        good.to_owned(),
        "".to_owned(),
        "1^2^555^^^^3.00^0.00^20260401080000^^^77".to_owned(),
        format!("{good}^^^^^^^^^^^^^^"),
        "1^2^555^^^^3.00^0.00^20260401080000^^".to_owned(),
        "x".to_owned(),
        good.replacen("1^", "^", 1),
        good.replace("3.00", "3"),
        good.replace("3.00", "-3.00"),
        good.replace("3.00", "0.00"),
        good.replace("3.00", "99999999999999.00"),
        good.replace("3.00", "3.005"),
        good.replace("0.00", "?"),
        good.replace("^77^", "^^"),
        good.replace("^77^", "^0^"),
        good.replace("^77^", "^7 7^"),
        good.replace("^77^", "^A77^"),
        good.replace("^77^", &format!("^{}^", "7".repeat(21))),
        good.replace("20260401080000", "20260431080000"),
        good.replace("20260401080000", "99990401080000"),
        good.replace("20260401080000", ""),
        "1^2^555^^^^3.00^0.00^20260401080000^20260401090000^^^77^8^^^^".to_owned(),
        good.replace("555", "55\u{0}5\t"),
    ];
    let text = format!(
        "5^70000007^12^20260401090000^22^740^100000007^933^18.00^0.00\n{}\n",
        lines.join("\n")
    );
    check_rows(
        "1.206",
        &text,
        expect![[r#"
            1 @61 Accepted +3.00 BYN 77
            2 @108 Accepted +3.00 BYN 77
            3 @149 Accepted +3.00 BYN 77
            row 4 at byte 209: a record of 11 fields [layout]
            row 5 at byte 247: a record of 1 fields [layout]
            row 6 at byte 249: entry_num cannot be "" [layout]
            row 7 at byte 294: amount cannot be "3" [amount]
            row 8 at byte 337: amount cannot be "-3.00" [amount]
            row 9 at byte 384: nothing was paid [amount]
            row 10 at byte 430: amount cannot be "99999999999999.00" [amount]
            row 11 at byte 489: amount cannot be "3.005" [amount]
            row 12 at byte 536: fine_amount cannot be "?" [amount]
            row 13 at byte 579: erip_op_num cannot be "" [operation]
            row 14 at byte 623: erip_op_num cannot be "0" [operation]
            row 15 at byte 668: erip_op_num cannot be "7 7" [operation]
            row 16 at byte 715: erip_op_num cannot be "x77" [operation]
            row 17 at byte 762: erip_op_num cannot be "777777777777777777777" [operation]
            row 18 at byte 827: payment_datetime cannot be "20260431080000" [date]
            row 19 at byte 873: payment_datetime cannot be "99990401080000" [date]
            20 @919 Accepted +3.00 BYN 77
            row 21 at byte 951: a record of 206 has a time where one of 216 has that of the reversal [layout]
            22 @1013 Accepted +3.00 BYN 77
            5 rows, 17 refused
            +15.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        "#]],
    );
}

#[test]
fn a_record_of_one_kind_is_not_read_as_another() {
    let record = |text: &str| text.lines().nth(1).unwrap().to_owned() + "\n";
    let header = |text: &str| text.lines().next().unwrap().to_owned() + "\n";
    let kinds = [("206", ACCEPTED), ("210", CREDITED), ("216", REVERSED)];
    let mut out = String::new();
    for (kind, head) in kinds {
        for (other, rows) in kinds {
            let text = header(head) + &record(rows);
            let name = format!("1.{kind}");
            let told = tests::told(FileFormat::Erip, &tests::cp1251(&text), &named(&name));
            let row = told.lines().nth(1).unwrap();
            out += &format!("{other} in {kind}: {row}\n");
        }
    }
    expect![[r#"
        206 in 206: 1 @60 Accepted +30.00 BYN 900000071
        210 in 206: row 1 at byte 60: a record of 206 has a time where one of 216 has that of the reversal [layout]
        216 in 206: row 1 at byte 60: a record of 206 has a time where one of 216 has that of the reversal [layout]
        206 in 210: row 1 at byte 136: transfer_amount cannot be "20260401083000" [amount]
        210 in 210: 1 @136 Credited +30.00 BYN 900000071
        216 in 210: row 1 at byte 136: transfer_amount cannot be "20260401084500" [amount]
        206 in 216: row 1 at byte 54: a record of 216 has no reversal_datetime [layout]
        210 in 216: row 1 at byte 54: payment_datetime cannot be "29.70" [date]
        216 in 216: 1 @54 Reversed +3.10 BYN 900000072
    "#]]
    .assert_eq(&out);
}

#[test]
fn a_reversal_may_lack_its_time_but_not_its_places() {
    let text = REVERSED.replace("20260401095500", "");
    check(
        "1.216",
        &text,
        expect![[r#"
        erip 216 unp=100000007 identity=216-14-20260401100000 currency=BYN
        1 @54 Reversed +3.10 BYN 900000072
            paid: 2026-04-01T08:45:00+03:00
            erip: 900000072
            agent: 82
            service: 2
            personal account: рахунак 7
        1 rows, 0 refused
        +3.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
    check_rows(
        "1.216",
        &text.replace("^740^^^5", ""),
        expect![[r#"
        row 1 at byte 54: a record of 216 has no reversal_datetime [layout]
        0 rows, 1 refused
    "#]],
    );
}

#[test]
fn fines_count_only_if_so_set() {
    let fined = CREDITED
        .replace("33.10^0.00^32.77", "33.10^1.00^33.76")
        .replace("3.10^0.00^3.07", "3.10^1.00^4.06");
    let fined = fined.as_str();
    check_rows(
        "1.210",
        fined,
        expect![[r#"
        1 @136 Credited +30.00 BYN 900000071
        row 2 at byte 265: transfer_amount is more than was paid [amount]
        1 rows, 1 refused
        +30.00 BYN -0.00 BYN withheld 0.30 BYN fines 0.00 BYN
    "#]],
    );
    let options = Options { amount_rule: AmountRule::AmountPlusFine, ..named("1.210") };
    let told = tests::told(FileFormat::Erip, &tests::cp1251(fined), &options);
    let rows: String =
        told.lines().filter(|line| !line.starts_with("    p")).collect::<Vec<_>>().join("\n");
    expect![[r#"
        erip 210 account=BY00TEST00000000000000000007 unp=100000007 identity=210-13-20260402070000 currency=BYN
        1 @136 Credited +30.00 BYN 900000071
            withheld: 0.30 BYN
            booked: 2026-04-02
            beneficiary: BY00TEST00000000000000000007
            erip: 900000071
            agent: 81
            document: 31
            service: 2
        2 @265 Credited +4.10 BYN 900000072
            withheld: 0.04 BYN
            fine: 1.00 BYN
            booked: 2026-04-02
            beneficiary: BY00TEST00000000000000000007
            erip: 900000072
            document: 31
            service: 2
        2 rows, 0 refused
        +34.10 BYN -0.00 BYN withheld 0.34 BYN fines 1.00 BYN"#]].assert_eq(&rows);
    // The declared total may hold the fines, too.
    let both = fined.replace("33.10^1.00^33.76", "34.10^1.00^33.76");
    let told = tests::told(FileFormat::Erip, &tests::cp1251(&both), &options);
    assert!(!told.contains("disagrees"), "{told}");
}

#[test]
fn control_figures_are_compared() {
    let wrong =
        CREDITED.replace("^2^740", "^3^740").replace("33.10^0.00^32.77", "33.11^0.01^32.78");
    check_rows(
        "1.210",
        &wrong,
        expect![[r#"
            1 @136 Credited +30.00 BYN 900000071
            2 @265 Credited +3.10 BYN 900000072
            2 rows, 0 refused
            +33.10 BYN -0.00 BYN withheld 0.33 BYN fines 0.00 BYN
            disagrees: 3 records are declared, 2 were read
            disagrees: credits of 33.11 BYN are declared, 33.10 BYN were read
            disagrees: fines of 0.01 BYN are declared, 0.00 BYN were read
            disagrees: net of 32.78 BYN are declared, 32.77 BYN were read
        "#]],
    );
    // With an unusable record the sums may fall short; the count may not.
    let damaged = CREDITED.replace("^900000072^", "^^");
    check_rows(
        "1.210",
        &damaged,
        expect![[r#"
            1 @136 Credited +30.00 BYN 900000071
            row 2 at byte 265: erip_op_num cannot be "" [operation]
            1 rows, 1 refused
            +30.00 BYN -0.00 BYN withheld 0.30 BYN fines 0.00 BYN
        "#]],
    );
    let damaged = damaged.replace("33.10^0.00^32.77", "20.00^0.00^19.00");
    check_rows(
        "1.210",
        &damaged,
        expect![[r#"
            1 @136 Credited +30.00 BYN 900000071
            row 2 at byte 265: erip_op_num cannot be "" [operation]
            1 rows, 1 refused
            +30.00 BYN -0.00 BYN withheld 0.30 BYN fines 0.00 BYN
            disagrees: credits of 20.00 BYN are declared, 30.00 BYN were read
            disagrees: net of 19.00 BYN are declared, 29.70 BYN were read
        "#]],
    );
}

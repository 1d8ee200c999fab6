//! Records that can be used, and those that cannot.

use super::*;

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
fn what_marks_or_fills_up_the_end_is_no_record() {
    let read = |text: &str| tests::told(FileFormat::Erip, &tests::cp1251(text), &named("1.206"));
    let plain = read(ACCEPTED);
    for end in ["\u{1a}", "\u{1a}\r\n", "\0\0\0", " \t\r\n\u{1a}"] {
        assert_eq!(read(&format!("{ACCEPTED}{end}")), plain, "{end:?}");
    }
}

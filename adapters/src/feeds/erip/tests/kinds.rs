//! The kinds of messages, and how they are told apart.

use super::*;

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
        9.204  erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        9      erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        9      erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        9.206  refused: the name says kind 206, the first line is not of that kind
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
        9.206  erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        0 rows, 0 refused
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

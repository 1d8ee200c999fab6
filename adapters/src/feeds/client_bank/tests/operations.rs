//! Operations that can be used, and those that cannot.

use super::*;

/// One operation with its fields changed, inside a statement without control figures.
fn operation(change: impl Fn(String) -> String) -> String {
    let good = "^DocDate=01.04.2026^\n^DocTime=15:27^\n^Num=1^\n^DocID=1^\n^Acc=BY01^\n\
        ^Db=0.00^\n^Credit=7.00^\n^Nazn=x^\n";
    let text = format!("***** ^Type=3^ ^Acc=BY00^\n{}#####\n", change(good.to_owned()));
    rows(&text)
        .lines()
        .skip(1)
        .take_while(|line| !line.contains(" rows, "))
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn an_operation_that_cannot_be_used_does_not_stop_the_others() {
    let mut out = String::new();
    for (from, to) in [
        ("", ""),
        ("^DocDate=01.04.2026^", "^DocDate=^"),
        ("01.04.2026", "31.04.2026"),
        ("01.04.2026", "01.04.9999"),
        ("15:27", "25:27"),
        ("^Num=1^", "^OpDate=2026-04-01^"),
        ("^Num=1^", "^OpDate=01.04.2026 99:00^"),
        ("^Num=1^", "^DateTime=noon^"),
        ("^Db=0.00^\n", ""),
        ("^Credit=7.00^\n", ""),
        ("^Credit=7.00^", "^Credit=^"),
        ("^Db=0.00^", "^Db=^"),
        ("^Db=0.00^\n^Credit=7.00^", "^Db=7.00^\n^Credit= ^"),
        ("^Db=0.00^\n^Credit=7.00^", "^Db=^\n^Credit=^"),
        ("^Credit=7.00^", "^credit=7.00^"),
        ("^Credit=7.00^", "^Credit=7^"),
        ("^Credit=7.00^", "^Credit=-7.00^"),
        ("^Credit=7.00^", "^Credit=0.00^"),
        ("^Db=0.00^", "^Db=1.00^"),
        ("^Db=0.00^", "^Db=0^"),
        ("^Credit=7.00^", "^Credit=7.00^\n^Credit=7.00^"),
        ("^Credit=7.00^", "^Credit=7.00^\n^Credit=8.00^"),
        ("^Credit=7.00^", "^Credit=7.00"),
        ("^Nazn=x^", "^Nazn=x"),
        ("^Nazn=x^", "Nazn=x^"),
        ("^Nazn=x^", "^Nazn^"),
        ("^Nazn=x^", "^Unknown=x^"),
        ("^DocID=1^", "^DocID=0^"),
        ("^DocID=1^", "^DocID=^"),
        ("^DocID=1^", "^DocID=1 1^"),
        ("^DocID=1^", "^OperationID=Z9^\n^DocID=1^"),
    ] {
        let line = operation(|text| text.replacen(from, to, 1));
        out += &format!("{} => {}: {line}\n", from.escape_debug(), to.escape_debug());
    }
    expect![[r#"
         => : 1 @26 Credited +7.00 BYN BY00/1
        ^DocDate=01.04.2026^ => ^DocDate=^: row 1 at byte 26: DocDate cannot be "" [date]
        01.04.2026 => 31.04.2026: row 1 at byte 26: DocDate cannot be "31.04.2026" [date]
        01.04.2026 => 01.04.9999: row 1 at byte 26: DocDate cannot be "01.04.9999" [date]
        15:27 => 25:27: row 1 at byte 26: DocTime cannot be "25:27" [date]
        ^Num=1^ => ^OpDate=2026-04-01^: row 1 at byte 26: OpDate cannot be "2026-04-01" [date]
        ^Num=1^ => ^OpDate=01.04.2026 99:00^: row 1 at byte 26: OpDate cannot be "99:00" [date]
        ^Num=1^ => ^DateTime=noon^: row 1 at byte 26: DateTime cannot be "xxxx" [date]
        ^Db=0.00^\n => : row 1 at byte 26: Db is missing [missing]
        ^Credit=7.00^\n => : row 1 at byte 26: Credit is missing [missing]
        ^Credit=7.00^ => ^Credit=^: row 1 at byte 26: Credit is missing [missing]
        ^Db=0.00^ => ^Db=^: 1 @26 Credited +7.00 BYN BY00/1
        ^Db=0.00^\n^Credit=7.00^ => ^Db=7.00^\n^Credit= ^: 1 @26 Information -7.00 BYN BY00/1
        ^Db=0.00^\n^Credit=7.00^ => ^Db=^\n^Credit=^: row 1 at byte 26: Db is missing [missing]
        ^Credit=7.00^ => ^credit=7.00^: row 1 at byte 26: Credit is missing [missing]
        ^Credit=7.00^ => ^Credit=7^: row 1 at byte 26: Credit cannot be "7" [amount]
        ^Credit=7.00^ => ^Credit=-7.00^: row 1 at byte 26: Credit cannot be "-7.00" [amount]
        ^Credit=7.00^ => ^Credit=0.00^: 1 @26 Information +0.00 BYN BY00/1
        ^Db=0.00^ => ^Db=1.00^: row 1 at byte 26: an operation is debit and credit at once [direction]
        ^Db=0.00^ => ^Db=0^: 1 @26 Credited +7.00 BYN BY00/1
        ^Credit=7.00^ => ^Credit=7.00^\n^Credit=7.00^: 1 @26 Credited +7.00 BYN BY00/1
        ^Credit=7.00^ => ^Credit=7.00^\n^Credit=8.00^: row 1 at byte 26: Credit is there twice [repeated]
        ^Credit=7.00^ => ^Credit=7.00: row 1 at byte 26: a value has no ^ at its end [unterminated]
        ^Nazn=x^ => ^Nazn=x: row 1 at byte 26: a value has no ^ at its end [unterminated]
        ^Nazn=x^ => Nazn=x^: row 1 at byte 26: a line is no ^Key=Value^ [layout]
        ^Nazn=x^ => ^Nazn^: row 1 at byte 26: a line is no ^Key=Value^ [layout]
        ^Nazn=x^ => ^Unknown=x^: 1 @26 Credited +7.00 BYN BY00/1
        ^DocID=1^ => ^DocID=0^: 1 @26 Credited +7.00 BYN weak-b38a21057d37e07af9e9c4379b6779e51f1f628e7bdd8e73440aa025f9b796ef (weak)
        ^DocID=1^ => ^DocID=^: 1 @26 Credited +7.00 BYN weak-b38a21057d37e07af9e9c4379b6779e51f1f628e7bdd8e73440aa025f9b796ef (weak)
        ^DocID=1^ => ^DocID=1 1^: 1 @26 Credited +7.00 BYN ref-86ecbb65a732c8bc8a7e6965105f7c2cd565a373546bb1e35752326a613f8fb5
        ^DocID=1^ => ^OperationID=Z9^\n^DocID=1^: 1 @26 Credited +7.00 BYN BY00/Z9
    "#]].assert_eq(&out);
}

#[test]
fn values_may_hold_the_marks_of_the_format() {
    let purpose = |text: &str| {
        let text = format!(
            "***** ^Type=3^ ^Acc=BY00^\n^DocDate=01.04.2026^\n^Db=0.00^\n^Credit=7.00^\n{text}#####\n"
        );
        let told = tests::told(FileFormat::ClientBank, &tests::cp1251(&text), &Options::default());
        let line = told.lines().find_map(|line| line.trim().strip_prefix("purpose: "));
        line.map_or_else(|| told.lines().nth(1).unwrap().to_owned(), str::to_owned)
    };
    let mut out = String::new();
    for text in [
        "^Nazn=a=b=c^\n",
        "^Nazn=a^b^\n",
        "^Nazn=a^^\n",
        "^Nazn=a^  \n",
        "^Nazn=^\n^Nazn2=b^\n",
        "^Nazn2=2^\n^Nazn=1^\n",
        "^Nazn=a \n b^\n",
        "^Nazn=1000\n#5\n[x]^\n",
        "^Nazn=a\n^Nazn2=b^\n",
        "^Nazn=a\n",
        "^Nazn=a\u{1}b\tc^\n",
    ] {
        out += &format!("{}: {}\n", text.escape_debug(), purpose(text));
    }
    expect![[r#"
        ^Nazn=a=b=c^\n: "a=b=c"
        ^Nazn=a^b^\n: "a^b"
        ^Nazn=a^^\n: "a^"
        ^Nazn=a^  \n: "a"
        ^Nazn=^\n^Nazn2=b^\n: "b"
        ^Nazn2=2^\n^Nazn=1^\n: "12"
        ^Nazn=a \n b^\n: "a \n b"
        ^Nazn=1000\n#5\n[x]^\n: "1000\n#5\n[x]"
        ^Nazn=a\n^Nazn2=b^\n: row 1 at byte 26: a value has no ^ at its end [unterminated]
        ^Nazn=a\n: row 1 at byte 26: a value has no ^ at its end [unterminated]
        ^Nazn=a\u{1}b\tc^\n: "a�b c"
    "#]]
    .assert_eq(&out);
}

#[test]
fn a_code_is_found_wherever_the_purpose_is_cut() {
    let code = "100000000000000000000000000042";
    let codes = |nazn: &str, nazn2: &str| {
        let text = format!(
            "***** ^Type=3^ ^Acc=BY00^\n^DocDate=01.04.2026^\n^Db=0.00^\n^Credit=7.00^\n\
             ^Nazn={nazn}^\n^Nazn2={nazn2}^\n#####\n"
        );
        let reader =
            Reader::open(FileFormat::ClientBank, text.as_bytes(), &Options::default()).unwrap();
        let rows: Vec<_> = reader.map(|read| read.unwrap().unwrap()).collect();
        let codes = rows[0].order_codes();
        codes.iter().map(|found| found.code.to_string()).collect::<Vec<_>>()
    };
    for cut in 0..=30 {
        let (start, end) = code.split_at(cut);
        assert_eq!(codes(&format!("OTHR 122601 {start}"), &format!("{end} 01")), [code], "{cut}");
    }
    assert_eq!(codes(&format!("x {code}"), "01 of 2026"), [code]);
    assert_eq!(codes("no 5", &format!("{code} x")), [code]);
    assert_eq!(codes(&format!("x {code}"), &format!("{code} x")), [code]);
    assert!(codes(&format!("x 5{code}"), "1").is_empty());
}

#[test]
fn the_payers_number_is_not_that_of_his_registration() {
    let payer = |text: &str| {
        let text = TYPE_5.replace("INN7700000009.KPP000000000", text);
        let options = Options::default();
        let mut reader = Reader::open(FileFormat::ClientBank, text.as_bytes(), &options).unwrap();
        reader.next().unwrap().unwrap().unwrap().payer.id
    };
    for (text, number) in [
        ("INN7700000009.KPP770101001", Some("7700000009")),
        ("ИНН 7700000009 КПП 770101001", Some("7700000009")),
        ("INN0000000000.KPP000000000", None),
        ("INN0000000000.KPP770101001", None),
        ("ИНН 0 КПП 770101001", None),
        ("КПП: 770101001", None),
        ("7700000009", Some("7700000009")),
    ] {
        assert_eq!(payer(text).as_deref(), number, "{text}");
    }
}

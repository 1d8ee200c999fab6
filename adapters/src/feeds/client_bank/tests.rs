//! Statements of our own making, by the keys of DOMAIN.md 2.1.

use expect_test::{Expect, expect};

use crate::feeds::tests;
use crate::feeds::{FileFormat, Options, Reader};

/// A statement of several days, cut inside the purpose's order code.
const TYPE_400: &str = "\
***** ^Type=400^ ^Acc=BY00TEST30120000000000000933^  -  Выписка по рублёвому счету за период\r
[IN_PARAM]\r
^Date1=01.04.2026^\r
[OUT_PARAM]\r
^Time=02.04.2026 16:57:08^\r
^Header4=Счет клиента*************** BY00TEST30120000000000000933 BYN Пассивный^\r
^DateIn=01.04.2026^\r
^DebIn=0.00^\r
^CrIn=100.00^\r
^DocDate=01.04.2026^\r
^Num=42^\r
^PayC=^\r
^Cod=TESTBY2X^\r
^Acc=BY00TEST81010000000000000001^\r
^Db=5.50^\r
^UNNRec=УНП100000007^\r
^KorName=KOMИC. ДOX.^\r
^Nazn=Плата за обслуживание^\r
^Nazn2=^\r
^DocID=700001^\r
^OpDate=01.04.2026 10:19:04^\r
^Credit=0.00^\r
^DocDate=01/04/2026^\r
^Num=43^\r
^Acc=BY00TEST30140000000000000002^\r
^Db=0.00^\r
^UNNRec=MA1953684^\r
^KorName=КУПАЛА ЯНКА^\r
^Nazn=OTHR 122601 a=b код 10000000000000^\r
^Nazn2=0000000000000042 от 01.04.2026^\r
^DocID=700002^\r
^OpDate=01.04.2026 11:00:00^\r
^Credit=45.00^\r
^DB=5.50^\r
^CR=45.00^\r
^DateOut=01.04.2026^\r
^DebOut=0.00^\r
^CrOut=139.50^\r
^MyBankMFO=TESTBY2X^\r
^Answer=Запрос обработан^\r
###################################################\r
";

const TYPE_4: &str = "\
***** ^Type=4^ ^Acc=BY00TEST30120000000000000933^  -  Выписка по счёту за период
[IN_PARAM]
^DateBegin=01.04.2026^
^Name=ООО \"ПРИМЕР\"^
^UNN=100000007^
^CurrCode=840^
[OUT_PARAM]
^DateIn=01.04.2026^
^RestIn=-10.00^
^DocDate=01.04.2026^
^Num=7^
^Code=TESTBY2X^
^Acc=BY00TEST30140000000000000002^
^OperationID=OP01^
^Db=0.00^
^Credit=30.00^
^KorUNP=200000009^
^KorName=ООО \"РОМАШКА\"^
^Nazn=Оплата ^
^Nazn2= за услуги^
^OpDate=01.04.2026^
^DateTime=13:48:46^
^DocDate=01.04.2026^
^Num=7^
^Acc=BY00TEST30140000000000000003^
^OperationID=OP02^
^Db=0.00^
^Credit=3.10^
^Nazn=^
^OpDate=02.04.2026^
^DB=0.00^
^CR=33.10^
^RestOut=23.10^
######
";

const TYPE_3: &str = "\
***** ^Type=3^ ^Acc=BY00TEST30120000000000000933^  -  Запрос выписки за день
[OUT_PARAM]
^DateIn=01/04/2026^
^DebIn=0.00^
^CrIn=0.00^
^DocDate=01.04.2026^
^DocTime=15:27^
^Num=101^
^KorName=OOO ROMASHKA^
^UNNKorr=UNP platelshchika:200000009^
^Acc=BY00TEST30140000000000000002^
^Db=0.00^
^Credit=7.00^
^Nazn=x^
^DB=0.00^
^CR=7.00^
^DebOut=0.00^
^CrOut=7.00^
######
";

const TYPE_600: &str = "\
***** ^Type=600^ ^Acc=BY00TEST30120000000000000156^  -  Выписка по валютному счету за период
[OUT_PARAM]
^InDeb=0.00^
^InCre=40.00^
^InDebQ=0.00^
^InCreQ=100.00^
^I1=CNY^
^DocDate=01.04.2026^
^Num=40^
^KorName=ФОНД ПЕРЕОЦЕНКИ^
^Nazn=Переоценка^
^I2=CNY^
^Code=156^
^Acc=BY00TEST69210000000000000000^
^DocID=800001^
^OpDate=31.03.2026 23:12:03^
^DebQ=0.00^
^CreQ=0.00^
^Deb=0.00^
^Cre=5.34^
^DocDate=01.04.2026^
^Num=8^
^Code=156^
^Acc=BY00TEST69010000000000000000^
^DocID=800002^
^OpDate=01.04.2026 12:39:20^
^DebQ=0.00^
^CreQ=76.00^
^Deb=0.00^
^Cre=34.51^
^I3=CNY^
^DebVQ=0.00^
^CreVQ=76.00^
^DebV=0.00^
^CreV=39.85^
^OutDebQ=0.00^
^OutCreQ=176.00^
######
";

const TYPE_5: &str = "\
***** ^Type=5^ ^Acc=BY00TEST30120000000000000643^ - Запрос выписки по валютному счету за день
[IN_PARAM]
^CurrCode=840^
[OUT_PARAM]
^DateStmp=02/04/2026^
^InDebQ=0.00^
^InCreQ=0.00^
^DocDate=01.04.2026^
^DocTime=15:39:57^
^Num=180^
^KorName=ООО \"ДАЛЁКО\"^
^UNNKorr=УНП корреспондента:INN7700000009.KPP000000000^
^Acc=40702810000000000000^
^CurrCode=643^
^I2=^
^DebQ=0.00^
^CreQ=1705.95^
^Deb=0.00^
^Cre=63.84^
^Nazn=CONTRACT^
^DebVQ=0.00^
^CreVQ=1705.95^
^OutDebQ=0.00^
^OutCreQ=1705.95^
######
";

#[track_caller]
fn check(text: &str, expected: Expect) {
    tests::check(FileFormat::ClientBank, text, &Options::default(), expected);
}

/// Without the details of rows.
fn rows(text: &str) -> String {
    let told = tests::told(FileFormat::ClientBank, &tests::cp1251(text), &Options::default());
    let rows = told.lines().filter(|line| !line.starts_with("    "));
    rows.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_statement_of_type_400_is_read() {
    check(
        TYPE_400,
        expect![[r#"
        client_bank 400 account=BY00TEST30120000000000000933 currency=BYN
        1 @299 Information -5.50 BYN BY00TEST30120000000000000933/700001
            paid: 2026-04-01T10:19:04+03:00
            booked: 2026-04-01
            payer account: BY00TEST30120000000000000933
            beneficiary: BY00TEST81010000000000000001
            document: 42
            purpose: "Плата за обслуживание"
        2 @550 Credited +45.00 BYN BY00TEST30120000000000000933/700002
            paid: 2026-04-01T11:00:00+03:00
            booked: 2026-04-01
            payer: КУПАЛА ЯНКА
            payer id: MA1953684
            payer account: BY00TEST30140000000000000002
            beneficiary: BY00TEST30120000000000000933
            document: 43
            purpose: "OTHR 122601 a=b код 100000000000000000000000000042 от 01.04.2026"
        2 rows, 0 refused
        +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
    let text = tests::cp1251(TYPE_400);
    let reader = Reader::open(FileFormat::ClientBank, &text[..], &Options::default()).unwrap();
    let purpose = reader.last().unwrap().unwrap().unwrap().purpose.unwrap();
    let codes: Vec<_> = kvit_schemas::find_codes(&purpose)
        .into_iter()
        .map(|found| found.code.to_string())
        .collect();
    assert_eq!(codes, ["100000000000000000000000000042"]);
}

#[test]
fn a_statement_of_type_4_is_read() {
    check(
        TYPE_4,
        expect![[r#"
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        1 @214 Credited +30.00 BYN BY00TEST30120000000000000933/OP01
            paid: 2026-04-01T13:48:46+03:00
            booked: 2026-04-01
            payer: ООО "РОМАШКА"
            payer id: 200000009
            payer account: BY00TEST30140000000000000002
            beneficiary: BY00TEST30120000000000000933
            document: 7
            purpose: "Оплата  за услуги"
        2 @455 Credited +3.10 BYN BY00TEST30120000000000000933/OP02
            booked: 2026-04-02
            payer account: BY00TEST30140000000000000003
            beneficiary: BY00TEST30120000000000000933
            document: 7
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn a_statement_of_type_3_has_weak_identities() {
    check(
        TYPE_3,
        expect![[r#"
        client_bank 3 account=BY00TEST30120000000000000933 currency=BYN
        1 @134 Credited +7.00 BYN weak-c019bd493a29cc0763dfaa70bc3f7a8ff6b5ed5d3426c21c262886efeb5c64e0 (weak)
            paid: 2026-04-01T15:27:00+03:00
            booked: 2026-04-01
            payer: OOO ROMASHKA
            payer id: 200000009
            payer account: BY00TEST30140000000000000002
            beneficiary: BY00TEST30120000000000000933
            document: 101
            purpose: "x"
        1 rows, 0 refused
        +7.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
    // What a weak identity is made of, and what not.
    let id = |text: &str| {
        let told = rows(text);
        let row = told.lines().nth(1).unwrap();
        row.split(' ').find(|word| word.starts_with("weak-")).unwrap().to_owned()
    };
    let plain = id(TYPE_3);
    assert_eq!(id(&TYPE_3.replace("^Nazn=x^", "^Nazn=y^")), plain);
    assert_eq!(id(&TYPE_3.replace("e=01.04.2026", "e=01/04/2026")), plain);
    assert_ne!(id(&TYPE_3.replace("Num=101", "Num=102")), plain);
    assert_ne!(id(&TYPE_3.replace("7.00", "7.01")), plain);
}

#[test]
fn statements_in_foreign_currency_count_the_accounts_own() {
    check(
        TYPE_600,
        expect![[r#"
        client_bank 600 account=BY00TEST30120000000000000156 currency=CNY
        1 @171 Information +0.00 CNY BY00TEST30120000000000000156/800001
            paid: 2026-03-31T23:12:03+03:00
            booked: 2026-03-31
            payer: ФОНД ПЕРЕОЦЕНКИ
            payer account: BY00TEST69210000000000000000
            beneficiary: BY00TEST30120000000000000156
            document: 40
            purpose: "Переоценка"
        2 @390 Credited +76.00 CNY BY00TEST30120000000000000156/800002
            paid: 2026-04-01T12:39:20+03:00
            booked: 2026-04-01
            payer account: BY00TEST69010000000000000000
            beneficiary: BY00TEST30120000000000000156
            document: 8
        2 rows, 0 refused
        +76.00 CNY -0.00 CNY withheld 0.00 CNY fines 0.00 CNY
    "#]],
    );
    check(
        TYPE_5,
        expect![[r#"
        client_bank 5 account=BY00TEST30120000000000000643
        1 @182 Credited +1705.95 RUB weak-ed4af2b794ac70ff845524ed6b0bb82fd087a40b177fcbd9995faa183ec7514d (weak)
            paid: 2026-04-01T15:39:57+03:00
            booked: 2026-04-01
            payer: ООО "ДАЛЁКО"
            payer id: 7700000009
            payer account: 40702810000000000000
            beneficiary: BY00TEST30120000000000000643
            document: 180
            purpose: "CONTRACT"
        1 rows, 0 refused
        +1705.95 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB
    "#]],
    );
}

#[test]
fn the_currency_of_a_foreign_account_must_be_known_and_one() {
    let mut out = String::new();
    for text in [
        TYPE_600.replace("^I1=CNY^", "^I1=156^"),
        TYPE_600.replace("^I1=CNY^", "^I1=yuan^"),
        TYPE_600.replace("^I1=CNY^", "^I1=USD^"),
        TYPE_600.replace("^I2=CNY^", "^I2=840^"),
        TYPE_600.replace("^I2=CNY^", "^I2=TESTBY2X^"),
        TYPE_5.replace("^CurrCode=643^\n", ""),
    ] {
        out += &rows(&text);
        out += "--\n";
    }
    expect![[r#"
        client_bank 600 account=BY00TEST30120000000000000156 currency=CNY
        1 @171 Information +0.00 CNY BY00TEST30120000000000000156/800001
        2 @390 Credited +76.00 CNY BY00TEST30120000000000000156/800002
        2 rows, 0 refused
        +76.00 CNY -0.00 CNY withheld 0.00 CNY fines 0.00 CNY
        --
        refused: the head's I1 cannot be read
        --
        client_bank 600 account=BY00TEST30120000000000000156 currency=USD
        row 1 at byte 171: the operation is in CNY, the account in USD [currency]
        row 2 at byte 390: the operation is in CNY, the account in USD [currency]
        0 rows, 2 refused
        --
        client_bank 600 account=BY00TEST30120000000000000156 currency=CNY
        row 1 at byte 171: the operation is in USD, the account in CNY [currency]
        2 @390 Credited +76.00 CNY BY00TEST30120000000000000156/800002
        1 rows, 1 refused
        +76.00 CNY -0.00 CNY withheld 0.00 CNY fines 0.00 CNY
        --
        client_bank 600 account=BY00TEST30120000000000000156 currency=CNY
        row 1 at byte 171: the currency cannot be "xxxxxx2x" [currency]
        2 @395 Credited +76.00 CNY BY00TEST30120000000000000156/800002
        1 rows, 1 refused
        +76.00 CNY -0.00 CNY withheld 0.00 CNY fines 0.00 CNY
        --
        client_bank 5 account=BY00TEST30120000000000000643
        row 1 at byte 182: no currency is named [currency]
        0 rows, 1 refused
        disagrees: I1 cannot be read
        --
    "#]]
    .assert_eq(&out);
}

#[test]
fn what_is_no_statement_is_refused() {
    let mut out = String::new();
    for text in [
        "",
        "^Type=4^ ^Acc=BY00^",
        "***** ^Acc=BY00^",
        "***** ^Type=4^",
        "***** ^Type=4^ ^Acc=^",
        "***** ^Type=4",
        "***** ^Type=6^ ^Acc=BY00^",
        "***** ^Type=^ ^Acc=BY00^",
        &format!("***** ^Type=4^ ^Acc={}^", "9".repeat(65)),
        "***** ^Type=4^ ^Acc=BY00^\n***** ^Type=4^ ^Acc=BY00^\n",
        "***** ^Type=4^ ^Acc=BY00^\n^DocDate=01.04.2026^\n***** ^Type=4^ ^Acc=BY00^\n",
    ] {
        out += &rows(text);
    }
    expect![[r#"
        refused: the file is empty
        refused: the file does not begin as the format client_bank does
        refused: the file does not begin as the format client_bank does
        refused: the head's Acc cannot be read
        refused: the head's Acc cannot be read
        refused: the head's Type cannot be read
        refused: no layout is known for the kind "6"
        refused: no layout is known for the kind ""
        refused: the head's Acc cannot be read
        refused: the file holds several statements
        client_bank 4 account=BY00 currency=BYN
        stopped: the file holds several statements
        0 rows, 0 refused
    "#]]
    .assert_eq(&out);
}

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
#[allow(clippy::too_many_lines, reason = "one table")]
fn control_figures_are_compared() {
    let mut out = String::new();
    for text in [
        TYPE_4.replace("^CR=33.10^", "^CR=33.11^"),
        TYPE_4.replace("^DB=0.00^", "^DB=1.00^"),
        TYPE_4.replace("^RestOut=23.10^", "^RestOut=23.11^"),
        TYPE_4.replace("^RestOut=23.10^", "^RestOut=lots^"),
        TYPE_4.replace("^RestOut=23.10^", "^RestOut=23.10^\n^RestOut=24.10^"),
        TYPE_4.replace("^RestOut=23.10^\n", ""),
        TYPE_4.replace("######\n", ""),
        TYPE_4.replace("######\n", "######\n^x=1^\n"),
        TYPE_4.replace("^Credit=3.10^", "^Credit=?^"),
        TYPE_4.replace("^Credit=3.10^", "^Credit=?^").replace("^CR=33.10^", "^CR=29.99^"),
        TYPE_4.replace("^RestIn=-10.00^", &format!("^Header1={}^", "x".repeat(100_000))),
        TYPE_4.replace("[OUT_PARAM]\n", ""),
        TYPE_3.replace("^DebIn=0.00^", "^DebIn=1.00^"),
    ] {
        for line in rows(&text).lines().filter(|line| !line.contains('@')) {
            out += &format!("{line}\n");
        }
        out += "--\n";
    }
    expect![[r#"
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: credits of 33.11 BYN are declared, 33.10 BYN were read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: debits of 1.00 BYN are declared, 0.00 BYN were read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: from -10.00 BYN the rows lead to 23.10 BYN, not to 23.11 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: RestOut cannot be read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: RestOut cannot be read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: the mark at the end is missing
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: the mark at the end is missing
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        row 2 at byte 455: Credit cannot be "?" [amount]
        1 rows, 1 refused
        +30.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        row 2 at byte 455: Credit cannot be "?" [amount]
        1 rows, 1 refused
        +30.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: credits of 29.99 BYN are declared, 30.00 BYN were read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: a line outside the operations cannot be read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        0 rows, 0 refused
        disagrees: credits of 33.10 BYN are declared, 0.00 BYN were read
        disagrees: from -10.00 BYN the rows lead to -10.00 BYN, not to 23.10 BYN
        disagrees: the mark at the end is missing
        --
        client_bank 3 account=BY00TEST30120000000000000933 currency=BYN
        1 rows, 0 refused
        +7.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: from -1.00 BYN the rows lead to 6.00 BYN, not to 7.00 BYN
        --
    "#]]
    .assert_eq(&out);
}

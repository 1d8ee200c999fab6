//! The kinds of statements, and what their keys mean.

use super::*;

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
fn lines_may_be_indented() {
    assert_eq!(
        rows(&TYPE_3.replace("\n^", "\n\t ^")).lines().count(),
        rows(TYPE_3).lines().count()
    );
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
fn a_statement_of_type_6_counts_the_keys_without_q() {
    check(
        TYPE_6,
        expect![[r#"
        client_bank 6 account=BY00TEST30120000000000000840 unp=100000007 currency=USD
        1 @237 Information +0.00 USD weak-a2c12ba3ddb28203ae0a9cb5d0dd55a1ec0420a4907e8c3fec89400dbe444f1e (weak)
            booked: 2026-04-01
            payer: БАНК
            payer account: BY00TEST69210000000000000000
            beneficiary: BY00TEST30120000000000000840
            document: 9
            purpose: "Переоценка"
        2 @400 Credited +50.00 USD weak-512354477cade592bcaef0483323dca64dafde681547cdfcf0f57e7a77cfc8ef (weak)
            booked: 2026-04-02
            payer: DALYOKA LTD
            payer account: DE00TEST0000000000000000
            beneficiary: BY00TEST30120000000000000840
            document: 9
            purpose: "CONTRACT 5"
        2 rows, 0 refused
        +50.00 USD -0.00 USD withheld 0.00 USD fines 0.00 USD
    "#]],
    );
    let closed_by = TYPE_6.replace("RestOut=150.00", "RestOut=150.01");
    let wrong = rows(&closed_by).lines().last().unwrap().to_owned();
    expect!["disagrees: from 100.00 USD the rows lead to 150.00 USD, not to 150.01 USD"]
        .assert_eq(&wrong);
}

#[test]
fn the_settings_may_name_the_currency_of_an_account() {
    let usd = Some("USD".parse().unwrap());
    let options = Options { currency: usd, ..Options::default() };
    let text = TYPE_5.replace("^CurrCode=643^\n", "");
    let told = tests::told(FileFormat::ClientBank, &tests::cp1251(&text), &options);
    assert!(told.contains("+1705.95 USD"), "{told}");
    // Where the statement names it, it counts.
    let told = tests::told(FileFormat::ClientBank, &tests::cp1251(TYPE_5), &options);
    assert!(told.contains("+1705.95 RUB"), "{told}");
    let told = tests::told(FileFormat::ClientBank, &tests::cp1251(TYPE_4), &options);
    assert!(told.contains("+33.10 BYN"), "{told}");
}

#[test]
fn operations_with_the_same_number_are_told_apart() {
    let ids = |text: &str| -> Vec<String> {
        let bytes = tests::cp1251(text);
        let reader = Reader::open(FileFormat::ClientBank, &bytes[..], &Options::default()).unwrap();
        reader.map(|read| read.unwrap().unwrap().payment_id.to_string()).collect()
    };
    let first = TYPE_3.find("^DocDate").unwrap();
    let end = TYPE_3.find("^DB=").unwrap();
    let operation = &TYPE_3[first..end];
    let other = operation.replace("7.00", "7.01");
    let text = format!("{}{operation}{operation}{other}{}", &TYPE_3[..first], &TYPE_3[end..]);
    let ids = ids(&text);
    assert_eq!(ids[1], format!("{}#2", ids[0]));
    assert!(ids[2] != ids[0] && !ids[2].contains('#'));
}

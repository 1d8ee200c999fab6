//! Several statements in one file.

use super::*;

#[test]
fn each_statement_has_its_own_account_currency_and_figures() {
    let other = TYPE_4.replace("^ ^Acc=BY00TEST3012", "^ ^Acc=BY00TEST3099");
    let wrong = TYPE_3.replace("^CR=7.00^", "^CR=8.00^");
    expect![[r#"
        client_bank 400 account=BY00TEST30120000000000000933 currency=BYN
        1 @299 Information -5.50 BYN BY00TEST30120000000000000933/700001
        2 @550 Credited +45.00 BYN BY00TEST30120000000000000933/700002
        3 @1209 Credited +30.00 BYN BY00TEST30990000000000000933/OP01
        4 @1450 Credited +3.10 BYN BY00TEST30990000000000000933/OP02
        5 @1802 Information +0.00 CNY BY00TEST30120000000000000156/800001
        6 @2021 Credited +76.00 CNY BY00TEST30120000000000000156/800002
        7 @2422 Credited +7.00 BYN weak-c019bd493a29cc0763dfaa70bc3f7a8ff6b5ed5d3426c21c262886efeb5c64e0 (weak)
        7 rows, 0 refused
        +85.10 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
        +76.00 CNY -0.00 CNY withheld 0.00 CNY fines 0.00 CNY
        disagrees: statement 4: credits of 8.00 BYN are declared, 7.00 BYN were read
    "#]]
    .assert_eq(&rows(&format!("{TYPE_400}{other}\r\n{TYPE_600}{wrong}")));
}

#[test]
fn a_statement_of_nothing_may_be_any_of_them() {
    let empty = "***** ^Type=4^ ^Acc=BY00^\n[OUT_PARAM]\n^RestIn=1.00^\n^RestOut=1.00^\n####\n";
    expect![[r#"
        client_bank 4 account=BY00 currency=BYN
        1 @206 Credited +7.00 BYN weak-c019bd493a29cc0763dfaa70bc3f7a8ff6b5ed5d3426c21c262886efeb5c64e0 (weak)
        2 @679 Information +0.00 CNY BY00TEST30120000000000000156/800001
        3 @898 Credited +76.00 CNY BY00TEST30120000000000000156/800002
        3 rows, 0 refused
        +7.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        +76.00 CNY -0.00 CNY withheld 0.00 CNY fines 0.00 CNY
    "#]]
    .assert_eq(&rows(&format!("{empty}{TYPE_3}{empty}{TYPE_600}")));
}

#[test]
fn a_statement_that_was_cut_is_told_though_another_follows() {
    let cut = &TYPE_4[..TYPE_4.find("^DB=").unwrap()];
    expect![[r#"
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        1 @214 Credited +30.00 BYN BY00TEST30120000000000000933/OP01
        2 @455 Credited +3.10 BYN BY00TEST30120000000000000933/OP02
        3 @724 Credited +7.00 BYN weak-c019bd493a29cc0763dfaa70bc3f7a8ff6b5ed5d3426c21c262886efeb5c64e0 (weak)
        3 rows, 0 refused
        +40.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: the mark at the end is missing
    "#]]
    .assert_eq(&rows(&format!("{cut}{TYPE_3}")));
}

#[test]
fn equal_operations_of_two_statements_are_numbered_in_each() {
    let read = |text: &str| {
        let bytes = tests::cp1251(text);
        let reader = Reader::open(FileFormat::ClientBank, &bytes[..], &Options::default()).unwrap();
        reader.map(|read| read.unwrap().unwrap().payment_id).collect::<Vec<_>>()
    };
    let (one, two) = (read(TYPE_3), read(&TYPE_3.repeat(2)));
    assert_eq!(two, [one.clone(), one].concat());
}

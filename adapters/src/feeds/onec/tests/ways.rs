//! Which way the money went, and whether it is on the account.

use super::*;

/// The row of a document with these lines, or why there is none.
fn way(lines: &str) -> String {
    let rows = rows(&with_document(lines));
    rows.lines().nth(1).unwrap().split(" weak-").next().unwrap().to_owned()
}

#[test]
fn accounts_say_the_direction_and_dates_where_accounts_do_not() {
    let mut out = String::new();
    for (lines, meaning) in [
        (format!("ПолучательСчет={A}\nПлательщикСчет={OTHER}\nДатаПоступило=02.04.2026"), "came"),
        (format!("ПолучательРасчСчет={A}\nДатаПоступило=02.04.2026"), "came, the other key"),
        ("ПолучательСчет=4070 2810 0000 0000 0001\nДатаПоступило=02.04.2026".to_owned(), "spaces"),
        (format!("ПолучательСчет={A}\nДатаСписано="), "came, undated, in a statement"),
        (format!("ПолучательСчет={A}\nДатаПоступило=  .  .    "), "an empty date"),
        (format!("ПолучательСчет={A}\nДатаПоступило=00.00.0000"), "a date of zeros"),
        (format!("ПолучательСчет={A}\nДатаСписано=02.04.2026"), "on its way"),
        (format!("ПлательщикСчет={A}\nДатаСписано=02.04.2026"), "went"),
        (format!("ПлательщикРасчСчет={A}\nДатаСписано=02.04.2026"), "went, the other key"),
        (format!("ПлательщикСчет={A}"), "went, undated"),
        (
            format!("ПлательщикСчет={A}\nДатаСписано=02.04.2026\nДатаПоступило=02.04.2026"),
            "went, both dates",
        ),
        (format!("ПлательщикСчет={A}\nДатаПоступило=02.04.2026"), "they contradict"),
        (format!("ПлательщикСчет={A}\nПолучательСчет={A}\nДатаСписано=02.04.2026"), "within"),
        ("ДатаПоступило=02.04.2026".to_owned(), "no accounts, came"),
        (format!("ПолучательСчет={OTHER}\nДатаПоступило=02.04.2026"), "strange, came"),
        (format!("ПолучательСчет={OTHER}\nДатаСписано=02.04.2026"), "strange, went"),
        ("ДатаПоступило=02.04.2026\nДатаСписано=02.04.2026".to_owned(), "both dates alone"),
        (format!("ПолучательСчет={OTHER}"), "nothing"),
    ] {
        let line = way(&format!("Сумма=7.00\n{lines}"));
        out += &format!("{meaning}: {line}\n");
    }
    expect![[r#"
        came: 1 @185 Credited +7.00 RUB
        came, the other key: 1 @185 Credited +7.00 RUB
        spaces: 1 @185 Credited +7.00 RUB
        came, undated, in a statement: 1 @185 Credited +7.00 RUB
        an empty date: 1 @185 Credited +7.00 RUB
        a date of zeros: 1 @185 Credited +7.00 RUB
        on its way: 1 @185 Accepted +7.00 RUB
        went: 1 @185 Information -7.00 RUB
        went, the other key: 1 @185 Information -7.00 RUB
        went, undated: 1 @185 Information -7.00 RUB
        went, both dates: 1 @185 Information -7.00 RUB
        they contradict: row 1 at byte 185: the accounts say one direction, the bank's fields another [direction]
        within: 1 @185 Information +7.00 RUB
        no accounts, came: 1 @185 Credited +7.00 RUB
        strange, came: 1 @185 Credited +7.00 RUB
        strange, went: 1 @185 Information -7.00 RUB
        both dates alone: row 1 at byte 185: neither account is one of the file's [direction]
        nothing: row 1 at byte 185: neither account is one of the file's [direction]
    "#]].assert_eq(&out);
}

#[test]
fn the_kazakh_edition_has_an_amount_for_each_way() {
    let (ours, other) = ("KZ00TEST000000000001", "KZ00TEST000000000002");
    let text = format!(
        "1CClientBankExchange\nКодировка=windows-1251\nВерсияФормата=2.00\nРасчСчет={ours}\n\
         СЕКЦИЯРАСЧСЧЕТ\nРасчСчет={ours}\nНачальныйОстаток=10\nВсегоПоступило=7745.7\n\
         ВсегоСписано=4000\nКонечныйОстаток=3755.7\nКОНЕЦРАСЧСЧЕТ\n\
         СЕКЦИЯДОКУМЕНТ=Выписка\nНомерДокумента=1\nДатаДокумента=31.03.2026\nСуммаПриход=7745.7\n\
         ПлательщикНаименование=Абай\nПлательщикБИН_ИИН=100000000007\nПлательщикИИК={other}\n\
         ПолучательИИК={ours}\nДатаОперации=01.04.2026\nНазначениеПлатежа=x\nКонецДокумента\n\
         СЕКЦИЯДОКУМЕНТ=Выписка\nНомерДокумента=2\nДатаДокумента=01.04.2026\nСуммаПриход=0.00\n\
         СуммаРасход=4000.00\nПлательщикИИК={ours}\nПолучательИИК={other}\n\
         ДатаОперации=01.04.2026\nКонецДокумента\n\
         СЕКЦИЯДОКУМЕНТ=Выписка\nНомерДокумента=3\nСуммаПриход=1.00\nСуммаРасход=1.00\n\
         КонецДокумента\nСЕКЦИЯДОКУМЕНТ=Выписка\nНомерДокумента=4\nСуммаПриход=1.00\n\
         ПлательщикИИК={ours}\nПолучательИИК={other}\nКонецДокумента\nКОНЕЦФАЙЛА\n"
    );
    check(
        &text,
        expect![[r#"
        1c 2.00 account=KZ00TEST000000000001 currency=KZT
        1 @357 Credited +7745.70 KZT weak-2fef9db0161f934a8c5feaa5ddafc3d9cc35308e267de91d6941611c0e101db9 (weak)
            booked: 2026-04-01
            payer: Абай
            payer id: 100000000007
            payer account: KZ00TEST000000000002
            beneficiary: KZ00TEST000000000001
            document: 1
            purpose: "x"
        2 @799 Information -4000.00 KZT weak-9f278ef177e1dbde1b3a9ac96b13d146e06c837e80b255c1460e389ee6afffcc (weak)
            booked: 2026-04-01
            payer account: KZ00TEST000000000001
            beneficiary: KZ00TEST000000000002
            document: 2
        row 3 at byte 1132: СуммаПриход and СуммаРасход at once [direction]
        row 4 at byte 1292: the accounts say one direction, the bank's fields another [direction]
        2 rows, 2 refused
        +7745.70 KZT -4000.00 KZT withheld 0.00 KZT fines 0.00 KZT
        warning: Кодировка says windows-1251, the file is utf-8
    "#]],
    );
}

#[test]
fn orders_are_no_payments() {
    let order = |lines: &str| {
        format!(
            "1CClientBankExchange\nВерсияФормата=1.02\nРасчСчет={A}\n\
             СекцияДокумент=Платежное требование\nНомер=1\nДата=01.04.2026\nСумма=7\n{lines}\n\
             КонецДокумента\nСекцияДокумент=x\nНомер=2\nДата=01.04.2026\nСумма=8\n{lines}\n\
             КонецДокумента\nКонецФайла\n"
        )
    };
    let mut out = String::new();
    for lines in [
        format!("ПолучательСчет={A}\nПлательщикСчет={OTHER}"),
        format!("ПолучательСчет={A}\nДатаПоступило=01.04.2026"),
        format!("ПлательщикСчет={A}\nПолучательСчет={OTHER}"),
    ] {
        let told = rows(&order(&lines));
        for line in told.lines().skip(1) {
            out += &format!("{}\n", line.split(" weak-").next().unwrap());
        }
        out += "--\n";
    }
    expect![[r#"
        1 @91 Information +7.00 RUB
        2 @335 Information +8.00 RUB
        2 rows, 0 refused
        +15.00 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB
        warning: documents without balances and dates are orders, not payments
        --
        1 @91 Credited +7.00 RUB
        2 @323 Credited +8.00 RUB
        2 rows, 0 refused
        +15.00 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB
        --
        1 @91 Information -7.00 RUB
        2 @335 Information -8.00 RUB
        2 rows, 0 refused
        +0.00 RUB -15.00 RUB withheld 0.00 RUB fines 0.00 RUB
        warning: documents without balances and dates are orders, not payments
        --
    "#]]
    .assert_eq(&out);
}

/// Two accounts of ours, each with its figures.
fn two_accounts(documents: &str) -> String {
    let section = |account, opening, received, spent, closing| {
        format!(
            "СекцияРасчСчет\nНачальныйОстаток={opening}\nРасчСчет={account}\n\
             ВсегоПоступило={received}\nВсегоСписано={spent}\nКонечныйОстаток={closing}\n\
             КонецРасчСчет\n"
        )
    };
    let (first, second) =
        (section(A, "10.00", "7.00", "2.00", "15.00"), section(B, "0", "2", "0", "2"));
    format!(
        "1CClientBankExchange\nВерсияФормата=1.03\nРасчСчет={A}\nРасчСчет={B}\n{first}{second}\
         {documents}КонецФайла\n"
    )
}

#[test]
fn a_transfer_between_our_accounts_is_no_payment_and_both_balances_count_it() {
    let documents = format!(
        "СекцияДокумент=x\nНомер=1\nДата=01.04.2026\nСумма=7.00\nПлательщикСчет={OTHER}\n\
         ПолучательСчет={A}\nДатаПоступило=01.04.2026\nКонецДокумента\n\
         СекцияДокумент=x\nНомер=2\nДата=01.04.2026\nСумма=2.00\nПлательщикСчет={A}\n\
         ПолучательСчет={B}\nДатаСписано=01.04.2026\nДатаПоступило=01.04.2026\nКонецДокумента\n"
    );
    check(
        &two_accounts(&documents),
        expect![[r#"
        1c 1.03 account=40702810000000000001 currency=RUB
        1 @583 Credited +7.00 RUB weak-ef299a9593ced8eca90c1e18dedaa4bc182937bb4633322354b5da6d231384d7 (weak)
            booked: 2026-04-01
            payer account: 40817810000000000003
            beneficiary: 40702810000000000001
            document: 1
        2 @830 Information +2.00 RUB weak-899b305326aa33686405ece888f8d3dfab465bf332e755b397c9432f8952fa95 (weak)
            booked: 2026-04-01
            payer account: 40702810000000000001
            beneficiary: 40702810000000000002
            document: 2
        2 rows, 0 refused
        +9.00 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB
    "#]],
    );
    check(
        &two_accounts(&documents.replace("Сумма=2.00", "Сумма=2.01")),
        expect![[r#"
        1c 1.03 account=40702810000000000001 currency=RUB
        1 @583 Credited +7.00 RUB weak-ef299a9593ced8eca90c1e18dedaa4bc182937bb4633322354b5da6d231384d7 (weak)
            booked: 2026-04-01
            payer account: 40817810000000000003
            beneficiary: 40702810000000000001
            document: 1
        2 @830 Information +2.01 RUB weak-2264cd70abbc0c0f5390ecafb2b12b47ae4dc369b4f9e0b117086dbb74c850fb (weak)
            booked: 2026-04-01
            payer account: 40702810000000000001
            beneficiary: 40702810000000000002
            document: 2
        2 rows, 0 refused
        +9.01 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB
        warning: control figures of account 1: debits of 2.00 RUB are declared, 2.01 RUB were read
        warning: control figures of account 1: from 10.00 RUB the rows lead to 14.99 RUB, not to 15.00 RUB
        warning: control figures of account 2: credits of 2.00 RUB are declared, 2.01 RUB were read
        warning: control figures of account 2: from 0.00 RUB the rows lead to 2.01 RUB, not to 2.00 RUB
    "#]],
    );
}

#[test]
fn a_section_for_each_day_is_added_up() {
    let section = |opening: &str, received: &str, closing: &str| {
        format!(
            "СекцияРасчСчет\nРасчСчет={A}\nНачальныйОстаток={opening}\nВсегоПоступило={received}\n\
             КонечныйОстаток={closing}\nКонецРасчСчет\n"
        )
    };
    let document = |number, amount| {
        format!(
            "СекцияДокумент=x\nНомер={number}\nДата=0{number}.04.2026\nСумма={amount}\n\
             ПолучательСчет={A}\nДатаПоступило=0{number}.04.2026\nКонецДокумента\n"
        )
    };
    let text = |received: &str| {
        format!(
            "1CClientBankExchange\nРасчСчет={A}\n{}{}{}{}КонецФайла\n",
            section("1.00", "7", "8.00"),
            section("8.00", received, "11.50"),
            document(1, "7"),
            document(2, "3.5"),
        )
    };
    let mut out = String::new();
    for received in ["3.50", "3.51", "lots", ""] {
        let reader_of = text(received);
        out += &format!(
            "{received}: {}\n",
            rows(&reader_of).lines().skip(3).collect::<Vec<_>>().join("; ")
        );
    }
    expect![[r#"
        3.50: 2 rows, 0 refused; +10.50 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB
        3.51: 2 rows, 0 refused; +10.50 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB; warning: control figures of account 1: credits of 10.51 RUB are declared, 10.50 RUB were read
        lots: 2 rows, 0 refused; +10.50 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB; warning: control figures of account 1: ВсегоПоступило cannot be read
        : 2 rows, 0 refused; +10.50 RUB -0.00 RUB withheld 0.00 RUB fines 0.00 RUB; warning: control figures of account 1: credits of 7.00 RUB are declared, 10.50 RUB were read
    "#]].assert_eq(&out);
    let text = text("3.50");
    let mut reader = Reader::open(FileFormat::OneC, text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(reader.by_ref().count(), 2);
    let rub = "RUB".parse().unwrap();
    assert_eq!(reader.declared_credits(rub).map(|sum| sum.to_string()), Some("10.50 RUB".into()));
    assert_eq!(reader.statements(), 1);
}

#[test]
fn documents_may_stand_before_the_account_is_named() {
    let account = "РасчСчет=BY00TEST30120000000000000933\r\n";
    let (head, rest) = STATEMENT.split_once(account).unwrap();
    let (section, rest) = rest.split_once("КонецРасчСчет\r\n").unwrap();
    let documents = rest.strip_suffix("КонецФайла\r\n").unwrap();
    let late = format!("{head}{documents}{section}КонецРасчСчет\r\nКонецФайла\r\n");
    expect![[r#"
        1c 1.02
        1 @193 Credited +45.00 BYN weak-f804182754b5555271c35de96c358a591a7d0c5a3e067cb1b179f7092e774cbf (weak)
        2 @738 Information -5.50 BYN weak-ef8c29521e91537c882ee4ad653b3fbd868533556a4b138d70226f834609bf12 (weak)
        2 rows, 0 refused
        +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
        warning: Кодировка says windows-1251, the file is utf-8
    "#]].assert_eq(&rows(&late));
    let wrong = late.replace("ВсегоСписано=5.50", "ВсегоСписано=5.60");
    assert!(rows(&wrong).contains("5.60 BYN are declared, 5.50 BYN were read"));
}

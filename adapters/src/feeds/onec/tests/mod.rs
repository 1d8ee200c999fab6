//! Exchanges of our own making, by the keys of DOMAIN.md 2.2.

mod corpus;
mod faults;
mod fields;
mod hostile;
mod round_trip;
mod ways;

use expect_test::{Expect, expect};

use crate::feeds::tests;
use crate::feeds::{FileFormat, Options, Reader, Row};

/// A day's statement of one account: a payment to us, one from us.
const STATEMENT: &str = "\
1CClientBankExchange\r
ВерсияФормата=1.02\r
Кодировка=Windows\r
Отправитель=Банк-клиент\r
ДатаНачала=01.04.2026\r
ДатаКонца=01.04.2026\r
РасчСчет=BY00TEST30120000000000000933\r
СекцияРасчСчет\r
ДатаНачала=01.04.2026\r
РасчСчет=BY00TEST30120000000000000933\r
НачальныйОстаток=100.00\r
ВсегоПоступило=45.00\r
ВсегоСписано=5.50\r
КонечныйОстаток=139.50\r
КонецРасчСчет\r
СекцияДокумент=Платежное поручение\r
Номер=42\r
Дата=31.03.2026\r
Сумма=45.00\r
ПлательщикСчет=BY00TEST30140000000000000002\r
ПлательщикИНН=MA1953684\r
Плательщик1=КУПАЛА ЯНКА\r
ПолучательСчет=BY00TEST30120000000000000933\r
ДатаПоступило=01.04.2026\r
Получатель1=ООО Пример\r
Код=100000000000000000000000000042\r
НазначениеПлатежа=Плата за процедуру\r
КонецДокумента\r
СекцияДокумент=Банковский ордер\r
Номер=43\r
Дата=01.04.2026\r
Сумма=5,5\r
ПлательщикСчет=BY00TEST30120000000000000933\r
ДатаСписано=01.04.2026\r
Плательщик=УНП 100000007 ООО Пример\r
ПолучательСчет=BY00TEST81010000000000000001\r
ДатаПоступило=\r
Код=0\r
НазначениеПлатежа=Комиссия\r
КонецДокумента\r
КонецФайла\r
";

fn told(text: &str) -> String {
    tests::told(FileFormat::OneC, text.as_bytes(), &Options::default())
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&told(text));
}

/// What is told without the details of rows.
fn rows(text: &str) -> String {
    let told = told(text);
    let rows = told.lines().filter(|line| !line.starts_with("    "));
    rows.map(|line| format!("{line}\n")).collect()
}

fn read(text: &str) -> Vec<Row> {
    let reader = Reader::open(FileFormat::OneC, text.as_bytes(), &Options::default()).unwrap();
    reader.map(|read| read.unwrap().unwrap()).collect()
}

/// An exchange of one document with these lines, in a statement of the account `A`.
fn with_document(lines: &str) -> String {
    format!(
        "1CClientBankExchange\nВерсияФормата=1.02\nРасчСчет={A}\nСекцияРасчСчет\nРасчСчет={A}\n\
         КонецРасчСчет\nСекцияДокумент=x\nНомер=1\nДата=01.04.2026\n{lines}\nКонецДокумента\n\
         КонецФайла\n"
    )
}

/// Accounts in roubles of Russia: two of ours, and a payer's.
const A: &str = "40702810000000000001";
const B: &str = "40702810000000000002";
const OTHER: &str = "40817810000000000003";

#[test]
fn a_statement_is_read() {
    check(
        STATEMENT,
        expect![[r#"
        1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
        1 @525 Credited +45.00 BYN weak-f804182754b5555271c35de96c358a591a7d0c5a3e067cb1b179f7092e774cbf (weak)
            booked: 2026-04-01
            payer: КУПАЛА ЯНКА
            payer id: MA1953684
            payer account: BY00TEST30140000000000000002
            beneficiary: BY00TEST30120000000000000933
            document: 42
            creditor: 100000000000000000000000000042
            purpose: "Плата за процедуру"
        2 @1070 Information -5.50 BYN weak-ef8c29521e91537c882ee4ad653b3fbd868533556a4b138d70226f834609bf12 (weak)
            booked: 2026-04-01
            payer: ООО Пример
            payer id: 100000007
            payer account: BY00TEST30120000000000000933
            beneficiary: BY00TEST81010000000000000001
            document: 43
            purpose: "Комиссия"
        2 rows, 0 refused
        +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
        warning: Кодировка says windows-1251, the file is utf-8
    "#]],
    );
}

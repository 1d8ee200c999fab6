//! Statements of our own making, by the keys of DOMAIN.md 2.1.

mod figures;
mod hostile;
mod kinds;
mod operations;
mod several;

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

/// The keys without `Q` hold the account's currency here, and no mark ends it.
const TYPE_6: &str = "\
***** ^Type=6^ ^Acc=BY00TEST30120000000000000840^  -  Выписка по счету за период
[IN_PARAM]
^DateBegin=01.04.2026^
^UNN=100000007^
[OUT_PARAM]
^DateIn=01.04.2026^
^RestIn=100.00^
^RestInQ=300.00^
^AcPa=АКТИВ^
^I1=840^
^I1Str=Доллар США^
^DocDate=01.04.2026^
^Num=9^
^OpDate=01.04.2026^
^DebQ=8.25^
^CreQ=0.00^
^Deb=0.00^
^Cre=0.00^
^KorName=БАНК^
^Acc=BY00TEST69210000000000000000^
^Nazn=Переоценка^
^DocDate=02.04.2026^
^Num=9^
^OpDate=02.04.2026^
^DebQ=0.00^
^CreQ=150.00^
^Deb=0.00^
^Cre=50.00^
^KorName=DALYOKA LTD^
^UNNRec=^
^Acc=DE00TEST0000000000000000^
^Nazn=CONTRACT 5^
^DebV=0.00^
^CreV=50.00^
^DebVQ=8.25^
^CreVQ=150.00^
^RestOut=150.00^
^RestOutQ=441.75^
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
fn what_is_no_statement_is_refused() {
    let mut out = String::new();
    for text in [
        "",
        "^Type=4^ ^Acc=BY00^",
        "***** ^Acc=BY00^",
        "***** ^Type=4^",
        "***** ^Type=4^ ^Acc=^",
        "***** ^Type=4",
        "***** ^Type=7^ ^Acc=BY00^",
        "***** ^Type=^ ^Acc=BY00^",
        &format!("***** ^Type=4^ ^Acc={}^", "9".repeat(65)),
        "***** ^Type=4^ ^Acc=BY00^\n***** ^Type=7^ ^Acc=BY00^\n",
        "***** ^Type=4^ ^Acc=BY00^\n^DocDate=01.04.2026^\n***** ^Type=4^\n",
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
        refused: no layout is known for the kind "7"
        refused: no layout is known for the kind ""
        refused: the head's Acc cannot be read
        refused: no layout is known for the kind "7"
        client_bank 4 account=BY00 currency=BYN
        stopped: the head's Acc cannot be read
        0 rows, 0 refused
    "#]]
    .assert_eq(&out);
}

//! Files of several formats as `kvit feed parse` shows them.

use expect_test::{Expect, expect};

use super::*;

/// What is printed of a file whose format its beginning tells.
#[track_caller]
fn check(name: &str, text: &str, json: bool, expected: Expect) {
    let format = FileFormat::detect(text.as_bytes()).unwrap();
    let options = Options { file_name: Some(name), ..Options::default() };
    let mut reader = Reader::open(format, text.as_bytes(), &options).unwrap();
    let shown = Shown::new(Vec::new(), json);
    let told = match read(Path::new(name), &mut reader, shown) {
        Ok(out) => String::from_utf8(out).unwrap(),
        Err(failure) => format!("{}\n", failure.message),
    };
    expected.assert_eq(&told);
}

const EXCHANGE: &str = "\
1CClientBankExchange
ВерсияФормата=1.02
Кодировка=UTF-8
РасчСчет=BY00TEST30120000000000000933
СекцияРасчСчет
РасчСчет=BY00TEST30120000000000000933
ВсегоПоступило=45
КонецРасчСчет
СекцияДокумент=Платежное поручение
Номер=42
Дата=01.04.2026
Сумма=45
ПлательщикСчет=BY00TEST30140000000000000002
Плательщик1=КУПАЛА ЯНКА
ПолучательСчет=BY00TEST30120000000000000933
ДатаПоступило=01.04.2026
НазначениеПлатежа=код 10000000000000
0000000000000042
КонецДокумента
КонецФайла
";

const STATEMENT: &str = "\
***** ^Type=6^ ^Acc=BY00TEST30120000000000000840^  -  Выписка
[OUT_PARAM]
^RestIn=0.00^
^I1=840^
^DocDate=01.04.2026^
^Num=9^
^DebQ=0.00^
^CreQ=150.00^
^Deb=0.00^
^Cre=50.00^
^KorName=DALYOKA LTD^
^Nazn=CONTRACT 5^
^RestOut=50.00^
";

const ANSWER: &str = "\
5^80000000^900^20260401090100^123^20260401090000^3^Есть ошибки^1
2^Неверная сумма^2^555^КУПАЛА ЯНКА^^
";

#[test]
fn an_exchange_of_1c_is_shown_as_rows() {
    check("a.txt", EXCHANGE, false, expect![[""]]);
    check("a.txt", EXCHANGE, true, expect![[""]]);
    let damaged = EXCHANGE.replace("Сумма=45", "Сумма=?");
    check("a.txt", &damaged, false, expect![[""]]);
}

#[test]
fn a_statement_of_a_client_bank_program_is_shown_as_rows() {
    check("a.txt", STATEMENT, false, expect![[""]]);
}

#[test]
fn an_answer_of_erip_is_shown_as_what_it_says() {
    check("900.204", ANSWER, false, expect![[""]]);
    check("900.204", ANSWER, true, expect![[""]]);
}

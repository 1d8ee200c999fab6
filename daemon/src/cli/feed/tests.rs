//! Files of several formats as `kvit feed parse` shows them.

use expect_test::{Expect, expect};

use super::*;

/// What is printed of a file whose format its beginning tells.
fn told(name: &str, text: &str, json: bool) -> String {
    let format = FileFormat::detect(text.as_bytes()).unwrap();
    let options = Options { file_name: Some(name), ..Options::default() };
    let mut reader = Reader::open(format, text.as_bytes(), &options).unwrap();
    let shown = Shown::new(Vec::new(), json);
    match read(Path::new(name), &mut reader, shown) {
        Ok(out) => String::from_utf8(out).unwrap(),
        Err(failure) => format!("{}\n", failure.message),
    }
}

#[track_caller]
fn check(name: &str, text: &str, expected: Expect) {
    expected.assert_eq(&told(name, text, false));
}

/// The lines of JSON.
fn values(name: &str, text: &str) -> Vec<serde_json::Value> {
    let told = told(name, text, true);
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
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
    check(
        "a.txt",
        EXCHANGE,
        expect![[r#"
           row way    state                   amount booked     payment                          order codes
             1 credit credited             45.00 BYN 2026-04-01 weak-9d0e5c450759bf95b330a7fbd2814e385e0fa099843d8f2fd6d568733214d86e 100000000000000000000000000042
        1c 1.02, utf-8: 1 statements, 1 entries, 1 rows, 0 unusable; credits 45.00 BYN, debits 0.00 BYN
    "#]],
    );
    let lines = values("a.txt", EXCHANGE);
    assert_eq!(lines[0]["references"]["bank_document"], "42");
    assert_eq!(lines[0]["found"][0]["found_in"], "purpose");
    assert_eq!(lines[1]["summary"]["warnings"], serde_json::json!([]));
    let damaged = EXCHANGE.replace("Сумма=45", "Сумма=?");
    assert_eq!(told("a.txt", &damaged, false), "a.txt: 1 rows cannot be used\n");
}

#[test]
fn a_statement_of_a_client_bank_program_is_shown_as_rows() {
    check(
        "a.txt",
        STATEMENT,
        expect![[r#"
           row way    state                   amount booked     payment                          order codes
             1 credit credited             50.00 USD 2026-04-01 weak-1d6f48349e2094cf442fd915618d4bac023cdf2c7c72506b089d9616cf2ad6ce
        client_bank 6, utf-8: 1 statements, 1 entries, 1 rows, 0 unusable; credits 50.00 USD, debits 0.00 USD
    "#]],
    );
}

#[test]
fn an_answer_of_erip_is_shown_as_what_it_says() {
    check(
        "900.204",
        ANSWER,
        expect![[r#"
           row way    state                   amount booked     payment                          order codes
        erip 204, utf-8: 1 statements, 0 entries, 0 rows, 0 unusable; credits nothing, debits nothing
        warning: message 202 number 123 was not accepted, result "3": Есть ошибки
        warning: demand 2: Неверная сумма
    "#]],
    );
    let lines = values("900.204", ANSWER);
    assert_eq!(lines[0]["summary"]["statement_ids"][0], "204-900-20260401090100");
}

//! What the fields of a document mean.

use std::fmt::Write;

use super::*;
use crate::feeds::FoundIn;

const CAME: &str = "ПолучательСчет=40702810000000000001\nДатаПоступило=01.04.2026";

fn row(lines: &str) -> Row {
    let rows = read(&with_document(&format!("Сумма=7.00\n{CAME}\n{lines}")));
    rows.into_iter().next().unwrap()
}

#[test]
fn amounts_may_lack_a_separator() {
    let mut out = String::new();
    for text in [
        "700",
        "1052.98",
        "1,5",
        "0.2",
        " 10 ",
        "1 052,98",
        "1\u{a0}052.98",
        "12 345 678",
        "0",
        "0.00",
        "10.000",
        "1052.985",
        "1 05,2",
        "1 0520",
        "1,052.98",
        "-7",
        "7.",
        ".5",
        "7 р",
        "",
        "1e3",
    ] {
        let told = rows(&with_document(&format!("Сумма={text}\n{CAME}")));
        let line = told.lines().nth(1).unwrap().split(" weak-").next().unwrap();
        writeln!(out, "{text:?}: {line}").unwrap();
    }
    expect![[r#"
        "700": 1 @185 Credited +700.00 RUB
        "1052.98": 1 @185 Credited +1052.98 RUB
        "1,5": 1 @185 Credited +1.50 RUB
        "0.2": 1 @185 Credited +0.20 RUB
        " 10 ": 1 @185 Credited +10.00 RUB
        "1 052,98": 1 @185 Credited +1052.98 RUB
        "1\u{a0}052.98": 1 @185 Credited +1052.98 RUB
        "12 345 678": 1 @185 Credited +12345678.00 RUB
        "0": 1 @185 Information +0.00 RUB
        "0.00": 1 @185 Information +0.00 RUB
        "10.000": 1 @185 Credited +10.00 RUB
        "1052.985": row 1 at byte 185: Сумма cannot be "1052.985" [amount]
        "1 05,2": row 1 at byte 185: Сумма cannot be "1 05,2" [amount]
        "1 0520": row 1 at byte 185: Сумма cannot be "1 0520" [amount]
        "1,052.98": row 1 at byte 185: Сумма cannot be "1,052.98" [amount]
        "-7": row 1 at byte 185: Сумма cannot be "-7" [amount]
        "7.": row 1 at byte 185: Сумма cannot be "7." [amount]
        ".5": row 1 at byte 185: Сумма cannot be ".5" [amount]
        "7 р": row 1 at byte 185: Сумма cannot be "7 x" [amount]
        "": row 1 at byte 185: Сумма is missing [missing]
        "1e3": row 1 at byte 185: Сумма cannot be "1x3" [amount]
    "#]]
    .assert_eq(&out);
}

#[test]
fn a_currency_is_told_by_the_account_the_file_or_the_settings() {
    let currency = |account: &str, head: &str, document: &str, set: Option<&str>| {
        let text = format!(
            "1CClientBankExchange\nРасчСчет={account}\n{head}\nСекцияДокумент=x\nНомер=1\n\
             Дата=01.04.2026\nСумма=7\nПолучательСчет={account}\nДатаПоступило=01.04.2026\n\
             {document}\nКонецДокумента\nКонецФайла\n"
        );
        let options =
            Options { currency: set.map(|set| set.parse().unwrap()), ..Options::default() };
        let told = tests::told(FileFormat::OneC, text.as_bytes(), &options);
        let line = told.lines().nth(1).unwrap().split(" weak-").next().unwrap().to_owned();
        let warned = told.lines().filter(|line| line.starts_with("warning"));
        std::iter::once(line.as_str()).chain(warned).collect::<Vec<_>>().join("; ")
    };
    let mut out = String::new();
    for (account, head, document, set) in [
        ("40702810000000000001", "", "", None),
        ("40702643000000000001", "", "", None),
        ("40702933000000000001", "", "", None),
        ("40702974000000000001", "", "", None),
        ("40702974000000000001", "", "Валюта=BYN", None),
        ("40702840000000000001", "", "", None),
        ("40702978000000000001", "", "", None),
        ("40702398000000000001", "", "", None),
        ("12345678901234567890", "", "", None),
        ("12345678901234567890", "", "", Some("USD")),
        ("12345678901234567890", "Валюта=EUR", "", Some("USD")),
        ("12345678901234567890", "Валюта=EUR", "Валюта=978", None),
        ("BY00TEST30120000000000000933", "", "", None),
        ("BY00TEST30120000000000000933", "", "", Some("EUR")),
        ("BY00TEST30120000000000000933", "", "КодВалюты=840", None),
        ("BY00TEST30120000000000000933", "", "Валюта=рубли", None),
        ("KZ00TEST000000000001", "", "", None),
        ("40702810000000000001", "", "Валюта=RUB", None),
        ("40702810000000000001", "", "Валюта=USD", None),
        ("40702810000000000001", "", "", Some("USD")),
        ("3012000000001", "", "", None),
    ] {
        let told = currency(account, head, document, set);
        writeln!(out, "{account} {head} {document} {set:?}: {told}").unwrap();
    }
    expect![[r#"
        40702810000000000001   None: 1 @60 Credited +7.00 RUB
        40702643000000000001   None: 1 @60 Credited +7.00 RUB
        40702933000000000001   None: 1 @60 Credited +7.00 BYN
        40702974000000000001   None: row 1 at byte 60: the account's currency is no more [currency]
        40702974000000000001  Валюта=BYN None: row 1 at byte 60: Валюта cannot be "xxx" [currency]
        40702840000000000001   None: 1 @60 Credited +7.00 USD
        40702978000000000001   None: 1 @60 Credited +7.00 EUR
        40702398000000000001   None: 1 @60 Credited +7.00 KZT
        12345678901234567890   None: 1 @60 Credited +7.00 RUB; warning: nothing names a currency: amounts are read as RUB
        12345678901234567890   Some("USD"): 1 @60 Credited +7.00 USD
        12345678901234567890 Валюта=EUR  Some("USD"): 1 @76 Credited +7.00 EUR
        12345678901234567890 Валюта=EUR Валюта=978 None: 1 @76 Credited +7.00 EUR
        BY00TEST30120000000000000933   None: 1 @68 Credited +7.00 BYN
        BY00TEST30120000000000000933   Some("EUR"): 1 @68 Credited +7.00 EUR
        BY00TEST30120000000000000933  КодВалюты=840 None: 1 @68 Credited +7.00 USD
        BY00TEST30120000000000000933  Валюта=рубли None: row 1 at byte 68: Валюта cannot be "xxxxx" [currency]
        KZ00TEST000000000001   None: 1 @60 Credited +7.00 KZT
        40702810000000000001  Валюта=RUB None: 1 @60 Credited +7.00 RUB
        40702810000000000001  Валюта=USD None: row 1 at byte 60: Валюта cannot be "xxx" [currency]
        40702810000000000001   Some("USD"): 1 @60 Credited +7.00 RUB
        3012000000001   None: 1 @53 Credited +7.00 RUB; warning: nothing names a currency: amounts are read as RUB
    "#]].assert_eq(&out);
}

#[test]
fn a_purpose_has_several_lines_or_a_folded_copy() {
    let mut out = String::new();
    for lines in [
        "НазначениеПлатежа=за услуги",
        "НазначениеПлатежа=за услуги\nпо договору 5\n  без НДС",
        "НазначениеПлатежа=x\nКодНазПлатежа=1\nеще",
        "НазначениеПлатежа=x\nплатеж a=b от 5=5\nКПП=9",
        "НазначениеПлатежа=x\nЗаказ=5\nOrder = 6\nОчередность=5\nеще",
        "НазначениеПлатежа=x\nПоказательКБК=1\nЗаказ=5",
        "Заказ=5\nНазначениеПлатежа=x",
        "НазначениеПлатежа=за ус\nНазначениеПлатежа1=другое",
        "НазначениеПлатежа=\nНазначениеПлатежа1=за ус\nНазначениеПлатежа2=луги",
        "НазначениеПлатежа2=второе\nНазначениеПлатежа1=первое\nНазначениеПлатежа6=шестое",
        "НазначениеПлатежа=a\nНазначениеПлатежа=b",
        "НазначениеПлатежа=a\nНазначениеПлатежа=a",
        "НазначениеПлатежа=x=y=z",
        "Назначение Платежа = x",
        "НАЗНАЧЕНИЕПЛАТЕЖА=x",
        "назначениеплатежа=x",
        "НазначениеПлатежа=",
    ] {
        writeln!(out, "{lines:?}: {:?}", row(lines).purpose).unwrap();
    }
    expect![[r#"
        "НазначениеПлатежа=за услуги": Some("за услуги")
        "НазначениеПлатежа=за услуги\nпо договору 5\n  без НДС": Some("за услуги\nпо договору 5\nбез НДС")
        "НазначениеПлатежа=x\nКодНазПлатежа=1\nеще": Some("x")
        "НазначениеПлатежа=x\nплатеж a=b от 5=5\nКПП=9": Some("x\nплатеж a=b от 5=5")
        "НазначениеПлатежа=x\nЗаказ=5\nOrder = 6\nОчередность=5\nеще": Some("x\nЗаказ=5\nOrder = 6")
        "НазначениеПлатежа=x\nПоказательКБК=1\nЗаказ=5": Some("x")
        "Заказ=5\nНазначениеПлатежа=x": Some("x")
        "НазначениеПлатежа=за ус\nНазначениеПлатежа1=другое": Some("за ус")
        "НазначениеПлатежа=\nНазначениеПлатежа1=за ус\nНазначениеПлатежа2=луги": Some("за ус\nлуги")
        "НазначениеПлатежа2=второе\nНазначениеПлатежа1=первое\nНазначениеПлатежа6=шестое": Some("первое\nвторое\nшестое")
        "НазначениеПлатежа=a\nНазначениеПлатежа=b": Some("a\nb")
        "НазначениеПлатежа=a\nНазначениеПлатежа=a": Some("a")
        "НазначениеПлатежа=x=y=z": Some("x=y=z")
        "Назначение Платежа = x": Some("x")
        "НАЗНАЧЕНИЕПЛАТЕЖА=x": Some("x")
        "назначениеплатежа=x": Some("x")
        "НазначениеПлатежа=": None
    "#]].assert_eq(&out);
}

#[test]
fn a_code_is_found_wherever_it_is_cut() {
    let code = "100000000000000000000000000042";
    let (start, end) = code.split_at(14);
    let found = |lines: &str| {
        let codes = row(lines).order_codes();
        codes.iter().map(|found| (found.code.to_string(), found.found_in)).collect::<Vec<_>>()
    };
    for lines in [
        format!("НазначениеПлатежа=код {code}, срок"),
        format!("НазначениеПлатежа=код {start}\n{end} срок"),
        format!("НазначениеПлатежа=код {start}\r\n{end}\r"),
        format!("НазначениеПлатежа=\nНазначениеПлатежа1=код {start}\nНазначениеПлатежа2={end}"),
        format!("НазначениеПлатежа=код {start} {end}"),
        format!("НазначениеПлатежа=Госпошлина\nЗаказ={code}\nСрок=1"),
    ] {
        assert_eq!(found(&lines), [(code.to_owned(), FoundIn::Purpose)], "{lines}");
    }
    for lines in [format!("Код={code}"), format!("Код= {code} \nНазначениеПлатежа=x {start}")]
    {
        assert_eq!(found(&lines), [(code.to_owned(), FoundIn::CreditorReference)], "{lines}");
    }
    for lines in [
        format!("Номер={code}"),
        format!("ПлательщикСчет={code}"),
        format!("НазначениеПлатежа=x\nИдентификаторБанка={code}"),
        format!("НазначениеПлатежа={code}1"),
        format!("НазначениеПлатежа=x\nНазначениеПлатежа1={code}"),
    ] {
        assert_eq!(found(&lines), [], "{lines}");
    }
}

#[test]
fn a_payer_is_told_in_several_ways() {
    let mut out = String::new();
    for lines in [
        "Плательщик=ИНН 7700000005 ООО \"Пример\"",
        "Плательщик=ИНН7700000005 ООО \"Пример\"",
        "Плательщик=УНП 100000007",
        "Плательщик=ИНН Иван",
        "Плательщик=Иван\nПлательщик1=Иван Иванов",
        "Плательщик1=\nПлательщик=Иван",
        "Плательщик1=Иван\nПлательщикИНН=",
        "Плательщик1=Иван\nПлательщикИНН=0",
        "Плательщик1=Иван\nПлательщикИНН=770000000512",
        "Плательщик1=Иван\nПлательщикУНП=УНП MA1953684",
        "ПлательщикСчет=1\nПлательщикРасчСчет=2",
        "ПлательщикРасчСчет=\nПлательщикСчет=1",
        "",
    ] {
        let payer = row(lines).payer;
        writeln!(out, "{lines:?}: {:?} {:?} {:?}", payer.name, payer.id, payer.account).unwrap();
    }
    expect![[r#"
        "Плательщик=ИНН 7700000005 ООО \"Пример\"": Some("ООО \"Пример\"") Some("7700000005") None
        "Плательщик=ИНН7700000005 ООО \"Пример\"": Some("ООО \"Пример\"") Some("7700000005") None
        "Плательщик=УНП 100000007": None Some("100000007") None
        "Плательщик=ИНН Иван": None None None
        "Плательщик=Иван\nПлательщик1=Иван Иванов": Some("Иван Иванов") None None
        "Плательщик1=\nПлательщик=Иван": Some("Иван") None None
        "Плательщик1=Иван\nПлательщикИНН=": Some("Иван") None None
        "Плательщик1=Иван\nПлательщикИНН=0": Some("Иван") None None
        "Плательщик1=Иван\nПлательщикИНН=770000000512": Some("Иван") Some("770000000512") None
        "Плательщик1=Иван\nПлательщикУНП=УНП MA1953684": Some("Иван") Some("MA1953684") None
        "ПлательщикСчет=1\nПлательщикРасчСчет=2": None None Some("2")
        "ПлательщикРасчСчет=\nПлательщикСчет=1": None None Some("1")
        "": None None None
    "#]]
    .assert_eq(&out);
}

#[test]
fn an_identity_is_what_a_document_says() {
    let id = |lines: &str| row(lines).payment_id.to_string();
    let plain = id("ПлательщикСчет=1\nНазначениеПлатежа=x");
    for same in [
        "ПлательщикСчет=1\nНазначениеПлатежа=y",
        "ПлательщикСчет=1\nПлательщикРасчСчет=1\nПлательщик1=Иван",
        "ПлательщикСчет=1\nКод=0",
    ] {
        assert_eq!(id(same), plain, "{same}");
    }
    for other in ["ПлательщикСчет=2", "ПлательщикСчет=1\nКод=5", "ПлательщикСчет=1\nНомер=2"]
    {
        if other.contains("Номер") {
            let text = with_document(&format!("Сумма=7.00\n{CAME}\nПлательщикСчет=1"));
            let text = text.replace("Номер=1\n", "Номер=2\n");
            assert_ne!(read(&text)[0].payment_id.to_string(), plain);
        } else {
            assert_ne!(id(other), plain, "{other}");
        }
    }
    // The day on which it came does not count: a statement of the day before may not have it.
    let text = with_document(&format!("Сумма=7.00\n{CAME}\nПлательщикСчет=1"));
    let later = text.replace("ДатаПоступило=01.04.2026", "ДатаПоступило=02.04.2026");
    assert_eq!(read(&later)[0].payment_id.to_string(), plain);
    // Equal documents are numbered.
    let document = &text[text.find("СекцияДокумент").unwrap()..text.find("КонецФайла").unwrap()];
    let twice = text.replace("КонецФайла", &format!("{document}КонецФайла"));
    let ids: Vec<String> = read(&twice).iter().map(|row| row.payment_id.to_string()).collect();
    assert_eq!(ids, [plain.clone(), format!("{plain}#2")]);
}

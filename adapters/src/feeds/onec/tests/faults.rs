//! What cannot be used, and what is only odd.

use encoding_rs::IBM866;

use super::*;
use crate::feeds::FeedError;

#[test]
fn a_document_that_cannot_be_used_does_not_stop_the_others() {
    let came = format!("ПолучательСчет={A}\nДатаПоступило=01.04.2026");
    let mut out = String::new();
    for (lines, what) in [
        ("".to_owned(), "nothing"),
        (came.clone(), "no amount"),
        (format!("{came}\nСумма=\nСумма=7"), "an amount at last"),
        (format!("{came}\nСумма=7\nСумма=7"), "the amount twice"),
        (format!("{came}\nСумма=7\nСумма=8"), "two amounts"),
        (format!("{came}\nСумма=7\nДатаПоступило=02.04.2026"), "two days"),
        (format!("ПолучательСчет={A}\nСумма=7\nДатаПоступило=31.02.2026"), "no day"),
        (format!("ПолучательСчет={A}\nСумма=7\nДатаПоступило=2026-04-01"), "another day"),
        (format!("ПолучательСчет={A}\nСумма=7\nДатаПоступило=01.04.2026 10:11:12"), "a time"),
        (format!("ПолучательСчет={A}\nСумма=7\nДатаПоступило=вчера"), "no date at all"),
        (format!("{came}\nСумма=7\nПлательщик1={}", "x".repeat(70_000)), "a long line"),
        (
            format!("{came}\nСумма=7\nНазначениеПлатежа=x\n{}", "много слов\n".repeat(5_000)),
            "a long purpose",
        ),
    ] {
        let text = with_document(&lines);
        let good = format!("СекцияДокумент=x\nДата=01.04.2026\nСумма=1\n{came}\nКонецДокумента\n");
        let told = rows(&text.replace("КонецФайла", &format!("{good}КонецФайла")));
        let told: Vec<&str> = told.lines().collect();
        let line = told[1].split(" weak-").next().unwrap();
        assert!(told[2].starts_with("2 @") && told[2].contains("+1.00 RUB"), "{}", told[2]);
        out += &format!("{what}: {line}\n");
    }
    expect![[r#"
        nothing: row 1 at byte 185: neither account is one of the file's [direction]
        no amount: row 1 at byte 185: Сумма is missing [missing]
        an amount at last: 1 @185 Credited +7.00 RUB
        the amount twice: 1 @185 Credited +7.00 RUB
        two amounts: row 1 at byte 185: Сумма is there twice [repeated]
        two days: row 1 at byte 185: ДатаПоступило is there twice [repeated]
        no day: row 1 at byte 185: ДатаПоступило cannot be "31.02.2026" [date]
        another day: 1 @185 Credited +7.00 RUB
        a time: 1 @185 Credited +7.00 RUB
        no date at all: row 1 at byte 185: ДатаПоступило cannot be "xxxxx" [date]
        a long line: row 1 at byte 185: a line has more than 65536 bytes [too_long]
        a long purpose: row 1 at byte 185: НазначениеПлатежа is too long [too_long]
    "#]]
    .assert_eq(&out);
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn sections_may_lack_their_ends() {
    let mut out = String::new();
    for (from, to) in [
        ("КонецДокумента\r\nСекция", "Секция"),
        ("КонецДокумента\r\nКонецФайла", "КонецФайла"),
        ("КонецРасчСчет\r\n", ""),
        ("КонецФайла\r\n", ""),
        ("КонецФайла", "КонецФайл"),
        ("КонецФайла\r\n", "КонецФайла"),
        ("КонецФайла\r\n", "КонецФайла="),
        ("КонецФайла\r\n", "КонецФайла\r\n\r\n\u{1a}"),
        ("КонецФайла\r\n", "КонецФайла\r\nподпись\r\nДата=5"),
        ("СекцияДокумент=Банковский ордер", "СекцияДокумент"),
        ("СекцияДокумент=Банковский ордер", " секция документ = "),
        ("Номер=43", "КонецРасчСчет"),
        ("Номер=43", "СекцияРасчСчет"),
    ] {
        assert!(STATEMENT.contains(from), "{from}");
        out += &format!("{from:?} -> {to:?}\n");
        for line in rows(&STATEMENT.replace(from, to)).lines().skip(1) {
            out += &format!("  {}\n", line.split(" weak-").next().unwrap());
        }
    }
    expect![[r#"
        "КонецДокумента\r\nСекция" -> "Секция"
          row 1 at byte 525: КонецДокумента is missing [unterminated]
          2 @1040 Information -5.50 BYN
          1 rows, 1 refused
          +0.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецДокумента\r\nКонецФайла" -> "КонецФайла"
          1 @525 Credited +45.00 BYN
          row 2 at byte 1070: КонецДокумента is missing [unterminated]
          1 rows, 1 refused
          +45.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецРасчСчет\r\n" -> ""
          1 @497 Credited +45.00 BYN
          2 @1042 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецФайла\r\n" -> ""
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          disagrees: the mark at the end is missing
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецФайла" -> "КонецФайл"
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          disagrees: the mark at the end is missing
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецФайла\r\n" -> "КонецФайла"
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецФайла\r\n" -> "КонецФайла="
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецФайла\r\n" -> "КонецФайла\r\n\r\n\u{1a}"
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "КонецФайла\r\n" -> "КонецФайла\r\nподпись\r\nДата=5"
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
          warning: behind КонецФайла stands what is not read
        "СекцияДокумент=Банковский ордер" -> "СекцияДокумент"
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "СекцияДокумент=Банковский ордер" -> " секция документ = "
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "Номер=43" -> "КонецРасчСчет"
          1 @525 Credited +45.00 BYN
          2 @1070 Information -5.50 BYN
          2 rows, 0 refused
          +45.00 BYN -5.50 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
        "Номер=43" -> "СекцияРасчСчет"
          1 @525 Credited +45.00 BYN
          row 2 at byte 1070: КонецДокумента is missing [unterminated]
          1 rows, 1 refused
          +45.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
          warning: Кодировка says windows-1251, the file is utf-8
    "#]]
    .assert_eq(&out);
}

#[test]
fn several_exchanges_may_stand_in_one_file() {
    let cut = STATEMENT.replace("КонецФайла\r\n", "");
    let mut out = String::new();
    for text in [format!("{STATEMENT}{STATEMENT}"), format!("{cut}{STATEMENT}")] {
        for line in rows(&text).lines() {
            out += &format!("{line}\n");
        }
        out += "--\n";
    }
    expect![[r#"
        1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
        1 @525 Credited +45.00 BYN weak-f804182754b5555271c35de96c358a591a7d0c5a3e067cb1b179f7092e774cbf (weak)
        2 @1070 Information -5.50 BYN weak-ef8c29521e91537c882ee4ad653b3fbd868533556a4b138d70226f834609bf12 (weak)
        3 @2065 Credited +45.00 BYN weak-f804182754b5555271c35de96c358a591a7d0c5a3e067cb1b179f7092e774cbf (weak)
        4 @2610 Information -5.50 BYN weak-ef8c29521e91537c882ee4ad653b3fbd868533556a4b138d70226f834609bf12 (weak)
        4 rows, 0 refused
        +90.00 BYN -11.00 BYN withheld 0.00 BYN fines 0.00 BYN
        warning: Кодировка says windows-1251, the file is utf-8
        warning: Кодировка says windows-1251, the file is utf-8
        --
        1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
        1 @525 Credited +45.00 BYN weak-f804182754b5555271c35de96c358a591a7d0c5a3e067cb1b179f7092e774cbf (weak)
        2 @1070 Information -5.50 BYN weak-ef8c29521e91537c882ee4ad653b3fbd868533556a4b138d70226f834609bf12 (weak)
        3 @2043 Credited +45.00 BYN weak-f804182754b5555271c35de96c358a591a7d0c5a3e067cb1b179f7092e774cbf (weak)
        4 @2588 Information -5.50 BYN weak-ef8c29521e91537c882ee4ad653b3fbd868533556a4b138d70226f834609bf12 (weak)
        4 rows, 0 refused
        +90.00 BYN -11.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: the mark at the end is missing
        warning: Кодировка says windows-1251, the file is utf-8
        warning: Кодировка says windows-1251, the file is utf-8
        --
    "#]].assert_eq(&out);
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn heads_vary() {
    let mut out = String::new();
    for (from, to) in [
        ("ВерсияФормата=1.02", "ВерсияФормата=1.01"),
        ("ВерсияФормата=1.02", "ВерсияФормата=1.04"),
        ("ВерсияФормата=1.02", "Примечание=1.04"),
        ("Кодировка=Windows", "Кодировка=DOS"),
        ("Кодировка=Windows", "Кодировка=UTF-8"),
        ("Кодировка=Windows", "Кодировка=родная"),
        ("Кодировка=Windows", "кодировка = Utf8"),
        ("РасчСчет=BY00TEST30120000000000000933\r\nСекция", "Секция"),
        ("РасчСчет=BY00TEST30120000000000000933\r\nНач", "Нач"),
        ("НачальныйОстаток=100.00", "НачальныйОстаток=100"),
        ("НачальныйОстаток=100.00", "НачальныйОстаток=-1,00"),
        ("НачальныйОстаток=100.00", "НачальныйОстаток=?"),
        ("ВсегоСписано=5.50", "ВсегоСписано=5.51"),
    ] {
        assert!(STATEMENT.contains(from), "{from}");
        let told = rows(&STATEMENT.replace(from, to));
        let lines: Vec<&str> =
            told.lines().filter(|line| !line.contains('@') && !line.starts_with('+')).collect();
        out += &format!("{from:?} -> {to:?}\n  {}\n", lines.join("\n  "));
    }
    expect![[r#"
        "ВерсияФормата=1.02" -> "ВерсияФормата=1.01"
          1c 1.01 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
        "ВерсияФормата=1.02" -> "ВерсияФормата=1.04"
          1c 1.04 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: version "1.04" of the format is read as 1.03 is
          warning: Кодировка says windows-1251, the file is utf-8
        "ВерсияФормата=1.02" -> "Примечание=1.04"
          1c  account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
        "Кодировка=Windows" -> "Кодировка=DOS"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says ibm866, the file is utf-8
        "Кодировка=Windows" -> "Кодировка=UTF-8"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
        "Кодировка=Windows" -> "Кодировка=родная"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
        "Кодировка=Windows" -> "кодировка = Utf8"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
        "РасчСчет=BY00TEST30120000000000000933\r\nСекция" -> "Секция"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
        "РасчСчет=BY00TEST30120000000000000933\r\nНач" -> "Нач"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
        "НачальныйОстаток=100.00" -> "НачальныйОстаток=100"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
        "НачальныйОстаток=100.00" -> "НачальныйОстаток=-1,00"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
          warning: control figures of account 1: from -1.00 BYN the rows lead to 38.50 BYN, not to 139.50 BYN
        "НачальныйОстаток=100.00" -> "НачальныйОстаток=?"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
          warning: control figures of account 1: НачальныйОстаток cannot be read
        "ВсегоСписано=5.50" -> "ВсегоСписано=5.51"
          1c 1.02 account=BY00TEST30120000000000000933 currency=BYN
          2 rows, 0 refused
          warning: Кодировка says windows-1251, the file is utf-8
          warning: control figures of account 1: debits of 5.51 BYN are declared, 5.50 BYN were read
    "#]].assert_eq(&out);
}

#[test]
fn the_bytes_tell_the_character_set() {
    let name = |bytes: &[u8]| {
        let mut reader = Reader::open(FileFormat::OneC, bytes, &Options::default()).unwrap();
        let row = reader.by_ref().next().unwrap().unwrap().unwrap();
        let warned = reader.warnings().len();
        (row.payer.name.unwrap(), reader.charset(), warned)
    };
    let yanka = |charset, warned| ("КУПАЛА ЯНКА".to_owned(), charset, warned);
    let dos = STATEMENT.replace("Кодировка=Windows", "Кодировка=DOS");
    assert_eq!(name(STATEMENT.as_bytes()), yanka("utf-8", 1));
    assert_eq!(name(format!("\u{feff}{STATEMENT}").as_bytes()), yanka("utf-8", 1));
    assert_eq!(name(format!("\u{feff}{dos}").as_bytes()), yanka("utf-8", 1));
    assert_eq!(name(&tests::cp1251(STATEMENT)), yanka("windows-1251", 0));
    assert_eq!(name(&tests::cp1251(&dos)), yanka("windows-1251", 1));
    assert_eq!(name(&IBM866.encode(&dos).0), yanka("ibm866", 0));
    assert_eq!(name(&IBM866.encode(STATEMENT).0), yanka("ibm866", 1));
    let bare = "1CClientBankExchange\nСекцияДокумент=x\nПлательщик1=КУПАЛА ЯНКА\nСумма=1\n\
        ДатаПоступило=01.04.2026\nКонецДокумента\nКонецФайла";
    assert_eq!(name(&IBM866.encode(bare).0), yanka("ibm866", 1));
}

#[test]
fn what_is_no_exchange_is_refused() {
    let open = |bytes: &[u8]| Reader::open(FileFormat::OneC, bytes, &Options::default()).err();
    assert!(matches!(open(b""), Some(FeedError::Empty)));
    assert!(matches!(open(b"\r\n \n"), Some(FeedError::Empty)));
    for text in ["x", "1CClientBankExchange=5", "ВерсияФормата=1.02\n1CClientBankExchange\n"]
    {
        assert!(matches!(open(text.as_bytes()), Some(FeedError::Format(_))), "{text}");
    }
    assert!(matches!(open(&[0xff, 0xfe, b'1', 0]), Some(FeedError::Format(_))));
    check(
        "1CClientBankExchange",
        expect![[r#"
        1c 
        0 rows, 0 refused
        disagrees: the mark at the end is missing
    "#]],
    );
}

//! Files in UTF-16 against the same in UTF-8.

use super::*;

const STATEMENT: &str = "***** ^Type=4^ ^Acc=BY00TEST30120000000000000933^  -  Выписка\r\n\
    [OUT_PARAM]\r\n^RestIn=0.00^\r\n^DocDate=01.04.2026^\r\n^Num=7^\r\n^OperationID=OP01^\r\n\
    ^Db=0.00^\r\n^Credit=30.00^\r\n^KorName=Њ\u{10a} Янка 🜚^\r\n^RestOut=30.00^\r\n####\r\n";

const EXCHANGE: &str = "1CClientBankExchange\r\nРасчСчет=40702810000000000001\r\n\
    СекцияДокумент=x\r\nНомер=1\r\nДата=01.04.2026\r\nСумма=7\r\n\
    ПолучательСчет=40702810000000000001\r\nДатаПоступило=01.04.2026\r\nКонецДокумента\r\n\
    КонецФайла\r\n";

const MESSAGE: &str = ":20:X\r\n:25:1/2\r\n:28C:1\r\n:60F:C260401EUR1,\r\n\
    :61:2604010401C2,NTRFNONREF\r\n:86:Янка Ж\r\n:62F:C260401EUR3,\r\n-\r\n";

/// The text in both orders, with the mark and without.
fn wide(text: &str) -> [(&'static str, Vec<u8>); 4] {
    let bytes = |with: &str, to: fn(u16) -> [u8; 2]| {
        [with, text].concat().encode_utf16().flat_map(to).collect::<Vec<u8>>()
    };
    [
        ("utf-16le", bytes("\u{feff}", u16::to_le_bytes)),
        ("utf-16be", bytes("\u{feff}", u16::to_be_bytes)),
        ("utf-16le", bytes("", u16::to_le_bytes)),
        ("utf-16be", bytes("", u16::to_be_bytes)),
    ]
}

#[test]
fn a_file_in_utf16_is_read_as_the_same_in_utf8() {
    for (format, text) in [
        (FileFormat::ClientBank, STATEMENT),
        (FileFormat::OneC, EXCHANGE),
        (FileFormat::Mt940, MESSAGE),
    ] {
        let options = Options::default();
        let expected = told(format, format!("\u{feff}{text}").as_bytes(), &options);
        assert!(expected.contains("1 rows, 0 refused"), "{expected}");
        for (name, bytes) in wide(text) {
            assert_eq!(FileFormat::detect(&bytes), Some(format), "{name}");
            assert_eq!(told(format, &bytes, &options), expected, "{name}");
            for size in [1, 2, 3, 5, 64] {
                let source = BufReader::with_capacity(size, &bytes[..]);
                let mut reader = Reader::open(format, source, &options).unwrap();
                assert_eq!(reader.by_ref().filter(|read| matches!(read, Ok(Ok(_)))).count(), 1);
                assert_eq!(reader.charset(), name);
            }
            // Cut inside of a character.
            told(format, &bytes[..bytes.len() - 1], &options);
        }
    }
}

#[test]
fn a_table_in_utf16_is_proposed_and_read() {
    let text = "Дата\tСумма\tВалюта\tНазначение\r\n".to_owned()
        + &"01.04.2026\t45,00\tBYN\tПлата за услуги\r\n".repeat(5);
    for (name, bytes) in wide(&text).into_iter().filter(|(_, bytes)| bytes[0] > 0xf0) {
        let mapping = TableMapping::new(propose(&bytes).unwrap().draft).unwrap();
        let options = Options { table: Some(&mapping), ..Options::default() };
        let mut reader = Reader::open(FileFormat::Table, &bytes[..], &options).unwrap();
        let rows: Vec<_> = reader.by_ref().map(|read| read.unwrap().unwrap()).collect();
        assert_eq!(rows.len(), 5, "{name}");
        assert_eq!(rows[0].purpose.as_deref(), Some("Плата за услуги"), "{name}");
        assert_eq!(reader.charset(), name);
    }
}

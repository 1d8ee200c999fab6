//! Bytes that no program should write.

use proptest::prelude::*;

use super::*;
use crate::feeds::tests::cp1251;

fn told_of(bytes: &[u8]) -> String {
    tests::told(FileFormat::OneC, bytes, &Options::default())
}

#[test]
fn a_cut_statement_never_tells_more_than_the_whole() {
    let whole = read(STATEMENT);
    let bytes = cp1251(STATEMENT);
    for length in 0..bytes.len() {
        let Ok(mut reader) = Reader::open(FileFormat::OneC, &bytes[..length], &Options::default())
        else {
            continue;
        };
        for read in reader.by_ref() {
            let Ok(row) = read.unwrap() else { continue };
            let same =
                whole.iter().any(|known| known.amount == row.amount && known.state == row.state);
            assert!(same, "{length}: {row:?}");
        }
        let is_whole = bytes[length..].iter().all(u8::is_ascii_whitespace);
        assert_eq!(reader.findings().is_empty(), is_whole, "{length}");
    }
}

#[test]
fn large_and_empty_things_are_read_to_an_end() {
    let head = "1CClientBankExchange\n";
    let warnings = |text: String| {
        let mut reader =
            Reader::open(FileFormat::OneC, text.as_bytes(), &Options::default()).unwrap();
        let rows = reader.by_ref().count();
        (rows, reader.warnings().len(), reader.findings().len())
    };
    let accounts: String = (0..3_000).map(|number| format!("РасчСчет=A{number}\n")).collect();
    assert_eq!(warnings(format!("{head}{accounts}КонецФайла")), (0, 1, 0));
    assert_eq!(warnings(head.repeat(5_000)), (0, 0, 100));
    let empty = "СекцияДокумент\nКонецДокумента\n".repeat(3_000);
    assert_eq!(warnings(format!("{head}{empty}КонецФайла")), (3_000, 0, 0));
    assert_eq!(warnings(format!("{head}{}", "СекцияРасчСчет\n".repeat(30_000))), (0, 0, 1));
    assert_eq!(warnings(format!("{head}{}", "=\n".repeat(30_000))), (0, 0, 1));
    let bad = "Версия\u{0}\n".repeat(3_000);
    assert_eq!(warnings(format!("{head}{bad}КонецФайла")), (0, 0, 0));
    let unreadable = [cp1251(head), "Дата=я\n".into(), b"\xff\n".repeat(3_000)].concat();
    let mut reader = Reader::open(FileFormat::OneC, &unreadable[..], &Options::default()).unwrap();
    assert_eq!(reader.by_ref().count(), 0);
    assert_eq!(reader.warnings().len(), 100);
}

/// Lines of the statement in any order, and bytes of any kind between them.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&'static str> = STATEMENT.lines().chain(["", "=", "\u{1a}", "x=y"]).collect();
    let piece = prop_oneof![
        8 => proptest::sample::select(lines).prop_map(cp1251),
        2 => proptest::collection::vec(any::<u8>(), 0..20),
        4 => Just(b"\n".to_vec()),
        1 => "[0-9., =-]{0,30}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..60)
        .prop_map(|pieces| [b"1CClientBankExchange\n".to_vec(), pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in mangled()) {
        told_of(&bytes);
    }

    #[test]
    fn a_changed_byte_makes_no_panic(at in 0..2_000_usize, byte in any::<u8>()) {
        let mut bytes = cp1251(STATEMENT);
        let at = at % bytes.len();
        bytes[at] = byte;
        told_of(&bytes);
    }
}

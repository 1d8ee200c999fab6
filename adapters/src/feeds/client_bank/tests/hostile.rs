//! Statements that were cut or changed.

use proptest::prelude::*;

use super::*;

const ALL: [&str; 6] = [TYPE_400, TYPE_4, TYPE_3, TYPE_600, TYPE_5, TYPE_6];

#[test]
fn a_cut_statement_never_tells_more_than_the_whole() {
    for text in ALL {
        let bytes = tests::cp1251(text);
        let read = |bytes: &[u8]| {
            let reader = Reader::open(FileFormat::ClientBank, bytes, &Options::default()).ok()?;
            let mut rows = Vec::new();
            let mut reader = reader;
            rows.extend(reader.by_ref().filter_map(|read| read.unwrap().ok()));
            Some((rows, reader.findings().len()))
        };
        let (whole, _) = read(&bytes).unwrap();
        let footer = tests::cp1251(&text[..text.find("Out=").or(text.find("OutDebQ=")).unwrap()]);
        for length in 0..bytes.len() {
            let Some((rows, found)) = read(&bytes[..length]) else { continue };
            for row in &rows {
                let known = whole.iter().find(|known| known.row == row.row).unwrap();
                assert_eq!((known.amount, known.state), (row.amount, row.state), "{length}");
            }
            assert!(rows.len() == whole.len() || found > 0, "{length}");
            assert!(length >= footer.len() || found > 0, "{length}: a cut is found");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn changed_bytes_make_no_panic(
        text in proptest::sample::select(&ALL[..]),
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = tests::cp1251(text);
        for (at, byte) in changes {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        tests::told(FileFormat::ClientBank, &bytes, &Options::default());
    }
}

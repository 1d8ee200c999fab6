//! Documents that no bank sends.

use std::collections::BTreeMap;

use kvit_schemas::money::Currency;
use proptest::prelude::*;

use super::{credit, details, statement};
use crate::feeds::{FileFormat, Options, Reader, Row};

/// What reading gives: its rows, and whether it came to a good end.
fn read(bytes: &[u8]) -> (Vec<Row>, bool) {
    let Ok(reader) = Reader::open(FileFormat::Camt, bytes, &Options::default()) else {
        return (Vec::new(), false);
    };
    let mut rows = Vec::new();
    for read in reader {
        match read {
            Ok(Ok(row)) => rows.push(row),
            Ok(Err(_)) => {}
            Err(_) => return (rows, false),
        }
    }
    (rows, true)
}

fn whole() -> String {
    let lump = "<NtryDtls><TxDtls><Amt Ccy=\"BYN\">10.00</Amt></TxDtls><TxDtls>\
        <Amt Ccy=\"BYN\">20.00</Amt></TxDtls></NtryDtls>";
    let entries = [
        credit("<AcctSvcrRef>A</AcctSvcrRef>"),
        credit(lump),
        credit(&details("<RmtInf><Ustrd>Янка &amp; <![CDATA[<b>]]></Ustrd></RmtInf>")),
    ];
    format!("<?xml version=\"1.0\"?><m><![CDATA[{}]]></m>", statement(&entries[..2].concat()))
        .replace("<m><![CDATA[", "<m>")
        .replace("]]></m>", "</m>")
        .replace("</Stmt>", &format!("{}</Stmt>", entries[2]))
}

#[test]
fn a_cut_document_never_ends_well_and_never_says_more() {
    let document = whole();
    let (all, good) = read(document.as_bytes());
    assert!(good && all.len() == 4);
    for length in 0..document.len() {
        let (some, good) = read(&document.as_bytes()[..length]);
        assert!(!good, "cut at {length}");
        assert_eq!(some, all[..some.len()], "cut at {length}");
    }
}

#[test]
fn entries_of_any_number_of_transactions_are_read_in_order() {
    for count in [0, 1, 2, 15, 16, 17, 18, 33, 1000] {
        let transactions = "<TxDtls><Amt Ccy=\"BYN\">1.00</Amt></TxDtls>".repeat(count);
        let document = statement(&credit(&format!("<NtryDtls>{transactions}</NtryDtls>")));
        let (rows, good) = read(document.as_bytes());
        assert!(good);
        assert_eq!(rows.len(), count.max(1));
        assert!(rows.iter().zip(1..).all(|(row, number)| row.row == number));
    }
    // Amount and direction behind the transactions, as no version has it.
    let late = "<Ntry><NtryDtls><TxDtls><Amt Ccy=\"BYN\">1.00</Amt></TxDtls></NtryDtls>\
        <CdtDbtInd>CRDT</CdtDbtInd><Amt Ccy=\"BYN\">1.00</Amt></Ntry>";
    assert_eq!(read(statement(late).as_bytes()).0.len(), 1);
}

/// Every byte becomes every one that markup, or the reader of it, takes for something.
#[test]
fn a_changed_byte_never_makes_money() {
    let count = |bytes: &[u8]| {
        let mut counts = BTreeMap::new();
        for row in read(bytes).0 {
            *counts.entry(row.amount).or_insert(0) += 1;
        }
        counts
    };
    let mut bytes = whole().into_bytes();
    let known = count(&bytes);
    for at in 0..bytes.len() {
        // A digit is as good as another, and a currency, too: no reader can know.
        let was = bytes[at];
        if was.is_ascii_digit() {
            continue;
        }
        for changed in *b"<>/!?[]-\"'=&;: .,+aABGNRTY\n\t\0\x80\xD0\xFF" {
            bytes[at] = changed;
            for (amount, times) in count(&bytes) {
                let whole_entry = amount.minor() == 3000;
                let fits = known.get(&amount).is_some_and(|&known| times <= known);
                let in_another = amount.currency() != Currency::BYN;
                assert!(
                    fits || whole_entry || in_another,
                    "{amount} {times} times: {} at {at}",
                    changed.escape_ascii()
                );
            }
        }
        bytes[at] = was;
    }
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let tags = [
        "<Ntry>",
        "</Ntry>",
        "<TxDtls>",
        "</TxDtls>",
        "<NtryDtls>",
        "</NtryDtls>",
        "<Stmt>",
        "</Stmt>",
        "<Amt Ccy=\"BYN\">1.00</Amt>",
        "<CdtDbtInd>CRDT</CdtDbtInd>",
        "<Sts>BOOK</Sts>",
        "<Bal>",
        "</Bal>",
        "<Ustrd>",
        "</Ustrd>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "&amp;",
        "&x;",
        "<Document>",
        "</Document>",
        "<BkToCstmrStmt>",
        "</BkToCstmrStmt>",
        "<?xml?>",
        "\u{43}",
        "<",
        ">",
        "/>",
        "<Acct><Id><IBAN>BY</IBAN></Id></Acct>",
        "<a",
        " b='",
        "'",
        "<!DOCTYPE",
        "Янка",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(tags.to_vec()).prop_map(|tag| tag.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_bytes_make_the_reader_panic(pieces in pieces(), inside in any::<bool>()) {
        let mut bytes = if inside { b"<BkToCstmrStmt><Stmt>".to_vec() } else { vec![] };
        bytes.extend(pieces);
        read(&bytes);
    }
}

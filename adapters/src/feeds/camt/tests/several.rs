//! Envelopes: several messages, and documents that are written as text.

use expect_test::expect;
use proptest::prelude::*;

use super::{check, credit, details, message, rows, statement, told};
use crate::feeds::{FileFormat, Options, Reader, RowState};

/// As a program writes a document into an element: as text.
fn escaped(document: &str) -> String {
    document.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn paid(name: &str) -> String {
    let party = format!("<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>");
    statement(&credit(&details(&party)))
}

#[test]
fn an_envelope_may_hold_several_messages() {
    let (first, second) = (paid("Янка"), paid("Алесь").replace("<Id>S1<", "<Id>S2<"));
    for (before, between, behind) in [
        ("<all>", "", "</all>"),
        ("<all><m><h/>", "</m><m><h/>", "</m></all>"),
        ("<all><![CDATA[", "", "]]></all>"),
        ("<all><m><![CDATA[", "]]></m>\n<m> <![CDATA[", "]]></m></all>"),
    ] {
        let document = format!("{before}{first}{between}{second}{behind}");
        let told = told(document.as_bytes());
        let names: Vec<_> = told.lines().map(|line| line.split("payer=").nth(1)).collect();
        assert_eq!(names, [Some("Янка"), Some("Алесь")], "{told}");
    }
    let all = format!("<all>{first}{second}</all>");
    let mut reader = Reader::open(FileFormat::Camt, all.as_bytes(), &Options::default()).unwrap();
    assert_eq!(reader.by_ref().count(), 2);
    assert_eq!(reader.head().statement_identities.len(), 2);
}

#[test]
fn each_message_of_an_envelope_means_what_its_kind_does() {
    let entry = credit("").replace("<Sts><Cd>BOOK</Cd></Sts>", "");
    let report = message("camt.052.001.08", &format!("<Rpt><Id>R</Id>{entry}</Rpt>"));
    let first = statement(&entry);
    let states =
        |text: String| rows(text.as_bytes()).iter().map(|row| row.state).collect::<Vec<_>>();
    let (credited, accepted) = (RowState::Credited, RowState::Accepted);
    assert_eq!(states(format!("<e>{first}{report}</e>")), [credited, accepted]);
    assert_eq!(states(format!("<e>{report}{first}</e>")), [accepted, credited]);
}

#[test]
fn a_document_that_is_written_as_text_is_read_as_markup() {
    let document =
        format!("<?xml version=\"1.0\"?>\n{}", paid("Янка &amp; Алесь &lt;1&gt; &#x41;"));
    let plain = rows(document.as_bytes());
    assert_eq!(plain[0].payer.name.as_deref(), Some("Янка & Алесь <1> A"));
    let lazy = document.replace('&', "&amp;").replace('<', "&lt;");
    for text in [escaped(&document), lazy, format!("\n  {}\n  ", escaped(&document))] {
        let whole = format!("<?xml version=\"1.0\"?><e><h>a</h><d>{text}</d><f>&lt;b</f></e>");
        let mut read = rows(whole.as_bytes());
        let at = usize::try_from(read[0].byte_offset).unwrap();
        assert!(whole[at..].starts_with("&lt;TxDtls"), "{}", &whole[at..]);
        read[0].byte_offset = plain[0].byte_offset;
        assert_eq!(read, plain, "{whole}");
        let twice = whole.replace("</d>", &format!("</d><d>{text}</d>"));
        assert_eq!(rows(twice.as_bytes()).len(), 2);
        let wide: Vec<u8> = twice.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let read = rows(&[&b"\xff\xfe"[..], &wide].concat());
        let at = usize::try_from(read[1].byte_offset).unwrap() - 2;
        assert!(wide[at..].starts_with(b"&\0l\0t\0;\0T\0x\0"));
    }
}

#[test]
fn text_that_is_cut_anywhere_between_reads_is_the_same_markup() {
    let document = escaped(&paid("Янка &amp; Алесь"));
    let known = rows(paid("Янка &amp; Алесь").as_bytes());
    for shift in (0..document.len()).step_by(3) {
        let space = "x".repeat((64 << 10) - shift - 40);
        let whole = format!("<e><!--{space}--><d>{document}</d></e>");
        let mut read = rows(whole.as_bytes());
        let at = usize::try_from(read[0].byte_offset).unwrap();
        assert!(whole[at..].starts_with("&lt;TxDtls"), "{shift}");
        read[0].byte_offset = known[0].byte_offset;
        assert_eq!(read, known, "{shift}");
    }
}

#[test]
fn a_document_that_is_written_behind_other_text_is_no_document() {
    let told = told(format!("<e><d>this: {}</d></e>", escaped(&paid("Янка"))).as_bytes());
    assert!(told.contains("cannot be read"), "{told}");
}

#[test]
fn text_that_is_no_whole_document_ends_with_an_error() {
    let text = escaped(&paid("Янка"));
    for (wrong, why) in [
        (format!("<e>{}</e>", &text[..text.len() - 10]), "the tag of another"),
        (format!("<e>{}</e>", text.replace("&lt;/Ntry&gt;", "</Ntry>")), "the tag of another"),
        (format!("<e>{text}"), "inside of an element"),
        (format!("<e>{text}&lt;/e></e>"), "that is not open"),
        (format!("<e>{}</e>", text.replace("Янка", "&amp;janka;")), "entity"),
    ] {
        let told = told(wrong.as_bytes());
        assert!(told.contains("cannot be read") && told.contains(why), "{told}");
    }
}

#[test]
fn what_is_no_money_to_us_and_cannot_be_read_is_told() {
    let entry = credit("").replace("CRDT", "DBIT").replace("2026-04-01", "2026-13-01");
    check(
        &statement(&entry),
        expect![[r#"
        warning: at byte 231, which is no money to us, cannot be read: BookgDt cannot be "2026-13-01"
    "#]],
    );
}

#[test]
fn zeros_and_marks_behind_the_document_say_nothing() {
    let told = told(format!("{}\r\n\u{1a}\0\0", paid("Янка")).as_bytes());
    assert!(told.starts_with("1 @") && told.lines().count() == 1, "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn changed_bytes_make_no_panic(
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..6),
        length in any::<u16>(),
    ) {
        let text = escaped(&paid("Янка &amp; Алесь"));
        let mut bytes = format!("<e><d>{text}</d><d>{text}</d></e>").into_bytes();
        for (at, byte) in changes {
            let at = usize::from(at) % bytes.len();
            bytes[at] = if byte < 128 { b"<>&;]![/"[usize::from(byte % 8)] } else { byte };
        }
        bytes.truncate(usize::from(length).max(bytes.len() / 2));
        told(&bytes);
    }
}

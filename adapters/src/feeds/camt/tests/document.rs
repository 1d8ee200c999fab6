//! What a document may look like around its message (FEEDS.md D 13, 14).

use encoding_rs::Encoding;
use expect_test::expect;

use super::{check, credit, details, message, rows, statement, told};
use crate::feeds::{FeedError, FileFormat, Options, Reader};

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn paid() -> String {
    statement(&credit(&details("<RltdPties><Dbtr><Nm>Янка</Nm></Dbtr></RltdPties>")))
}

fn open(bytes: &[u8]) -> Result<Reader<&[u8]>, FeedError> {
    Reader::open(FileFormat::Camt, bytes, &Options::default())
}

fn kind(document: &str) -> String {
    open(document.as_bytes()).unwrap().head().kind.to_string()
}

#[test]
fn any_prefix_namespace_and_envelope_will_do() {
    let plain = paid();
    let prefixed = plain
        .replace("</", "</ns2:")
        .replace('<', "<ns2:")
        .replace("<ns2:/ns2:", "</ns2:")
        .replace("xmlns=", "xmlns:ns2=");
    let bare = plain.replace(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"", "");
    let inside =
        |before: &str, after: &str| format!("{HEADER}{before}{plain}{after}\n<!-- end -->\n");
    let header = "<AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.01\"><BizMsgIdr>1\
        </BizMsgIdr><CreDt>2026</CreDt></AppHdr>";
    let cdata =
        |document: &str| format!("<message>\n <text><![CDATA[\n{document}\n]]></text></message>");
    for document in [
        plain.clone(),
        format!("\u{feff}{HEADER}{plain}"),
        format!("\n\n  {HEADER}<!-- a --><?b c?>{plain}<?d e?> \n"),
        prefixed,
        bare.clone(),
        inside("<message>", "</message>"),
        inside(&format!("<Business>{header}"), "</Business>"),
        inside("<s:Envelope xmlns:s=\"urn:soap\"><s:Body>", "</s:Body></s:Envelope>"),
        cdata(&plain),
        cdata(&format!("{HEADER}{plain}")),
        plain.replace("><", ">\r\n  <"),
        // Nothing of it is a plain tag.
        plain.replace('>', " >"),
        plain.replace("</", "<!-- --></").replace("<Ntry>", "<Ntry ><Sts/>"),
        plain.replace("<Nm>Янка</Nm>", "<Nm><![CDATA[Янка]]></Nm>"),
        plain.replace("<Nm>Янка</Nm>", "<Nm  a='1' >\n Ян<!-- -->&#x43a;&#1072;\n</Nm >"),
        plain.replace("<Stmt>", "<Stmt><New><Ntry><Amt>1</Amt></Ntry>&amp;<Empty/></New>"),
    ] {
        let rows = rows(document.as_bytes());
        assert_eq!(rows.len(), 1, "{document}");
        assert_eq!(rows[0].payer.name.as_deref(), Some("Янка"), "{document}");
        let at = usize::try_from(rows[0].byte_offset).unwrap();
        assert!(document[at..].starts_with("<TxDtls") || document[at..].starts_with("<ns2:TxDtls"));
        assert_eq!(FileFormat::detect(document.as_bytes()), Some(FileFormat::Camt), "{document}");
    }
    assert_eq!(kind(&plain), "camt.053.001.08");
    assert_eq!(kind(&bare), "camt.053");
    assert_eq!(kind(&plain.replace("camt.053.001.08", "pain.001.001.03")), "camt.053");
    assert_eq!(kind(&plain.replace("camt.053.001.08", "camt.054.001.08")), "camt.053");
    assert_eq!(kind(&message("camt.052.001.14", "")), "camt.052.001.14");
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn a_document_that_is_not_whole_and_alone_ends_with_an_error() {
    let whole = paid();
    let cut = whole.len() - 20;
    check(
        &whole[..cut],
        expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 457 on: a tag, comment or section has no end
    "#]],
    );
    check(
        &whole[..whole.len() - "</Document>".len()],
        expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 473 on: it ends here, inside of an element
    "#]],
    );
    check(
        &format!("{whole}{whole}"),
        expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 484 on: a second document begins
    "#]],
    );
    check(
        &format!("{whole} and so on"),
        expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 484 on: text around the document
    "#]],
    );
    check(
        &whole.replace("</Stmt>", "</Stmnt>"),
        expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 450 on: an element is closed by the tag of another
    "#]],
    );
    check(
        &whole.replace("</Stmt>", "</Stmt></Stmt>"),
        expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 457 on: an element is closed by the tag of another
    "#]],
    );
    check(
        &whole.replace("Янка", "Ян & ка"),
        expect![[r#"
        refused: the document cannot be read from byte 396 on: it is not well-formed
    "#]],
    );
    check(
        &whole.replace("Янка", "&janka;"),
        expect![[r#"
        refused: the document cannot be read from byte 391 on: a reference to an entity that XML does not have
    "#]],
    );
    check(
        &whole.replace("Янка", "&#0;"),
        expect![[r#"
        refused: the document cannot be read from byte 391 on: a reference to an entity that XML does not have
    "#]],
    );
    check(
        &format!("<m><![CDATA[{whole}</m>"),
        expect![[r#"
        1 @374 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 500 on: it ends here, inside of an element
    "#]],
    );
    check(
        &format!("<m><![CDATA[{}]]></m>", &whole[..cut]),
        expect![[r#"
        1 @374 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 469 on: an element is closed by the tag of another
    "#]],
    );
    check(
        &format!("<m><![CDATA[{whole}]]> ]]></m>").replace("</Ntry>", "</Ntry>]]>"),
        expect![[r#"
        1 @374 Credited +30.00 BYN booked=2026-04-01 payer=Янка
        stopped: the document cannot be read from byte 462 on: the CDATA section ends inside of its document
    "#]],
    );
}

#[test]
fn document_types_and_depths_are_refused() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>";
    check(
        &format!("{HEADER}{bomb}{}", paid()),
        expect![[r#"
        refused: the document cannot be read from byte 39 on: a document type, which is refused
    "#]],
    );
    check(
        &format!("{HEADER}<!DOCTYPE Document SYSTEM \"file:///etc/passwd\">{}", paid()),
        expect![[r#"
        refused: the document cannot be read from byte 39 on: a document type, which is refused
    "#]],
    );
    check(
        &format!("{}{}", "<a>".repeat(100_000), paid()),
        expect![[r#"
        refused: the document cannot be read from byte 600 on: a tag is longer, or elements lie deeper, than in any message
    "#]],
    );
    let deep = format!("<Stmt>{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    check(
        &paid().replace("<Stmt>", &deep),
        expect![[r#"
        refused: the document cannot be read from byte 754 on: a tag is longer, or elements lie deeper, than in any message
    "#]],
    );
    check(
        &format!("<{}>", "a".repeat(100_000)),
        expect![[r#"
        refused: the document cannot be read from byte 0 on: a tag is longer, or elements lie deeper, than in any message
    "#]],
    );
    check(
        &format!("<a>{}</a>", "x".repeat(5_000_000)),
        expect![[r#"
        refused: the document cannot be read from byte 3 on: a tag or a text is longer than any real one
    "#]],
    );
}

#[test]
fn what_is_no_such_document_is_refused() {
    for (document, told_as) in [
        ("", "refused: the file is empty\n"),
        ("<Document/>", "refused: the file does not begin as the format camt does\n"),
        (
            "<html><body>camt.053</body></html>",
            "refused: the file does not begin as the format camt does\n",
        ),
    ] {
        assert_eq!(told(document.as_bytes()), told_as, "{document}");
    }
    check(
        ":20:1\r\n:25:1\r\n",
        expect![[r#"
        refused: the document cannot be read from byte 0 on: text around the document
    "#]],
    );
    let empty =
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">\n\n</Document>";
    check(
        empty,
        expect![[r#"
        warning: the document holds no message
    "#]],
    );
    assert_eq!(kind(empty), "camt.053.001.02");
    assert_eq!(FileFormat::detect(b"<Document xmlns='urn:pain.001'>"), None);
}

#[test]
fn the_characters_are_those_declared_unless_the_bytes_disagree() {
    let declared = |label: &str| format!("<?xml version='1.0' encoding='{label}'?>\n{}", paid());
    let name = |bytes: &[u8]| {
        let mut reader = open(bytes).unwrap();
        let row = reader.next().unwrap().unwrap().unwrap();
        let at = usize::try_from(row.byte_offset).unwrap();
        let sign = &bytes[at..at + 2];
        assert!(sign.starts_with(b"<") || sign == b"\0<", "{sign:?}");
        (row.payer.name.unwrap(), reader.charset())
    };
    let named = |charset| ("Янка".to_owned(), charset);
    for label in ["windows-1251", "cp866", "koi8-r", "iso-8859-5", "Windows-1251"] {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let bytes = encoding.encode(&declared(label)).0.into_owned();
        assert_eq!(name(&bytes).0, "Янка", "{label}");
    }
    let latin = declared("ISO-8859-15").replace("Янка", "Žoë €");
    let latin = Encoding::for_label(b"iso-8859-15").unwrap().encode(&latin).0.into_owned();
    assert_eq!(name(&latin), ("Žoë €".to_owned(), "iso-8859-15"));
    for lying in ["ISO-8859-1", "windows-1251", "UTF-16", "nonsense"] {
        assert_eq!(name(declared(lying).as_bytes()), named("utf-8"), "{lying}");
    }
    let unmarked = encoding_rs::WINDOWS_1251.encode(&declared("UTF-8")).0.into_owned();
    assert_eq!(name(&unmarked), named("windows-1251"));
    let utf16 = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let text = declared("UTF-16");
    let little: Vec<u8> = utf16(&text).iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = utf16(&text).iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (bytes, charset) in [
        ([&[0xff, 0xfe], &little[..]].concat(), "utf-16le"),
        ([&[0xfe, 0xff], &big[..]].concat(), "utf-16be"),
        (little, "utf-16le"),
        (big, "utf-16be"),
    ] {
        assert_eq!(name(&bytes), named(charset));
        assert_eq!(FileFormat::detect(&bytes), Some(FileFormat::Camt));
    }
}

#[test]
fn a_character_that_was_cut_spoils_nothing_else() {
    let mut bytes = paid().into_bytes();
    let at = bytes.windows(2).position(|pair| pair == "а".as_bytes()).unwrap();
    bytes.remove(at + 1);
    expect![[r#"
        1 @362 Credited +30.00 BYN booked=2026-04-01 payer=Янк�
        warning: some bytes are no characters of the file's character set
    "#]]
    .assert_eq(&told(&bytes));
}

#[test]
fn a_long_value_spoils_one_row_only() {
    let long = "9".repeat(70_000);
    let entries = [
        credit(""),
        credit(&details(&format!("<RmtInf><Ustrd>{long}</Ustrd></RmtInf>"))),
        credit(&details(&format!("<RmtInf>{}</RmtInf>", "<Ustrd>a</Ustrd>".repeat(501)))),
        credit(&format!("<AddtlNtryInf>{long}</AddtlNtryInf>")),
        credit("")
            .replace("CRDT", "DBIT")
            .replace("<BookgDt>", &format!("<AddtlNtryInf>{long}</AddtlNtryInf><BookgDt>")),
        credit(""),
    ];
    check(
        &statement(&entries.concat()),
        expect![[r#"
            1 @231 Credited +30.00 BYN booked=2026-04-01
            row 2 at byte 490: a value has more than 65536 bytes [too_long]
            row 3 at byte 70688: its texts are longer than any real ones [too_long]
            row 4 at byte 78756: a value has more than 65536 bytes [too_long]
            5 @219070 Credited +30.00 BYN booked=2026-04-01
            warning: at byte 148913, which is no money to us, cannot be read: a value has more than 65536 bytes
        "#]],
    );
}

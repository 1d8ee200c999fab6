//! XML says what JSON says: by our own writer, and by documents that others wrote.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, ensure};
use kvit_schemas::Code;
use kvit_schemas::contract::{Direction, messages};
use kvit_schemas::message::{Inbound, Invalid, MessageType, decode_json, decode_xml, xml_to_json};
use serde_json::Value;

use super::{example, examples, files_of, now, workspace};

fn read(kind: MessageType, xml: &[u8]) -> Result<std::result::Result<Inbound, Invalid>> {
    Ok(decode_xml(kind, (xml, None), now()?))
}

#[test]
fn examples_and_foreign_documents_say_the_same_as_json() -> Result<()> {
    for kind in messages(Direction::In) {
        let json = decode_json(kind, &example(kind)?, now()?).map_err(|it| anyhow!("{it:?}"))?;
        for xml in [ours(kind)?, foreign(kind)?] {
            let read = read(kind, &xml)?.map_err(|invalid| anyhow!("{kind}: {invalid:?}"))?;
            ensure!(read.content_hash() == json.content_hash(), "{kind}: {read:#?}\n{json:#?}");
        }
    }
    let folder = workspace().join("tests/foreign");
    let all = MessageType::ALL.iter().filter(|kind| **kind != MessageType::StatementFile);
    let wanted: BTreeSet<String> = all.map(|kind| format!("{kind}.xml")).collect();
    ensure!(files_of(&folder)? == wanted, "{} holds other files", folder.display());
    Ok(())
}

#[test]
fn foreign_documents_of_what_kvit_says_are_read_back() -> Result<()> {
    for kind in messages(Direction::Out) {
        let read = xml_to_json((kind, Direction::Out), &foreign(kind)?, None);
        let read: Value = serde_json::from_str(&read.map_err(|it| anyhow!("{kind}: {it:?}"))?)?;
        let example: Value = serde_json::from_slice(&example(kind)?)?;
        ensure!(read == example, "{kind}: {read:#}");
    }
    Ok(())
}

fn ours(kind: MessageType) -> Result<Vec<u8>> {
    let path = examples().join(format!("xml/{kind}.xml"));
    std::fs::read(&path).with_context(|| path.display().to_string())
}

fn foreign(kind: MessageType) -> Result<Vec<u8>> {
    let path = workspace().join(format!("tests/foreign/{kind}.xml"));
    std::fs::read(&path).with_context(|| path.display().to_string())
}

const CODE: &str = "000000000000000000000000000017";

fn withdrawn(inner: &str) -> String {
    format!("<application-withdrawn xmlns=\"urn:kvit:v1\">{inner}</application-withdrawn>")
}

fn good(reason: &str) -> String {
    withdrawn(&format!(
        "<order_code>{CODE}</order_code><withdrawn_at>2026-03-05T10:15:00+03:00</withdrawn_at>{reason}"
    ))
}

#[test]
fn text_is_read_as_xml_has_it() -> Result<()> {
    let cases = [
        ("<reason>a &amp; &#x41;&lt;b&gt;&quot;&apos;</reason>", "a & A<b>\"'"),
        ("<reason><![CDATA[<b> & c]]></reason>", "<b> & c"),
        ("<reason>a<!-- not -->b<?pi not?>c</reason>", "abc"),
        ("<reason> a \r\n b\rc </reason>", " a \n b\nc "),
        ("<reason>a&#13;b&#9;c</reason>", "a\rb\tc"),
    ];
    for (xml, wanted) in cases {
        let read = read(MessageType::ApplicationWithdrawn, good(xml).as_bytes())?;
        let Ok(Inbound::ApplicationWithdrawn(read)) = read else {
            return Err(anyhow!("{xml}: {read:?}"));
        };
        let reason = read.reason.context("a reason")?;
        ensure!(reason.as_str() == wanted, "{xml}: {reason:?}");
    }
    Ok(())
}

#[test]
fn hostile_and_foreign_documents_are_refused_with_an_xpath() -> Result<()> {
    let at = "/application-withdrawn";
    let deep = format!("<extensions>{}{}</extensions>", "<a>".repeat(40), "</a>".repeat(40));
    let many = "<b/>".repeat(100_001);
    let namespaces: String = (0..30).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
    let laughs = "<!DOCTYPE a [<!ENTITY l \"ha\"><!ENTITY m \"&l;&l;\">]>";
    let cases: Vec<(&str, String, String)> = vec![
        ("KV1101", String::new(), format!("{laughs}{}", good("<reason>&m;</reason>"))),
        ("KV1101", format!("{at}/reason"), good("<reason>&m;</reason>")),
        ("KV1101", String::new(), format!("{}<evil/>", good(""))),
        ("KV1101", String::new(), format!("{} x", good(""))),
        ("KV1101", String::new(), String::new()),
        ("KV1101", String::new(), "{}".to_owned()),
        ("KV1101", at.to_owned(), good("").replace("</application-withdrawn>", "")),
        ("KV1101", String::new(), good("").replace("</order_code>", "</order>")),
        ("KV1101", String::new(), format!("<?xml version=\"1.1\"?>{}", good(""))),
        (
            "KV1101",
            String::new(),
            format!("<?xml version=\"1.0\" encoding=\"utf-7\"?>{}", good("")),
        ),
        ("KV1101", String::new(), format!("\u{feff}{}", good(""))),
        ("KV1101", format!("{at}/reason"), good("<reason a='1' a='2'>x</reason>")),
        ("KV1101", format!("{at}/reason"), good("<reason>]]></reason>")),
        ("KV1102", format!("{at}/extensions{}", "/a".repeat(30)), good(&deep)),
        ("KV1102", at.to_owned(), good(&many)),
        ("KV1102", format!("{at}/reason"), good(&format!("<reason{namespaces}>x</reason>"))),
        ("KV1103", format!("{at}/reason[2]"), good("<reason>a</reason><reason>b</reason>")),
        ("KV1104", String::new(), good("<reason>a\u{1}b</reason>")),
        ("KV1104", format!("{at}/reason"), good("<reason>a&#1;b</reason>")),
        ("KV1105", format!("{at}/why"), good("<why>x</why>")),
        ("KV1105", format!("{at}/reason"), good("<reason xmlns='urn:other'>x</reason>")),
        ("KV1105", format!("{at}/reason/@lang"), good("<reason lang='be'>x</reason>")),
        ("KV1106", format!("{at}/order_code"), withdrawn("")),
        ("KV1107", at.to_owned(), good("x")),
        ("KV1107", format!("{at}/reason"), good("<reason><b/></reason>")),
        ("KV1107", format!("{at}/reason"), good("<reason/>")),
        ("KV1107", format!("{at}/extensions"), good("<extensions>{\"a\":1},\"b\":2</extensions>")),
        ("KV1107", format!("{at}/extensions"), good("<extensions>[1]</extensions>")),
        ("KV1103", format!("{at}/extensions"), good("<extensions>{\"a\":1,\"a\":2}</extensions>")),
        ("KV1108", format!("{at}/order_code"), good("").replace(CODE, "17")),
        ("KV1009", "/application-withdrawn".to_owned(), good("").replace("urn:kvit:v1", "urn:x")),
        ("KV1009", "/case-accepted".to_owned(), good("").replace(&at[1..], "case-accepted")),
    ];
    for (code, path, xml) in cases {
        let got = read(MessageType::ApplicationWithdrawn, xml.as_bytes())?;
        let shown: String = xml.chars().take(200).collect();
        let got = got.err().with_context(|| format!("taken: {shown}"))?;
        ensure!((got.code.as_str(), &got.pointer) == (code, &path), "{shown}\n{got:?}");
    }
    Ok(())
}

#[test]
fn lists_have_places() -> Result<()> {
    let attachment = "<attachments><name>a</name><media_type>text/plain</media_type><size>3</size>\
        <sha256>ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad</sha256>\
        <content>YWJj</content></attachments>";
    let body = |second: &str| {
        format!(
            "<documents-added xmlns='urn:kvit:v1'><order_code>{CODE}</order_code>\
             <added_at>2026-03-05T10:15:00+03:00</added_at>{attachment}{second}</documents-added>"
        )
    };
    let read = |xml: &str| read(MessageType::DocumentsAdded, xml.as_bytes());
    let two = read(&body(attachment))?.map_err(|it| anyhow!("{it:?}"))?;
    ensure!(two.attachments().len() == 2);
    let wrong = read(&body(&attachment.replace("<size>3", "<size>4")))?.err().context("taken")?;
    ensure!(wrong.pointer == "/documents-added/attachments[2]/size", "{wrong:?}");
    ensure!(wrong.order_code.is_some_and(|order| order.as_str() == CODE), "{wrong:?}");
    Ok(())
}

#[test]
fn encodings_are_read_strictly() -> Result<()> {
    let declared = |name: &str| format!("<?xml version='1.0' encoding='{name}'?>\n");
    let plain = good("<reason>Дакумент</reason>");
    let wanted = read(MessageType::ApplicationWithdrawn, plain.as_bytes())?;
    let wanted = wanted.map_err(|it| anyhow!("{it:?}"))?.content_hash();
    let (before, after) = plain.split_once("Дакумент").context("the word")?;
    let spelled = |name: &str, word: &[u8]| {
        [declared(name).as_bytes(), before.as_bytes(), word, after.as_bytes()].concat()
    };
    let cp1251 = b"\xC4\xE0\xEA\xF3\xEC\xE5\xED\xF2";
    for (name, word) in [
        ("UTF-8", "Дакумент".as_bytes()),
        ("windows-1251", cp1251),
        ("CP866", b"\x84\xA0\xAA\xE3\xAC\xA5\xAD\xE2"),
        ("KOI8-R", b"\xE4\xC1\xCB\xD5\xCD\xC5\xCE\xD4"),
        ("ISO-8859-5", b"\xB4\xD0\xDA\xE3\xDC\xD5\xDD\xE2"),
    ] {
        let read = read(MessageType::ApplicationWithdrawn, &spelled(name, word))?;
        let read = read.map_err(|it| anyhow!("{name}: {it:?}"))?;
        ensure!(read.content_hash() == wanted, "{name}");
    }
    for (name, word, code) in [
        ("utf-8", &cp1251[..], Code::MALFORMED),
        ("us-ascii", &cp1251[..], Code::MALFORMED),
        // The one byte without a letter stands for a control character.
        ("windows-1251", &b"\x98"[..], Code::CONTROL_CHARACTER),
    ] {
        let got = read(MessageType::ApplicationWithdrawn, &spelled(name, word))?;
        let got = got.err().context("taken")?;
        ensure!(got.code == code, "{got:?}");
    }
    Ok(())
}

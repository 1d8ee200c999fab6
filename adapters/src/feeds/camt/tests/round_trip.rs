//! Statements of chance, written by a small writer, come back as they were.

use std::fmt::Write;

use proptest::prelude::*;

use super::{message, rows};

/// A payment, and how it is written.
#[derive(Debug, Clone)]
struct Paid {
    kopecks: i64,
    reference: String,
    name: String,
    texts: Vec<String>,
    creditor: Vec<String>,
    style: u8,
}

fn text() -> impl Strategy<Value = String> {
    "[a-zа-яўі0-9&<>\"' .,/-]{0,30}[a-zа-я0-9]".prop_map(|text| text.trim().to_owned())
}

fn paid() -> impl Strategy<Value = Paid> {
    (
        1..1_000_000_000_i64,
        "[A-Z0-9]{1,12}",
        text(),
        proptest::collection::vec(text(), 0..4),
        proptest::collection::vec("[A-Z0-9]{5,30}", 0..3),
        any::<u8>(),
    )
        .prop_map(|(kopecks, reference, name, mut texts, creditor, style)| {
            // What was said before is not said again.
            let mut said: Vec<String> = Vec::new();
            texts.retain(|text| {
                let fresh = text.len() <= 15 || !said.contains(text);
                said.push(text.clone());
                fresh
            });
            Paid { kopecks, reference, name, texts, creditor, style }
        })
}

/// The text as XML spells it, in one of the ways that it has.
fn spelled(text: &str, style: u8) -> String {
    if style & 1 == 1 && !text.contains("]]>") {
        return format!("<![CDATA[{text}]]>");
    }
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if style & 2 == 2 => out.push_str("&quot;"),
            c if style & 4 == 4 && !c.is_ascii() => write!(out, "&#{};", u32::from(c)).unwrap(),
            c => out.push(c),
        }
    }
    out
}

fn written(paid: &Paid) -> String {
    let amount = format!("{}.{:02}", paid.kopecks / 100, paid.kopecks % 100);
    let line = if paid.style & 8 == 8 { "\r\n    " } else { "" };
    let mut out = format!(
        "<Ntry>{line}<Amt Ccy=\"BYN\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{line}\
         <Sts>BOOK</Sts><AcctSvcrRef>{}</AcctSvcrRef><NtryDtls><TxDtls>{line}<RltdPties><Dbtr>\
         <Nm>{}</Nm></Dbtr></RltdPties><RmtInf>",
        paid.reference,
        spelled(&paid.name, paid.style)
    );
    for text in &paid.texts {
        write!(out, "{line}<Ustrd>{line}{}{line}</Ustrd>", spelled(text, paid.style)).unwrap();
    }
    for text in &paid.creditor {
        write!(out, "<Strd><CdtrRefInf><Ref>{text}</Ref></CdtrRefInf></Strd>").unwrap();
    }
    out + "</RmtInf></TxDtls></NtryDtls></Ntry>"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn what_was_written_is_read(all in proptest::collection::vec(paid(), 0..12)) {
        let entries: String = all.iter().map(written).collect();
        let statement = format!("<Stmt><Id>1</Id>{entries}</Stmt>");
        let document = message("camt.053.001.06", &statement);
        let rows = rows(document.as_bytes());
        prop_assert_eq!(rows.len(), all.len());
        for (row, paid) in rows.iter().zip(&all) {
            prop_assert_eq!(row.amount.minor(), paid.kopecks);
            prop_assert_eq!(row.references.bank_reference.as_deref(), Some(paid.reference.as_str()));
            prop_assert_eq!(row.payer.name.as_deref(), Some(paid.name.as_str()));
            prop_assert_eq!(&row.references.creditor, &paid.creditor);
            let purpose = Some(paid.texts.join("\n")).filter(|text| !text.is_empty());
            prop_assert_eq!(row.purpose.as_ref(), purpose.as_ref());
        }
    }
}

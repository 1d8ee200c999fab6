//! Names of payments, payers and texts (FEEDS.md D 5, 8, 9, 10), and their identities.

use expect_test::expect;

use super::{check, credit, details, message, rows, statement};
use crate::feeds::{FoundIn, Identity};

const CODE: &str = "000000000000000000000000000042";

#[test]
fn everything_of_a_transaction_has_its_place() {
    let inside = details(
        "<Refs><AcctSvcrRef>T1</AcctSvcrRef><InstrId>I1</InstrId><EndToEndId>E1</EndToEndId>\
         <TxId>X1</TxId></Refs><Amt Ccy=\"BYN\">30.00</Amt><RltdPties>\
         <Dbtr><Pty><Nm>Янка</Nm><Id><PrvtId><Othr><Id>MA1953684</Id><SchmeNm><Cd>TXID</Cd>\
         </SchmeNm></Othr></PrvtId></Id></Pty></Dbtr><DbtrAcct><Id><IBAN>BY01</IBAN></Id></DbtrAcct>\
         <UltmtDbtr><Pty><Nm>Максім</Nm></Pty></UltmtDbtr>\
         <CdtrAcct><Id><Othr><Id>QR1</Id></Othr></Id></CdtrAcct></RltdPties><RmtInf>\
         <Ustrd>першы</Ustrd><Ustrd>другі</Ustrd><Strd><RfrdDocInf><Nb>D1</Nb></RfrdDocInf>\
         <CdtrRefInf><Tp><CdOrPrtry><Prtry>QRR</Prtry></CdOrPrtry></Tp><Ref>R1</Ref></CdtrRefInf>\
         <AddtlRmtInf>?REJECT?0</AddtlRmtInf></Strd><Strd><CdtrRefInf><Ref>R2</Ref></CdtrRefInf>\
         </Strd></RmtInf><RltdDts><AccptncDtTm>2026-04-01T08:30:00</AccptncDtTm></RltdDts>\
         <AddtlTxInf>трэці</AddtlTxInf>",
    );
    let entry = credit(&format!(
        "<AcctSvcrRef>N1</AcctSvcrRef>{inside}<AddtlNtryInf>чацвёрты</AddtlNtryInf>"
    ));
    check(
        &statement(&entry),
        expect![[r#"
            1 @391 Credited +30.00 BYN booked=2026-04-01 paid=2026-04-01T08:30:00+03:00 payer=Янка number=MA1953684 from=BY01 to=QR1 bank=T1 document=N1 transaction=X1 end=E1 creditor=R1 | R2 purpose="першы\nдругі\nD1\n?REJECT?0\nтрэці\nчацвёрты"
        "#]],
    );
}

#[test]
fn the_first_version_has_other_names() {
    let entry = credit(
        "<TxDtls><RltdPties><Dbtr><Nm>Янка</Nm></Dbtr><DbtrAcct><Id><BBAN>30120</BBAN></Id>\
         </DbtrAcct></RltdPties><RmtInf><Strd><RfrdDocInf><RfrdDocNb>D1</RfrdDocNb></RfrdDocInf>\
         <CdtrRefInf><CdtrRef>R1</CdtrRef></CdtrRefInf></Strd></RmtInf></TxDtls>",
    );
    let document = statement(&entry)
        .replace("BkToCstmrStmt>", "BkToCstmrStmtV01>")
        .replace("<IBAN>BY00TEST</IBAN>", "<PrtryAcct><Id>30120</Id></PrtryAcct>");
    check(
        &document,
        expect![[r#"
        1 @371 Credited +30.00 BYN booked=2026-04-01 payer=Янка from=30120 creditor=R1 purpose="D1"
    "#]],
    );
}

#[test]
fn an_entry_may_have_all_its_text_in_itself() {
    let entry = credit(
        "<AcctSvcrRef>210564431020000000024556150000</AcctSvcrRef>\
        <AddtlNtryInf>Куплена\r\n     01.04.2026/10:00\tкартка\u{1}</AddtlNtryInf>",
    );
    check(
        &statement(&entry),
        expect![[r#"
        1 @231 Credited +30.00 BYN booked=2026-04-01 bank=210564431020000000024556150000 purpose="Куплена\n01.04.2026/10:00 картка�"
    "#]],
    );
    // The bank's reference of thirty digits is no order code.
    assert!(rows(statement(&entry).as_bytes())[0].order_codes().is_empty());
}

#[test]
fn the_text_of_a_lump_is_not_that_of_its_payments() {
    let entry = credit(&format!(
        "<NtryRef>77</NtryRef><AcctSvcrRef>LUMP</AcctSvcrRef><NtryDtls>\
         <TxDtls><Amt Ccy=\"BYN\">10.00</Amt></TxDtls><TxDtls><Refs><AcctSvcrRef>T2</AcctSvcrRef>\
         </Refs><Amt Ccy=\"BYN\">20.00</Amt></TxDtls></NtryDtls><AddtlNtryInf>{CODE}</AddtlNtryInf>"
    ));
    check(
        &statement(&entry),
        expect![[r#"
        1 @414 Credited +10.00 BYN booked=2026-04-01 document=LUMP
        2 @457 Credited +20.00 BYN booked=2026-04-01 bank=T2 document=LUMP
    "#]],
    );
}

#[test]
fn what_was_not_given_is_no_reference() {
    let entry = credit(&details(
        "<Refs><AcctSvcrRef>NONREF</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId>\
         <TxId> </TxId></Refs><RmtInf><Strd><CdtrRefInf><Ref>notprovided</Ref></CdtrRefInf></Strd>\
         <Strd><CdtrRefInf><Ref/></CdtrRefInf></Strd><Ustrd></Ustrd></RmtInf>",
    ));
    let row = &rows(statement(&entry).as_bytes())[0];
    assert_eq!(row.references, crate::feeds::References::default());
    assert_eq!((row.purpose.as_deref(), row.identity), (None, Identity::Content));
}

#[test]
fn order_codes_are_found_where_banks_leave_them() {
    let found = |inside: &str| {
        let row = rows(statement(&credit(&details(inside))).as_bytes()).remove(0);
        let codes = row.order_codes();
        assert!(codes.iter().all(|found| found.code.to_string() == CODE), "{codes:?}");
        codes.iter().map(|found| found.found_in).collect::<Vec<_>>()
    };
    let structured = |text: &str| {
        format!("<RmtInf><Strd><CdtrRefInf><Ref>{text}</Ref></CdtrRefInf></Strd></RmtInf>")
    };
    let free = |text: &str| format!("<RmtInf><Ustrd>{text}</Ustrd></RmtInf>");
    let grouped = format!("{} {} {}", &CODE[..10], &CODE[10..20], &CODE[20..]);
    assert_eq!(found(&structured(CODE)), [FoundIn::CreditorReference]);
    assert_eq!(found(&structured(&grouped)), [FoundIn::CreditorReference]);
    assert_eq!(found(&structured(&format!("N {CODE}"))), [FoundIn::CreditorReferenceText]);
    assert_eq!(found(&free(&format!("order {CODE}, fee"))), [FoundIn::Purpose]);
    assert_eq!(found(&free(&grouped)), [FoundIn::Purpose]);
    let halves = format!("order {}</Ustrd><Ustrd>{} fee", &CODE[..17], &CODE[17..]);
    assert_eq!(found(&free(&halves)), [FoundIn::Purpose]);
    let indented = format!("order {}\n        {} fee", &CODE[..17], &CODE[17..]);
    assert_eq!(found(&free(&indented)), [FoundIn::Purpose]);
    let split =
        format!("order {}<!-- - -->{}<![CDATA[{}]]> fee", &CODE[..5], &CODE[5..9], &CODE[9..]);
    assert_eq!(found(&free(&split)), [FoundIn::Purpose]);
    let references = CODE.replace("42", "&#52;&#x32;");
    assert_eq!(found(&free(&references)), [FoundIn::Purpose]);
    // The bank says the payer's text again in a field of its own.
    let twice = format!("{}<AddtlTxInf>{grouped}</AddtlTxInf>", free(&grouped));
    assert_eq!(found(&twice), [FoundIn::Purpose]);
    assert_eq!(
        found(&format!("<Refs><EndToEndId>{CODE}</EndToEndId></Refs>")),
        [FoundIn::EndToEnd]
    );
    for nowhere in [
        format!("<Refs><AcctSvcrRef>{CODE}</AcctSvcrRef><TxId>{CODE}</TxId></Refs>"),
        format!(
            "<RltdPties><DbtrAcct><Id><Othr><Id>{CODE}</Id></Othr></Id></DbtrAcct></RltdPties>"
        ),
        free(&format!("{CODE}00")),
        free("000000000000000000000000000000000"),
    ] {
        assert_eq!(found(&nowhere), [], "{nowhere}");
    }
}

#[test]
fn notification_and_statement_name_a_payment_alike() {
    let inside = credit(&details("<Refs><AcctSvcrRef>T1</AcctSvcrRef></Refs>"));
    let whole = credit("<AcctSvcrRef>T1</AcctSvcrRef>");
    let account = "<Acct><Id><IBAN>BY00TEST</IBAN></Id></Acct>";
    let notified =
        message("camt.054.001.04", &format!("<Ntfctn><Id>9</Id>{account}{inside}</Ntfctn>"));
    let stated = message("camt.053.001.08", &format!("<Stmt><Id>1</Id>{account}{whole}</Stmt>"));
    let (notified, stated) =
        (rows(notified.as_bytes()).remove(0), rows(stated.as_bytes()).remove(0));
    assert_eq!(notified.payment_id, stated.payment_id);
    assert_eq!(notified.payment_id.to_string(), "BY00TEST/T1/30.00");
    assert_eq!(notified.references.bank_reference, stated.references.bank_reference);
}

#[test]
fn a_batch_of_one_is_named_as_its_entry_too() {
    let transaction = |reference: &str| {
        details(&format!(
            "<Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs><Amt Ccy=\"BYN\">30.00</Amt>"
        ))
    };
    let read = |inside: &str| {
        let entry = credit(&format!("<AcctSvcrRef>E1</AcctSvcrRef>{inside}"));
        rows(statement(&entry).as_bytes()).remove(0)
    };
    let notified = read(&transaction("T1"));
    assert_eq!(notified.payment_id.to_string(), "BY00TEST/T1/30.00");
    let references = &notified.references;
    assert_eq!(references.bank_reference.as_deref(), Some("T1"));
    assert_eq!(references.bank_document.as_deref(), Some("E1"));
    assert_eq!(notified.lump, None);
    // The statement has no details, or says its own reference again.
    for stated in [read(""), read(&transaction("E1"))] {
        assert_eq!(references.bank_entry.as_ref(), Some(&stated.payment_id));
        assert_eq!(stated.references.bank_entry, None);
    }
    // Of several transactions none is the entry.
    let two = transaction("T1").replace(">30.00<", ">10.00<");
    let two = read(&format!("{two}{}", two.replace(">10.00<", ">20.00<")));
    assert_eq!(two.references.bank_entry, None);
}

#[test]
fn equal_payments_are_several() {
    let nameless = credit("");
    let lump = credit(
        "<AcctSvcrRef>L</AcctSvcrRef><NtryDtls><TxDtls><Amt Ccy=\"BYN\">15.00</Amt></TxDtls>\
         <TxDtls><Amt Ccy=\"BYN\">15.00</Amt></TxDtls></NtryDtls>",
    );
    let document = statement(&[nameless.as_str(), &nameless, &lump].concat());
    let ids: Vec<String> =
        rows(document.as_bytes()).iter().map(|row| row.payment_id.to_string()).collect();
    assert_eq!(ids[1], format!("{}#2", ids[0]));
    assert_eq!(ids[2..], ["BY00TEST/L/15.00", "BY00TEST/L/15.00#2"]);
    // The number that an entry has in its statement is no name: banks write the account there.
    let numbered = document.replace("<BookgDt>", "<NtryRef>7</NtryRef><BookgDt>");
    let again = rows(numbered.as_bytes());
    assert_eq!(again[0].payment_id.to_string(), ids[0]);
}

//! Statements and what they say of themselves (FEEDS.md D 3, 11).

use std::fmt::Write;

use expect_test::expect;

use super::{check, credit, message, statement, told};
use crate::feeds::{FileFormat, Options, Reader};

fn balance(code: &str, amount: &str, indicator: &str) -> String {
    let amount = if amount.starts_with('<') {
        amount.to_owned()
    } else {
        format!("<Amt Ccy=\"BYN\">{amount}</Amt>")
    };
    let indicator = match indicator {
        "" => String::new(),
        indicator => format!("<CdtDbtInd>{indicator}</CdtDbtInd>"),
    };
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount}{indicator}\
         <Dt><Dt>2026-04-01</Dt></Dt></Bal>"
    )
}

#[test]
fn balances_are_compared_with_what_was_booked() {
    let pending = credit("").replace("BOOK", "PDNG");
    let mut out = String::new();
    for balances in [
        [balance("OPBD", "10", "CRDT"), balance("CLBD", "40.00", "CRDT")],
        [balance("PRCD", "10.00", ""), balance("CLBD", "40.00", "")],
        [balance("OPBD", "20.00", "DBIT"), balance("CLBD", "10.00", "CRDT")],
        [balance("OPBD", "-20.00", "CRDT"), balance("CLBD", "10.00", "CRDT")],
        [balance("OPBD", "10.00", "CRDT"), balance("CLBD", "30.00", "CRDT")],
        [balance("OPBD", "10.00", "CRDT"), balance("CLBD", "<Amt Ccy=\"USD\">40.00</Amt>", "CRDT")],
        [balance("OPBD", "10.00", "CRDT"), balance("CLBD", "<Amt Ccy=\"XXX\">40.00</Amt>", "CRDT")],
        [balance("OPBD", "10.00", "CRDT"), balance("CLBD", "many", "CRDT")],
        [balance("ITBD", "10.00", "CRDT"), balance("CLBD", "77.00", "CRDT")],
        [balance("OPBD", "10.00", "CRDT"), balance("CLAV", "77.00", "CRDT")],
    ] {
        let [first, second] = &balances;
        let document = statement(&[first.as_str(), second, &credit(""), &pending].concat());
        let told = told(document.as_bytes());
        let told: Vec<&str> = told.lines().filter(|line| line.starts_with("disagrees")).collect();
        writeln!(out, "{}", if told.is_empty() { "agrees" } else { told[0] }).unwrap();
    }
    expect![[r#"
        agrees
        agrees
        agrees
        agrees
        disagrees: from 10.00 BYN the rows lead to 40.00 BYN, not to 30.00 BYN
        agrees
        agrees
        disagrees: CLBD cannot be read
        agrees
        agrees
    "#]]
    .assert_eq(&out);
    // Of several the first opening and the last closing count.
    let several: String = ["OPBD", "OPBD", "CLBD", "CLBD"]
        .into_iter()
        .zip(["10.00", "99.00", "98.00", "40.00"])
        .map(|(code, amount)| balance(code, amount, "CRDT"))
        .collect();
    assert!(!told(statement(&[several, credit("")].concat()).as_bytes()).contains("disagrees"));
}

#[test]
fn sums_are_compared_entry_by_entry() {
    let summary = |all: &str, credits: (&str, &str), debits: (&str, &str)| {
        let sums = format!(
            "<TxsSummry><TtlNtries>{all}</TtlNtries><TtlCdtNtries><NbOfNtries>{}</NbOfNtries>\
             <Sum>{}</Sum></TtlCdtNtries><TtlDbtNtries><NbOfNtries>{}</NbOfNtries><Sum>{}</Sum>\
             </TtlDbtNtries></TxsSummry>",
            credits.0, credits.1, debits.0, debits.1
        );
        let debit = credit("").replace("CRDT", "DBIT");
        told(statement(&[sums, credit(""), debit].concat()).as_bytes())
    };
    let mut out = String::new();
    for told in [
        summary("<NbOfNtries>2</NbOfNtries>", ("1", "30"), ("1", "30.0000")),
        summary("", ("1", "30.00"), ("1", "-30.00")),
        summary("<NbOfNtries>3</NbOfNtries>", ("1", "60.00"), ("1", "1")),
        summary("", ("2", "x"), ("1", "")),
        summary("<NbOfNtries>two</NbOfNtries>", ("1", "30.00"), ("1", "30.00")),
    ] {
        let told: Vec<&str> = told.lines().filter(|line| line.starts_with("disagrees")).collect();
        writeln!(out, "{told:?}").unwrap();
    }
    expect![[r#"
        []
        []
        ["disagrees: 3 records are declared, 2 were read", "disagrees: credits of 60.00 BYN are declared, 30.00 BYN were read", "disagrees: debits of 1.00 BYN are declared, 30.00 BYN were read"]
        ["disagrees: TtlCdtNtries cannot be read", "disagrees: 3 records are declared, 2 were read"]
        ["disagrees: TtlNtries cannot be read"]
    "#]].assert_eq(&out);
}

#[test]
fn each_statement_is_compared_for_itself() {
    let one = |id: &str, account: &str, page: &str, closing: &str| {
        format!(
            "<Stmt><Id>{id}</Id>{page}<Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{}{}{}\
             </Stmt>",
            balance("OPBD", "0.00", "CRDT"),
            balance("CLBD", closing, "CRDT"),
            credit(""),
        )
    };
    let page = "<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>";
    let statements =
        [one("A", "1", "", "30.00"), one("A", "2", "", "31.00"), one("A", "1", page, "30.00")];
    let document = message("camt.053.001.04", &statements.concat());
    check(
        &document,
        expect![[r#"
        1 @491 Credited +30.00 BYN booked=2026-04-01
        2 @960 Credited +30.00 BYN booked=2026-04-01
        3 @1493 Credited +30.00 BYN booked=2026-04-01
        disagrees: statement 2: from 0.00 BYN the rows lead to 30.00 BYN, not to 31.00 BYN
    "#]],
    );
    let mut reader =
        Reader::open(FileFormat::Camt, document.as_bytes(), &Options::default()).unwrap();
    let accounts: Vec<_> =
        reader.by_ref().map(|row| row.unwrap().unwrap().account.unwrap()).collect();
    assert_eq!(accounts, ["1", "2", "1"]);
    assert_eq!(reader.statements(), 3);
    let identities: Vec<String> =
        reader.head().statement_identities.iter().map(ToString::to_string).collect();
    assert_eq!(identities, ["camt.053/1/A/1", "camt.053/2/A/1", "camt.053/1/A/2"]);
    assert_eq!(reader.head().account.as_deref(), Some("1"));
    assert_eq!(reader.head().declared, crate::feeds::Declared::default());
}

#[test]
fn entries_without_a_day_have_the_statement_s() {
    let undated = credit("").replace("<BookgDt><Dt>2026-04-01</Dt></BookgDt>", "");
    let closing = balance("CLBD", "30.00", "CRDT").replace("04-01", "03-31");
    check(
        &statement(&[closing, undated.clone()].concat()),
        expect![[r#"
        1 @368 Credited +30.00 BYN booked=2026-03-31
    "#]],
    );
    check(
        &statement(&undated),
        expect![[r#"
        1 @231 Credited +30.00 BYN booked=2026-04-02
    "#]],
    );
}

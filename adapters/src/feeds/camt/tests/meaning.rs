//! Which way money went, and whether it is on the account (FEEDS.md D 1, 2, 6).

use std::fmt::Write;

use expect_test::expect;

use super::{check, credit, details, message, rows, statement};
use crate::feeds::{FileFormat, Options, Reader, RowFault, RowState};

fn entry(version: &str, indicator: &str, rest: &str) -> String {
    let name = match &version[..8] {
        "camt.052" => "Rpt",
        "camt.053" => "Stmt",
        _ => "Ntfctn",
    };
    message(
        version,
        &format!(
            "<{name}><Id>1</Id><Ntry><Amt Ccy=\"BYN\">5</Amt><CdtDbtInd>{indicator}</CdtDbtInd>\
             {rest}</Ntry></{name}>"
        ),
    )
}

#[test]
fn only_what_is_booked_is_credited() {
    let mut out = String::new();
    for version in ["camt.052.001.02", "camt.053.001.02", "camt.054.001.10"] {
        for status in [
            "<Sts>BOOK</Sts>",
            "<Sts><Cd>BOOK</Cd></Sts>",
            "<Sts> <Prtry>book</Prtry> </Sts>",
            "<Sts>PDNG</Sts>",
            "<Sts><Cd>PDNG</Cd></Sts>",
            "<Sts>INFO</Sts>",
            "<Sts><Cd>FUTR</Cd></Sts>",
            "<Sts><Prtry>VERBUCHT</Prtry></Sts>",
            "<Sts><Cd>RJCT</Cd></Sts>",
            "<Sts>CANC</Sts>",
            "<Sts><Prtry>FAIL</Prtry></Sts>",
            "<Sts/>",
            "",
        ] {
            let document = entry(version, "CRDT", status);
            let state = rows(document.as_bytes())[0].state;
            writeln!(out, "{} {status:<40} {state:?}", &version[..8]).unwrap();
        }
    }
    expect![[r#"
        camt.052 <Sts>BOOK</Sts>                          Credited
        camt.052 <Sts><Cd>BOOK</Cd></Sts>                 Credited
        camt.052 <Sts> <Prtry>book</Prtry> </Sts>         Credited
        camt.052 <Sts>PDNG</Sts>                          Accepted
        camt.052 <Sts><Cd>PDNG</Cd></Sts>                 Accepted
        camt.052 <Sts>INFO</Sts>                          Information
        camt.052 <Sts><Cd>FUTR</Cd></Sts>                 Information
        camt.052 <Sts><Prtry>VERBUCHT</Prtry></Sts>       Accepted
        camt.052 <Sts><Cd>RJCT</Cd></Sts>                 Information
        camt.052 <Sts>CANC</Sts>                          Information
        camt.052 <Sts><Prtry>FAIL</Prtry></Sts>           Information
        camt.052 <Sts/>                                   Accepted
        camt.052                                          Accepted
        camt.053 <Sts>BOOK</Sts>                          Credited
        camt.053 <Sts><Cd>BOOK</Cd></Sts>                 Credited
        camt.053 <Sts> <Prtry>book</Prtry> </Sts>         Credited
        camt.053 <Sts>PDNG</Sts>                          Accepted
        camt.053 <Sts><Cd>PDNG</Cd></Sts>                 Accepted
        camt.053 <Sts>INFO</Sts>                          Information
        camt.053 <Sts><Cd>FUTR</Cd></Sts>                 Information
        camt.053 <Sts><Prtry>VERBUCHT</Prtry></Sts>       Accepted
        camt.053 <Sts><Cd>RJCT</Cd></Sts>                 Information
        camt.053 <Sts>CANC</Sts>                          Information
        camt.053 <Sts><Prtry>FAIL</Prtry></Sts>           Information
        camt.053 <Sts/>                                   Credited
        camt.053                                          Credited
        camt.054 <Sts>BOOK</Sts>                          Credited
        camt.054 <Sts><Cd>BOOK</Cd></Sts>                 Credited
        camt.054 <Sts> <Prtry>book</Prtry> </Sts>         Credited
        camt.054 <Sts>PDNG</Sts>                          Accepted
        camt.054 <Sts><Cd>PDNG</Cd></Sts>                 Accepted
        camt.054 <Sts>INFO</Sts>                          Information
        camt.054 <Sts><Cd>FUTR</Cd></Sts>                 Information
        camt.054 <Sts><Prtry>VERBUCHT</Prtry></Sts>       Accepted
        camt.054 <Sts><Cd>RJCT</Cd></Sts>                 Information
        camt.054 <Sts>CANC</Sts>                          Information
        camt.054 <Sts><Prtry>FAIL</Prtry></Sts>           Information
        camt.054 <Sts/>                                   Accepted
        camt.054                                          Accepted
    "#]]
    .assert_eq(&out);
}

#[test]
fn what_is_taken_back_is_no_new_payment() {
    let mut out = String::new();
    for indicator in ["CRDT", "DBIT"] {
        for reversal in
            ["", "<RvslInd>false</RvslInd>", "<RvslInd>true</RvslInd>", "<RvslInd>1</RvslInd>"]
        {
            for status in ["BOOK", "PDNG"] {
                let rest = format!("{reversal}<Sts>{status}</Sts>");
                let document = entry("camt.053.001.02", indicator, &rest);
                let state = rows(document.as_bytes())[0].state;
                writeln!(out, "{indicator} {status} {reversal:<24} {state:?}").unwrap();
            }
        }
    }
    expect![[r#"
        CRDT BOOK                          Credited
        CRDT PDNG                          Accepted
        CRDT BOOK <RvslInd>false</RvslInd> Credited
        CRDT PDNG <RvslInd>false</RvslInd> Accepted
        CRDT BOOK <RvslInd>true</RvslInd>  Information
        CRDT PDNG <RvslInd>true</RvslInd>  Information
        CRDT BOOK <RvslInd>1</RvslInd>     Information
        CRDT PDNG <RvslInd>1</RvslInd>     Information
        DBIT BOOK                          Information
        DBIT PDNG                          Information
        DBIT BOOK <RvslInd>false</RvslInd> Information
        DBIT PDNG <RvslInd>false</RvslInd> Information
        DBIT BOOK <RvslInd>true</RvslInd>  Reversed
        DBIT PDNG <RvslInd>true</RvslInd>  Information
        DBIT BOOK <RvslInd>1</RvslInd>     Reversed
        DBIT PDNG <RvslInd>1</RvslInd>     Information
    "#]]
    .assert_eq(&out);
    // A returned transfer of ours comes back as a credit.
    let returned = details("<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>");
    check(
        &statement(&credit(&returned)),
        expect![[r#"
        1 @362 Information +30.00 BYN booked=2026-04-01
    "#]],
    );
}

#[test]
fn each_transaction_has_a_direction_of_its_own() {
    let entry = "<Ntry><Amt Ccy=\"BYN\">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>\
        <BookgDt><Dt>2026-04-01</Dt></BookgDt><NtryDtls>\
        <TxDtls><Amt Ccy=\"BYN\">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>\
        <TxDtls><Amt Ccy=\"BYN\">3.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls></NtryDtls>\
        <NtryDtls><TxDtls><Amt Ccy=\"BYN\">0.00</Amt></TxDtls></NtryDtls></Ntry>";
    check(
        &statement(entry),
        expect![[r#"
        1 @352 Information -10.00 BYN booked=2026-04-01
        2 @422 Credited +3.00 BYN booked=2026-04-01
        3 @512 Information -0.00 BYN booked=2026-04-01
    "#]],
    );
}

/// An entry over the net of transactions of 1.00.
fn netted(indicator: &str, rest: &str, transactions: &[(&str, usize)]) -> String {
    let mut inside = String::new();
    let net = match transactions {
        [one] => one.1,
        several => several[0].1.abs_diff(several[1].1),
    };
    for (direction, times) in transactions {
        let one = format!(
            "<TxDtls><Amt Ccy=\"BYN\">1.00</Amt><CdtDbtInd>{direction}</CdtDbtInd></TxDtls>"
        );
        inside += &one.repeat(*times);
    }
    format!(
        "<Ntry><Amt Ccy=\"BYN\">{net}</Amt><CdtDbtInd>{indicator}</CdtDbtInd>{rest}<Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-04-01</Dt></BookgDt><NtryDtls>{inside}</NtryDtls></Ntry>"
    )
}

#[test]
fn an_entry_is_not_the_net_of_transactions_of_the_other_direction() {
    let reversal = "<RvslInd>true</RvslInd>";
    let mut out = String::new();
    for (indicator, rest, transactions) in [
        ("DBIT", "", &[("CRDT", 1)][..]),
        ("DBIT", "", &[("CRDT", 3)]),
        ("DBIT", "", &[("CRDT", 40)]),
        ("DBIT", "", &[("CRDT", 40), ("DBIT", 43)]),
        ("DBIT", "", &[("DBIT", 43), ("CRDT", 40)]),
        ("CRDT", "", &[("DBIT", 1)]),
        ("CRDT", "", &[("DBIT", 3)]),
        ("CRDT", "", &[("DBIT", 40), ("CRDT", 43)]),
        ("DBIT", reversal, &[("CRDT", 1)]),
        ("CRDT", reversal, &[("DBIT", 1)]),
    ] {
        let document = statement(&netted(indicator, rest, transactions));
        let mut counts = std::collections::BTreeMap::new();
        for row in rows(document.as_bytes()) {
            *counts.entry(format!("{:?}", row.state)).or_insert(0) += 1;
        }
        let told = super::told(document.as_bytes());
        let odd = told.lines().filter(|line| line.starts_with("warning"));
        let odd: Vec<&str> = odd.map(|line| &line["warning: ".len()..]).collect();
        writeln!(out, "{indicator}{rest} of {transactions:?}: {counts:?} {odd:?}").unwrap();
    }
    expect![[r#"
        DBIT of [("CRDT", 1)]: {"Information": 1} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
        DBIT of [("CRDT", 3)]: {"Information": 3} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
        DBIT of [("CRDT", 40)]: {"Information": 40} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
        DBIT of [("CRDT", 40), ("DBIT", 43)]: {"Credited": 40, "Information": 43} []
        DBIT of [("DBIT", 43), ("CRDT", 40)]: {"Credited": 40, "Information": 43} []
        CRDT of [("DBIT", 1)]: {"Credited": 1} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
        CRDT of [("DBIT", 3)]: {"Credited": 3} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
        CRDT of [("DBIT", 40), ("CRDT", 43)]: {"Credited": 43, "Information": 40} []
        DBIT<RvslInd>true</RvslInd> of [("CRDT", 1)]: {"Reversed": 1} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
        CRDT<RvslInd>true</RvslInd> of [("DBIT", 1)]: {"Information": 1} ["the entry at byte 231 has transactions of the other direction alone: its own is taken"]
    "#]]
    .assert_eq(&out);
}

#[test]
fn too_many_transactions_against_their_entry_are_no_money_and_are_told() {
    let document = statement(&netted("DBIT", "", &[("CRDT", 40_000), ("DBIT", 2)]));
    let reader = Reader::open(FileFormat::Camt, document.as_bytes(), &Options::default()).unwrap();
    let (mut refused, mut information) = (0, 0);
    for read in reader {
        match read.unwrap() {
            Ok(row) => {
                assert_eq!(row.state, RowState::Information);
                information += 1;
            }
            Err(error) => {
                assert_eq!(error.reason, RowFault::Direction);
                refused += 1;
            }
        }
    }
    assert_eq!((refused, information), (40_000, 2));
}

#[test]
fn an_entry_without_direction_or_amount_is_lost_alone() {
    let bad = [
        "<Ntry><Amt Ccy=\"BYN\">7.00</Amt><Sts>BOOK</Sts></Ntry>",
        "<Ntry><Amt Ccy=\"BYN\">7.00</Amt><CdtDbtInd>KREDIT</CdtDbtInd></Ntry>",
        "<Ntry><Amt Ccy=\"BYN\">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><CdtDbtInd>DBIT</CdtDbtInd></Ntry>",
        "<Ntry><CdtDbtInd>CRDT</CdtDbtInd></Ntry>",
        "<Ntry><Amt Ccy=\"BYN\">7.00</Amt><Amt Ccy=\"BYN\">8.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>",
        "<Ntry><Amt Ccy=\"BYN\"></Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>",
    ];
    check(
        &statement(&[&bad.concat(), &*credit("")].concat()),
        expect![[r#"
        row 1 at byte 231: an entry without CdtDbtInd [missing]
        row 2 at byte 284: CdtDbtInd cannot be "xxxxxx" [direction]
        row 3 at byte 351: CdtDbtInd is there twice, with different values [repeated]
        row 4 at byte 443: an entry without Amt [missing]
        row 5 at byte 483: Amt is there twice, with different values [repeated]
        row 6 at byte 573: Amt cannot be "" [amount]
        7 @634 Credited +30.00 BYN booked=2026-04-01
    "#]],
    );
}

#[test]
fn days_are_those_of_the_bank() {
    let day = |inside: &str| {
        let entry = format!(
            "<Ntry><Amt Ccy=\"BYN\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>{inside}</Ntry>"
        );
        super::told(statement(&entry).as_bytes())
    };
    let mut out = String::new();
    for inside in [
        "<BookgDt><Dt>2026-04-01</Dt></BookgDt><ValDt><Dt>2026-04-03</Dt></ValDt>",
        "<ValDt><Dt>2026-04-03</Dt></ValDt>",
        "<BookgDt>\n  <DtTm>2026-04-01T23:59:59.123456789-11:00</DtTm>\n</BookgDt>",
        "<BookgDt><Dt><DtTm>2026-04-01T11:17:11:735</DtTm></Dt></BookgDt>",
        "<BookgDt><Dt>2026-04-01+02:00</Dt></BookgDt>",
        "<BookgDt>2026-04-01Z</BookgDt>",
        "",
        "<BookgDt><Dt>2026-02-30</Dt></BookgDt><ValDt><Dt>2026-04-03</Dt></ValDt>",
        "<BookgDt><Dt>01.04.2026</Dt></BookgDt>",
        "<BookgDt><Dt>2026-04-01x</Dt></BookgDt>",
        "<BookgDt><Dt>20260401</Dt></BookgDt>",
    ] {
        let told = day(inside);
        let told = told.split_once(' ').map_or("", |(_, rest)| rest).trim();
        writeln!(out, "{:?}\n    {told}", inside).unwrap();
    }
    expect![[r#"
        "<BookgDt><Dt>2026-04-01</Dt></BookgDt><ValDt><Dt>2026-04-03</Dt></ValDt>"
            @231 Credited +1.00 BYN booked=2026-04-01
        "<ValDt><Dt>2026-04-03</Dt></ValDt>"
            @231 Credited +1.00 BYN booked=2026-04-03
        "<BookgDt>\n  <DtTm>2026-04-01T23:59:59.123456789-11:00</DtTm>\n</BookgDt>"
            @231 Credited +1.00 BYN booked=2026-04-01
        "<BookgDt><Dt><DtTm>2026-04-01T11:17:11:735</DtTm></Dt></BookgDt>"
            @231 Credited +1.00 BYN booked=2026-04-01
        "<BookgDt><Dt>2026-04-01+02:00</Dt></BookgDt>"
            @231 Credited +1.00 BYN booked=2026-04-01
        "<BookgDt>2026-04-01Z</BookgDt>"
            @231 Credited +1.00 BYN booked=2026-04-01
        ""
            @231 Credited +1.00 BYN booked=2026-04-02
        "<BookgDt><Dt>2026-02-30</Dt></BookgDt><ValDt><Dt>2026-04-03</Dt></ValDt>"
            1 at byte 231: BookgDt cannot be "2026-02-30" [date]
        "<BookgDt><Dt>01.04.2026</Dt></BookgDt>"
            1 at byte 231: BookgDt cannot be "01.04.2026" [date]
        "<BookgDt><Dt>2026-04-01x</Dt></BookgDt>"
            1 at byte 231: BookgDt cannot be "2026-04-01x" [date]
        "<BookgDt><Dt>20260401</Dt></BookgDt>"
            1 at byte 231: BookgDt cannot be "20260401" [date]
    "#]]
    .assert_eq(&out);
}

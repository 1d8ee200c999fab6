//! What was paid (FEEDS.md D 6, 7, 12).

use std::fmt::Write;

use expect_test::expect;

use super::{check, credit, details, rows, statement};
use crate::feeds::{FileFormat, Options, Reader};

#[test]
fn the_transaction_says_what_was_paid_else_the_entry() {
    let amounts = [
        "",
        "<Amt Ccy=\"BYN\">30</Amt>",
        "<Amt Ccy=\"BYN\">29.50</Amt>",
        "<AmtDtls><TxAmt><Amt Ccy=\"BYN\">30.00</Amt></TxAmt></AmtDtls>",
        "<AmtDtls><InstdAmt><Amt Ccy=\"USD\">9.00</Amt></InstdAmt></AmtDtls>",
        "<Amt Ccy=\"USD\">9.00</Amt>",
        "<Amt Ccy=\"BYN\">0</Amt>",
        "<AmtDtls><InstdAmt><Amt Ccy=\"DEM\">9.00</Amt></InstdAmt></AmtDtls>",
        "<Amt Ccy=\"BYN\">30,00</Amt>",
    ];
    let entries: String = amounts.iter().map(|amount| credit(&details(amount))).collect();
    check(
        &statement(&entries),
        expect![[r#"
            1 @362 Credited +30.00 BYN booked=2026-04-01
            2 @528 Credited +30.00 BYN booked=2026-04-01
            3 @717 Credited +30.00 BYN booked=2026-04-01
            4 @909 Credited +30.00 BYN booked=2026-04-01
            5 @1135 Credited +30.00 BYN booked=2026-04-01
            6 @1366 Credited +30.00 BYN booked=2026-04-01
            7 @1557 Credited +30.00 BYN booked=2026-04-01
            8 @1745 Credited +30.00 BYN booked=2026-04-01
            row 9 at byte 1976: Amt cannot be "30,00" [amount]
            warning: the entry at byte 586 is not the sum of its transactions
        "#]],
    );
}

#[test]
fn each_of_several_transactions_says_its_own() {
    let several = |second: &str| {
        credit(&format!(
            "<NtryDtls><TxDtls><Amt Ccy=\"BYN\">10.00</Amt></TxDtls><TxDtls>{second}</TxDtls>\
             </NtryDtls>"
        ))
    };
    let seconds = [
        "<Amt Ccy=\"BYN\">20.00</Amt>",
        "<Amt Ccy=\"BYN\">20.01</Amt>",
        "<AmtDtls><InstdAmt><Amt Ccy=\"BYN\">20.00</Amt></InstdAmt></AmtDtls>",
        "<Amt Ccy=\"USD\">6.00</Amt><AmtDtls><TxAmt><Amt Ccy=\"BYN\">20.00</Amt></TxAmt></AmtDtls>",
        "<Amt Ccy=\"USD\">6.00</Amt>",
        "<AmtDtls><InstdAmt><Amt Ccy=\"USD\">6.00</Amt></InstdAmt></AmtDtls>",
        "",
        "<CdtDbtInd>DBIT</CdtDbtInd>",
        "<Amt Ccy=\"BYN\">x</Amt><CdtDbtInd>DBIT</CdtDbtInd>",
    ];
    let entries: String = seconds.iter().map(|second| several(second)).collect();
    check(
        &statement(&entries),
        expect![[r#"
            1 @362 Credited +10.00 BYN booked=2026-04-01
            2 @405 Credited +20.00 BYN booked=2026-04-01
            3 @597 Credited +10.00 BYN booked=2026-04-01
            4 @640 Credited +20.01 BYN booked=2026-04-01
            5 @832 Credited +10.00 BYN booked=2026-04-01
            6 @875 Credited +20.00 BYN booked=2026-04-01
            7 @1107 Credited +10.00 BYN booked=2026-04-01
            8 @1150 Credited +20.00 BYN booked=2026-04-01
            9 @1401 Credited +10.00 BYN booked=2026-04-01
            10 @1444 Credited +6.00 USD booked=2026-04-01
            11 @1635 Credited +10.00 BYN booked=2026-04-01
            row 12 at byte 1678: one of several without an amount [missing]
            13 @1909 Credited +10.00 BYN booked=2026-04-01
            row 14 at byte 1952: one of several without an amount [missing]
            15 @2118 Credited +10.00 BYN booked=2026-04-01
            16 @2354 Credited +10.00 BYN booked=2026-04-01
            warning: the entry at byte 466 is not the sum of its transactions
            warning: at byte 2161, which is no money to us, cannot be read: one of several without an amount
            warning: at byte 2397, which is no money to us, cannot be read: Amt cannot be "x"
        "#]],
    );
}

#[test]
fn amounts_are_decimals_of_the_standard() {
    let entry = |ccy: &str, amount: &str| {
        format!(
            "<Ntry><Amt Ccy=\"{ccy}\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <BookgDt><Dt>2026-04-01</Dt></BookgDt></Ntry>"
        )
    };
    let amounts = [
        ("BYN", "50"),
        ("BYN", "0.2"),
        ("BYN", ".72"),
        ("BYN", "5."),
        ("BYN", "+5.00"),
        ("BYN", "\n 8.85000 \n"),
        ("BYN", "0000000000828.53"),
        ("BYN", "9999999999999.99"),
        ("JPY", "700"),
        ("JPY", "700.00000"),
        ("BHD", "0.125"),
        ("BYN", "0"),
        ("XXX", "5.00"),
        ("BYN", "8.85001"),
        ("BYN", "-5.00"),
        ("BYN", "12,50"),
        ("BYN", "1 000.00"),
        ("BYN", "1e3"),
        ("BYN", "."),
        ("BYN", "10000000000000.00"),
        ("BYN", "٥"),
        ("byn", "5.00"),
        ("", "5.00"),
    ];
    let entries: String = amounts.iter().map(|(ccy, amount)| entry(ccy, amount)).collect();
    check(
        &statement(&entries),
        expect![[r#"
        1 @231 Credited +50.00 BYN booked=2026-04-01
        2 @332 Credited +0.20 BYN booked=2026-04-01
        3 @434 Credited +0.72 BYN booked=2026-04-01
        4 @536 Credited +5.00 BYN booked=2026-04-01
        5 @637 Credited +5.00 BYN booked=2026-04-01
        6 @741 Credited +8.85 BYN booked=2026-04-01
        7 @851 Credited +828.53 BYN booked=2026-04-01
        8 @966 Credited +9999999999999.99 BYN booked=2026-04-01
        9 @1081 Credited +700 JPY booked=2026-04-01
        10 @1183 Credited +700 JPY booked=2026-04-01
        11 @1291 Credited +0.125 BHD booked=2026-04-01
        12 @1395 Information +0.00 BYN booked=2026-04-01
        13 @1495 Credited +5.00 BYN booked=2026-04-01
        row 14 at byte 1598: Amt cannot be "8.85001" [amount]
        row 15 at byte 1704: Amt cannot be "-5.00" [amount]
        row 16 at byte 1808: Amt cannot be "12,50" [amount]
        row 17 at byte 1912: Amt cannot be "1 000.00" [amount]
        row 18 at byte 2019: Amt cannot be "1x3" [amount]
        row 19 at byte 2121: Amt cannot be "." [amount]
        row 20 at byte 2221: Amt cannot be "10000000000000.00" [amount]
        row 21 at byte 2337: Amt cannot be "xx" [amount]
        row 22 at byte 2438: Ccy cannot be "xxx" [currency]
        row 23 at byte 2541: Ccy cannot be "" [currency]
    "#]],
    );
}

#[test]
fn a_currency_may_be_the_account_s() {
    let entry = |tag: &str| {
        format!(
            "<Ntry>{tag}5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-04-01</Dt></BookgDt></Ntry>"
        )
    };
    let tags = ["<Amt>", "<Amt Ccy='BYN' >", "<Amt a=\"1\" Ccy = 'EUR'>", "<Amt Ccy=\"XXX\">"];
    let entries: String = tags.iter().map(|tag| entry(tag)).collect();
    check(
        &statement(&entries),
        expect![[r#"
        1 @231 Credited +5.00 BYN booked=2026-04-01
        2 @324 Credited +5.00 BYN booked=2026-04-01
        3 @428 Credited +5.00 EUR booked=2026-04-01
        4 @539 Credited +5.00 BYN booked=2026-04-01
    "#]],
    );
    let nameless = statement(&entries).replace("<Ccy>BYN</Ccy>", "");
    check(
        &nameless,
        expect![[r#"
            row 1 at byte 217: an amount in no currency, on an account of none: --currency, or the feed's setting, tells it [currency]
            2 @310 Credited +5.00 BYN booked=2026-04-01
            3 @414 Credited +5.00 EUR booked=2026-04-01
            row 4 at byte 525: an amount in no currency, on an account of none: --currency, or the feed's setting, tells it [currency]
        "#]],
    );
}

#[test]
fn a_currency_that_nobody_names_is_that_of_the_settings() {
    let amount = |tag: &str| format!("<Amt{tag}>5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>");
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"XXX\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd></Bal>"
        )
    };
    let told = |account: &str, sums: &str, tags: &[&str], set: Option<&str>| {
        let inside: String =
            tags.iter().map(|tag| format!("<Ntry>{}</Ntry>", amount(tag))).collect();
        let document = statement(&format!("{sums}{inside}")).replace("<Ccy>BYN</Ccy>", account);
        let currency = set.map(|code| code.parse().unwrap());
        let options = Options { currency, ..Options::default() };
        let bytes = document.as_bytes();
        let mut reader = Reader::open(FileFormat::Camt, bytes, &options).unwrap();
        let mut out: Vec<String> = reader
            .by_ref()
            .map(|read| match read.unwrap() {
                Ok(row) => row.amount.to_string(),
                Err(error) => error.to_string(),
            })
            .collect();
        out.extend(reader.findings().iter().map(ToString::to_string));
        out
    };
    let tags = ["", " Ccy=\"XXX\"", " Ccy=\"EUR\""];
    assert_eq!(told("", "", &tags, Some("CHF")), ["5.00 CHF", "5.00 CHF", "5.00 EUR"]);
    // What the statement says itself goes before.
    let said = told("<Ccy>BYN</Ccy>", "", &tags, Some("CHF"));
    assert_eq!(said, ["5.00 BYN", "5.00 BYN", "5.00 EUR"]);
    // Balances and sums are read in it, too.
    let both = [balance("OPBD", "1.00"), balance("CLBD", "7.00")].concat();
    expect![[r#"
        5.00 CHF
        from 1.00 CHF the rows lead to 6.00 CHF, not to 7.00 CHF"#]]
    .assert_eq(&told("", &both, &tags[1..2], Some("CHF")).join("\n"));
    let sums = "<TxsSummry><TtlCdtNtries><Sum>4</Sum></TtlCdtNtries></TxsSummry>";
    expect!["credits of 4.00 CHF are declared, 0.00 CHF were read"]
        .assert_eq(&told("", sums, &[], Some("CHF")).join("\n"));
    expect!["row 1 at byte 433: an amount in no currency, on an account of none: --currency, or the feed's setting, tells it"].assert_eq(&told("", &both, &tags[1..2], None).join("\n"));
}

#[test]
fn what_was_booked_counts_unless_charges_explain_the_difference() {
    let charge = |amount: &str| format!("<Chrgs><Amt Ccy=\"BYN\">{amount}</Amt></Chrgs>");
    let records = |amounts: [&str; 2]| {
        let records = amounts.map(|it| format!("<Rcrd><Amt Ccy=\"BYN\">{it}</Amt></Rcrd>"));
        format!("<Chrgs>{}</Chrgs>", records.concat())
    };
    let total = |amount: &str| {
        format!("<Chrgs><TtlChrgsAndTaxAmt Ccy=\"BYN\">{amount}</TtlChrgsAndTaxAmt></Chrgs>")
    };
    let foreign = charge("1.00").replace("BYN", "USD");
    let paid = |amount: &str| format!("<Amt Ccy=\"BYN\">{amount}</Amt>");
    let mut out = String::new();
    for (indicator, said, entry, transaction) in [
        ("CRDT", paid("29.50"), String::new(), String::new()),
        ("CRDT", paid("31.00"), String::new(), String::new()),
        ("CRDT", paid("31.00"), charge("1.00"), String::new()),
        ("CRDT", paid("31.00"), String::new(), [charge("0.60"), charge("0.40")].concat()),
        ("CRDT", paid("31.00"), records(["0.60", "0.40"]), charge("0.10")),
        ("CRDT", paid("31.00"), String::new(), total("1.00")),
        ("CRDT", paid("31.00"), charge("0.60"), String::new()),
        ("CRDT", paid("31.00"), charge("x"), String::new()),
        ("CRDT", paid("31.00"), [charge("x"), charge("1.00")].concat(), String::new()),
        ("CRDT", paid("31.00"), [charge("0.50"), foreign, charge("1.00")].concat(), String::new()),
        ("CRDT", paid("29.00"), charge("1.00"), String::new()),
        ("CRDT", String::new(), charge("1.00"), String::new()),
        ("DBIT", paid("29.00"), charge("1.00"), String::new()),
        ("DBIT", paid("31.00"), charge("1.00"), String::new()),
    ] {
        let inside = credit(&format!("{entry}{}", details(&format!("{said}{transaction}"))));
        let document = statement(&inside.replace("CRDT", indicator));
        let mut reader =
            Reader::open(FileFormat::Camt, document.as_bytes(), &Options::default()).unwrap();
        let row = reader.next().unwrap().unwrap().unwrap();
        assert!(reader.next().is_none());
        let said = said.replace("Amt Ccy=\"BYN\"", "Amt");
        let withheld = row.withheld.map(|it| format!(" of it withheld {it}")).unwrap_or_default();
        let odd = if reader.warnings().is_empty() { "" } else { ", with a warning" };
        writeln!(out, "{indicator} 30.00, {said}: {}{withheld}{odd}", row.amount).unwrap();
    }
    expect![[r#"
        CRDT 30.00, <Amt>29.50</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, <Amt>31.00</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, <Amt>31.00</Amt>: 31.00 BYN of it withheld 1.00 BYN
        CRDT 30.00, <Amt>31.00</Amt>: 31.00 BYN of it withheld 1.00 BYN
        CRDT 30.00, <Amt>31.00</Amt>: 31.00 BYN of it withheld 1.00 BYN
        CRDT 30.00, <Amt>31.00</Amt>: 31.00 BYN of it withheld 1.00 BYN
        CRDT 30.00, <Amt>31.00</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, <Amt>31.00</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, <Amt>31.00</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, <Amt>31.00</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, <Amt>29.00</Amt>: 30.00 BYN, with a warning
        CRDT 30.00, : 30.00 BYN
        DBIT 30.00, <Amt>29.00</Amt>: 29.00 BYN
        DBIT 30.00, <Amt>31.00</Amt>: 30.00 BYN, with a warning
    "#]]
    .assert_eq(&out);
}

#[test]
fn a_payment_has_the_same_name_with_and_without_its_charges() {
    let inside = "<AcctSvcrRef>E1</AcctSvcrRef><Chrgs><Amt Ccy=\"BYN\">1.00</Amt></Chrgs>";
    let told = credit(&format!("{inside}{}", details("<Amt Ccy=\"BYN\">31.00</Amt>")));
    let plain = credit("<AcctSvcrRef>E1</AcctSvcrRef>");
    let ids = [told, plain].map(|it| rows(statement(&it).as_bytes())[0].payment_id.to_string());
    assert_eq!(ids, ["BY00TEST/E1/30.00", "BY00TEST/E1/30.00"]);
}

//! Field 86 in its dialects.

use expect_test::{Expect, expect};

use super::super::details;
use super::{check, message, told};
use crate::feeds::Options;

/// What one field 86, given in lines, says of a credit.
#[track_caller]
fn says(lines: &str, expected: Expect) {
    let lines: Vec<&str> = lines.trim().lines().map(str::trim).collect();
    let text = message(&format!(":61:260401C5,00NTRFNONREF\r\n:86:{}", lines.join("\r\n")));
    let told = told(text.as_bytes(), &Options::default());
    let told: Vec<&str> = told
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with("disagrees") && !line.contains("to: "))
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    expected.assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn numbered_subfields_are_put_together() {
    says(
        "166?00GUTSCHRIFT?100399?20EREF+NOTPROVIDED?21SVWZ+Die Gebuehr fuer Verfa?22hren 7
         ?30BANKBY2X?31BY20BANK30120000000000000000?32MUSTER, JANKA?33 UND SOHN?34000",
        expect![[r#"
            name: MUSTER, JANKA UND SOHN
            from: BY20BANK30120000000000000000
            "Die Gebuehr fuer Verfahren 7"
        "#]],
    );
    for separator in ["^", "<", "~", ">"] {
        let text = "020?00PRZELEW?20FEE OF MAY?3110501953100000477656534?32PAYER?33STREET 1?38PL10";
        assert_eq!(
            details::Found::default().read(&text.replace('?', separator)),
            details::Details {
                purpose: Some("FEE OF MAY".to_owned()),
                name: Some("PAYER STREET 1".to_owned()),
                account: Some("PL10".to_owned()),
                ..details::Details::default()
            }
        );
    }
    // The code alone, and again before the subfields.
    for code in ["152 0", "152 PRZELEW"] {
        let text = format!("{code}\n152~00VE02\n~20FEE OF~21 MAY\n~32PAYER");
        let said = details::Found::default().read(&text);
        assert_eq!(said.purpose.as_deref(), Some("FEE OF\n MAY"), "{code}");
        assert_eq!(said.name.as_deref(), Some("PAYER"), "{code}");
    }
    says(
        "166?00GUTSCHRIFT?100399",
        expect![[r#"
        "GUTSCHRIFT"
    "#]],
    );
    says(
        "?20one?6three",
        expect![[r#"
        "one?6three"
    "#]],
    );
    // A question is no subfield.
    says(
        "Who paid?20 roubles",
        expect![[r#"
        "Who paid?20 roubles"
    "#]],
    );
}

#[test]
fn an_account_repeated_in_the_text_is_no_part_of_it() {
    let account = "12345678900000111122223333";
    // It would make an order code of the four digits before it.
    let text = |account: &str, other: &str| {
        format!(
            "020<00PRZELEW<20FEE OF MAY<21 2206/2026\r\n<26{account} \r\n\
             <27PAYER<28 SP. Z O.O.\r\n{other}"
        )
    };
    for other in [format!("<32PAYER SP.<38PL{account}"), "<3034567890<310000111122223333".into()] {
        let whole = message(&format!(":61:260401C5,00NTRFNONREF\r\n:86:{}", text(account, &other)));
        let told = told(whole.as_bytes(), &Options::default());
        assert!(told.contains("    \"FEE OF MAY\\n 2206/2026\"\n"), "{told}");
        assert!(told.contains("    name: PAYER SP."), "{told}");
        assert!(!told.contains("code "), "{told}");
    }
    // Another number stays, and so do the words behind it.
    says(
        &text("12345678900000111122223334", "<38PL12345678900000111122223333"),
        expect![[r#"
            from: PL12345678900000111122223333
            "FEE OF MAY\n 2206/2026\n12345678900000111122223334\nPAYER\n SP. Z O.O."
            code 202612345678900000111122223334 in purpose
        "#]],
    );
    says(
        "020<00PRZELEW<2012345678900000111122223333<21FEE OF<27MAY<38PL12345678900000111122223333",
        expect![[r#"
            from: PL12345678900000111122223333
            "FEE OF\nMAY"
        "#]],
    );
}

#[test]
fn a_sign_before_a_number_of_no_list_is_text() {
    says(
        "166?00CREDIT?20ORDER 335?960.484?2144?5 or 6?45?32PAYER?40of no list?70BY HIM",
        expect![[r#"
            name: PAYER
            "ORDER 335?960.484\n44?5 or 6?45\nof no list\nBY HIM"
        "#]],
    );
    // Behind other signs every number counts.
    says(
        "020<00CREDIT<20FEE<66DWMC<32PAYER",
        expect![[r#"
        name: PAYER
        "FEE\nDWMC"
    "#]],
    );
}

#[test]
fn a_plus_begins_subfields_whose_numbers_rise() {
    says(
        "TBB+00INCOMING FEE OF MAY\\TO MINSK +21FEE OF +375 29 1+20 +30BANKBY2X+31BY20BANK30120000
         +32PAYER",
        expect![[r#"
            name: PAYER
            from: BY20BANK30120000
            "FEE OF +375 29 1+20 \nINCOMING FEE OF MAY\\TO MINSK"
        "#]],
    );
    says(
        "020+14+
         20FEE OF MAY     +
         21               +
         30       /       +
         31BY20BANK30120000+
         32PAYER",
        expect![[r#"
            name: PAYER
            from: BY20BANK30120000
            "FEE OF MAY"
        "#]],
    );
    for text in ["TEL+375291234567 FEE", "TEL+12025550123", "1+20 and 2+30", "ABCD+20FEE+32NAME"] {
        let said = details::Found::default().read(text);
        assert_eq!(said.purpose.as_deref(), Some(text));
    }
    // Keys keep their plus.
    says(
        "EREF+20260401+SVWZ+20FEE",
        expect![[r#"
        end to end: 20260401+
        "20FEE"
    "#]],
    );
}

#[test]
fn a_dialect_that_counts_in_its_own_way_is_shown() {
    // The digits of two parts are no order code together.
    says(
        "~01PAYER LTD~026000000007~0330120000000000000001~06FEE OF MAY~07~1320260401",
        expect![[r#"
            "PAYER LTD; 6000000007; 30120000000000000001; FEE OF MAY; 20260401"
        "#]],
    );
    says(
        "~01PAYER LTD~06120000000000000000000000000017~0705",
        expect![[r#"
        "PAYER LTD; 120000000000000000000000000017; 05"
        code 120000000000000000000000000017 in purpose
    "#]],
    );
    says(
        "166?00CREDIT?20FEE?34000?35FOR MAY?36IN MINSK",
        expect![[r#"
        "FEE\nFOR MAY\nIN MINSK"
    "#]],
    );
}

#[test]
fn what_fills_empty_subfields_is_no_text() {
    let bytes = |text: &str| {
        let whole = message(&format!(":61:260401C5,00NTRFNONREF\r\n:86:{text}"));
        whole.bytes().map(|byte| if byte == b'#' { 0xff } else { byte }).collect::<Vec<_>>()
    };
    let text = "020~00152\r\n~20FEE OF\r\n~21MAY\r\n~22#\r\n~23##\r\n~32PAYER\r\n~33#\r\n~60#";
    let told = told(&bytes(text), &Options::default());
    assert!(
        told.contains("    name: PAYER\n") && told.contains("    \"FEE OF\\nMAY\"\n"),
        "{told}"
    );
}

#[test]
fn keys_of_the_banks_are_no_text() {
    says(
        "166?20KREF+20260401000000000000?2100001?22PURP+RINP?23SVWZ+fee of May",
        expect![[r#"
        end to end: 2026040100000000000000001
        "fee of May"
    "#]],
    );
    says(
        "166?20EREF+E-1?21PURP+RINP?22fee?23BREF+B-1?24RREF+R-1?25RETU+AC01?26of May",
        expect![[r#"
            end to end: E-1
            "fee\nof May"
        "#]],
    );
    says(
        "PURP: fee RETU: of BREF: May",
        expect![[r#"
        "PURP: fee RETU: of BREF: May"
    "#]],
    );
    says(
        "/RREF/38-1 /EREF/E-2 /ORDP//NAME/PAYER /REMI/fee /RCMT/EUR 1,00 /CHRG/EUR 0,10/RTYP/BACK",
        expect![[r#"
            end to end: E-2
            name: PAYER
            "fee"
        "#]],
    );
    says(
        "/TRTP/SEPA/BBAN/90000007/NAME/PAYER/REMI/fee",
        expect![[r#"
        name: PAYER
        from: 90000007
        "fee"
    "#]],
    );
    says(
        "/ACCW/NL75INGB0001234567,INGBNL2A/REMI/fee",
        expect![[r#"
        from: NL75INGB0001234567
        "fee"
    "#]],
    );
    // Banks that fold at 64 cut their keys, too.
    says(
        "/EREF/E-3/RE
         MI/fee/NA
         ME/PAYER/x
         y/z",
        expect![[r#"
            end to end: E-3
            name: PAYER/x y/z
            "fee"
        "#]],
    );
}

#[test]
fn keys_in_the_text_are_told_from_it() {
    says(
        "166?20KREF+EREF+TRX-0A4A47C3-F8?214F-4729-8A1B?22MREF+CAC97D2144?23CRED+DE98ZZZ0999
         ?24SVWZ+fee of May, paid so la?25te?26ABWA+OTHER PAYER",
        expect![[r#"
            end to end: TRX-0A4A47C3-F84F-4729-8A1B
            name: OTHER PAYER
            "fee of May, paid so late"
        "#]],
    );
    // The key itself is cut by the subfield's end.
    says(
        "166?20EREF+12345678901234567890 S?21VWZ+fee",
        expect![[r#"
        end to end: 12345678901234567890
        "fee"
    "#]],
    );
    says(
        "EREF: E-77 MREF: M-1 fee for May SVWZ: and June",
        expect![[r#"
        end to end: E-77
        "fee for May\nand June"
    "#]],
    );
    says(
        "166?20EREF+NOTPROVIDED?21fee without a key",
        expect![[r#"
        "fee without a key"
    "#]],
    );
    says(
        "166?20SVWZ+1+1 SOMEREF+ is text",
        expect![[r#"
        "1+1 SOMEREF+ is text"
    "#]],
    );
}

#[test]
fn words_between_slashes_are_told_apart() {
    says(
        "/TRTP/SEPA OVERBOEKING/IBAN/NL75INGB0001234567/BIC/INGBNL2A/NAME/J
         PAYER EN/OF M PAYER/REMI/RES.NR 00042/EREF/NOTPROVIDED",
        expect![[r#"
            name: J PAYER EN/OF M PAYER
            from: NL75INGB0001234567
            "RES.NR 00042"
        "#]],
    );
    says(
        "/EREF/E-1//CNTP/NL32INGB0000012345/INGBNL2A/PAYER BV/CITY//REMI/USTD//fee for May/",
        expect![[r#"
            end to end: E-1
            name: PAYER BV
            from: NL32INGB0000012345
            "fee for May"
        "#]],
    );
    says(
        "/REMI/STRD/CUR/000000000000000000000000000017/",
        expect![[r#"
        creditor: 000000000000000000000000000017
        code 000000000000000000000000000017 in creditor_reference
    "#]],
    );
    says(
        "/ORDP/530500003804588\r\n/HRISTO PAYER 20\r\n/00//00\r\n/fee of May",
        expect![[r#"
        name: HRISTO PAYER 20
        from: 530500003804588
        "00//00\nfee of May"
    "#]],
    );
    says(
        "/BENM//NAME/JOHN/REMI//INV/15 1.12/ISDT/2026-01-02",
        expect![[r#"
        name: JOHN
        "INV/15 1.12"
    "#]],
    );
    says(
        "/BAI/399/MISCELLANEOUS CREDIT\r\n/ORDP/PAYER\r\n/ACNO/12-3011",
        expect![[r#"
        name: PAYER
        from: 12-3011
        "399/MISCELLANEOUS CREDIT"
    "#]],
    );
}

#[test]
fn lines_follow_in_their_order() {
    check(
        &message(
            ":61:260401C5,00NTRFNONREF
             :86:first
             :86:second

             third
             :61:260401C6,00NTRFNONREF
             :NS:01from numbered lines
             02and another
             :61:260401C7,00NTRFNONREF
             :NS:01not this
             :86:but this",
        )
        .replace(":62F:C260401BYN100,00", ":62F:C260401BYN118,00\r\n:86:of the statement\r\nalso"),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "first\nsecond\nthird"
            2 Credited +6.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "from numbered lines\nand another"
            3 Credited +7.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "but this"
        "#]],
    );
    // Text before the first entry belongs to none.
    check(
        &message(
            ":86:For your information
             :61:260401C5,00NTRFNONREF
             :64:C260401BYN105,00
             :86:of the balance",
        ),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
            disagrees: from 100.00 BYN the rows lead to 105.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn what_only_looks_like_a_field_is_text() {
    check(
        &message(
            ":61:260401C5,00NTRFNONREF
             :86:paid at 2026-04-01T13
             :12:11 by card
             :08 Karten
             on 2026-04-01T16
             :20:37 in Minsk
             :25:account of nobody
             ::
             :
             :61:260401C6,00NTRFNONREF
             :86:text
             :99Z:a field that no message has
             its second line
             :61:260401C7,00NTRFNONREF",
        ),
        expect![[r#"
            1 Credited +5.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "paid at 2026-04-01T13:12:11 by card\n:08 Karten\non 2026-04-01T16:20:37 in Minsk\n:25:account of nobody\n::\n:"
            2 Credited +6.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
                "text"
            3 Credited +7.00 BYN 2026-04-01 weak
                to: BY00TEST/0001
            disagrees: from 100.00 BYN the rows lead to 118.00 BYN, not to 100.00 BYN
        "#]],
    );
}

#[test]
fn an_order_code_is_found_wherever_it_is_cut() {
    let code = "120000000000000000000000000017";
    let found = format!("code {code} in");
    let mut texts = vec![
        format!("/REMI/{code}"),
        format!("/REMI/STRD/CUR/{code}"),
        format!("166?20EREF+{code}"),
        format!("EREF: {code}"),
        format!("Who paid {code}"),
        format!("166?20EREF+NOTPROVIDED?21{}?22{}", &code[..27], &code[27..]),
        format!("166?20MTLG?60{}?61{}", &code[..20], &code[20..]),
        format!("~20fee~21{code}~32PAYER"),
        format!("166?20SVWZ+PAYMENT FOR ORDER CODE?21{}?22{}?23OF MAY", &code[..27], &code[27..]),
    ];
    for cut in 1..30 {
        let (left, right) = code.split_at(cut);
        // By a subfield, by a fold at 65, by a line that ends there, by both.
        texts.push(format!("166?20SVWZ+fee?21{left}?22{right}?32PAYER"));
        texts.push(format!("{} {left}\r\n{right} more", "x".repeat(64 - cut)));
        texts.push(format!("fee {left}\r\n{right} more"));
        texts.push(format!("166?20SVWZ+{left}\r\n?21{right}"));
        texts.push(format!("166?20SVWZ+{left}?\r\n21{right}"));
        texts.push(format!("166?20SVWZ+{left}?2\r\n1{right}"));
        texts.push(format!("166?20SVWZ+{left}?21\r\n{right}"));
        texts.push(format!("fee {left}\r\n:86:{right}"));
    }
    for text in texts {
        let whole = message(&format!(":61:260401C5,00NTRFNONREF\r\n:86:{text}"));
        let told = told(whole.as_bytes(), &Options::default());
        assert!(told.contains(&found), "{text}\n{told}");
    }
    for other in [
        format!("fee 5{code}"),
        format!("166?20SVWZ+X{code}"),
        format!("166?20SVWZ+fee?31{code}?32PAYER"),
        format!("/REMI/fee/IBAN/{code}"),
        format!(
            "{} {}\r\n{}",
            "x".repeat(44),
            &format!("{code}99")[..20],
            &format!("{code}99")[20..]
        ),
    ] {
        let whole = message(&format!(":61:260401C5,00NTRF{}//{code}\r\n:86:{other}", &code[..16]));
        let told = told(whole.as_bytes(), &Options::default());
        assert!(!told.contains("code "), "{other}\n{told}");
    }
}

//! Layouts of banks of several countries.

use expect_test::expect;

use super::*;
use crate::feeds::tests::cp1251;

#[test]
fn a_belarusian_table_with_a_preamble_and_totals_is_read() {
    let mapping = delimited(b';', |it| {
        it.amounts.thousands = Some(ThousandsMark::Blank);
        it.columns.date = column("Дата операции");
        it.columns.credit = column("Кредит");
        it.columns.debit = column("Дебет");
        it.columns.payer_name = column("Корреспондент");
        it.columns.payer_id = column("УНП");
        it.columns.payer_account = column("Счет");
        it.columns.bank_document = column("№ документа");
        it.columns.purpose = columns(&["Назначение платежа", "Доп. назначение"]);
        it.rows.total = texts(&["Итого*"]);
        it.rows.total_credits = column("Кредит");
        it.rows.total_debits = column("Дебет");
        it.rows.opening = texts(&["Входящий остаток"]);
        it.rows.opening_balance = column("2");
        it.rows.closing = texts(&["Исходящий остаток"]);
        it.rows.closing_balance = column("2");
    });
    let text = "\
Выписка по счету;BY00TEST30120000000000000000\r\n\
Период;01.04.2026 - 02.04.2026;;\r\n\
\r\n\
Входящий остаток;1 000,00\r\n\
Дата операции;№ документа;Корреспондент;УНП;Счет;Дебет;Кредит;Назначение платежа;Доп. назначение\r\n\
01.04.2026;17;\"ИП \"\"Янка\"\"; Минск\";190000021;BY11AKBB30120000000000000001;;1 234,50;\"заказ 100000000000000\r\n000000000000042\";пошлина\r\n\
02.04.2026;18;ОАО Банк;;;12,30;0,00;комиссия;\r\n\
;;;;;;;;\r\n\
Итого оборотов;;;;;12,30;1 234,50;;\r\n\
Исходящий остаток;2 222,20\r\n";
    check(
        &mapping,
        &cp1251(text),
        expect![[r#"
        table delimited currency=BYN
        1 @208 Credited +1234.50 BYN weak-686e9ba7212679e4259706b4e910cd11bf18618c3ddf6e2a300dd8e3a067c877 (weak)
            booked: 2026-04-01
            payer: ИП "Янка"; Минск
            payer id: 190000021
            payer account: BY11AKBB30120000000000000001
            document: 17
            purpose: "заказ 100000000000000\n000000000000042\nпошлина"
        2 @342 Information -12.30 BYN weak-e29ff1d7536fa990ffcc39336044846214af3ecf64df328ee44ed62e35d1beda (weak)
            booked: 2026-04-02
            document: 18
            purpose: "комиссия"
        2 rows, 0 refused
        +1234.50 BYN -12.30 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn a_german_table_with_states_is_read() {
    let mapping = delimited(b';', |it| {
        it.amounts.thousands = Some(ThousandsMark::Point);
        it.dates = vec!["dd.MM.yy".parse().unwrap()];
        it.columns.account = column("Auftragskonto");
        it.columns.date = column("Buchungstag");
        it.columns.amount = column("Betrag");
        it.columns.currency = column("Waehrung");
        it.columns.state = column("Info");
        it.columns.payer_name = column("Beguenstigter/Zahlungspflichtiger");
        it.columns.payer_account = column("Kontonummer/IBAN");
        it.columns.end_to_end = column("Kundenreferenz (End-to-End)");
        it.columns.purpose = columns(&["Verwendungszweck"]);
        it.words.credited = texts(&["Umsatz gebucht"]);
        it.words.accepted = texts(&["Umsatz vorgemerkt"]);
    });
    let text = "\u{feff}\
\"Auftragskonto\";\"Buchungstag\";\"Verwendungszweck\";\"Kundenreferenz (End-to-End)\";\"Beguenstigter/Zahlungspflichtiger\";\"Kontonummer/IBAN\";\"Betrag\";\"Waehrung\";\"Info\"
\"DE00TEST\";\"01.04.26\";\"Gebühr 7\";\"NOTPROVIDED\";\"Müller\";\"DE11TEST\";\"1.250,00\";\"EUR\";\"Umsatz gebucht\"
\"DE00TEST\";\"02.04.26\";\"Gebühr 8\";\"E2E-8\";\"Maier\";\"DE12TEST\";\"20,00\";\"EUR\";\"Umsatz vorgemerkt\"
\"DE00TEST\";\"03.04.26\";\"Entgelt\";\"\";\"Bank\";\"\";\"-3,5\";\"EUR\";\"Umsatz gebucht\"
\"DE00TEST\";\"03.04.26\";\"Was?\";\"\";\"Maier\";\"DE12TEST\";\"9,00\";\"EUR\";\"Umsatz storniert\"
";
    check(
        &mapping,
        text.as_bytes(),
        expect![[r#"
        table delimited
        1 @164 Credited +1250.00 EUR weak-09b4e5c6cf58f9dc3d9cac54b1292554d2702e3e6e25a679e4f110a25b233973 (weak)
            booked: 2026-04-01
            payer: Müller
            payer account: DE11TEST
            beneficiary: DE00TEST
            purpose: "Gebühr 7"
        2 @267 Accepted +20.00 EUR weak-43f6999ff0ef3eb1964bca776805421789cd9f9038697b922a748d53e6a81133 (weak)
            paid: 2026-04-02T00:00:00+03:00
            payer: Maier
            payer account: DE12TEST
            beneficiary: DE00TEST
            purpose: "Gebühr 8"
        3 @362 Information -3.50 EUR weak-688bcfad0395f33413402d509758a68386f3d3cdac19a169bed49e56fca20e9f (weak)
            booked: 2026-04-03
            payer account: DE00TEST
            purpose: "Entgelt"
        row 4 at byte 437: the state cannot be "xxxxxx xxxxxxxxx" [state]
        3 rows, 1 refused
        +1270.00 EUR -3.50 EUR withheld 0.00 EUR fines 0.00 EUR
    "#]],
    );
}

#[test]
fn lines_of_fixed_width_with_implied_decimals_are_read() {
    let mapping = fixed(|it| {
        it.charset = Some("ibm866".parse().unwrap());
        it.amounts.decimal = DecimalMark::Implied;
        it.dates = vec!["yyyyMMdd".parse().unwrap()];
        it.columns.date = column("2-9");
        it.columns.amount = column("10-21");
        it.columns.direction = column("22-22");
        it.columns.creditor = columns(&["23-52"]);
        it.columns.payer_name = column("53-72");
        it.words.credit = texts(&["C"]);
        it.words.debit = texts(&["D"]);
        it.rows.data = texts(&["5"]);
        it.rows.ignore = texts(&["1"]);
        it.rows.total = texts(&["9"]);
        it.rows.total_count = column("2-7");
        it.rows.total_credits = column("8-21");
    });
    let text = "\
1КВИТАНЦИИ 20260401
520260401000000012345C100000000000000000000000000042Янка Купала
520260401000000000070D                              Банк
520260402000000000500C
520260402000000
900000300000000012845
";
    let (bytes, _, lost) = encoding_rs::IBM866.encode(text);
    assert!(!lost);
    check(
        &mapping,
        &bytes,
        expect![[r#"
            table fixed currency=BYN
            1 @20 Credited +123.45 BYN weak-02ca947e0c4723f03320b47ee35b5807185610259da11c0abe32b2a8a15fb7eb (weak)
                booked: 2026-04-01
                payer: Янка Купала
                creditor: 100000000000000000000000000042
            2 @84 Information -0.70 BYN weak-d7fde2f5b5bc3fc8d78c1795982e34b1ce53da425093f78c0ba5f12f6568832f (weak)
                booked: 2026-04-01
            3 @141 Credited +5.00 BYN weak-e3bf7b345208e422e8b3afc2f4984d67cb0bc903820f4eafb0302d3a7da9432d (weak)
                booked: 2026-04-02
            row 4 at byte 164: the line ends inside amount [layout]
            3 rows, 1 refused
            +128.45 BYN -0.70 BYN withheld 0.00 BYN fines 0.00 BYN
            disagrees: 3 records are declared, 4 were read
        "#]],
    );
}

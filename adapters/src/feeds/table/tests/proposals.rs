//! Mappings proposed for tables in the manner of banks of several countries.

use expect_test::{Expect, expect};

use super::*;
use crate::feeds::tests::cp1251;

/// What is proposed for the bytes, and what the proposal reads of them.
#[track_caller]
fn check_proposal(bytes: &[u8], expected: Expect) {
    let Some(TableProposal { draft, notes }) = propose(bytes) else {
        return expected.assert_eq("nothing\n");
    };
    let mut out = match draft.kind {
        TableKind::Delimited { delimiter, .. } => format!("{:?}", char::from(delimiter)),
        TableKind::Fixed => "fixed".to_owned(),
    };
    let charset = draft.charset.map_or_else(|| "auto".to_owned(), |it| it.to_string());
    let dates: Vec<String> = draft.dates.iter().map(ToString::to_string).collect();
    let AmountFormat { decimal, thousands } = draft.amounts;
    out += &format!(" {charset} {} {decimal:?} {thousands:?}", dates.join(" "));
    out += &format!(" {:?} header={}\n", draft.currency, draft.header);
    for (key, column) in draft.payment_columns() {
        out += &format!("{} = {column}\n", key.trim_start_matches("columns."));
    }
    if draft.words != Words::default() {
        out += &format!("{:?}\n", draft.words);
    }
    for (key, column, row) in draft.control_columns() {
        out += &format!("{key} = {column} in {row}\n");
    }
    for note in notes.iter().filter(|note| note.unsure) {
        out += &format!("? {}: {}\n", note.key, note.why);
    }
    match TableMapping::new(draft) {
        Ok(mapping) => {
            let options = Options { table: Some(&mapping), ..Options::default() };
            let told = crate::feeds::tests::told(FileFormat::Table, bytes, &options);
            let lines = told.lines().filter(|line| !line.starts_with("    "));
            lines
                .skip(1)
                .for_each(|line| out += &format!("{}\n", line.split(" weak-").next().unwrap()));
        }
        Err(problems) => problems.iter().for_each(|problem| out += &format!("! {problem}\n")),
    }
    expected.assert_eq(&out);
}

#[test]
fn a_belarusian_table() {
    let text = "\
Выписка по счету BY00TEST30120000000000000000 за 01.04.2026 (BYN)
Входящий остаток;;1 000,00
Дата;№ документа;Корреспондент;УНП;Счет корреспондента;Дебет;Кредит;Назначение платежа
01.04.2026;17;ИП Янка;190000021;BY11AKBB30120000000000000001;;1 234,50;заказ 7
01.04.2026;18;ОАО Банк;100000007;BY12AKBB30120000000000000002;12,30;;комиссия
02.04.2026;19;Купала;;BY13AKBB30120000000000000003;;5,00;заказ 8
Итого обороты;;;;;12,30;1 239,50;
Исходящий остаток;;2 227,20
";
    check_proposal(
        &cp1251(text),
        expect![[r#"
        ';' windows-1251 dd.MM.yyyy Comma Some(Blank) Some(BYN) header=true
        date = Дата
        credit = Кредит
        debit = Дебет
        payer_name = Корреспондент
        payer_id = УНП
        payer_account = Счет корреспондента
        bank_document = № документа
        purpose = Назначение платежа
        rows.total_credits = Кредит in rows.total
        rows.total_debits = Дебет in rows.total
        rows.opening_balance = 3 in rows.opening
        rows.closing_balance = 3 in rows.closing
        ? rows.opening: by its words; the amount in it is taken as the balance
        ? rows.total: by its words; it has amounts where payments have them
        ? rows.closing: by its words; the amount in it is taken as the balance
        1 @180 Credited +1234.50 BYN
        2 @259 Information -12.30 BYN
        3 @337 Credited +5.00 BYN
        3 rows, 0 refused
        +1239.50 BYN -12.30 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
    let (bytes, _, _) = encoding_rs::IBM866.encode(text);
    let charset = propose(&bytes).unwrap().draft.charset.unwrap();
    assert_eq!(charset.to_string(), "ibm866");
    let (bytes, _, _) = encoding_rs::KOI8_R.encode(text);
    assert_eq!(propose(&bytes).unwrap().draft.charset.unwrap().to_string(), "koi8-r");
}

#[test]
fn a_polish_table() {
    let text = "\
Lista operacji;
Za okres:;01.04.2026;30.04.2026;

#Data księgowania;#Data waluty;#Opis operacji;#Tytuł;#Nadawca/Odbiorca;#Numer konta;#Kwota;#Saldo po operacji;
2026-04-01;2026-04-01;PRZELEW PRZYCHODZĄCY;opłata sądowa;Józef Żółw;11 2222 3333 4444 5555 6666 7777;1 250,00 PLN;2 250,00 PLN;
2026-04-02;2026-04-02;PROWIZJA;za prowadzenie;;;-5,50 PLN;2 244,50 PLN;
2026-04-03;2026-04-03;PRZELEW PRZYCHODZĄCY;część druga;Łucja Ćma;12 2222 3333 4444 5555 6666 7777;100,00 PLN;2 344,50 PLN;
;;;;;;#Saldo końcowe;2 344,50 PLN;
";
    let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode(text);
    check_proposal(
        &bytes,
        expect![[r#"
        ';' windows-1250 yyyy-MM-dd Comma Some(Blank) Some(PLN) header=true
        date = #Data księgowania
        amount = #Kwota
        payer_name = #Nadawca/Odbiorca
        payer_account = #Numer konta
        purpose = #Tytuł
        purpose = #Opis operacji
        rows.closing_balance = 8 in rows.closing
        ? charset: most letters look right so; ISO-8859-2 is nearly as likely
        ? rows.closing: by its words; the amount in it is taken as the balance
        1 @161 Credited +1250.00 PLN
        2 @289 Information -5.50 PLN
        3 @361 Credited +100.00 PLN
        3 rows, 0 refused
        +1350.00 PLN -5.50 PLN withheld 0.00 PLN fines 0.00 PLN
    "#]],
    );
    let (bytes, _, _) = encoding_rs::ISO_8859_2.encode(text);
    assert_eq!(propose(&bytes).unwrap().draft.charset.unwrap().to_string(), "iso-8859-2");
}

#[test]
fn a_german_table() {
    let text = "\
\"Auftragskonto\";\"Buchungstag\";\"Valutadatum\";\"Buchungstext\";\"Verwendungszweck\";\"Kundenreferenz (End-to-End)\";\"Beguenstigter/Zahlungspflichtiger\";\"Kontonummer/IBAN\";\"Betrag\";\"Waehrung\";\"Info\"
\"DE02120300000000202051\";\"01.04.26\";\"01.04.26\";\"GUTSCHRIFT\";\"Gebühr 7\";\"E-7\";\"Müller\";\"DE02100100100006820101\";\"1.250,00\";\"EUR\";\"Umsatz gebucht\"
\"DE02120300000000202051\";\"02.04.26\";\"02.04.26\";\"GUTSCHRIFT\";\"Gebühr 8\";\"E-8\";\"Maier\";\"DE02300209000106531065\";\"20,00\";\"EUR\";\"Umsatz vorgemerkt\"
\"DE02120300000000202051\";\"13.04.26\";\"13.04.26\";\"ENTGELT\";\"Entgelt\";\"\";\"Bank\";\"\";\"-3,50\";\"EUR\";\"Umsatz gebucht\"
";
    check_proposal(
        text.as_bytes(),
        expect![[r#"
        ';' utf-8 dd.MM.yy Comma Some(Point) None header=true
        account = Auftragskonto
        date = Buchungstag
        amount = Betrag
        currency = Waehrung
        state = Info
        payer_name = Beguenstigter/Zahlungspflichtiger
        payer_account = Kontonummer/IBAN
        end_to_end = Kundenreferenz (End-to-End)
        purpose = Verwendungszweck
        purpose = Buchungstext
        Words { credit: [], debit: [], credited: ["Umsatz gebucht"], accepted: ["Umsatz vorgemerkt"], reversed: [], information: [] }
        1 @190 Credited +1250.00 EUR
        2 @337 Accepted +20.00 EUR
        3 @482 Information -3.50 EUR
        3 rows, 0 refused
        +1270.00 EUR -3.50 EUR withheld 0.00 EUR fines 0.00 EUR
    "#]],
    );
}

#[test]
fn an_english_table_with_states() {
    let text = "\
Type,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
TOPUP,2026-04-01 10:00:00,2026-04-01 10:00:05,\"Payment, from Jan\",45.00,0.00,EUR,COMPLETED,45.00
CARD_PAYMENT,2026-04-02 11:00:00,2026-04-02 11:00:01,Shop,-5.00,0.00,EUR,COMPLETED,40.00
TOPUP,2026-04-03 10:00:00,2026-04-03 10:00:01,Payment from Ann,7.00,0.00,EUR,PENDING,
";
    check_proposal(
        text.as_bytes(),
        expect![[r#"
        ',' auto yyyy-MM-dd HH:mm:ss Point None None header=true
        date = Completed Date
        amount = Amount
        currency = Currency
        state = State
        purpose = Description
        Words { credit: [], debit: [], credited: ["COMPLETED"], accepted: ["PENDING"], reversed: [], information: [] }
        1 @79 Credited +45.00 EUR
        2 @176 Information -5.00 EUR
        3 @265 Accepted +7.00 EUR
        3 rows, 0 refused
        +52.00 EUR -5.00 EUR withheld 0.00 EUR fines 0.00 EUR
    "#]],
    );
}

#[test]
fn an_american_table_whose_dates_may_be_read_two_ways() {
    let text = "\
Date,Description,Debit,Credit,Reference
04/01/2026,Fee,1.50,,A-1
04/02/2026,From Jan,,\"1,200.00\",A-2
";
    check_proposal(
        text.as_bytes(),
        expect![[r#"
        ',' auto dd/MM/yyyy Point Some(Comma) Some(BYN) header=true
        date = Date
        credit = Credit
        debit = Debit
        bank_reference = Reference
        purpose = Description
        ? currency: the file names none
        ? dates: all dates can be read so, and as MM/dd/yyyy, d/M/yyyy, M/d/yyyy
        1 @40 Information -1.50 BYN /A-1/2026-01-04/debit/1.50/BYN
        2 @65 Credited +1200.00 BYN /A-2/2026-02-04/credit/1200.00/BYN
        2 rows, 0 refused
        +1200.00 BYN -1.50 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn a_table_without_names() {
    let text = "\
20260401|C|100000000000000000000000000042|12.50|BYN|Janka Kupala, fee for a certificate
20260402|D||3.00|BYN|Commission of the bank for April
20260413|C|100000000000000000000000000042|1.00|BYN|Janka Kupala, the rest of the fee
";
    check_proposal(
        text.as_bytes(),
        expect![[r#"
        '|' auto yyyyMMdd Point None None header=false
        date = 1
        amount = 4
        direction = 2
        currency = 5
        purpose = 6
        creditor = 3
        Words { credit: ["C"], debit: ["D"], credited: [], accepted: [], reversed: [], information: [] }
        ? header: no row looks like names of columns
        ? columns.creditor: column 3, by what stands in it
        ? columns.currency: column 5, by what stands in it
        ? columns.date: column 1, by what stands in it
        ? columns.amount: column 4, by what stands in it
        ? columns.direction: column 2, by what stands in it
        ? columns.purpose: column 6, by what stands in it
        1 @0 Credited +12.50 BYN
        2 @88 Information -3.00 BYN
        3 @142 Credited +1.00 BYN
        3 rows, 0 refused
        +13.50 BYN -3.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn lines_of_fixed_width() {
    let text = "\
01.04.2026     12.50 C JANKA KUPALA         FEE FOR A CERTIFICATE
02.04.2026      3.00 D BANK                 COMMISSION
13.04.2026   1201.00 C JAKUB KOLAS          THE REST OF THE FEE
";
    check_proposal(
        text.as_bytes(),
        expect![[r#"
        fixed auto dd.MM.yyyy Point None Some(BYN) header=false
        date = 1-10
        amount = 11-21
        direction = 22-23
        purpose = 45-65
        Words { credit: ["C"], debit: ["D"], credited: [], accepted: [], reversed: [], information: [] }
        ? kind: lines have blanks at the same places; check where each value begins and ends
        ? currency: the file names none
        ? columns.date: column 1-10, by what stands in it
        ? columns.amount: column 11-21, by what stands in it
        ? columns.direction: column 22-23, by what stands in it
        ? columns.purpose: column 45-65, by what stands in it
        1 @0 Credited +12.50 BYN
        2 @66 Information -3.00 BYN
        3 @121 Credited +1201.00 BYN
        3 rows, 0 refused
        +1213.50 BYN -3.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn what_is_no_table_gets_no_proposal() {
    for text in ["", "\n\n", "One line of text.\nAnother one.\n", "a;b\n", "{\"a\": [1, 2, 3]}\n"] {
        assert_eq!(propose(text.as_bytes()), None, "{text:?}");
    }
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let _ = propose(&bytes);
    for end in (0..bytes.len()).step_by(97) {
        let _ = propose(&bytes[end..]);
    }
}

//! What is written is read back.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::feeds::tests::cp1251;
use crate::feeds::{Direction, RowState};

/// One document, as a bank would tell it.
#[derive(Debug, Clone)]
struct Made {
    is_credit: bool,
    kopecks: i64,
    number: u32,
    day: u32,
    payer: String,
    purpose: Vec<String>,
    code: String,
    folded: bool,
}

fn made() -> impl Strategy<Value = Made> {
    let word = "[А-Яа-я0-9 .,№\"-]{0,20}[а-я]";
    (
        any::<bool>(),
        1..10_000_000_i64,
        0..100_000_u32,
        1..31_u32,
        "[А-Я][а-я]{0,12}( [А-Я][а-я]{1,12}){0,2}",
        proptest::collection::vec(word, 0..4),
        "([1-9][0-9]{0,29})?",
        any::<bool>(),
    )
        .prop_map(|(is_credit, kopecks, number, day, payer, purpose, code, folded)| Made {
            is_credit,
            kopecks,
            number,
            day,
            payer,
            purpose: purpose.iter().map(|line| line.trim().to_owned()).collect(),
            code,
            folded,
        })
}

/// Writes amounts in all the ways that are read.
fn amount(kopecks: i64) -> String {
    let (whole, rest) = (kopecks / 100, kopecks % 100);
    match (rest, kopecks % 3) {
        (0, 0) => whole.to_string(),
        (_, 1) => format!("{whole},{rest:02}"),
        (_, _) if rest % 10 == 0 => format!("{whole}.{}", rest / 10),
        (_, _) => format!("{whole}.{rest:02}"),
    }
}

fn written(documents: &[Made]) -> String {
    let sum = |is_credit| {
        let some = documents.iter().filter(|made| made.is_credit == is_credit);
        some.map(|made| made.kopecks).sum::<i64>()
    };
    let (received, spent) = (sum(true), sum(false));
    let mut out = format!(
        "1CClientBankExchange\r\nВерсияФормата=1.03\r\nКодировка=Windows\r\nРасчСчет={A}\r\n\
         СекцияРасчСчет\r\nРасчСчет={A}\r\nНачальныйОстаток=1000000000\r\n\
         ВсегоПоступило={}\r\nВсегоСписано={}\r\nКонечныйОстаток={}\r\nКонецРасчСчет\r\n",
        amount(received),
        amount(spent),
        amount(100_000_000_000 + received - spent),
    );
    for made in documents {
        let (payer, payee, date) = match made.is_credit {
            true => (OTHER, A, "ДатаПоступило"),
            false => (A, OTHER, "ДатаСписано"),
        };
        let Made { number, day, payer: name, code, .. } = made;
        write!(
            out,
            "СекцияДокумент=Платежное поручение\r\nНомер={number}\r\nДата={day:02}.01.2026\r\n\
             Сумма={}\r\nПлательщикСчет={payer}\r\nПлательщик1={name}\r\nПолучательСчет={payee}\r\n\
             {date}={day:02}.01.2026\r\nКод={code}\r\n",
            amount(made.kopecks)
        )
        .unwrap();
        if made.folded {
            out += "НазначениеПлатежа=\r\n";
            for (line, text) in made.purpose.iter().enumerate() {
                write!(out, "НазначениеПлатежа{}={text}\r\n", line + 1).unwrap();
            }
        } else {
            write!(out, "НазначениеПлатежа={}\r\n", made.purpose.join("\r\n")).unwrap();
        }
        out += "КонецДокумента\r\n";
    }
    out + "КонецФайла\r\n"
}

proptest! {
    #[test]
    fn a_written_statement_is_read_back(documents in proptest::collection::vec(made(), 0..12)) {
        let bytes = cp1251(&written(&documents));
        let mut reader =
            Reader::open(FileFormat::OneC, &bytes[..], &Options::default()).unwrap();
        let rows: Vec<Row> = reader.by_ref().map(|read| read.unwrap().unwrap()).collect();
        prop_assert_eq!(reader.findings(), vec![]);
        prop_assert_eq!(reader.warnings(), Vec::<String>::new());
        prop_assert_eq!(rows.len(), documents.len());
        for (row, made) in rows.iter().zip(&documents) {
            let credit = row.direction == Direction::Credit;
            prop_assert_eq!(credit, made.is_credit);
            prop_assert_eq!(row.state == RowState::Credited, made.is_credit);
            prop_assert_eq!(row.amount.minor(), made.kopecks);
            let number = made.number.to_string();
            prop_assert_eq!(row.references.bank_document.as_deref(), Some(number.as_str()));
            prop_assert_eq!(row.payer.name.as_deref(), Some(made.payer.as_str()));
            let code: Vec<String> =
                Some(made.code.clone()).into_iter().filter(|code| !code.is_empty()).collect();
            prop_assert_eq!(&row.references.creditor, &code);
            let purpose = made.purpose.join("\n");
            let purpose = Some(purpose).filter(|purpose| !purpose.is_empty());
            prop_assert_eq!(&row.purpose, &purpose);
        }
        let mut ids: Vec<_> = rows.iter().map(|row| row.payment_id.to_string()).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), rows.len(), "two rows have one identity");
    }
}

//! What banks and payment systems say: single payments, and files as they make them.

use std::fmt::Write;

use kvit_adapters::amqp::Speaker;
use kvit_schemas::Moment;
use serde_json::{Value, json};

use super::cast::Owner;
use super::plan::{End, Post};
use super::portal::money;

/// The account on whose statement the money arrives, where the settings name none.
pub(super) const ACCOUNT: &str = "BY00TEST30120000000000000933";
/// The taxpayer's number of the account's owner, likewise.
pub(super) const UNP: &str = "100000007";

/// Commission of a payment, as ERIP keeps it back.
pub(super) fn commission(amount: i64) -> i64 {
    amount / 100
}

/// A payment as all of a bank's ways of telling it need it.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    /// The feed's number for it, digits.
    pub(super) id: String,
    /// The code in the field meant for it.
    pub(super) code: Option<String>,
    /// Free text; in a statement the two fields that hold it.
    pub(super) purpose: Option<(String, String)>,
    pub(super) amount: i64,
    pub(super) currency: &'static str,
    pub(super) at: Moment,
    /// The bank's document, by which another feed's sighting is known.
    pub(super) document: Option<String>,
}

/// A message of a bank.
pub(super) fn post(bank: &str, feed: &str, id: String, body: &Value) -> Post {
    Post {
        speaker: Speaker::Other(bank.to_owned()),
        exchange: "bank.in",
        key: format!("{feed}.payment"),
        kind: "payment.reported.v1",
        id,
        file_name: None,
        body: body.to_string().into_bytes(),
        copies: 1,
        end: End::Applied,
    }
}

/// `payment.reported.v1`.
pub(super) fn reported(feed: &str, paid: &Paid, state: &str) -> Value {
    let withheld = (state == "credited").then(|| money(commission(paid.amount), paid.currency));
    json!({
        "feed": feed, "payment_id": paid.id, "state": state, "order_code": paid.code,
        "purpose": paid.purpose.as_ref().map(|(one, two)| format!("{one}{two}")),
        "amount": money(paid.amount, paid.currency), "withheld": withheld,
        "paid_at": paid.at.to_string(),
        "payer": { "name": "УЗОРНЫ ПРЫКЛАД" },
        "references": { "bank_document": paid.document },
    })
}

/// A file of a bank.
pub(super) fn file(
    bank: &str,
    feed: &str,
    (id, name): (String, String),
    (text, end): (&str, End),
) -> Post {
    Post {
        speaker: Speaker::Other(bank.to_owned()),
        exchange: "bank.in",
        key: format!("{feed}.file"),
        kind: "statement.file.v1",
        id,
        file_name: Some(name),
        body: cp1251(text),
        copies: 1,
        end,
    }
}

/// ERIP's registers (DOMAIN.md 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Register {
    /// 206: what was accepted.
    Accepted,
    /// 210: what was passed on.
    Credited,
    /// 216: what was taken back.
    Reversed,
}

impl Register {
    /// The extension of its files.
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::Accepted => "206",
            Self::Credited => "210",
            Self::Reversed => "216",
        }
    }
}

/// A register with these payments for their owner.
pub(super) fn register(
    register: Register,
    (number, made_at, owner): (u64, Moment, &Owner),
    rows: &[Paid],
) -> String {
    let total: i64 = rows.iter().map(|row| row.amount).sum();
    let net: i64 = rows.iter().map(|row| row.amount - commission(row.amount)).sum();
    let (made, count) = (stamp(made_at), rows.len());
    let Owner { unp, account, service } = owner;
    let head = format!("5^70000007^{number}^{made}^{count}^740^{unp}");
    let mut text = match register {
        Register::Accepted => format!("{head}^933^{}^0.00\r\n", plain(total)),
        Register::Reversed => format!("{head}^933^{}\r\n", plain(total)),
        Register::Credited => format!(
            "{head}^795^{account}^E{number}^{made}^933^{}^0.00^{}^740^BY00TEST^03002\r\n",
            plain(total),
            plain(net)
        ),
    };
    for (at, row) in rows.iter().enumerate() {
        let personal = row.code.as_deref().unwrap_or("рахунак 7");
        let amount = plain(row.amount);
        let (paid, id) = (stamp(row.at), &row.id);
        let start = format!("{}^{service}^{personal}^УЗОРНЫ^^^{amount}^0.00", at + 1);
        // Writing to a string cannot fail.
        let _ = match register {
            Register::Accepted => {
                write!(text, "{start}^{paid}^null^^{id}^81^K7^MS^^740^^1^5\r\n")
            }
            Register::Credited => {
                let net = plain(row.amount - commission(row.amount));
                write!(text, "{start}^{net}^{paid}^^^{id}^81^K7^MS^^^1^5\r\n")
            }
            Register::Reversed => {
                write!(text, "{start}^{paid}^{made}^^^{id}^82^^^^740^^^5\r\n")
            }
        };
    }
    text
}

/// A client-bank statement with these payments (DOMAIN.md 2.1).
pub(super) fn statement(account: &str, rows: &[Paid]) -> String {
    let mut text = format!(
        "***** ^Type=400^ ^Acc={account}^  -  Выписка по счету за период\r\n[OUT_PARAM]\r\n"
    );
    let total: i64 = rows.iter().map(|row| row.amount).sum();
    for row in rows {
        let at = row.at.in_minsk();
        let (day, time) = (at.format("%d.%m.%Y"), at.format("%d.%m.%Y %H:%M:%S"));
        let (one, two) = row.purpose.clone().unwrap_or_default();
        let number = row.document.as_deref().unwrap_or(&row.id);
        let (id, amount) = (&row.id, plain(row.amount));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "^DocDate={day}^\r\n^Num={number}^\r\n^Acc=BY00TEST30140000000000000002^\r\n\
             ^Db=0.00^\r\n^KorName=УЗОРНЫ^\r\n^Nazn={one}^\r\n^Nazn2={two}^\r\n\
             ^DocID={id}^\r\n^OpDate={time}^\r\n^Credit={amount}^\r\n"
        );
    }
    let end = format!("^DB=0.00^\r\n^CR={}^\r\n####################\r\n", plain(total));
    text + &end
}

fn plain(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn stamp(at: Moment) -> String {
    at.in_minsk().format("%Y%m%d%H%M%S").to_string()
}

/// Windows-1251 of what is written here: ASCII, Russian and Belarusian letters.
fn cp1251(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        'Ё' => 0xa8,
        'ё' => 0xb8,
        'І' => 0xb2,
        'і' => 0xb3,
        'Ў' => 0xa1,
        'ў' => 0xa2,
        'А'..='я' => u8::try_from(u32::from(letter) - u32::from('А') + 0xc0).unwrap_or(b'?'),
        other => u8::try_from(u32::from(other)).ok().filter(u8::is_ascii).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use kvit_adapters::feeds::{FileFormat, Options, Reader};

    use super::*;

    fn rows() -> Vec<Paid> {
        let paid = |number: usize, purpose: Option<(&str, &str)>| Paid {
            id: format!("71000000000{number}"),
            code: Some(format!("{number:030}")),
            purpose: purpose.map(|(one, two)| (one.to_owned(), two.to_owned())),
            amount: 4500,
            currency: "BYN",
            at: "2026-11-18T10:00:00+03:00".parse().unwrap(),
            document: None,
        };
        vec![paid(1, Some(("код 00000000", "0000000000000000000001 ад"))), paid(2, None)]
    }

    #[track_caller]
    fn read(format: FileFormat, name: &str, text: &str) -> Vec<String> {
        let (bytes, options) =
            (cp1251(text), Options { file_name: Some(name), ..Options::default() });
        let mut reader = Reader::open(format, bytes.as_slice(), &options).unwrap();
        let shown = |row: kvit_adapters::feeds::Row| {
            let code = row.personal_account.or(row.purpose).unwrap_or_default();
            format!("{:?} {} {code}", row.state, row.amount)
        };
        let rows = reader.by_ref().map(|row| shown(row.unwrap().unwrap())).collect();
        assert_eq!(reader.findings().len(), 0, "control figures agree");
        rows
    }

    #[test]
    fn registers_and_statements_are_such_as_kvit_reads() {
        let owner = Owner { unp: UNP.into(), account: ACCOUNT.into(), service: "2".into() };
        let made = (7, "2026-11-19T10:00:00+03:00".parse().unwrap(), &owner);
        for (kind, state) in [
            (Register::Accepted, "Accepted"),
            (Register::Credited, "Credited"),
            (Register::Reversed, "Reversed"),
        ] {
            let name = format!("7.{}", kind.number());
            let seen = read(FileFormat::Erip, &name, &register(kind, made, &rows()));
            let wanted: Vec<String> =
                (1..=2).map(|number| format!("{state} 45.00 BYN {number:030}")).collect();
            assert_eq!(seen, wanted);
        }
        assert_eq!(
            read(FileFormat::ClientBank, "1.txt", &statement(ACCOUNT, &rows())),
            ["Credited 45.00 BYN код 000000000000000000000000000001 ад", "Credited 45.00 BYN "]
        );
    }
}

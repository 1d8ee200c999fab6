//! Feed files of any size, always the same: the formats as banks write them, with invented money.
//! Each holds an order code for each payment, and control figures that are right.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use encoding_rs::WINDOWS_1251;

/// Entries of a statement in the MT940 file.
const MT940_STATEMENT: u64 = 5_000;

/// The account all files are about.
const ACCOUNT: &str = "BY13AKBB36029000000000000001";

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Camt,
    Mt940,
    Erip,
    ClientBank,
}

/// One payment, by its number in the file.
struct Payment {
    number: u64,
    kopecks: u64,
    credit: bool,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Camt, Self::Mt940, Self::Erip, Self::ClientBank];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Camt => "camt",
            Self::Mt940 => "mt940",
            Self::Erip => "erip",
            Self::ClientBank => "client_bank",
        }
    }

    /// The name of its file; ERIP's kinds are told by the extension.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Camt => "statement.xml",
            Self::Mt940 => "statement.sta",
            Self::Erip => "0000001.206",
            Self::ClientBank => "statement.txt",
        }
    }

    /// Payments of a file of full size: some 1,000 MB of camt, 24 of MT940, 100 of the others.
    pub(crate) fn payments(self) -> u64 {
        match self {
            Self::Camt => 500_000,
            Self::Mt940 => 100_000,
            Self::Erip => 560_000,
            Self::ClientBank => 260_000,
        }
    }

    /// Writes the file.
    pub(crate) fn write(self, path: &Path, payments: u64) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        match self {
            Self::Camt => camt(&mut out, payments)?,
            Self::Mt940 => mt940(&mut out, payments)?,
            Self::Erip => erip(&mut out, payments)?,
            Self::ClientBank => client_bank(&mut out, payments)?,
        }
        out.flush()
    }
}

/// The payments of a file.
fn payments(count: u64) -> impl Iterator<Item = Payment> {
    (0..count).map(|number| Payment {
        number,
        kopecks: 100 + mixed(number) % 500_000,
        credit: number % 34 != 33,
    })
}

/// A number that looks like chance (the finalizer of splitmix64).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Payment {
    fn code(&self) -> String {
        format!("{:020}{:010}", mixed(self.number ^ 0xc0de), self.number)
    }

    fn amount(&self) -> String {
        amount(self.kopecks)
    }
}

fn amount(kopecks: u64) -> String {
    format!("{}.{:02}", kopecks / 100, kopecks % 100)
}

/// Credits and debits: how many, how much.
fn sums(count: u64) -> [(u64, u64); 2] {
    let mut sums = [(0, 0); 2];
    for payment in payments(count) {
        let sum = &mut sums[usize::from(!payment.credit)];
        *sum = (sum.0 + 1, sum.1 + payment.kopecks);
    }
    sums
}

fn camt(out: &mut impl Write, count: u64) -> io::Result<()> {
    let [(credits, came), (debits, went)] = sums(count);
    let head = include_str!("camt_head.xml");
    let opening = went;
    let head = head
        .replace("{account}", ACCOUNT)
        .replace("{opening}", &amount(opening))
        .replace("{closing}", &amount(opening + came - went))
        .replace("{count}", &count.to_string())
        .replace("{credits}", &credits.to_string())
        .replace("{came}", &amount(came))
        .replace("{debits}", &debits.to_string())
        .replace("{went}", &amount(went));
    out.write_all(head.as_bytes())?;
    let entry = include_str!("camt_entry.xml");
    for payment in payments(count) {
        let filled = entry
            .replace("{number}", &format!("{:09}", payment.number))
            .replace("{amount}", &payment.amount())
            .replace("{indicator}", if payment.credit { "CRDT" } else { "DBIT" })
            .replace("{remittance}", &remittance(&payment));
        out.write_all(filled.as_bytes())?;
    }
    out.write_all(b"    </Stmt>\n  </BkToCstmrStmt>\n</Document>\n")
}

/// Where the order code stands: in half of the entries in the field made for it, in others in
/// free text, as one, in groups of ten, or cut between two texts (FEEDS.md B).
fn remittance(payment: &Payment) -> String {
    let code = payment.code();
    let indent = "\n              ";
    match payment.number % 10 {
        0..5 => format!(
            "<Strd>{indent}  <CdtrRefInf>{indent}    <Tp>{indent}      <CdOrPrtry>{indent}        \
             <Cd>SCOR</Cd>{indent}      </CdOrPrtry>{indent}    </Tp>{indent}    \
             <Ref>{code}</Ref>{indent}  </CdtrRefInf>{indent}</Strd>"
        ),
        5..8 => format!("<Ustrd>Оплата заказа {code} за административную процедуру</Ustrd>"),
        8 => {
            let (first, rest) = code.split_at(10);
            let (second, third) = rest.split_at(10);
            format!("<Ustrd>Оплата заказа {first} {second} {third}, без НДС</Ustrd>")
        }
        _ => {
            let (first, second) = code.split_at(17);
            format!("<Ustrd>Оплата заказа {first}</Ustrd>{indent}<Ustrd>{second} без НДС</Ustrd>")
        }
    }
}

fn mt940(out: &mut impl Write, count: u64) -> io::Result<()> {
    let mut balance = 1_000_000_000_u64;
    for payment in payments(count) {
        let number = payment.number;
        if number.is_multiple_of(MT940_STATEMENT) {
            let statement = number / MT940_STATEMENT + 1;
            let opening = comma(balance);
            write!(out, ":20:STMT{statement:06}\r\n:25:{ACCOUNT}\r\n:28C:{statement:05}/001\r\n")?;
            write!(out, ":60F:C260401BYN{opening}\r\n")?;
        }
        let (mark, code) = (if payment.credit { 'C' } else { 'D' }, payment.code());
        let (first, second) = code.split_at(20);
        balance =
            if payment.credit { balance + payment.kopecks } else { balance - payment.kopecks };
        let money = comma(payment.kopecks);
        write!(out, ":61:2604010401{mark}{money}NTRFREF{number:09}//BANK{number:09}\r\n")?;
        write!(out, ":86:166?00PAYMENT?109300?20SVWZ+ORDER {first}\r\n")?;
        write!(out, "?21{second} ADMINISTRATIVE PROC?22EDURE FEE?30AKBBBY2X\r\n")?;
        write!(out, "?31BY36AKBB30140000000000000002?32IVANOVA MARYIA?33PIATROUNA\r\n")?;
        if (number + 1).is_multiple_of(MT940_STATEMENT) || number + 1 == count {
            write!(out, ":62F:C260401BYN{}\r\n-\r\n", comma(balance))?;
        }
    }
    Ok(())
}

fn comma(kopecks: u64) -> String {
    amount(kopecks).replace('.', ",")
}

fn erip(out: &mut impl Write, count: u64) -> io::Result<()> {
    let total: u64 = payments(count).map(|payment| payment.kopecks).sum();
    let total = amount(total);
    encoded(
        out,
        &format!("5^70000007^12^20260401090000^{count}^740^100000007^933^{total}^0.00\r\n"),
    )?;
    for payment in payments(count) {
        let (number, money, code) = (payment.number + 1, payment.amount(), payment.code());
        let operation = 900_000_000 + payment.number;
        encoded(
            out,
            &format!(
                "{number}^2^{code}^ІВАНОВА МАРЫЯ ПЯТРОЎНА^вул. Першая, д. 1, кв. 2^04.2026^{money}^0.00^\
                 20260401083000^null^20260331120000^{operation}^81^K{operation}^MS^^740^^1^5\r\n"
            ),
        )?;
    }
    Ok(())
}

fn client_bank(out: &mut impl Write, count: u64) -> io::Result<()> {
    let [(_, came), (_, went)] = sums(count);
    let (came_text, went_text) = (amount(came), amount(went));
    encoded(
        out,
        &format!(
            "***** ^Type=4^ ^Acc={ACCOUNT}^  -  Выписка\r\n[OUT_PARAM]\r\n^RestIn={went_text}^\r\n"
        ),
    )?;
    for payment in payments(count) {
        let (number, money, code) = (payment.number + 1, payment.amount(), payment.code());
        let (debit, credit) =
            if payment.credit { ("0.00", money.as_str()) } else { (money.as_str(), "0.00") };
        let (first, second) = code.split_at(17);
        encoded(
            out,
            &format!(
                "^DocDate=01.04.2026^\r\n^Num={number}^\r\n^Code=AKBBBY2X^\r\n\
                 ^Acc=BY36AKBB30140000000000000002^\r\n^OperationID=OP{number:012}^\r\n\
                 ^Db={debit}^\r\n^Credit={credit}^\r\n^KorUNP=200000001^\r\n\
                 ^KorName=ІВАНОВА МАРЫЯ ПЯТРОЎНА^\r\n\
                 ^Nazn=OTHR 122601 Оплата заказа {first}^\r\n^Nazn2={second} без НДС^\r\n\
                 ^OpDate=01.04.2026^\r\n^DateTime=13:48:46^\r\n"
            ),
        )?;
    }
    encoded(
        out,
        &format!("^DB={went_text}^\r\n^CR={came_text}^\r\n^RestOut={came_text}^\r\n######\r\n"),
    )
}

/// Writes the text as these programs do.
fn encoded(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(&WINDOWS_1251.encode(text).0)
}

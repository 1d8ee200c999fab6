//! What holds for every format: rows against totals, hostile bytes, and the corpus of real files.

mod lines;
mod texts;
mod utf16;

use std::fmt::Write;
use std::io::{BufReader, Read};

use encoding_rs::{IBM866, WINDOWS_1251};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// The text as windows-1251 bytes.
pub(super) fn cp1251(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = WINDOWS_1251.encode(text);
    assert!(!lost, "the fixture has characters beyond windows-1251");
    bytes.into_owned()
}

/// Everything that reading `bytes` gives, as text.
pub(super) fn told(format: FileFormat, bytes: &[u8], options: &Options<'_>) -> String {
    let mut out = String::new();
    let mut reader = match Reader::open(format, bytes, options) {
        Ok(reader) => reader,
        Err(error) => return format!("refused: {error}\n"),
    };
    tell_head(&mut out, reader.head());
    for read in reader.by_ref() {
        match read {
            Ok(Ok(row)) => tell_row(&mut out, &row),
            Ok(Err(error)) => {
                writeln!(out, "{error} [{}]", error.reason.as_str()).unwrap();
            }
            Err(error) => writeln!(out, "stopped: {error}").unwrap(),
        }
    }
    tell_totals(&mut out, &reader);
    out
}

fn tell_head(out: &mut String, head: &FileHead) {
    write!(out, "{} {}", head.format, head.kind).unwrap();
    for (name, value) in [
        ("account", head.account.clone()),
        ("unp", head.unp.clone()),
        ("identity", head.statement_identities.first().map(ToString::to_string)),
        ("currency", head.currency.map(|currency| currency.to_string())),
    ] {
        if let Some(value) = value {
            write!(out, " {name}={value}").unwrap();
        }
    }
    out.push('\n');
}

fn tell_row(out: &mut String, row: &Row) {
    let sign = match row.direction {
        Direction::Credit => '+',
        Direction::Debit => '-',
    };
    let weak = if row.identity.is_weak() { " (weak)" } else { "" };
    let Row { row: number, byte_offset, state, amount, payment_id, .. } = row;
    writeln!(out, "{number} @{byte_offset} {state:?} {sign}{amount} {payment_id}{weak}").unwrap();
    let text = |value: &Option<String>| value.clone();
    for (name, value) in [
        ("withheld", row.withheld.map(|money| money.to_string())),
        ("fine", row.fine.map(|money| money.to_string())),
        ("paid", row.paid_at.map(|at| at.to_string())),
        ("booked", row.booked_on.map(|day| day.to_string())),
        ("reversed", row.reversed_at.map(|at| at.to_string())),
        ("payer", text(&row.payer.name)),
        ("payer id", text(&row.payer.id)),
        ("payer account", text(&row.payer.account)),
        ("beneficiary", text(&row.beneficiary_account)),
        ("erip", text(&row.references.erip_operation)),
        ("agent", text(&row.references.agent_operation)),
        ("document", text(&row.references.bank_document)),
        ("creditor", Some(row.references.creditor.join(", ")).filter(|all| !all.is_empty())),
        ("service", text(&row.service)),
        ("personal account", text(&row.personal_account)),
        ("purpose", row.purpose.as_ref().map(|purpose| format!("{purpose:?}"))),
    ] {
        if let Some(value) = value {
            writeln!(out, "    {name}: {value}").unwrap();
        }
    }
}

fn tell_totals<R: BufRead>(out: &mut String, reader: &Reader<R>) {
    let Totals { rows, refused, sums, .. } = reader.totals();
    writeln!(out, "{rows} rows, {refused} refused").unwrap();
    for Sums { credits, debits, withheld, fines, .. } in sums.values() {
        writeln!(out, "+{credits} -{debits} withheld {withheld} fines {fines}").unwrap();
    }
    for discrepancy in reader.findings() {
        writeln!(out, "disagrees: {discrepancy}").unwrap();
    }
    for warning in reader.warnings() {
        writeln!(out, "warning: {warning}").unwrap();
    }
}

#[track_caller]
pub(super) fn check(format: FileFormat, text: &str, options: &Options<'_>, expected: Expect) {
    expected.assert_eq(&told(format, &cp1251(text), options));
}

const REGISTER: &str = "5^70000007^12^20260401090000^1^740^100000007^933^3.00^0.00\n\
    1^2^555^Янка^^04.2026^3.00^0.00^20260401080000^^^77^8^^^";
const STATEMENT: &str = "***** ^Type=4^ ^Acc=BY00TEST^  -  Выписка\n^RestIn=0.00^\n\
    ^DocDate=01.04.2026^\n^Num=1^\n^OperationID=A1^\n^Db=0.00^\n^Credit=3.00^\n\
    ^KorName=Янка^\n^DB=0.00^\n^CR=3.00^\n^RestOut=3.00^\n######\n";

#[test]
fn formats_are_told_by_their_beginning() {
    let detect = |text: &str| FileFormat::detect(&cp1251(text));
    assert_eq!(detect(REGISTER), Some(FileFormat::Erip));
    assert_eq!(detect(STATEMENT), Some(FileFormat::ClientBank));
    assert_eq!(FileFormat::detect(format!("\u{feff}{STATEMENT}").as_bytes()), detect(STATEMENT));
    for other in ["", "\n\n", "^^^^^", "5^6^7^8^9", "***** ", "1CClientBankExchangeX\n", ":32A:X"] {
        assert_eq!(detect(other), None, "{other:?}");
    }
    assert_eq!(detect("\n 1cclientbankexchange \r\n"), Some(FileFormat::OneC));
    assert_eq!("client_bank".parse(), Ok(FileFormat::ClientBank));
    assert_eq!("erip".parse(), Ok(FileFormat::Erip));
    assert!("ERIP".parse::<FileFormat>().is_err());
    assert_eq!("amount_plus_fine".parse(), Ok(AmountRule::AmountPlusFine));
}

/// Gives one byte at a time, as a slow pipe would.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let take = out.len().min(1);
        self.0.read(&mut out[..take])
    }
}

#[test]
fn how_the_bytes_arrive_changes_nothing() {
    for (format, text) in [(FileFormat::Erip, REGISTER), (FileFormat::ClientBank, STATEMENT)] {
        let bytes = cp1251(&text.replace('\n', "\r\n"));
        let options = Options { file_name: Some("x.206"), ..Options::default() };
        let slow = BufReader::with_capacity(1, Trickle(&bytes));
        let whole: Vec<_> = Reader::open(format, &bytes[..], &options)
            .unwrap()
            .map(|read| read.unwrap().unwrap())
            .collect();
        let parts: Vec<_> = Reader::open(format, slow, &options)
            .unwrap()
            .map(|read| read.unwrap().unwrap())
            .collect();
        assert_eq!(whole, parts);
        assert_eq!(whole[0].payer.name.as_deref(), Some("Янка"));
    }
}

/// Files that no program should write; reading them must end, and never panic.
fn hostile() -> Vec<Vec<u8>> {
    let mut files = vec![];
    for (text, cut) in [(REGISTER, 60), (STATEMENT, 70)] {
        let bytes = cp1251(text);
        files.extend((0..=bytes.len()).map(|length| bytes[..length].to_vec()));
        let mut put = |filling: Vec<u8>| {
            files.push([&bytes[..cut], &filling[..], &bytes[cut..]].concat());
        };
        put(vec![0; 100]);
        put(vec![b'^'; 1_000_000]);
        put(vec![b'0'; 1_000_000]);
        put(b"\n^".repeat(100_000));
        put(b"^DocDate=\n".repeat(1_000));
        put(b"^Nazn=x\n".repeat(1_000));
        put(b"\n1^1^1^1^1^1^99999999999999999999^1^1^1^1^1".repeat(100));
        put((0..=255).collect());
    }
    files.push(vec![0xff; 4096]);
    files.push(b"\n".repeat(100_000));
    files
}

#[test]
fn hostile_files_are_read_to_an_end() {
    for bytes in hostile() {
        for format in FileFormat::ALL {
            for file_name in [None, Some("a.206"), Some("a.210"), Some("a.216")] {
                told(format, &bytes, &Options { file_name, ..Options::default() });
            }
        }
    }
}

#[test]
fn a_long_line_spoils_one_record_only() {
    let (header, record) = REGISTER.split_once('\n').unwrap();
    let long = format!("2^{}", "9".repeat(1_000_000));
    let text = format!("{}\n{record}\n{long}\n{record}\n", header.replace("^1^740", "^3^740"));
    let options = Options { file_name: Some("a.206"), ..Options::default() };
    let reader = Reader::open(FileFormat::Erip, text.as_bytes(), &options).unwrap();
    let read: Vec<_> =
        reader.map(|read| read.unwrap().map(|row| row.row).map_err(|error| error.reason)).collect();
    assert_eq!(read, [Ok(1), Err(RowFault::TooLong), Ok(3)]);
}

#[test]
fn sums_never_leave_their_range() {
    let (header, record) = REGISTER.split_once('\n').unwrap();
    let rich = record.replace("3.00", "9999999999999.99");
    let text = format!("{header}\n{}", format!("{rich}\n").repeat(9_300));
    let options = Options { file_name: Some("a.206"), ..Options::default() };
    let mut reader = Reader::open(FileFormat::Erip, text.as_bytes(), &options).unwrap();
    let refused = reader.by_ref().filter(|read| matches!(read, Ok(Err(_)))).count();
    assert_eq!(refused, 77);
    assert!(!reader.findings().is_empty());
}

/// Lines and values of both formats in any order, and bytes of any kind between them.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&'static str> =
        REGISTER.lines().chain(STATEMENT.lines()).chain(["", "^", "^=^", "[IN_PARAM]"]).collect();
    let piece = prop_oneof![
        8 => proptest::sample::select(lines).prop_map(cp1251),
        2 => proptest::collection::vec(any::<u8>(), 0..20),
        4 => Just(b"\n".to_vec()),
        1 => "[0-9.^=#*-]{0,30}".prop_map(String::into_bytes),
    ];
    let start = proptest::sample::select(vec![
        cp1251(REGISTER.lines().next().unwrap()),
        cp1251(STATEMENT.lines().next().unwrap()),
        vec![],
    ]);
    (start, proptest::collection::vec(piece, 0..40)).prop_map(|(mut bytes, pieces)| {
        bytes.push(b'\n');
        bytes.extend(pieces.concat());
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn no_bytes_make_a_reader_panic(
        bytes in prop_oneof![mangled(), proptest::collection::vec(any::<u8>(), 0..600)],
        file_name in proptest::sample::select(vec![None, Some("a.206"), Some("a.210")]),
    ) {
        let _ = FileFormat::detect(&bytes);
        for format in FileFormat::ALL {
            told(format, &bytes, &Options { file_name, ..Options::default() });
        }
    }
}

/// Files of the corpus that the variable names: real ones are not part of this repository.
#[test]
fn corpus_files_give_their_known_numbers() {
    let Some(folder) = std::env::var_os("KVIT_CORPUS").map(std::path::PathBuf::from) else {
        println!("KVIT_CORPUS is not set: no corpus was read");
        return;
    };
    let mut out = String::new();
    for file in [
        "byclient/bx-shef__demo-type3-vpsk.txt",
        "byclient/bx-shef__demo-type4-alfa.txt",
        "byclient/bx-shef__vypiska-alfa.txt",
        "erip/0000123.202",
        "erip/0000900.204",
        "erip/0000901.206",
        "erip/0000902.210",
        "erip/0000903.216",
    ] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let format = FileFormat::detect(&bytes).unwrap();
        let options = Options { file_name: Some(file), ..Options::default() };
        let told = told(format, &bytes, &options);
        let numbers = told.lines().skip_while(|line| !line.contains(" rows, "));
        let numbers: Vec<&str> = numbers.collect();
        let numbers = if numbers.is_empty() { told.trim().to_owned() } else { numbers.join("; ") };
        writeln!(out, "{file}: {numbers}").unwrap();
    }
    expect![[r#"
        byclient/bx-shef__demo-type3-vpsk.txt: 2 rows, 0 refused; +500.00 BYN -300.00 BYN withheld 0.00 BYN fines 0.00 BYN
        byclient/bx-shef__demo-type4-alfa.txt: 3 rows, 0 refused; +0.00 BYN -297.23 BYN withheld 0.00 BYN fines 0.00 BYN
        byclient/bx-shef__vypiska-alfa.txt: 4 rows, 0 refused; +5890.00 BYN -540.00 BYN withheld 0.00 BYN fines 0.00 BYN
        erip/0000123.202: refused: an ERIP message 202 is not a payment register
        erip/0000900.204: 0 rows, 0 refused; warning: message 202 number 123 was accepted
        erip/0000901.206: 2 rows, 0 refused; +49.50 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        erip/0000902.210: 1 rows, 0 refused; +45.00 BYN -0.00 BYN withheld 0.45 BYN fines 0.00 BYN
        erip/0000903.216: 1 rows, 0 refused; +4.50 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]].assert_eq(&out);
}

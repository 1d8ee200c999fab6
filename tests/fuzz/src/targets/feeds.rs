//! Statement files: ERIP's messages, the client-bank text, 1CClientBankExchange, MT940, camt, and
//! in which character set they are.

use std::io::BufReader;

use kvit_adapters::feeds::{AmountRule, FileFormat, Options, Reader};

const NAMES: [Option<&str>; 4] = [None, Some("0000012.206"), Some("12.210"), Some("/a/12.216")];
/// The client-bank text around the bytes whose character set is to be told.
const AROUND: [&[u8]; 2] = [
    b"***** ^Type=4^ ^Acc=BY00TEST^\n^RestIn=0.00^\n^DocDate=01.04.2026^\n^Num=1^\n\
      ^OperationID=A1^\n^Db=0.00^\n^Credit=3.00^\n^KorName=",
    b"^\n^DB=0.00^\n^CR=3.00^\n^RestOut=3.00^\n######\n",
];

/// The first byte, from `a` on, says the file's name and which amounts count.
pub(super) fn erip(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    let choice = usize::from(first.wrapping_sub(b'a'));
    let rule = [AmountRule::Amount, AmountRule::AmountPlusFine][choice / NAMES.len() % 2];
    let options =
        Options { file_name: NAMES[choice % NAMES.len()], amount_rule: rule, ..Options::default() };
    read_twice(FileFormat::Erip, bytes, &options);
}

pub(super) fn client_bank(input: &[u8]) {
    read_twice(FileFormat::ClientBank, input, &Options::default());
}

pub(super) fn onec(input: &[u8]) {
    read_twice(FileFormat::OneC, input, &Options::default());
}

pub(super) fn mt940(input: &[u8]) {
    read_twice(FileFormat::Mt940, input, &Options::default());
}

pub(super) fn camt(input: &[u8]) {
    read_twice(FileFormat::Camt, input, &Options::default());
}

/// Any bytes as a text among a statement's.
pub(super) fn charset(input: &[u8]) {
    let marked = FileFormat::detect(&[b"\xef\xbb\xbf", input].concat());
    // What has a mark already, or is UTF-16, is another file behind a mark.
    let is_other = input.starts_with(b"\xef\xbb\xbf")
        || input.iter().take(2).any(|byte| matches!(byte, 0 | 0xfe | 0xff));
    assert!(FileFormat::detect(input) == marked || is_other, "a mark counts");
    let file = [AROUND[0], input, AROUND[1]].concat();
    read_twice(FileFormat::ClientBank, &file, &Options::default());
}

/// Whole and in small pieces: the same comes of it.
pub(super) fn read_twice(format: FileFormat, bytes: &[u8], options: &Options<'_>) {
    let whole = read(format, BufReader::with_capacity(64 << 10, bytes), bytes.len(), options);
    let pieces = read(format, BufReader::with_capacity(5, bytes), bytes.len(), options);
    assert!(whole == pieces, "{whole:?} and in pieces {pieces:?}");
}

/// Reads to the end; a digest of all that was told, in words.
fn read(
    format: FileFormat,
    source: BufReader<&[u8]>,
    length: usize,
    options: &Options<'_>,
) -> String {
    let mut reader = match Reader::open(format, source, options) {
        Ok(reader) => reader,
        Err(error) => return format!("refused: {error}"),
    };
    let (mut usable, mut unusable, mut texts, mut stopped) = (0_u64, 0_u64, 0, None);
    for read in reader.by_ref() {
        match read {
            Ok(Ok(row)) => {
                usable += 1;
                texts += row.payment_id.to_string().len();
            }
            Ok(Err(error)) => {
                unusable += 1;
                texts += error.to_string().len();
            }
            Err(error) => stopped = Some(error.to_string()),
        }
        // A record takes a byte at least: whoever reads more goes round in circles.
        assert!(usable + unusable <= u64::try_from(length).unwrap_or(u64::MAX) + 1, "no end");
    }
    assert!(reader.totals().refused == unusable || stopped.is_some(), "{:?}", reader.totals());
    let (totals, check) = (reader.totals().clone(), reader.findings());
    format!("{usable} {unusable} {texts} {stopped:?} {} {totals:?} {check:?}", reader.charset())
}

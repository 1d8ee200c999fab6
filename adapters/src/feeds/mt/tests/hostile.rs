//! Files that no bank should write: reading ends, never panics, and never gives more than the
//! truth.

use std::io::{BufReader, Cursor, Read};

use proptest::prelude::*;

use super::{HEAD, message, told};
use crate::feeds::{Direction, FeedError, FileFormat, Options, Reader, RowFault, RowState};

const FILE: &str = "{1:F01BANKBY2XAXXX0000000000}{2:I940BANKBY2XXXXXN}{4:\r\n:20:X1\r\n\
    :25:BY00TEST/0001\r\n:28C:7/1\r\n:60F:C260401BYN100,00\r\n\
    :61:2604010401C1234,56NTRFNONREF//BANK000001\r\nsupplement\r\n\
    :86:166?00GUTSCHRIFT?20EREF+E-1?21SVWZ+fee 12000000000000000000?22\r\n0000000017?32J. PAYER\r\n\
    :61:2604010401D234,50NTRF77//BANK000002\r\n:86:/REMI/more/EREF/E-2\r\n\
    :61:2604010401RC34,00NTRF77//BANK000003\r\n:61:260401C7,\r\n\
    :62F:C260401BYN1066,06\r\n:86:statement\r\n-}{5:{CHK:0}}\r\n\
    :20:X2\r\n:25:BY00TEST/0002\r\n:28C:1\r\n:34F:BYN0,\r\n:13D:2604010101+0300\r\n\
    :61:260401C8,00NTRFNONREF\r\n:NS:01text\r\n:90D:0BYN0,\r\n:90C:1BYN8,00\r\n-\r\n";

/// The rows, entries and sum of credits.
/// Byte offset, state, minor units and identity.
type Seen = (u64, RowState, i64, String);

fn read(bytes: &[u8]) -> (Vec<Seen>, u64, i64) {
    let Ok(mut reader) = Reader::open(FileFormat::Mt940, bytes, &Options::default()) else {
        return (Vec::new(), 0, 0);
    };
    let mut rows = Vec::new();
    for read in reader.by_ref() {
        if let Ok(Ok(row)) = read {
            let minor = match row.direction {
                Direction::Credit => row.amount.minor(),
                Direction::Debit => -row.amount.minor(),
            };
            rows.push((row.row, row.state, minor, row.payment_id.to_string()));
        }
    }
    let credits = reader.totals().sums.values().map(|sums| sums.credits.minor()).sum();
    (rows, reader.totals().entries, credits)
}

#[test]
fn a_file_cut_anywhere_gives_no_more_than_the_whole() {
    let (whole, entries, credits) = read(FILE.as_bytes());
    assert_eq!(whole.len(), 4);
    assert_eq!((entries, credits), (5, 123_456 + 800));
    for length in 0..FILE.len() {
        let (rows, entries_here, credits_here) = read(&FILE.as_bytes()[..length]);
        assert!(entries_here <= entries && credits_here <= credits, "cut at {length}");
        for row in &rows {
            // A statement's entries are the same ones, by identity, too. An interim report has no
            // last field, so that its last entry may be cut in its text and thus in its identity.
            let same = whole.iter().any(|known| {
                (known.0, known.1, known.2) == (row.0, row.1, row.2)
                    && (known.3 == row.3 || row.1 == RowState::Accepted)
            });
            assert!(same, "cut at {length}: {row:?}");
        }
    }
}

#[test]
fn an_entry_cut_in_its_amount_is_no_entry() {
    for cut in ["C", "C5", "C50", "C50,", "C50,0", "C50,00", "C50,00 "] {
        let text = format!("{HEAD}:61:260401{cut}");
        let (rows, entries, credits) = read(text.as_bytes());
        assert_eq!((rows.len(), entries, credits), (0, 1, 0), "{cut}");
    }
}

#[test]
fn how_the_bytes_arrive_changes_nothing() {
    let whole = read(FILE.as_bytes());
    for size in [1, 2, 3, 7, 64, 100] {
        let slow = BufReader::with_capacity(size, Cursor::new(FILE.as_bytes()));
        let mut reader = Reader::open(FileFormat::Mt940, slow, &Options::default()).unwrap();
        let ids: Vec<_> = reader.by_ref().flatten().flatten().collect();
        let ids: Vec<_> = ids.iter().map(|row| row.payment_id.to_string()).collect();
        assert_eq!(ids, whole.0.iter().map(|row| row.3.clone()).collect::<Vec<_>>(), "{size}");
        assert_eq!(reader.bytes_read(), u64::try_from(FILE.len()).unwrap());
    }
}

#[test]
fn what_is_too_long_spoils_its_entry_only() {
    let long = "9".repeat(1_000_000);
    let text = message(&format!(
        ":61:260401C5,00NTRFNONREF
         :86:{long}
         :61:260401C6,00NTRFNONREF
         :86:{}
         :61:260401C7,00NTRFNONREF{long}
         :61:260401C{long},00NTRFNONREF
         :61:260401C8,00NTRFNONREF",
        "12345678\n".repeat(10_000)
    ));
    let reader = Reader::open(FileFormat::Mt940, text.as_bytes(), &Options::default()).unwrap();
    let read: Vec<_> =
        reader.map(|read| read.unwrap().map(|row| row.row).map_err(|error| error.reason)).collect();
    let long = Err(RowFault::TooLong);
    assert_eq!(read, [long, long, long, Err(RowFault::Unterminated), Ok(5)]);
}

#[test]
fn hostile_files_are_read_to_an_end() {
    let at = FILE.find(":61:").unwrap();
    let mut files: Vec<Vec<u8>> =
        vec![vec![0xff; 4096], b"\n".repeat(100_000), b":".repeat(100_000)];
    for filling in [
        vec![0; 100],
        b":20:".repeat(20_000),
        b":20:\n".repeat(20_000),
        b":61:\n".repeat(20_000),
        b":86:\n".repeat(20_000),
        b"{4:".repeat(20_000),
        b"-}{1:{4:".repeat(20_000),
        b"-\n".repeat(20_000),
        b"?20".repeat(20_000),
        b"/REMI".repeat(12_000),
        b":86:/REMI/".repeat(6_000),
        [&b":61:260401C1,NTRF\n:86:?20"[..], &b"EREF+".repeat(13_000)].concat(),
        [&b":61:260401C1,NTRF\n:86:/"[..], &b"NAME/".repeat(13_000)].concat(),
        [&b":61:260401C1,NTRF\n:86:?"[..], &b"20?\n".repeat(16_000)].concat(),
        (0..=255).collect(),
        b":60F:C000000XXX1\n:60M:D999999JPY99999999999999999999,\n".repeat(1_000),
        b":25:1\n:62F:C260401BYN1,\n".repeat(5_000),
    ] {
        files.push([&FILE.as_bytes()[..at], &filling[..], &FILE.as_bytes()[at..]].concat());
    }
    for bytes in files {
        told(&bytes, &Options::default());
    }
}

#[test]
fn a_message_is_never_held_and_offsets_are_those_of_the_file() {
    let entry = ":61:260401C1,00NTRFNONREF//BANK000001\r\n:86:text\r\n";
    let count: usize = 20_000;
    let text = format!("{HEAD}{}:62F:C260401BYN20100,00\r\n", entry.repeat(count));
    let mut reader = Reader::open(FileFormat::Mt940, text.as_bytes(), &Options::default()).unwrap();
    // Opening reads one entry and the line that ends it, no more.
    assert!(reader.bytes_read() < u64::try_from(HEAD.len() + 3 * entry.len()).unwrap());
    let mut last = 0;
    for read in reader.by_ref() {
        let row = read.unwrap().unwrap();
        let at = usize::try_from(row.byte_offset).unwrap();
        assert!(text[at..].starts_with(":61:") && row.byte_offset > last);
        last = row.byte_offset;
    }
    assert_eq!(reader.totals().rows, u64::try_from(count).unwrap());
    assert!(reader.findings().is_empty(), "{:?}", reader.findings());
}

#[test]
fn sums_never_leave_their_range() {
    let rich = ":61:260401C9999999999999,99NTRFNONREF\r\n".repeat(9_300);
    let text = message(&rich);
    let mut reader = Reader::open(FileFormat::Mt940, text.as_bytes(), &Options::default()).unwrap();
    assert!(matches!(reader.by_ref().last(), Some(Err(FeedError::Sum))));
}

/// Fails where the file should have gone on.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(std::io::Error::other("the pipe broke")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_source_that_fails_is_no_end_of_the_file() {
    let source = BufReader::new(Broken(FILE.as_bytes()));
    let mut reader = Reader::open(FileFormat::Mt940, source, &Options::default()).unwrap();
    assert!(matches!(reader.by_ref().last(), Some(Err(FeedError::Io(_)))));
    assert_eq!(reader.statements(), 1);
}

fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&'static str> =
        FILE.lines().chain(["", "-", ":", ":86:", "?20", "/EREF/"]).collect();
    let piece = prop_oneof![
        8 => proptest::sample::select(lines).prop_map(|line| line.as_bytes().to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..20),
        6 => Just(b"\r\n".to_vec()),
        2 => "[0-9:?,{}/A-Z-]{0,30}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in prop_oneof![mangled(), proptest::collection::vec(any::<u8>(), 0..600)],
    ) {
        let _ = FileFormat::detect(&bytes);
        let first = told(&bytes, &Options::default());
        prop_assert_eq!(first, told(&bytes, &Options::default()));
    }

    #[test]
    fn a_changed_byte_never_makes_more_entries_than_lines(
        at in 0..FILE.len(), byte in any::<u8>(),
    ) {
        let mut bytes = FILE.as_bytes().to_vec();
        bytes[at] = byte;
        let (_, entries, _) = read(&bytes);
        prop_assert!(entries <= 6, "{entries}");
    }
}

//! What is wrong with files: each fault costs its own row, and no row is read as another one.

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::feeds::Row;

/// Date, amount, text, reference; separated as `;`.
fn simple() -> TableMapping {
    delimited(b';', |it| {
        it.columns.date = column("date");
        it.columns.amount = column("amount");
        it.columns.purpose = columns(&["text"]);
        it.columns.bank_reference = column("ref");
    })
}

fn rows(mapping: &TableMapping, bytes: &[u8]) -> Vec<Result<Row, String>> {
    let options = Options { table: Some(mapping), ..Options::default() };
    let Ok(reader) = crate::feeds::Reader::open(FileFormat::Table, bytes, &options) else {
        return Vec::new();
    };
    let told = |read: Result<Result<Row, crate::feeds::RowError>, FeedError>| {
        read.map(|row| row.map_err(|error| error.to_string()))
    };
    reader.map(|read| told(read).unwrap()).collect()
}

#[test]
fn a_stray_quote_swallows_no_row() {
    let text = "\
date;amount;text;ref
01.04.2026;1,00;\"stray;A
02.04.2026;2,00;\"good;text\";B
03.04.2026;3,00;two \"words\";C
04.04.2026;4,00;\"inner\" quote;D
05.04.2026;5,00;\"two
lines\";E
06.04.2026;6,00;\"no end;F
07.04.2026;7,00;more;G
";
    check(
        &simple(),
        text.as_bytes(),
        expect![[r#"
        table delimited currency=BYN
        row 1 at byte 21: a quoted value has no end [unterminated]
        2 @46 Credited +2.00 BYN /B/2026-04-02/credit/2.00/BYN
            booked: 2026-04-02
            purpose: "good;text"
        3 @76 Credited +3.00 BYN /C/2026-04-03/credit/3.00/BYN
            booked: 2026-04-03
            purpose: "two \"words\""
        4 @106 Credited +4.00 BYN /D/2026-04-04/credit/4.00/BYN
            booked: 2026-04-04
            purpose: "inner quote"
        5 @138 Credited +5.00 BYN /E/2026-04-05/credit/5.00/BYN
            booked: 2026-04-05
            purpose: "two\nlines"
        row 6 at byte 168: a quoted value has no end [unterminated]
        7 @194 Credited +7.00 BYN /G/2026-04-07/credit/7.00/BYN
            booked: 2026-04-07
            purpose: "more"
        5 rows, 2 refused
        +21.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
    "#]],
    );
}

#[test]
fn rows_that_do_not_fit_the_table_are_told() {
    let text = "\
date;amount;text;ref
01.04.2026;1,00;a;b;c;A
02.04.2026
03.04.2026;x;text;C
04.04.2026;;text;D
32.04.2026;5,00;text;E
;6,00;text;F
07.04.2026;7,00;text;G;;
date;amount;text;ref

08.04.2026;8,00;text;0
08.04.2026;8,00;text;NOTPROVIDED
09.04.2026;9,00;1,23E+29;I";
    check(
        &simple(),
        text.as_bytes(),
        expect![[r#"
            table delimited currency=BYN
            row 1 at byte 21: a row has 6 values, the table 4 [layout]
            row 2 at byte 45: amount is missing [missing]
            row 3 at byte 56: amount cannot be "x" [amount]
            row 4 at byte 76: amount is missing [missing]
            row 5 at byte 95: date cannot be "32.04.2026" [date]
            row 6 at byte 118: date is missing [missing]
            7 @131 Credited +7.00 BYN /G/2026-04-07/credit/7.00/BYN
                booked: 2026-04-07
                purpose: "text"
            8 @178 Credited +8.00 BYN weak-16a90f6e8a195a0e3ce33c5941ab7f3b0343bc628c6c93642a88272466dff380 (weak)
                booked: 2026-04-08
                purpose: "text"
            9 @201 Credited +8.00 BYN weak-16a90f6e8a195a0e3ce33c5941ab7f3b0343bc628c6c93642a88272466dff380#2 (weak)
                booked: 2026-04-08
                purpose: "text"
            10 @234 Credited +9.00 BYN /I/2026-04-09/credit/9.00/BYN
                booked: 2026-04-09
                purpose: "1,23E+29"
            4 rows, 6 refused
            +43.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
            warning: row 10 has a number that a spreadsheet rounded, such as 1E+29: order codes are lost
            warning: the last row has no line end: its last value may be cut
        "#]],
    );
}

#[test]
fn equal_references_are_numbered_and_days_tell_them_apart() {
    let text = "\
date;amount;text;ref
01.04.2026;1,00;a;R 1
01.04.2026;1,00;b;R 1
01.04.2026;2,00;c;R 1
02.04.2026;1,00;d;R 1
";
    let ids: Vec<String> = rows(&simple(), text.as_bytes())
        .into_iter()
        .map(|row| row.unwrap().payment_id.to_string())
        .collect();
    expect![[r#"
        /R/1/2026-04-01/credit/1.00/BYN
        /R/1/2026-04-01/credit/1.00/BYN#2
        /R/1/2026-04-01/credit/2.00/BYN
        /R/1/2026-04-02/credit/1.00/BYN"#]]
    .assert_eq(&ids.join("\n"));
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn a_file_without_its_totals_or_header_is_told() {
    let mapping = delimited(b';', |it| {
        it.columns.date = column("date");
        it.columns.amount = column("amount");
        it.rows.total = texts(&["total"]);
        it.rows.total_count = column("2");
    });
    check(
        &mapping,
        b"date;amount\n01.04.2026;1,00\n",
        expect![[r#"
        table delimited currency=BYN
        1 @12 Credited +1.00 BYN weak-dc33cbb34ab0f026621d321d65fc28baca3da4abff2cc084ce61d4f8a008fc85 (weak)
            booked: 2026-04-01
        1 rows, 0 refused
        +1.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: the mark at the end is missing
    "#]],
    );
    check(
        &mapping,
        b"date;amount\n01.04.2026;1,00\ntotal;7 rows\n",
        expect![[r#"
        table delimited currency=BYN
        1 @12 Credited +1.00 BYN weak-dc33cbb34ab0f026621d321d65fc28baca3da4abff2cc084ce61d4f8a008fc85 (weak)
            booked: 2026-04-01
        1 rows, 0 refused
        +1.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: 7 records are declared, 1 were read
    "#]],
    );
    check(
        &mapping,
        b"date;sum\n01.04.2026;1,00\n",
        expect![[r#"
        refused: no row names the columns; the one that comes nearest lacks "amount"
    "#]],
    );
    check(
        &mapping,
        b"date;amount;Date\n01.04.2026;1,00\n",
        expect![[r#"
        refused: two columns are called "date": the mapping must use the position
    "#]],
    );
    check(
        &mapping,
        b"",
        expect![[r#"
        refused: the file is empty
    "#]],
    );
    let long = [b"date;amount\n01.04.2026;".as_slice(), &b"1".repeat(70_000), b"\n02.04.2026;2"];
    check(
        &mapping,
        &long.concat(),
        expect![[r#"
            table delimited currency=BYN
            row 1 at byte 12: a line has more than 65536 bytes [too_long]
            2 @70024 Credited +2.00 BYN weak-e4cb9975db0aeaef5f63ec0aff1cea52bdd0ff081ce1364f04f37ab3e2b95e86 (weak)
                booked: 2026-04-02
            1 rows, 1 refused
            +2.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
            disagrees: the mark at the end is missing
            warning: the last row has no line end: its last value may be cut
        "#]],
    );
}

#[test]
fn a_cut_file_never_tells_more_than_the_truth() {
    let text = "date;amount;text;ref\r\n01.04.2026;12,34;\"a\r\n\"\"b\"\"\";R1\r\n\
                02.04.2026;-5,00;c;R2\r\n03.04.2026;7,00;\u{43a};R3\r\n";
    let whole = rows(&simple(), text.as_bytes());
    for end in 0..text.len() {
        let cut = rows(&simple(), &text.as_bytes()[..end]);
        assert!(cut.len() <= whole.len(), "at {end}");
        for (cut, whole) in cut.iter().zip(&whole) {
            let (Ok(cut), Ok(whole)) = (cut, whole) else { continue };
            assert!(cut.amount.minor() <= whole.amount.minor(), "at {end}");
            assert_eq!((cut.direction, cut.booked_on), (whole.direction, whole.booked_on));
        }
    }
}

/// A row as a table says it: day, minor units with their sign, text, reference.
type Said = (u32, i64, String, String);

fn said() -> impl Strategy<Value = Said> {
    let text = "[a-zа-я0-9 ;\"\n,.]{0,30}";
    (1..=28_u32, -9_999_999..9_999_999_i64, text, "[A-Z0-9/]{1,16}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn what_is_written_is_read(all in prop::collection::vec(said(), 0..20), crlf: bool) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = format!("date;amount;text;ref{end}");
        for (day, minor, words, reference) in &all {
            let sign = if *minor < 0 { "-" } else { "" };
            let (whole, part) = (minor.abs() / 100, minor.abs() % 100);
            let words = quoted(&words.replace('\n', end));
            text += &format!("{day:02}.04.2026;{sign}{whole},{part:02};{words};\"{reference}\"{end}");
        }
        let read = rows(&simple(), text.as_bytes());
        prop_assert_eq!(read.len(), all.len());
        for (row, (day, minor, words, reference)) in read.into_iter().zip(&all) {
            let row = row.unwrap();
            prop_assert_eq!(row.amount.minor(), minor.abs());
            prop_assert_eq!(row.direction == crate::feeds::Direction::Debit, *minor < 0);
            prop_assert_eq!(row.booked_on, kvit_schemas::Day::new(2026, 4, *day));
            prop_assert_eq!(row.purpose.unwrap_or_default(), words.trim());
            let named = reference.chars().any(|c| c != '0');
            prop_assert_eq!(row.references.bank_reference, named.then(|| reference.clone()));
        }
    }

    #[test]
    fn no_bytes_make_it_panic_and_how_they_arrive_changes_nothing(
        head in "(date;amount;text;ref\n)?",
        tail in "[0-9.;,\"\n\r\t a-zа]{0,200}",
        capacity in 1..20_usize,
    ) {
        let bytes = format!("{head}{tail}").into_bytes();
        let mapping = simple();
        let options = Options { table: Some(&mapping), ..Options::default() };
        let source = std::io::BufReader::with_capacity(capacity, &bytes[..]);
        let slow = crate::feeds::Reader::open(FileFormat::Table, source, &options);
        let slow: Vec<_> = match slow {
            Ok(reader) => reader.map(|it| it.unwrap().map_err(|error| error.to_string())).collect(),
            Err(_) => Vec::new(),
        };
        prop_assert_eq!(slow, rows(&mapping, &bytes));
    }
}

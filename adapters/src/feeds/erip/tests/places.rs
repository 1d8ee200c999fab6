//! Fields that are missing at the end, or too many there (DOMAIN.md 1.2), and names of files.

use super::*;

/// The header and the first record of a message, without spaces at their ends.
fn parts(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut lines = text.lines();
    let mut fields = || lines.next().unwrap().trim().split('^').collect();
    (fields(), fields())
}

/// What is read of the first record, or why nothing is.
fn first(name: &str, header: &[&str], record: &[&str]) -> String {
    let text = format!("{}\r\n{}\r\n", header.join("^"), record.join("^"));
    let told = tests::told(FileFormat::Erip, &tests::cp1251(&text), &named(name));
    let mut lines = told.lines();
    let head = lines.next().unwrap();
    let Some(row) = lines.next() else { return head.to_owned() };
    row.split_once(' ').map_or(row, |(_, rest)| rest).split_once(' ').unwrap().1.to_owned()
}

#[test]
fn fields_at_the_end_may_be_missing_or_too_many() {
    let mut out = String::new();
    for (name, text) in [("1.206", ACCEPTED), ("1.210", CREDITED), ("1.216", REVERSED)] {
        let (header, record) = parts(text);
        let whole = first(name, &header, &record);
        let mut told: Vec<(String, String)> = Vec::new();
        let mut tell = |what: String, read: String| {
            let kind = |read: &str| read.split(" of ").next().map(str::to_owned);
            if told.last().is_none_or(|(_, last)| kind(last) != kind(&read)) {
                told.push((what, read));
            }
        };
        for length in (0..header.len()).rev() {
            tell(format!("header of {length}"), first(name, &header[..length], &record));
        }
        for length in (0..record.len()).rev() {
            tell(format!("record of {length}"), first(name, &header, &record[..length]));
        }
        for (what, read) in told {
            out += &format!("{name} {what}: {read}\n");
        }
        let extra = ["", "1", "933", "20260401120000", "10.00"];
        for more in 1..=extra.len() {
            let longer = [&header[..], &extra[..more]].concat();
            assert_eq!(first(name, &longer, &record), whole, "{name} {longer:?}");
            let longer = [&record[..], &extra[..more]].concat();
            assert_eq!(first(name, &header, &longer), whole, "{name} {longer:?}");
        }
    }
    expect![[r#"
        1.206 header of 9: Accepted +30.00 BYN 900000071
        1.206 header of 7: refused: the name says kind 206, the first line is not of that kind
        1.206 header of 3: refused: the file does not begin as the format erip does
        1.206 record of 19: Accepted +30.00 BYN 900000071
        1.206 record of 11: at byte 61: a record of 11 fields [layout]
        1.206 record of 0: 0 refused
        1.210 header of 17: Credited +30.00 BYN 900000071
        1.210 header of 11: refused: the name says kind 210, the first line is not of that kind
        1.210 header of 3: refused: the file does not begin as the format erip does
        1.210 record of 19: Credited +30.00 BYN 900000071
        1.210 record of 12: at byte 137: a record of 12 fields [layout]
        1.210 record of 0: 0 refused
        1.216 header of 8: Reversed +3.10 BYN 900000072
        1.216 header of 7: refused: the name says kind 216, the first line is not of that kind
        1.216 header of 3: refused: the file does not begin as the format erip does
        1.216 record of 20: Reversed +3.10 BYN 900000072
        1.216 record of 12: at byte 55: a record of 12 fields [layout]
        1.216 record of 0: 0 refused
    "#]]
    .assert_eq(&out);
}

#[test]
fn names_tell_kinds_wherever_a_message_lay() {
    let mut out = String::new();
    for name in [
        "0000012.206",
        "/out/0000012.206",
        "out/0000012.206",
        "\\out\\0000012.206",
        "/out/bak/12.206 ",
        "12.206.txt",
        "12.206.TXT",
        "12.206.bak",
        ".206",
        "206",
        "12.216",
        "12.204",
        "12.206.210",
        "01.04.2026",
        "a.206/12",
        "",
    ] {
        let told = tests::told(FileFormat::Erip, &tests::cp1251(ACCEPTED), &named(name));
        out += &format!("{name:?}: {}\n", told.lines().next().unwrap());
    }
    expect![[r#"
        "0000012.206": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "/out/0000012.206": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "out/0000012.206": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "\\out\\0000012.206": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "/out/bak/12.206 ": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "12.206.txt": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "12.206.TXT": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "12.206.bak": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        ".206": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "206": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "12.216": erip 216 unp=100000007 identity=216-12-20260401090000 currency=BYN
        "12.204": refused: the name says kind 204, the first line is not of that kind
        "12.206.210": refused: the name says kind 210, the first line is not of that kind
        "01.04.2026": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "a.206/12": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
        "": erip 206 unp=100000007 identity=206-12-20260401090000 currency=BYN
    "#]]
    .assert_eq(&out);
}

#[test]
fn a_personal_account_may_be_the_code() {
    let bytes = tests::cp1251(ACCEPTED);
    let reader = crate::feeds::Reader::open(FileFormat::Erip, &bytes[..], &named("1.206")).unwrap();
    let codes: Vec<Vec<String>> = reader
        .map(|read| read.unwrap().unwrap().order_codes())
        .map(|codes| codes.iter().map(|found| found.code.to_string()).collect())
        .collect();
    assert_eq!(codes, [vec!["100000000000000000000000000042".to_owned()], vec![]]);
}

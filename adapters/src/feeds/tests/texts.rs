//! Character sets, amounts and times, whatever the format.

use super::*;

#[test]
fn the_bytes_tell_the_character_set() {
    let name = |bytes: &[u8]| {
        let mut reader = Reader::open(FileFormat::ClientBank, bytes, &Options::default()).unwrap();
        let row = reader.next().unwrap().unwrap();
        row.map(|row| row.payer.name.unwrap()).map_err(|error| error.reason)
    };
    let cp866 = IBM866.encode(STATEMENT).0.into_owned();
    assert_eq!(name(&cp1251(STATEMENT)), Ok("Янка".to_owned()));
    assert_eq!(name(STATEMENT.as_bytes()), Ok("Янка".to_owned()));
    assert_eq!(name(format!("\u{feff}{STATEMENT}").as_bytes()), Ok("Янка".to_owned()));
    assert_eq!(name(&cp866), Ok("Янка".to_owned()));
    // Without the word in the title nothing speaks for code page 866.
    let untitled = STATEMENT.replace("Выписка", "");
    assert_eq!(name(&IBM866.encode(&untitled).0), Ok("џ\u{ad}Є".to_owned()));
    // A sign that is no letter decides nothing.
    let signs = STATEMENT.replace("Выписка", "№ 5");
    assert_eq!(name(signs.as_bytes()), Ok("Янка".to_owned()));
    // Two character sets in one file.
    let mut mixed = STATEMENT.as_bytes().to_vec();
    let at = STATEMENT.find("Янка").unwrap();
    mixed.splice(at.."Янка".len() + at, cp1251("Янка"));
    assert_eq!(name(&mixed), Err(RowFault::Charset));
}

#[test]
fn amounts_are_digits_with_a_separator() {
    let byn = kvit_schemas::Currency::BYN;
    let jpy = "JPY".parse().unwrap();
    let mut out = String::new();
    for (text, currency) in [
        ("45.00", byn),
        (" 45,5 ", byn),
        ("000000300.00000", byn),
        ("0", byn),
        ("00", byn),
        ("9999999999999.99", byn),
        ("700", jpy),
        ("700.00", jpy),
        ("45", byn),
        ("45.", byn),
        (".50", byn),
        ("45.001", byn),
        ("1.234.56", byn),
        ("1 000.00", byn),
        ("1'000.00", byn),
        ("-1.00", byn),
        ("+1.00", byn),
        ("1e3.0", byn),
        ("٤٥.٠٠", byn),
        ("4５.00", byn),
        ("10000000000000.00", byn),
        ("1.00000000000", byn),
        ("", byn),
        ("NaN", byn),
        ("700.50", jpy),
    ] {
        let read = values::amount("Db", text, currency);
        let shown = read.map_or_else(|fault| fault.detail, |money| money.to_string());
        writeln!(out, "{text:<18} {currency}  {shown}").unwrap();
    }
    expect![[r#"
        45.00              BYN  45.00 BYN
         45,5              BYN  45.50 BYN
        000000300.00000    BYN  300.00 BYN
        0                  BYN  0.00 BYN
        00                 BYN  0.00 BYN
        9999999999999.99   BYN  9999999999999.99 BYN
        700                JPY  700 JPY
        700.00             JPY  700 JPY
        45                 BYN  Db cannot be "45"
        45.                BYN  Db cannot be "45."
        .50                BYN  Db cannot be ".50"
        45.001             BYN  Db cannot be "45.001"
        1.234.56           BYN  Db cannot be "1.234.56"
        1 000.00           BYN  Db cannot be "1 000.00"
        1'000.00           BYN  Db cannot be "1'000.00"
        -1.00              BYN  Db cannot be "-1.00"
        +1.00              BYN  Db cannot be "+1.00"
        1e3.0              BYN  Db cannot be "1x3.0"
        ٤٥.٠٠              BYN  Db cannot be "٤٥.٠٠"
        4５.00              BYN  Db cannot be "4５.00"
        10000000000000.00  BYN  Db cannot be "10000000000000.00"
        1.00000000000      BYN  Db cannot be "1.00000000000"
                           BYN  Db cannot be ""
        NaN                BYN  Db cannot be "xxx"
        700.50             JPY  Db cannot be "700.50"
    "#]]
    .assert_eq(&out);
}

#[test]
fn times_are_those_of_minsk() {
    let mut out = String::new();
    for text in [
        "20260305133015",
        "20100701120000",
        "00010101000000",
        "99990101000000",
        "20260230000000",
        "20260305240000",
        "20260305236000",
        "2026030513301",
        "20260305 33015",
        "+2260305133015",
    ] {
        writeln!(out, "{text:<14}  {:?}", values::stamp(text)).unwrap();
    }
    for text in [
        "05.03.2026",
        "05/03/2026",
        " 05.03.2026 10:19:04 ",
        "5.3.2026",
        "05.03.26",
        "31.02.2026",
        "05.03.20265",
        "05.03.2026T10",
        "0503.2026.",
        "05.03.٢٠٢٦",
    ] {
        let read = values::day_and_rest(text);
        writeln!(out, "{text:<14}  {read:?}").unwrap();
    }
    let day = kvit_schemas::Day::new(2026, 3, 5).unwrap();
    for text in
        ["10:19:04", "10:19", "24:00:00", "10:60", "1:19", "10", "10:19:04:01", "10:19:", ""]
    {
        writeln!(out, "{text:<14}  {:?}", values::time_of(day, text)).unwrap();
    }
    expect![[r#"
        20260305133015  Some(2026-03-05T13:30:15+03:00)
        20100701120000  Some(2010-07-01T12:00:00+03:00)
        00010101000000  None
        99990101000000  None
        20260230000000  None
        20260305240000  None
        20260305236000  None
        2026030513301   None
        20260305 33015  None
        +2260305133015  None
        05.03.2026      Some((2026-03-05, ""))
        05/03/2026      Some((2026-03-05, ""))
         05.03.2026 10:19:04   Some((2026-03-05, "10:19:04"))
        5.3.2026        None
        05.03.26        None
        31.02.2026      None
        05.03.20265     None
        05.03.2026T10   None
        0503.2026.      None
        05.03.٢٠٢٦      None
        10:19:04        Some(2026-03-05T10:19:04+03:00)
        10:19           Some(2026-03-05T10:19:00+03:00)
        24:00:00        None
        10:60           None
        1:19            None
        10              None
        10:19:04:01     None
        10:19:          None
                        None
    "#]]
    .assert_eq(&out);
}

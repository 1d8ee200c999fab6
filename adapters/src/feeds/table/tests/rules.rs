//! What a mapping may say, how amounts and dates are read, and what is wrong with a mapping.

use expect_test::expect;
use kvit_schemas::Currency;

use super::*;
use crate::feeds::table::amounts::Signed;

fn amount(decimal: DecimalMark, thousands: Option<ThousandsMark>, text: &str) -> Option<i64> {
    let format = AmountFormat { decimal, thousands };
    let Signed { negative, money } = format.read("amount", text, Currency::BYN).ok()?;
    Some(if negative { -money.minor() } else { money.minor() })
}

#[test]
fn amounts_are_read_as_declared_and_no_other_way() {
    use {DecimalMark as D, ThousandsMark as T};
    for (decimal, thousands, text, minor) in [
        (D::Comma, None, "12,30", Some(1230)),
        (D::Comma, None, "12", Some(1200)),
        (D::Comma, None, "12,3", Some(1230)),
        (D::Comma, None, "12,300", Some(1230)),
        (D::Comma, None, "12,301", None),
        (D::Comma, None, "12.30", None),
        (D::Comma, None, "1 234,50", None),
        (D::Comma, Some(T::Blank), "1 234\u{a0}567,50", Some(123_456_750)),
        (D::Comma, Some(T::Blank), "12 34,50", None),
        (D::Comma, Some(T::Blank), "1234,50", Some(123_450)),
        (D::Comma, Some(T::Point), "1.234,5", Some(123_450)),
        (D::Comma, Some(T::Point), "12.34", None),
        (D::Point, Some(T::Comma), "1,234.56", Some(123_456)),
        (D::Point, Some(T::Comma), "1,23", None),
        (D::Point, Some(T::Apostrophe), "1’234.00", Some(123_400)),
        (D::Point, None, "-0.05", Some(-5)),
        (D::Point, None, "\u{2212}7", Some(-700)),
        (D::Point, None, "7.00-", Some(-700)),
        (D::Point, None, "(7.00)", Some(-700)),
        (D::Point, None, "+7.00", Some(700)),
        (D::Point, None, "-7.00-", None),
        (D::Point, None, "(-7.00)", None),
        (D::Point, None, "7.00 BYN", Some(700)),
        (D::Point, None, "BYN -7.00", Some(-700)),
        (D::Point, None, "-BYN 7.00", Some(-700)),
        (D::Point, None, "7.00 руб.", Some(700)),
        (D::Point, None, "7.00 EUR", None),
        (D::Point, None, "1E+3", None),
        (D::Point, None, "1.2.3", None),
        (D::Point, None, ".5", None),
        (D::Point, None, "5.", None),
        (D::Point, None, "", None),
        (D::Point, None, "-", None),
        (D::Point, None, "99999999999999.00", None),
        (D::Implied, None, "000000001234", Some(1234)),
        (D::Implied, None, "5", Some(5)),
        (D::Implied, None, "0", Some(0)),
        (D::Implied, None, "-70", Some(-70)),
        (D::Implied, None, "12,30", None),
        (D::Implied, None, "٣٣", None),
    ] {
        assert_eq!(amount(decimal, thousands, text), minor, "{decimal:?} {thousands:?} {text:?}");
    }
}

#[test]
fn dates_are_read_by_their_letters() {
    for (format, text, day) in [
        ("dd.MM.yyyy", "01.04.2026", Some("2026-04-01")),
        ("dd.MM.yyyy", "1.4.2026", None),
        ("dd.MM.yyyy", "31.02.2026", None),
        ("dd.MM.yyyy", "01.04.2026 10:00", None),
        ("dd.MM.yyyy*", "01.04.2026 10:00", Some("2026-04-01")),
        ("d.M.yyyy", "1.4.2026", Some("2026-04-01")),
        ("d.M.yyyy", "01.04.2026", Some("2026-04-01")),
        ("dd.MM.yy", "01.04.26", Some("2026-04-01")),
        ("yyyyMMdd", "20260401", Some("2026-04-01")),
        ("ddMMyyyy", "01042026", Some("2026-04-01")),
        ("yyyy-MM-ddTHH:mm:ss*", "2026-04-01T23:59:58.123Z", Some("2026-04-01 23:59:58")),
        ("yyyy-MM-dd HH:mm", "2026-04-01 24:00", None),
        ("dd-MMM-yyyy", "01-APR-2026", Some("2026-04-01")),
        ("dd MMM yyyy", "01 anf 2026", None),
        ("MM/dd/yyyy", "04/01/2026", Some("2026-04-01")),
    ] {
        let read = format.parse::<DateFormat>().unwrap().read(text);
        let told = read.map(|it| match it.time {
            Some(time) => format!("{} {time}", it.day),
            None => it.day.to_string(),
        });
        assert_eq!(told.as_deref(), day, "{format} {text:?}");
    }
    for format in ["", "dd.MM", "dd.dd.MM.yyyy", "dd.MM.yyyy HH", "DD.MM.YYYY", "*dd.MM.yyyy"] {
        assert!(format.parse::<DateFormat>().is_err(), "{format:?}");
    }
}

#[test]
fn columns_are_names_positions_and_ranges() {
    use Column as C;
    for (text, column) in [
        ("Сумма", C::Name("Сумма".into())),
        ("=12", C::Name("12".into())),
        ("12", C::Position(12)),
        ("3-10", C::Range { from: 3, to: 10 }),
        ("Дата-время", C::Name("Дата-время".into())),
    ] {
        let read: Column = text.parse().unwrap();
        assert_eq!((&read, read.to_string().as_str()), (&column, text));
    }
    for text in ["", " ", "=", "0", "513", "10-3", "0-3", "1-99999"] {
        assert!(text.parse::<Column>().is_err(), "{text:?}");
    }
}

#[track_caller]
fn check_problems(draft: TableDraft, expected: expect_test::Expect) {
    let problems = TableMapping::new(draft).unwrap_err();
    let told: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expected.assert_eq(&told);
}

#[test]
fn what_a_mapping_lacks_is_told_at_once() {
    let kind = TableKind::Delimited { delimiter: b'"', quote: Some(b'"') };
    check_problems(
        TableDraft::of_kind(kind),
        expect![[r#"
        quote is the delimiter
        dates is empty: no date could be read
        columns.date must be set: the day of booking
        currency must be set, or columns.currency
        columns.amount must be set, or columns.credit and columns.debit
    "#]],
    );
}

#[test]
fn what_contradicts_itself_is_told() {
    let mut draft = TableDraft::of_kind(TableKind::Delimited { delimiter: b';', quote: None });
    draft.header = false;
    draft.currency = Some(Currency::BYN);
    draft.dates = vec!["dd.MM.yyyy HH:mm".parse().unwrap()];
    draft.amounts.thousands = Some(ThousandsMark::Comma);
    draft.columns.date = column("1");
    draft.columns.time = column("1");
    draft.columns.amount = column("Сумма");
    draft.columns.debit = column("3");
    draft.columns.direction = column("4");
    draft.columns.state = column("5-9");
    draft.columns.purpose = columns(&["6", "7", "6"]);
    draft.words.credit = texts(&["C", "д"]);
    draft.words.debit = texts(&["Д"]);
    draft.words.accepted = texts(&["wait"]);
    draft.rows.total = texts(&["Итого*"]);
    draft.rows.opening_balance = column("2");
    check_problems(
        draft,
        expect![[r#"
        columns.time is set, and a date format has the time already
        columns.amount is set beside columns.credit or columns.debit: only one way can hold
        columns.direction is set, and columns.credit says the direction
        thousands_mark does not go with this decimal_mark
        words.debit has "Д", as words.credit has
        words.credited is empty, and columns.state is set
        rows.total is set, and no column of it: put it into rows.ignore
        rows.opening must be set, where its columns are
        columns.amount = "Сумма" is a name, and header = false: use the position
        columns.state = "5-9" is a range of characters, which kind = "delimited" has none of; for a name put = before it
        columns.time = "1" is that of columns.date, too
        columns.purpose = "6" is that of columns.purpose, too
    "#]],
    );
    let mut draft = TableDraft::of_kind(TableKind::Fixed);
    draft.currency = Some(Currency::BYN);
    draft.dates = vec!["yyyyMMdd".parse().unwrap()];
    draft.columns.date = column("1-8");
    draft.columns.amount = column("8-20");
    draft.columns.payer_name = column("Name");
    draft.rows.end = texts(&[" "]);
    check_problems(
        draft,
        expect![[r#"
        rows.end has an empty pattern
        columns.payer_name = "Name" must be a range of characters such as 11-20 for kind = "fixed"
        columns.amount = "8-20" overlaps columns.date = "1-8"
    "#]],
    );
}

//! Statements written by a small writer of the standard's own form, and read back.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::feeds::{Direction, FileFormat, Options, Reader, RowState};

#[derive(Debug, Clone)]
struct Posted {
    mark: &'static str,
    minor: i64,
    day: u32,
    bank: Option<u32>,
    owner: String,
    end_to_end: String,
    text: String,
    name: String,
    code: Option<String>,
}

/// How the writer folds and frames.
#[derive(Debug, Clone, Copy)]
struct Style {
    line_end: &'static str,
    blocks: bool,
    funds: bool,
    entry_date: bool,
    width: usize,
}

fn posted() -> impl Strategy<Value = Posted> {
    let mark = proptest::sample::select(vec!["C", "D", "RC", "RD"]);
    let code = proptest::option::of("[1-9][0-9]{29}");
    (mark, 1_i64..1_000_000_000, 1_u32..29, proptest::option::of(10_000_u32..99_999)).prop_flat_map(
        move |(mark, minor, day, bank)| {
            let texts =
                ("[A-Z][0-9][A-Z0-9]{2,13}", "[A-Z][A-Z0-9]{2,14}", "[a-z]{3,9}( [a-z]{1,9}){0,4}");
            (texts, "[A-Z]{2,9}( [A-Z]{2,9}){0,2}", code.clone()).prop_map(
                move |((owner, end_to_end, text), name, code)| Posted {
                    mark,
                    minor,
                    day,
                    bank,
                    owner,
                    end_to_end,
                    text,
                    name,
                    code,
                },
            )
        },
    )
}

fn style() -> impl Strategy<Value = Style> {
    let ends = proptest::sample::select(vec!["\r\n", "\n", "\r"]);
    (ends, any::<bool>(), any::<bool>(), any::<bool>(), proptest::sample::select(vec![65, 69]))
        .prop_map(|(line_end, blocks, funds, entry_date, width)| Style {
            line_end,
            blocks,
            funds,
            entry_date,
            width,
        })
}

/// Puts `text` behind field 86, folded, in subfields of 27.
fn details(posted: &Posted, style: Style) -> String {
    let code = posted.code.as_deref().unwrap_or("");
    let text = format!("{} {code}", posted.text);
    let mut whole = format!("166?00CREDIT?100399?20EREF+{}", posted.end_to_end);
    let text = format!("SVWZ+{text}");
    for (number, part) in text.as_bytes().chunks(27).enumerate() {
        write!(whole, "?{}{}", 21 + number, std::str::from_utf8(part).unwrap()).unwrap();
    }
    for (number, part) in posted.name.as_bytes().chunks(27).enumerate() {
        write!(whole, "?{}{}", 32 + number, std::str::from_utf8(part).unwrap()).unwrap();
    }
    let first = style.width - 4;
    let (head, rest) = whole.split_at(whole.len().min(first));
    let rest = rest.as_bytes().chunks(style.width).map(|part| std::str::from_utf8(part).unwrap());
    std::iter::once(head).chain(rest).collect::<Vec<_>>().join(style.line_end)
}

fn written(posted: &[Posted], style: Style) -> String {
    let mut lines = vec![":20:ROUND".to_owned(), ":25:BY00TEST".into(), ":28C:1/1".into()];
    let mut balance = 5_000;
    lines.push(":60F:C260401BYN50,00".into());
    for it in posted {
        let entry = if style.entry_date { format!("04{:02}", it.day) } else { String::new() };
        let funds = if style.funds { "N" } else { "" };
        let bank = it.bank.map_or(String::new(), |number| format!("//BANK{number}"));
        lines.push(format!(
            ":61:2604{:02}{entry}{}{funds}{},{:02}NTRF{}{bank}",
            it.day,
            it.mark,
            it.minor / 100,
            it.minor % 100,
            it.owner
        ));
        lines.push(format!(":86:{}", details(it, style)));
        balance += if matches!(it.mark, "C" | "RD") { it.minor } else { -it.minor };
    }
    let sign = if balance < 0 { "D" } else { "C" };
    let balance = balance.abs();
    lines.push(format!(":62F:{sign}260428BYN{},{:02}", balance / 100, balance % 100));
    let body = lines.join(style.line_end);
    let end = style.line_end;
    if style.blocks {
        format!("{{1:F01BANKBY2XAXXX0000000000}}{{2:I940BANKBY2XXXXXN}}{{4:{end}{body}{end}-}}")
    } else {
        format!("{body}{end}-{end}")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn what_is_written_is_read_back(
        posted in proptest::collection::vec(posted(), 0..12), style in style(),
    ) {
        let text = written(&posted, style);
        let mut reader =
            Reader::open(FileFormat::Mt940, text.as_bytes(), &Options::default()).unwrap();
        let rows: Vec<_> = reader.by_ref().map(|read| read.unwrap().unwrap()).collect();
        prop_assert_eq!(rows.len(), posted.len());
        prop_assert!(reader.findings().is_empty(), "{:?}\n{}", reader.findings(), text);
        for (row, it) in rows.iter().zip(&posted) {
            let (direction, state) = match it.mark {
                "C" => (Direction::Credit, RowState::Credited),
                "RD" => (Direction::Credit, RowState::Information),
                "RC" => (Direction::Debit, RowState::Reversed),
                _ => (Direction::Debit, RowState::Information),
            };
            prop_assert_eq!((row.direction, row.state, row.amount.minor()), (direction, state, it.minor));
            prop_assert_eq!(row.booked_on, kvit_schemas::Day::new(2026, 4, it.day));
            prop_assert_eq!(row.references.bank_document.as_ref(), Some(&it.owner));
            prop_assert_eq!(&row.references.bank_reference, &it.bank.map(|it| format!("BANK{it}")));
            prop_assert_eq!(row.references.end_to_end.as_ref(), Some(&it.end_to_end));
            if matches!(it.mark, "C" | "RC") {
                prop_assert_eq!(row.payer.name.as_ref().map(|name| name.replace(' ', "")),
                    Some(it.name.replace(' ', "")));
            }
            let bare = |text: &str| text.replace(char::is_whitespace, "");
            let expected = format!("{}{}", it.text, it.code.as_deref().unwrap_or(""));
            prop_assert_eq!(bare(row.purpose.as_deref().unwrap_or("")), bare(&expected));
            let codes: Vec<String> =
                row.order_codes().iter().map(|found| found.code.to_string()).collect();
            prop_assert_eq!(codes, it.code.iter().cloned().collect::<Vec<_>>());
        }
    }
}

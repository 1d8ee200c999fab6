//! How the values of a sample are told apart: by which sign, or by which places in the line.

use crate::feeds::table::column::Column;
use crate::feeds::table::mapping::TableKind;
use crate::feeds::table::records::{Cells, Records};
use crate::feeds::table::text::{TableCharset, Text};

const DELIMITERS: [u8; 5] = [b';', b'\t', b',', b'|', b'^'];
/// How many rows are looked at.
const ROWS_MAX: usize = 1000;
/// Lines of fixed width are longer.
const FIXED_CHARS_MIN: usize = 20;

/// A sample as rows of values.
pub(super) struct Split {
    pub(super) kind: TableKind,
    pub(super) rows: Vec<Vec<String>>,
    /// Of fixed width: where each value stands.
    pub(super) places: Vec<Column>,
    pub(super) why: String,
    pub(super) unsure: bool,
}

/// The way in which most rows have the same number of values, and the most of them.
pub(super) fn split(sample: &[u8], charset: Option<TableCharset>) -> Option<Split> {
    let delimited = DELIMITERS
        .into_iter()
        .flat_map(|delimiter| [(delimiter, Some(b'"')), (delimiter, None)])
        .map(|(delimiter, quote)| TableKind::Delimited { delimiter, quote })
        .map(|kind| (kind, rows(sample, kind, charset)));
    let scored = delimited.map(|(kind, rows)| {
        let (width, count) = usual_width(&rows);
        (count * width.saturating_sub(1).min(20), width, count, kind, rows)
    });
    // The first of equals: quotes are likelier than none.
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let (_, width, count, kind, rows) = best;
    if width >= 3 && count >= 2 && count * 2 >= rows.len() {
        let unsure = count * 5 < rows.len() * 3 || width < 4;
        let why = format!("{count} of {} rows then have {width} values", rows.len());
        return Some(Split { kind, rows, places: Vec::new(), why, unsure });
    }
    fixed(sample, charset)
}

/// The number of values that most rows have, and how many rows these are.
pub(super) fn usual_width(rows: &[Vec<String>]) -> (usize, usize) {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_insert(0_usize) += 1;
    }
    let weigh = |(width, count): &(usize, usize)| count * width.saturating_sub(1);
    counts.into_iter().max_by_key(weigh).unwrap_or((0, 0))
}

fn rows(sample: &[u8], kind: TableKind, charset: Option<TableCharset>) -> Vec<Vec<String>> {
    let mut records = Records::new(sample, kind, Text::new(charset));
    let mut rows = Vec::new();
    // A row that cannot be read has no values.
    while rows.len() < ROWS_MAX
        && let Ok(Some(record)) = records.next()
    {
        rows.push(match record.cells {
            Ok(Cells::Values(values)) => values,
            Ok(Cells::Line(line)) => vec![line],
            Err(_) => Vec::new(),
        });
    }
    rows
}

/// Lines of which most have blanks at the same places.
fn fixed(sample: &[u8], charset: Option<TableCharset>) -> Option<Split> {
    let lines: Vec<Vec<char>> = rows(sample, TableKind::Fixed, charset)
        .into_iter()
        .filter_map(|row| Some(row.into_iter().next()?.chars().collect()))
        .collect();
    let data: Vec<&Vec<char>> = lines
        .iter()
        .filter(|line| {
            let digits = line.iter().filter(|c| c.is_ascii_digit()).count();
            line.len() >= FIXED_CHARS_MIN && digits >= 6
        })
        .collect();
    let width = data.iter().map(|line| line.len()).max()?;
    let filled = |at: usize| {
        let count = data.iter().filter(|line| line.get(at).is_some_and(|c| *c != ' ')).count();
        // A heading or a footer must not close a gap.
        count * 10 > data.len()
    };
    let mut places = Vec::new();
    let mut from = None;
    for at in 0..=width {
        match (from, at < width && filled(at)) {
            (None, true) => from = Some(at),
            (Some(begin), false) => {
                places.push((begin, at));
                from = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    let places = with_dates_apart(&places, &data);
    if places.len() < 3 {
        return None;
    }
    let value = |line: &Vec<char>, (from, to): (usize, usize)| -> String {
        line.iter().skip(from).take(to - from).collect::<String>().trim().to_owned()
    };
    let rows: Vec<Vec<String>> =
        data.iter().map(|line| places.iter().map(|it| value(line, *it)).collect()).collect();
    let why = "lines have blanks at the same places; check where each value begins and ends";
    let column = |(from, to): (usize, usize)| Column::Range { from: from + 1, to };
    Some(Split {
        kind: TableKind::Fixed,
        places: with_gaps(&places, &rows).into_iter().map(column).collect(),
        rows,
        why: why.to_owned(),
        unsure: true,
    })
}

/// The places with the blanks between them: other files may have longer values. Numbers stand at
/// the right of their places, texts at the left.
fn with_gaps(places: &[(usize, usize)], rows: &[Vec<String>]) -> Vec<(usize, usize)> {
    let is_number = |at: usize| {
        let plain = |c: char| c.is_ascii_digit() || " .,+-".contains(c);
        rows.iter().filter_map(|row| row.get(at)).all(|value| value.chars().all(plain))
    };
    let mut wide = places.to_vec();
    for at in 1..wide.len() {
        if is_number(at) {
            wide[at].0 = wide[at - 1].1;
        } else {
            wide[at - 1].1 = wide[at].0;
        }
    }
    wide
}

/// Cuts dates out of longer runs, where every line has one at the same place.
fn with_dates_apart(places: &[(usize, usize)], data: &[&Vec<char>]) -> Vec<(usize, usize)> {
    let mut apart = Vec::new();
    for &(from, to) in places {
        let date_at = (from..to.saturating_sub(7)).find(|at| {
            data.iter().all(|line| {
                let text: String = line.iter().skip(*at).take(8).collect();
                is_plain_date(&text)
            })
        });
        match date_at.filter(|_| to - from > 10) {
            Some(at) => {
                let parts = [(from, at), (at, at + 8), (at + 8, to)];
                apart.extend(parts.into_iter().filter(|(from, to)| from < to));
            }
            None => apart.push((from, to)),
        }
    }
    apart
}

/// `yyyyMMdd` of our time.
fn is_plain_date(text: &str) -> bool {
    let number = |range| text.get(range).and_then(crate::feeds::values::number);
    text.starts_with("20")
        && text.len() == 8
        && number(4..6).is_some_and(|month| (1..=12).contains(&month))
        && number(6..8).is_some_and(|day| (1..=31).contains(&day))
}

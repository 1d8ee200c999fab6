//! A mapping proposed from a sample: for a person to look at, never applied by itself.

mod charset;
mod profile;
mod roles;
mod rows;
mod split;
mod words;

use kvit_schemas::Currency;

use self::profile::{Profile, amount_format};
use self::split::{Split, usual_width};
use self::words::{Role, named};
use super::column::Column;
use super::mapping::{TableDraft, TableKind};
use crate::feeds::utf16;

/// How much of a file a proposal looks at.
pub const SAMPLE_BYTES: usize = 1 << 20;

/// How many rows may stand before the header row.
const HEADER_ROWS_MAX: usize = 100;

/// A mapping, and why it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableProposal {
    /// What is proposed; it may lack what the sample does not show.
    pub draft: TableDraft,
    /// Reasons, in the order in which they came up.
    pub notes: Vec<TableNote>,
}

/// Why a key is proposed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNote {
    /// The key, below that of the mapping.
    pub key: &'static str,
    /// What speaks for it.
    pub why: String,
    /// A person must look at it.
    pub unsure: bool,
}

/// A sample with its columns, while a mapping is made of it.
struct Sample {
    header: Option<Vec<String>>,
    /// Of each column: its values in the rows that are most likely payments.
    columns: Vec<Profile>,
    /// Of fixed width: where each value stands.
    places: Vec<Column>,
    /// All rows.
    rows: Vec<Vec<String>>,
    width: usize,
}

/// Proposes a mapping for the file that begins so; `None` when no table can be made out.
/// [`SAMPLE_BYTES`] are enough.
pub fn propose(bytes: &[u8]) -> Option<TableProposal> {
    let utf8 = utf16::sample(&bytes[..bytes.len().min(SAMPLE_BYTES)]);
    let sample = whole_lines(utf8.as_deref().unwrap_or(bytes));
    let (charset, charset_why, charset_unsure) = charset::charset(sample);
    let split = split::split(sample, charset)?;
    let mut proposal = Making {
        draft: TableDraft { charset, ..TableDraft::of_kind(split.kind) },
        notes: Vec::new(),
    };
    proposal.note("charset", charset_why, charset_unsure);
    let key = if split.kind == TableKind::Fixed { "kind" } else { "delimiter" };
    proposal.note(key, split.why.clone(), split.unsure);
    let sample = Sample::of(split);
    proposal.header(&sample);
    proposal.values(&sample);
    proposal.roles(&sample);
    proposal.rows(&sample);
    Some(TableProposal { draft: proposal.draft, notes: proposal.notes })
}

/// The sample without the line that it may cut.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    if bytes.len() < SAMPLE_BYTES {
        return bytes;
    }
    let bytes = &bytes[..SAMPLE_BYTES];
    memchr::memrchr(b'\n', bytes).map_or(bytes, |end| &bytes[..=end])
}

/// A proposal that is being made.
struct Making {
    draft: TableDraft,
    notes: Vec<TableNote>,
}

impl Sample {
    fn of(split: Split) -> Self {
        let Split { kind, rows, places, .. } = split;
        let (width, _) = usual_width(&rows);
        let header_at = if kind == TableKind::Fixed { None } else { header(&rows) };
        let header = header_at.map(|at| rows[at].clone());
        let width = header.as_ref().map_or(width, |header| header.len().max(width));
        let first = header_at.map_or(0, |at| at + 1);
        let mut columns: Vec<Profile> = (0..width).map(|_| Profile::default()).collect();
        // Totals and headings have fewer values that are not empty.
        let filled = |row: &[String]| row.iter().filter(|value| !value.trim().is_empty()).count();
        let mut counts: Vec<usize> = rows.iter().skip(first).map(|row| filled(row)).collect();
        counts.sort_unstable();
        let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
        for row in rows.iter().skip(first).filter(|row| filled(row) * 3 >= usual * 2) {
            if row.iter().any(|value| rows::is_control(value)) {
                continue;
            }
            for (column, value) in columns.iter_mut().zip(row) {
                if !value.trim().is_empty() {
                    column.values.push(value.trim().to_owned());
                }
            }
        }
        Self { header, columns, places, rows, width }
    }

    /// How the mapping calls a column: by its name, where that is its own.
    fn column(&self, at: usize) -> Column {
        if let Some(place) = self.places.get(at) {
            return place.clone();
        }
        let name = |at: usize| self.header.as_ref()?.get(at).map(|it| Column::plain_name(it));
        let unique = name(at).is_some_and(|it| {
            !it.is_empty()
                && (0..self.width).filter(|other| name(*other) == Some(it.clone())).count() == 1
        });
        match self.header.as_ref().and_then(|header| header.get(at)).filter(|_| unique) {
            Some(name) => Column::Name(name.split_whitespace().collect::<Vec<_>>().join(" ")),
            None => Column::Position(at + 1),
        }
    }

    fn name(&self, at: usize) -> &str {
        self.header.as_ref().and_then(|header| header.get(at)).map_or("", String::as_str)
    }
}

/// The row that has most words by which columns are named, two at least.
fn header(rows: &[Vec<String>]) -> Option<usize> {
    let known = |row: &Vec<String>| row.iter().filter(|name| !named(name).is_empty()).count();
    let (_, at) = rows
        .iter()
        .take(HEADER_ROWS_MAX)
        .enumerate()
        .map(|(at, row)| (known(row), std::cmp::Reverse(at)))
        .filter(|(count, _)| *count >= 2)
        .max()?;
    Some(at.0)
}

impl Making {
    fn note(&mut self, key: &'static str, why: impl Into<String>, unsure: bool) {
        self.notes.push(TableNote { key, why: why.into(), unsure });
    }

    fn header(&mut self, sample: &Sample) {
        self.draft.header = sample.header.is_some();
        match &sample.header {
            Some(header) => {
                let named = header.iter().filter(|name| !named(name).is_empty()).count();
                let why = format!("a row has {named} names that columns often have");
                self.note("header", why, named < 3);
            }
            None if self.draft.kind == TableKind::Fixed => {}
            None => self.note("header", "no row looks like names of columns", true),
        }
    }

    /// Marks of amounts, dates and the currency: what holds for several columns.
    fn values(&mut self, sample: &Sample) {
        let currency = self.currency(sample);
        let money = |(at, column): &(usize, &Profile)| {
            let roles = named(sample.name(*at));
            let is = |role: &Role| matches!(role, Role::Amount | Role::Credit | Role::Debit);
            column.is_amounts()
                && (column.has_marks() || roles.iter().any(|(role, _)| is(role)))
                && column.dates().is_empty()
        };
        let columns = sample.columns.iter().enumerate();
        let amounts: Vec<&Profile> = columns.filter(money).map(|(_, column)| column).collect();
        let (format, unsure) = amount_format(&amounts, currency.unwrap_or(Currency::BYN));
        self.draft.amounts = format;
        let why = if amounts.is_empty() {
            "no column of amounts was found".to_owned()
        } else {
            "most amounts can be read so".to_owned()
        };
        self.note("decimal_mark", why, unsure || amounts.is_empty());
    }

    /// The currency that all rows, or the words around them, name.
    fn currency(&mut self, sample: &Sample) -> Option<Currency> {
        if sample.columns.iter().any(Profile::is_currencies) {
            return sample
                .columns
                .iter()
                .find(|column| column.is_currencies())
                .and_then(|column| column.values.first()?.parse().ok());
        }
        let words = sample.rows.iter().take(HEADER_ROWS_MAX).flatten();
        let named: Option<Currency> = words
            .flat_map(|value| value.split(|c: char| !c.is_ascii_uppercase()))
            .filter(|word| word.len() == 3)
            .find_map(|word| word.parse().ok().filter(|_| COMMON_CURRENCIES.contains(&word)));
        self.draft.currency = Some(named.unwrap_or(Currency::BYN));
        match named {
            Some(currency) => {
                self.note("currency", format!("{currency} is named in the file"), false);
            }
            None => self.note("currency", "the file names none", true),
        }
        named
    }
}

/// Codes that are no other words in usual texts.
const COMMON_CURRENCIES: [&str; 14] = [
    "BYN", "EUR", "USD", "RUB", "PLN", "UAH", "CHF", "GBP", "CZK", "KZT", "LTL", "CNY", "SEK",
    "NOK",
];

//! Tables by mappings of each kind, and mappings proposed for any bytes.

use kvit_adapters::feeds::{
    Column, DateFormat, DecimalMark, FileFormat, Options, TableDraft, TableKind, TableMapping,
    ThousandsMark, propose,
};
use kvit_schemas::Currency;

use super::feeds::read_twice;

/// The first byte says by which mapping the rest is read, from `a` on.
pub(super) fn rows(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    let draft = match first {
        b'a' => named(b';', Some(b'"')),
        b'b' => named(b',', None),
        b'c' => positions(),
        b'd' => fixed(),
        _ => named(b'\t', Some(b'"')),
    };
    read_by(draft, bytes);
}

/// A mapping is proposed for the bytes, and they are read by it.
pub(super) fn mapping(bytes: &[u8]) {
    if let Some(proposal) = propose(bytes) {
        read_by(proposal.draft, bytes);
    }
}

fn read_by(draft: TableDraft, bytes: &[u8]) {
    let Ok(mapping) = TableMapping::new(draft) else { return };
    let options = Options { table: Some(&mapping), ..Options::default() };
    read_twice(FileFormat::Table, bytes, &options);
}

fn column(text: &str) -> Option<Column> {
    text.parse().ok()
}

fn dates(formats: &[&str]) -> Vec<DateFormat> {
    formats.iter().filter_map(|format| format.parse().ok()).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Columns by their names, with rows of totals and balances.
fn named(delimiter: u8, quote: Option<u8>) -> TableDraft {
    let mut it = TableDraft::of_kind(TableKind::Delimited { delimiter, quote });
    it.dates = dates(&["dd.MM.yyyy", "yyyy-MM-dd HH:mm:ss"]);
    it.currency = Some(Currency::BYN);
    it.amounts.thousands = Some(ThousandsMark::Blank);
    it.columns.date = column("date");
    it.columns.credit = column("credit");
    it.columns.debit = column("debit");
    it.columns.bank_reference = column("ref");
    it.columns.purpose = column("text").into_iter().chain(column("more")).collect();
    it.rows.total = texts(&["total*"]);
    it.rows.total_credits = column("credit");
    it.rows.total_count = column("2");
    it.rows.opening = texts(&["opening"]);
    it.rows.opening_balance = column("2");
    it.rows.closing = texts(&["closing"]);
    it.rows.closing_balance = column("2");
    it.rows.end = texts(&["end"]);
    it
}

/// Columns by their positions, with words of direction and state.
fn positions() -> TableDraft {
    let mut it = TableDraft::of_kind(TableKind::Delimited { delimiter: b'|', quote: Some(b'\'') });
    it.header = false;
    it.dates = dates(&["yyyyMMdd"]);
    it.amounts.decimal = DecimalMark::Implied;
    it.columns.date = column("1");
    it.columns.amount = column("2");
    it.columns.direction = column("3");
    it.columns.state = column("4");
    it.columns.currency = column("5");
    it.columns.creditor = column("6").into_iter().collect();
    it.words.credit = texts(&["C"]);
    it.words.debit = texts(&["D"]);
    it.words.credited = texts(&["ok"]);
    it.words.accepted = texts(&["wait"]);
    it
}

fn fixed() -> TableDraft {
    let mut it = TableDraft::of_kind(TableKind::Fixed);
    it.skip_lines = 1;
    it.dates = dates(&["ddMMyyyy"]);
    it.currency = Some(Currency::BYN);
    it.columns.date = column("2-9");
    it.columns.amount = column("10-20");
    it.columns.payer_name = column("21-40");
    it.rows.data = texts(&["5"]);
    it.rows.ignore = texts(&["1"]);
    it
}

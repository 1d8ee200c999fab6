//! Tables of our own making, in the manner of banks of several countries.

mod faults;
mod layouts;
mod proposals;
mod rules;

use expect_test::Expect;

use super::*;
use crate::feeds::tests::told;
use kvit_schemas::Currency;

/// A delimited table with a header row, of which `change` says the rest.
pub(super) fn delimited(delimiter: u8, change: impl FnOnce(&mut TableDraft)) -> TableMapping {
    let kind = TableKind::Delimited { delimiter, quote: Some(b'"') };
    mapping(TableDraft::of_kind(kind), change)
}

pub(super) fn fixed(change: impl FnOnce(&mut TableDraft)) -> TableMapping {
    mapping(TableDraft::of_kind(TableKind::Fixed), change)
}

fn mapping(mut draft: TableDraft, change: impl FnOnce(&mut TableDraft)) -> TableMapping {
    draft.dates = vec!["dd.MM.yyyy".parse().unwrap()];
    draft.currency = Some(Currency::BYN);
    change(&mut draft);
    TableMapping::new(draft).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(super) fn column(text: &str) -> Option<Column> {
    Some(text.parse().unwrap())
}

pub(super) fn columns(texts: &[&str]) -> Vec<Column> {
    texts.iter().filter_map(|text| column(text)).collect()
}

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[track_caller]
pub(super) fn check(mapping: &TableMapping, bytes: &[u8], expected: Expect) {
    let options = Options { table: Some(mapping), ..Options::default() };
    expected.assert_eq(&told(FileFormat::Table, bytes, &options));
}

//! Rows that are no payments: totals and balances by their words.

use super::words::{CLOSINGS, OPENINGS, TOTALS, begins};
use super::{Making, Sample};
use crate::feeds::table::column::Column;
use crate::feeds::table::mapping::TableKind;

/// The value is the first of a row of totals or a balance.
pub(super) fn is_control(value: &str) -> bool {
    [TOTALS, OPENINGS, CLOSINGS].iter().any(|words| begins(words, value).is_some())
}

/// What such rows of other files begin with, too: a date or a number in it is another there.
fn pattern(first: &str, word: &str) -> String {
    let text = first.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return text;
    }
    let same: String = text.chars().take(word.chars().count()).collect();
    format!("{same}*")
}

impl Making {
    pub(super) fn rows(&mut self, sample: &Sample) {
        if self.draft.kind == TableKind::Fixed {
            return;
        }
        for row in &sample.rows {
            let Some(first) = row.iter().find(|value| !value.trim().is_empty()) else { continue };
            if sample.header.as_ref() == Some(row) {
                continue;
            }
            if let Some(word) = begins(OPENINGS, first)
                && self.draft.rows.opening.is_empty()
            {
                self.balance(row, pattern(first, word), true);
            } else if let Some(word) = begins(CLOSINGS, first)
                && self.draft.rows.closing.is_empty()
            {
                self.balance(row, pattern(first, word), false);
            } else if let Some(word) = begins(TOTALS, first) {
                self.total(sample, row, pattern(first, word));
            }
        }
    }

    fn balance(&mut self, row: &[String], pattern: String, opening: bool) {
        let at = row.iter().position(|value| self.is_money(value));
        let rows = &mut self.draft.rows;
        let Some(at) = at else {
            rows.ignore.push(pattern);
            return;
        };
        let column = Some(Column::Position(at + 1));
        let key = if opening {
            (rows.opening, rows.opening_balance) = (vec![pattern], column);
            "rows.opening"
        } else {
            (rows.closing, rows.closing_balance) = (vec![pattern], column);
            "rows.closing"
        };
        self.note(key, "by its words; the amount in it is taken as the balance", true);
    }

    /// Totals that stand in the columns of the amounts they sum up.
    fn total(&mut self, sample: &Sample, row: &[String], pattern: String) {
        let known =
            self.draft.rows.total.contains(&pattern) || self.draft.rows.ignore.contains(&pattern);
        if known {
            return;
        }
        let at = |column: &Option<Column>| {
            let column = column.as_ref()?;
            let at = (0..sample.width).find(|at| sample.column(*at) == *column)?;
            let value = row.get(at).filter(|value| self.is_money(value));
            value.map(|_| column.clone())
        };
        let (credits, debits) = (at(&self.draft.columns.credit), at(&self.draft.columns.debit));
        let rows = &mut self.draft.rows;
        if !rows.total.is_empty() || (credits.is_none() && debits.is_none()) {
            rows.ignore.push(pattern);
            self.note("rows.ignore", "rows that begin with words of totals", true);
            return;
        }
        (rows.total_credits, rows.total_debits) = (credits, debits);
        rows.total = vec![pattern];
        self.note("rows.total", "by its words; it has amounts where payments have them", true);
    }

    fn is_money(&self, value: &str) -> bool {
        let currency = self.draft.currency.unwrap_or(kvit_schemas::Currency::BYN);
        !value.trim().is_empty() && self.draft.amounts.read("", value, currency).is_ok()
    }
}

//! What can be wrong with a mapping before a file is seen.

use super::amounts::{DecimalMark, ThousandsMark};
use super::column::Column;
use super::mapping::{MappingProblem, TableDraft, TableKind};

/// All that is wrong, in the order of the settings.
pub(super) fn problems(draft: &TableDraft) -> Vec<MappingProblem> {
    let mut lint = Lint { draft, problems: Vec::new() };
    lint.separators();
    lint.values();
    lint.money();
    lint.words();
    lint.rows();
    lint.places();
    lint.problems
}

struct Lint<'a> {
    draft: &'a TableDraft,
    problems: Vec<MappingProblem>,
}

impl Lint<'_> {
    fn problem(&mut self, key: &'static str, what: impl Into<String>) {
        self.problems.push(MappingProblem { key, what: what.into() });
    }

    fn separators(&mut self) {
        if let TableKind::Delimited { delimiter, quote } = self.draft.kind
            && quote == Some(delimiter)
        {
            self.problem("quote", "is the delimiter");
        }
    }

    fn values(&mut self) {
        let (columns, dates) = (&self.draft.columns, &self.draft.dates);
        if dates.is_empty() {
            self.problem("dates", "is empty: no date could be read");
        }
        if columns.date.is_none() {
            self.problem("columns.date", "must be set: the day of booking");
        }
        if columns.currency.is_none() && self.draft.currency.is_none() {
            self.problem("currency", "must be set, or columns.currency");
        }
        let both =
            columns.time.is_some() && dates.iter().any(|date| date.to_string().contains('H'));
        if both {
            self.problem("columns.time", "is set, and a date format has the time already");
        }
    }

    fn money(&mut self) {
        let columns = &self.draft.columns;
        let sides = (columns.credit.is_some(), columns.debit.is_some());
        match (columns.amount.is_some(), sides) {
            (false, (false, false)) => {
                self.problem("columns.amount", "must be set, or columns.credit and columns.debit");
            }
            (true, (true, _) | (_, true)) => {
                let what = "is set beside columns.credit or columns.debit: only one way can hold";
                self.problem("columns.amount", what);
            }
            (false, (false, true)) => {
                self.problem("columns.credit", "must be set, where columns.debit is");
            }
            (true, (false, false)) | (false, (true, _)) => {}
        }
        if columns.direction.is_some() && (sides.0 || sides.1) {
            self.problem("columns.direction", "is set, and columns.credit says the direction");
        }
        let marks = self.draft.amounts;
        let same = match (marks.decimal, marks.thousands) {
            (DecimalMark::Comma, Some(mark)) => mark == ThousandsMark::Comma,
            (DecimalMark::Point, Some(mark)) => mark == ThousandsMark::Point,
            (DecimalMark::Implied, Some(_)) => true,
            (DecimalMark::Comma | DecimalMark::Point | DecimalMark::Implied, None) => false,
        };
        if same {
            self.problem("thousands_mark", "does not go with this decimal_mark");
        }
    }

    fn words(&mut self) {
        let (columns, words) = (&self.draft.columns, &self.draft.words);
        let direction = columns.direction.is_some();
        let state = columns.state.is_some();
        let ways = [("words.credit", &words.credit, true), ("words.debit", &words.debit, true)];
        let states = [
            ("words.credited", &words.credited, true),
            ("words.accepted", &words.accepted, false),
            ("words.reversed", &words.reversed, false),
            ("words.information", &words.information, false),
        ];
        let groups = [
            ("columns.direction", direction, ways.as_slice()),
            ("columns.state", state, states.as_slice()),
        ];
        let mut problems = Vec::new();
        for (column, is_set, lists) in groups {
            let mut met: Vec<(String, &str)> = Vec::new();
            for (key, list, is_needed) in lists {
                if is_set && *is_needed && list.is_empty() {
                    problems.push((*key, format!("is empty, and {column} is set")));
                }
                if !is_set && !list.is_empty() {
                    problems.push((*key, format!("is set, and {column} is not")));
                }
                for word in *list {
                    let plain = Column::plain_name(word);
                    if let Some((_, other)) = met.iter().find(|(known, _)| *known == plain) {
                        problems.push((*key, format!("has {word:?}, as {other} has")));
                    }
                    met.push((plain, *key));
                }
            }
        }
        for (key, what) in problems {
            self.problem(key, what);
        }
    }

    fn rows(&mut self) {
        let rows = &self.draft.rows;
        let mut problems = Vec::new();
        for (key, patterns, figures) in [
            (
                "rows.total",
                &rows.total,
                [&rows.total_count, &rows.total_credits, &rows.total_debits].as_slice(),
            ),
            ("rows.opening", &rows.opening, &[&rows.opening_balance]),
            ("rows.closing", &rows.closing, &[&rows.closing_balance]),
        ] {
            let figures = figures.iter().any(|column| column.is_some());
            match (patterns.is_empty(), figures) {
                (true, true) => problems.push((key, "must be set, where its columns are")),
                (false, false) => {
                    problems.push((key, "is set, and no column of it: put it into rows.ignore"));
                }
                (true, false) | (false, true) => {}
            }
        }
        for (key, patterns) in [
            ("rows.data", &rows.data),
            ("rows.ignore", &rows.ignore),
            ("rows.end", &rows.end),
            ("rows.total", &rows.total),
            ("rows.opening", &rows.opening),
            ("rows.closing", &rows.closing),
        ] {
            if patterns.iter().any(|pattern| pattern.trim().is_empty()) {
                problems.push((key, "has an empty pattern"));
            }
        }
        for (key, what) in problems {
            self.problem(key, what);
        }
    }

    /// Columns are of the table's kind, and no two values of a payment stand in the same.
    fn places(&mut self) {
        let draft = self.draft;
        let payment = draft.payment_columns();
        let control = draft.control_columns();
        let control = control.iter().map(|(key, column, _)| (*key, *column));
        for (key, column) in payment.iter().copied().chain(control) {
            let what = match (draft.kind, column) {
                (TableKind::Fixed, Column::Name(_) | Column::Position(_)) => {
                    "must be a range of characters such as 11-20 for kind = \"fixed\""
                }
                (TableKind::Delimited { .. }, Column::Range { .. }) => {
                    "is a range of characters, which kind = \"delimited\" has none of; for a name \
                     put = before it"
                }
                (TableKind::Delimited { .. }, Column::Name(_)) if !draft.header => {
                    "is a name, and header = false: use the position"
                }
                (TableKind::Fixed, Column::Range { .. })
                | (TableKind::Delimited { .. }, Column::Name(_) | Column::Position(_)) => continue,
            };
            self.problem(key, format!("= {:?} {what}", column.to_string()));
        }
        for (at, (key, column)) in payment.iter().enumerate() {
            let other = payment[..at].iter().find(|(_, other)| column.overlaps(other));
            if let Some((other, there)) = other {
                let what = match column {
                    Column::Range { .. } => format!("overlaps {other} = \"{there}\""),
                    Column::Name(_) | Column::Position(_) => format!("is that of {other}, too"),
                };
                self.problem(key, format!("= {:?} {what}", column.to_string()));
            }
        }
    }
}

//! The row that names the columns: the first one that has all the names of the mapping.

use super::column::Column;
use super::mapping::TableDraft;
use super::records::Cells;
use crate::feeds::error::FeedError;

/// How many rows may stand before the header row.
const ROWS_BEFORE_MAX: u32 = 500;

/// Looks for the header row.
pub(super) struct HeaderSearch {
    /// The names, as they are compared, and as the mapping has them.
    wanted: Vec<(String, String)>,
    rows: u32,
    /// The least of them that a row missed.
    missing: Option<Vec<String>>,
}

/// The header row of a file.
pub(super) struct Header {
    /// Its names, as they are compared.
    pub(super) names: Vec<String>,
}

impl HeaderSearch {
    pub(super) fn new(draft: &TableDraft) -> Self {
        let payment = draft.payment_columns().into_iter().map(|(_, column)| column);
        let control = draft.control_columns().into_iter().map(|(_, column, _)| column);
        let mut wanted: Vec<_> = payment
            .chain(control)
            .filter_map(|column| match column {
                Column::Name(name) => Some((Column::plain_name(name), name.clone())),
                Column::Position(_) | Column::Range { .. } => None,
            })
            .collect();
        wanted.sort();
        wanted.dedup_by(|one, two| one.0 == two.0);
        Self { wanted, rows: 0, missing: None }
    }

    /// The header, where this row is it.
    pub(super) fn look(&mut self, cells: &Cells) -> Result<Option<Header>, FeedError> {
        let header = Header::of(cells);
        let has = |name: &str| header.names.iter().filter(|known| *known == name).count();
        let missing: Vec<String> = self
            .wanted
            .iter()
            .filter(|(plain, _)| has(plain) == 0)
            .map(|(_, name)| name.clone())
            .collect();
        if missing.is_empty() {
            let twice = self.wanted.iter().find(|(plain, _)| has(plain) > 1);
            return match twice {
                Some((_, name)) => Err(FeedError::ColumnTwice(shown(name))),
                None => Ok(Some(header)),
            };
        }
        if self.missing.as_ref().is_none_or(|least| missing.len() < least.len()) {
            self.missing = Some(missing);
        }
        self.rows += 1;
        if self.rows >= ROWS_BEFORE_MAX { Err(self.fault()) } else { Ok(None) }
    }

    /// The file has no such row.
    pub(super) fn fault(&self) -> FeedError {
        match &self.missing {
            None => FeedError::Empty,
            Some(names) => {
                let names: Vec<String> = names.iter().take(8).map(|name| shown(name)).collect();
                FeedError::NoHeader(names.join(", "))
            }
        }
    }
}

fn shown(name: &str) -> String {
    format!("{:?}", name.chars().take(60).collect::<String>())
}

impl Header {
    fn of(cells: &Cells) -> Self {
        let names = match cells {
            Cells::Values(values) => values.iter().map(|name| Column::plain_name(name)).collect(),
            Cells::Line(_) => Vec::new(),
        };
        Self { names }
    }

    /// The same row again, as at the head of each page.
    pub(super) fn is_repeated_by(&self, cells: &Cells) -> bool {
        match cells {
            Cells::Values(values) => {
                values.len() == self.names.len()
                    && values.iter().zip(&self.names).all(|(value, name)| {
                        value.trim() == name || Column::plain_name(value) == *name
                    })
            }
            Cells::Line(_) => false,
        }
    }

    /// Puts positions in the place of names.
    pub(super) fn resolve(&self, draft: &mut TableDraft) {
        for column in draft.all_columns() {
            if let Column::Name(name) = column {
                let plain = Column::plain_name(name);
                let at = self.names.iter().position(|known| *known == plain);
                *column = at.map_or_else(|| column.clone(), |at| Column::Position(at + 1));
            }
        }
    }
}

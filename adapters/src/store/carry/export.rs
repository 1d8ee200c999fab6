//! Writing an export.

use std::io::Write;

use kvit_schemas::{Moment, hex};
use sha2::{Digest, Sha256};

use super::error::CarryError;
use super::line::{self, Header, Open, Section, Sums};
use crate::store::rows::{Completeness, RowStore};
use crate::store::{Store, Under, keys};

/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 1_000;

/// Writes all rows, once the store is found sound. `progress` is told now and then how many.
///
/// The store must be at rest: rows of one moment are exported only while nothing commits.
///
/// # Errors
/// When the store is damaged, cannot be read, or `out` cannot be written; what was written then
/// lacks its last line and no import takes it.
pub fn export(
    store: &Store,
    out: impl Write,
    now: Moment,
    progress: impl FnMut(u64),
) -> Result<Sums, CarryError> {
    match store.under() {
        Under::Sled(rows) => sound(rows)?,
        Under::Memory(_) => {}
    }
    let header = Header {
        kvit: env!("CARGO_PKG_VERSION").to_owned(),
        store: store.name(),
        commit: store.last_commit(),
        exported_at: now,
    };
    lines(store, header, out, progress)
}

/// Every frame is sound and no row is missing.
pub(super) fn sound(rows: &RowStore) -> Result<(), CarryError> {
    let report = rows.verify(|_| {}).map_err(CarryError::Open)?;
    if report.is_sound() {
        return Ok(());
    }
    let damage = report.damages.first().map(ToString::to_string);
    Err(CarryError::Unsound(match (damage, report.completeness) {
        (Some(damage), _) => format!("{damage}; {} damages in all", report.damages_count),
        (None, Completeness::Incomplete { expected_rows, found_rows }) => {
            format!("{expected_rows} rows expected, {found_rows} found")
        }
        (None, Completeness::Complete | Completeness::NotCompared) => {
            format!("{} side files that were never synced", report.blob_files)
        }
    }))
}

/// The lines of all rows.
pub(super) fn lines(
    store: &Store,
    header: Header,
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Sums, CarryError> {
    let mut lines = Lines::new(out);
    lines.put(&line::header(&header))?;
    store.each_row(|key, value| {
        lines.row(key, value)?;
        if lines.rows.is_multiple_of(PROGRESS_ROWS) {
            progress(lines.rows);
        }
        Ok::<(), CarryError>(())
    })?;
    progress(lines.rows);
    lines.finish(header)
}

/// Lines on their way out.
struct Lines<W> {
    out: W,
    all: Sha256,
    open: Option<Open>,
    sections: Vec<Section>,
    rows: u64,
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Self {
        Self { out, all: Sha256::new(), open: None, sections: Vec::new(), rows: 0 }
    }

    fn put(&mut self, line: &str) -> Result<(), CarryError> {
        self.all.update(line.as_bytes());
        self.out.write_all(line.as_bytes()).map_err(CarryError::Write)
    }

    fn row(&mut self, key: &[u8], value: &[u8]) -> Result<(), CarryError> {
        let letter = key.first().copied().unwrap_or_default();
        let mut open = match self.open.take() {
            Some(open) if open.letter == letter => open,
            before => {
                self.end(before)?;
                let table =
                    keys::table(letter).ok_or_else(|| CarryError::Table(hex::encode(key)))?;
                let open = Open::new(letter, table);
                self.put(&line::begin(&open))?;
                open
            }
        };
        let line = open.write(key, value);
        self.open = Some(open);
        self.rows += 1;
        self.put(&line)
    }

    fn end(&mut self, open: Option<Open>) -> Result<(), CarryError> {
        let Some(open) = open else { return Ok(()) };
        let letter = open.letter;
        let section = open.close();
        self.put(&line::end(letter, &section))?;
        self.sections.push(section);
        Ok(())
    }

    fn finish(mut self, header: Header) -> Result<Sums, CarryError> {
        let open = self.open.take();
        self.end(open)?;
        let sha256 = hex::encode(&self.all.finalize());
        let sums = Sums { header, sections: self.sections, rows: self.rows, sha256 };
        let last = line::total(&sums);
        self.out.write_all(last.as_bytes()).map_err(CarryError::Write)?;
        self.out.flush().map_err(CarryError::Write)?;
        Ok(sums)
    }
}

//! Reading an export into a new store, in batches, each of them durable before the next.
//!
//! The store gets a name of its own: the one exported may have gone on after the export, and ids
//! made from its name and the same numbers would mean two things.

use std::io::{self, BufRead};
use std::path::Path;

use kvit_schemas::Moment;
use serde::{Deserialize, Serialize};

use super::error::CarryError;
use super::export;
use super::line::{Header, Sums};
use super::read::Lines;
use crate::store::rows::{Batch, CommitSeq, Import, RowOptions, RowStore};
use crate::store::{Store, StoreError, Under, codec};

/// What a commit of an import holds at the most; but one row always.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rows.
    pub rows: usize,
    /// Bytes of keys and values.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { rows: 1_000, bytes: 4 << 20 }
    }
}

/// Why there is an import, and into what.
#[derive(Debug, Clone)]
pub struct Purpose<'a> {
    /// The new store's directory.
    pub path: &'a Path,
    /// How to open it.
    pub options: RowOptions,
    /// Why, in the operator's words.
    pub reason: &'a str,
}

/// Where an imported store comes from; kept in it for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Version of kvit, name and last commit of the store that was exported, and when.
    pub header: Header,
    /// When the import began.
    pub began_at: Moment,
    /// Why.
    pub reason: String,
    /// How many rows are in.
    rows: u64,
    /// SHA-256 of all lines up to the last row that is in.
    digest: [u8; 32],
}

/// A store that holds what an export says.
#[derive(Debug)]
pub struct Imported {
    /// The store.
    pub store: Store,
    /// What the export says and the store holds.
    pub sums: Sums,
    /// Rows that an earlier, interrupted import had left.
    pub rows_before: u64,
}

/// What a store knows of the import that filled it; `None` for one that was never imported into.
///
/// # Errors
/// When it cannot be read.
pub fn origin(store: &Store) -> Result<Option<Origin>, StoreError> {
    let import = match store.under() {
        Under::Sled(rows) => rows.import()?,
        Under::Memory(_) => None,
    };
    let known = |(Import::Underway(note) | Import::Finished(note))| codec::decode(b"import", &note);
    import.map(known).transpose()
}

/// Reads an export into a new store, or goes on with an import that was interrupted. `progress` is
/// told after each commit how many rows are in.
///
/// # Errors
/// At the first line that is not as it must be; what came before it may be in the store, which
/// then opens for nothing but going on with the same export.
pub fn import(
    input: impl BufRead,
    purpose: Purpose<'_>,
    bounds: Bounds,
    mut progress: impl FnMut(u64),
) -> Result<Imported, CarryError> {
    let mut lines = Lines::open(input)?;
    let mut filling = Filling::begin(lines.header(), purpose, bounds)?;
    let rows_before = filling.origin.rows;
    filling.pass(&mut lines)?;
    while let Some((key, value)) = lines.next_row()? {
        if filling.put(&key, value) {
            filling.commit(&lines)?;
            progress(lines.rows());
        }
    }
    filling.commit(&lines)?;
    progress(lines.rows());
    let sums = lines.sums()?;
    let store = filling.finish(&sums)?;
    Ok(Imported { store, sums, rows_before })
}

/// A store that is being filled.
struct Filling {
    rows: Box<RowStore>,
    origin: Origin,
    bounds: Bounds,
    batch: Batch,
    bytes: usize,
}

impl Filling {
    fn begin(header: &Header, purpose: Purpose<'_>, bounds: Bounds) -> Result<Self, CarryError> {
        let Purpose { path, options, reason } = purpose;
        let origin = Origin {
            header: header.clone(),
            began_at: options.now,
            reason: reason.to_owned(),
            rows: 0,
            digest: [0; 32],
        };
        let (rows, _) = RowStore::open_to_import(path, options, codec::encode(&origin))
            .map_err(CarryError::Open)?;
        let rows = Box::new(rows);
        let origin = match rows.import()? {
            Some(Import::Underway(note)) => {
                let begun: Origin = codec::decode(b"import", &note)?;
                if begun.header != *header {
                    return Err(CarryError::OtherExport { line: 1 });
                }
                begun
            }
            Some(Import::Finished(note)) => {
                let Header { store, commit, .. } =
                    codec::decode::<Origin>(b"import", &note)?.header;
                let what = format!("store {store} was imported up to its commit {commit}");
                return Err(CarryError::NotEmpty(what));
            }
            None if rows.row_count() > 0 => {
                let (count, commit) = (rows.row_count(), rows.applied());
                let what = format!("it has {count} rows and its last commit is {commit}");
                return Err(CarryError::NotEmpty(what));
            }
            None => {
                // Empty, as a daemon leaves it that heard nothing: from here on it is none.
                let underway = Import::Underway(codec::encode(&origin));
                rows.apply_import(&Batch::new(), &underway, CommitSeq(0))?;
                rows.sync()?;
                origin
            }
        };
        Ok(Self { rows, origin, bounds, batch: Batch::new(), bytes: 0 })
    }

    /// Reads over the rows that are in, and makes sure that they are the same.
    fn pass<R: BufRead>(&self, lines: &mut Lines<R>) -> Result<(), CarryError> {
        while lines.rows() < self.origin.rows {
            if lines.next_row()?.is_none() {
                return Err(CarryError::OtherExport { line: lines.number() });
            }
        }
        if self.origin.rows > 0 && lines.digest() != self.origin.digest {
            return Err(CarryError::OtherExport { line: lines.number() });
        }
        Ok(())
    }

    /// Whether the batch is full with this row.
    fn put(&mut self, key: &[u8], value: Vec<u8>) -> bool {
        self.bytes += key.len() + value.len();
        self.batch.put(key, value);
        self.batch.len() >= self.bounds.rows || self.bytes >= self.bounds.bytes
    }

    /// Commits the batch, with how far that is.
    fn commit<R: BufRead>(&mut self, lines: &Lines<R>) -> Result<(), CarryError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.origin.rows = lines.rows();
        self.origin.digest = lines.digest();
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        let underway = Import::Underway(codec::encode(&self.origin));
        self.rows.apply_import(&batch, &underway, CommitSeq(0))?;
        self.rows.sync()?;
        Ok(())
    }

    /// Reads everything back, and only then lets the store be one.
    fn finish(self, sums: &Sums) -> Result<Store, CarryError> {
        export::sound(&self.rows)?;
        let store = Store::over(Under::Sled(self.rows))?;
        let held = export::lines(&store, sums.header.clone(), io::sink(), |_| {})?;
        if held != *sums {
            let pairs = held.sections.iter().zip(&sums.sections);
            let differs = pairs.filter(|(held, said)| held != said).map(|(_, said)| said.table);
            let named = differs.collect::<Vec<_>>().join(", ");
            return Err(CarryError::Differs(named));
        }
        let Under::Sled(rows) = store.under() else { return Ok(store) };
        let finished = Import::Finished(codec::encode(&self.origin));
        rows.apply_import(&Batch::new(), &finished, CommitSeq(sums.header.commit))?;
        rows.sync()?;
        Ok(store)
    }
}

//! `kvit feed parse`: a bank's file in one shape, whatever its format. Needs no settings.
//!
//! What is printed is kept back until the file was read whole, so that nobody takes a part of it
//! for all; `--partial` prints as it goes.

pub(super) mod map;
mod shown;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use kvit_adapters::feeds::{FeedError, FileFormat, IdentityRule, Options, Reader};
use kvit_schemas::Currency;
use tempfile::SpooledTempFile;

use self::shown::Shown;
use super::failure::{Exit, Failure, chain};
use super::warn;
use crate::settings::table_of_file;

/// How much of what will be printed is kept in memory; more goes to a temporary file.
const KEPT_BYTES: usize = 4 << 20;

/// How many unusable rows are told one by one.
const TOLD_ROWS: u64 = 20;

/// How a file is to be read and shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// `None`: to be told from its beginning.
    pub(super) format: Option<FileFormat>,
    /// The file that says what stands where in a table.
    pub(super) map: Option<&'a Path>,
    pub(super) identity: IdentityRule,
    /// The account's, where the file does not tell it.
    pub(super) currency: Option<Currency>,
    pub(super) json: bool,
    /// What can be read is printed even when the rest cannot.
    pub(super) partial: bool,
}

/// Reads a file, `-` for standard input, and prints its rows, then what it comes to.
pub(super) fn parse(path: &Path, asked: Asked<'_>) -> Result<(), Failure> {
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let path_or_input = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let io = |error: io::Error| Failure::new(Exit::Io, named(&error));
    let mut source = BufReader::with_capacity(256 << 10, File::open(path_or_input).map_err(io)?);
    let start = source.fill_buf().map_err(io)?;
    let table = asked.map.map(table_of_file).transpose()?;
    // A mapping says that it is a table, even one that begins as another format does.
    let told = asked.format.or_else(|| table.as_ref().map(|_| FileFormat::Table));
    let Some(format) = told.or_else(|| FileFormat::detect(start)) else {
        let what = "row 0 at byte 0: begins like no format that is known; name one with --format, \
                    or have `kvit feed map` propose how a bank's own table (CSV) is to be read";
        return Err(Failure::new(Exit::Data, named(&what)));
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let options = Options {
        file_name: name.as_deref(),
        identity: asked.identity,
        currency: asked.currency,
        table: table.as_ref(),
        ..Options::default()
    };
    let mut reader =
        Reader::open(format, source, &options).map_err(|error| unreadable(path, (0, 0), error))?;
    if asked.partial {
        let out = BufWriter::new(io::stdout().lock());
        return read(path, &mut reader, Shown::new(out, asked.json)).map(drop);
    }
    let kept = BufWriter::with_capacity(64 << 10, SpooledTempFile::new(KEPT_BYTES));
    let kept = read(path, &mut reader, Shown::new(kept, asked.json))?;
    let mut kept = kept.into_inner().map_err(|error| Failure::from(error.into_error()))?;
    kept.rewind()?;
    io::copy(&mut kept, &mut io::stdout().lock())?;
    Ok(())
}

/// Shows the rows and the summary. A failure when not all could be read.
fn read<R: BufRead, W: Write>(
    path: &Path,
    reader: &mut Reader<R>,
    mut shown: Shown<W>,
) -> Result<W, Failure> {
    let mut bad = 0_u64;
    let mut stopped = None;
    shown.head()?;
    while let Some(read) = reader.next() {
        match read {
            Ok(Ok(row)) => shown.row(&row)?,
            Ok(Err(error)) => {
                bad += 1;
                shown.refused(&error)?;
                if bad <= TOLD_ROWS {
                    warn(&format!("{}: {error} ({})", path.display(), error.reason.as_str()));
                }
            }
            Err(error) => {
                let rows = reader.totals().rows + reader.totals().refused;
                stopped = Some(unreadable(path, (rows, reader.bytes_read()), error));
            }
        }
    }
    shown.summary(reader, stopped.as_ref().map(|failure| failure.message.as_str()))?;
    let out = shown.into_inner()?;
    match stopped {
        Some(failure) => Err(failure),
        None if bad > 0 => {
            let what = format!("{}: {bad} rows cannot be used", path.display());
            Err(Failure::new(Exit::Data, what))
        }
        None => Ok(out),
    }
}

fn unreadable(path: &Path, (row, byte): (u64, u64), error: FeedError) -> Failure {
    let what = format!("{}: after row {row} at byte {byte}: {}", path.display(), chain(&error));
    let exit = if error.into_io().is_ok() { Exit::Io } else { Exit::Data };
    Failure::new(exit, what)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

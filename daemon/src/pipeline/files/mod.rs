//! Statement files: read once to be judged as a whole, then applied in bounded steps with the
//! position kept, so that a crash resumes and a repetition repeats nothing.

mod apply;
mod read;
mod report;

use std::sync::Arc;

use kvit_adapters::feeds::Row;
use kvit_schemas::message::{FileError, FileReport};
use kvit_schemas::record::{Disposition, FileRecord};
use kvit_schemas::{Code, hex};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

pub use read::{Judged, judge};

use crate::settings::{Feed, Party};

use super::committer::Work;
use super::intake::{Body, Checked, Prepared, Refused};
use super::outgoing::Cause;

/// A step of a file.
#[derive(Debug)]
pub enum FileStep {
    /// The file was judged; may it be applied?
    Begin(Box<Begin>),
    /// Some rows.
    Rows {
        /// The file.
        file: Box<Opened>,
        /// Rows, or why one cannot be used.
        rows: Vec<Result<Row, FileError>>,
        /// How many rows are through after these.
        position: u64,
    },
    /// All rows are through.
    End(Box<Opened>),
}

/// A file as it was judged.
#[derive(Debug)]
pub struct Begin {
    /// The delivery.
    pub prepared: Prepared,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// What a first reading found.
    pub judged: Result<Judged, Refused>,
}

/// A file that is being applied.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its record.
    pub record: FileRecord,
    /// Its report so far.
    pub report: FileReport,
    party: Party,
    checked: Checked,
    cause: Cause,
}

/// What became of a step, once it is durable.
#[derive(Debug)]
pub enum FileAnswer {
    /// Go on with this file, from its position.
    Go(Box<Opened>),
    /// The delivery is done with.
    Ended(Disposition),
}

/// Takes one file through all its steps.
///
/// # Errors
/// `None` when the committer has ended; the delivery is then not answered and comes again.
pub async fn take(
    prepared: Prepared,
    settings: Option<Feed>,
    work: &mpsc::Sender<Work>,
) -> Option<Disposition> {
    let (bytes, name) = content(&prepared);
    let begin = begun(prepared, settings.as_ref()).await;
    let answer = step(FileStep::Begin(Box::new(begin)), work).await?;
    let (mut file, settings) = match (answer, settings) {
        (FileAnswer::Ended(disposition), _) => return Some(disposition),
        (FileAnswer::Go(_), None) => return None,
        (FileAnswer::Go(file), Some(settings)) => (file, settings),
    };
    let mut position = file.record.position;
    // One chunk is read ahead while the one before is being committed.
    let (chunk, mut chunks) = mpsc::channel(1);
    let reading = tokio::task::spawn_blocking(move || {
        read::chunks(&bytes, (&name, &settings), position, &chunk);
    });
    while let Some(rows) = chunks.recv().await {
        position += u64::try_from(rows.len()).unwrap_or_default();
        match step(FileStep::Rows { file, rows, position }, work).await? {
            FileAnswer::Go(next) => file = next,
            FileAnswer::Ended(disposition) => return Some(disposition),
        }
    }
    reading.await.ok()?;
    match step(FileStep::End(file), work).await? {
        FileAnswer::Ended(disposition) => Some(disposition),
        FileAnswer::Go(_) => None,
    }
}

/// The bytes of a file and its name.
fn content(prepared: &Prepared) -> (Arc<Vec<u8>>, String) {
    let Ok(Checked { body: Body::File { bytes, name, .. }, .. }) = &prepared.result else {
        unreachable!("only files are taken as files")
    };
    (Arc::new(bytes.clone()), name.clone())
}

/// Judges a file, so that it may begin.
pub async fn begun(prepared: Prepared, settings: Option<&Feed>) -> Begin {
    let (bytes, name) = content(&prepared);
    let sha256 = hex::encode(&Sha256::digest(&*bytes));
    let judged = match settings.cloned() {
        Some(settings) => {
            let judging = tokio::task::spawn_blocking(move || judge(&bytes, &name, &settings));
            // A reader that panics is kvit's own bug, and the file ends as refused all the same.
            judging.await.unwrap_or_else(|_| {
                Err(Refused::new(Code::DEFECT, "kvit failed while reading the file"))
            })
        }
        None => Err(Refused::new(Code::FEED_NOT_YOURS, "no such feed")),
    };
    Begin { prepared, sha256, judged }
}

async fn step(step: FileStep, work: &mpsc::Sender<Work>) -> Option<FileAnswer> {
    let (reply, answer) = oneshot::channel();
    work.send(Work::File(Box::new(step), reply)).await.ok()?;
    answer.await.ok()
}

//! Statement files: read once to be judged as a whole, then applied in bounded steps with the
//! position kept, so that a crash resumes and a repetition repeats nothing.

mod apply;
mod content;
mod dropped;
mod read;
mod report;

use std::sync::Arc;

use kvit_adapters::crash::{self, Point};
use kvit_adapters::drop_folder::Dropped;
use kvit_adapters::feeds::{Lump, Row};
use kvit_schemas::message::{FileError, FileReport};
use kvit_schemas::record::{Disposition, FileRecord};
use kvit_schemas::{Code, FeedId, hex};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub use content::FileContent;
pub use read::Judged;
pub(super) use report::refused_report;

use content::Look;

use crate::blocking::{ahead, aside};
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
    /// The transfer that its last rows came with.
    lump: Option<Lump>,
    party: Party,
    checked: Checked,
    cause: Cause,
}

/// What became of a step, once it is durable.
#[derive(Debug)]
pub enum FileAnswer {
    /// Go on with this file, from its position.
    Go(Box<Opened>),
    /// The file is done with.
    Ended(FileEnd),
}

/// How a file ended.
#[derive(Debug, Clone)]
pub struct FileEnd {
    /// As a delivery.
    pub disposition: Disposition,
    /// What was answered, now or when the same delivery was answered first.
    pub report: Option<Box<FileReport>>,
}

/// When the next rows of a file may be applied.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Why no messages are taken, if so.
    pub paused: watch::Receiver<Option<String>>,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

impl Gate {
    /// Waits while intake is paused; false when the daemon stops.
    pub async fn is_open(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            // Without anybody who pauses nothing is paused.
            _ = self.paused.wait_for(Option::is_none) => true,
        }
    }
}

/// Takes one file that came as a message through all its steps.
///
/// # Errors
/// `None` when the committer has ended; the delivery is then not answered and comes again.
pub async fn take(
    prepared: Prepared,
    settings: Option<Feed>,
    work: &mpsc::Sender<Work>,
) -> Option<Disposition> {
    let begin = begun(prepared, settings.as_ref()).await?;
    let ended = apply(begin, settings, (work, None)).await;
    ended.map(|ended| ended.disposition)
}

/// Judges a file that came as a message, so that it may begin; `None` when it cannot be read.
pub async fn begun(prepared: Prepared, settings: Option<&Feed>) -> Option<Begin> {
    let Ok(Checked { body: Body::File { content, name, .. }, .. }) = &prepared.result else {
        unreachable!("only files are taken as files")
    };
    let looked = match settings.cloned() {
        Some(settings) => look(content.clone(), name.clone(), settings).await.ok()?,
        None => {
            let refused = Refused::new(Code::FEED_NOT_YOURS, "no such feed");
            let sha256 = hex::encode(&Sha256::digest(&prepared.arrival.body));
            Look { sha256, judged: Err(refused) }
        }
    };
    Some(Begin { prepared, sha256: looked.sha256, judged: looked.judged })
}

/// Why a file of a drop folder is not done with.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It could not be read, or was written to.
    #[error("it could not be read as it was: {0}")]
    Unread(#[source] std::io::Error),
    /// The daemon stops, or the file was written to while it was applied. What is applied stays.
    #[error("it was not applied to its end")]
    Broken,
}

/// Takes one file of a drop folder through all its steps.
///
/// # Errors
/// See [`NotTaken`]; the file is to be looked at again.
pub async fn take_dropped(
    dropped: Arc<Dropped>,
    (feed, settings): (&FeedId, &Feed),
    work: &mpsc::Sender<Work>,
    gate: Gate,
) -> Result<FileEnd, NotTaken> {
    let content = FileContent::Dropped { file: Arc::clone(&dropped), sha256: String::new() };
    let (name, wanted) = (dropped.name().to_owned(), settings.clone());
    let looked = look(content, name, wanted).await.map_err(NotTaken::Unread)?;
    let prepared = dropped::prepared(&dropped, (feed, &settings.bank), &looked.sha256);
    let begin = Begin { prepared, sha256: looked.sha256, judged: looked.judged };
    let ended = apply(begin, Some(settings.clone()), (work, Some(gate))).await;
    ended.ok_or(NotTaken::Broken)
}

async fn look(content: FileContent, name: String, settings: Feed) -> std::io::Result<Look> {
    let kept = content.clone();
    let looking = aside(move || content.look(&name, &settings));
    match looking.end().await {
        Ok(looked) => looked,
        // A reader that panics is kvit's own bug, and the file ends as refused all the same.
        Err(_) => {
            let refused = Refused::new(Code::DEFECT, "kvit failed while reading the file");
            Ok(Look { sha256: kept.sha256()?, judged: Err(refused) })
        }
    }
}

/// Applies a file that was looked at; `None` when it did not come to its end.
async fn apply(
    begin: Begin,
    settings: Option<Feed>,
    (work, mut gate): (&mpsc::Sender<Work>, Option<Gate>),
) -> Option<FileEnd> {
    let Ok(Checked { body: Body::File { content, name, .. }, .. }) = &begin.prepared.result else {
        unreachable!("only files are applied as files")
    };
    let (content, name) = (content.clone(), name.clone());
    let answer = step(FileStep::Begin(Box::new(begin)), work).await?;
    let (mut file, settings) = match (answer, settings) {
        (FileAnswer::Ended(end), _) => return Some(end),
        (FileAnswer::Go(_), None) => return None,
        (FileAnswer::Go(file), Some(settings)) => (file, settings),
    };
    let mut position = file.record.position;
    // One chunk is read ahead while the one before is being committed.
    let (chunk, mut chunks) = mpsc::channel(ahead(1));
    let reading = aside(move || read::chunks(&content, (&name, &settings), position, &chunk));
    while let Some(rows) = chunks.recv().await {
        if let Some(gate) = &mut gate
            && !gate.is_open().await
        {
            return None;
        }
        position += u64::try_from(rows.len()).unwrap_or_default();
        match step(FileStep::Rows { file, rows, position }, work).await? {
            FileAnswer::Go(next) => file = next,
            FileAnswer::Ended(end) => return Some(end),
        }
        crash::reach(Point::FileStep);
    }
    if !reading.end().await.ok()? {
        return None;
    }
    match step(FileStep::End(file), work).await? {
        FileAnswer::Ended(end) => Some(end),
        FileAnswer::Go(_) => None,
    }
}

async fn step(step: FileStep, work: &mpsc::Sender<Work>) -> Option<FileAnswer> {
    let (reply, answer) = oneshot::channel();
    work.send(Work::File(Box::new(step), reply)).await.ok()?;
    answer.await.ok()
}

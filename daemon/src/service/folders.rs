//! Drop folders: each is looked at now and then, and what is complete is applied, one file after
//! the other, and moved away with its report.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::crash::{self, Point};
use kvit_adapters::drop_folder::{Completion, DropFolder, Dropped, End, Scan, Settled};
use kvit_schemas::message::{FileOutcome, FileReport};
use kvit_schemas::{FeedId, Moment};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::backlog::seconds;
use crate::pipeline::Work;
use crate::pipeline::files::{self, Gate, NotTaken};
use crate::settings::{Complete, Feed, Settings};
use crate::telemetry::list;

/// Of each feed one file at a time, wherever it comes from.
pub type Turns = Arc<BTreeMap<FeedId, Mutex<()>>>;

/// A turn for each feed.
pub fn turns(settings: &Settings) -> Turns {
    Arc::new(settings.feeds.keys().map(|feed| (feed.clone(), Mutex::new(()))).collect())
}

/// How a drop folder is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FolderState {
    /// Where it is.
    pub path: String,
    /// Files in it.
    pub files: u64,
    /// When the oldest of them was written.
    pub oldest: Option<Moment>,
    /// Files moved to `done/` since the start.
    pub done: u64,
    /// Files moved to `rejected/` since the start.
    pub rejected: u64,
    /// The last file and what became of it.
    pub last: Option<(String, FileOutcome)>,
    /// Why the folder, or a file in it, cannot be used.
    pub problem: Option<String>,
}

/// Keeps one folder.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    work: mpsc::Sender<Work>,
    feed: FeedId,
    settings: Feed,
    turns: Turns,
    gate: Gate,
    state: FolderState,
}

impl Keeper {
    pub(super) fn new(
        (shared, work): (&Arc<Shared>, &mpsc::Sender<Work>),
        (feed, settings): (&FeedId, &Feed),
        turns: Turns,
        stop: &CancellationToken,
    ) -> Self {
        let path = settings.folder.as_ref().map(|path| path.display().to_string());
        Self {
            shared: Arc::clone(shared),
            work: work.clone(),
            feed: feed.clone(),
            settings: settings.clone(),
            turns,
            gate: Gate { paused: shared.paused.subscribe(), stop: stop.clone() },
            state: FolderState { path: path.unwrap_or_default(), ..FolderState::default() },
        }
    }

    /// Looks until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let pause = Duration::from_secs(self.shared.settings.folders.poll_seconds);
        let mut folder = None;
        while self.gate.is_open().await {
            let more = match self.look(folder.take()).await {
                Ok((opened, more)) => {
                    folder = Some(opened);
                    more
                }
                Err(error) => {
                    self.problem(Some(error.to_string()), false);
                    false
                }
            };
            if more {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Takes what is complete now; true when there may be more.
    async fn look(&mut self, folder: Option<DropFolder>) -> std::io::Result<(DropFolder, bool)> {
        let (path, completion) = (self.settings.folder.clone(), self.completion());
        let now = self.shared.clock.now();
        let (mut folder, scan) = blocking(move || {
            let mut folder = match folder {
                Some(folder) => folder,
                None => DropFolder::open(&path.unwrap_or_default(), completion)?,
            };
            let scan = folder.scan(now)?;
            Ok((folder, scan))
        })
        .await?;
        self.found(&scan, now);
        let (mut taken, mut problem) = (0_u64, None);
        for name in scan.ready {
            if !self.gate.is_open().await {
                return Ok((folder, false));
            }
            match self.one(folder, name).await? {
                (back, None) => {
                    folder = back;
                    taken += 1;
                }
                (back, why) => {
                    folder = back;
                    problem = problem.or(why);
                }
            }
        }
        self.problem(problem, true);
        Ok((folder, scan.is_full && taken > 0))
    }

    /// Takes one file to its end and moves it away; or says why not.
    async fn one(
        &mut self,
        folder: DropFolder,
        name: OsString,
    ) -> std::io::Result<(DropFolder, Option<String>)> {
        let (folder, name, opened) = blocking(move || {
            let opened = folder.take(&name);
            Ok((folder, name, opened))
        })
        .await?;
        let shown = name.to_string_lossy().into_owned();
        let dropped = match opened {
            Ok(dropped) => Arc::new(dropped),
            Err(skip) => return Ok(self.skipped((folder, name), skip.as_str(), &skip.to_string())),
        };
        // The same file may come as a message at the same time.
        let turns = Arc::clone(&self.turns);
        let turn = turns.get(&self.feed);
        let _turn = match turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let (named, gate) = ((&self.feed, &self.settings), self.gate.clone());
        let end = match files::take_dropped(Arc::clone(&dropped), named, &self.work, gate).await {
            Ok(end) => end,
            // It goes on where it was after the next start.
            Err(NotTaken::Broken) if self.gate.stop.is_cancelled() => return Ok((folder, None)),
            Err(error) => {
                return Ok(self.skipped((folder, name), "broken", &error.to_string()));
            }
        };
        let Some(report) = end.report else {
            return Ok(self.skipped(
                (folder, name),
                "no_report",
                "its report is not kept any more",
            ));
        };
        crash::reach(Point::FileUnmoved);
        let (folder, settled) = settle(folder, dropped, &report).await?;
        match settled {
            Ok(settled) => {
                self.settled(&shown, &report, &settled);
                Ok((folder, None))
            }
            Err(error) => {
                let why = format!("it cannot be moved: {error}");
                Ok(self.skipped((folder, name), "not_moved", &why))
            }
        }
    }

    fn skipped(
        &self,
        (mut folder, name): (DropFolder, OsString),
        word: &str,
        why: &str,
    ) -> (DropFolder, Option<String>) {
        let (feed, file) = (self.feed.to_string(), name.to_string_lossy().into_owned());
        list::FOLDER_SKIPPED.add(1, &[("feed", feed.clone()), ("reason", word.to_owned())]);
        folder.put_off(&name, self.shared.clock.now());
        if word == "gone" {
            return (folder, None);
        }
        tracing::warn!(feed, file, why, "file not taken; it is looked at again");
        (folder, Some(format!("{file}: {why}")))
    }

    fn settled(&mut self, file: &str, report: &FileReport, settled: &Settled) {
        let feed = self.feed.to_string();
        let outcome = word(report.outcome);
        list::FOLDER_SETTLED.add(1, &[("feed", feed.clone()), ("outcome", outcome.to_owned())]);
        match end_of(report) {
            End::Done => self.state.done += 1,
            End::Rejected => self.state.rejected += 1,
        }
        match settled {
            Settled::Moved(to) => {
                tracing::info!(feed, file, outcome, to = %to.display(), "file taken from its folder");
            }
            Settled::Replaced(to) => {
                let report = to.display();
                tracing::warn!(feed, file, outcome, %report, "file replaced while it was read");
            }
        }
        self.state.files = self.state.files.saturating_sub(1);
        self.state.last = Some((file.to_owned(), report.outcome));
        self.tell();
    }

    fn found(&mut self, scan: &Scan, now: Moment) {
        for (file, skip) in &scan.skipped {
            let feed = self.feed.to_string();
            let reason = ("reason", skip.as_str().to_owned());
            tracing::warn!(feed, file, why = %skip, "left in the drop folder");
            list::FOLDER_SKIPPED.add(1, &[("feed", feed), reason]);
        }
        let feed = [("feed", self.feed.to_string())];
        list::FOLDER_FILES.set(scan.files, &feed);
        list::FOLDER_OLDEST.set(scan.oldest.map_or(0, |since| seconds(since, now)), &feed);
        (self.state.files, self.state.oldest) = (scan.files, scan.oldest);
    }

    fn problem(&mut self, problem: Option<String>, usable: bool) {
        list::FOLDER_USABLE.set(u64::from(usable), &[("feed", self.feed.to_string())]);
        if problem != self.state.problem {
            if let Some(problem) = &problem {
                let path = &self.state.path;
                tracing::warn!(feed = %self.feed, path, problem, "drop folder has a problem");
            }
            self.state.problem = problem;
        }
        self.tell();
    }

    fn tell(&self) {
        self.shared.folders.send_modify(|folders| {
            folders.insert(self.feed.clone(), self.state.clone());
        });
    }

    fn completion(&self) -> Completion {
        match self.settings.folder_complete {
            Complete::Rename => Completion::Rename,
            Complete::Stable => Completion::Stable(self.settings.folder_stable_seconds.into()),
            Complete::Marker => Completion::Marker(self.settings.folder_marker.clone()),
        }
    }
}

/// Moves a file away, off the async workers; its error leaves the folder usable.
async fn settle(
    folder: DropFolder,
    dropped: Arc<Dropped>,
    report: &FileReport,
) -> std::io::Result<(DropFolder, std::io::Result<Settled>)> {
    let end = end_of(report);
    let mut text = serde_json::to_vec_pretty(report)?;
    text.push(b'\n');
    blocking(move || {
        let settled = folder.settle(&dropped, end, &text);
        Ok((folder, settled))
    })
    .await
}

fn end_of(report: &FileReport) -> End {
    match report.outcome {
        FileOutcome::Applied | FileOutcome::Partial | FileOutcome::Duplicate => End::Done,
        FileOutcome::Refused => End::Rejected,
    }
}

fn word(outcome: FileOutcome) -> &'static str {
    match outcome {
        FileOutcome::Applied => "applied",
        FileOutcome::Partial => "partial",
        FileOutcome::Refused => "refused",
        FileOutcome::Duplicate => "duplicate",
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(std::io::Error::other(error)),
    }
}

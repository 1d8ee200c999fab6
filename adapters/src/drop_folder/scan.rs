//! Looking for files that are complete, the oldest first, in memory that does not grow with their
//! number.

use std::collections::{BTreeMap, BinaryHeap};
use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;
use std::io;
use std::os::unix::ffi::OsStrExt;

use kvit_schemas::Moment;

use super::dropped::{Skip, Stamp};
use super::{Completion, DropFolder};

/// Files of one scan; the next scan finds those behind them.
const SCAN_FILES_MAX: usize = 256;
/// Files that are left alone for a while; with more of them, all are tried again.
const PUT_OFF_MAX: usize = 10_000;
/// For how long a file that could not be taken is left alone.
const PUT_OFF_SECONDS: i64 = 60;
/// Endings of files that are being written.
const TEMPORARY: [&str; 3] = [".tmp", ".part", ".filepart"];

/// What lies in a folder.
#[derive(Debug, Default)]
pub struct Scan {
    /// Files that may be taken, in the order in which to take them: by time, then by name.
    pub ready: Vec<OsString>,
    /// All files there, but for those that are being written under a temporary name.
    pub files: u64,
    /// When the oldest of them was last written.
    pub oldest: Option<Moment>,
    /// What is no file, by name; told once for each.
    pub skipped: Vec<(String, Skip)>,
    /// There are more than were looked at.
    pub is_full: bool,
}

/// A file by its place in the order.
type Candidate = ((i64, i64), OsString, Stamp);

impl DropFolder {
    /// Looks at the folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn scan(&mut self, now: Moment) -> io::Result<Scan> {
        let mut scan = Scan::default();
        let mut oldest: BinaryHeap<Candidate> = BinaryHeap::new();
        self.put_off.retain(|_, (_, until)| *until > now);
        for entry in std::fs::read_dir(&self.path)? {
            let Some((name, stamp)) = self.regarded(&entry?, (&mut scan, now))? else { continue };
            scan.files += 1;
            let modified = stamp.modified();
            let at = Moment::from_micros(modified.0.saturating_mul(1_000_000));
            scan.oldest = [scan.oldest, at].into_iter().flatten().min();
            if self.put_off.get(&name).is_some_and(|(known, _)| *known == stamp) {
                continue;
            }
            oldest.push((modified, name, stamp));
            if oldest.len() > SCAN_FILES_MAX {
                oldest.pop();
                scan.is_full = true;
            }
        }
        let before = std::mem::take(&mut self.watched);
        for (_, name, stamp) in oldest.into_sorted_vec() {
            if self.is_complete((&name, stamp), &before, now) {
                scan.ready.push(name);
            }
        }
        Ok(scan)
    }

    /// Leaves a file alone for a while, unless it changes.
    pub fn put_off(&mut self, name: &OsStr, now: Moment) {
        let Ok(found) = std::fs::symlink_metadata(self.path.join(name)) else { return };
        if self.put_off.len() >= PUT_OFF_MAX {
            self.put_off.clear();
        }
        let until = now.plus_seconds(PUT_OFF_SECONDS);
        self.put_off.insert(name.to_owned(), (Stamp::of(&found), until));
    }

    /// A file that counts; not a temporary one, a marker, or anything else.
    fn regarded(
        &mut self,
        entry: &DirEntry,
        (scan, now): (&mut Scan, Moment),
    ) -> io::Result<Option<(OsString, Stamp)>> {
        let name = entry.file_name();
        if is_own(&name) || is_temporary(&name) || self.is_marker(&name)? {
            return Ok(None);
        }
        // Of the entry itself, not of what a link leads to.
        let found = match entry.metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let stamp = Stamp::of(&found);
        if found.is_file() {
            return Ok(Some((name, stamp)));
        }
        let known = self.put_off.get(&name).is_some_and(|(known, _)| known.is_same_file(&stamp));
        if !known {
            scan.skipped.push((name.to_string_lossy().into_owned(), Skip::NotAFile));
            self.put_off(&name, now.plus_seconds(24 * 60 * 60));
        }
        Ok(None)
    }

    /// A marker is no file to be taken; one whose file was taken has no use any more.
    fn is_marker(&self, name: &OsStr) -> io::Result<bool> {
        let Completion::Marker(suffix) = &self.completion else { return Ok(false) };
        let Some(of) = name.as_bytes().strip_suffix(suffix.as_bytes()) else { return Ok(false) };
        let of = self.path.join(OsStr::from_bytes(of));
        // It was put there after its file, so a file that is not there was taken.
        if std::fs::symlink_metadata(&of).is_err_and(|it| it.kind() == io::ErrorKind::NotFound) {
            match std::fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(true)
    }

    fn is_complete(
        &mut self,
        (name, stamp): (&OsStr, Stamp),
        before: &BTreeMap<OsString, (Stamp, Moment)>,
        now: Moment,
    ) -> bool {
        match &self.completion {
            Completion::Rename => true,
            Completion::Marker(_) => {
                let marker = self.marker_of(name).map(|marker| self.path.join(marker));
                marker.is_some_and(|marker| marker.symlink_metadata().is_ok())
            }
            Completion::Stable(seconds) => {
                let known = before.get(name).filter(|(known, _)| *known == stamp);
                let since = known.map_or(now, |(_, since)| *since);
                let stable = since.plus_seconds(*seconds) <= now;
                self.watched.insert(name.to_owned(), (stamp, since));
                stable
            }
        }
    }
}

/// Files with a leading dot, or that end as those do which are being written.
fn is_temporary(name: &OsStr) -> bool {
    let text = name.to_string_lossy().to_lowercase();
    text.starts_with('.') || TEMPORARY.iter().any(|ending| text.ends_with(ending))
}

/// The folders of what is done with.
fn is_own(name: &OsStr) -> bool {
    name == super::End::Done.folder() || name == super::End::Rejected.folder()
}

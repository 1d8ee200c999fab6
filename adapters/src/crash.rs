//! Crash points: places on the way of a message at which a test ends the process as a crash would.
//!
//! Compiled only with the feature `crash-points`, which the tests ask for and a release never has;
//! without it [`reach`] is nothing. With it, a process whose environment says
//! `KVIT_CRASH_AT=synced:3` aborts when it comes to that point for the third time.

/// A place where the process may end. In the order of a message's way, then of the other ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// The store is open, nothing else has begun.
    Opened,
    /// A delivery came, nobody has looked at it.
    Received,
    /// It was looked at, and not handed on.
    Checked,
    /// A batch is judged, nothing of it written.
    Judged,
    /// The commit is visible, and not synced.
    Applied,
    /// The kernel has the bytes, the disk may not.
    Flushed,
    /// The commit is durable, nothing is acknowledged or handed on.
    Synced,
    /// The broker is about to be told that deliveries are done with.
    Acknowledging,
    /// It was told.
    Acknowledged,
    /// The relay has the new outbox rows.
    HandedOn,
    /// A message is about to be given to the publisher.
    Publishing,
    /// Messages are on their way, none is confirmed.
    Published,
    /// All messages of a row are confirmed, nothing was done about it.
    Confirmed,
    /// The commit that forgets sent rows is durable.
    Forgotten,
    /// Some rows of a file are committed, others are not.
    FileStep,
    /// A file that came as a message is committed to its end, and not acknowledged.
    FileEnded,
    /// A file of a drop folder is committed to its end, and lies where it lay.
    FileUnmoved,
    /// Its report lies where it goes, and it does not yet.
    FileReported,
    /// It lies where it goes, its marker where it lay.
    FileMoved,
    /// A person releases a file, nothing of it is applied.
    ReleaseClaimed,
    /// It is applied, and its release not noted as done.
    ReleaseTaken,
    /// A schedule did its work, and it is not noted that it fired.
    Worked,
    /// An act of a person is committed, and the person does not know.
    Acted,
    /// Told to stop: nothing more comes in, the outbox is being emptied.
    Draining,
    /// Everything has ended but the store.
    Closing,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Opened,
        Self::Received,
        Self::Checked,
        Self::Judged,
        Self::Applied,
        Self::Flushed,
        Self::Synced,
        Self::Acknowledging,
        Self::Acknowledged,
        Self::HandedOn,
        Self::Publishing,
        Self::Published,
        Self::Confirmed,
        Self::Forgotten,
        Self::FileStep,
        Self::FileEnded,
        Self::FileUnmoved,
        Self::FileReported,
        Self::FileMoved,
        Self::ReleaseClaimed,
        Self::ReleaseTaken,
        Self::Worked,
        Self::Acted,
        Self::Draining,
        Self::Closing,
    ];
}

/// The process is at a point. Nothing, but for tests.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub const fn reach(_: Point) {}

#[cfg(feature = "crash-points")]
pub use told::{VARIABLE, reach};

#[cfg(feature = "crash-points")]
mod told {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    /// The variable that says at which point to end, and which time it is come to.
    pub const VARIABLE: &str = "KVIT_CRASH_AT";

    /// Where to end, and how many more times the point is passed before.
    static WHERE: OnceLock<Option<(Point, AtomicU64)>> = OnceLock::new();

    /// The process is at a point: it ends there if it was told so.
    pub fn reach(point: Point) {
        let told = WHERE.get_or_init(|| read(&std::env::var(VARIABLE).ok()?));
        if let Some((at, times)) = told
            && *at == point
            && times.fetch_sub(1, Ordering::Relaxed) == 1
        {
            std::process::abort();
        }
    }

    fn read(text: &str) -> Option<(Point, AtomicU64)> {
        let (name, times) = text.split_once(':')?;
        let named = |point: &Point| format!("{point:?}").eq_ignore_ascii_case(name);
        Some((Point::ALL.into_iter().find(named)?, AtomicU64::new(times.parse().ok()?)))
    }
}

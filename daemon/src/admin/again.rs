//! A message in quarantine made ready for a new attempt: looked at like any delivery.

use kvit_adapters::store::Tables;
use kvit_schemas::record::{DeedOutcome, Disposition, Seq};

use crate::pipeline::desk::{Attempt, NotAgain, Release, Replacement, arrival_again};
use crate::pipeline::intake::{Body, Checked};
use crate::pipeline::{Prepared, files};
use crate::queries::QueryError;
use crate::service::Shared;
use crate::settings::{Feed, NoParty};

/// Which message, and how it is meant.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) number: Seq,
    pub(super) party: Option<String>,
    pub(super) mended: Option<Mended>,
    pub(super) attempts: Option<u32>,
}

/// Mended bytes.
#[derive(Debug)]
pub(super) enum Mended {
    Given(Vec<u8>),
    Kept(Seq),
}

/// A message or a file, ready.
#[derive(Debug)]
pub(super) enum Ready {
    Message(Box<Release>),
    File(Box<FileAgain>),
}

/// A file, ready.
#[derive(Debug)]
pub(super) struct FileAgain {
    pub(super) attempt: Attempt,
    pub(super) prepared: Prepared,
    pub(super) settings: Option<Feed>,
}

/// Why it is not.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotReady {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Not(#[from] NotAgain),
    #[error(transparent)]
    Party(#[from] NoParty),
}

/// Looks at the message as on its first day. Blocks.
pub(super) fn ready(shared: &Shared, wish: Again) -> Result<Ready, NotReady> {
    let number = wish.number;
    let missing = || QueryError::NotFound(format!("quarantine holds no number {}", number.0));
    let store = &shared.store;
    let read = |error| NotReady::from(QueryError::Store(error));
    let record = store.quarantined(number).map_err(read)?.ok_or_else(missing)?;
    let fate = store.fate(number).map_err(read)?;
    let kept = store.body(number).map_err(read)?.unwrap_or_default();
    let (mended, replacement) = match wish.mended {
        None => (None, None),
        Some(Mended::Given(bytes)) => (Some(bytes.clone()), Some(Replacement::Given(bytes))),
        Some(Mended::Kept(seq)) => {
            let bytes = store.body(seq).map_err(read)?.ok_or_else(missing)?;
            (Some(bytes), Some(Replacement::Kept(seq)))
        }
    };
    let (arrival, sender) = arrival_again(&record, (kept, mended), &shared.intake.directory)?;
    let named = |party: String| shared.intake.directory.party_named(&party);
    let party = wish.party.map(named).transpose()?;
    let (spoken_for, now) = (party.as_ref().map(ToString::to_string), shared.clock.now());
    let mut prepared = shared.intake.check_as(arrival, party.or(sender), now);
    prepared.released = Some(number);
    let attempt = Attempt {
        number,
        attempts: wish.attempts.unwrap_or(fate.attempts),
        party: spoken_for,
        replacement,
    };
    let feed = match &prepared.result {
        Ok(Checked { body: Body::File { feed, .. }, .. }) => feed.clone(),
        Ok(_) | Err(_) => return Ok(Ready::Message(Box::new(Release { attempt, prepared }))),
    };
    let settings = shared.intake.directory.feed(&feed).cloned();
    Ok(Ready::File(Box::new(FileAgain { attempt, prepared, settings })))
}

/// Takes a file through all its steps; `None` when the daemon is stopping.
pub(super) async fn take(
    shared: &Shared,
    (prepared, settings): (Prepared, Option<Feed>),
) -> Option<Option<DeedOutcome>> {
    let work = shared.work.upgrade()?;
    // One file of a feed at a time, also when it came by a queue or a folder.
    let turn = match &prepared.result {
        Ok(Checked { body: Body::File { feed, .. }, .. }) => shared.turns.get(feed),
        Ok(_) | Err(_) => None,
    };
    let _turn = match turn {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    Some(match files::take(prepared, settings, &work).await? {
        Disposition::Applied => Some(DeedOutcome::Applied),
        Disposition::Duplicate => Some(DeedOutcome::Duplicate),
        // The committer has noted why, where the refusal arose.
        Disposition::Conflict | Disposition::Refused => None,
    })
}

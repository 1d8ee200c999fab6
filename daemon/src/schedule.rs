//! The schedule: cron expressions in Minsk's time, each firing once, missed ones caught up.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use kvit_adapters::clock::Clock;
use kvit_adapters::crash::{self, Point};
use kvit_adapters::store::{DueTimer, Store, StoreError, Tables};
use kvit_schemas::record::{Case, Seq, TimerQueue};
use kvit_schemas::{Moment, PortalId};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::blocking::read;
use crate::pipeline::Work;
use crate::pipeline::desk::{By, DeskAct, DeskWork};

/// Timers looked at in one commit.
const PAGE: usize = 200;
/// For how long a timer is put off.
const POSTPONE_SECONDS: i64 = 5 * 60;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);

/// When something is done: a cron expression of five fields, in Minsk's time. Every local time it
/// names is one firing, also where clocks are set back or forth.
#[derive(Debug, Clone)]
pub struct Cron(cron::Schedule);

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no schedule of five fields (minute hour day month weekday-name): {why}")]
pub struct CronError {
    /// The text.
    text: String,
    /// What is wrong.
    why: String,
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let wrong = |why: String| CronError { text: text.to_owned(), why };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [_, _, _, _, weekday] = fields.as_slice() else {
            return Err(wrong(format!("it has {} fields", fields.len())));
        };
        // The library counts weekdays from Sunday = 1, others from 0: only names are clear.
        if weekday.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(wrong("write weekdays by name, such as MON-FRI".to_owned()));
        }
        let schedule = cron::Schedule::from_str(&format!("0 {text}"));
        schedule.map(Self).map_err(|error| wrong(error.to_string()))
    }
}

impl Cron {
    /// The first firing after a moment.
    pub fn next_after(&self, moment: Moment) -> Option<Moment> {
        // Local times as if there were no time zone: no gaps, none twice.
        let local = moment.in_minsk().naive_local();
        let next = self.0.after(&DateTime::<Utc>::from_naive_utc_and_offset(local, Utc)).next()?;
        real(next.naive_utc())
    }

    /// The last firing up to `now` that came after `since`; those between are one with it.
    fn due(&self, since: Moment, now: Moment) -> Option<Moment> {
        let mut due = None;
        let mut next = self.next_after(since);
        while let Some(at) = next.filter(|at| *at <= now) {
            due = Some(at);
            next = self.next_after(at);
        }
        due
    }
}

/// The moment of a local time; the first whole hour after it where clocks were set forth.
fn real(local: NaiveDateTime) -> Option<Moment> {
    let later = |hours| local.checked_add_signed(chrono::Duration::hours(hours));
    [0, 1, 2].into_iter().find_map(|hours| Moment::from_minsk(later(hours)?))
}

/// One schedule: its name and the timers it looks at.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its name in the settings.
    pub name: &'static str,
    /// When.
    pub cron: Cron,
    /// The same as it is written in the settings.
    pub text: String,
    /// What.
    pub task: Task,
}

/// What a schedule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// It looks at the timers of a queue.
    Timers(TimerQueue),
    /// It forgets what quarantine kept for so many days; 0 for ever.
    Quarantine(u16),
}

/// A wish to run a schedule out of turn, by its name, and who waits for its end.
pub type RunNow = (&'static str, oneshot::Sender<()>);

/// Fires jobs when they are due.
pub struct Schedule {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The store.
    pub store: Arc<Store>,
    /// Where timers are handed in.
    pub work: mpsc::Sender<Work>,
    /// The clock.
    pub clock: Clock,
    /// Portals whose queue is deep or unread: nothing is published to them again meanwhile.
    pub unread: watch::Receiver<BTreeSet<PortalId>>,
    /// Wishes of people.
    pub wishes: mpsc::Receiver<RunNow>,
}

impl Schedule {
    /// Fires until told to stop.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), StoreError> {
        let mut tick = tokio::time::interval(TICK);
        loop {
            let wish = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(wish) = self.wishes.recv() => Some(wish),
                _ = tick.tick() => None,
            };
            if let Some((name, reply)) = wish {
                let now = self.clock.now();
                if let Some(job) = self.jobs.iter().find(|job| job.name == name)
                    && !self.work_on(job, now).await?
                {
                    return Ok(());
                }
                // Whoever waited may have gone; it ran all the same.
                let _ = reply.send(());
                continue;
            }
            if !self.look().await? {
                return Ok(());
            }
        }
    }

    /// Fires what is due now; false when the committer has ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn look(&self) -> Result<bool, StoreError> {
        for job in &self.jobs {
            let now = self.clock.now();
            // A schedule that never fired is caught up on from a day ago.
            let name = job.name;
            let since = read(&self.store, move |store| store.last_fired(name)).await?;
            let since = since.unwrap_or_else(|| now.plus_seconds(-24 * 60 * 60));
            // A clock that was ahead once must not silence the schedule.
            let since = since.min(now);
            let Some(nominal) = job.cron.due(since, now) else { continue };
            if !self.fire(job, nominal, now).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Does what the schedule is for, and notes that it fired; false when the committer has ended.
    async fn fire(&self, job: &Job, nominal: Moment, now: Moment) -> Result<bool, StoreError> {
        if !self.work_on(job, now).await? {
            return Ok(false);
        }
        crash::reach(Point::Worked);
        Ok(self.committed(|reply| Work::Fired(job.name.to_owned(), nominal, reply)).await)
    }

    async fn work_on(&self, job: &Job, now: Moment) -> Result<bool, StoreError> {
        match job.task {
            Task::Timers(queue) => self.look_at(job, queue, now).await,
            Task::Quarantine(0) => Ok(true),
            Task::Quarantine(days) => {
                self.forget(now.plus_seconds(-24 * 60 * 60 * i64::from(days))).await
            }
        }
    }

    /// Forgets what came into quarantine before a moment.
    async fn forget(&self, before: Moment) -> Result<bool, StoreError> {
        loop {
            let old = read(&self.store, |store| store.quarantine(None, PAGE)).await?.items;
            let old = old.iter().filter(|record| record.at < before);
            let numbers: Vec<Seq> = old.map(|record| record.seq).collect();
            if numbers.is_empty() {
                return Ok(true);
            }
            let act = DeskAct::Forget { numbers, before };
            let work = DeskWork { act, by: By::schedule(), approves: None, dry_run: false };
            let (reply, done) = oneshot::channel();
            let handed = self.work.send(Work::Desk(Box::new(work), reply)).await.is_ok();
            if !handed || done.await.is_err() {
                return Ok(false);
            }
        }
    }

    /// Looks at all timers that are due; false when the committer has ended.
    async fn look_at(&self, job: &Job, queue: TimerQueue, now: Moment) -> Result<bool, StoreError> {
        let mut looked_at = 0_usize;
        loop {
            let timers = read(&self.store, move |store| store.timers_due(queue, now, PAGE)).await?;
            if timers.is_empty() {
                break;
            }
            looked_at += timers.len();
            let unread = self.unread.borrow().clone();
            let (later, due) =
                read(&self.store, move |store| parted(store, &unread, timers)).await?;
            let again = now.plus_seconds(POSTPONE_SECONDS);
            if !self.committed(|reply| Work::Timers { due, later, again, reply }).await {
                return Ok(false);
            }
        }
        if looked_at > 0 {
            tracing::info!(schedule = job.name, timers = looked_at, "schedule fired");
        }
        Ok(true)
    }

    async fn committed(&self, work: impl FnOnce(oneshot::Sender<()>) -> Work) -> bool {
        let (reply, done) = oneshot::channel();
        self.work.send(work(reply)).await.is_ok() && done.await.is_ok()
    }
}

/// Timers to be put off, and those to be looked at now.
fn parted(
    store: &Store,
    unread: &BTreeSet<PortalId>,
    timers: Vec<DueTimer>,
) -> Result<(Vec<DueTimer>, Vec<DueTimer>), StoreError> {
    let (mut later, mut due) = (Vec::new(), Vec::new());
    for due_timer in timers {
        let timer = &due_timer.timer;
        let put_off = timer.kind.queue() == TimerQueue::Republishing && !unread.is_empty() && {
            let case = store.case(timer.order_code)?;
            case.as_ref().and_then(Case::portal).is_some_and(|it| unread.contains(it))
        };
        if put_off { later.push(due_timer) } else { due.push(due_timer) }
    }
    Ok((later, due))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn schedules_have_five_fields_and_named_weekdays() {
        assert!("*/5 * * * *".parse::<Cron>().is_ok());
        assert!("0 9 * * MON-FRI".parse::<Cron>().is_ok());
        for wrong in ["0 */5 * * * *", "0 9 * * 1", "61 * * * *", ""] {
            assert!(wrong.parse::<Cron>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn missed_firings_are_one() {
        let cron: Cron = "0 9 * * *".parse().unwrap();
        let since = moment("2026-03-01T09:00:00+03:00");
        assert_eq!(cron.due(since, moment("2026-03-02T08:59:59+03:00")), None);
        assert_eq!(
            cron.due(since, moment("2026-03-05T10:00:00+03:00")),
            Some(moment("2026-03-05T09:00:00+03:00"))
        );
    }

    #[test]
    fn a_local_time_that_clocks_skipped_is_fired_once() {
        // Minsk set its clocks forth on 27 March 2011 from 02:00 to 03:00, for the last time.
        let cron: Cron = "30 2 * * *".parse().unwrap();
        let first = cron.next_after(moment("2011-03-26T12:00:00+02:00")).unwrap();
        assert_eq!(first, moment("2011-03-27T03:30:00+03:00"));
        let second = cron.next_after(first).unwrap();
        assert_eq!(second, moment("2011-03-28T02:30:00+03:00"));
    }
}

//! The end of a run: no more faults, and all must be said, taken, answered and told.

use std::time::Duration;

use super::{Run, Step};
use crate::broker::Broker;
use crate::checks::{Broken, Checked, must};
use crate::ending;

/// Rounds without faults after which a run that has not ended never will.
const ROUNDS: usize = 4_000;
impl Run {
    /// Without faults all must be said, taken, answered and told.
    pub(super) fn come_to_an_end(&mut self) -> Checked {
        self.say(|| "-- no more faults".to_owned());
        self.broker.open_all();
        self.unblock(false)?;
        self.daemon.unread.send_replace(std::collections::BTreeSet::new());
        if self.dice.one_in(2) {
            self.crash(usize::MAX)?;
        }
        if self.story.later {
            self.step(Step::Later, false)?;
        }
        for _ in 0..ROUNDS {
            for step in [
                Step::Send,
                Step::Deliver,
                Step::Look,
                Step::Files,
                Step::Commit,
                Step::Sync,
                Step::Answer,
                Step::Answer,
                Step::Acknowledge,
                Step::Relay,
                Step::Publish,
                Step::Person,
                Step::Operator,
                Step::Watch,
            ] {
                self.step(step, false)?;
            }
            let outbox = self.daemon.store.outbox(None, 1).unwrap().is_empty();
            if self.sendable().is_empty()
                && self.is_quiet()
                && outbox
                && self.desk.is_idle()
                && self.operator.is_done(&self.daemon.store)
                && self.times()?
            {
                self.figures.letters = self.observer.sent.len();
                self.count();
                let rows = self.daemon.shared().outbox_rows();
                must(rows == 0, || format!("{rows} rows are counted in an empty outbox"))?;
                let seen = (&self.observer, &self.broker, &self.story);
                return ending::compare(seen, &self.daemon.store);
            }
            // Destinations that were closed are tried again; what could not be sent as it was is
            // tried again after a restart, and holds up nothing before.
            let quiet = self.is_quiet() || self.daemon.is_holding_back() && self.daemon.is_idle();
            if quiet && !outbox {
                self.passed += Duration::from_secs(61);
                if self.only_malformed() {
                    self.broker.malformed.clear();
                    self.crash(usize::MAX)?;
                }
            }
        }
        let rows = self.daemon.store.outbox(None, 9).unwrap();
        let left = rows.iter().flat_map(|row| &row.messages);
        let left: Vec<_> = left.map(|it| (it.message_id.as_str(), &it.destination)).collect();
        Err(Broken(format!("the run does not come to its end; in the outbox: {left:?}")))
    }

    /// All that is left in the outbox are messages that cannot be sent as they are.
    fn only_malformed(&self) -> bool {
        let rows = self.daemon.store.outbox(None, usize::MAX).unwrap();
        let mut ids = rows.iter().flat_map(|row| &row.messages).map(|it| it.message_id.as_str());
        let Broker { confirmed, malformed, .. } = &self.broker;
        !malformed.is_empty() && ids.all(|id| confirmed.contains(id) || malformed.contains(id))
    }

    fn is_quiet(&self) -> bool {
        self.broker.is_empty() && self.daemon.is_idle()
    }

    /// Lets the schedule look after a while; true when it found nothing to do.
    fn times(&mut self) -> Result<bool, Broken> {
        // A look that is still under way began before the clock went on.
        self.look_at_clock()?;
        self.wait(Duration::from_secs(6 * 60));
        let before = self.daemon.store.last_commit();
        self.look_at_clock()?;
        let rows = self.daemon.store.outbox(None, 1).unwrap();
        // A firing is itself a commit, at the most for each schedule.
        let fired = self.daemon.store.last_commit() - before;
        Ok(rows.is_empty() && self.is_quiet() && fired <= 4)
    }

    fn look_at_clock(&mut self) -> Checked {
        for _ in 0..200 {
            let looked = self.daemon.schedule();
            if looked.map_err(|error| Broken(format!("the schedule fails: {error}")))? {
                return Ok(());
            }
            for step in [Step::Commit, Step::Sync, Step::Answer, Step::Answer, Step::Relay] {
                self.step(step, false)?;
            }
        }
        Err(Broken("the schedule does not come to an end".to_owned()))
    }
}

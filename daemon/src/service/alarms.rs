//! Alerts about the daemon itself: each is raised once when its cause begins, and again only after
//! the cause was gone for a while.

use std::collections::BTreeMap;

use kvit_schemas::Moment;
use kvit_schemas::message::{Alert, AlertKind};

use super::Shared;
use super::backlog::seconds;
use crate::pipeline::Work;
use crate::telemetry::list;

/// A cause must have been gone for so long before its alert is raised anew.
const QUIET_SECONDS: u64 = 600;

/// Something that is amiss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// What kind of thing.
    pub(super) kind: AlertKind,
    /// Which of several, such as a queue's name; empty where there is only one.
    pub(super) which: String,
    /// What is so and what to do.
    pub(super) detail: String,
}

/// The causes that were told, and when each was last seen.
#[derive(Debug, Default)]
pub(super) struct Alarms(BTreeMap<(AlertKind, String), Moment>);

impl Alarms {
    /// Those of the causes that are to be told.
    fn raise(&mut self, mut causes: Vec<Cause>, now: Moment) -> Vec<Cause> {
        causes.retain(|cause| self.0.insert((cause.kind, cause.which.clone()), now).is_none());
        self.0.retain(|_, seen| seconds(*seen, now) < QUIET_SECONDS);
        causes
    }
}

/// Hands alerts to the committer; what it cannot take at once is told the next time.
pub(super) fn send(shared: &Shared, alarms: &mut Alarms, causes: Vec<Cause>) {
    let Some(work) = shared.work.upgrade() else { return };
    let at = shared.clock.now();
    for Cause { kind, which, detail } in alarms.raise(causes, at) {
        let alert = Alert { kind, at, detail: detail.clone(), order_code: None, payment: None };
        if work.try_send(Work::Alert(alert)).is_err() {
            alarms.0.remove(&(kind, which));
            continue;
        }
        tracing::error!(kind = kind.as_str(), detail, "alert raised");
        list::ALERTS_RAISED.add(1, &[("kind", kind.as_str().to_owned())]);
    }
}

/// What is amiss with the store and the outbox.
pub(super) fn causes(shared: &Shared, free_bytes: Option<u64>) -> Vec<Cause> {
    let (limits, now) = (&shared.settings.alerts, shared.clock.now());
    let mut causes = Vec::new();
    let mut cause = |kind, detail| causes.push(Cause { kind, which: String::new(), detail });
    let age = shared.backlog.borrow().outbox.oldest.map(|since| seconds(since, now));
    if let Some(age) = age.filter(|age| *age > limits.outbox_age_seconds_max) {
        cause(AlertKind::OutboxOld, format!("a message has waited {age} s to be sent; see readyz"));
    }
    let took = shared.last_sync_seconds();
    if took > limits.sync_seconds_max {
        let detail = format!("a commit took {took} s to reach the disk; look at the disk");
        cause(AlertKind::StoreSlow, detail);
    }
    let least = shared.settings.store.free_bytes_min.saturating_mul(2);
    if let Some(free) = free_bytes.filter(|free| *free < least) {
        let detail = format!("{free} bytes are free on the store's disk; make room");
        cause(AlertKind::DiskLow, detail);
    }
    let unread = shared.neglected.borrow();
    causes.extend(unread.iter().map(|(queue, depth)| Cause {
        kind: AlertKind::QueueUnread,
        which: queue.clone(),
        detail: format!("{depth} messages wait in {queue}, and nobody reads it"),
    }));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_when_it_begins_and_again_only_after_it_was_gone_for_a_while() {
        let mut alarms = Alarms::default();
        let start: Moment = "2026-03-05T12:00:00+03:00".parse().unwrap();
        let low = |which: &str| Cause {
            kind: AlertKind::QueueUnread,
            which: which.to_owned(),
            detail: "low".to_owned(),
        };
        let told = |alarms: &mut Alarms, causes, after| {
            alarms.raise(causes, start.plus_seconds(after)).len()
        };
        assert_eq!(told(&mut alarms, vec![low("a")], 0), 1);
        assert_eq!(told(&mut alarms, vec![low("a"), low("b")], 60), 1, "another queue");
        assert_eq!(told(&mut alarms, vec![], 120), 0);
        assert_eq!(told(&mut alarms, vec![low("a")], 600), 0, "it flaps");
        assert_eq!(told(&mut alarms, vec![], 1_300), 0);
        assert_eq!(told(&mut alarms, vec![low("a")], 1_301), 1);
    }
}

//! Watches the broker's topology: makes it (in development) or checks it, and looks at the depth
//! of portal queues for the re-publishing of decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::amqp::{Admin, AmqpOptions, Topology};
use kvit_schemas::{Moment, PortalId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::backlog::seconds;
use super::{Shared, topology};

/// How often the topology is looked at once it was found.
const EVERY: Duration = Duration::from_secs(30);
/// How often until then.
const RETRY: Duration = Duration::from_secs(2);

/// Looks until told to stop; `verified` is cancelled after the first look that worked.
pub(super) async fn watch(
    shared: Arc<Shared>,
    options: AmqpOptions,
    (verified, unread): (CancellationToken, watch::Sender<BTreeSet<PortalId>>),
    stop: CancellationToken,
) {
    let Ok(wanted) = topology(&shared.settings) else { return };
    let (mut told, mut neglect) = (String::new(), Neglect::default());
    loop {
        let found = tokio::select! {
            found = look(&shared, &options, (&wanted, &unread, &mut neglect)) => found,
            () = stop.cancelled() => return,
        };
        let wait = match found {
            Ok(missing) => {
                if !missing.is_empty() && *shared.missing.borrow() != missing {
                    tracing::warn!(?missing, "missing at the broker; see `kvit topology`");
                }
                shared.missing.send_replace(missing);
                shared.unseen.send_replace(None);
                verified.cancel();
                EVERY
            }
            Err(reason) => {
                // Later the connections say for themselves what ails them.
                if !verified.is_cancelled() {
                    shared.unseen.send_replace(Some(reason.clone()));
                }
                if told != reason {
                    tracing::warn!(reason, "the broker's topology could not be looked at");
                    told = reason;
                }
                if verified.is_cancelled() { EVERY } else { RETRY }
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// The queues that parties read; of portals, whose.
fn party_queues(wanted: &Topology) -> Vec<(String, Option<PortalId>)> {
    let prefix = &wanted.prefix;
    let portals = wanted.portals.iter().map(|portal| {
        (format!("{prefix}.portal.{}.out", portal.id), portal.id.parse::<PortalId>().ok())
    });
    let agencies =
        wanted.agencies.iter().map(|it| (format!("{prefix}.agency.{}.inbox", it.id), None));
    let feeds = wanted.banks.iter().flat_map(|bank| &bank.feeds);
    let feeds = feeds.map(|feed| (format!("{prefix}.bank.{feed}.reports"), None));
    portals.chain(agencies).chain(feeds).collect()
}

/// Queues that had messages and no reader at each look: since when, and the fewest messages. Who
/// asks now and then instead of subscribing makes them fewer, and reads.
#[derive(Debug, Default)]
struct Neglect(BTreeMap<String, (Moment, u32)>);

impl Neglect {
    /// The queues that nobody has read for so many seconds.
    fn look(
        &mut self,
        depths: BTreeMap<String, u32>,
        after_seconds: u64,
        now: Moment,
    ) -> BTreeMap<String, u32> {
        let before = std::mem::take(&mut self.0);
        let mut neglected = BTreeMap::new();
        for (queue, depth) in depths {
            let known = before.get(&queue).filter(|(_, least)| depth >= *least);
            let (since, least) = known.copied().unwrap_or((now, depth));
            if seconds(since, now) >= after_seconds {
                neglected.insert(queue.clone(), depth);
            }
            self.0.insert(queue, (since, least));
        }
        neglected
    }
}

async fn look(
    shared: &Shared,
    options: &AmqpOptions,
    (wanted, unread, neglect): (&Topology, &watch::Sender<BTreeSet<PortalId>>, &mut Neglect),
) -> Result<Vec<String>, String> {
    let connected = Admin::connect(options).await;
    let admin = connected.map_err(|error| error.reason() + &error.advice(&options.url))?;
    let found = if shared.settings.broker.declare {
        admin.declare(wanted).await.map(|()| Vec::new())
    } else {
        admin.check(wanted).await
    };
    let (mut closed, mut depths) = (BTreeSet::new(), BTreeMap::new());
    for (queue, portal) in party_queues(wanted) {
        let Ok(Some(depth)) = admin.depth(&queue).await else { continue };
        let deep = depth.messages > shared.settings.decisions.queue_depth_max;
        if deep || depth.consumers == 0 {
            closed.extend(portal);
        }
        if depth.consumers == 0 && depth.messages > 0 {
            depths.insert(queue, depth.messages);
        }
    }
    unread.send_replace(closed);
    let after = shared.settings.alerts.unread_after_seconds;
    shared.neglected.send_replace(neglect.look(depths, after, shared.clock.now()));
    admin.close().await;
    found.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_neglected_when_nothing_was_taken_from_it_for_long() {
        let start: Moment = "2026-03-05T12:00:00+03:00".parse().unwrap();
        let mut neglect = Neglect::default();
        let mut look = |depth: Option<u32>, after| {
            let depths = depth.map(|depth| ("inbox".to_owned(), depth)).into_iter().collect();
            !neglect.look(depths, 60, start.plus_seconds(after)).is_empty()
        };
        assert!(!look(Some(3), 0));
        assert!(look(Some(4), 60));
        assert!(!look(Some(2), 90), "somebody took two");
        assert!(!look(None, 120));
        assert!(!look(Some(2), 150), "it begins anew");
        assert!(look(Some(2), 210));
    }
}

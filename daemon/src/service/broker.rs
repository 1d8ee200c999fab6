//! Watches the broker's topology: makes it (in development) or checks it, and looks at the depth
//! of portal queues for the re-publishing of decisions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::amqp::{Admin, AmqpOptions, Topology};
use kvit_schemas::PortalId;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

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
    let mut told = String::new();
    loop {
        let found = tokio::select! {
            found = look(&shared, &options, (&wanted, &unread)) => found,
            () = stop.cancelled() => return,
        };
        let wait = match found {
            Ok(missing) => {
                if !missing.is_empty() && *shared.missing.borrow() != missing {
                    tracing::warn!(?missing, "missing at the broker; see `kvit topology`");
                }
                shared.missing.send_replace(missing);
                verified.cancel();
                EVERY
            }
            Err(reason) => {
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

async fn look(
    shared: &Shared,
    options: &AmqpOptions,
    (wanted, unread): (&Topology, &watch::Sender<BTreeSet<PortalId>>),
) -> Result<Vec<String>, String> {
    let admin = Admin::connect(options).await.map_err(|error| error.reason())?;
    let found = if shared.settings.broker.declare {
        admin.declare(wanted).await.map(|()| Vec::new())
    } else {
        admin.check(wanted).await
    };
    let mut closed = BTreeSet::new();
    for portal in &wanted.portals {
        let queue = format!("{}.portal.{}.out", wanted.prefix, portal.id);
        if let Ok(Some(depth)) = admin.depth(&queue).await {
            let deep = depth.messages > shared.settings.decisions.queue_depth_max;
            if deep || depth.consumers == 0 {
                closed.extend(portal.id.parse::<PortalId>().ok());
            }
        }
    }
    unread.send_replace(closed);
    admin.close().await;
    found.map_err(|error| error.to_string())
}

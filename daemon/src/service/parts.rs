//! The parts that run until they are told to stop.

use std::collections::BTreeSet;
use std::sync::Arc;

use kvit_adapters::amqp::{Consumer, InputQueue, Publisher};
use kvit_schemas::PortalId;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, oneshot, watch as watched};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::folders::{Keeper, Turns};
use super::{RunError, SetupError, Shared, backlog, broker, supervisor, watch};
use crate::admin::tls::Secure;
use crate::pipeline::{Queue, Work};
use crate::schedule::{Job, Task};
use crate::settings::Settings;

/// Parts by the name they end with.
pub(super) type Parts = JoinSet<Result<&'static str, RunError>>;

pub(super) type Broker = (Consumer, Publisher, watched::Sender<BTreeSet<PortalId>>);
pub(super) type Stops = (oneshot::Sender<()>, CancellationToken, CancellationToken);

/// The parts that talk to the broker begin once its topology is known to be there, or declared.
pub(super) fn spawn_broker(
    parts: &mut Parts,
    (shared, options): (&Arc<Shared>, kvit_adapters::amqp::AmqpOptions),
    (consumer, publisher, set_unread): Broker,
    (consumer_ended, stop_front, stop_back): Stops,
) {
    let ready = CancellationToken::new();
    let stop = stop_front.clone();
    let (watching, verified) = (Arc::clone(shared), ready.clone());
    parts.spawn(async move {
        broker::watch(watching, options, (verified, set_unread), stop).await;
        Ok("the topology watch")
    });
    let (verified, stop) = (ready.clone(), stop_front);
    parts.spawn(async move {
        tokio::select! {
            () = verified.cancelled() => consumer.run(CancellationToken::new()).await,
            () = stop.cancelled() => {}
        }
        // Whoever waits for the consumer may have given up already.
        let _ = consumer_ended.send(());
        stop.cancelled().await;
        Ok("the consumer")
    });
    let stop = stop_back;
    parts.spawn(async move {
        tokio::select! {
            () = ready.cancelled() => publisher.run(stop.clone()).await,
            () = stop.cancelled() => {}
        }
        Ok("the publisher")
    });
}

/// One part for each drop folder.
pub(super) fn spawn_folders(
    parts: &mut Parts,
    shared: &Arc<Shared>,
    (work, turns): (&mpsc::Sender<Work>, &Turns),
    stop: &CancellationToken,
) {
    let with_folder = shared.settings.feeds.iter().filter(|(_, feed)| feed.folder.is_some());
    for (feed, settings) in with_folder {
        let (stop, turns) = (stop.clone(), Arc::clone(turns));
        let keeper = Keeper::new((shared, work), (feed, settings), turns, &stop);
        parts.spawn(async move {
            keeper.run(stop).await;
            Ok("a drop folder")
        });
    }
}

/// What watches over the other parts.
pub(super) fn spawn_watches(
    parts: &mut Parts,
    shared: &Arc<Shared>,
    (stop_front, stop_back): (&CancellationToken, &CancellationToken),
) {
    let (watching, stop) = (Arc::clone(shared), stop_front.clone());
    parts.spawn(async move { watch::run(watching, stop).await.map(|()| "the watch") });
    let (watching, stop) = (Arc::clone(shared), stop_front.clone());
    parts.spawn(async move { backlog::watch(watching, stop).await.map(|()| "the backlog watch") });
    // Draining may take its time: the watchdog is told until it is over.
    let (watching, stop) = (Arc::clone(shared), stop_back.clone());
    parts.spawn(async move {
        supervisor::watch(watching, stop).await;
        Ok("the supervisor's watch")
    });
}

/// Where others ask the daemon.
pub(super) struct Listeners {
    health: Option<TcpListener>,
    admin: UnixListener,
    secure: Option<Secure>,
}

impl Listeners {
    /// Opens all of them, before anything is taken from anywhere: a second daemon with the same
    /// settings ends here, and has touched nothing.
    pub(super) async fn bind(settings: &Settings) -> Result<Self, RunError> {
        let failed = |key, place: String| move |source| RunError::Listen { key, place, source };
        let (health, admin) = (settings.health.listen, &settings.admin);
        let health = match health {
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.map_err(failed("health.listen", address.to_string()))?)
            }
            None => None,
        };
        let socket = failed("admin.socket", admin.socket.display().to_string());
        let secure = match admin.listen {
            Some(address) => {
                let bound = crate::admin::tls::bind(address, &admin.tls).await;
                Some(bound.map_err(failed("admin.listen", address.to_string()))?)
            }
            None => None,
        };
        let admin = crate::admin::bind(&admin.socket).await.map_err(socket)?;
        Ok(Self { health, admin, secure })
    }
}

pub(super) fn spawn_servers(
    parts: &mut Parts,
    Listeners { health, admin, secure }: Listeners,
    shared: &Arc<Shared>,
    stop: &CancellationToken,
) {
    let token = stop.clone();
    let at_health = Arc::clone(shared);
    parts.spawn(async move {
        if let Some(listener) = health {
            crate::health::serve(listener, at_health, token.clone()).await;
        }
        token.cancelled().await;
        Ok("the health listener")
    });
    if let Some(secure) = secure {
        let (token, at_admin) = (stop.clone(), Arc::clone(shared));
        parts.spawn(async move {
            crate::admin::tls::serve(secure, at_admin, token).await;
            Ok("the admin API over TLS")
        });
    }
    let (token, at_admin) = (stop.clone(), Arc::clone(shared));
    parts.spawn(async move {
        crate::admin::serve(admin, at_admin, token).await;
        Ok("the admin API")
    });
}

/// The queues that kvit reads.
pub fn input_queues(settings: &Settings) -> Vec<InputQueue> {
    let queue = |(source, queue): (usize, Queue)| InputQueue {
        source,
        name: format!("{}.{}", settings.broker.prefix, queue.name()),
        prefetch: match queue {
            Queue::Files => 1,
            Queue::Dead => 16,
            Queue::Portal | Queue::Bank | Queue::Agency => settings.broker.prefetch,
        },
    };
    Queue::ALL.into_iter().enumerate().map(queue).collect()
}

/// The schedules of the settings.
///
/// # Errors
/// When one is no schedule.
pub fn jobs(settings: &Settings) -> Result<Vec<Job>, SetupError> {
    use kvit_schemas::record::TimerQueue as Q;
    let times = &settings.schedule;
    let named = [
        ("schedule.expiry", &times.expiry, Task::Timers(Q::Windows)),
        ("schedule.republish", &times.republish, Task::Timers(Q::Republishing)),
        ("schedule.reminders", &times.reminders, Task::Timers(Q::Deadlines)),
        ("schedule.retention", &times.retention, Task::Quarantine(settings.quarantine.keep_days)),
    ];
    let job = |(name, text, task): (&'static str, &String, Task)| {
        let job = |cron| Job { name, cron, text: text.clone(), task };
        text.parse().map(job).map_err(SetupError::Schedule)
    };
    named.into_iter().map(job).collect()
}

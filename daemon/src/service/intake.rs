//! The intake thread: looks at deliveries off the async workers, and hands them on.

use std::sync::Arc;

use kvit_adapters::amqp::Delivery;
use kvit_adapters::clock::Clock;
use kvit_adapters::crash::{self, Point};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::folders::Turns;
use crate::pipeline::committer::Answerable;
use crate::pipeline::intake::{Body, Checked};
use crate::pipeline::{Arrival, Intake, Prepared, Queue, Tally, Work, files};
use crate::settings::Directory;
use crate::telemetry::Spans;

/// Files that may wait while one is being applied. There is one at a time, but for those that
/// come again while it is.
const FILES_WAITING: usize = 64;

/// Starts the thread. It ends when deliveries end, and says so.
pub(super) fn start(
    (mut delivered, (work, turns)): (mpsc::Receiver<Delivery>, (mpsc::Sender<Work>, Turns)),
    intake: Intake,
    (clock, tally, spans): (Clock, Arc<Tally>, Spans),
    ended: oneshot::Sender<()>,
) -> std::io::Result<()> {
    let (files, waiting) = mpsc::channel(FILES_WAITING);
    Handle::current().spawn(take_files(waiting, intake.directory.clone(), (work.clone(), turns)));
    std::thread::Builder::new().name("kvit-intake".to_owned()).spawn(move || {
        while let Some(delivery) = delivered.blocking_recv() {
            crash::reach(Point::Received);
            let (prepared, taken) = look_at(&intake, delivery, (&clock, &tally, &spans));
            crash::reach(Point::Checked);
            let handed_on = if is_file(&prepared) {
                files.blocking_send((prepared, taken)).is_ok()
            } else {
                work.blocking_send(Work::Delivery(Box::new(prepared), taken)).is_ok()
            };
            if !handed_on {
                break;
            }
        }
        // Whoever waits for the intake may have given up already.
        let _ = ended.send(());
    })?;
    Ok(())
}

/// Looks at a delivery; it is counted from here on.
pub fn look_at(
    intake: &Intake,
    delivery: Delivery,
    (clock, tally, spans): (&Clock, &Arc<Tally>, &Spans),
) -> (Prepared, Answerable) {
    let Delivery { source, ack, exchange, routing_key, redelivered, mut properties, body } =
        delivery;
    let queue = Queue::ALL.get(source).copied().unwrap_or(Queue::Dead);
    let mut taken = tally.take(queue, redelivered, clock.now());
    let mut span = spans.delivered(queue.name(), &mut properties);
    let arrival = Arrival { queue, exchange, routing_key, properties, body };
    let prepared = intake.check(arrival, clock.now());
    if let Some(span) = &mut span {
        span.is(&prepared.arrival.properties);
    }
    taken.traced(span);
    (prepared, (taken, ack))
}

/// True for a statement file: it takes many steps.
pub fn is_file(prepared: &Prepared) -> bool {
    matches!(prepared.result, Ok(Checked { body: Body::File { .. }, .. }))
}

/// Applies files, one after the other: each takes many commits, and meanwhile other queues are
/// served. A file that came again while it was being applied is then known.
pub async fn take_files(
    mut waiting: mpsc::Receiver<(Prepared, Answerable)>,
    directory: Directory,
    (work, turns): (mpsc::Sender<Work>, Turns),
) {
    while let Some((prepared, taken)) = waiting.recv().await {
        let feed = match &prepared.result {
            Ok(Checked { body: Body::File { feed, .. }, .. }) => Some(feed.clone()),
            Ok(_) | Err(_) => None,
        };
        let settings = feed.as_ref().and_then(|feed| directory.feed(feed).cloned());
        // The same file may lie in the feed's drop folder.
        let turn = feed.as_ref().and_then(|feed| turns.get(feed));
        let _turn = match turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let Some(disposition) = files::take(prepared, settings, &work).await else {
            tracing::error!("a file was not applied; it is not acknowledged and comes again");
            continue;
        };
        crash::reach(Point::FileEnded);
        // Without a committer the file is not acknowledged, and comes again.
        let _ = work.send(Work::Done(taken, disposition)).await;
    }
}

//! The intake thread: looks at deliveries off the async workers, and hands them on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kvit_adapters::amqp::{AckHandle, Delivery};
use kvit_adapters::clock::Clock;
use kvit_schemas::Code;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::pipeline::intake::{Body, Checked, Refused};
use crate::pipeline::{Arrival, Intake, Prepared, Queue, Work, files};
use crate::settings::Directory;

/// Starts the thread. It ends when deliveries end, and says so.
pub(super) fn start(
    (mut delivered, work): (mpsc::Receiver<Delivery>, mpsc::Sender<Work>),
    intake: Intake,
    clock: Clock,
    ended: oneshot::Sender<()>,
) -> std::io::Result<()> {
    let runtime = Handle::current();
    let directory = intake.directory.clone();
    std::thread::Builder::new().name("kvit-intake".to_owned()).spawn(move || {
        while let Some(delivery) = delivered.blocking_recv() {
            let (prepared, ack) = look_at(&intake, delivery, &clock);
            if is_file(&prepared) {
                let work = work.clone();
                runtime.spawn(take_file(prepared, ack, (directory.clone(), work)));
            } else if work.blocking_send(Work::Delivery(Box::new(prepared), ack)).is_err() {
                break;
            }
        }
        // Whoever waits for the intake may have given up already.
        let _ = ended.send(());
    })?;
    Ok(())
}

/// A panic here is kvit's own bug: the message goes to quarantine, and the next one is looked at.
fn look_at(intake: &Intake, delivery: Delivery, clock: &Clock) -> (Prepared, AckHandle) {
    let Delivery { source, ack, exchange, routing_key, properties, body, .. } = delivery;
    let queue = Queue::ALL.get(source).copied().unwrap_or(Queue::Dead);
    let arrival = Arrival { queue, exchange, routing_key, properties, body };
    let kept = arrival.clone();
    let looked = catch_unwind(AssertUnwindSafe(|| intake.check(arrival, clock.now())));
    let prepared = looked.unwrap_or_else(|_| {
        tracing::error!("defect met while looking at a message");
        let refused = Refused {
            code: Code::DEFECT,
            detail: "kvit failed while reading the message".to_owned(),
            pointer: None,
            order_code: None,
        };
        let user = kept.properties.user_id.as_deref();
        let party = user.and_then(|user| intake.directory.party_of_user(user));
        Prepared { arrival: kept, party, result: Err(refused) }
    });
    (prepared, ack)
}

fn is_file(prepared: &Prepared) -> bool {
    matches!(prepared.result, Ok(Checked { body: Body::File { .. }, .. }))
}

/// A file takes many commits; meanwhile other queues are served.
async fn take_file(
    prepared: Prepared,
    ack: AckHandle,
    (directory, work): (Directory, mpsc::Sender<Work>),
) {
    let settings = match &prepared.result {
        Ok(Checked { body: Body::File { feed, .. }, .. }) => directory.feed(feed).cloned(),
        Ok(_) | Err(_) => None,
    };
    if files::take(prepared, settings, &work).await.is_some() {
        // Without a committer the file is not acknowledged, and comes again.
        let _ = work.send(Work::Done(ack)).await;
    }
}

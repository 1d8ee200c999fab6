//! The AMQP adapter against a real RabbitMQ.

mod consumer;
mod publisher;
pub(crate) mod tls;
mod topology;

use std::future::Future;

use anyhow::{Result, bail};
use kvit_adapters::amqp::{BrokerState, Link};
use kvit_tests::broker::PATIENCE;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A service under test, told to stop when the test is over.
struct Running {
    task: tokio::task::JoinHandle<()>,
    stop: DropGuard,
}

impl Running {
    fn start<F>(run: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(run(stop.clone())), stop: stop.drop_guard() }
    }

    /// Tells it to stop, and waits until it has.
    async fn stop(self) -> Result<()> {
        drop(self.stop);
        Ok(timeout(PATIENCE, self.task).await??)
    }

    /// Waits until it has ended by itself.
    async fn end(self) -> Result<()> {
        Ok(timeout(PATIENCE, self.task).await??)
    }
}

/// Waits until a side of the broker link is as wanted.
async fn link(
    state: &mut watch::Receiver<BrokerState>,
    side: fn(&BrokerState) -> &Link,
    wanted: impl Fn(&Link) -> bool,
) -> Result<Link> {
    let waiting = async { Ok(state.wait_for(|state| wanted(side(state))).await?.clone()) };
    let waited: Result<Result<BrokerState>, _> = timeout(PATIENCE, waiting).await;
    match waited {
        Ok(reached) => Ok(side(&reached?).clone()),
        Err(_) => bail!("the link stayed {:?}", side(&state.borrow())),
    }
}

fn is_up(link: &Link) -> bool {
    matches!(link, Link::Up)
}

fn is_down(link: &Link) -> bool {
    matches!(link, Link::Down { .. })
}

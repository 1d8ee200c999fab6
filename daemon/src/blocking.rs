//! Work that blocks, from async code: it waits for the disk, and the async workers carry the
//! heartbeats of the connections. Without async workers, as in a simulation, it is done at once.

use std::sync::Arc;

use kvit_adapters::store::{Store, StoreError};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

/// Work under way.
pub(crate) enum Aside<T> {
    Thread(JoinHandle<T>),
    Done(T),
}

/// Begins work on a thread that may wait.
pub(crate) fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Aside<T> {
    match Handle::try_current() {
        Ok(workers) => Aside::Thread(workers.spawn_blocking(work)),
        Err(_) => Aside::Done(work()),
    }
}

impl<T> Aside<T> {
    /// What came of it; an error when it panicked, or the runtime is going down.
    pub(crate) async fn end(self) -> Result<T, JoinError> {
        match self {
            Self::Thread(thread) => thread.await,
            Self::Done(done) => Ok(done),
        }
    }
}

/// How many results work may be ahead of whoever takes them; all of them where it is done at once.
pub(crate) fn ahead(results: usize) -> usize {
    if Handle::try_current().is_ok() { results } else { tokio::sync::Semaphore::MAX_PERMITS }
}

/// Reads on a thread that may wait.
pub(crate) async fn read<T: Send + 'static>(
    store: &Arc<Store>,
    read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = Arc::clone(store);
    match aside(move || read(&store)).end().await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            // A bug of ours stops the part that asked, as if it had read itself.
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and whoever asked with it.
            Err(_) => std::future::pending().await,
        },
    }
}

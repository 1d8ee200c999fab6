//! Reading the store from async code: it blocks on the disk, and the async workers carry the
//! heartbeats of the connections.

use std::sync::Arc;

use kvit_adapters::store::{Store, StoreError};

/// Reads on a thread that may wait.
pub(crate) async fn read<T: Send + 'static>(
    store: &Arc<Store>,
    read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = Arc::clone(store);
    match tokio::task::spawn_blocking(move || read(&store)).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            // A bug of ours stops the part that asked, as if it had read itself.
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and whoever asked with it.
            Err(_) => std::future::pending().await,
        },
    }
}

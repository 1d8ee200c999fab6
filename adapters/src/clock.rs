//! Time: the system's, or a test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kvit_schemas::Moment;

/// A clock.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's.
    System,
    /// One that stands still until it is set, in microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `now` until it is set.
    pub fn manual(now: Moment) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.micros())))
    }

    /// What it shows.
    ///
    /// # Panics
    /// When the system's clock is outside 1900–2199: nothing sensible can be done then.
    pub fn now(&self) -> Moment {
        let micros = match self {
            Self::System => system_micros(),
            Self::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        match Moment::from_micros(micros) {
            Some(now) => now,
            None => panic!("the clock shows a time outside 1900-2199"),
        }
    }

    /// Sets a manual clock; the system's is not touched.
    pub fn set(&self, now: Moment) {
        match self {
            Self::System => {}
            Self::Manual(micros) => micros.store(now.micros(), Ordering::SeqCst),
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_micros() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

//! What kvit says of itself: metrics, all of one list, and the trace context of messages.

pub mod events;
pub mod list;
pub mod log;
mod recorder;
pub mod trace;

#[cfg(test)]
mod tests;

pub use list::{Kind, Metric};
pub(crate) use recorder::fold;
pub use recorder::{install, rendered};
pub use trace::TraceContext;

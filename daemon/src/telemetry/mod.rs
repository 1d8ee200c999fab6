//! What kvit says of itself: metrics, all of one list, the trace context of messages, and spans.

pub mod events;
pub mod list;
pub mod log;
mod recorder;
pub(crate) mod spans;
pub mod trace;

#[cfg(test)]
mod tests;

pub use list::{Kind, Metric};
pub(crate) use recorder::fold;
pub use recorder::{install, rendered};
pub use spans::Spans;
pub use trace::TraceContext;

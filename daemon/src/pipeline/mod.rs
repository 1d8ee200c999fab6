//! The way of a message: consume → check → [batch: read facts → engine → commit → sync] →
//! acknowledge, and from the outbox through the relay to the broker.
//!
//! | step | where | thread |
//! |---|---|---|
//! | check | [`intake`] | one of its own |
//! | disposition | `deliver`, [`files`] | the committer's |
//! | read facts, engine, write | `facts`, [`apply`], `write` | the committer's |
//! | sync, then answer | [`committer`] | the syncer's |
//! | publish and confirm | [`relay`] | tokio |
//!
//! While one commit is being synced, the next is collected and applied, and the messages of the
//! one before are on their way.

pub mod apply;
pub mod committer;
mod deliver;
pub mod desk;
mod facts;
pub mod files;
pub mod intake;
mod outgoing;
mod pieces;
mod refuse;
pub mod relay;
mod rows;
mod spelling;
pub mod tally;
mod write;

pub(crate) use apply::mark_period;
pub use apply::{Applier, Ended};
pub use committer::{Committer, CommitterHandle, Progress, Work};
pub use intake::{Arrival, Intake, Limits, Prepared, Queue, guarded};
pub use outgoing::Addresses;
pub(crate) use rows::PaymentDetail;
pub use spelling::Spelling;
pub use tally::{Taken, Tally};

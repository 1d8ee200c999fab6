//! Tests against the real broker and the real store, and of what holds for all of the code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may panic")]

mod amqp;
mod contracts;
mod convergence;
mod daemon;
mod desk;
mod doctor;
mod documents;
mod drop_folders;
mod faults;
mod hostile;
mod observed;
mod permissions;
mod poison;
mod refusals;
mod simulate;
mod spans;
mod spellings;
mod tidy;

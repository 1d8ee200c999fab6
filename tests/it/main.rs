//! Tests against the real broker and the real store.

mod amqp;
mod convergence;
mod daemon;

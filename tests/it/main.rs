//! Tests against the real broker and the real store, and of what holds for all of the code.

mod amqp;
mod contracts;
mod convergence;
mod daemon;
mod tidy;

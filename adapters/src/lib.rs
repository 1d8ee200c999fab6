//! Every library that touches the world: how kvit's data comes, goes and is kept.

pub mod amqp;

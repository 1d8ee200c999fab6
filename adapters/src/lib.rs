//! How kvit's data comes, goes and is kept: every library that touches the world.

pub mod amqp;
pub mod clock;
pub mod crash;
pub mod drop_folder;
pub mod feeds;
pub mod store;
pub mod tls;

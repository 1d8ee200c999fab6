//! Kvit: what is done with the messages.

pub mod catalogue;
pub mod engine;
pub mod settings;

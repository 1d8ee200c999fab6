//! skeleton

pub mod feeds;

//! skeleton

pub mod settings;

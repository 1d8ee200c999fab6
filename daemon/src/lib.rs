//! Kvit: what is done with the messages.

pub mod admin;
mod blocking;
pub mod catalogue;
pub mod cli;
pub mod demo;
pub mod doctor;
pub mod engine;
pub mod health;
mod listen;
pub mod pipeline;
pub mod queries;
pub mod schedule;
pub mod service;
pub mod settings;
pub mod telemetry;

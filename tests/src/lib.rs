//! Tools of kvit's tests: a real broker of their own.

pub mod broker;
pub mod certificates;
pub mod child;
pub mod daemon;
pub mod dice;
pub mod files;
pub mod raw;
pub mod rules;

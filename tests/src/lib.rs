//! Tools of kvit's tests: a real broker of their own, and what rates are compared with.

pub mod bare_loop;
pub mod broker;
pub mod certificates;
pub mod child;
pub mod daemon;
pub mod raw;

//! Where kvit keeps what it knows.

pub mod rows;

//! skeleton
pub mod catalogue;

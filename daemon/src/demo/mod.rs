//! `kvit demo`.
mod agency;
mod bank;
mod plan;
mod portal;

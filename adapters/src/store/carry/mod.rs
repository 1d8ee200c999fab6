//! Carrying a store elsewhere: to a backup, another machine, another version. An export is lines of
//! text; an import puts them into a new store, and proves that both hold the same.
//!
//! ```text
//! kvit-store-export 1 {"kvit":"0.1.0","store":"…","commit":17,"exported_at":"…"}
//! section C order codes
//! 43000000000000000000000000 AQI= 5f1c9a02
//! end C 1 <SHA-256 of the section's rows>
//! total 1 1 <SHA-256 of all lines before>
//! ```
//!
//! Sections are tables, in the order of their letters; rows lie in the order of their keys. A row
//! is its key in hexadecimal, its value in base64, and a CRC32C that goes on from the row before:
//! so the very line is named that was altered, is missing, or stands elsewhere.
//!
//! Both ways one row, and one batch of rows, are in memory at a time.

mod error;
mod export;
mod import;
mod line;
mod read;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests;

pub use error::{CarryError, Fault};
pub use export::export;
pub use import::{Bounds, Imported, Origin, Purpose, import, origin};
pub use line::{Header, Section, Sums};
pub use read::check;

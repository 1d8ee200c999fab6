//! Tools of kvit's tests: a real broker of their own.

pub mod broker;
pub mod certificates;
pub mod child;
pub mod daemon;
pub mod dice;
pub mod files;
pub mod raw;
pub mod rules;

use std::io::Write;

/// Says what cannot be tested on this machine, and why: also in the file that `tests/run.sh`
/// prints at its end, since runners hide what tests say that pass.
pub fn not_tested(what: &str) {
    let line = format!("NOT TESTED: {what}\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("KVIT_NOT_TESTED") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        // It was said above, too.
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

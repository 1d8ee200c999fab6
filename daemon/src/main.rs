//! The `kvit` program: what it does is in the library; see `kvit --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kvit::cli::main()
}

//! The `kvit` program: what it does is in the library; see `kvit --help`.

use std::process::ExitCode;

/// The store and the broker's library free on other threads than they allocate on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kvit::cli::main()
}

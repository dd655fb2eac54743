//! The command `headlock`; everything is in the library.

use std::process::ExitCode;

/// Pages are read into many small lists, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    headlock::cli::run(std::env::args_os())
}

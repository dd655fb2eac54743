//! The command `headlock`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    headlock::cli::run(std::env::args_os())
}

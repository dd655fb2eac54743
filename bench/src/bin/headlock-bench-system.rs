//! The same with the system's allocator, which is Rust's own choice: for the solver natively.

use std::process::ExitCode;

fn main() -> ExitCode {
    headlock_bench::main()
}

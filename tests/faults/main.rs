//! What breaks, and what tries to break things: servers, heads, disks, second writers, and the kill at every write. Each
//! is met by the real command, and each refusal has its exit code and its text; see tests/README.md.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic, a skip is said aloud")]

mod disk;
mod heads;
mod killed;
mod opened;
mod server;
mod servers;
mod stage;
mod traced;
mod writers;

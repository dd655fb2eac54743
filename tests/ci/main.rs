//! What CI uses of headlock: the action's steps, run as the shell they are with what a runner gives them; the hooks, under the
//! real pre-commit; the container file, built. What is not there is not tried, and the test says so; with
//! `HEADLOCK_ORACLES=required` it fails. See docs/ci.md for what cannot be run here at all.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: a failure is a panic")]

mod action;
mod attest;
mod cases;
mod container;
mod expression;
mod hooks;
mod log;
mod stage;
mod tools;

use std::path::{Path, PathBuf};

/// The checkout's root.
fn root() -> PathBuf {
    std::fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

/// Says what was not tried. Where `HEADLOCK_ORACLES` is `required` it fails.
fn skip(what: &str, why: &str) {
    let required = std::env::var_os("HEADLOCK_ORACLES").is_some_and(|value| value == "required");
    assert!(!required, "{what}: not tried, and HEADLOCK_ORACLES says that it is required: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}

/// A program: of the folder of tools that `.ci/run` fills, or else on the path.
fn program(name: &str) -> Option<PathBuf> {
    let tools = std::env::var_os("HEADLOCK_CI_TOOLS").map(PathBuf::from).unwrap_or_else(|| root().join("target/ci"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools.join("bin")].into_iter().chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

//! Benchmarks: builds the command and the program that measures it, with optimisations, and runs it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs the benchmarks with these arguments.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    if arguments.first().is_some_and(|first| first == "--draw") {
        // Nothing is measured, so the build that tests use will do.
        let run = ["run", "--locked", "--quiet", "--bin", "headlock-bench", "--"];
        let status = Command::new(cargo).args(run).args(arguments).current_dir(root).status()?;
        ensure!(status.success(), "drawing failed: {status}");
        return Ok(());
    }
    let build = ["build", "--release", "--locked", "--package", "headlock", "--package", "headlock-bench"];
    let status = Command::new(cargo).args(build).current_dir(root).status()?;
    ensure!(status.success(), "the build failed: {status}");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    let program = target.join("release/headlock-bench");
    let status = Command::new(&program)
        .args(arguments)
        .current_dir(root)
        .status()
        .with_context(|| format!("could not start {}", program.display()))?;
    ensure!(status.success(), "the benchmarks failed: {status}");
    Ok(())
}

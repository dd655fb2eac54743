//! Processes, measured from outside: time and peak memory as the system counts them.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

/// What one run of a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processors, its own and the system's for it.
    pub(crate) cpu: f64,
    /// Most memory that it held at once, in bytes.
    pub(crate) peak: u64,
}

/// Runs a command that must succeed. What it prints is thrown away.
pub(crate) fn run(command: &mut Command) -> Result<Run> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let child = command.spawn().with_context(|| format!("could not start {command:?}"))?;
    let used = child.wait4()?;
    let wall = began.elapsed().as_secs_f64();
    ensure!(used.status.success(), "{command:?} failed: {}", used.status);
    let cpu = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok(Run { wall, cpu, peak: used.rusage.maxrss })
}

/// The exit code that a command ends in. What it prints is thrown away.
pub(crate) fn ended_in(command: &mut Command) -> Result<i32> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().with_context(|| format!("could not start {command:?}"))?;
    status.code().with_context(|| format!("{command:?} was killed"))
}

/// Waits until the disk has what was written before, so that what is measured next does not pay for it.
pub(crate) fn settle() -> Result<()> {
    ensure!(Command::new("sync").status()?.success(), "sync failed");
    Ok(())
}

//! The same records in one epoch and in an epoch each: what an epoch adds to an audit.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;
use headlock::registry::Registry;
use headlock_log::digest::Digest;
use headlock_log::note::SigningKey;
use headlock_log::record::{Record, Release};

use crate::process::{self, Run};
use crate::report::median;

/// How many packages there are in the index before the records that are measured.
const PACKAGES: u64 = 2_000;
/// How many records, of as many packages, come in one epoch or in as many.
pub(super) const EPOCHS: u64 = 2_000;
/// How often each audit is run.
const TIMES: usize = 5;

/// Seconds of processors that an audit takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Audits {
    /// Where all records are in one epoch.
    pub(super) together: f64,
    /// Where each has its own.
    pub(super) apart: f64,
}

/// Makes both registries and audits them.
pub(super) fn measure(command: &Path) -> Result<Audits> {
    // In memory, where there is such a place: nothing is kept, and thousands of heads need not wait for a disk.
    let memory = Path::new("/dev/shm");
    let scratch = if memory.exists() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let key = SigningKey::generate_from_seed("scale.example/epochs", [7; 32])?;
    let log_key = scratch.path().join("log.key.pub");
    fs::write(&log_key, format!("{}\n", key.verifier()))?;
    let names: Vec<String> = (0..PACKAGES.max(EPOCHS)).map(|number| format!("epochs:package-{number}")).collect();
    let first: Vec<Record<'_>> = names.iter().take(PACKAGES as usize).map(|name| release(name, "1.0.0")).collect();
    let second: Vec<Record<'_>> = names.iter().take(EPOCHS as usize).map(|name| release(name, "1.1.0")).collect();
    let audited = |name: &str, step: usize| -> Result<f64> {
        let dir = scratch.path().join(name);
        let mut registry = Registry::init(&dir, &key)?;
        registry.append(&first)?;
        for records in second.chunks(step) {
            registry.append(records)?;
        }
        drop(registry);
        let audit =
            || process::run(Command::new(command).args(["registry", "audit"]).arg(&dir).arg("--log-key").arg(&log_key));
        let runs: Vec<Run> = (0..TIMES).map(|_| audit()).collect::<Result<_>>().context(name.to_owned())?;
        Ok(median(runs.iter().map(|run| run.cpu).collect()))
    };
    Ok(Audits { together: audited("together", EPOCHS as usize)?, apart: audited("apart", 1)? })
}

fn release<'a>(package: &'a str, version: &'a str) -> Record<'a> {
    Record::Release(Release::new(package, version, Digest::of(package.as_bytes())))
}

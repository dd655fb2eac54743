//! `headlock verify`.

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::session::{self, Place, SolverChoice};
use super::words::plural;
use crate::error::Result;
use crate::verify::{Verification, Verified};

/// Derives the lock again from its inputs, heads and solver, and compares bytes.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// Believe the logs and solvers that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
}

impl Verify {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.lock()?;
        let manifest = place.manifest_if_any()?;
        let trust = place.trust(self.trust.as_deref())?;
        let (path, memory) = (place.lock_path(), place.memory());
        let verification = Verification {
            path: &path,
            lock: &lock,
            manifest: manifest.as_ref(),
            trust: &trust,
            access: place.access(),
            memory: memory.as_ref(),
        };
        let Verified { heads, behind, accepted } = verification.verify(
            |claim| self.solver.for_claim(place, claim, &trust),
            |solver, inputs, heads, pages| {
                let (derived, solved) =
                    session::derive_claim(place, solver, &self.solver, inputs, heads, pages, output)?;
                // All that the solver was told; the process ends before anyone could use its memory again.
                std::mem::forget(solved);
                Ok(derived)
            },
        )?;
        session::remember(memory.as_ref(), &heads, output);
        let releases = lock.derived.packages.len();
        let mut verdict = vec![
            format!("verified: {} {}", releases, plural(releases, "release", "releases")),
            format!("  trust: {}", trust.describe()),
            format!(
                "  solver: {} sha256 {}, {}",
                lock.claim.solver.describe(),
                lock.claim.solver.sha256,
                accepted.describe()
            ),
            format!("  engine: {}", self.solver.engine.describe()),
        ];
        for (head, behind) in heads.iter().zip(behind) {
            let cosigned = match head.cosigners() {
                [] => String::new(),
                some => format!(", cosigned by {}", some.join(", ")),
            };
            let age = match behind {
                0 => "no newer head is known to this host (none was asked for)".to_owned(),
                records => format!("{records} records behind the newest head known to this host"),
            };
            let head = head.head();
            verdict.push(format!("  log: {} at {} records, pinned{cosigned}; {age}", head.origin, head.size));
        }
        verdict.push(match &manifest {
            Some(manifest) => format!("  manifest: {} asks for the same", manifest.path.display()),
            None => "  manifest: none beside the lock".to_owned(),
        });
        output.results(&verdict)
    }
}

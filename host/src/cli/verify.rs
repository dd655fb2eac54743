//! `headlock verify`.

use std::path::PathBuf;

use clap::Args;

use super::lock::plural;
use super::output::Output;
use super::session::{self, Place, SolverChoice};
use crate::error::{Error, Result};
use crate::lock::{Lock, SolverId, compare};
use crate::manifest::Manifest;
use crate::pages::Pages;

/// Most differences that a failed verification lists.
const MAX_DIFFERENCES: usize = 20;

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
        let heads = session::accept_heads(&lock.claim, &lock.cosignatures, &trust)?;
        let (solver, accepted) = self.solver.for_claim(place, &lock.claim.solver, &trust)?;
        if SolverId::of(&solver) != lock.claim.solver {
            let (found, expected) = (name(&lock.claim.solver), name(&SolverId::of(&solver)));
            return Err(Error::no(format!("the lock names its solver {found}, and the component is {expected}")));
        }
        if let Some(manifest) = &manifest {
            agree(manifest, &lock)?;
        }
        let mut pages = Pages::new(place.access(), &trust, &heads)?;
        pages.expect(&lock.derived);
        let memory = place.memory();
        let behind = session::consult_memory(memory.as_ref(), &heads, &mut pages)?;
        let engine = self.solver.engine;
        let inputs = &lock.claim.inputs;
        let (derived, _) = session::derive_claim(place, &solver, engine, inputs, &heads, &mut pages, output)?;
        let again = Lock { derived, ..lock.clone() };
        if again.format() != lock.format() {
            let differences = compare(&lock, &again.derived);
            let mut lines: Vec<String> =
                differences.iter().take(MAX_DIFFERENCES).map(|difference| format!("  {difference}")).collect();
            if differences.len() > MAX_DIFFERENCES {
                lines.push(format!("  and {} more", differences.len() - MAX_DIFFERENCES));
            }
            let what = format!("{} is not what its inputs, heads and solver lead to", place.lock_path().display());
            return Err(Error::no(format!("{what}\n{}", lines.join("\n")))
                .hint("`headlock lock --restore` writes what they lead to"));
        }
        session::remember(memory.as_ref(), &heads, output);
        let releases = lock.derived.packages.len();
        let mut text = format!("verified: {} {}\n", releases, plural(releases, "release", "releases"));
        text.push_str(&format!("  trust: {}\n", trust.describe()));
        text.push_str(&format!(
            "  solver: {} sha256 {}, {}\n",
            name(&lock.claim.solver),
            lock.claim.solver.sha256,
            accepted.describe()
        ));
        text.push_str(&format!("  engine: {}\n", engine.describe()));
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
            text.push_str(&format!("  log: {} at {} records, pinned{cosigned}; {age}\n", head.origin, head.size));
        }
        match &manifest {
            Some(manifest) => text.push_str(&format!("  manifest: {} asks for the same\n", manifest.path.display())),
            None => text.push_str("  manifest: none beside the lock\n"),
        }
        output.result(&text)
    }
}

/// A manifest that lies beside the lock must ask for what the lock was made from.
fn agree(manifest: &Manifest, lock: &Lock) -> Result<()> {
    if manifest.inputs == lock.claim.inputs {
        return Ok(());
    }
    Err(Error::not_current(format!("{} asks for something else than the lock was made from", manifest.path.display()))
        .hint(
            "`headlock lock --check` tells what; to verify the lock by itself, copy it to a folder without a manifest and pass --trust FILE",
        ))
}

fn name(solver: &crate::lock::SolverId) -> String {
    match (&solver.name, &solver.version) {
        (Some(name), Some(version)) => format!("{name} {version} of world {}", solver.world),
        _ => format!("an unnamed component of world {}", solver.world),
    }
}

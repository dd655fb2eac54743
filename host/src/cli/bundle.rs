//! `headlock bundle`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::output::Output;
use super::session::{self, Place, SolverChoice, refuse_succeeded};
use super::verify::Verifier;
use super::words::plural;
use crate::bundle::{Part, write};
use crate::error::Result;
use crate::graph;
use crate::pages::Pages;
use crate::sources::{Access, Copies};
use crate::trust::AcceptedHead;
use crate::verify::{self, Stated, Verified};

/// Writes all that verifying the lock reads into one file, for verifying it without network and cache.
///
/// The lock is verified first. Whoever verifies with the bundle brings the lock and a trust file.
#[derive(Args, Debug)]
pub(super) struct Bundle {
    /// Where to write it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Put the solver component into it, too
    #[arg(long)]
    with_solver: bool,
    /// Believe the logs and solvers that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
}

impl Bundle {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.lock()?;
        let manifest = place.manifest_if_any()?;
        let trust = place.trust(self.trust.as_deref())?;
        let memory = place.memory();
        let copies = Arc::new(Copies::new()?);
        let access = Access { copies: Some(Arc::clone(&copies)), ..place.access().clone() };
        let verifier = Verifier { place, access: &access, trust: &trust, solver: &self.solver, memory: None };
        let Verified { graph, .. } = verifier.verify(&lock, manifest.as_ref(), output)?;
        refuse_succeeded(&graph, "a bundle")?;
        // What holding the heads against remembered ones reads does not belong to the lock.
        let (mut trust, mut pages) = (trust.clone(), Pages::new(place.access()));
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust, place.access())?;
        graph::resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        session::remember(memory.as_ref(), &heads, output);
        let mut parts = copies.parts()?;
        let (solver, _) = self.solver.for_claim(place, &access, &lock.claim.solver, &trust)?;
        if self.with_solver {
            parts.push(Part::component(solver.bytes()));
        }
        let path = place.path(&self.output);
        let written = write(parts, &path)?;
        output.result(&format!(
            "wrote {}: {} {}, {} bytes, all that verifying {} reads",
            path.display(),
            written.files,
            plural(written.files, "file", "files"),
            written.bytes,
            place.lock_path().display()
        ))
    }
}

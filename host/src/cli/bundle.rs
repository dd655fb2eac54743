//! `headlock bundle`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::json::{self, FormatChoice};
use super::output::Output;
use super::session::{self, Place, SolverChoice, refuse_succeeded};
use super::solver_verdict;
use super::verify::Verifier;
use super::words::plural;
use crate::bundle::{FIRST_LINE, Part, write};
use crate::error::Result;
use crate::files;
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
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: PathBuf,
    /// Put the solver component into it, too
    #[arg(long)]
    with_solver: bool,
    /// Believe the logs and solvers that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl Bundle {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.path(&self.output);
        files::refuse_other(&path, FIRST_LINE.as_bytes(), "bundle")?;
        let lock = place.lock()?;
        let manifest = place.manifest_if_any()?;
        let trust = place.trust(self.trust.as_deref())?;
        let memory = place.memory();
        let copies = Arc::new(Copies::new()?);
        let access = Access { copies: Some(Arc::clone(&copies)), ..place.access().clone() };
        let verifier = Verifier { place, access: &access, trust: &trust, solver: &self.solver, memory: None };
        let Verified { graph, solver, judged, .. } = verifier.verify(&lock, manifest.as_ref(), output)?;
        let of_solver = judged.publication.as_ref().map(|publication| publication.accepted.clone());
        refuse_succeeded(&graph, of_solver.as_ref(), "a bundle")?;
        // What holding the heads against remembered ones reads does not belong to the lock.
        let (mut trust, mut pages) = (trust.clone(), Pages::new(place.access()));
        let mut stated = Stated::new(&lock.claim, &lock.cosignatures, &trust, place.access())?;
        graph::resolve(&lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        let heads: Vec<AcceptedHead> = graph.accepted().cloned().collect();
        verify::consult_memory(memory.as_ref(), &trust, &heads, &mut pages)?;
        session::remember(memory.as_ref(), &heads, output);
        solver_verdict::consult(place, &trust, &judged, output)?;
        let mut parts = copies.parts()?;
        if self.with_solver {
            parts.push(Part::component(solver.bytes()));
        }
        let written = write(parts, &path)?;
        let lines = [format!(
            "wrote {}: {} {}, {} bytes, all that verifying {} reads",
            path.display(),
            written.files,
            plural(written.files, "file", "files"),
            written.bytes,
            place.lock_path().display()
        )];
        output.report(&lines, || json::files::Bundle::of(&path, &written, &place.lock_path()))
    }
}

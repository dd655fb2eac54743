//! `headlock verify`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::json::FormatChoice;
use super::json::verdict::Verification as Report;
use super::output::Output;
use super::session::{self, Place, SolverChoice};
use super::solver_verdict;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::heads::Memory;
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::report;
use crate::sources::{Access, Network};
use crate::trust::Trust;
use crate::verify::{Verification, Verified};

/// Derives the lock again from its inputs, heads and solver, and compares bytes.
///
/// With --quiet the verdict is one line.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// Believe the logs and solvers that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Take all that is to be read from this bundle: no registry is asked, no cache is used
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    solver: SolverChoice,
    #[command(flatten)]
    pub(super) format: FormatChoice,
    /// What is no argument, to say so
    #[arg(hide = true, value_name = "LOCK")]
    lock: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        if let Some(path) = &self.lock {
            let what =
                format!("expected no path, found {}: the lock is headlock.lock beside the manifest", path.display());
            return Err(Error::malformed(what).hint("`headlock -C DIR verify` verifies the one in another folder"));
        }
        let lock = place.lock()?;
        let manifest = place.manifest_if_any()?;
        let trust = place.trust(self.trust.as_deref())?;
        let (_, Told { mut lines, report }) =
            verify_lock(place, &lock, manifest.as_ref(), &trust, &self.solver, self.bundle.as_deref(), output)?;
        if output.is_quiet() {
            lines = vec![report::short_verdict(&lock, &trust)];
        }
        output.report(&lines, || report)
    }
}

/// A verdict, for people and for programs.
pub(super) struct Told {
    pub(super) lines: Vec<String>,
    pub(super) report: Report,
}

/// Verifies a lock, from the bundle that the user names or as the user reaches registries, and remembers what was seen. Gives
/// the verdict, too.
pub(super) fn verify_lock(
    place: &Place,
    lock: &Lock,
    manifest: Option<&Manifest>,
    trust: &Trust,
    solver: &SolverChoice,
    bundle: Option<&Path>,
    output: Output,
) -> Result<(Verified, Told)> {
    let memory = place.memory();
    let opened = bundle.map(|path| Bundle::open(&place.path(path)).map(Arc::new)).transpose()?;
    let access = match &opened {
        None => place.access().clone(),
        Some(bundle) => Access { network: Network::Offline, bundle: Some(Arc::clone(bundle)), ..Access::default() },
    };
    let verifier = Verifier { place, access: &access, trust, solver, memory: memory.as_ref() };
    let verified = verifier.verify(lock, manifest, output)?;
    let heads = verified.graph.accepted().zip(&verified.behind);
    let compared = heads.filter(|(_, behind)| behind.is_some()).map(|(head, _)| head);
    session::remember(memory.as_ref(), compared, output);
    solver_verdict::remember(place, &access, &verified.judged, output);
    let beside = report::Beside {
        trust,
        engine: solver.engine.describe(),
        bundle: bundle.zip(opened.as_deref()).map(|(path, bundle)| (path, bundle.files())),
        manifest,
    };
    let lines = report::verdict(lock, &verified, &beside);
    let report = Report::of(place, lock, &verified, &beside, solver.engine.names());
    Ok((verified, Told { lines, report }))
}

/// What a verification brings beside the lock.
pub(super) struct Verifier<'a> {
    pub(super) place: &'a Place,
    pub(super) access: &'a Access,
    pub(super) trust: &'a Trust,
    pub(super) solver: &'a SolverChoice,
    pub(super) memory: Option<&'a Memory>,
}

impl Verifier<'_> {
    /// Verifies a lock, in each engine that was chosen.
    pub(super) fn verify(&self, lock: &Lock, manifest: Option<&Manifest>, output: Output) -> Result<Verified> {
        let Verifier { place, access, trust, solver: choice, memory } = *self;
        let path = place.lock_path();
        let (seen, accept) = (place.seen(), choice.accepted());
        let verification =
            Verification { path: &path, lock, manifest, trust, access, memory, seen: seen.as_ref(), accept };
        verification.verify(
            |claim, published| choice.for_claim(place, access, claim, published),
            |solver, inputs, graph, pages| {
                let (derived, solved) = session::derive_claim(place, solver, choice, inputs, graph, pages, output)?;
                // All that the solver was told; the process ends before anyone could use its memory again.
                std::mem::forget(solved);
                Ok(derived)
            },
        )
    }
}

//! `headlock verify`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::output::Output;
use super::session::{self, Place, SolverChoice};
use super::words::plural;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::graph::{Basis, Unusable};
use crate::heads::Memory;
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::sources::{Access, Network};
use crate::trust::Trust;
use crate::verify::{Verification, Verified};

/// Derives the lock again from its inputs, heads and solver, and compares bytes.
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
}

impl Verify {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let lock = place.lock()?;
        let manifest = place.manifest_if_any()?;
        let trust = place.trust(self.trust.as_deref())?;
        let memory = place.memory();
        let bundle = self.bundle.as_ref().map(|path| Bundle::open(&place.path(path)).map(Arc::new)).transpose()?;
        let access = match &bundle {
            None => place.access().clone(),
            Some(bundle) => Access { network: Network::Offline, bundle: Some(Arc::clone(bundle)), ..Access::default() },
        };
        let verifier =
            Verifier { place, access: &access, trust: &trust, solver: &self.solver, memory: memory.as_ref() };
        let Verified { graph, behind, accepted, .. } = verifier.verify(&lock, manifest.as_ref(), output)?;
        let compared = graph.accepted().zip(&behind).filter(|(_, behind)| behind.is_some()).map(|(head, _)| head);
        session::remember(memory.as_ref(), compared, output);
        let releases = lock.derived.packages.len();
        let mut verdict = vec![
            format!(
                "verified: {releases} {}{}",
                plural(releases, "release", "releases"),
                lock.claim.inputs.with_what_is_stated()
            ),
            format!("  trust: {}", trust.describe()),
            format!(
                "  solver: {} sha256 {}, {}",
                lock.claim.solver.describe(),
                lock.claim.solver.sha256,
                accepted.describe()
            ),
            format!("  engine: {}", self.solver.engine.describe()),
        ];
        for (log, behind) in graph.logs.iter().zip(behind) {
            let cosigned = match log.accepted.cosigners() {
                [] => String::new(),
                some => format!(", cosigned by {}", some.join(", ")),
            };
            let age = match behind {
                Some(0) => "no newer head is known to this host (none was asked for)".to_owned(),
                Some(records) => format!("{records} records behind the newest head known to this host"),
                None => "not compared with the head known to this host, for which a bundle has no proof".to_owned(),
            };
            let head = log.accepted.head();
            let retired = log.accepted.successor().map(|newer| {
                format!(" under a retired key, as a beginning of the accepted head with {} records", newer.head().size)
            });
            let basis = match &log.basis {
                Basis::Pinned => format!("pinned{cosigned}"),
                Basis::Derived { from, record } => format!("derived from record {record} of {from}"),
            };
            let basis = format!("{basis}{}", retired.unwrap_or_default());
            let vouched =
                log.vouched_by.as_ref().map(|by| format!(", its keys by the word of {by}")).unwrap_or_default();
            verdict.push(format!("  log: {} at {} records, {basis}{vouched}; {age}", head.origin, head.size));
        }
        for Unusable { dependent, dependency, why } in &graph.unusable {
            verdict.push(format!("  without: {dependency} as a peer of {dependent}: {why}"));
        }
        verdict.extend(lock.claim.inputs.overrides.iter().map(|replaced| format!("  override: {replaced}")));
        if !lock.claim.inputs.preferences.is_empty() {
            let preferred = lock.claim.inputs.preferences.len();
            let (releases, rank) = match preferred {
                1 => ("release", "ranks"),
                _ => ("releases", "rank"),
            };
            verdict.push(format!(
                "  preferences: {preferred} {releases} that the lock states {rank} above others, which may be newer"
            ));
        }
        if let (Some(bundle), Some(path)) = (&bundle, &self.bundle) {
            let files = bundle.files();
            verdict.push(format!(
                "  bundle: {}, {files} {}, no other read",
                path.display(),
                plural(files, "file", "files")
            ));
        }
        verdict.push(match &manifest {
            Some(manifest) => {
                let missing: Vec<String> = manifest
                    .missing()
                    .map(|file| format!("; {} is not there and was not compared", file.path.display()))
                    .collect();
                format!("  manifest: {} asks for the same{}", manifest.path.display(), missing.concat())
            }
            None => "  manifest: none beside the lock".to_owned(),
        });
        output.results(&verdict)
    }
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
        let verification = Verification { path: &path, lock, manifest, trust, access, memory };
        verification.verify(
            |claim| choice.for_claim(place, access, claim, trust),
            |solver, inputs, graph, pages| {
                let (derived, solved) = session::derive_claim(place, solver, choice, inputs, graph, pages, output)?;
                // All that the solver was told; the process ends before anyone could use its memory again.
                std::mem::forget(solved);
                Ok(derived)
            },
        )
    }
}

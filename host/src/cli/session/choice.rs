//! What a user chooses with the options of several commands: whom to believe, which solver, which engines.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use headlock_log::digest::Digest;

use super::Place;
use crate::engine::{Backend, Limits, MAX_COMPONENT, Solver};
use crate::error::{Error, Result};
use crate::files;
use crate::lock::SolverId;
use crate::released;
use crate::solvers::{Lookup, Place as Served};
use crate::sources::Access;

/// Whom to believe, and whether to ask about those that are new.
#[derive(Args, Debug)]
pub(in crate::cli) struct TrustChoice {
    /// Believe the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Trust the logs that are new in the lock and that a log vouches for, without asking
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

impl TrustChoice {
    /// The trust file that the user names.
    pub(in crate::cli) fn file(&self) -> Option<&Path> {
        self.trust.as_deref()
    }
}

/// Which engines run the solver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EngineChoice {
    /// Compiled to machine code
    #[default]
    Cranelift,
    /// Interpreted: about 20 times slower
    Pulley,
    /// Both, side by side; every outcome must be the same
    All,
}

impl EngineChoice {
    pub(super) fn backends(self) -> &'static [Backend] {
        match self {
            EngineChoice::Cranelift => &[Backend::Cranelift],
            EngineChoice::Pulley => &[Backend::Pulley],
            EngineChoice::All => &[Backend::Cranelift, Backend::Pulley],
        }
    }

    /// Their names.
    pub(in crate::cli) fn names(self) -> Vec<&'static str> {
        self.backends().iter().map(|backend| backend.name()).collect()
    }

    /// In words, for a verdict.
    pub(in crate::cli) fn describe(self) -> &'static str {
        match self {
            EngineChoice::Cranelift => "cranelift",
            EngineChoice::Pulley => "pulley",
            EngineChoice::All => "cranelift and pulley, the same in every outcome",
        }
    }
}

/// Which solver, and who accepts it.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct SolverChoice {
    /// Use this solver component instead of the one that comes with headlock
    #[arg(long, value_name = "FILE")]
    solver: Option<PathBuf>,
    /// Accept the solver component with this sha256
    #[arg(long, value_name = "SHA256")]
    accept_solver: Vec<Digest>,
    /// Which engine runs the solver
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    pub(in crate::cli) engine: EngineChoice,
    /// Stop the solver after so many seconds; nothing is known then
    #[arg(long, default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    time_limit: u32,
}

impl SolverChoice {
    pub(super) fn limits(&self) -> Limits {
        Limits { time: Duration::from_secs(self.time_limit.into()), ..Limits::default() }
    }

    /// The same, but for the component that comes with headlock.
    pub(in crate::cli) fn released(&self) -> SolverChoice {
        SolverChoice { solver: None, ..self.clone() }
    }

    /// The same, but for one engine, where the outcome goes into no lock.
    pub(in crate::cli) fn in_one_engine(&self) -> SolverChoice {
        let engine = match self.engine {
            EngineChoice::Cranelift | EngineChoice::All => EngineChoice::Cranelift,
            EngineChoice::Pulley => EngineChoice::Pulley,
        };
        SolverChoice { engine, ..self.clone() }
    }

    /// The component to lock with. Whoever names a file accepts it.
    pub(in crate::cli) fn for_lock(&self, place: &Place) -> Result<Solver> {
        match &self.solver {
            Some(path) => read_solver(&place.path(path)),
            None => released::solver(),
        }
    }

    /// The components that the user accepts by their sha256.
    pub(in crate::cli) fn accepted(&self) -> &[Digest] {
        &self.accept_solver
    }

    /// Whether the user names a file.
    pub(in crate::cli) fn is_given(&self) -> bool {
        self.solver.is_some()
    }

    /// The component that a lock names: from the file that the user names, else from a bundle that carries it, else the
    /// released one, else from the cache, else from where it is published.
    pub(in crate::cli) fn for_claim(
        &self,
        place: &Place,
        access: &Access,
        claim: &SolverId,
        published: &[Served],
    ) -> Result<Solver> {
        // What a bundle carries is checked, whosever component is used.
        let carried = access.bundle.as_ref().and_then(|bundle| bundle.component(&claim.sha256, MAX_COMPONENT));
        let carried = carried.transpose()?;
        let cache = place.components();
        let lookup = Lookup { access, cache: cache.as_ref() };
        let Some(path) = &self.solver else { return lookup.find(claim, carried, published) };
        let path = place.path(path);
        let bytes = read_component(&path)?;
        lookup.find(claim, Some(bytes), &[]).map_err(|error| at(&path, error))
    }
}

/// Reads a solver component.
pub(in crate::cli) fn read_solver(path: &Path) -> Result<Solver> {
    Solver::new(read_component(path)?).map_err(|error| at(path, error))
}

fn read_component(path: &Path) -> Result<Vec<u8>> {
    // One byte more than a component may have, so that what is too large is refused like whatever else is no solver.
    files::read_start(path, MAX_COMPONENT + 1)?
        .ok_or_else(|| Error::malformed(format!("there is no solver component at {}", path.display())))
}

/// What is wrong with a component, and which it is.
fn at(path: &Path, error: Error) -> Error {
    let named = Error::new(error.kind(), format!("{}: {error}", path.display()));
    match error.hint_text() {
        Some(hint) => named.hint(hint),
        None => named,
    }
}

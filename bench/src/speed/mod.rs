//! How fast things are, on real programs.

pub(crate) mod engines;
pub(crate) mod everywhere;
pub(crate) mod fetch;
pub(crate) mod floor;
pub(crate) mod http;
pub(crate) mod large_case;
mod native;
pub(crate) mod others;
pub(crate) mod parts;
mod recording;
pub(crate) mod verify;

pub(crate) use engines::{Runner, solve_once};
pub(crate) use others::solve_in_fresh_instances;

use std::path::Path;

use anyhow::Result;
use headlock::derive::derive;
use headlock::engine::{Backend, CompiledCache, Engine, Limits, LoadedSolver};
use headlock::graph::{self, Graph};
use headlock::lock::{Derived, Lock};
use headlock::pages::Pages;
use headlock::released;
use headlock::solve::{Solved, Solving};
use headlock::sources::{Access, Network};
use headlock::trust::{Trust, TrustSource};
use headlock::verify::Stated;

/// How often each thing is measured.
const TIMES: usize = 11;

/// A project in this process: what `headlock verify` works with.
struct Project {
    lock: Lock,
    trust: Trust,
}

impl Project {
    fn open(folder: &Path) -> Result<Project> {
        let lock = Lock::read(&folder.join("headlock.lock"))?.ok_or_else(|| anyhow::anyhow!("no lock"))?;
        let trust = Trust::read(&folder.join("trust.toml"), TrustSource::Given)?;
        Ok(Project { lock, trust })
    }

    /// The registries, and their pages, of which none is read yet but those about peers.
    fn pages(&self) -> Result<(Graph, Pages)> {
        let access = Access { network: Network::Offline, ..Access::default() };
        let (mut trust, mut pages) = (self.trust.clone(), Pages::new(&access));
        let mut stated = Stated::new(&self.lock.claim, &[], &trust, &access)?;
        let graph = graph::resolve(&self.lock.claim.inputs, &mut trust, &mut pages, &mut stated)?;
        pages.expect(&self.lock.derived);
        Ok((graph, pages))
    }

    /// Derives the lock again, as `headlock verify` does, and compares.
    fn derive(&self, session: &mut dyn Solving, (graph, pages): &mut (Graph, Pages)) -> Result<(Derived, Solved)> {
        let (derived, solved) = derive(&self.lock.claim.inputs, graph, session, pages)?;
        anyhow::ensure!(derived == self.lock.derived, "another answer");
        Ok((derived, solved))
    }
}

/// The released solver, compiled as for the command: taken from a cache in this folder, or put there.
fn released_solver(folder: &Path, backend: Backend) -> Result<LoadedSolver> {
    let cache = CompiledCache::open(&folder.join("cache"), &folder.join("state"));
    let engine = Engine::new(Limits::default()).uninterrupted(released::digest()?, |error| {
        eprintln!("{error}");
        std::process::exit(error.kind().exit_code().into())
    });
    Ok(engine.load(&released::solver()?, backend, cache.as_ref())?)
}

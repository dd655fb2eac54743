//! How fast things are, on real programs.

pub(crate) mod engines;
pub(crate) mod floor;
pub(crate) mod http;
pub(crate) mod large_case;
mod native;
pub(crate) mod parts;
pub(crate) mod verify;

pub(crate) use engines::{Runner, solve_once};

use std::path::Path;

use anyhow::Result;
use headlock::derive::derive;
use headlock::engine::{Backend, CompiledCache, Engine, Limits, LoadedSolver};
use headlock::lock::{Derived, Lock};
use headlock::pages::Pages;
use headlock::released;
use headlock::solve::{Solved, Solving};
use headlock::sources::{Access, Network};
use headlock::trust::{AcceptedHead, Trust, TrustSource};

/// How often each thing is measured.
const TIMES: usize = 11;

/// A project in this process: what `headlock verify` works with.
struct Project {
    lock: Lock,
    trust: Trust,
    heads: Vec<AcceptedHead>,
}

impl Project {
    fn open(folder: &Path) -> Result<Project> {
        let lock = Lock::read(&folder.join("headlock.lock"))?.ok_or_else(|| anyhow::anyhow!("no lock"))?;
        let trust = Trust::read(&folder.join("trust.toml"), TrustSource::Given)?;
        let heads = lock.claim.logs.iter().map(|log| trust.accept_pinned(log, &[])).collect::<Result<_, _>>()?;
        Ok(Project { lock, trust, heads })
    }

    /// The registry's pages, nothing read yet.
    fn pages(&self) -> Result<Pages> {
        let access = Access { network: Network::Offline, ..Access::default() };
        let mut pages = Pages::new(&access, &self.trust, &self.heads)?;
        pages.expect(&self.lock.derived);
        Ok(pages)
    }

    /// Derives the lock again, as `headlock verify` does, and compares.
    fn derive(&self, session: &mut dyn Solving, pages: &mut Pages) -> Result<(Derived, Solved)> {
        let heads: Vec<_> = self.heads.iter().map(|head| head.head().clone()).collect();
        let (derived, solved) = derive(&self.lock.claim.inputs, &heads, session, pages)?;
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

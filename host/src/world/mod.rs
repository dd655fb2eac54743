//! Worlds: versions of the contract between host and solver, and with each how pages become what a solver sees.
//!
//! Both are frozen together. A lock names its world, which selects what reads pages for its solver; a host that has learnt a
//! newer world keeps the older ones for the locks that were made with them. A world is a file here, and a line of [`World`];
//! what runs its solvers says with [`crate::solve::Solving::world`] which it is.
//!
//! | world | pages are read by | solvers are run by |
//! |---|---|---|
//! | `headlock:solver@0.1.0` | `world/v0_1_0.rs` | `engine/contract.rs`, of `wit/solver.wit` |

mod v0_1_0;

#[cfg(test)]
mod tests;

use headlock_log::page::HashedPage;

use crate::error::{Error, Result};
use crate::inputs::Local;
use crate::problem::Part;

/// The name of the newest world, as it stands in locks and in `wit/solver.wit`.
pub const WORLD: &str = World::V0_1_0.name();

/// A world that this host knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum World {
    /// `headlock:solver@0.1.0`.
    V0_1_0,
}

impl World {
    /// All worlds that this host knows. None is ever taken away: there are locks of each.
    pub const ALL: [World; 1] = [World::V0_1_0];

    /// Its name, as it stands in locks.
    pub const fn name(self) -> &'static str {
        match self {
            World::V0_1_0 => "headlock:solver@0.1.0",
        }
    }

    /// The world that a lock names.
    ///
    /// # Errors
    /// Refused: this host does not know it.
    pub fn named(name: &str) -> Result<World> {
        World::ALL.into_iter().find(|world| world.name() == name).ok_or_else(|| {
            let known: Vec<&str> = World::ALL.into_iter().map(World::name).collect();
            let known = known.join(", ");
            Error::refused(format!("the lock is of the world {name:?}, and this host knows {known}"))
                .hint("a newer headlock may know it")
        })
    }

    /// Reads a package's page: its releases by ascending precedence, each with the page's last word on whether it is
    /// yanked. Later releases of a version, and yanks of what is not there, are void.
    ///
    /// # Errors
    /// The answer is no: the page is not a page of this package. Its proof has been checked before, so its registry has
    /// signed something malformed.
    pub fn read_page(self, origin: &str, name: &str, page: &HashedPage) -> Result<Part> {
        match self {
            World::V0_1_0 => v0_1_0::read_page(origin, name, page),
        }
    }

    /// A local component as a package: its one release, of no record.
    ///
    /// # Errors
    /// Malformed: a requirement or a version that is none.
    pub fn local_part(self, origin: &str, name: &str, local: &Local) -> Result<Part> {
        match self {
            World::V0_1_0 => v0_1_0::local_part(origin, name, local),
        }
    }
}

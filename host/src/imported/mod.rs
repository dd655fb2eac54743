//! A solver that whoever embeds this as WebAssembly runs: the contract's two functions are imported. A web page is such a
//! place: its browser is the engine.
//!
//! What is given and what is returned goes through the same code as with the command's own engine, and through the same
//! checks: whoever provides the functions only carries bytes from one memory to the other.

mod contract;
#[path = "../engine/given.rs"]
mod given;
#[path = "../engine/returned/mod.rs"]
mod returned;

use contract::solving;

use crate::error::{Error, Result};
use crate::problem::{Catalog, Mark, Outcome};
use crate::solve::Solving;
use crate::world::World;

/// One solve, in the solver that is imported. Whoever provides it begins a fresh instance for each.
#[derive(Debug, Default)]
pub struct Imported {
    told: Mark,
}

impl Solving for Imported {
    /// That of the contract which this runs.
    fn world(&self) -> World {
        World::V0_1_0
    }

    fn start(&mut self, catalog: &Catalog) -> Result<Outcome> {
        let outcome = given::problem(catalog, solving::start);
        self.told = given::after_start(catalog);
        take(catalog, outcome)
    }

    fn supply(&mut self, catalog: &Catalog) -> Result<Outcome> {
        let outcome = given::packages(catalog, &self.told, solving::supply);
        self.told = catalog.mark();
        take(catalog, outcome)
    }
}

fn take(catalog: &Catalog, outcome: solving::Outcome) -> Result<Outcome> {
    returned::outcome(catalog, outcome)
        .map_err(|nonsense| Error::could_not_check(format!("the solver answered nonsense: {nonsense}")))
}

//! The rounds of a solve.

use crate::answer;
use crate::catalog::Catalog;
use crate::contract::{Outcome, Packages, Problem};
use crate::encoding::Encoding;

/// One solve: what it was told so far, and what it made of that.
pub struct Solver {
    encoding: Encoding,
    /// Steps left.
    budget: u64,
    /// The packages that the last outcome asked for, ascending; none if it was final.
    asked: Vec<u32>,
}

impl Solver {
    /// Begins a solve; see the contract's `start`.
    ///
    /// # Panics
    /// If the problem breaks the contract.
    pub fn start(problem: Problem) -> (Solver, Outcome) {
        let catalog = Catalog::new(problem.tables, problem.roots, problem.links);
        let mut solver = Solver { encoding: Encoding::new(catalog), budget: problem.budget, asked: Vec::new() };
        let outcome = solver.solve();
        (solver, outcome)
    }

    /// Goes on with packages that were asked for; see the contract's `supply`.
    ///
    /// # Panics
    /// If the last outcome did not ask for exactly these, or if they break the contract.
    pub fn supply(&mut self, packages: Packages) -> Outcome {
        assert!(!self.asked.is_empty(), "supply: nothing was asked for");
        let asked = std::mem::take(&mut self.asked);
        self.encoding.rules.catalog.supply(packages, &asked);
        self.encoding.packages_came();
        self.solve()
    }

    /// How many steps of the budget are left.
    pub fn steps_left(&self) -> u64 {
        self.budget
    }

    fn solve(&mut self) -> Outcome {
        let outcome = answer::solve(&mut self.encoding, &mut self.budget);
        if let Outcome::Incomplete(missing) = &outcome {
            self.asked.clone_from(missing);
        }
        outcome
    }
}

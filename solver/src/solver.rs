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
        let budget = problem.budget;
        let mut solver = Solver { encoding: Encoding::new(Catalog::new(problem)), budget, asked: Vec::new() };
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

#[cfg(test)]
mod tests {
    use crate::Solver;
    use crate::contract::Outcome;
    use crate::testing::{Teller, Telling, no_packages, solve};

    const TWO_ROUNDS: &str = "
        root a ^1
        a 1.0.0 | needs b ^1
        b 1.0.0 | needs gone ^1
        b 1.1.0 | may later ^1 | feature f: @0
        later 1.0.0";

    #[test]
    fn asks_for_what_the_answer_needs_and_no_more() {
        let mut teller = Teller::new(TWO_ROUNDS, Telling::Forwards);
        assert_eq!(teller.solve(100), "consumer: a ^1 = a 1.0.0\na 1.0.0: b ^1 = b 1.1.0\nb 1.1.0:");
        assert_eq!(teller.rounds, ["a", "b"]);
    }

    #[test]
    fn a_problem_without_roots_has_an_empty_answer() {
        assert_eq!(solve("a 1.0.0"), "consumer:");
    }

    #[test]
    fn what_is_unsolvable_stays_so_whatever_is_missing() {
        let problem = "
            root a ^1
            root b ^1
            a 1.0.0 | needs missing ^1
            b 2.0.0";
        let mut teller = Teller::new(problem, Telling::Forwards);
        assert_eq!(teller.solve(100), "unsolvable\n  0: consumer {0} (not available)");
        assert_eq!(teller.rounds, ["a b"]);
    }

    #[test]
    fn the_budget_covers_all_rounds() {
        let used = {
            let mut teller = Teller::new(TWO_ROUNDS, Telling::Forwards);
            let (mut solver, mut outcome) = Solver::start(teller.problem(100));
            while let Outcome::Incomplete(asked) = outcome {
                outcome = solver.supply(teller.supply(&asked));
            }
            100 - solver.steps_left()
        };
        let with = |budget| Teller::new(TWO_ROUNDS, Telling::Forwards).solve(budget);
        assert!(with(used).starts_with("consumer"));
        assert_eq!(with(used - 1), "exhausted");
        assert_eq!(with(0), "exhausted");
    }

    #[test]
    #[should_panic(expected = "supply: nothing was asked for")]
    fn nothing_can_be_supplied_after_the_last_outcome() {
        let mut teller = Teller::new("root a ^1", Telling::Forwards);
        let (mut solver, outcome) = Solver::start(teller.problem(100));
        let Outcome::Incomplete(asked) = outcome else { panic!("nothing asked for") };
        assert!(matches!(solver.supply(teller.supply(&asked)), Outcome::Unsolvable(_)));
        solver.supply(no_packages());
    }

    /// Neither looking for values nor showing why there are none may recurse.
    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        const LENGTH: usize = 2000;
        let roots: String = (0..LENGTH).map(|n| format!("root p{n} ^1\n")).collect();
        let links: String = (0..LENGTH).map(|n| format!("p{n} 1.0.0 | needs p{} ^1\n", n + 1)).collect();
        let last = format!("p{LENGTH} 1.0.0");
        let run = move || {
            let problem = |last: &str| format!("{roots}{links}{last}");
            let solve = |last: &str| Teller::new(&problem(last), Telling::Forwards).solve(u64::MAX);
            (solve(&last), solve(&format!("{last} yanked")))
        };
        let small = std::thread::Builder::new().stack_size(128 * 1024);
        let (solved, unsolvable) = small.spawn(run).expect("a thread").join().expect("no overflow");
        assert_eq!(solved.lines().count(), 1 + LENGTH + 1);
        // The last root is not available; each of the others requires the next; the consumer requires the first.
        assert_eq!(unsolvable.lines().count(), 1 + 1 + 2 * (LENGTH - 1) + 2);
    }
}

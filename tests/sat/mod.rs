//! The solver and the checker against a SAT encoding of docs/resolution.md, on problems that are far too large for the
//! oracle's plain search.
//!
//! It shares no code with the solver, with the checker, or with the oracle's searches: of the oracle it has the shape of a
//! problem and of an answer's text. [`records`] reads a problem, [`encoding`] makes it clauses, [`queue`] asks for the
//! answer, [`steps`] asks whether a derivation's steps are true; [`numbers`] goes between names and the solver's numbers.
//! [`large`] makes up problems, and [`tight`] makes some of them unsolvable for reasons that lie deep. [`mutants`] and
//! [`forgeries`] make outcomes that are wrong, or whose proofs are. [`agreement`], [`refusals`] and [`neighbours`] are the
//! tests.

mod agreement;
mod encoding;
mod forgeries;
mod large;
mod mutants;
mod neighbours;
mod numbers;
mod queue;
mod records;
mod refusals;
mod steps;
mod tally;
mod tight;

use std::ops::Range;

use crate::oracle::problem::Problem;

/// The seeds of large problems: `SAT_SEEDS=FROM..TO` instead of what is run by default.
fn seeds(default: Range<u64>) -> Range<u64> {
    let Ok(text) = std::env::var("SAT_SEEDS") else { return default };
    let ends = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to) = ends.unwrap_or_else(|| panic!("SAT_SEEDS={text} is not FROM..TO"));
    assert!(from < to, "SAT_SEEDS={text} holds no seed");
    from..to
}

/// The large problem of a seed: one in three is tightened.
pub(crate) fn problem(seed: u64) -> Problem {
    let problem = large::problem(seed);
    match seed % 3 {
        2 => tight::problem(problem, seed),
        _ => problem,
    }
}

//! The solver and the encoding find the same, and every step of every derivation is true.

use headlock::problem::{Derivation, Outcome as Numbered};

use crate::native::Native;
use crate::oracle::definition;
use crate::oracle::outcome::Outcome;
use crate::oracle::problem::Problem;
use crate::oracle::shrink::shrink;
use crate::oracle::{random, scenario};
use crate::rounds::{self, Ended, Order};

use super::encoding::Encoding;
use super::numbers::Numbers;
use super::queue::{self, Complete};
use super::records::Records;
use super::steps::Steps;
use super::tally::{self, Tally};

/// Large problems, unless seeds are given.
const PROBLEMS: u64 = 200;
/// The solver's steps. What takes more is counted: at most one problem in a hundred.
pub(super) const BUDGET: u64 = 20_000_000;

#[test]
fn every_scenario_has_the_outcome_of_the_encoding() {
    let mut wrong = String::new();
    for (name, scenario) in scenario::all() {
        let found = by_encoding(&scenario.problem).to_string();
        if found != scenario.expected && scenario.budget.is_none() {
            wrong += &format!("{name}: expected\n{}found\n{found}\n", scenario.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn small_problems_have_the_outcome_of_the_definition() {
    for seed in 0..2_000 {
        let problem = random::problem(seed);
        let Ok(defined) = definition::solve(&problem, 20_000) else { continue };
        let (defined, found) = (defined.to_string(), by_encoding(&problem).to_string());
        assert_eq!(defined, found, "seed {seed}:\n{}", scenario::format(&problem, &defined));
    }
}

#[test]
fn large_problems_have_the_outcome_of_the_encoding_and_their_derivations_are_true() {
    let seeds = super::seeds(0..PROBLEMS);
    let kinds = [tally::IN_PROBLEMS, tally::IN_ANSWERS, tally::IN_DERIVATIONS].concat();
    let mut tally = Tally::of(&kinds);
    let outcomes = [
        "solved",
        "solved with several ceilings",
        "unsolvable",
        "unsolvable by more than ten steps",
        "steps that are untrue without a term",
    ];
    outcomes.into_iter().for_each(|kind| tally.add(kind, 0));
    let mut exhausted = 0;
    for seed in seeds.clone() {
        let problem = super::problem(seed);
        let records = Records::new(&problem);
        let mut encoding = Encoding::new(&records);
        let answer = queue::answer(&mut encoding);
        let Ok(ended) = natively(&problem) else { disagree(seed, &problem) };
        if ended.outcome == Outcome::Exhausted {
            exhausted += 1;
            continue;
        }
        if ended.outcome != in_names(&records, answer.as_ref()) {
            disagree(seed, &problem);
        }
        tally::problem(&mut tally, &problem, &records);
        let numbers = Numbers::new(&records, &ended.catalog);
        let mut steps = Steps::new(&mut encoding, &numbers);
        match (&ended.numbered, &answer) {
            (Numbered::Solved(solved), Some(answer)) => {
                tally.add("solved", 1);
                tally.add("solved with several ceilings", usize::from(solved.ceilings.len() > 1));
                tally::answer(&mut tally, &records, answer);
                for ceiling in &solved.ceilings {
                    steps.wish(&answer.items[..=ceiling.item as usize]);
                    every_step_is_true(&mut tally, &mut steps, &ceiling.derivation, seed);
                }
            }
            (Numbered::Unsolvable(derivation), None) => {
                tally.add("unsolvable", 1);
                tally.add("unsolvable by more than ten steps", usize::from(derivation.steps.len() > 10));
                every_step_is_true(&mut tally, &mut steps, derivation, seed);
            }
            (numbered, _) => panic!("seed {seed}: an outcome that is named otherwise: {numbered:?}"),
        }
    }
    let count = usize::try_from(seeds.end - seeds.start).expect("few seeds");
    tally.print(&format!("{count} large problems, of which {exhausted} take more than {BUDGET} steps, have"));
    assert!(exhausted * 100 <= count, "{exhausted} of {count} were not solved");
    if seeds == (0..PROBLEMS) {
        tally.assert_none_is_zero();
        // A good share of each, or the problems are too easy or too hard to show much.
        let least =
            [("solved with several ceilings", 40), ("unsolvable", 20), ("unsolvable by more than ten steps", 10)];
        for (kind, percent) in least {
            let found = tally.count(kind);
            assert!(found * 100 >= count * percent, "only {found} of {count} are {kind}");
        }
    }
}

/// The outcome by the encoding.
fn by_encoding(problem: &Problem) -> Outcome {
    let records = Records::new(problem);
    let answer = queue::answer(&mut Encoding::new(&records));
    in_names(&records, answer.as_ref())
}

fn in_names(records: &Records<'_>, answer: Option<&Complete<'_>>) -> Outcome {
    answer.map_or(Outcome::Unsolvable, |complete| Outcome::Solved(complete.in_names(records)))
}

/// The solver's outcome, which the checker accepts.
pub(super) fn natively(problem: &Problem) -> Result<Ended, String> {
    rounds::solve(problem, BUDGET, Order::Canonical, &mut Native::new())
}

/// Panics with a small problem about which the encoding and the solver, or the solver and the checker, disagree.
fn disagree(seed: u64, problem: &Problem) -> ! {
    let both = |problem: &Problem| {
        let found = natively(problem).map_or_else(|error| error, |ended| ended.outcome.to_string());
        (by_encoding(problem).to_string(), found)
    };
    let small = shrink(problem, |smaller| {
        let (encoded, found) = both(smaller);
        encoded != found && found != Outcome::Exhausted.to_string()
    });
    let (encoded, found) = both(&small);
    panic!("seed {seed}: the solver finds\n{found}for this problem:\n{}", scenario::format(&small, &encoded));
}

/// Every step's terms cannot all be true; and in how many that is so no longer if one of them is left out, which shows
/// that the question can be answered either way.
fn every_step_is_true(tally: &mut Tally, steps: &mut Steps<'_, '_>, derivation: &Derivation, seed: u64) {
    tally::derivation(tally, derivation);
    if let Some(step) = steps.first_untrue(derivation) {
        panic!("seed {seed}: step {step} says what is not true: {:?}\n{derivation:?}", derivation.steps[step]);
    }
    let step = derivation.steps.first().expect("a derivation that was checked has steps");
    for place in 0..step.terms.len() {
        let mut less = step.clone();
        less.terms.remove(place);
        let untrue = !steps.is_true(derivation, &less);
        tally.add("steps that are untrue without a term", usize::from(untrue));
    }
}

//! Resolution. Every scenario of tests/scenarios and thousands of random problems: the oracle's answer, the solver's
//! natively and the released component's in each engine are the same, the checker accepts them, and the order in which
//! a problem is told changes nothing.

mod another;
mod exponential;
mod native;
mod oracle;
mod rounds;
mod sat;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use headlock::engine::{Backend, Engine, Limits, LoadedSolver};
use headlock::released;

use native::Native;
use oracle::definition;
use oracle::problem::Problem;
use oracle::random::{self, Random};
use oracle::scenario;
use oracle::shrink::shrink;
use rounds::{Ended, Order};

/// The solver's steps where a scenario does not say; far more than any problem here takes.
const BUDGET: u64 = 100_000_000;
/// The oracle's questions. Random problems that take more are left out, and counted.
const QUESTIONS: u64 = 20_000;
/// Random problems that are solved natively, each in the order of records and in another.
const PROBLEMS: u64 = 10_000;
/// Of these, how many are solved in each engine, too.
const IN_ENGINES: u64 = 400;
/// Large problems that are solved in each engine, and the solver's steps for each; where they run out, it is in all of
/// them.
const LARGE_IN_ENGINES: u64 = 40;
const STEPS_IN_ENGINES: u64 = 1_000_000;

fn natively(problem: &Problem, budget: u64, order: Order) -> Result<Ended, String> {
    // A panic is a finding like any other, and worth a small example.
    let ended = catch_unwind(AssertUnwindSafe(|| rounds::solve(problem, budget, order, &mut Native::new())));
    ended.unwrap_or_else(|_| Err("the solver panicked".to_owned()))
}

fn engines() -> Vec<LoadedSolver> {
    let solver = released::solver().expect("the released solver is whole");
    let engine = Engine::new(Limits::default());
    let load = |backend| engine.load(&solver, backend, None).expect("the released solver loads");
    Backend::ALL.map(load).into()
}

fn in_engine(solver: &LoadedSolver, problem: &Problem, budget: u64) -> Result<Ended, String> {
    let mut session = solver.begin().map_err(|error| error.to_string())?;
    rounds::solve(problem, budget, Order::Canonical, &mut session)
}

fn text(ended: &Result<Ended, String>) -> String {
    match ended {
        Ok(ended) => ended.outcome.to_string(),
        Err(error) => format!("{error}\n"),
    }
}

#[test]
fn scenarios_natively() {
    let mut wrong = String::new();
    for (name, scenario) in scenario::all() {
        let budget = scenario.budget.unwrap_or(BUDGET);
        let ended = natively(&scenario.problem, budget, Order::Canonical);
        for package in &scenario.explained_by {
            if ended.as_ref().is_ok_and(|ended| !ended.explained_by.contains(package)) {
                let _ = writeln!(wrong, "{name}: the derivation does not speak of {package}");
            }
        }
        let found = text(&ended);
        if found != scenario.expected {
            let _ = writeln!(wrong, "{name}: expected\n{}found\n{found}", scenario.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn scenarios_in_any_order() {
    let mut wrong = String::new();
    for (name, scenario) in scenario::all() {
        for seed in 0..20 {
            let budget = scenario.budget.unwrap_or(BUDGET);
            let found = text(&natively(&scenario.problem, budget, Order::Shuffled(Random::new(seed))));
            if found != scenario.expected {
                let _ = writeln!(wrong, "{name}, shuffle {seed}: expected\n{}found\n{found}", scenario.expected);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn scenarios_in_each_engine() {
    let mut wrong = String::new();
    let engines = engines();
    for (name, scenario) in scenario::all() {
        let budget = scenario.budget.unwrap_or(BUDGET);
        wrong += &differing(&engines, &name, &scenario.problem, budget);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn random_problems_natively() {
    for seed in 0..PROBLEMS {
        let problem = random::problem(seed);
        let differs = |problem: &Problem| {
            let Ok(defined) = definition::solve(problem, QUESTIONS) else {
                return None;
            };
            let expected = defined.to_string();
            let orders = [Order::Canonical, Order::Shuffled(Random::new(seed))];
            let mut found = orders.into_iter().map(|order| text(&natively(problem, BUDGET, order)));
            found.find(|found| *found != expected).map(|found| (expected, found))
        };
        if differs(&problem).is_some() {
            let small = shrink(&problem, |smaller| differs(smaller).is_some());
            let (expected, found) = differs(&small).expect("shrinking keeps the difference");
            panic!("seed {seed}: found\n{found}for this problem:\n{}", scenario::format(&small, &expected));
        }
    }
}

#[test]
fn a_budget_runs_out_at_the_same_step_in_any_order() {
    let mut exhausted = 0;
    for seed in 0..PROBLEMS / 5 {
        let problem = random::problem(seed);
        for budget in [1, 40, 150, 600] {
            let in_order = text(&natively(&problem, budget, Order::Canonical));
            let shuffled = text(&natively(&problem, budget, Order::Shuffled(Random::new(seed))));
            assert_eq!(in_order, shuffled, "seed {seed}, {budget} steps");
            exhausted += u64::from(in_order == "exhausted\n");
        }
    }
    assert!(exhausted > PROBLEMS / 5, "only {exhausted} of {} solves ran out of steps", PROBLEMS / 5 * 4);
}

#[test]
fn random_problems_in_each_engine() {
    let engines = engines();
    for seed in 0..IN_ENGINES {
        let problem = random::problem(seed);
        let budget = if seed % 4 == 0 { seed } else { BUDGET };
        let wrong = differing(&engines, &format!("seed {seed}"), &problem, budget);
        assert!(wrong.is_empty(), "{wrong}{}", scenario::format(&problem, ""));
    }
    for seed in 0..LARGE_IN_ENGINES {
        let wrong = differing(&engines, &format!("large, seed {seed}"), &sat::problem(seed), STEPS_IN_ENGINES);
        assert!(wrong.is_empty(), "{wrong}");
    }
}

/// Engines that fail, or whose outcome is not that of the first, to the last step of a derivation; and the first, if its
/// outcome is not the native one. Steps may be counted otherwise natively: nothing is said where they run out.
fn differing(engines: &[LoadedSolver], name: &str, problem: &Problem, budget: u64) -> String {
    let mut wrong = String::new();
    let mut compare = |one: (&str, &Result<Ended, String>), other: (&str, &Result<Ended, String>)| {
        let numbered = |ended: &Result<Ended, String>| ended.as_ref().map(|ended| ended.numbered.clone()).ok();
        if one.1.is_ok() && numbered(one.1) == numbered(other.1) {
            return;
        }
        let _ = if one.1.is_ok() && text(one.1) == text(other.1) {
            writeln!(
                wrong,
                "{name}: {} and {} give different derivations of the same; is the released component current?",
                one.0, other.0
            )
        } else {
            writeln!(wrong, "{name}: {}\n{}{}\n{}", one.0, text(one.1), other.0, text(other.1))
        };
    };
    let mut ended = engines.iter().map(|engine| (engine.backend().name(), in_engine(engine, problem, budget)));
    let Some((first, in_first)) = ended.next() else { return format!("{name}: no engine") };
    for (backend, component) in ended {
        compare((first, &in_first), (backend, &component));
    }
    let native = natively(problem, budget, Order::Canonical);
    if ![&native, &in_first].iter().any(|ended| text(ended) == "exhausted\n") {
        compare(("natively", &native), (first, &in_first));
    }
    wrong
}

//! Problems whose search grows without bound in every solver of this kind: the budget ends them, and on every engine at
//! the same step.

use headlock::engine::{Backend, LoadedSolver};
use headlock::manifest::DEFAULT_BUDGET;
use semver::Version;

use super::oracle::outcome::Outcome;
use super::oracle::problem::{Declaration, Package, Problem, Release, Requirement};
use super::oracle::random::Random;
use super::rounds::{Ended, Order};
use super::{engines, in_engine, natively};

fn package(name: &str) -> Package {
    Package::parse(&format!("a:{name}"))
}

fn depends(name: &str, range: &str) -> Declaration {
    Declaration {
        package: package(name),
        requirement: Requirement { range: range.to_owned(), content: None },
        features: Default::default(),
        optional: false,
    }
}

fn add(problem: &mut Problem, name: &str, version: Version, release: Release) {
    problem.packages.entry(package(name)).or_default().insert(version, release);
}

/// One pigeon more than there are holes. A pigeon's releases are holes that it sits in, of which each is exclusive.
fn pigeons(holes: u64) -> Problem {
    let mut problem = Problem::default();
    for pigeon in 0..=holes {
        let name = format!("pigeon-{pigeon}");
        problem.roots.push(depends(&name, "*"));
        for hole in 0..holes {
            let exclusives = [format!("hole-{hole}")].into();
            add(&mut problem, &name, Version::new(1, hole, 0), Release { exclusives, ..Release::default() });
        }
    }
    problem
}

/// The same with a track for each hole, so that a pigeon's dependency spans, and with a package for each hole, whose
/// release is the pigeon in it.
fn pigeons_on_tracks(holes: u64) -> Problem {
    let mut problem = Problem::default();
    for pigeon in 0..=holes {
        let name = format!("pigeon-{pigeon}");
        problem.roots.push(depends(&name, "*"));
        for hole in 0..holes {
            let dependencies = vec![depends(&format!("hole-{hole}"), &format!("=1.{pigeon}.0"))];
            add(&mut problem, &name, Version::new(hole + 1, 0, 0), Release { dependencies, ..Release::default() });
            add(&mut problem, &format!("hole-{hole}"), Version::new(1, pigeon, 0), Release::default());
        }
    }
    problem
}

/// Clauses of three of so many variables, five for each: hardly ever can all be true. A clause's release is the literal
/// that makes it true, which needs the variable's release of that value.
fn clauses(variables: u64) -> Problem {
    let mut problem = Problem::default();
    let mut random = Random::new(7);
    for variable in 0..variables {
        for value in 0..2 {
            add(&mut problem, &format!("variable-{variable}"), Version::new(1, value, 0), Release::default());
        }
    }
    for clause in 0..5 * variables {
        let name = format!("clause-{clause}");
        problem.roots.push(depends(&name, "*"));
        for literal in 0..3 {
            let (variable, value) = (random.below(variables as usize), random.below(2));
            let dependencies = vec![depends(&format!("variable-{variable}"), &format!("=1.{value}.0"))];
            add(&mut problem, &name, Version::new(1, literal, 0), Release { dependencies, ..Release::default() });
        }
    }
    problem
}

/// The least budget that does not run out in an engine.
fn natural_end(engine: &LoadedSolver, problem: &Problem) -> u64 {
    let runs_out = |budget| outcome(&in_engine(engine, problem, budget)) == Outcome::Exhausted;
    let mut enough = 1;
    while runs_out(enough) {
        enough *= 2;
    }
    let mut too_few = enough / 2;
    while enough - too_few > 1 {
        let middle = too_few.midpoint(enough);
        *(if runs_out(middle) { &mut too_few } else { &mut enough }) = middle;
    }
    enough
}

fn outcome(ended: &Result<Ended, String>) -> Outcome {
    ended.as_ref().unwrap_or_else(|error| panic!("{error}")).outcome.clone()
}

#[test]
fn the_last_step_is_the_same_on_every_engine() {
    let engines = engines();
    for (name, problem) in [("pigeons", pigeons(5)), ("tracks", pigeons_on_tracks(6)), ("clauses", clauses(30))] {
        let end = natural_end(&engines[0], &problem);
        assert!(end > 5_000, "{name} are too easy: {end} steps");
        for (budget, expected) in [(end - 1, Outcome::Exhausted), (end, Outcome::Unsolvable)] {
            for engine in &engines {
                let ended = in_engine(engine, &problem, budget);
                let backend = engine.backend();
                assert_eq!(outcome(&ended), expected, "{name} with {budget} steps in {backend}");
            }
        }
    }
}

#[test]
fn the_budget_ends_what_would_not_end() {
    let engines = engines();
    let endless = [("pigeons", pigeons(20)), ("tracks", pigeons_on_tracks(20)), ("clauses", clauses(400))];
    for (name, problem) in endless {
        let native = natively(&problem, 1_000_000, Order::Canonical);
        assert_eq!(outcome(&native), Outcome::Exhausted, "{name} natively");
        for engine in &engines {
            let backend = engine.backend();
            // All that a project has where nobody asks for more, where that is a matter of seconds.
            let budget = if backend == Backend::Cranelift { DEFAULT_BUDGET } else { 1_000_000 };
            assert_eq!(outcome(&in_engine(engine, &problem, budget)), Outcome::Exhausted, "{name} in {backend}");
        }
    }
}

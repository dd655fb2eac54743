//! The checker and the solver, against the oracle: brute force on problems so small that it ends.
//!
//! The bytes are the choices by which the oracle's generator makes up a problem; behind them stand the choices of what is
//! then done to it. A problem that fails is printed as a file for `tests/scenarios/`.

use std::collections::{BTreeMap, BTreeSet};

use headlock::check::{Checked, check};
use headlock::problem::{
    Answer, Binding, Catalog, Cause, Ceiling, Chosen, Derivation, Outcome, Requirement, State, Step, Term, Variable,
};

use crate::native::Native;
use crate::oracle::definition;
use crate::oracle::outcome::Outcome as Named;
use crate::oracle::problem::{Addition, Content, Declaration, Feature, Package, Problem, Release};
use crate::oracle::random::{Random, made_up};
use crate::oracle::scenario;
use crate::rounds::{self, Order};
use crate::{Choices, oracle};

/// The oracle's questions; a problem that takes more is let go.
const QUESTIONS: u64 = 3_000;

/// The solver's steps, far more than such problems take.
const BUDGET: u64 = 100_000;

/// Splits the bytes: choices of a problem, choices of what is done to it.
fn split(data: &[u8]) -> (Problem, Choices<'_>) {
    let (&length, rest) = data.split_first().unwrap_or((&0, &[]));
    let (done, made) = rest.split_at(rest.len().min(usize::from(length) / 2));
    (made_up(&mut Random::from_bytes(made)), Choices(done))
}

/// The solver finds what the oracle finds, told in any order; and ends at the same step, told in any order.
pub fn solver(data: &[u8]) {
    let (problem, mut choices) = split(data);
    let order = Random::new(choices.byte().into());
    let budget = [BUDGET, choices.below(40) as u64][choices.below(2)];
    let solve = |order| match rounds::solve(&problem, budget, order, &mut Native::new()) {
        Ok(ended) => ended.outcome.to_string(),
        Err(error) => panic!("{error}\n{}", scenario::format(&problem, "")),
    };
    let found = solve(Order::Canonical);
    let shuffled = solve(Order::Shuffled(order));
    assert_eq!(found, shuffled, "told in another order\n{}", scenario::format(&problem, &found));
    if found != Named::Exhausted.to_string()
        && let Ok(defined) = definition::solve(&problem, QUESTIONS)
    {
        let expected = defined.to_string();
        assert_eq!(found, expected, "\n{}", scenario::format(&problem, &expected));
    }
}

/// The solver's outcome, changed, of a problem that is changed as well: what the checker still accepts is true.
pub fn mutated(data: &[u8]) {
    let (problem, mut choices) = split(data);
    let mut catalog = Catalog::new(BUDGET);
    let outcome = rounds::run(&problem, &mut catalog, &mut Order::Canonical, &mut Native::new());
    let mut outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", scenario::format(&problem, "")));
    for _ in 0..choices.below(4) {
        change_catalog(&mut catalog, &mut choices);
    }
    for _ in 0..choices.below(4) {
        match &mut outcome {
            Outcome::Solved(answer) => change_answer(&catalog, answer, &mut choices),
            Outcome::Unsolvable(derivation) => change_derivation(&catalog, derivation, &mut choices),
            Outcome::Incomplete(_) | Outcome::Exhausted => {}
        }
    }
    if choices.below(16) == 1 {
        // One derivation in place of another.
        outcome = match outcome {
            Outcome::Solved(mut answer) if !answer.ceilings.is_empty() => {
                Outcome::Unsolvable(answer.ceilings.remove(0).derivation)
            }
            other => other,
        };
    }
    holds(&catalog, &outcome);
}

/// An outcome made up from nothing: no panic, and what the checker accepts is true.
pub fn outcome(data: &[u8]) {
    let (problem, mut choices) = split(data);
    let mut catalog = Catalog::new(BUDGET);
    let solved = rounds::run(&problem, &mut catalog, &mut Order::Canonical, &mut Native::new());
    let variables: Vec<Variable> = match &solved {
        Ok(Outcome::Unsolvable(derivation)) => derivation.variables.clone(),
        Ok(Outcome::Solved(answer)) => answer.ceilings.iter().flat_map(|c| c.derivation.variables.clone()).collect(),
        _ => Vec::new(),
    };
    let made = match choices.below(8) {
        0 => {
            let answer = Answer {
                roots: made_bindings(&catalog, &mut choices),
                releases: (0..choices.below(4))
                    .map(|_| Chosen {
                        release: number(&mut choices, catalog.releases.len()),
                        features: (0..choices.below(3))
                            .map(|_| number(&mut choices, catalog.feature_names.len()))
                            .collect(),
                        bindings: made_bindings(&catalog, &mut choices),
                    })
                    .collect(),
                ceilings: Vec::new(),
            };
            Outcome::Solved(answer)
        }
        1 => {
            let packages = (0..choices.below(4)).map(|_| number(&mut choices, catalog.packages.len())).collect();
            let outcome = Outcome::Incomplete(packages);
            let before = check(&catalog, &outcome).is_ok();
            // All that this catalog mentions was supplied.
            let unknown = catalog.states.contains(&State::Unknown);
            assert!(!before || unknown, "asked for what is known");
            return;
        }
        2 => match solved {
            Ok(Outcome::Solved(mut answer)) => {
                let derivation = made_derivation(&catalog, &variables, &mut choices);
                let item = choices.below(8) as u32;
                match answer.ceilings.get_mut(choices.below(4)) {
                    Some(ceiling) => ceiling.derivation = derivation,
                    None => answer.ceilings.push(Ceiling { item, derivation }),
                }
                Outcome::Solved(answer)
            }
            _ => return,
        },
        _ => Outcome::Unsolvable(made_derivation(&catalog, &variables, &mut choices)),
    };
    holds(&catalog, &made);
}

/// Whatever the checker accepts is what the oracle finds.
fn holds(catalog: &Catalog, outcome: &Outcome) {
    let Ok(checked) = check(catalog, outcome) else { return };
    let problem = told(catalog);
    let Ok(truth) = definition::solve(&problem, QUESTIONS) else { return };
    match checked {
        Checked::Solved(_) | Checked::Unsolvable(_) => {
            let claimed = rounds::in_names(catalog, outcome).0;
            let (claimed, expected) = (claimed.to_string(), truth.to_string());
            assert_eq!(claimed, expected, "accepted, and false\n{}", scenario::format(&problem, &expected));
        }
        Checked::Incomplete | Checked::Exhausted => {}
    }
}

/// What a catalog tells, as the oracle has it. What was not supplied is absent: a derivation that holds without knowing
/// it holds whatever is there.
fn told(catalog: &Catalog) -> Problem {
    let package = |number: u32| {
        let (registry, name) = catalog.package_key(number);
        Package { registry: registry.to_owned(), name: name.to_owned() }
    };
    let content = |digest: headlock_log::digest::Digest| Content::parse(&digest.to_string());
    let requirement = |number: u32| {
        let Requirement { range, content: wanted, .. } = &catalog.requirements[number as usize];
        oracle::problem::Requirement { range: range.clone(), content: wanted.map(content) }
    };
    let names = |numbers: &[u32]| -> BTreeSet<String> {
        numbers.iter().map(|&number| catalog.feature_names[number as usize].clone()).collect()
    };
    let roots = catalog.roots.iter().map(|root| Declaration {
        package: package(root.package),
        requirement: requirement(root.requirement),
        features: names(&root.features),
        optional: false,
    });
    let registry = |number: u32| catalog.registries[number as usize].clone();
    let links = catalog.links.iter().flat_map(|link| {
        let (from, to) = (registry(link.dependent), registry(link.dependency));
        let targets = match &link.packages {
            None => vec![to],
            Some(packages) => {
                packages.iter().map(|&number| format!("{to}/{}", catalog.package_key(number).1)).collect()
            }
        };
        targets.into_iter().map(move |target| (from.clone(), target))
    });
    let overrides = catalog.overrides.iter().map(|o| (package(o.package), package(o.replacement)));
    let preferences =
        catalog.preferences.iter().map(|p| (package(p.package), catalog.versions[p.version as usize].clone()));
    let mut packages: BTreeMap<Package, BTreeMap<semver::Version, Release>> = BTreeMap::new();
    for (number, state) in (0..).zip(&catalog.states) {
        let State::Present(span) = state else { continue };
        let releases = packages.entry(package(number)).or_default();
        for place in span.numbers() {
            let release = &catalog.releases[place as usize];
            let dependencies =
                catalog.dependencies[release.dependencies.range()].iter().map(|dependency| Declaration {
                    package: package(dependency.package),
                    requirement: requirement(dependency.requirement),
                    features: names(&catalog.dependency_features[dependency.features.range()]),
                    optional: dependency.optional,
                });
            let features = catalog.features[release.features.range()].iter().map(|feature| {
                let additions = catalog.additions[feature.additions.range()].iter().map(|addition| Addition {
                    dependency: addition.dependency as usize,
                    features: names(&catalog.addition_features[addition.features.range()]),
                });
                let includes = names(&catalog.included[feature.includes.range()]);
                let name = catalog.feature_names[feature.name as usize].clone();
                (name, Feature { includes, additions: additions.collect() })
            });
            let exclusives = catalog.exclusives[release.exclusives.range()].iter();
            let release = Release {
                yanked: release.yanked,
                content: content(release.content),
                exclusives: exclusives.map(|&name| catalog.exclusive_names[name as usize].clone()).collect(),
                dependencies: dependencies.collect(),
                features: features.collect(),
            };
            releases.insert(catalog.version_of(place).clone(), release);
        }
    }
    Problem {
        roots: roots.collect(),
        links: links.collect(),
        overrides: overrides.collect(),
        preferences: preferences.collect(),
        packages,
    }
}

/// One thing in the records becomes another.
fn change_catalog(catalog: &mut Catalog, choices: &mut Choices<'_>) {
    let (releases, dependencies) = (catalog.releases.len(), catalog.dependencies.len());
    match choices.below(10) {
        0 | 1 if releases > 0 => {
            let release = &mut catalog.releases[choices.below(releases)];
            release.yanked = !release.yanked;
        }
        2 if dependencies > 0 => {
            let dependency = &mut catalog.dependencies[choices.below(dependencies)];
            dependency.optional = !dependency.optional;
        }
        3 if dependencies > 0 => {
            let requirement = choices.below(catalog.requirements.len()) as u32;
            catalog.dependencies[choices.below(dependencies)].requirement = requirement;
        }
        4 if releases > 0 => catalog.releases[choices.below(releases)].exclusives = Default::default(),
        5 if releases > 1 => {
            let content = catalog.releases[choices.below(releases)].content;
            catalog.releases[choices.below(releases)].content = content;
        }
        6 if !catalog.links.is_empty() => {
            let place = choices.below(catalog.links.len());
            catalog.links.remove(place);
        }
        8 if !catalog.preferences.is_empty() => {
            catalog.preferences.remove(choices.below(catalog.preferences.len()));
        }
        9 if !catalog.overrides.is_empty() => drop(catalog.overrides.pop()),
        7 if !catalog.states.is_empty() => {
            let place = choices.below(catalog.states.len());
            if catalog.states[place] == State::Absent {
                catalog.states[place] = State::Unknown;
            }
        }
        _ => {}
    }
}

/// A number of a table, sometimes one beyond it.
fn number(choices: &mut Choices<'_>, count: usize) -> u32 {
    choices.below(count + 1) as u32
}

fn change_answer(catalog: &Catalog, answer: &mut Answer, choices: &mut Choices<'_>) {
    let (releases, ceilings) = (answer.releases.len(), answer.ceilings.len());
    match choices.below(9) {
        0 if !answer.roots.is_empty() => {
            let place = choices.below(answer.roots.len());
            answer.roots[place].to = number(choices, catalog.releases.len());
        }
        1 if releases > 0 => {
            let chosen = &mut answer.releases[choices.below(releases)];
            if let Some(binding) = chosen.bindings.first_mut() {
                binding.to = number(choices, catalog.releases.len());
            }
        }
        2 if releases > 0 => drop(answer.releases.remove(choices.below(releases))),
        3 if releases > 0 => {
            // A release in place of another, wherever it is bound.
            let (old, new) =
                (answer.releases[choices.below(releases)].release, number(choices, catalog.releases.len()));
            answer.releases.iter_mut().filter(|chosen| chosen.release == old).for_each(|chosen| chosen.release = new);
            let bindings = answer.releases.iter_mut().flat_map(|chosen| &mut chosen.bindings);
            bindings.chain(&mut answer.roots).filter(|binding| binding.to == old).for_each(|binding| binding.to = new);
        }
        4 if releases > 0 => {
            let features = &mut answer.releases[choices.below(releases)].features;
            let feature = number(choices, catalog.feature_names.len());
            match features.iter().position(|&other| other == feature) {
                Some(place) => drop(features.remove(place)),
                None => features.push(feature),
            }
        }
        5 if ceilings > 0 => drop(answer.ceilings.remove(choices.below(ceilings))),
        6 if ceilings > 0 => answer.ceilings[choices.below(ceilings)].item = choices.below(12) as u32,
        7 if ceilings > 0 => {
            let place = choices.below(ceilings);
            change_derivation(catalog, &mut answer.ceilings[place].derivation, choices);
        }
        8 if ceilings > 1 => {
            let (one, other) = (choices.below(ceilings), choices.below(ceilings));
            answer.ceilings[one].derivation = answer.ceilings[other].derivation.clone();
        }
        _ => {}
    }
}

fn change_derivation(catalog: &Catalog, derivation: &mut Derivation, choices: &mut Choices<'_>) {
    let Derivation { variables, steps } = derivation;
    if steps.is_empty() || variables.is_empty() {
        return;
    }
    // From the end, where what matters stands.
    let place = steps.len() - 1 - choices.below(steps.len());
    let count = steps.len();
    let step = &mut steps[place];
    let terms = step.terms.len();
    match choices.below(9) {
        0 => drop(steps.remove(place)),
        1 if terms > 0 => drop(step.terms.remove(choices.below(terms))),
        2 if terms > 0 => {
            let term = &mut step.terms[choices.below(terms)];
            term.positive = !term.positive;
        }
        3 if terms > 0 => {
            let term = &mut step.terms[choices.below(terms)];
            if let Some(range) = term.ranges.first_mut() {
                match choices.below(4) {
                    0 => range.0 = range.0.wrapping_add(1),
                    1 => range.0 = range.0.wrapping_sub(1),
                    2 => range.1 = range.1.wrapping_add(1),
                    _ => range.1 = range.1.wrapping_sub(1),
                }
            }
        }
        4 if terms > 0 => step.terms[choices.below(terms)].ranges = made_ranges(choices, catalog.releases.len()),
        5 => step.cause = made_cause(choices, count),
        6 if terms > 0 => step.terms[choices.below(terms)].variable = number(choices, variables.len()),
        7 => {
            let place = choices.below(variables.len());
            variables[place] = made_variable(catalog, choices);
        }
        8 => steps.truncate(place + 1),
        _ => {}
    }
}

fn made_bindings(catalog: &Catalog, choices: &mut Choices<'_>) -> Vec<Binding> {
    let one = |choices: &mut Choices<'_>| Binding {
        package: number(choices, catalog.packages.len()),
        requirement: number(choices, catalog.requirements.len()),
        to: number(choices, catalog.releases.len()),
    };
    (0..choices.below(4)).map(|_| one(choices)).collect()
}

fn made_variable(catalog: &Catalog, choices: &mut Choices<'_>) -> Variable {
    let track = |choices: &mut Choices<'_>| number(choices, catalog.releases.len());
    let dependent = |choices: &mut Choices<'_>| (choices.below(3) > 0).then(|| track(choices));
    let package = |choices: &mut Choices<'_>| number(choices, catalog.packages.len());
    let requirement = |choices: &mut Choices<'_>| number(choices, catalog.requirements.len());
    let feature = |choices: &mut Choices<'_>| number(choices, catalog.feature_names.len());
    match choices.below(7) {
        0 => Variable::Root,
        1 => Variable::Release { track: track(choices) },
        2 => Variable::Feature { track: track(choices), feature: feature(choices) },
        3 => Variable::Bound {
            dependent: dependent(choices),
            package: package(choices),
            requirement: requirement(choices),
        },
        4 => Variable::BoundFeature {
            dependent: dependent(choices),
            package: package(choices),
            requirement: requirement(choices),
            feature: feature(choices),
        },
        5 => Variable::Exclusive { exclusive: number(choices, catalog.exclusive_names.len()) },
        _ => Variable::Wish,
    }
}

fn made_ranges(choices: &mut Choices<'_>, releases: usize) -> Vec<(u32, u32)> {
    (0..choices.below(3))
        .map(|_| {
            let first = number(choices, releases);
            let last = [first, number(choices, releases), u32::MAX][choices.below(3)];
            (first, last)
        })
        .collect()
}

fn made_cause(choices: &mut Choices<'_>, steps: usize) -> Cause {
    match choices.below(3) {
        0 => Cause::Requires,
        1 => Cause::Nothing,
        _ => Cause::Both(number(choices, steps), number(choices, steps)),
    }
}

/// A derivation of listed variables, perhaps those of a true one.
fn made_derivation(catalog: &Catalog, known: &[Variable], choices: &mut Choices<'_>) -> Derivation {
    let mut variables = known.to_vec();
    if choices.below(2) == 1 {
        variables = (0..1 + choices.below(4)).map(|_| made_variable(catalog, choices)).collect();
    }
    let mut steps = Vec::new();
    for place in 0..1 + choices.below(6) {
        let terms = (0..choices.below(4)).map(|_| Term {
            variable: number(choices, variables.len()),
            positive: choices.below(2) == 0,
            ranges: made_ranges(choices, catalog.releases.len()),
        });
        let mut terms: Vec<Term> = terms.collect();
        if choices.below(4) > 0 {
            terms.sort_by_key(|term| term.variable);
            terms.dedup_by_key(|term| term.variable);
        }
        steps.push(Step { terms, cause: made_cause(choices, place) });
    }
    Derivation { variables, steps }
}

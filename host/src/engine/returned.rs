//! What a solver returns: the contract's outcome, taken over only if every number in it refers to something and every
//! count adds up. Whether it is true is the checker's question.

use std::fmt::{self, Display};

use super::contract::solving as contract;
use crate::problem::{
    Answer, Binding, Catalog, Cause, Ceiling, Chosen, Derivation, Outcome, State, Step, Term, Variable,
};

/// What is wrong with an outcome's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nonsense(String);

impl Display for Nonsense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

type Sense<T> = Result<T, Nonsense>;

fn nonsense<T>(what: impl Into<String>) -> Sense<T> {
    Err(Nonsense(what.into()))
}

/// Takes an outcome over.
pub(super) fn outcome(catalog: &Catalog, outcome: contract::Outcome) -> Sense<Outcome> {
    let numbers = Numbers { catalog };
    Ok(match outcome {
        contract::Outcome::Solved(answer) => Outcome::Solved(numbers.answer(answer)?),
        contract::Outcome::Incomplete(missing) => Outcome::Incomplete(numbers.incomplete(missing)?),
        contract::Outcome::Unsolvable(derivation) => Outcome::Unsolvable(numbers.derivation(derivation)?),
        contract::Outcome::Exhausted => Outcome::Exhausted,
    })
}

/// Checks numbers against what the solver was told.
struct Numbers<'a> {
    catalog: &'a Catalog,
}

impl Numbers<'_> {
    fn within(&self, what: &str, number: u32, count: usize) -> Sense<u32> {
        if (number as usize) < count {
            return Ok(number);
        }
        nonsense(format!("it names the {what} {number}, of which it was told {count}"))
    }

    fn package(&self, number: u32) -> Sense<u32> {
        self.within("package", number, self.catalog.packages.len())
    }

    fn requirement(&self, number: u32) -> Sense<u32> {
        self.within("requirement", number, self.catalog.requirements.len())
    }

    fn release(&self, number: u32) -> Sense<u32> {
        self.within("release", number, self.catalog.releases.len())
    }

    fn feature(&self, number: u32) -> Sense<u32> {
        self.within("feature", number, self.catalog.feature_names.len())
    }

    fn incomplete(&self, missing: Vec<u32>) -> Sense<Vec<u32>> {
        if missing.is_empty() {
            return nonsense("it is incomplete and names no missing package");
        }
        if let Some(pair) = missing.windows(2).find(|pair| pair[0] >= pair[1]) {
            return nonsense(format!("the missing packages are not ascending: {} before {}", pair[0], pair[1]));
        }
        for &package in &missing {
            self.package(package)?;
            if !matches!(self.catalog.states.get(package as usize), Some(State::Unknown)) {
                return nonsense(format!("it asks for the package {package}, which it was given"));
            }
        }
        Ok(missing)
    }

    fn answer(&self, answer: contract::Answer) -> Sense<Answer> {
        Ok(Answer {
            roots: self.bindings(&answer.roots)?,
            releases: answer.releases.into_iter().map(|chosen| self.chosen(chosen)).collect::<Sense<_>>()?,
            ceilings: answer.ceilings.into_iter().map(|ceiling| self.ceiling(ceiling)).collect::<Sense<_>>()?,
        })
    }

    fn bindings(&self, bindings: &[contract::Binding]) -> Sense<Vec<Binding>> {
        bindings
            .iter()
            .map(|binding| {
                Ok(Binding {
                    package: self.package(binding.package)?,
                    requirement: self.requirement(binding.requirement)?,
                    to: self.release(binding.to)?,
                })
            })
            .collect()
    }

    fn chosen(&self, chosen: contract::Chosen) -> Sense<Chosen> {
        for &feature in &chosen.features {
            self.feature(feature)?;
        }
        let bindings = self.bindings(&chosen.bindings)?;
        Ok(Chosen { release: self.release(chosen.release)?, features: chosen.features, bindings })
    }

    fn ceiling(&self, ceiling: contract::Ceiling) -> Sense<Ceiling> {
        Ok(Ceiling { item: ceiling.item, derivation: self.derivation(ceiling.derivation)? })
    }

    fn variable(&self, variable: contract::Variable) -> Sense<Variable> {
        let bound = |bound: contract::BoundVariable| {
            let dependent = bound.dependent.map(|track| self.release(track)).transpose()?;
            Ok((dependent, self.package(bound.package)?, self.requirement(bound.requirement)?))
        };
        Ok(match variable {
            contract::Variable::Root => Variable::Root,
            contract::Variable::Release(track) => Variable::Release { track: self.release(track)? },
            contract::Variable::Feature(of) => {
                Variable::Feature { track: self.release(of.track)?, feature: self.feature(of.feature)? }
            }
            contract::Variable::Bound(of) => {
                let (dependent, package, requirement) = bound(of)?;
                Variable::Bound { dependent, package, requirement }
            }
            contract::Variable::BoundFeature(of) => {
                let (dependent, package, requirement) = bound(of.bound)?;
                Variable::BoundFeature { dependent, package, requirement, feature: self.feature(of.feature)? }
            }
            contract::Variable::Exclusive(number) => Variable::Exclusive {
                exclusive: self.within("exclusive resource", number, self.catalog.exclusive_names.len())?,
            },
            contract::Variable::Wish => Variable::Wish,
        })
    }

    fn derivation(&self, derivation: contract::Derivation) -> Sense<Derivation> {
        let variables: Vec<Variable> =
            derivation.variables.into_iter().map(|variable| self.variable(variable)).collect::<Sense<_>>()?;
        let mut terms = Counted::new("terms of a derivation", &derivation.terms);
        let mut ranges = Counted::new("ranges of a derivation", &derivation.ranges);
        let mut steps = Vec::with_capacity(derivation.steps.len());
        for step in derivation.steps {
            let place = steps.len();
            let cause = match step.cause {
                contract::Cause::Requires => Cause::Requires,
                contract::Cause::Nothing => Cause::Nothing,
                contract::Cause::Both((one, other)) => {
                    for earlier in [one, other] {
                        if earlier as usize >= place {
                            return nonsense(format!("step {place} of a derivation rests on step {earlier}"));
                        }
                    }
                    Cause::Both(one, other)
                }
            };
            let mut taken = Vec::new();
            for term in terms.take(step.terms)? {
                self.within("variable", term.variable, variables.len())?;
                if taken.last().is_some_and(|last: &Term| last.variable >= term.variable) {
                    return nonsense(format!("the terms of step {place} of a derivation are not ascending"));
                }
                let ranges = ranges.take(term.ranges)?.to_vec();
                check_ranges(place, &ranges)?;
                taken.push(Term { variable: term.variable, positive: term.positive, ranges });
            }
            steps.push(Step { terms: taken, cause });
        }
        terms.end()?;
        ranges.end()?;
        Ok(Derivation { variables, steps })
    }
}

fn check_ranges(step: usize, ranges: &[(u32, u32)]) -> Sense<()> {
    if let Some((first, last)) = ranges.iter().find(|(first, last)| first > last) {
        return nonsense(format!("a range in step {step} of a derivation ends before it begins: {first} to {last}"));
    }
    // Touching ranges would be one: between them at least one value lies.
    let apart = |pair: &[(u32, u32)]| pair[0].1.checked_add(1).is_some_and(|next| next < pair[1].0);
    if !ranges.windows(2).all(apart) {
        return nonsense(format!("ranges in step {step} of a derivation overlap, touch or are not ascending"));
    }
    Ok(())
}

/// A list whose entries are counted off by their owners.
struct Counted<'a, T> {
    what: &'static str,
    all: usize,
    rest: &'a [T],
}

impl<'a, T> Counted<'a, T> {
    fn new(what: &'static str, list: &'a [T]) -> Counted<'a, T> {
        Counted { what, all: list.len(), rest: list }
    }

    fn take(&mut self, count: u32) -> Sense<&'a [T]> {
        let Some((taken, rest)) = self.rest.split_at_checked(count as usize) else {
            return nonsense(format!("its {} are {}, and their owners count more", self.what, self.all));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn end(&self) -> Sense<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let counted = self.all - self.rest.len();
        nonsense(format!("its {} are {}, and their owners count {counted}", self.what, self.all))
    }
}

#[cfg(test)]
mod tests {
    use contract::{BoundFeatureVariable, BoundVariable, FeatureVariable};
    use headlock_log::digest::Digest;
    use headlock_log::record;
    use semver::Version;

    use super::*;
    use crate::problem::ReleaseParts;

    /// Two packages, the first with two releases; one requirement; two features; one exclusive resource.
    fn catalog() -> Catalog {
        let mut catalog = Catalog::new(1);
        catalog.add_root("r.example/r", "ns:a", "*", None, &["f", "g"]).expect("a root");
        catalog.add_root("r.example/r", "ns:b", "*", None, &[]).expect("a root");
        let releases = ["1.0.0", "2.0.0"].map(|version| record::Release {
            package: "ns:a",
            version,
            content: Digest([0; 32]),
            exclusives: vec!["x"],
            dependencies: Vec::new(),
            features: Vec::new(),
            prev: None,
        });
        let versions = [Version::new(1, 0, 0), Version::new(2, 0, 0)];
        let parts: Vec<ReleaseParts<'_>> = releases
            .iter()
            .zip(&versions)
            .map(|(record, version)| ReleaseParts { record, version, yanked: false, place: 0 })
            .collect();
        catalog.supply(0, &parts).expect("releases");
        catalog
    }

    fn refused(given: contract::Outcome, expected: &str) {
        assert_eq!(outcome(&catalog(), given).map_err(|nonsense| nonsense.to_string()), Err(expected.to_owned()));
    }

    fn binding(package: u32, requirement: u32, to: u32) -> contract::Binding {
        contract::Binding { package, requirement, to }
    }

    fn solved(change: impl FnOnce(&mut contract::Answer)) -> contract::Outcome {
        let mut answer = contract::Answer {
            roots: vec![binding(0, 0, 1)],
            releases: vec![contract::Chosen { release: 1, features: vec![0, 1], bindings: vec![binding(0, 0, 1)] }],
            ceilings: Vec::new(),
        };
        change(&mut answer);
        contract::Outcome::Solved(answer)
    }

    /// Two leaves and the step that rests on them.
    fn derivation() -> contract::Derivation {
        let term = |variable, positive, ranges| contract::Term { variable, positive, ranges };
        contract::Derivation {
            variables: vec![
                contract::Variable::Root,
                contract::Variable::Release(0),
                contract::Variable::Feature(FeatureVariable { track: 1, feature: 1 }),
            ],
            steps: vec![
                contract::Step { terms: 2, cause: contract::Cause::Requires },
                contract::Step { terms: 1, cause: contract::Cause::Nothing },
                contract::Step { terms: 1, cause: contract::Cause::Both((0, 1)) },
            ],
            terms: vec![term(0, true, 1), term(1, false, 2), term(1, true, 1), term(0, true, 1)],
            ranges: vec![(0, 0), (0, 1), (3, u32::MAX), (0, u32::MAX), (0, 0)],
        }
    }

    fn unsolvable(change: impl FnOnce(&mut contract::Derivation)) -> contract::Outcome {
        let mut derivation = derivation();
        change(&mut derivation);
        contract::Outcome::Unsolvable(derivation)
    }

    #[test]
    fn what_makes_sense_is_taken_over() {
        let catalog = catalog();
        let to = Binding { package: 0, requirement: 0, to: 1 };
        assert_eq!(
            outcome(&catalog, solved(|answer| {
                answer.ceilings.push(contract::Ceiling { item: 4, derivation: derivation() });
            }))
            .map(|outcome| match outcome {
                Outcome::Solved(answer) => (answer.roots, answer.releases, answer.ceilings.len()),
                other => panic!("{other:?}"),
            }),
            Ok((vec![to], vec![Chosen { release: 1, features: vec![0, 1], bindings: vec![to] }], 1))
        );
        assert_eq!(outcome(&catalog, contract::Outcome::Incomplete(vec![1])), Ok(Outcome::Incomplete(vec![1])));
        assert_eq!(outcome(&catalog, contract::Outcome::Exhausted), Ok(Outcome::Exhausted));
        let term = |variable, positive, ranges: &[(u32, u32)]| Term { variable, positive, ranges: ranges.to_vec() };
        assert_eq!(
            outcome(&catalog, unsolvable(|_| {})),
            Ok(Outcome::Unsolvable(Derivation {
                variables: vec![
                    Variable::Root,
                    Variable::Release { track: 0 },
                    Variable::Feature { track: 1, feature: 1 },
                ],
                steps: vec![
                    Step {
                        terms: vec![term(0, true, &[(0, 0)]), term(1, false, &[(0, 1), (3, u32::MAX)])],
                        cause: Cause::Requires,
                    },
                    Step { terms: vec![term(1, true, &[(0, u32::MAX)])], cause: Cause::Nothing },
                    Step { terms: vec![term(0, true, &[(0, 0)])], cause: Cause::Both(0, 1) },
                ],
            }))
        );
    }

    #[test]
    fn every_variable_is_taken_over() {
        let bound = BoundVariable { dependent: Some(1), package: 1, requirement: 0 };
        let given = vec![
            contract::Variable::Bound(bound),
            contract::Variable::Bound(BoundVariable { dependent: None, ..bound }),
            contract::Variable::BoundFeature(BoundFeatureVariable { bound, feature: 1 }),
            contract::Variable::Exclusive(0),
            contract::Variable::Wish,
        ];
        let taken = outcome(&catalog(), unsolvable(|derivation| derivation.variables.extend(given)));
        let Ok(Outcome::Unsolvable(derivation)) = taken else { panic!("{taken:?}") };
        assert_eq!(
            derivation.variables[3..],
            [
                Variable::Bound { dependent: Some(1), package: 1, requirement: 0 },
                Variable::Bound { dependent: None, package: 1, requirement: 0 },
                Variable::BoundFeature { dependent: Some(1), package: 1, requirement: 0, feature: 1 },
                Variable::Exclusive { exclusive: 0 },
                Variable::Wish,
            ]
        );
    }

    #[test]
    fn numbers_that_refer_to_nothing_are_nonsense() {
        let cases: Vec<(contract::Outcome, &str)> = vec![
            (solved(|answer| answer.roots[0].package = 2), "it names the package 2, of which it was told 2"),
            (solved(|answer| answer.roots[0].requirement = 1), "it names the requirement 1, of which it was told 1"),
            (solved(|answer| answer.roots[0].to = u32::MAX), "it names the release 4294967295, of which it was told 2"),
            (solved(|answer| answer.releases[0].release = 2), "it names the release 2, of which it was told 2"),
            (solved(|answer| answer.releases[0].features[1] = 2), "it names the feature 2, of which it was told 2"),
            (solved(|answer| answer.releases[0].bindings[0].to = 2), "it names the release 2, of which it was told 2"),
            (
                unsolvable(|derivation| derivation.variables[1] = contract::Variable::Release(2)),
                "it names the release 2, of which it was told 2",
            ),
            (
                unsolvable(|derivation| derivation.variables[1] = contract::Variable::Exclusive(1)),
                "it names the exclusive resource 1, of which it was told 1",
            ),
            (
                unsolvable(|derivation| derivation.terms[3].variable = 3),
                "it names the variable 3, of which it was told 3",
            ),
        ];
        for (given, expected) in cases {
            refused(given, expected);
        }
    }

    #[test]
    fn missing_packages_ascend_and_are_missing() {
        refused(contract::Outcome::Incomplete(vec![]), "it is incomplete and names no missing package");
        refused(contract::Outcome::Incomplete(vec![1, 1]), "the missing packages are not ascending: 1 before 1");
        refused(contract::Outcome::Incomplete(vec![0]), "it asks for the package 0, which it was given");
        refused(contract::Outcome::Incomplete(vec![1, 2]), "it names the package 2, of which it was told 2");
    }

    #[test]
    fn counts_add_up() {
        let cases: Vec<(contract::Outcome, &str)> = vec![
            (
                unsolvable(|derivation| derivation.steps[2].terms = 2),
                "its terms of a derivation are 4, and their owners count more",
            ),
            (
                unsolvable(|derivation| derivation.steps[2].terms = u32::MAX),
                "its terms of a derivation are 4, and their owners count more",
            ),
            (
                unsolvable(|derivation| derivation.steps[2].terms = 0),
                "its terms of a derivation are 4, and their owners count 3",
            ),
            (
                unsolvable(|derivation| derivation.terms[3].ranges = 2),
                "its ranges of a derivation are 5, and their owners count more",
            ),
            (
                unsolvable(|derivation| derivation.terms[3].ranges = 0),
                "its ranges of a derivation are 5, and their owners count 4",
            ),
        ];
        for (given, expected) in cases {
            refused(given, expected);
        }
    }

    #[test]
    fn steps_rest_on_earlier_ones_and_their_parts_ascend() {
        let cases: Vec<(contract::Outcome, &str)> = vec![
            (
                unsolvable(|derivation| derivation.steps[2].cause = contract::Cause::Both((0, 2))),
                "step 2 of a derivation rests on step 2",
            ),
            (
                unsolvable(|derivation| derivation.terms[1].variable = 0),
                "the terms of step 0 of a derivation are not ascending",
            ),
            (
                unsolvable(|derivation| derivation.ranges[0] = (1, 0)),
                "a range in step 0 of a derivation ends before it begins: 1 to 0",
            ),
            (
                unsolvable(|derivation| derivation.ranges[2] = (2, 5)),
                "ranges in step 0 of a derivation overlap, touch or are not ascending",
            ),
            (
                unsolvable(|derivation| derivation.ranges[1] = (0, u32::MAX)),
                "ranges in step 0 of a derivation overlap, touch or are not ascending",
            ),
        ];
        for (given, expected) in cases {
            refused(given, expected);
        }
    }
}

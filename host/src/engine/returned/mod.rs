//! What a solver returns: the contract's outcome, taken over only if every number in it refers to something and every
//! count adds up. Whether it is true is the checker's question.

#[cfg(test)]
mod tests;

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

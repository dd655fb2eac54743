//! Whether a derivation shows that there is no answer: each step alone, given the earlier ones.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::problem::{Cause, Derivation, Step, Term, Variable};

use super::leaf::Claim;
use super::subset::{Of, Subset, contains, well_formed};
use super::{Available, DerivationFault, Edge, Extension, Fault, Leaves, Limit, Meter, Records, StepFault, Words};

/// Checks a derivation in the problem with what a ceiling adds to it.
pub(super) fn check(
    leaves: &mut Leaves<'_>,
    extension: &Extension,
    derivation: &Derivation,
    meter: &mut Meter,
) -> Result<(), Fault> {
    check_variables(leaves.records(), extension, &derivation.variables, meter)?;
    let mut checker = Checker { leaves, extension, derivation, meter };
    for (place, step) in derivation.steps.iter().enumerate() {
        checker.step(place, step).map_err(|stop| match stop {
            Stop::Fault(fault) => Fault::Derivation(DerivationFault::Step { step: place, fault }),
            Stop::Limit(limit) => Fault::CouldNotTell(limit),
        })?;
    }
    checker.last().map_err(Fault::Derivation)
}

/// Checks that variables are about things that exist, none twice.
fn check_variables(
    records: &Records<'_>,
    extension: &Extension,
    variables: &[Variable],
    meter: &mut Meter,
) -> Result<(), Fault> {
    let catalog = records.catalog();
    let words = Words::new(catalog);
    let mut places = HashMap::with_capacity(variables.len());
    for (place, &variable) in variables.iter().enumerate() {
        let missing = |what, number| Err(DerivationFault::Variable { place, what, number }.into());
        let (track, package, requirement, feature, exclusive) = match variable {
            Variable::Root => (None, None, None, None, None),
            Variable::Release { track } => (Some(track), None, None, None, None),
            Variable::Feature { track, feature } => (Some(track), None, None, Some(feature), None),
            Variable::Bound { dependent, package, requirement } => {
                (dependent, Some(package), Some(requirement), None, None)
            }
            Variable::BoundFeature { dependent, package, requirement, feature } => {
                (dependent, Some(package), Some(requirement), Some(feature), None)
            }
            Variable::Exclusive { exclusive } => (None, None, None, None, Some(exclusive)),
            Variable::Wish if extension.wishes() => (None, None, None, None, None),
            Variable::Wish => return Err(DerivationFault::Wish { place }.into()),
        };
        if let Some(track) = track.filter(|&track| !records.is_track(track)) {
            return missing("track", track);
        }
        let tables = [
            ("package", package, catalog.packages.len()),
            ("requirement", requirement, catalog.requirements.len()),
            ("feature", feature, catalog.feature_names.len()),
            ("exclusive resource", exclusive, catalog.exclusive_names.len()),
        ];
        for (what, number, count) in tables {
            if let Some(number) = number.filter(|&number| number as usize >= count) {
                return missing(what, number);
            }
        }
        // So what is worked out of variables is never more than what the records themselves ask for.
        if let (Some(package), Some(requirement)) = (package, requirement)
            && !depends(records, track, package, requirement, meter)?
        {
            return Err(DerivationFault::NoDependency { place, variable: words.variable(variable) }.into());
        }
        if let Some(first) = places.insert(variable, place) {
            return Err(DerivationFault::Twice { first, second: place, variable: words.variable(variable) }.into());
        }
    }
    Ok(())
}

/// Whether the consumer, or a release on the track, has a dependency.
fn depends(
    records: &Records<'_>,
    dependent: Option<u32>,
    package: u32,
    requirement: u32,
    meter: &mut Meter,
) -> Result<bool, Limit> {
    let catalog = records.catalog();
    let is_meant = |edge: Edge<'_>| (edge.package, edge.requirement) == (package, requirement);
    let Some(track) = dependent else {
        meter.work(catalog.roots.len())?;
        return Ok(records.root_edges().any(is_meant));
    };
    for release in track..records.track_end(track) {
        let count = catalog.releases[release as usize].dependencies.len();
        meter.work(1 + count as usize)?;
        if records.possible_edges(release).any(is_meant) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why a step's check ends early.
enum Stop {
    Fault(StepFault),
    Limit(Limit),
}

impl From<StepFault> for Stop {
    fn from(fault: StepFault) -> Stop {
        Stop::Fault(fault)
    }
}

impl From<Limit> for Stop {
    fn from(limit: Limit) -> Stop {
        Stop::Limit(limit)
    }
}

struct Checker<'c, 'a> {
    leaves: &'c mut Leaves<'a>,
    extension: &'c Extension,
    derivation: &'c Derivation,
    meter: &'c mut Meter,
}

impl<'a> Checker<'_, 'a> {
    fn words(&mut self) -> Words<'a> {
        Words::new(self.leaves.records().catalog())
    }

    fn variable(&self, term: &Term) -> Variable {
        self.derivation.variables[term.variable as usize]
    }

    fn step(&mut self, place: usize, step: &Step) -> Result<(), Stop> {
        self.terms(step)?;
        match step.cause {
            Cause::Requires => self.requires(step),
            Cause::Nothing => self.nothing(step),
            Cause::Both(a, b) => self.both(place, step, a, b),
        }
    }

    /// Terms ascend by variable, are about listed ones, and their ranges are well-formed.
    fn terms(&mut self, step: &Step) -> Result<(), Stop> {
        let count = self.derivation.variables.len();
        for term in &step.terms {
            self.meter.work(1 + term.ranges.len())?;
            if term.variable as usize >= count {
                return Err(StepFault::NoVariable { variable: term.variable, count }.into());
            }
            if !well_formed(&term.ranges) {
                let variable = self.variable(term);
                return Err(StepFault::Ranges { variable: self.words().variable(variable) }.into());
            }
        }
        match step.terms.windows(2).find(|pair| pair[0].variable >= pair[1].variable) {
            Some(pair) => {
                let (before, after) = (pair[0].variable, pair[1].variable);
                Err(StepFault::TermOrder { before, after }.into())
            }
            None => Ok(()),
        }
    }

    /// For each available value that the positive term allows, what it requires of the negative term's variable lies
    /// within the negative term's ranges.
    fn requires(&mut self, step: &Step) -> Result<(), Stop> {
        let (depending, required) = match step.terms.as_slice() {
            [a, b] if a.positive && !b.positive => (a, b),
            [a, b] if !a.positive && b.positive => (b, a),
            _ => return Err(StepFault::RequiresShape.into()),
        };
        let (variable, other) = (self.variable(depending), self.variable(required));
        for value in self.leaves.values(self.extension, variable, &depending.ranges) {
            self.meter.work(1)?;
            let claim = self.leaves.claim(self.extension, (variable, value), other, &required.ranges, self.meter)?;
            if claim == Claim::Holds || self.leaves.availability(variable, value, self.meter)? == Available::No {
                continue;
            }
            let words = self.words();
            let records = self.leaves.records();
            let value = words.value(records, variable, Some(value));
            let fault = match claim {
                Claim::Allows(allowed) => {
                    StepFault::RequiresLess { value, other: words.value(records, other, Some(allowed)) }
                }
                _ => StepFault::NotRequired { value, variable: words.variable(other) },
            };
            return Err(fault.into());
        }
        Ok(())
    }

    /// No value that the term allows is available.
    fn nothing(&mut self, step: &Step) -> Result<(), Stop> {
        let [term] = step.terms.as_slice() else {
            return Err(StepFault::NothingShape.into());
        };
        if !term.positive {
            return Err(StepFault::NothingShape.into());
        }
        let variable = self.variable(term);
        for value in self.leaves.values(self.extension, variable, &term.ranges) {
            self.meter.work(1)?;
            if self.leaves.availability(variable, value, self.meter)? == Available::Yes {
                let words = self.words();
                let value = words.value(self.leaves.records(), variable, Some(value));
                return Err(StepFault::IsAvailable { value }.into());
            }
        }
        Ok(())
    }

    /// The step follows from two earlier ones, resolved on one variable.
    fn both(&mut self, place: usize, step: &Step, a: u32, b: u32) -> Result<(), Stop> {
        let steps = &self.derivation.steps;
        if let Some(&cause) = [a, b].iter().find(|&&cause| cause as usize >= place) {
            return Err(StepFault::Forward { cause }.into());
        }
        let (mut own, mut one, mut two) =
            (step.terms.as_slice(), steps[a as usize].terms.as_slice(), steps[b as usize].terms.as_slice());
        let mut pivot = None;
        let heads = |lists: [&[Term]; 3]| lists.iter().filter_map(|terms| Some(terms.first()?.variable)).min();
        while let Some(number) = heads([own, one, two]) {
            let (in_own, in_one, in_two) = (take(&mut own, number), take(&mut one, number), take(&mut two, number));
            self.meter.work(3 + ranges(in_own) + ranges(in_one) + ranges(in_two))?;
            let (in_own, in_one, in_two) = (subset(in_own), subset(in_one), subset(in_two));
            if in_own.escapes(Of::Intersection, in_one, in_two).is_none() {
                continue;
            }
            let variable = self.derivation.variables[number as usize];
            if let Some(first) = pivot {
                let words = self.words();
                let (first, second) = (words.variable(first), words.variable(variable));
                return Err(StepFault::Pivots { a, b, first, second }.into());
            }
            if let Some(element) = in_own.escapes(Of::Union, in_one, in_two) {
                let words = self.words();
                let value = words.value(self.leaves.records(), variable, element);
                return Err(StepFault::Pivot { a, b, value }.into());
            }
            pivot = Some(variable);
        }
        Ok(())
    }

    /// The last step has no term, or one positive term on the consumer that contains it; besides terms that are true of
    /// any value and of none.
    fn last(&mut self) -> Result<(), DerivationFault> {
        let Some(step) = self.derivation.steps.last() else {
            return Err(DerivationFault::Empty);
        };
        let terms: Vec<&Term> = step.terms.iter().filter(|&term| Subset::of(term) != Subset::ALL).collect();
        match terms.as_slice() {
            [] => Ok(()),
            [term] if self.variable(term) == Variable::Root => match term.positive && contains(&term.ranges, 0) {
                true => Ok(()),
                false => Err(DerivationFault::LastRoot),
            },
            terms => {
                let other = terms.iter().map(|&term| self.variable(term)).find(|&variable| variable != Variable::Root);
                let variable = self.words().variable(other.unwrap_or(Variable::Root));
                Err(DerivationFault::Last { variable })
            }
        }
    }
}

/// Takes the term about a variable off the front of an ordered list, if it is there.
fn take<'t>(terms: &mut &'t [Term], variable: u32) -> Option<&'t Term> {
    let (first, rest) = terms.split_first()?;
    match first.variable.cmp(&variable) {
        Ordering::Equal => {
            *terms = rest;
            Some(first)
        }
        _ => None,
    }
}

/// What a step says of a variable.
fn subset(term: Option<&Term>) -> Subset<'_> {
    term.map_or(Subset::ALL, Subset::of)
}

fn ranges(term: Option<&Term>) -> usize {
    term.map_or(0, |term| term.ranges.len())
}

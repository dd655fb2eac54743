//! A prover that knows nothing but the page's two tables: it tries every value of every required variable, and turns
//! each dead end into a step.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{Catalog, Cause, Ceiling, Derivation, Outcome, Step, Term, Variable};

use super::reference::Complete;
use super::tables::Problem;

/// Most steps of one proof; problems that need more are too large for this prover.
const MOST: usize = 100_000;

/// How a proof ends.
#[derive(Debug)]
pub(super) enum Proof {
    /// There is no answer.
    Refuted(Derivation),
    /// There is one: the values of the variables.
    Satisfied(BTreeMap<Variable, u32>),
}

/// What a step says: for each variable the sign of its term and the values.
type Facts = BTreeMap<Variable, Side>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Side {
    In(BTreeSet<u32>),
    NotIn(BTreeSet<u32>),
}

/// Proves that a problem has no answer, or finds one.
pub(super) fn prove(problem: &Problem<'_>) -> Proof {
    let mut prover = Prover { problem, steps: Vec::new() };
    let mut values = BTreeMap::from([(Variable::Root, 0)]);
    match prover.refute(&mut values) {
        Some(_) => Proof::Refuted(prover.derivation()),
        None => Proof::Satisfied(values),
    }
}

/// The outcome of a problem that has no answer.
#[track_caller]
pub(crate) fn unsolvable(catalog: &Catalog) -> Outcome {
    match prove(&Problem::plain(catalog)) {
        Proof::Refuted(derivation) => Outcome::Unsolvable(derivation),
        Proof::Satisfied(values) => panic!("the problem has an answer: {values:?}"),
    }
}

/// The ceilings of a complete answer, as far as they can be proven, and the items for which something higher is
/// possible.
pub(super) fn ceilings(catalog: &Catalog, complete: &Complete) -> (Vec<Ceiling>, Vec<u32>) {
    let (mut ceilings, mut possible) = (Vec::new(), Vec::new());
    for (place, higher) in complete.higher(catalog).iter().enumerate() {
        if !higher.is_empty() {
            match prove(&Problem::ceiling(catalog, complete, place)) {
                Proof::Refuted(derivation) => ceilings.push(Ceiling { item: place as u32, derivation }),
                Proof::Satisfied(_) => possible.push(place as u32),
            }
        }
    }
    (ceilings, possible)
}

struct Prover<'p, 'a> {
    problem: &'p Problem<'a>,
    steps: Vec<(Facts, Cause)>,
}

impl Prover<'_, '_> {
    fn add(&mut self, facts: Facts, cause: Cause) -> usize {
        assert!(self.steps.len() < MOST, "too large a problem for this prover");
        self.steps.push((facts, cause));
        self.steps.len() - 1
    }

    /// A step all of whose terms are true of the values; nothing if they can be made an answer, which they then are.
    fn refute(&mut self, values: &mut BTreeMap<Variable, u32>) -> Option<usize> {
        let mut undecided = None;
        for (&variable, &value) in values.iter() {
            let own = BTreeMap::from([(variable, Side::In(BTreeSet::from([value])))]);
            if !self.problem.available(variable, value) {
                return Some(self.add(own, Cause::Nothing));
            }
            for (other, allowed) in self.problem.required(variable, value) {
                let leaf = |own: &Facts| {
                    let mut facts = own.clone();
                    facts.insert(other, Side::NotIn(allowed.clone()));
                    facts
                };
                match values.get(&other) {
                    Some(value) if allowed.contains(value) => {}
                    Some(_) => return Some(self.add(leaf(&own), Cause::Requires)),
                    None => undecided = undecided.or(Some((leaf(&own), other, allowed))),
                }
            }
        }
        let (leaf, other, allowed) = undecided?;
        let mut so_far = self.add(leaf, Cause::Requires);
        for value in allowed {
            values.insert(other, value);
            let refuted = self.refute(values)?;
            values.remove(&other);
            if !self.steps[refuted].0.contains_key(&other) {
                return Some(refuted);
            }
            so_far = self.resolve(so_far, refuted, other);
        }
        Some(so_far)
    }

    /// On the pivot the union, elsewhere the intersection.
    fn resolve(&mut self, a: usize, b: usize, pivot: Variable) -> usize {
        let mut facts = Facts::new();
        let variables: BTreeSet<Variable> = self.steps[a].0.keys().chain(self.steps[b].0.keys()).copied().collect();
        let all = Side::NotIn(BTreeSet::new());
        for variable in variables {
            let one = self.steps[a].0.get(&variable).unwrap_or(&all);
            let two = self.steps[b].0.get(&variable).unwrap_or(&all);
            let side = match variable == pivot {
                true => not(&and(&not(one), &not(two))),
                false => and(one, two),
            };
            if side != all {
                facts.insert(variable, side);
            }
        }
        self.add(facts, Cause::Both(a as u32, b as u32))
    }

    fn derivation(&self) -> Derivation {
        let variables: BTreeSet<Variable> = self.steps.iter().flat_map(|(facts, _)| facts.keys().copied()).collect();
        let variables: Vec<Variable> = variables.into_iter().collect();
        let number = |variable: &Variable| variables.binary_search(variable).expect("it was collected") as u32;
        let steps = self.steps.iter().map(|(facts, cause)| {
            let terms = facts.iter().map(|(variable, side)| {
                let (positive, values) = match side {
                    Side::In(values) => (true, values),
                    Side::NotIn(values) => (false, values),
                };
                Term { variable: number(variable), positive, ranges: ranges(values) }
            });
            Step { terms: terms.collect(), cause: *cause }
        });
        let steps = steps.collect();
        Derivation { variables, steps }
    }
}

fn not(side: &Side) -> Side {
    match side {
        Side::In(values) => Side::NotIn(values.clone()),
        Side::NotIn(values) => Side::In(values.clone()),
    }
}

fn and(a: &Side, b: &Side) -> Side {
    match (a, b) {
        (Side::In(a), Side::In(b)) => Side::In(a & b),
        (Side::In(a), Side::NotIn(b)) | (Side::NotIn(b), Side::In(a)) => Side::In(a - b),
        (Side::NotIn(a), Side::NotIn(b)) => Side::NotIn(a | b),
    }
}

/// Values as ascending ranges that do not touch.
pub(super) fn ranges(values: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &value in values {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == value => *last = value,
            _ => ranges.push((value, value)),
        }
    }
    ranges
}

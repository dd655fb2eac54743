//! A derivation in the contract's flat lists.

use super::steps::Step;
use crate::contract::{self, BoundFeatureVariable, BoundVariable, Derivation, FeatureVariable};
use crate::encoding::{Encoding, Spanning, Var, Variable};
use crate::hashing::Table;

/// Numbers the variables in the order of what they stand for, and lays the steps out.
pub(super) fn format(steps: Vec<Step>, encoding: &Encoding) -> Derivation {
    let mut variables: Vec<Var> = steps.iter().flat_map(|step| step.terms.iter().map(|term| term.var)).collect();
    variables.sort_unstable();
    variables.dedup();
    variables.sort_by_cached_key(|&var| sort_key(encoding, var));
    let numbers: Table<Var, u32> = variables.iter().copied().zip(0..).collect();
    let mut derivation = Derivation {
        variables: variables.iter().map(|&var| variable(encoding.rules.variables.meaning(var))).collect(),
        steps: Vec::with_capacity(steps.len()),
        terms: Vec::new(),
        ranges: Vec::new(),
    };
    for Step { mut terms, cause } in steps {
        terms.sort_unstable_by_key(|term| numbers[&term.var]);
        derivation.steps.push(contract::Step { terms: terms.len() as u32, cause });
        for term in terms {
            let ranges = term.set.ranges();
            let (variable, positive) = (numbers[&term.var], term.is_positive);
            derivation.terms.push(contract::Term { variable, positive, ranges: ranges.len() as u32 });
            derivation.ranges.extend_from_slice(ranges);
        }
    }
    derivation
}

fn variable(variable: Variable) -> contract::Variable {
    match variable {
        Variable::Root => contract::Variable::Root,
        Variable::Wish => contract::Variable::Wish,
        Variable::Release { track } => contract::Variable::Release(track),
        Variable::Feature { track, feature } => contract::Variable::Feature(FeatureVariable { track, feature }),
        Variable::Bound(bound) => contract::Variable::Bound(bound_variable(bound)),
        Variable::BoundFeature { bound, feature } => {
            contract::Variable::BoundFeature(BoundFeatureVariable { bound: bound_variable(bound), feature })
        }
        Variable::Exclusive(exclusive) => contract::Variable::Exclusive(exclusive),
    }
}

fn bound_variable(Spanning { dependent, package, requirement }: Spanning) -> BoundVariable {
    BoundVariable { dependent, package, requirement }
}

/// Sorts variables by kind, then by the text and the versions that they are about.
fn sort_key(encoding: &Encoding, var: Var) -> [u32; 7] {
    let catalog = encoding.catalog();
    let tables = &catalog.tables;
    // Tracks of one package ascend with their numbers.
    let track_key = |track: u32| [tables.package_rank(catalog.package_of(track)), track];
    let spanning_key = |bound: Spanning| {
        let [dependent, track] = bound.dependent.map_or([0, 0], track_key);
        let is_release = u32::from(bound.dependent.is_some());
        let (package, requirement) = (tables.package_rank(bound.package), tables.requirement_rank(bound.requirement));
        [is_release, dependent, track, package, requirement]
    };
    match encoding.rules.variables.meaning(var) {
        Variable::Root => [0; 7],
        Variable::Wish => [1, 0, 0, 0, 0, 0, 0],
        Variable::Release { track } => {
            let [package, track] = track_key(track);
            [2, package, track, 0, 0, 0, 0]
        }
        Variable::Feature { track, feature } => {
            let [package, track] = track_key(track);
            [3, package, track, tables.feature_rank(feature), 0, 0, 0]
        }
        Variable::Bound(bound) => {
            let [a, b, c, d, e] = spanning_key(bound);
            [4, a, b, c, d, e, 0]
        }
        Variable::BoundFeature { bound, feature } => {
            let [a, b, c, d, e] = spanning_key(bound);
            [5, a, b, c, d, e, tables.feature_rank(feature)]
        }
        Variable::Exclusive(exclusive) => [6, tables.exclusive_rank(exclusive), 0, 0, 0, 0, 0],
    }
}

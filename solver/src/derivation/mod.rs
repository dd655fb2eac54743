//! PubGrub's reason in the contract's form.
//!
//! PubGrub's tree is a graph whose nodes may be shared and whose depth is that of the conflict, so nothing here
//! recurses, and the tree is taken apart node by node. Steps come in the order of a walk from the conclusion, causes
//! first; variables are sorted by what they stand for. Both are functions of the reason alone.

mod hopeless;

use std::sync::Arc;

use pubgrub::{Derived, External, Term, VersionSet};

use hopeless::Facts;

use crate::contract;
use crate::encoding::{Encoding, Spanning, Var, Variable};
use crate::hashing::Table;
use crate::search::Reason;
use crate::set::Set;

/// A step whose variables are not yet renumbered.
struct Draft {
    terms: Vec<(Var, Term<Set>)>,
    cause: contract::Cause,
}

/// The derivation of a problem whose root has a dependency without any accepted release.
pub(crate) fn of_unavailable_root(encoding: &Encoding) -> contract::Derivation {
    let terms = vec![(Var::ROOT, Term::Positive(Set::singleton(0)))];
    format(vec![Draft { terms, cause: contract::Cause::Nothing }], encoding)
}

/// The derivation that a reason stands for.
pub(crate) fn of(reason: Reason, encoding: &mut Encoding) -> contract::Derivation {
    let conclusion = Arc::new(reason);
    let nodes = nodes(&conclusion);
    let mut steps = Vec::new();
    let demands = nodes.iter().filter_map(|node| match &***node {
        Reason::External(External::NoVersions(var, set)) if *var != Var::WISH => Some((*var, set.clone())),
        _ => None,
    });
    let facts = Facts::show(demands.collect(), encoding, &mut steps);
    add_steps(&nodes, &facts, &mut steps);
    take_apart(conclusion);
    conclude(&mut steps);
    format(steps, encoding)
}

/// The nodes of a reason, each once, causes first.
fn nodes(conclusion: &Arc<Reason>) -> Vec<&Arc<Reason>> {
    // Nodes are told apart by where they are; nothing depends on where that is.
    let mut seen: Table<*const Reason, ()> = Table::default();
    let mut nodes = Vec::new();
    let mut todo = vec![conclusion];
    while let Some(node) = todo.last().copied() {
        if let Reason::Derived(derived) = &**node {
            let unseen = [&derived.cause2, &derived.cause1].into_iter().filter(|cause| !seen.contains_key(&Arc::as_ptr(cause)));
            let before = todo.len();
            todo.extend(unseen);
            if todo.len() > before {
                continue;
            }
        }
        if seen.insert(Arc::as_ptr(node), ()).is_none() {
            nodes.push(node);
        }
        todo.pop();
    }
    nodes
}

/// What tells steps apart.
type Terms = Vec<(Var, Term<Set>)>;

/// The nodes as steps.
fn add_steps(nodes: &[&Arc<Reason>], facts: &Facts, steps: &mut Vec<Draft>) {
    let mut places: Table<*const Reason, u32> = Table::default();
    for node in nodes {
        let step = match &***node {
            Reason::External(External::NoVersions(var, _)) if facts.step(*var).is_some() => None,
            Reason::External(external) => Some(leaf(external)),
            Reason::Derived(derived) => {
                let [first, second] = [&derived.cause1, &derived.cause2].map(|cause| places[&Arc::as_ptr(cause)]);
                // In no particular order: sorted below.
                let mut terms: Terms = derived.terms.iter().map(|(&var, term)| (var, term.clone())).collect();
                terms.sort_unstable_by_key(|(var, _)| *var);
                Some(Draft { terms, cause: contract::Cause::Both((first, second)) })
            }
        };
        let place = match (step, &***node) {
            (None, Reason::External(External::NoVersions(var, _))) => facts.step(*var).unwrap_or(0),
            (Some(step), _) => {
                let same = steps.iter().position(|other| other.terms == step.terms);
                match same {
                    Some(place) => place as u32,
                    None => {
                        steps.push(step);
                        steps.len() as u32 - 1
                    }
                }
            }
            (None, _) => 0,
        };
        places.insert(Arc::as_ptr(node), place);
    }
}

fn leaf(external: &External<Var, Set, crate::encoding::Unavailable>) -> Draft {
    match external {
        External::FromDependencyOf(from, values, to, required) => Draft {
            terms: vec![(*from, Term::Positive(values.clone())), (*to, Term::Negative(required.clone()))],
            cause: contract::Cause::Requires,
        },
        External::NoVersions(var, values) | External::Custom(var, values, _) => {
            Draft { terms: vec![(*var, Term::Positive(values.clone()))], cause: contract::Cause::Nothing }
        }
        // "Root must be decided" is where PubGrub begins and no cause of anything: root is decided before every other
        // variable, so a conflict never goes back beyond it.
        External::NotRoot(root, value) => Draft {
            terms: vec![(*root, Term::Negative(Set::singleton(*value)))],
            cause: contract::Cause::Nothing,
        },
    }
}

/// If the conclusion is that root requires a value within an empty set, one step more says that this cannot be.
fn conclude(steps: &mut Vec<Draft>) {
    let Some(last) = steps.last() else { return };
    if let contract::Cause::Requires = last.cause {
        let terms = last.terms.iter().filter(|(var, _)| *var == Var::ROOT).cloned().collect();
        let place = steps.len() as u32 - 1;
        steps.push(Draft { terms, cause: contract::Cause::Both((place, place)) });
    }
}

/// Frees a reason without recursion.
fn take_apart(reason: Arc<Reason>) {
    let mut todo = vec![reason];
    while let Some(node) = todo.pop() {
        if let Some(Reason::Derived(Derived { cause1, cause2, .. })) = Arc::into_inner(node) {
            todo.push(cause1);
            todo.push(cause2);
        }
    }
}

/// Numbers the variables and lays the steps out flat.
fn format(steps: Vec<Draft>, encoding: &Encoding) -> contract::Derivation {
    let mut variables: Vec<Var> = steps.iter().flat_map(|step| step.terms.iter().map(|(var, _)| *var)).collect();
    variables.sort_unstable();
    variables.dedup();
    variables.sort_by_cached_key(|&var| meaning_key(encoding, var));
    let numbers: Table<Var, u32> = variables.iter().copied().zip(0..).collect();
    let mut derivation = contract::Derivation {
        variables: variables.iter().map(|&var| variable(encoding.rules.variables.meaning(var))).collect(),
        steps: Vec::with_capacity(steps.len()),
        terms: Vec::new(),
        ranges: Vec::new(),
    };
    for step in steps {
        let mut terms: Vec<_> = step.terms.into_iter().map(|(var, term)| (numbers[&var], term)).collect();
        terms.sort_unstable_by_key(|(variable, _)| *variable);
        derivation.steps.push(contract::Step { terms: terms.len() as u32, cause: step.cause });
        for (variable, term) in terms {
            let (positive, set) = match &term {
                Term::Positive(set) => (true, set),
                Term::Negative(set) => (false, set),
            };
            derivation.terms.push(contract::Term { variable, positive, ranges: set.ranges().len() as u32 });
            derivation.ranges.extend_from_slice(set.ranges());
        }
    }
    derivation
}

fn variable(variable: Variable) -> contract::Variable {
    let bound_variable =
        |Spanning { dependent, package, requirement }| contract::BoundVariable { dependent, package, requirement };
    match variable {
        Variable::Root => contract::Variable::Root,
        Variable::Wish => contract::Variable::Wish,
        Variable::Release { track } => contract::Variable::Release(track),
        Variable::Feature { track, feature } => {
            contract::Variable::Feature(contract::FeatureVariable { track, feature })
        }
        Variable::Bound(bound) => contract::Variable::Bound(bound_variable(bound)),
        Variable::BoundFeature { bound, feature } => {
            contract::Variable::BoundFeature(contract::BoundFeatureVariable { bound: bound_variable(bound), feature })
        }
        Variable::Exclusive(exclusive) => contract::Variable::Exclusive(exclusive),
    }
}

/// Sorts variables by kind, then by the text and the versions that they are about.
fn meaning_key(encoding: &Encoding, var: Var) -> [u32; 8] {
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
        Variable::Root => [0; 8],
        Variable::Wish => [1, 0, 0, 0, 0, 0, 0, 0],
        Variable::Release { track } => {
            let [package, track] = track_key(track);
            [2, package, track, 0, 0, 0, 0, 0]
        }
        Variable::Feature { track, feature } => {
            let [package, track] = track_key(track);
            [3, package, track, tables.feature_rank(feature), 0, 0, 0, 0]
        }
        Variable::Bound(bound) => {
            let [a, b, c, d, e] = spanning_key(bound);
            [4, a, b, c, d, e, 0, 0]
        }
        Variable::BoundFeature { bound, feature } => {
            let [a, b, c, d, e] = spanning_key(bound);
            [5, a, b, c, d, e, tables.feature_rank(feature), 0]
        }
        Variable::Exclusive(exclusive) => [6, tables.exclusive_rank(exclusive), 0, 0, 0, 0, 0, 0],
    }
}

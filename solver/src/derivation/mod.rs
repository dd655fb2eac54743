//! PubGrub's reason in the contract's form.
//!
//! PubGrub's tree is a graph whose nodes may be shared and whose depth is that of the conflict, so nothing here
//! recurses, and the tree is taken apart node by node. Steps come in the order of a walk from the conclusion, causes
//! first; two steps that say the same are one; those that the conclusion does not need are left out. All of that is a
//! function of the reason alone.

mod forced;
mod format;
mod hopeless;
mod steps;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hopeless::Facts;
use pubgrub::{Derived, External, VersionSet};
use steps::{Steps, Term};

use crate::contract::{Cause, Derivation};
use crate::encoding::{Encoding, Unavailable, Var};
use crate::hashing::Table;
use crate::search::Reason;
use crate::set::Set;

/// The derivation of a problem whose root has a dependency without any accepted release.
pub(crate) fn of_unavailable_root(encoding: &Encoding) -> Derivation {
    let mut steps = Steps::default();
    let conclusion = steps.add(vec![Term::root()], Cause::Nothing);
    format::format(steps.leading_to(conclusion), encoding)
}

/// The derivation that a reason stands for.
pub(crate) fn of(reason: Reason, encoding: &mut Encoding) -> Derivation {
    let reason = Arc::new(reason);
    let mut steps = Steps::default();
    let nodes = nodes(&reason);
    let facts = Facts::show(hopeless_values(&nodes), encoding, &mut steps);
    let mut conclusion = add_nodes(&nodes, &facts, &mut steps);
    take_apart(reason);
    if let Cause::Requires = steps.cause(conclusion) {
        // Root requires a value within an empty set. One step more says that this can't be.
        conclusion = steps.resolve(vec![Term::root()], conclusion, conclusion);
    }
    format::format(steps.leading_to(conclusion), encoding)
}

/// The nodes of a reason, each once, causes first.
fn nodes(reason: &Arc<Reason>) -> Vec<&Arc<Reason>> {
    // Nodes are told apart by where they are; nothing depends on where that is.
    let mut seen: Table<*const Reason, ()> = Table::default();
    let mut nodes = Vec::new();
    let mut todo = vec![reason];
    while let Some(node) = todo.last().copied() {
        let before = todo.len();
        if let Reason::Derived(derived) = &**node {
            let causes = [&derived.cause2, &derived.cause1];
            todo.extend(causes.into_iter().filter(|cause| !seen.contains_key(&Arc::as_ptr(cause))));
        }
        if todo.len() == before {
            if seen.insert(Arc::as_ptr(node), ()).is_none() {
                nodes.push(node);
            }
            todo.pop();
        }
    }
    nodes
}

/// What PubGrub was told without a reason: sets in which a variable has no value, since all are hopeless.
fn hopeless_values(nodes: &[&Arc<Reason>]) -> Vec<(Var, Set)> {
    let sets = nodes.iter().filter_map(|node| match &***node {
        Reason::External(External::NoVersions(var, set)) if *var != Var::WISH => Some((*var, set.clone())),
        _ => None,
    });
    sets.collect()
}

/// Adds the nodes as steps. The last one's place.
fn add_nodes(nodes: &[&Arc<Reason>], facts: &Facts, steps: &mut Steps) -> u32 {
    let mut places: Table<*const Reason, u32> = Table::default();
    let mut last = 0;
    for node in nodes {
        last = match &***node {
            Reason::External(leaf) => add_leaf(leaf, facts, steps),
            Reason::Derived(derived) => {
                let [first, second] = [&derived.cause1, &derived.cause2].map(|cause| places[&Arc::as_ptr(cause)]);
                let terms = derived.terms.iter().map(|(&var, term)| match term {
                    pubgrub::Term::Positive(set) => Term::positive(var, set.clone()),
                    pubgrub::Term::Negative(set) => Term::negative(var, set.clone()),
                });
                // In no particular order: whoever adds terms sorts them.
                steps.resolve(terms.collect(), first, second)
            }
        };
        places.insert(Arc::as_ptr(node), last);
    }
    last
}

fn add_leaf(leaf: &External<Var, Set, Unavailable>, facts: &Facts, steps: &mut Steps) -> u32 {
    match leaf {
        External::FromDependencyOf(from, values, to, required) => {
            let terms = vec![Term::positive(*from, values.clone()), Term::negative(*to, required.clone())];
            steps.add(terms, Cause::Requires)
        }
        External::NoVersions(var, values) | External::Custom(var, values, _) => match facts.step(*var) {
            // It says more than it has to, so what follows from it still follows.
            Some(fact) => fact,
            None => steps.add(vec![Term::positive(*var, values.clone())], Cause::Nothing),
        },
        // "Root must be decided" is where PubGrub begins, and never part of a reason: root is decided before every other
        // variable, so no conflict goes back beyond it.
        External::NotRoot(root, value) => {
            steps.add(vec![Term::negative(*root, Set::singleton(*value))], Cause::Nothing)
        }
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

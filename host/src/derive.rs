//! Deriving a lock from its claim: solve at the heads with the named solver, and write down what follows.

use std::collections::{BTreeMap, BTreeSet};

use tracing::debug_span;

use crate::canonical;
use crate::check::Checked;
use crate::error::{Error, Result};
use crate::explain;
use crate::graph::{Graph, Unusable};
use crate::inputs::{Inputs, Override, Replacement};
use crate::lock::{Consulted, Derived, LockedPackage, Target};
use crate::problem::{Answer, Binding, Catalog};
use crate::solve::{ReadPages, Solved, Solving, solve};

/// Most lines of an explanation why there is no answer.
const EXPLANATION_LINES: usize = 40;

/// Derives what a lock says from what it claims to be derived from.
///
/// # Errors
/// The answer is no: there is no answer, and the text says why. Could not check: the budget ran out, or as [`solve`].
pub fn derive(
    inputs: &Inputs,
    graph: &Graph,
    session: &mut dyn Solving,
    pages: &mut dyn ReadPages,
) -> Result<(Derived, Solved)> {
    let solved = solve(inputs, &graph.heads(), &graph.links, session, pages)?;
    let answer = match &solved.checked {
        Checked::Solved(answer) => answer.answer(),
        Checked::Unsolvable(derivation) => {
            let mut lines = explain::explain(&solved.catalog, derivation, EXPLANATION_LINES);
            lines.extend(graph.unusable.iter().take(EXPLANATION_LINES).map(unusable));
            return Err(Error::no("there is no answer at these heads").list(lines).hint(
                match inputs.overrides.is_empty() {
                    true => {
                        "loosen a requirement of the manifest; newer heads may help, too, which `headlock update` takes"
                    }
                    false => {
                        "loosen a requirement or correct an override of the manifest; newer heads may help, too, which \
                         `headlock update` takes"
                    }
                },
            ));
        }
        Checked::Incomplete | Checked::Exhausted => {
            let budget = inputs.budget;
            return Err(Error::could_not_check(format!("the solver ran out of its budget of {budget} steps"))
                .hint("raise `budget` under [solver] in the manifest, and lock again; it is part of the problem, and of a lock"));
        }
    };
    check_overrides(inputs, &solved)?;
    let _span = debug_span!("format").entered();
    let derived = Derived {
        logs: graph.derived(),
        problem: solved.problem,
        outcome: canonical::answer_digest(&solved.catalog, answer),
        roots: targets(&solved.catalog, None, &answer.roots),
        consulted: consulted(&solved, answer),
        packages: packages(inputs, &solved.catalog, answer),
    };
    Ok((derived, solved))
}

/// An override that replaces nothing in the answer is a mistake: what it was stated for is gone, or it is misspelt.
fn check_overrides(inputs: &Inputs, solved: &Solved) -> Result<()> {
    let (catalog, Checked::Solved(answer)) = (&solved.catalog, &solved.checked) else { return Ok(()) };
    let held: BTreeSet<(&str, &str)> = answer
        .releases()
        .iter()
        .map(|chosen| catalog.package_key(catalog.releases[chosen.release as usize].package))
        .collect();
    let replaced: BTreeSet<(&str, &str)> =
        answer.replaced().iter().map(|&package| catalog.package_key(package)).collect();
    let is_unused = |replaced_by: &&Override| {
        let key = (replaced_by.registry.as_str(), replaced_by.name.as_str());
        match replaced_by.by {
            Replacement::Package { .. } => !replaced.contains(&key),
            Replacement::Local(_) => !held.contains(&key),
        }
    };
    let Some(unused) = inputs.overrides.iter().find(is_unused) else { return Ok(()) };
    Err(Error::no(format!("an override is not used: {unused}; nothing in the answer depends on {}", unused.name))
        .hint("take it out of [overrides], or correct its name or registry"))
}

fn unusable(edge: &Unusable) -> String {
    let Unusable { dependent, dependency, why } = edge;
    format!("packages of {dependent} may not depend on those of {dependency}, though its log names it as a peer: {why}")
}

fn packages(inputs: &Inputs, catalog: &Catalog, answer: &Answer) -> Vec<LockedPackage> {
    let mut packages = BTreeMap::new();
    for chosen in &answer.releases {
        let release = &catalog.releases[chosen.release as usize];
        let (registry, name) = catalog.package_key(release.package);
        let version = catalog.version_of(chosen.release);
        let features: BTreeSet<&String> =
            chosen.features.iter().map(|&feature| &catalog.feature_names[feature as usize]).collect();
        let package = LockedPackage {
            registry: registry.to_owned(),
            name: name.to_owned(),
            version: version.to_string(),
            sha256: release.content,
            record: inputs.local(registry, name).is_none().then_some(release.place),
            features: features.into_iter().cloned().collect(),
            dependencies: targets(catalog, Some(registry), &chosen.bindings),
        };
        packages.insert((registry, name, version), package);
    }
    packages.into_values().collect()
}

/// What the bindings are bound to, ascending by registry, name and version, each once.
fn targets(catalog: &Catalog, own: Option<&str>, bindings: &[Binding]) -> Vec<Target> {
    let bound: BTreeSet<_> = bindings
        .iter()
        .map(|binding| {
            (catalog.package_key(catalog.releases[binding.to as usize].package), catalog.version_of(binding.to))
        })
        .collect();
    bound
        .into_iter()
        .map(|((registry, name), version)| Target::new(own, registry, name, &version.to_string()))
        .collect()
}

fn consulted(solved: &Solved, answer: &Answer) -> Vec<Consulted> {
    let catalog = &solved.catalog;
    let held: BTreeSet<(&str, &str)> = answer
        .releases
        .iter()
        .map(|chosen| catalog.package_key(catalog.releases[chosen.release as usize].package))
        .collect();
    let mut consulted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (registry, name) in solved.evidence.keys() {
        if !held.contains(&(registry.as_str(), name.as_str())) {
            consulted.entry(registry).or_default().push(name.clone());
        }
    }
    consulted.into_iter().map(|(registry, names)| Consulted { registry: registry.to_owned(), names }).collect()
}

//! Deriving a lock from its claim: solve at the heads with the named solver, and write down what follows.

use std::collections::{BTreeMap, BTreeSet};

use tracing::debug_span;

use crate::canonical;
use crate::check::Checked;
use crate::error::{Error, Result};
use crate::explain;
use crate::graph::{Graph, Unusable};
use crate::lock::{Consulted, Derived, LockedPackage, Target};
use crate::manifest::Inputs;
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
            return Err(Error::no("there is no answer at these heads")
                .list(lines)
                .hint("loosen a requirement of the manifest; newer heads may help, too: without its lock a project is solved at the newest"));
        }
        Checked::Incomplete | Checked::Exhausted => {
            let budget = inputs.budget;
            return Err(Error::could_not_check(format!("the solver ran out of its budget of {budget} steps"))
                .hint("raise `budget` under [solver] in the manifest, and lock again; it is part of the problem, and of a lock"));
        }
    };
    let _span = debug_span!("format").entered();
    let derived = Derived {
        logs: graph.derived(),
        problem: solved.problem,
        outcome: canonical::answer_digest(&solved.catalog, answer),
        roots: targets(&solved.catalog, None, &answer.roots),
        consulted: consulted(&solved, answer),
        packages: packages(&solved.catalog, answer),
    };
    Ok((derived, solved))
}

fn unusable(edge: &Unusable) -> String {
    let Unusable { dependent, dependency, why } = edge;
    format!("packages of {dependent} may not depend on those of {dependency}, though its log names it as a peer: {why}")
}

fn packages(catalog: &Catalog, answer: &Answer) -> Vec<LockedPackage> {
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
            record: release.place,
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

//! Deriving a lock from its claim: solve at the heads with the named solver, and write down what follows.

use std::collections::{BTreeMap, BTreeSet};

use tracing::debug_span;

use crate::canonical;
use crate::check::Checked;
use crate::close;
use crate::error::{Error, Result};
use crate::explain;
use crate::graph::{Graph, Unusable, Why};
use crate::inputs::{Input, Inputs, Override, Replacement};
use crate::lock::{Consulted, Derived, LockedPackage, Target};
use crate::problem::{Answer, Binding, Catalog, State};
use crate::solve::{ReadPages, Solved, Solving, solve};

/// Most lines of an explanation why there is no answer, where nobody has asked for more.
pub const FEW_LINES: usize = 8;

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
    let answer = derive_or_tell(inputs, graph, session, pages)?;
    answer.map_err(|solved| no_answer(inputs, graph, &solved, FEW_LINES, false, []))
}

/// Why there is no answer, in at most so many lines. At the newest heads no newer ones help. `known` are names of packages
/// beside those that were read: one of them may have been meant where there is no package of a name.
pub fn no_answer<'n>(
    inputs: &Inputs,
    graph: &Graph,
    solved: &'n Solved,
    most: usize,
    newest: bool,
    known: impl IntoIterator<Item = &'n str>,
) -> Error {
    let mut lines = match &solved.checked {
        Checked::Unsolvable(derivation) => explain::explain(&solved.catalog, derivation, most),
        _ => Vec::new(),
    };
    lines.extend(graph.unusable.iter().take(most).map(unusable));
    lines.extend(inputs.overrides.iter().take(most).map(|replaced| format!("the manifest overrides {replaced}")));
    let error = Error::no("there is no answer at these heads").list(lines);
    if let Some(Input { name, registry, .. }) = missing(inputs, solved) {
        let close = close::packages(name, present(&solved.catalog).chain(known));
        let what = format!("{registry} has no package {name}");
        return error.hint(match close::question(&close) {
            Some(question) => format!("{what}: {question}"),
            None => format!("{what}: correct its name, or its registry"),
        });
    }
    let newer = if newest { String::new() } else { format!("; {NEWER_HEADS}") };
    let what = ["loosen a requirement"].into_iter().chain(besides(inputs, graph)).collect::<Vec<_>>().join(", or ");
    error.hint(format!("{what} of the manifest{newer}"))
}

/// What may help where the heads are those of a lock.
pub const NEWER_HEADS: &str = "newer heads may help, too, which `headlock update` takes";

/// What can be done for an answer beside loosening a requirement.
pub fn besides(inputs: &Inputs, graph: &Graph) -> Vec<&'static str> {
    let asks_features = inputs.dependencies.iter().any(|input| !input.features.is_empty());
    let features = asks_features.then_some("leave out a feature");
    let overrides = (!inputs.overrides.is_empty()).then_some("correct an override");
    let forbids = graph.unusable.iter().any(|edge| edge.why == Why::Forbidden).then_some("take out a [[forbid]]");
    features.into_iter().chain(overrides).chain(forbids).collect()
}

/// The first dependency of the consumer whose package a log proves not to be there: then no requirement helps.
pub fn missing<'i>(inputs: &'i Inputs, solved: &Solved) -> Option<&'i Input> {
    inputs.dependencies.iter().find(|input| is_absent(&solved.catalog, input))
}

/// Whether a log proves that there is no package of this name.
fn is_absent(catalog: &Catalog, input: &Input) -> bool {
    let mut numbers = 0..catalog.packages.len() as u32;
    let number = numbers.find(|&number| catalog.package_key(number) == (input.registry.as_str(), input.name.as_str()));
    number.and_then(|number| catalog.states.get(number as usize)).is_some_and(|state| *state == State::Absent)
}

/// The names of the packages that logs have, as far as they were read.
fn present(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let is_there = |number: &u32| matches!(catalog.states[*number as usize], State::Present(_));
    (0..catalog.packages.len() as u32).filter(is_there).map(|number| catalog.package_key(number).1)
}

/// As [`derive()`]; where there is no answer, what there is instead.
///
/// # Errors
/// As [`derive()`], but for that.
pub fn derive_or_tell(
    inputs: &Inputs,
    graph: &Graph,
    session: &mut dyn Solving,
    pages: &mut dyn ReadPages,
) -> Result<Result<(Derived, Solved), Box<Solved>>> {
    let solved = solve(inputs, &graph.heads(), &graph.links, session, pages)?;
    let answer = match &solved.checked {
        Checked::Solved(answer) => answer.answer(),
        Checked::Unsolvable(_) => return Ok(Err(Box::new(solved))),
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
        packages: packages(inputs, &solved, answer),
    };
    Ok(Ok((derived, solved)))
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
    let close = close::packages(&unused.name, held.iter().map(|(_, name)| *name));
    let hint = match close::question(&close) {
        Some(question) => format!("{question} Else take it out of [overrides]"),
        None => "take it out of [overrides], or correct its name or registry".to_owned(),
    };
    Err(Error::no(format!("an override is not used: {unused}; nothing in the answer depends on {}", unused.name))
        .hint(hint))
}

/// Why packages of one log may not depend on those of another, though its log names it as a peer.
pub fn unusable(edge: &Unusable) -> String {
    let Unusable { dependent, dependency, why } = edge;
    format!("packages of {dependent} may not depend on those of {dependency}, though its log names it as a peer: {why}")
}

fn packages(inputs: &Inputs, solved: &Solved, answer: &Answer) -> Vec<LockedPackage> {
    let catalog = &solved.catalog;
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
            maintainers: solved.maintainers.get(&(registry.to_owned(), name.to_owned())).cloned(),
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

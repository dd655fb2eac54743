//! A solve of an oracle's problem by the solver under test: the rounds of `start` and `supply`, each outcome checked,
//! and the last one back in names.

use std::collections::BTreeSet;

use headlock::check;
use headlock::problem::{Binding, Catalog, Derivation, Outcome, ReleaseParts, State, Variable};
use headlock::solve::Solving;
use headlock_log::digest::Digest;
use headlock_log::record::{Addition, Dependency, Feature, Record, Release};

use crate::oracle::outcome::{self as named, Answer, Chosen};
use crate::oracle::problem::{Content, Declaration, Package, Problem, Requirement};
use crate::oracle::random::Random;

/// In which order a problem is told, where the contract leaves it open.
pub(crate) enum Order {
    /// As registries have it: records are in their one encoding.
    Canonical,
    /// Roots, links, packages of a round, dependencies, features and what they name in any order, and with these the
    /// numbers of everything.
    Shuffled(Random),
}

/// How a solve ended.
pub(crate) struct Ended {
    pub(crate) outcome: named::Outcome,
    /// The outcome as it was returned.
    pub(crate) numbered: Outcome,
    /// The packages that a derivation speaks of, if there is no answer.
    pub(crate) explained_by: BTreeSet<Package>,
    /// What the solver was told, in whose numbers the outcome is.
    pub(crate) catalog: Catalog,
}

/// Runs the rounds.
///
/// # Errors
/// What is wrong with an outcome, by the checker.
pub(crate) fn solve(
    problem: &Problem,
    budget: u64,
    mut order: Order,
    session: &mut dyn Solving,
) -> Result<Ended, String> {
    let mut catalog = Catalog::new(budget);
    let numbered = run(problem, &mut catalog, &mut order, session)?;
    let (outcome, explained_by) = in_names(&catalog, &numbered);
    Ok(Ended { outcome, numbered, explained_by, catalog })
}

/// Runs the rounds, and tells the catalog what the solver is told.
///
/// # Errors
/// As [`solve`].
pub(crate) fn run(
    problem: &Problem,
    catalog: &mut Catalog,
    order: &mut Order,
    session: &mut dyn Solving,
) -> Result<Outcome, String> {
    begin(problem, order, catalog);
    let mut outcome = session.start(catalog).map_err(|error| error.to_string())?;
    loop {
        check::check(catalog, &outcome).map_err(|fault| format!("refused by the checker: {fault}"))?;
        let mut missing = match outcome {
            Outcome::Incomplete(missing) => missing,
            complete => return Ok(complete),
        };
        order.shuffle(&mut missing);
        for package in missing {
            supply(problem, order, catalog, package);
        }
        outcome = session.supply(catalog).map_err(|error| error.to_string())?;
    }
}

/// Tells all that is left to tell: every package that is mentioned and that the solver did not ask for.
pub(crate) fn supply_rest(problem: &Problem, catalog: &mut Catalog) {
    while let Some(package) = catalog.states.iter().position(|state| *state == State::Unknown) {
        supply(problem, &mut Order::Canonical, catalog, u32::try_from(package).expect("packages have 32 bits"));
    }
}

impl Order {
    fn shuffle<T>(&mut self, items: &mut [T]) {
        if let Order::Shuffled(random) = self {
            random.shuffle(items);
        }
    }

    fn shuffled<'a>(&mut self, names: &'a BTreeSet<String>) -> Vec<&'a str> {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.shuffle(&mut names);
        names
    }
}

fn digest(content: &Content) -> Digest {
    content.digits().parse().expect("64 hexadecimal digits are a digest")
}

fn begin(problem: &Problem, order: &mut Order, catalog: &mut Catalog) {
    let mut roots: Vec<&Declaration> = problem.roots.iter().collect();
    let mut links = problem.merged_links();
    order.shuffle(&mut roots);
    order.shuffle(&mut links);
    for root in roots {
        let Declaration { package, requirement, features, .. } = root;
        let content = requirement.content.as_ref().map(digest);
        let features = order.shuffled(features);
        let added = catalog.add_root(&package.registry, &package.name, &requirement.range, content, &features);
        added.expect("the range was read before");
    }
    for (from, to, packages) in links {
        catalog.add_link(from, to, packages.as_deref());
    }
    let mut overrides: Vec<_> = problem.overrides.iter().collect();
    order.shuffle(&mut overrides);
    for (package, by) in overrides {
        catalog.add_override((&package.registry, &package.name), (&by.registry, &by.name));
    }
    let mut preferences: Vec<_> = problem.preferences.iter().collect();
    order.shuffle(&mut preferences);
    for (package, version) in preferences {
        catalog.add_preference(&package.registry, &package.name, version);
    }
}

fn supply(problem: &Problem, order: &mut Order, catalog: &mut Catalog, number: u32) {
    let (registry, name) = catalog.package_key(number);
    let package = Package { registry: registry.to_owned(), name: name.to_owned() };
    let Some(releases) = problem.packages.get(&package) else {
        return catalog.supply_absent(number);
    };
    let versions: Vec<String> = releases.keys().map(ToString::to_string).collect();
    let records: Vec<Release<'_>> = releases
        .values()
        .zip(&versions)
        .map(|(release, version)| Release {
            package: &package.name,
            version,
            content: digest(&release.content),
            exclusives: order.shuffled(&release.exclusives),
            prev: None,
            ..record(&package, release, order)
        })
        .collect();
    if let Order::Canonical = order {
        for record in &records {
            let checked = Record::Release(record.clone()).check();
            checked.unwrap_or_else(|error| panic!("{package} {}: {error}", record.version));
        }
    }
    let parts = releases.iter().zip(&records).map(|((version, release), record)| ReleaseParts {
        record,
        version,
        yanked: release.yanked,
        place: 0,
    });
    catalog.supply(number, &parts.collect::<Vec<_>>()).expect("the ranges were read before");
}

/// A release's dependencies and features; the rest is still to be filled in.
fn record<'a>(package: &Package, release: &'a crate::oracle::problem::Release, order: &mut Order) -> Release<'a> {
    let of = |(place, declared): (usize, &'a Declaration), order: &mut Order| {
        let dependency = Dependency {
            registry: Some(declared.package.registry.as_str()).filter(|registry| *registry != package.registry),
            package: &declared.package.name,
            requirement: &declared.requirement.range,
            content: declared.requirement.content.as_ref().map(digest),
            optional: declared.optional,
            features: order.shuffled(&declared.features),
        };
        (dependency, place)
    };
    let mut dependencies: Vec<(Dependency<'_>, usize)> =
        release.dependencies.iter().enumerate().map(|declared| of(declared, order)).collect();
    dependencies.sort();
    order.shuffle(&mut dependencies);
    let mut features = Vec::new();
    for (name, feature) in &release.features {
        let place = |old: usize| dependencies.iter().position(|(_, place)| *place == old).unwrap_or_default();
        let mut additions = Vec::new();
        for addition in &feature.additions {
            let dependency = u32::try_from(place(addition.dependency)).expect("a release has few dependencies");
            additions.push(Addition { dependency, features: order.shuffled(&addition.features) });
        }
        additions.sort_by_key(|addition| addition.dependency);
        order.shuffle(&mut additions);
        features.push(Feature { name, includes: order.shuffled(&feature.includes), additions }.into());
    }
    order.shuffle(&mut features);
    Release {
        dependencies: dependencies.into_iter().map(|(dependency, _)| dependency.into()).collect(),
        features,
        ..Release::new("", "", Digest([0; 32]))
    }
}

/// An outcome in names, and the packages that its derivation speaks of.
pub(crate) fn in_names(catalog: &Catalog, numbered: &Outcome) -> (named::Outcome, BTreeSet<Package>) {
    let mut explained_by = BTreeSet::new();
    let outcome = match numbered {
        Outcome::Solved(answer) => {
            let releases = answer.releases.iter().map(|chosen| Chosen {
                package: package(catalog, catalog.releases[chosen.release as usize].package),
                version: catalog.version_of(chosen.release).clone(),
                features: chosen.features.iter().map(|&f| catalog.feature_names[f as usize].clone()).collect(),
                bindings: bindings(catalog, &chosen.bindings),
            });
            named::Outcome::Solved(Answer {
                consumer: bindings(catalog, &answer.roots),
                releases: releases.collect(),
                ceilings: answer.ceilings.iter().map(|ceiling| ceiling.item).collect(),
            })
        }
        Outcome::Unsolvable(derivation) => {
            explained_by = spoken_of(catalog, derivation);
            named::Outcome::Unsolvable
        }
        Outcome::Exhausted => named::Outcome::Exhausted,
        Outcome::Incomplete(_) => unreachable!("rounds go on until an outcome is complete"),
    };
    (outcome, explained_by)
}

fn package(catalog: &Catalog, number: u32) -> Package {
    let (registry, name) = catalog.package_key(number);
    Package { registry: registry.to_owned(), name: name.to_owned() }
}

/// In the order of the outcome, which is part of what is compared.
fn bindings(catalog: &Catalog, bindings: &[Binding]) -> Vec<named::Binding> {
    let one = |binding: &Binding| {
        let requirement = &catalog.requirements[binding.requirement as usize];
        let content = requirement.content.map(|content| Content::parse(&content.to_string()));
        named::Binding {
            package: package(catalog, binding.package),
            requirement: Requirement { range: requirement.range.clone(), content },
            to: catalog.version_of(binding.to).clone(),
        }
    };
    bindings.iter().map(one).collect()
}

fn spoken_of(catalog: &Catalog, derivation: &Derivation) -> BTreeSet<Package> {
    let of = |variable: &Variable| match *variable {
        Variable::Release { track } | Variable::Feature { track, .. } => Some(catalog.releases[track as usize].package),
        Variable::Bound { package, .. } | Variable::BoundFeature { package, .. } => Some(package),
        Variable::Root | Variable::Exclusive { .. } | Variable::Wish => None,
    };
    derivation.variables.iter().filter_map(of).map(|number| package(catalog, number)).collect()
}

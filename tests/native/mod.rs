//! The solver natively, without an engine: the catalog's flat lists in the contract's types, one to one, and the outcome
//! back again. It is what the engines' results are compared with.

use headlock::problem::{self as host, Catalog, Mark, State};
use headlock::solve::Solving;
use headlock::world::World;
use headlock_log::digest::Digest;
use headlock_solver::Solver;
use headlock_solver::contract;

/// One solve by the solver as a library.
pub(crate) struct Native {
    solver: Option<Solver>,
    told: Mark,
}

impl Native {
    pub(crate) fn new() -> Native {
        Native { solver: None, told: Mark::default() }
    }
}

impl Solving for Native {
    fn world(&self) -> World {
        World::V0_1_0
    }

    fn start(&mut self, catalog: &Catalog) -> headlock::Result<host::Outcome> {
        let (solver, outcome) = Solver::start(problem(catalog));
        self.solver = Some(solver);
        self.told = catalog.mark();
        Ok(returned(outcome))
    }

    fn supply(&mut self, catalog: &Catalog) -> headlock::Result<host::Outcome> {
        let packages = packages(catalog, &self.told);
        self.told = catalog.mark();
        let solver = self.solver.as_mut().expect("supply comes after start");
        Ok(returned(solver.supply(packages)))
    }
}

fn tables(catalog: &Catalog, told: &Mark) -> contract::Tables {
    let packages = catalog.packages[told.packages..].iter();
    let requirements = catalog.requirements[told.requirements..].iter();
    contract::Tables {
        registries: catalog.registries[told.registries..].to_vec(),
        names: catalog.names[told.names..].to_vec(),
        packages: packages
            .map(|package| contract::Package { registry: package.registry, name: package.name })
            .collect(),
        versions: catalog.versions[told.versions..].iter().map(ToString::to_string).collect(),
        requirements: requirements
            .map(|requirement| contract::Requirement {
                range: requirement.range.clone(),
                content: requirement.content.map(digest),
            })
            .collect(),
        features: catalog.feature_names[told.feature_names..].to_vec(),
        exclusives: catalog.exclusive_names[told.exclusive_names..].to_vec(),
    }
}

fn digest(digest: Digest) -> contract::Digest {
    let word = |place: usize| {
        let bytes = digest.0[8 * place..8 * place + 8].iter();
        bytes.fold(0, |word: u64, byte| word << 8 | u64::from(*byte))
    };
    (word(0), word(1), word(2), word(3))
}

/// What `start` is given.
pub(crate) fn problem(catalog: &Catalog) -> contract::Problem {
    let roots = catalog.roots.iter().map(|root| contract::Root {
        package: root.package,
        requirement: root.requirement,
        features: root.features.clone(),
    });
    let links = catalog.links.iter().map(|link| contract::Link {
        dependent: link.dependent,
        dependency: link.dependency,
        packages: link.packages.clone(),
    });
    let overrides = catalog.overrides.iter();
    let overrides = overrides.map(|o| contract::Override { package: o.package, replacement: o.replacement });
    let preferences = catalog.preferences.iter();
    let preferences = preferences.map(|p| contract::Preference { package: p.package, version: p.version });
    contract::Problem {
        tables: tables(catalog, &Mark::default()),
        roots: roots.collect(),
        links: links.collect(),
        overrides: overrides.collect(),
        preferences: preferences.collect(),
        budget: catalog.budget,
    }
}

/// What `supply` is given: what the catalog has got since the last call.
pub(crate) fn packages(catalog: &Catalog, told: &Mark) -> contract::Packages {
    let supplied = catalog.supplied[told.supplied..].iter().map(|&package| {
        let releases = match catalog.states[package as usize] {
            State::Present(releases) => Some(releases.len()),
            State::Absent => None,
            State::Unknown => unreachable!("a package that was supplied is known"),
        };
        contract::Supplied { package, releases }
    });
    let releases = catalog.releases[told.releases..].iter().map(|release| contract::Release {
        version: release.version,
        content: digest(release.content),
        yanked: release.yanked,
        exclusives: release.exclusives.len(),
        dependencies: release.dependencies.len(),
        features: release.features.len(),
    });
    let dependencies = &catalog.dependencies[told.dependencies..];
    let optional = (0..).zip(dependencies).filter(|(_, dependency)| dependency.optional).map(|(place, _)| place);
    let dependencies = contract::Dependencies {
        packages: dependencies.iter().map(|dependency| dependency.package).collect(),
        requirements: dependencies.iter().map(|dependency| dependency.requirement).collect(),
        features: dependencies.iter().map(|dependency| dependency.features.len()).collect(),
        optional: optional.collect(),
    };
    let features = &catalog.features[told.features..];
    let features = contract::Features {
        names: features.iter().map(|feature| feature.name).collect(),
        includes: features.iter().map(|feature| feature.includes.len()).collect(),
        additions: features.iter().map(|feature| feature.additions.len()).collect(),
    };
    let additions = &catalog.additions[told.additions..];
    let additions = contract::Additions {
        dependencies: additions.iter().map(|addition| addition.dependency).collect(),
        features: additions.iter().map(|addition| addition.features.len()).collect(),
    };
    contract::Packages {
        tables: tables(catalog, told),
        supplied: supplied.collect(),
        releases: releases.collect(),
        exclusives: catalog.exclusives[told.exclusives..].to_vec(),
        dependencies,
        dependency_features: catalog.dependency_features[told.dependency_features..].to_vec(),
        features,
        included: catalog.included[told.included..].to_vec(),
        additions,
        addition_features: catalog.addition_features[told.addition_features..].to_vec(),
    }
}

fn returned(outcome: contract::Outcome) -> host::Outcome {
    match outcome {
        contract::Outcome::Solved(answer) => host::Outcome::Solved(host::Answer {
            roots: bindings(answer.roots),
            releases: answer
                .releases
                .into_iter()
                .map(|chosen| host::Chosen {
                    release: chosen.release,
                    features: chosen.features,
                    bindings: bindings(chosen.bindings),
                })
                .collect(),
            ceilings: answer
                .ceilings
                .into_iter()
                .map(|ceiling| host::Ceiling { item: ceiling.item, derivation: derivation(ceiling.derivation) })
                .collect(),
        }),
        contract::Outcome::Incomplete(packages) => host::Outcome::Incomplete(packages),
        contract::Outcome::Unsolvable(reason) => host::Outcome::Unsolvable(derivation(reason)),
        contract::Outcome::Exhausted => host::Outcome::Exhausted,
    }
}

fn bindings(bindings: Vec<contract::Binding>) -> Vec<host::Binding> {
    let one = |binding: contract::Binding| host::Binding {
        package: binding.package,
        requirement: binding.requirement,
        to: binding.to,
    };
    bindings.into_iter().map(one).collect()
}

fn derivation(derivation: contract::Derivation) -> host::Derivation {
    let (mut terms, mut ranges) = (derivation.terms.into_iter(), derivation.ranges.into_iter());
    let mut steps = Vec::new();
    for step in derivation.steps {
        let of_step = terms.by_ref().take(step.terms as usize).map(|term| host::Term {
            variable: term.variable,
            positive: term.positive,
            ranges: ranges.by_ref().take(term.ranges as usize).collect(),
        });
        steps.push(host::Step {
            terms: of_step.collect(),
            cause: match step.cause {
                contract::Cause::Requires => host::Cause::Requires,
                contract::Cause::Nothing => host::Cause::Nothing,
                contract::Cause::Both((one, other)) => host::Cause::Both(one, other),
            },
        });
    }
    host::Derivation { variables: derivation.variables.into_iter().map(variable).collect(), steps }
}

fn variable(variable: contract::Variable) -> host::Variable {
    match variable {
        contract::Variable::Root => host::Variable::Root,
        contract::Variable::Release(track) => host::Variable::Release { track },
        contract::Variable::Feature(contract::FeatureVariable { track, feature }) => {
            host::Variable::Feature { track, feature }
        }
        contract::Variable::Bound(contract::BoundVariable { dependent, package, requirement }) => {
            host::Variable::Bound { dependent, package, requirement }
        }
        contract::Variable::BoundFeature(contract::BoundFeatureVariable { bound, feature }) => {
            let contract::BoundVariable { dependent, package, requirement } = bound;
            host::Variable::BoundFeature { dependent, package, requirement, feature }
        }
        contract::Variable::Exclusive(exclusive) => host::Variable::Exclusive { exclusive },
        contract::Variable::Wish => host::Variable::Wish,
    }
}

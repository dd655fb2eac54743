//! What one call told of releases, as it was told; and what a release says, laid out once somebody asks.
//!
//! Most releases are never looked at: they only stand behind others. So a call's lists are kept as they came, with a place
//! in them for each release.

use super::Span;
use crate::contract;

/// The lists of one call.
pub(super) struct Told {
    pub(super) exclusives: Vec<u32>,
    pub(super) dependencies: contract::Dependencies,
    pub(super) dependency_features: Vec<u32>,
    pub(super) features: contract::Features,
    pub(super) included: Vec<u32>,
    pub(super) additions: contract::Additions,
    pub(super) addition_features: Vec<u32>,
}

/// Where a release stands in the lists of its call.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Which call.
    pub(super) call: u32,
    pub(super) exclusives: Span,
    pub(super) dependencies: Span,
    pub(super) dependency_features: Span,
    pub(super) features: Span,
    pub(super) included: Span,
    pub(super) additions: Span,
    pub(super) addition_features: Span,
}

/// A dependency of a release.
pub(super) struct Dependency {
    /// Number of the package.
    pub(super) package: u32,
    /// Number of the requirement.
    pub(super) requirement: u32,
    /// Whether it is there only where a feature adds it.
    pub(super) optional: bool,
    /// In the call's features of dependencies.
    pub(super) features: Span,
}

/// A feature of a release.
pub(super) struct Feature {
    pub(super) name: u32,
    /// In the call's included features.
    pub(super) includes: Span,
    /// In the release's additions.
    pub(super) additions: Span,
}

/// A dependency that a feature adds.
pub(super) struct Addition {
    /// Place among the release's own dependencies.
    pub(super) dependency: u32,
    /// In the call's features of additions.
    pub(super) features: Span,
}

/// What a release says.
pub(super) struct Details {
    pub(super) dependencies: Vec<Dependency>,
    /// Ascending by number.
    pub(super) features: Vec<Feature>,
    pub(super) additions: Vec<Addition>,
}

impl Details {
    /// What the release at a place says.
    ///
    /// # Panics
    /// If it defines a feature twice, or a feature of it adds a dependency that it does not have.
    pub(super) fn of(told: &Told, place: &Place) -> Details {
        let Place { dependencies, features, additions, .. } = *place;
        let columns = &told.dependencies;
        let mut optional = {
            let first = columns.optional.partition_point(|other| *other < dependencies.start);
            columns.optional[first..].iter().copied().peekable()
        };
        let mut rest = Consecutive(place.dependency_features.start);
        let dependencies = (dependencies.start..)
            .zip(dependencies.of(&columns.packages))
            .zip(dependencies.of(&columns.requirements))
            .zip(dependencies.of(&columns.features))
            .map(|(((number, &package), &requirement), &features)| Dependency {
                package,
                requirement,
                optional: optional.next_if_eq(&number).is_some(),
                features: rest.next(features),
            })
            .collect::<Vec<_>>();

        let mut rest = Consecutive(place.addition_features.start);
        let additions = additions
            .of(&told.additions.dependencies)
            .iter()
            .zip(additions.of(&told.additions.features))
            .map(|(&dependency, &features)| Addition { dependency, features: rest.next(features) })
            .collect::<Vec<_>>();
        let known = |addition: &Addition| (addition.dependency as usize) < dependencies.len();
        assert!(additions.iter().all(known), "packages.additions: no such dependency");

        let (mut included, mut added) = (Consecutive(place.included.start), Consecutive(0));
        let mut features = features
            .of(&told.features.names)
            .iter()
            .zip(features.of(&told.features.includes))
            .zip(features.of(&told.features.additions))
            .map(|((&name, &includes), &additions)| Feature {
                name,
                includes: included.next(includes),
                additions: added.next(additions),
            })
            .collect::<Vec<_>>();
        features.sort_unstable_by_key(|feature| feature.name);
        let twice = features.windows(2).any(|pair| pair[0].name == pair[1].name);
        assert!(!twice, "packages.features: one of a release twice");
        Details { dependencies, features, additions }
    }

    /// A feature of it.
    pub(super) fn feature(&self, name: u32) -> Option<&Feature> {
        self.features.binary_search_by_key(&name, |feature| feature.name).ok().map(|place| &self.features[place])
    }
}

/// Stretches that follow one another, from here on. How long they are all together was checked when they came.
struct Consecutive(u32);

impl Consecutive {
    fn next(&mut self, count: u32) -> Span {
        let start = self.0;
        self.0 = start + count;
        Span { start, end: self.0 }
    }
}

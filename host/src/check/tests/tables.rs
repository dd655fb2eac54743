//! The two tables of `docs/resolution.md`, word by word: what a value requires, and which values are available.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{Catalog, State, Variable};

use super::reference::{Complete, accepted, track_of};

/// What a value requires: for each variable the values that it may have.
pub(super) type Required = BTreeMap<Variable, BTreeSet<u32>>;

/// A problem, perhaps with what a ceiling adds to it.
#[derive(Clone, Debug)]
pub(super) struct Problem<'a> {
    pub(super) catalog: &'a Catalog,
    /// What the consumer requires besides its edges.
    pins: Required,
    /// The releases that are wished for, and the wished-for dependency if it spans.
    wish: Option<(BTreeSet<u32>, Option<Variable>)>,
}

/// An edge: package, requirement, features.
type Edge = (u32, u32, BTreeSet<u32>);

impl<'a> Problem<'a> {
    pub(super) fn plain(catalog: &'a Catalog) -> Problem<'a> {
        Problem { catalog, pins: Required::new(), wish: None }
    }

    /// The problem of the ceiling of an item of a complete answer.
    pub(super) fn ceiling(catalog: &'a Catalog, complete: &Complete, item: usize) -> Problem<'a> {
        let mut problem = Problem::plain(catalog);
        for earlier in &complete.items[..item] {
            let track = track_of(catalog, earlier.to);
            problem.pins.insert(Variable::Release { track }, BTreeSet::from([earlier.to]));
            if let Some(bound) = problem.spanning(earlier.key) {
                problem.pins.insert(bound, BTreeSet::from([track]));
            }
        }
        let higher: BTreeSet<u32> = complete.higher(catalog)[item].iter().copied().collect();
        problem.pins.insert(Variable::Wish, problem.tracks(&higher));
        problem.wish = Some((higher, problem.spanning(complete.items[item].key)));
        problem
    }

    fn spanning(&self, key: (Option<u32>, u32, u32)) -> Option<Variable> {
        let (dependent, package, requirement) = key;
        let releases = accepted(self.catalog, key).into_iter().collect();
        let dependent = dependent.map(|release| track_of(self.catalog, release));
        (self.tracks(&releases).len() > 1).then_some(Variable::Bound { dependent, package, requirement })
    }

    fn tracks(&self, releases: &BTreeSet<u32>) -> BTreeSet<u32> {
        releases.iter().map(|&release| track_of(self.catalog, release)).collect()
    }

    fn feature(&self, release: u32, name: u32) -> Option<&'a crate::problem::Feature> {
        let features = &self.catalog.features[self.catalog.releases[release as usize].features.range()];
        features.iter().find(|feature| feature.name == name)
    }

    fn edges(&self, variable: Variable, value: u32) -> Vec<Edge> {
        let catalog = self.catalog;
        let set = |features: &[u32]| features.iter().copied().collect::<BTreeSet<u32>>();
        match variable {
            Variable::Root => {
                catalog.roots.iter().map(|root| (root.package, root.requirement, set(&root.features))).collect()
            }
            Variable::Release { .. } => catalog.dependencies[catalog.releases[value as usize].dependencies.range()]
                .iter()
                .filter(|dependency| !dependency.optional)
                .map(|dependency| {
                    let features = set(&catalog.dependency_features[dependency.features.range()]);
                    (dependency.package, dependency.requirement, features)
                })
                .collect(),
            Variable::Feature { feature, .. } => {
                let Some(feature) = self.feature(value, feature) else { return Vec::new() };
                let dependencies = &catalog.dependencies[catalog.releases[value as usize].dependencies.range()];
                let edge = |addition: &crate::problem::Addition| {
                    let dependency = &dependencies[addition.dependency as usize];
                    let mut features = set(&catalog.dependency_features[dependency.features.range()]);
                    features.extend(&catalog.addition_features[addition.features.range()]);
                    (dependency.package, dependency.requirement, features)
                };
                catalog.additions[feature.additions.range()].iter().map(edge).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether an edge requires nothing, because its package is not supplied.
    fn open(&self, dependent: Option<u32>, package: u32) -> bool {
        let registry_of = |package: u32| self.catalog.packages[package as usize].registry;
        let legal = dependent.is_none_or(|release| {
            let (from, to) = (registry_of(self.catalog.releases[release as usize].package), registry_of(package));
            from == to || self.catalog.links.iter().any(|link| (link.dependent, link.dependency) == (from, to))
        });
        legal && self.catalog.states[package as usize] == State::Unknown
    }

    /// What a value requires.
    pub(super) fn required(&self, variable: Variable, value: u32) -> Required {
        let mut required = Required::new();
        let mut require = |variable: Variable, values: BTreeSet<u32>| {
            let known = required.entry(variable).or_insert_with(|| values.clone());
            *known = known.intersection(&values).copied().collect();
        };
        let one = |value: u32| BTreeSet::from([value]);
        let dependent = match variable {
            Variable::Release { .. } | Variable::Feature { .. } => Some(value),
            _ => None,
        };
        for (package, requirement, features) in self.edges(variable, value) {
            if self.open(dependent, package) {
                continue;
            }
            let releases: BTreeSet<u32> =
                accepted(self.catalog, (dependent, package, requirement)).into_iter().collect();
            let tracks = self.tracks(&releases);
            match tracks.first() {
                None => {}
                Some(&track) if tracks.len() == 1 => {
                    if variable != (Variable::Release { track }) {
                        require(Variable::Release { track }, releases.clone());
                    }
                    for &feature in &features {
                        require(Variable::Feature { track, feature }, releases.clone());
                    }
                }
                Some(_) => {
                    let dependent = dependent.map(|release| track_of(self.catalog, release));
                    require(Variable::Bound { dependent, package, requirement }, tracks.clone());
                    for &feature in &features {
                        let bound = Variable::BoundFeature { dependent, package, requirement, feature };
                        require(bound, tracks.clone());
                    }
                }
            }
        }
        match variable {
            Variable::Root => {
                for (&variable, values) in &self.pins {
                    require(variable, values.clone());
                }
            }
            Variable::Release { .. } => {
                let release = &self.catalog.releases[value as usize];
                for &exclusive in &self.catalog.exclusives[release.exclusives.range()] {
                    require(Variable::Exclusive { exclusive }, one(value));
                }
            }
            Variable::Feature { track, feature } => {
                require(Variable::Release { track }, one(value));
                if let Some(feature) = self.feature(value, feature) {
                    for &feature in &self.catalog.included[feature.includes.range()] {
                        require(Variable::Feature { track, feature }, one(value));
                    }
                }
            }
            Variable::Bound { dependent, package, requirement } => {
                let releases = self.on_track((dependent, package, requirement), value);
                require(Variable::Release { track: value }, releases);
            }
            Variable::BoundFeature { dependent, package, requirement, feature } => {
                require(Variable::Bound { dependent, package, requirement }, one(value));
                let releases = self.on_track((dependent, package, requirement), value);
                require(Variable::Feature { track: value, feature }, releases);
            }
            Variable::Exclusive { .. } => {}
            Variable::Wish => {
                let (higher, bound) = self.wish.as_ref().expect("only ceilings have a wish");
                let on_track = |&release: &u32| track_of(self.catalog, release) == value;
                require(Variable::Release { track: value }, higher.iter().copied().filter(on_track).collect());
                if let Some(bound) = bound {
                    require(*bound, one(value));
                }
            }
        }
        required
    }

    fn on_track(&self, key: (Option<u32>, u32, u32), track: u32) -> BTreeSet<u32> {
        accepted(self.catalog, key).into_iter().filter(|&release| track_of(self.catalog, release) == track).collect()
    }

    /// Whether a value is available.
    pub(super) fn available(&self, variable: Variable, value: u32) -> bool {
        let exists = (value as usize) < self.catalog.releases.len();
        let usable = |track: u32| {
            exists && track_of(self.catalog, value) == track && !self.catalog.releases[value as usize].yanked
        };
        let itself = match variable {
            Variable::Root => value == 0,
            Variable::Release { track } => usable(track),
            Variable::Feature { track, feature } => {
                usable(track)
                    && self.feature(value, feature).is_some_and(|feature| {
                        let included = &self.catalog.included[feature.includes.range()];
                        included.iter().all(|&name| self.feature(value, name).is_some())
                    })
            }
            Variable::Bound { dependent, package, requirement }
            | Variable::BoundFeature { dependent, package, requirement, .. } => {
                let releases = accepted(self.catalog, (dependent, package, requirement)).into_iter().collect();
                self.tracks(&releases).contains(&value)
            }
            Variable::Exclusive { exclusive } => {
                exists
                    && self.catalog.exclusives[self.catalog.releases[value as usize].exclusives.range()]
                        .contains(&exclusive)
            }
            Variable::Wish => self.wish.as_ref().is_some_and(|(higher, _)| self.tracks(higher).contains(&value)),
        };
        let dependent = match variable {
            Variable::Release { .. } | Variable::Feature { .. } => Some(value),
            _ => None,
        };
        itself
            && self.edges(variable, value).iter().all(|&(package, requirement, _)| {
                let releases: BTreeSet<u32> =
                    accepted(self.catalog, (dependent, package, requirement)).into_iter().collect();
                let own_track = dependent.map(|release| BTreeSet::from([track_of(self.catalog, release)]));
                let excludes_itself =
                    Some(self.tracks(&releases)) == own_track && dependent.is_some_and(|own| !releases.contains(&own));
                self.open(dependent, package) || !releases.is_empty() && !excludes_itself
            })
    }

    /// The values that the variables have in a complete answer.
    pub(super) fn assignment(&self, complete: &Complete) -> BTreeMap<Variable, u32> {
        let mut values = BTreeMap::from([(Variable::Root, 0)]);
        for (&release, features) in &complete.releases {
            let track = track_of(self.catalog, release);
            values.insert(Variable::Release { track }, release);
            values.extend(features.iter().map(|&feature| (Variable::Feature { track, feature }, release)));
            let exclusives = self.catalog.releases[release as usize].exclusives;
            let named = &self.catalog.exclusives[exclusives.range()];
            values.extend(named.iter().map(|&exclusive| (Variable::Exclusive { exclusive }, release)));
        }
        for item in &complete.items {
            if let Some(bound) = self.spanning(item.key) {
                let track = track_of(self.catalog, item.to);
                values.insert(bound, track);
                if let Variable::Bound { dependent, package, requirement } = bound {
                    values.extend(
                        item.features.iter().map(|&feature| {
                            (Variable::BoundFeature { dependent, package, requirement, feature }, track)
                        }),
                    );
                }
            }
        }
        values
    }
}

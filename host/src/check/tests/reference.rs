//! All complete answers of a small problem, by trying every binding of every item of the queue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::problem::{Answer, Binding, Catalog, Chosen, State};

/// A dependent (a release, or nothing for the consumer), and its dependency's package and requirement.
pub(super) type Key = (Option<u32>, u32, u32);

/// An item that was taken from the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) key: Key,
    pub(super) features: BTreeSet<u32>,
    pub(super) to: u32,
    pub(super) forced: bool,
}

/// A complete answer, found along the queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complete {
    pub(super) items: Vec<Taken>,
    pub(super) bound: BTreeMap<Key, u32>,
    pub(super) releases: BTreeMap<u32, BTreeSet<u32>>,
    queue: VecDeque<(Key, BTreeSet<u32>)>,
}

/// All complete answers, the highest candidates tried first, so that the first one is the answer.
pub(crate) fn all(catalog: &Catalog) -> Vec<Complete> {
    let mut start = Complete::default();
    let roots = catalog
        .roots
        .iter()
        .map(|root| ((None, root.package, root.requirement), root.features.iter().copied().collect::<BTreeSet<u32>>()));
    start.add_batch(catalog, roots.collect());
    let mut found = Vec::new();
    let mut open = vec![start];
    while let Some(mut state) = open.pop() {
        let Some((key, features)) = state.queue.pop_front() else {
            found.push(state);
            continue;
        };
        let choices = match state.bound.get(&key) {
            Some(&to) => vec![to],
            None => accepted(catalog, key),
        };
        let forced = state.bound.contains_key(&key);
        // The last one pushed is the next one tried.
        for to in choices {
            let mut next = state.clone();
            next.items.push(Taken { key, features: features.clone(), to, forced });
            next.bound.insert(key, to);
            if next.bring_in(catalog, to, &features) {
                open.push(next);
            }
        }
    }
    found
}

/// The releases that a dependency accepts, ascending.
pub(super) fn accepted(catalog: &Catalog, (dependent, package, requirement): Key) -> Vec<u32> {
    let registry_of = |package: u32| catalog.packages[package as usize].registry;
    let legal = dependent.is_none_or(|release| {
        let (from, to) = (registry_of(catalog.releases[release as usize].package), registry_of(package));
        from == to || catalog.links.iter().any(|link| (link.dependent, link.dependency) == (from, to))
    });
    let State::Present(span) = catalog.states[package as usize] else { return Vec::new() };
    let wanted = &catalog.requirements[requirement as usize];
    let fits = |&number: &u32| {
        let release = &catalog.releases[number as usize];
        let content_fits = wanted.content.is_none() || wanted.content == Some(release.content);
        legal && !release.yanked && content_fits && wanted.accepts.matches(catalog.version_of(number))
    };
    span.numbers().filter(fits).collect()
}

/// The lowest release of a release's track.
pub(super) fn track_of(catalog: &Catalog, release: u32) -> u32 {
    let key = |number: u32| {
        let version = catalog.version_of(number);
        let leading = [version.major, version.minor, version.patch];
        let length = leading.iter().position(|&number| number != 0).map_or(3, |place| place + 1);
        (catalog.releases[number as usize].package, leading[..length].to_vec())
    };
    (0..=release).find(|&number| key(number) == key(release)).expect("it is on its own track")
}

impl Complete {
    fn add_batch(&mut self, catalog: &Catalog, items: Vec<(Key, BTreeSet<u32>)>) {
        let mut merged: BTreeMap<_, (Key, BTreeSet<u32>)> = BTreeMap::new();
        for (key, features) in items {
            let requirement = &catalog.requirements[key.2 as usize];
            let order = (catalog.package_key(key.1), requirement.range.as_str(), requirement.content);
            merged.entry(order).or_insert((key, BTreeSet::new())).1.extend(features);
        }
        self.queue.extend(merged.into_values());
    }

    /// Puts a release with features into the answer; false if that cannot be.
    fn bring_in(&mut self, catalog: &Catalog, number: u32, features: &BTreeSet<u32>) -> bool {
        let release = &catalog.releases[number as usize];
        let new = !self.releases.contains_key(&number);
        if new {
            for &other in self.releases.keys() {
                let names = |number: u32| &catalog.exclusives[catalog.releases[number as usize].exclusives.range()];
                if track_of(catalog, other) == track_of(catalog, number)
                    || names(other).iter().any(|name| names(number).contains(name))
                {
                    return false;
                }
            }
            self.releases.insert(number, BTreeSet::new());
        }
        let dependencies = &catalog.dependencies[release.dependencies.range()];
        let mut batch = Vec::new();
        let mut add = |place: usize, further: &[u32]| {
            let dependency = &dependencies[place];
            let stated = &catalog.dependency_features[dependency.features.range()];
            let key = (Some(number), dependency.package, dependency.requirement);
            batch.push((key, stated.iter().chain(further).copied().collect()));
        };
        if new {
            for (place, dependency) in dependencies.iter().enumerate() {
                if !dependency.optional {
                    add(place, &[]);
                }
            }
        }
        let on = self.releases.get_mut(&number).expect("just put there");
        let mut asked: Vec<u32> = features.iter().copied().collect();
        while let Some(name) = asked.pop() {
            let defined = &catalog.features[release.features.range()];
            let Some(feature) = defined.iter().find(|feature| feature.name == name) else {
                return false;
            };
            if on.insert(name) {
                asked.extend(&catalog.included[feature.includes.range()]);
                for addition in &catalog.additions[feature.additions.range()] {
                    add(addition.dependency as usize, &catalog.addition_features[addition.features.range()]);
                }
            }
        }
        self.add_batch(catalog, batch);
        true
    }

    /// The answer as a solver returns it, without ceilings.
    pub(super) fn answer(&self, catalog: &Catalog) -> Answer {
        let bindings = |dependent: Option<u32>| {
            let mut bindings: Vec<Binding> = self
                .bound
                .iter()
                .filter(|((of, ..), _)| *of == dependent)
                .map(|(&(_, package, requirement), &to)| Binding { package, requirement, to })
                .collect();
            bindings.sort_by_key(|binding| {
                let requirement = &catalog.requirements[binding.requirement as usize];
                (catalog.package_key(binding.package), &requirement.range, requirement.content)
            });
            bindings
        };
        let mut releases: Vec<Chosen> = self
            .releases
            .iter()
            .map(|(&release, features)| {
                let mut features: Vec<u32> = features.iter().copied().collect();
                features.sort_by_key(|&feature| &catalog.feature_names[feature as usize]);
                Chosen { release, features, bindings: bindings(Some(release)) }
            })
            .collect();
        releases.sort_by_key(|chosen| {
            let package = catalog.releases[chosen.release as usize].package;
            (catalog.package_key(package), catalog.version_of(chosen.release))
        });
        Answer { roots: bindings(None), releases, ceilings: Vec::new() }
    }

    /// For each item its candidates that are higher than its release; none for forced items.
    pub(super) fn higher(&self, catalog: &Catalog) -> Vec<Vec<u32>> {
        let of_item = |item: &Taken| {
            let defines = |release: u32, name: &u32| {
                let features = &catalog.features[catalog.releases[release as usize].features.range()];
                features.iter().any(|feature| feature.name == *name)
            };
            let mut higher = accepted(catalog, item.key);
            higher.retain(|&release| {
                !item.forced && release > item.to && item.features.iter().all(|name| defines(release, name))
            });
            higher
        };
        self.items.iter().map(of_item).collect()
    }
}

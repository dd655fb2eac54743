//! What the solver was told, checked and laid out for quick questions.
//!
//! Text is read once. Releases keep the numbers of the contract; what a release says is laid out when it is first asked
//! about, from the flat lists that it came in, in which a [`Span`] says where.

mod accepted;
mod intake;
mod tables;
#[cfg(test)]
mod tests;
mod told;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use accepted::Accepted;
use accepted::AcceptedCache;
use tables::Tables;
use told::{Dependency, Details, Feature, Place, Told};

use crate::contract;

/// A stretch of a flat list.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.start as usize..self.end as usize]
    }
}

/// What is known of a package.
#[derive(Clone, Copy)]
pub(crate) enum State {
    /// Mentioned, not supplied.
    Unknown,
    /// Proven absent.
    Absent,
    /// Its releases: from the first number to the last, both included, at least one.
    Present(u32, u32),
}

/// A release.
struct Release {
    package: u32,
    version: u32,
    content: contract::Digest,
    yanked: bool,
    preferred: bool,
    /// The lowest release of its track.
    track: u32,
    /// The highest release of its track.
    track_end: u32,
    place: Place,
    /// What it says, once somebody has asked.
    details: OnceCell<Box<Details>>,
}

/// Everything that the solver was told.
pub(crate) struct Catalog {
    pub(crate) tables: Tables,
    states: Vec<State>,
    releases: Vec<Release>,
    /// What each call told of releases.
    calls: Vec<Told>,
    /// For each exclusive resource, the releases that name it, ascending.
    namers: Vec<Vec<u32>>,
    /// By dependent registry and registry depended on: the only packages that may be depended on, if not all.
    links: BTreeMap<(u32, u32), Option<BTreeSet<u32>>>,
    /// By replaced package: what replaces it.
    overrides: BTreeMap<u32, u32>,
    /// Packages and versions that are preferred.
    preferences: BTreeSet<(u32, u32)>,
    /// Releases that are, ascending.
    preferred: Vec<u32>,
    roots: Vec<contract::Root>,
    accepted: AcceptedCache,
}

/// A dependency as it holds with some features on: what is declared, merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Number of the package: where what is declared is replaced, what replaces it.
    pub(crate) package: u32,
    /// Number of the requirement.
    pub(crate) requirement: u32,
    /// Whether all that was declared is legal.
    pub(crate) legal: bool,
    /// The features asked for, ascending by name, none twice.
    pub(crate) features: Vec<u32>,
}

/// A dependency as one record or root declares it.
struct Declared<'a> {
    package: u32,
    requirement: u32,
    legal: bool,
    /// Features asked for where it stands.
    features: &'a [u32],
    /// Features asked for where it is added.
    further: &'a [u32],
}

impl Catalog {
    /// What is known of a package.
    pub(crate) fn state(&self, package: u32) -> State {
        self.states[package as usize]
    }

    /// The track that a release is on, named by its lowest release.
    pub(crate) fn track(&self, release: u32) -> u32 {
        self.releases[release as usize].track
    }

    /// The highest release of a track.
    pub(crate) fn track_end(&self, track: u32) -> u32 {
        self.releases[track as usize].track_end
    }

    /// The package of a release.
    pub(crate) fn package_of(&self, release: u32) -> u32 {
        self.releases[release as usize].package
    }

    /// The number of a release's version.
    pub(crate) fn version_of(&self, release: u32) -> u32 {
        self.releases[release as usize].version
    }

    /// Whether a release may be in an answer.
    pub(crate) fn is_usable(&self, release: u32) -> bool {
        !self.releases[release as usize].yanked
    }

    /// Whether it ranks above all releases of its package that are not preferred.
    pub(crate) fn is_preferred(&self, release: u32) -> bool {
        self.releases[release as usize].preferred
    }

    /// The preferred releases from one number to another, both included, ascending.
    pub(crate) fn preferred_within(&self, first: u32, last: u32) -> &[u32] {
        let start = self.preferred.partition_point(|release| *release < first);
        let end = self.preferred.partition_point(|release| *release <= last);
        &self.preferred[start..end]
    }

    /// Whether any release may be preferred.
    pub(crate) fn has_preferences(&self) -> bool {
        !self.preferences.is_empty()
    }

    /// The exclusive resources that a release names.
    pub(crate) fn exclusives_of(&self, release: u32) -> &[u32] {
        self.releases[release as usize].place.exclusives.of(&self.told(release).exclusives)
    }

    /// The lists of the call that told of a release.
    fn told(&self, release: u32) -> &Told {
        &self.calls[self.releases[release as usize].place.call as usize]
    }

    fn details(&self, release: u32) -> &Details {
        let Release { place, details, .. } = &self.releases[release as usize];
        details.get_or_init(|| Box::new(Details::of(self.told(release), place)))
    }

    /// The releases that name an exclusive resource, ascending.
    pub(crate) fn namers(&self, exclusive: u32) -> &[u32] {
        &self.namers[exclusive as usize]
    }

    /// Whether a release defines a feature.
    pub(crate) fn defines(&self, release: u32, feature: u32) -> bool {
        self.feature(release, feature).is_some()
    }

    fn feature(&self, release: u32, feature: u32) -> Option<&Feature> {
        self.details(release).feature(feature)
    }

    /// The features of the same release that a feature turns on directly; nothing if the release does not define it.
    pub(crate) fn includes(&self, release: u32, feature: u32) -> &[u32] {
        self.feature(release, feature).map_or(&[], |feature| feature.includes.of(&self.told(release).included))
    }

    /// Whether a release may depend on a package.
    fn is_legal(&self, dependent: u32, package: u32) -> bool {
        let from = self.tables.packages[self.package_of(dependent) as usize].registry;
        let to = self.tables.packages[package as usize].registry;
        let allows = |packages: &Option<BTreeSet<u32>>| packages.as_ref().is_none_or(|all| all.contains(&package));
        from == to || self.links.get(&(from, to)).is_some_and(allows)
    }

    /// The consumer's dependencies, merged, in the order of the queue.
    pub(crate) fn root_dependencies(&self) -> Vec<Merged> {
        self.merge(self.roots.iter().map(|root| Declared {
            package: self.replaced(root.package),
            requirement: root.requirement,
            legal: true,
            features: &root.features,
            further: &[],
        }))
    }

    /// A release's dependencies that are not optional, merged, in the order of the queue.
    pub(crate) fn dependencies_of(&self, release: u32) -> Vec<Merged> {
        self.merge(self.declared_by_release(release))
    }

    /// The dependencies that a feature adds, merged, in the order of the queue.
    pub(crate) fn dependencies_of_feature(&self, release: u32, feature: u32) -> Vec<Merged> {
        self.merge(self.declared_by_feature(release, feature))
    }

    /// One batch of the queue: what a release adds that is new, or not (then nothing), and what features of it add
    /// that were not on before.
    pub(crate) fn batch(&self, release: u32, is_new: IsNew, features: &[u32]) -> Vec<Merged> {
        let own = match is_new {
            IsNew::Yes => Some(self.declared_by_release(release)),
            IsNew::No => None,
        };
        let added = features.iter().flat_map(|&feature| self.declared_by_feature(release, feature));
        self.merge(own.into_iter().flatten().chain(added))
    }

    /// What replaces a package; the package itself, if nothing does.
    fn replaced(&self, package: u32) -> u32 {
        self.overrides.get(&package).copied().unwrap_or(package)
    }

    /// A dependency of a release. What is not legal is not replaced either: it leads nowhere.
    fn declared<'a>(&'a self, release: u32, dependency: &Dependency, further: &'a [u32]) -> Declared<'a> {
        let legal = self.is_legal(release, dependency.package);
        Declared {
            package: if legal { self.replaced(dependency.package) } else { dependency.package },
            requirement: dependency.requirement,
            legal,
            features: dependency.features.of(&self.told(release).dependency_features),
            further,
        }
    }

    fn declared_by_release(&self, release: u32) -> impl Iterator<Item = Declared<'_>> {
        let own = self.details(release).dependencies.iter().filter(|dependency| !dependency.optional);
        own.map(move |dependency| self.declared(release, dependency, &[]))
    }

    fn declared_by_feature(&self, release: u32, feature: u32) -> impl Iterator<Item = Declared<'_>> {
        let (told, details) = (self.told(release), self.details(release));
        let additions = details.feature(feature).map_or(&[][..], |feature| feature.additions.of(&details.additions));
        additions.iter().map(move |addition| {
            let dependency = &details.dependencies[addition.dependency as usize];
            self.declared(release, dependency, addition.features.of(&told.addition_features))
        })
    }

    /// Unites declarations of one package and requirement. Sorted by registry, name, range and content.
    fn merge<'a>(&self, declared: impl Iterator<Item = Declared<'a>>) -> Vec<Merged> {
        let mut all: Vec<_> = declared.collect();
        let key = |package, requirement| (self.tables.package_rank(package), self.tables.requirement_rank(requirement));
        all.sort_by_key(|declared| key(declared.package, declared.requirement));
        let mut merged: Vec<Merged> = Vec::with_capacity(all.len());
        for Declared { package, requirement, legal, features, further } in all {
            let asked = features.iter().chain(further).copied();
            match merged.last_mut() {
                Some(last) if (last.package, last.requirement) == (package, requirement) => {
                    last.legal &= legal;
                    last.features.extend(asked);
                }
                _ => merged.push(Merged { package, requirement, legal, features: asked.collect() }),
            }
        }
        for dependency in &mut merged {
            self.tables.sort_features(&mut dependency.features);
        }
        merged
    }

    /// The usable releases of a package that a requirement accepts; nothing if the package was not supplied.
    pub(crate) fn accepted(&mut self, package: u32, requirement: u32) -> Option<&Accepted> {
        match self.state(package) {
            State::Unknown => None,
            State::Absent => Some(Accepted::NONE),
            State::Present(first, last) => {
                let releases = &self.releases[first as usize..=last as usize];
                Some(self.accepted.get(package, requirement, (first..).zip(releases), &self.tables))
            }
        }
    }
}

/// Whether a release was in the answer before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsNew {
    /// It comes in now.
    Yes,
    /// It was there.
    No,
}

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
use told::{Details, Feature, Place, Told};

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
    roots: Vec<contract::Root>,
    accepted: AcceptedCache,
}

/// A dependency as it holds with some features on: what is declared, merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Number of the package.
    pub(crate) package: u32,
    /// Number of the requirement.
    pub(crate) requirement: u32,
    /// The features asked for, ascending by name, none twice.
    pub(crate) features: Vec<u32>,
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

    /// Whether a dependent may depend on a package. The consumer (no dependent) may depend on any.
    pub(crate) fn is_legal(&self, dependent: Option<u32>, package: u32) -> bool {
        let Some(dependent) = dependent else { return true };
        let from = self.tables.packages[self.package_of(dependent) as usize].registry;
        let to = self.tables.packages[package as usize].registry;
        let allows = |packages: &Option<BTreeSet<u32>>| packages.as_ref().is_none_or(|all| all.contains(&package));
        from == to || self.links.get(&(from, to)).is_some_and(allows)
    }

    /// The consumer's dependencies, merged, in the order of the queue.
    pub(crate) fn root_dependencies(&self) -> Vec<Merged> {
        let declared = self.roots.iter().map(|root| (root.package, root.requirement, &root.features[..], &[][..]));
        self.merge(declared)
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

    fn declared_by_release(&self, release: u32) -> impl Iterator<Item = (u32, u32, &[u32], &[u32])> {
        let told = self.told(release);
        let own = self.details(release).dependencies.iter().filter(|dependency| !dependency.optional);
        own.map(|d| (d.package, d.requirement, d.features.of(&told.dependency_features), &[][..]))
    }

    fn declared_by_feature(&self, release: u32, feature: u32) -> impl Iterator<Item = (u32, u32, &[u32], &[u32])> {
        let (told, details) = (self.told(release), self.details(release));
        let additions = details.feature(feature).map_or(&[][..], |feature| feature.additions.of(&details.additions));
        additions.iter().map(|addition| {
            let d = &details.dependencies[addition.dependency as usize];
            let further = addition.features.of(&told.addition_features);
            (d.package, d.requirement, d.features.of(&told.dependency_features), further)
        })
    }

    /// Unites declarations of one package and requirement. Sorted by registry, name, range and content.
    fn merge<'a>(&self, declared: impl Iterator<Item = (u32, u32, &'a [u32], &'a [u32])>) -> Vec<Merged> {
        let mut all: Vec<_> = declared.collect();
        let key = |package, requirement| (self.tables.package_rank(package), self.tables.requirement_rank(requirement));
        all.sort_by_key(|&(package, requirement, _, _)| key(package, requirement));
        let mut merged: Vec<Merged> = Vec::with_capacity(all.len());
        for (package, requirement, features, further) in all {
            let asked = features.iter().chain(further).copied();
            match merged.last_mut() {
                Some(last) if (last.package, last.requirement) == (package, requirement) => last.features.extend(asked),
                _ => merged.push(Merged { package, requirement, features: asked.collect() }),
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

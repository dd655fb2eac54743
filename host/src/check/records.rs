//! The records, read by the terms of `docs/resolution.md`: tracks, requirements, edges.

use std::collections::HashMap;
use std::rc::Rc;

use semver::Version;

use crate::problem::{Catalog, Dependency, Feature, State};

use super::stated::Stated;

/// The releases that a dependency accepts. There may be none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Release numbers, ascending.
    pub(crate) releases: Vec<u32>,
    /// The tracks on which they stand, ascending.
    pub(crate) tracks: Vec<u32>,
}

impl Accepted {
    /// Whether a release is among them.
    pub(crate) fn holds(&self, release: u32) -> bool {
        self.releases.binary_search(&release).is_ok()
    }

    /// Whether they stand on more than one track.
    pub(crate) fn spans(&self) -> bool {
        self.tracks.len() > 1
    }
}

/// What is known of what a dependency accepts.
#[derive(Clone, Debug)]
pub(crate) enum Supply {
    /// Its package was not supplied, and it is legal: nothing is required.
    Open,
    /// These releases.
    Known(Rc<Accepted>),
}

/// A requirement of a release, of one of its features or of the consumer on a package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<'a> {
    /// Number of the package that was declared.
    pub(crate) declared: u32,
    /// Number of the package depended on: what stands in the place of the declared one.
    pub(crate) package: u32,
    /// Number of the requirement.
    pub(crate) requirement: u32,
    /// Whether what was declared is legal.
    pub(crate) legal: bool,
    /// Features asked for where the dependency stands.
    asked: &'a [u32],
    /// Features asked for where it is added.
    further: &'a [u32],
}

impl<'a> Edge<'a> {
    /// The features asked for; some may come twice.
    pub(crate) fn features(self) -> impl Iterator<Item = u32> + 'a {
        self.asked.iter().chain(self.further).copied()
    }

    /// Whether it asks for a feature.
    pub(crate) fn asks(self, feature: u32) -> bool {
        self.asked.contains(&feature) || self.further.contains(&feature)
    }
}

/// The catalog with what is worked out from it once.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    catalog: &'a Catalog,
    /// For each release the lowest release of its track.
    tracks: Vec<u32>,
    /// For each lowest release of a track one past the highest; 0 for every other.
    ends: Vec<u32>,
    stated: Rc<Stated>,
    accepted: HashMap<(u32, u32), Rc<Accepted>>,
    highest: HashMap<(u32, u32), Option<u32>>,
    nothing: Rc<Accepted>,
}

impl<'a> Records<'a> {
    pub(crate) fn new(catalog: &'a Catalog) -> Records<'a> {
        let count = catalog.releases.len();
        let mut tracks = Vec::with_capacity(count);
        let mut ends = vec![0; count];
        let mut current: Option<(u32, (u64, u64, u64))> = None;
        let mut lowest = 0;
        for (number, release) in catalog.releases.iter().enumerate() {
            let number = number as u32;
            let here = (release.package, track_key(catalog.version_of(number)));
            if current != Some(here) {
                current = Some(here);
                lowest = number;
            }
            tracks.push(lowest);
            ends[lowest as usize] = number + 1;
        }
        let (accepted, highest, nothing) = Default::default();
        Records { catalog, tracks, ends, stated: Rc::new(Stated::new(catalog)), accepted, highest, nothing }
    }

    /// What the solver was told.
    pub(crate) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// A release's track.
    pub(crate) fn track_of(&self, release: u32) -> u32 {
        self.tracks[release as usize]
    }

    /// Whether the number is that of a track.
    pub(crate) fn is_track(&self, number: u32) -> bool {
        self.tracks.get(number as usize) == Some(&number)
    }

    /// One past the highest release of a track.
    pub(crate) fn track_end(&self, track: u32) -> u32 {
        self.ends[track as usize]
    }

    /// The number of a release's or a track's package.
    pub(crate) fn package_of(&self, release: u32) -> u32 {
        self.catalog.releases[release as usize].package
    }

    /// The number of a release's or a track's registry.
    pub(crate) fn registry_of(&self, release: u32) -> u32 {
        self.catalog.packages[self.package_of(release) as usize].registry
    }

    /// The accepted releases of an edge.
    pub(crate) fn supply(&mut self, edge: Edge<'_>) -> Supply {
        match self.catalog.states[edge.package as usize] {
            _ if !edge.legal => Supply::Known(Rc::clone(&self.nothing)),
            State::Unknown => Supply::Open,
            State::Absent => Supply::Known(Rc::clone(&self.nothing)),
            State::Present(_) => Supply::Known(self.accepted(edge.package, edge.requirement)),
        }
    }

    /// Where a release stands among those of its package: what ranks higher is taken first.
    pub(crate) fn rank(&self, release: u32) -> (bool, u32) {
        (self.stated.is_preferred(release), release)
    }

    /// The preferred releases of a release's package, ascending.
    pub(crate) fn preferred_beside(&self, release: u32) -> Vec<u32> {
        match self.catalog.states[self.package_of(release) as usize] {
            State::Present(span) => self.stated.preferred_within(span.numbers()).collect(),
            State::Unknown | State::Absent => Vec::new(),
        }
    }

    /// Whether a requirement accepts a release of its package.
    pub(crate) fn accepts(&self, requirement: u32, release: u32) -> bool {
        let wanted = &self.catalog.requirements[requirement as usize];
        let candidate = &self.catalog.releases[release as usize];
        !candidate.yanked
            && wanted.content.is_none_or(|content| content == candidate.content)
            && wanted.accepts.matches(self.catalog.version_of(release))
    }

    /// The highest release of a package that a requirement accepts, found once. Asking from the top is far cheaper than
    /// knowing all that is accepted, and mostly all that a check needs.
    pub(crate) fn highest(&mut self, package: u32, requirement: u32) -> Option<u32> {
        if let Some(&known) = self.highest.get(&(package, requirement)) {
            return known;
        }
        let highest = match self.catalog.states[package as usize] {
            State::Present(span) => span.numbers().rev().find(|&release| self.accepts(requirement, release)),
            State::Unknown | State::Absent => None,
        };
        self.highest.insert((package, requirement), highest);
        highest
    }

    /// The usable releases of a package that a requirement accepts, asked release by release, once; none of a package that
    /// was not supplied.
    pub(crate) fn accepted(&mut self, package: u32, requirement: u32) -> Rc<Accepted> {
        if let Some(known) = self.accepted.get(&(package, requirement)) {
            return Rc::clone(known);
        }
        let mut accepted = Accepted::default();
        if let State::Present(span) = self.catalog.states[package as usize] {
            accepted.releases.extend(span.numbers().filter(|&release| self.accepts(requirement, release)));
            accepted.tracks.extend(accepted.releases.iter().map(|&release| self.track_of(release)));
            accepted.tracks.dedup();
        }
        let accepted = Rc::new(accepted);
        self.accepted.insert((package, requirement), Rc::clone(&accepted));
        accepted
    }

    /// A release's feature of a name, if it defines one.
    pub(crate) fn feature(&self, release: u32, name: u32) -> Option<&'a Feature> {
        self.features(release).iter().find(|feature| feature.name == name)
    }

    /// The features that a release defines.
    pub(crate) fn features(&self, release: u32) -> &'a [Feature] {
        &self.catalog.features[self.catalog.releases[release as usize].features.range()]
    }

    /// The features that a feature includes.
    pub(crate) fn includes(&self, feature: &Feature) -> &'a [u32] {
        &self.catalog.included[feature.includes.range()]
    }

    /// The exclusive resources that a release names.
    pub(crate) fn exclusives(&self, release: u32) -> &'a [u32] {
        &self.catalog.exclusives[self.catalog.releases[release as usize].exclusives.range()]
    }

    /// The consumer's edges.
    pub(crate) fn root_edges(&self) -> impl Iterator<Item = Edge<'a>> + use<'a> {
        let stated = Rc::clone(&self.stated);
        self.catalog.roots.iter().map(move |root| Edge {
            declared: root.package,
            package: stated.replaced(root.package),
            requirement: root.requirement,
            legal: true,
            asked: &root.features,
            further: &[],
        })
    }

    /// What a release's edges have in common: how each of its dependencies becomes one.
    fn edge(&self, release: u32) -> impl Fn(&Dependency, &'a [u32]) -> Edge<'a> + use<'a> {
        let (catalog, stated, registry) = (self.catalog, Rc::clone(&self.stated), self.registry_of(release));
        move |dependency, further| {
            let declared = dependency.package;
            let legal = stated.is_legal(catalog, Some(registry), declared);
            Edge {
                declared,
                // What is not legal is not replaced either: it accepts nothing.
                package: if legal { stated.replaced(declared) } else { declared },
                requirement: dependency.requirement,
                legal,
                asked: &catalog.dependency_features[dependency.features.range()],
                further,
            }
        }
    }

    fn dependencies(&self, release: u32) -> &'a [Dependency] {
        &self.catalog.dependencies[self.catalog.releases[release as usize].dependencies.range()]
    }

    /// The edges of a release, those included that are there only with some feature.
    pub(crate) fn possible_edges(&self, release: u32) -> impl Iterator<Item = Edge<'a>> + use<'a> {
        let edge = self.edge(release);
        self.dependencies(release).iter().map(move |dependency| edge(dependency, &[]))
    }

    /// The edges of a release that are there whatever its features.
    pub(crate) fn release_edges(&self, release: u32) -> impl Iterator<Item = Edge<'a>> + use<'a> {
        let edge = self.edge(release);
        let fixed = self.dependencies(release).iter().filter(|dependency| !dependency.optional);
        fixed.map(move |dependency| edge(dependency, &[]))
    }

    /// The edges that a feature of a release adds.
    pub(crate) fn feature_edges(&self, release: u32, feature: &Feature) -> impl Iterator<Item = Edge<'a>> + use<'a> {
        let (catalog, dependencies, edge) = (self.catalog, self.dependencies(release), self.edge(release));
        catalog.additions[feature.additions.range()].iter().map(move |addition| {
            // A record is read only if its additions name places in its own list.
            let dependency = &dependencies[addition.dependency as usize];
            edge(dependency, &catalog.addition_features[addition.features.range()])
        })
    }
}

/// What versions of one track have in common.
fn track_key(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    }
}

//! A problem read by the page's terms: releases numbered, their tracks, and every dependency with what it accepts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use semver::Version;

use crate::oracle::problem::{Addition, Declaration, Package, Problem, Release, Requirement};

/// Names of features.
pub(super) type Features<'a> = BTreeSet<&'a str>;

/// A release, by its place in [`Records::releases`].
pub(super) type Id = usize;

/// What the encoding says of, all of a problem.
pub(super) struct Records<'a> {
    pub(super) problem: &'a Problem,
    /// By package, ascending by precedence.
    pub(super) releases: Vec<Numbered<'a>>,
    /// Of each package that is there its releases.
    spans: BTreeMap<&'a Package, Range<Id>>,
    /// The consumer's, then those of each release; each once.
    pub(super) dependencies: Vec<Dependency<'a>>,
}

/// Places among the dependencies.
type Places<'a> = BTreeMap<(Option<Id>, &'a Package, &'a Requirement), usize>;

pub(super) struct Numbered<'a> {
    pub(super) package: &'a Package,
    pub(super) version: &'a Version,
    pub(super) release: &'a Release,
    /// Counted over all packages.
    pub(super) track: usize,
}

/// A dependency, with all declarations of it.
pub(super) struct Dependency<'a> {
    /// Nothing for the consumer.
    pub(super) dependent: Option<Id>,
    pub(super) package: &'a Package,
    pub(super) requirement: &'a Requirement,
    /// Ascending.
    pub(super) accepted: Vec<Id>,
    pub(super) asks: Vec<Ask<'a>>,
}

/// One declaration of a dependency.
pub(super) struct Ask<'a> {
    /// The dependent's feature that adds it; nothing if it is always there.
    pub(super) by: Option<&'a str>,
    /// What is declared and not legal can never be there.
    pub(super) legal: bool,
    pub(super) features: Features<'a>,
}

impl<'a> Records<'a> {
    pub(super) fn new(problem: &'a Problem) -> Records<'a> {
        let mut records = Records { problem, releases: Vec::new(), spans: BTreeMap::new(), dependencies: Vec::new() };
        let (mut tracks, mut places) = (BTreeMap::new(), Places::new());
        for (package, releases) in &problem.packages {
            let first = records.releases.len();
            for (version, release) in releases {
                let next = tracks.len();
                let track = *tracks.entry((package, leading(version))).or_insert(next);
                records.releases.push(Numbered { package, version, release, track });
            }
            records.spans.insert(package, first..records.releases.len());
        }
        for root in &problem.roots {
            records.declare(&mut places, None, root, None);
        }
        for id in 0..records.releases.len() {
            let release = records.releases[id].release;
            for declared in release.dependencies.iter().filter(|declared| !declared.optional) {
                records.declare(&mut places, Some(id), declared, None);
            }
            for (name, feature) in &release.features {
                for addition in &feature.additions {
                    let declared = &release.dependencies[addition.dependency];
                    records.declare(&mut places, Some(id), declared, Some((name, addition)));
                }
            }
        }
        let mut matching = BTreeMap::new();
        for place in 0..records.dependencies.len() {
            let Dependency { package, requirement, ref asks, .. } = records.dependencies[place];
            if asks.iter().any(|ask| ask.legal) {
                let of = matching.entry((package, requirement));
                let accepted: &Vec<Id> = of.or_insert_with(|| records.matching(package, requirement));
                records.dependencies[place].accepted.clone_from(accepted);
            }
        }
        records
    }

    fn declare(
        &mut self,
        places: &mut Places<'a>,
        dependent: Option<Id>,
        declared: &'a Declaration,
        by: Option<(&'a str, &'a Addition)>,
    ) {
        let Declaration { package, requirement, features, .. } = declared;
        let legal = self.is_legal(dependent, package);
        let package = self.problem.overrides.get(package).filter(|_| legal).unwrap_or(package);
        let next = self.dependencies.len();
        let place = *places.entry((dependent, package, requirement)).or_insert(next);
        if place == next {
            let (accepted, asks) = (Vec::new(), Vec::new());
            self.dependencies.push(Dependency { dependent, package, requirement, accepted, asks });
        }
        let further = by.into_iter().flat_map(|(_, addition)| &addition.features);
        let features = features.iter().chain(further).map(String::as_str).collect();
        self.dependencies[place].asks.push(Ask { by: by.map(|(feature, _)| feature), legal, features });
    }

    fn is_legal(&self, dependent: Option<Id>, package: &Package) -> bool {
        dependent.is_none_or(|id| {
            let from = &self.releases[id].package.registry;
            *from == package.registry || self.problem.is_linked(from, package)
        })
    }

    fn matching(&self, package: &Package, requirement: &Requirement) -> Vec<Id> {
        let range = requirement.read();
        let accepts = |&id: &Id| {
            let Numbered { version, release, .. } = self.releases[id];
            !release.yanked
                && range.matches(version)
                && requirement.content.as_ref().is_none_or(|content| *content == release.content)
        };
        self.of(package).filter(accepts).collect()
    }

    /// A package's releases, ascending; none if it is absent.
    pub(super) fn of(&self, package: &Package) -> Range<Id> {
        self.spans.get(package).cloned().unwrap_or(0..0)
    }

    /// The release of a version.
    pub(super) fn find(&self, package: &Package, version: &Version) -> Option<Id> {
        self.of(package).find(|&id| self.releases[id].version == version)
    }

    /// The places of what a release, or the consumer, may depend on.
    pub(super) fn declared_by(&self, dependent: Option<Id>) -> Range<usize> {
        let start = self.dependencies.partition_point(|dependency| dependency.dependent < dependent);
        let end = self.dependencies.partition_point(|dependency| dependency.dependent <= dependent);
        start..end
    }

    /// The place of a dependency.
    pub(super) fn dependency(
        &self,
        dependent: Option<Id>,
        package: &Package,
        requirement: &Requirement,
    ) -> Option<usize> {
        self.declared_by(dependent).find(|&place| {
            let dependency = &self.dependencies[place];
            (dependency.package, dependency.requirement) == (package, requirement)
        })
    }

    /// Where a release stands: what ranks higher is taken first.
    pub(super) fn rank(&self, id: Id) -> (bool, Id) {
        let Numbered { package, version, .. } = self.releases[id];
        (self.problem.preferences.contains(&(package.clone(), version.clone())), id)
    }

    /// Whether a release defines all of these features.
    pub(super) fn defines(&self, id: Id, features: &Features<'_>) -> bool {
        features.iter().all(|&feature| self.releases[id].release.features.contains_key(feature))
    }
}

impl Dependency<'_> {
    /// Whether the accepted releases stand on more than one track.
    pub(super) fn spans(&self, records: &Records<'_>) -> bool {
        let track = |id: &Id| records.releases[*id].track;
        self.accepted.first().map(track) != self.accepted.last().map(track)
    }
}

/// What the versions of one track begin with: everything up to the first number that is not 0.
fn leading(version: &Version) -> Vec<u64> {
    let numbers = [version.major, version.minor, version.patch];
    let end = numbers.iter().position(|&number| number != 0).map_or(numbers.len(), |place| place + 1);
    numbers[..end].to_vec()
}

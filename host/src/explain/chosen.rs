//! Why an answer holds a release: what leads to it, and what keeps newer ones of its package out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::check::{CheckedAnswer, Records};
use crate::problem::{Binding, Catalog, State};

use super::phrases::Phrases;

/// A release by name: origin, package and version.
pub type Name = (String, String, String);

/// Why a release is in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The shortest way from the consumer, of equal ones the first by the names on it. The last hop is to the release.
    pub path: Vec<Hop>,
    /// What else is bound to the release, in the answer's order.
    pub also: Vec<Hop>,
    /// Newer releases of the package, the newest first; those that have one reason are together.
    pub newer: Vec<Newer>,
}

/// A dependency, and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// Whose dependency; the consumer's, if nobody's.
    pub by: Option<Name>,
    /// The package and the requirement.
    pub wanted: String,
    /// What it is bound to.
    pub to: Name,
}

/// Releases that are not in the place of an older one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Versions, the newest first; at least one.
    pub versions: Vec<String>,
    /// Why.
    pub why: WhyNot,
}

/// Why a newer release is not in the place of an older one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyNot {
    /// It is yanked.
    Yanked,
    /// It is in the answer, too, for others that need it.
    Held,
    /// What needs the older release does not accept it.
    NotAccepted(Vec<Hop>),
    /// All that need the older release accept it, and there is no answer with it that keeps what was bound before.
    NoAnswer {
        /// Whether it is on the older release's track, so that an answer holds but one of both.
        same_track: bool,
    },
    /// The lock prefers the older one.
    Preferred,
}

/// Why an answer holds a release; nothing if it does not.
pub fn chosen(catalog: &Catalog, answer: &CheckedAnswer, name: &Name) -> Option<Chosen> {
    let records = Records::new(catalog);
    let teller = Teller { catalog, phrases: Phrases::new(catalog) };
    let release =
        answer.releases().iter().map(|chosen| chosen.release).find(|&release| self::name(catalog, release) == *name)?;
    let of_releases = answer.releases().iter().map(|chosen| (Some(chosen.release), chosen.bindings.as_slice()));
    let bindings: BTreeMap<Option<u32>, &[Binding]> = of_releases.chain([(None, answer.roots())]).collect();
    // From the consumer outwards: how each release is reached first.
    let mut reached: BTreeMap<u32, (Option<u32>, &Binding)> = BTreeMap::new();
    let mut queue = VecDeque::from([None]);
    while let Some(dependent) = queue.pop_front() {
        for binding in bindings.get(&dependent).copied().unwrap_or_default() {
            reached.entry(binding.to).or_insert_with(|| {
                queue.push_back(Some(binding.to));
                (dependent, binding)
            });
        }
    }
    let mut path = Vec::new();
    let mut next = Some(release);
    while let Some(&(dependent, binding)) = next.and_then(|release| reached.get(&release)) {
        path.push(teller.hop(dependent, binding));
        next = dependent;
    }
    path.reverse();
    let of_releases = answer.releases().iter().map(|chosen| (Some(chosen.release), chosen.bindings.as_slice()));
    let all = [(None, answer.roots())].into_iter().chain(of_releases);
    let bound: Vec<(Option<u32>, &Binding)> = all
        .flat_map(|(dependent, bindings)| bindings.iter().map(move |binding| (dependent, binding)))
        .filter(|(_, binding)| binding.to == release)
        .collect();
    let hops = bound.iter().map(|(dependent, binding)| teller.hop(*dependent, binding));
    let also = hops.filter(|hop| path.last() != Some(hop)).collect();
    let held: BTreeSet<u32> = answer.releases().iter().map(|chosen| chosen.release).collect();
    let package = catalog.releases[release as usize].package;
    let State::Present(span) = catalog.states[package as usize] else { return None };
    let mut newer: Vec<Newer> = Vec::new();
    let mut numbers: Vec<u32> =
        span.numbers().filter(|&other| catalog.version_of(other) > catalog.version_of(release)).collect();
    numbers.reverse();
    for other in numbers {
        let refusing = bound.iter().filter(|(_, binding)| !records.accepts(binding.requirement, other));
        let refusing: Vec<Hop> = refusing.map(|(dependent, binding)| teller.hop(*dependent, binding)).collect();
        let why = if held.contains(&other) {
            WhyNot::Held
        } else if catalog.releases[other as usize].yanked {
            WhyNot::Yanked
        } else if !refusing.is_empty() {
            WhyNot::NotAccepted(refusing)
        } else if records.rank(other) < records.rank(release) {
            WhyNot::Preferred
        } else {
            WhyNot::NoAnswer { same_track: records.track_of(other) == records.track_of(release) }
        };
        let version = catalog.version_of(other).to_string();
        match newer.iter_mut().find(|newer| newer.why == why) {
            Some(newer) => newer.versions.push(version),
            None => newer.push(Newer { versions: vec![version], why }),
        }
    }
    Some(Chosen { path, also, newer })
}

/// What of one answer is lower in another: names, and the version there. Of a package that has several releases in either
/// only what has no equal counts.
pub fn lowered(
    (catalog, answer): (&Catalog, &CheckedAnswer),
    (other_catalog, other): (&Catalog, &CheckedAnswer),
) -> Vec<(Name, String)> {
    let names = |catalog: &Catalog, answer: &CheckedAnswer| -> BTreeSet<(Name, semver::Version)> {
        let releases = answer.releases().iter().map(|chosen| chosen.release);
        releases.map(|release| (self::name(catalog, release), catalog.version_of(release).clone())).collect()
    };
    let (before, after) = (names(catalog, answer), names(other_catalog, other));
    let mut lowered = Vec::new();
    for (name, version) in before.difference(&after) {
        let same = |other: &&(Name, semver::Version)| (&other.0.0, &other.0.1) == (&name.0, &name.1);
        let instead = after.difference(&before).filter(same).map(|(_, version)| version).max();
        if let Some(instead) = instead.filter(|instead| *instead < version) {
            lowered.push((name.clone(), instead.to_string()));
        }
    }
    lowered
}

/// What a release is called.
pub fn name(catalog: &Catalog, release: u32) -> Name {
    let (registry, name) = catalog.package_key(catalog.releases[release as usize].package);
    (registry.to_owned(), name.to_owned(), catalog.version_of(release).to_string())
}

struct Teller<'a> {
    catalog: &'a Catalog,
    phrases: Phrases<'a>,
}

impl Teller<'_> {
    fn hop(&self, dependent: Option<u32>, binding: &Binding) -> Hop {
        let wanted = self.phrases.of_package(binding.package, &self.phrases.requirement(binding.requirement));
        Hop { by: dependent.map(|release| name(self.catalog, release)), wanted, to: name(self.catalog, binding.to) }
    }
}

//! The solver's numbers for what the encoding knows by name.

use std::collections::BTreeMap;

use headlock::problem::{Answer, Binding, Catalog, Chosen};

use crate::oracle::problem::{Content, Package, Requirement};

use super::queue::Complete;
use super::records::{Id, Records};

/// Both ways, of one catalog.
pub(super) struct Numbers<'r> {
    records: &'r Records<'r>,
    /// For each release number. Only what was supplied has one.
    ids: Vec<Id>,
    releases: BTreeMap<Id, u32>,
    packages: Vec<Package>,
    requirements: Vec<Requirement>,
    features: Vec<String>,
    exclusives: Vec<String>,
}

impl<'r> Numbers<'r> {
    pub(super) fn new(records: &'r Records<'r>, catalog: &Catalog) -> Numbers<'r> {
        let package = |number: u32| {
            let (registry, name) = catalog.package_key(number);
            Package { registry: registry.to_owned(), name: name.to_owned() }
        };
        let packages: Vec<Package> = (0..count(&catalog.packages)).map(package).collect();
        let mut ids = Vec::new();
        for (number, release) in (0..).zip(&catalog.releases) {
            let found = records.find(&packages[release.package as usize], catalog.version_of(number));
            ids.push(found.expect("a release that was supplied is in the problem"));
        }
        let requirement = |requirement: &headlock::problem::Requirement| Requirement {
            range: requirement.range.clone(),
            content: requirement.content.map(|content| Content::parse(&content.to_string())),
        };
        Numbers {
            records,
            releases: ids.iter().copied().zip(0..).collect(),
            ids,
            packages,
            requirements: catalog.requirements.iter().map(requirement).collect(),
            features: catalog.feature_names.clone(),
            exclusives: catalog.exclusive_names.clone(),
        }
    }

    /// The release of a number.
    pub(super) fn id(&self, release: u32) -> Id {
        self.ids[release as usize]
    }

    /// The number of a release, if its package was supplied.
    pub(super) fn release(&self, id: Id) -> Option<u32> {
        self.releases.get(&id).copied()
    }

    /// A track's name in derivations: the number of its lowest release, if its package was supplied.
    pub(super) fn track(&self, track: usize) -> Option<u32> {
        // Releases of one track follow each other in either numbering.
        let lowest = self.records.releases.partition_point(|numbered| numbered.track < track);
        self.release(lowest)
    }

    /// The releases on the track of a release, each with its number, ascending.
    pub(super) fn on_track_of(&self, release: u32) -> Vec<(u32, Id)> {
        let track = self.records.releases[self.id(release)].track;
        let ids = (0..self.records.releases.len()).filter(|&id| self.records.releases[id].track == track);
        ids.filter_map(|id| Some((self.release(id)?, id))).collect()
    }

    pub(super) fn package(&self, number: u32) -> &Package {
        &self.packages[number as usize]
    }

    pub(super) fn requirement(&self, number: u32) -> &Requirement {
        &self.requirements[number as usize]
    }

    pub(super) fn feature(&self, number: u32) -> &str {
        &self.features[number as usize]
    }

    pub(super) fn exclusive(&self, number: u32) -> &str {
        &self.exclusives[number as usize]
    }

    /// A complete answer as a solver returns it, without ceilings.
    pub(super) fn answer(&self, complete: &Complete<'_>) -> Answer {
        let bindings = |dependent: Option<Id>| {
            let mut bindings = Vec::new();
            for place in self.records.declared_by(dependent) {
                let Some(&to) = complete.bindings.get(&place) else { continue };
                let dependency = &self.records.dependencies[place];
                let key = (dependency.package, dependency.requirement);
                bindings.push((key, self.binding(dependency.package, dependency.requirement, to)));
            }
            bindings.sort_by_key(|(key, _)| *key);
            bindings.into_iter().map(|(_, binding)| binding).collect::<Vec<Binding>>()
        };
        // Ids ascend by registry, name and version, and names of features as text.
        let releases = complete.on.iter().map(|(&id, features)| Chosen {
            release: self.release(id).expect("every package was supplied"),
            features: features.iter().map(|name| number(&self.features, name)).collect(),
            bindings: bindings(Some(id)),
        });
        Answer { roots: bindings(None), releases: releases.collect(), ceilings: Vec::new() }
    }

    fn binding(&self, package: &Package, requirement: &Requirement, to: Id) -> Binding {
        Binding {
            package: number(&self.packages, package),
            requirement: number(&self.requirements, requirement),
            to: self.release(to).expect("every package was supplied"),
        }
    }
}

/// Supplied or not, how many.
fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).expect("numbers fit in 32 bits")
}

fn number<T: PartialEq<Q>, Q: ?Sized>(list: &[T], sought: &Q) -> u32 {
    let place = list.iter().position(|entry| entry == sought).expect("what records mention is in the tables");
    u32::try_from(place).expect("numbers fit in 32 bits")
}

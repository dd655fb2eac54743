//! Which releases of a lock stay when some are to move: the preferences of the lock to come.
//!
//! Preferring all others would hold back what is to move: what it needs may be among them. So it is seen first where it would
//! go if everything were free; what it needs there, and the lock does not have in a version that will do, is free, too.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::check::{Checked, Records};
use crate::error::{Error, Result};
use crate::inputs::Preference;
use crate::lock::{Lock, LockedPackage};
use crate::problem::{Catalog, Chosen, State};
use crate::solve::Solved;

/// A package: origin and name.
type Key = (String, String);

/// What is to move, and what might stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// The packages that are to move.
    moved: BTreeSet<Key>,
    /// All other releases of the lock, ascending, each once.
    others: BTreeSet<Preference>,
    /// The release that is to come, if one is named.
    precise: Option<Preference>,
}

impl Moving {
    /// What `specs` (each `NAME` or `NAME@VERSION`, at least one) mean in a lock, and the version that the one package is to
    /// have, where one is given.
    ///
    /// # Errors
    /// Malformed: the lock holds no such release, or several packages are to have one version.
    pub fn new(lock: &Lock, specs: &[String], precise: Option<&Version>) -> Result<Moving> {
        let published = lock.derived.packages.iter().filter(|package| package.record.is_some());
        let all: BTreeSet<Preference> = published.map(preference).collect::<Result<_>>()?;
        let mut moved = BTreeSet::new();
        for spec in specs {
            moved.extend(named(spec, &all)?);
        }
        let others: BTreeSet<Preference> = all.difference(&moved).cloned().collect();
        let moved: BTreeSet<Key> = moved.iter().map(key).collect();
        let precise = match precise {
            None => None,
            Some(version) => {
                let [(registry, name)] = moved.iter().collect::<Vec<_>>()[..] else {
                    return Err(Error::malformed("expected one PACKAGE with --precise, found several"));
                };
                let (registry, name) = (registry.clone(), name.clone());
                Some(Preference { registry, name, version: version.clone() })
            }
        };
        Ok(Moving { moved, others, precise })
    }

    /// What is preferred where everything is free to move: nothing but the release that is to come.
    pub fn free(&self) -> Vec<Preference> {
        self.precise.iter().cloned().collect()
    }

    /// The release that is to come, if one is named.
    pub fn precise(&self) -> Option<&Preference> {
        self.precise.as_ref()
    }

    /// What is preferred, given what was solved with everything free: all other releases of the lock but those of packages
    /// that what moves needs in another version. Ascending, each once.
    pub fn preferences(&self, free: &Solved) -> Vec<Preference> {
        let needed = self.needed(free);
        let staying = self.others.iter().filter(|one| !needed.contains(&key(one)));
        let preferences: BTreeSet<&Preference> = staying.chain(&self.precise).collect();
        preferences.into_iter().cloned().collect()
    }

    /// The packages that what moves needs, and of which no release of the lock will do.
    fn needed(&self, free: &Solved) -> BTreeSet<Key> {
        let Checked::Solved(answer) = &free.checked else { return BTreeSet::new() };
        let catalog = &free.catalog;
        let records = Records::new(catalog);
        let chosen: BTreeMap<u32, &Chosen> = answer.releases().iter().map(|chosen| (chosen.release, chosen)).collect();
        let key_of = |package: u32| {
            let (registry, name) = catalog.package_key(package);
            (registry.to_owned(), name.to_owned())
        };
        let is_moved = |chosen: &&&Chosen| self.moved.contains(&key_of(records.package_of(chosen.release)));
        let mut todo: Vec<&Chosen> = chosen.values().filter(is_moved).copied().collect();
        let (mut needed, mut seen) = (BTreeSet::new(), BTreeSet::new());
        while let Some(dependent) = todo.pop() {
            if !seen.insert(dependent.release) {
                continue;
            }
            for binding in &dependent.bindings {
                let key = key_of(binding.package);
                let asked = asked(&records, dependent, (binding.package, binding.requirement));
                let will_do = |one: &Preference| {
                    let release = find(catalog, binding.package, &one.version);
                    release.is_some_and(|release| {
                        records.accepts(binding.requirement, release)
                            && asked.iter().all(|&feature| records.feature(release, feature).is_some())
                    })
                };
                let mut staying = self.others.iter().filter(|one| self::key(one) == key);
                if !staying.any(will_do) {
                    needed.insert(key);
                    todo.extend(chosen.get(&binding.to).copied());
                }
            }
        }
        needed
    }
}

fn preference(package: &LockedPackage) -> Result<Preference> {
    let LockedPackage { registry, name, version, .. } = package;
    let read = Version::parse(version)
        .map_err(|error| Error::malformed(format!("the version {version:?} of {name} in the lock: {error}")))?;
    Ok(Preference { registry: registry.clone(), name: name.clone(), version: read })
}

fn key(one: &Preference) -> Key {
    (one.registry.clone(), one.name.clone())
}

/// What of a lock's releases `NAME` or `NAME@VERSION` means; at least one.
fn named(spec: &str, all: &BTreeSet<Preference>) -> Result<BTreeSet<Preference>> {
    let (name, version) = match spec.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (spec, None),
    };
    let of_name = || all.iter().filter(|one| one.name == name);
    let is_meant = |one: &&Preference| version.is_none_or(|version| one.version.to_string() == version);
    let found: BTreeSet<Preference> = of_name().filter(is_meant).cloned().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let held: Vec<String> = of_name().map(|one| format!("{name}@{}", one.version)).collect();
    let error = Error::malformed(format!("the lock holds no release {spec:?} that could be moved"));
    Err(match held.is_empty() {
        true => error.hint("`headlock tree` shows what it holds"),
        false => error.hint(format!("it holds {}", held.join(", "))),
    })
}

/// The number of a version of a package.
fn find(catalog: &Catalog, package: u32, version: &Version) -> Option<u32> {
    match catalog.states[package as usize] {
        State::Present(span) => span.numbers().find(|&release| catalog.version_of(release) == version),
        State::Unknown | State::Absent => None,
    }
}

/// The features that a chosen release asks for where it depends on a package with a requirement.
fn asked(records: &Records<'_>, dependent: &Chosen, dependency: (u32, u32)) -> BTreeSet<u32> {
    let release = dependent.release;
    let added = dependent.features.iter().filter_map(|&name| records.feature(release, name));
    let added = added.flat_map(|feature| records.feature_edges(release, feature));
    let edges = records.release_edges(release).chain(added);
    let meant = edges.filter(|edge| (edge.package, edge.requirement) == dependency);
    meant.flat_map(|edge| edge.features()).collect()
}

//! Which releases of a lock stay when some are to move: the preferences of the lock to come.
//!
//! Preferring all others would hold back what is to move: what it needs may be among them. So it is seen first where it would
//! go if everything were free; what it needs there, and the lock does not have in a version that will do, is free, too.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::name::check_package_name;
use semver::Version;

use crate::check::{Checked, Records};
use crate::close;
use crate::compatible::{self, track};
use crate::error::{Error, Result};
use crate::inputs::Preference;
use crate::lock::{Lock, LockedPackage};
use crate::problem::{Catalog, Chosen, State};
use crate::solve::Solved;

/// A package: origin and name.
type Key = (String, String);

/// The versions of a package that exclude one another in an answer: its key, and what they have in common.
type Track = (Key, compatible::Track);

/// A package that could be higher if everything were free to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// Origin of its registry.
    pub registry: String,
    /// Its name.
    pub name: String,
    /// The highest version that there is of it; nothing if there is none.
    pub is: Option<Version>,
    /// The highest that there would be.
    pub would_be: Version,
}

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
    /// What `specs` (each `NAME` or `NAME@VERSION`, at least one) mean in a lock that was verified, and the version that the
    /// first is to have, where one is given.
    ///
    /// # Errors
    /// Malformed: the lock holds no such release, or packages of two registries are to have one version.
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
                let first = specs.first().map(|spec| named(spec, &all)).transpose()?.unwrap_or_default();
                let first: BTreeSet<Key> = first.iter().map(key).collect();
                let [(registry, name)] = first.into_iter().collect::<Vec<_>>().try_into().map_err(|_| {
                    Error::malformed("expected one package for --precise, found its name in several registries")
                })?;
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

    /// What is preferred, given what was solved with everything free: all other releases of the lock but those in whose place
    /// what moves needs others. Ascending, each once.
    pub fn preferences(&self, free: &Solved) -> Vec<Preference> {
        let needed = self.needed(free);
        let staying = self.others.iter().filter(|one| !needed.contains(&(key(one), track(&one.version))));
        let preferences: BTreeSet<&Preference> = staying.chain(&self.precise).collect();
        preferences.into_iter().cloned().collect()
    }

    /// The packages that were named and are lower than with everything free, by what each solve came to.
    pub fn held_back(&self, free: &Solved, kept: &Solved) -> Vec<HeldBack> {
        let of = |solved: &Solved, key: &Key| -> Option<Version> {
            let Checked::Solved(answer) = &solved.checked else { return None };
            let catalog = &solved.catalog;
            let is_it = |release: &u32| {
                let (registry, name) = catalog.package_key(catalog.releases[*release as usize].package);
                (registry, name) == (key.0.as_str(), key.1.as_str())
            };
            let chosen = answer.releases().iter().map(|chosen| chosen.release).filter(is_it);
            chosen.map(|release| catalog.version_of(release).clone()).max()
        };
        let is_precise = |key: &&Key| self.precise.as_ref().is_some_and(|one| self::key(one) == **key);
        let held = self.moved.iter().filter(|key| !is_precise(key)).filter_map(|key| {
            let (would_be, is) = (of(free, key)?, of(kept, key));
            let (registry, name) = key.clone();
            (is.as_ref() < Some(&would_be)).then_some(HeldBack { registry, name, is, would_be })
        });
        held.collect()
    }

    /// The tracks on which what moves needs a release, where no release of the lock will do.
    fn needed(&self, free: &Solved) -> BTreeSet<Track> {
        let Checked::Solved(answer) = &free.checked else { return BTreeSet::new() };
        let catalog = &free.catalog;
        let records = Records::new(catalog);
        let chosen: BTreeMap<u32, &Chosen> = answer.releases().iter().map(|chosen| (chosen.release, chosen)).collect();
        let key_of = |package: u32| {
            let (registry, name) = catalog.package_key(package);
            (registry.to_owned(), name.to_owned())
        };
        let is_moved = |chosen: &&&Chosen| self.moved.contains(&key_of(records.package_of(chosen.release)));
        let mut staying: BTreeMap<Key, Vec<&Version>> = BTreeMap::new();
        for one in &self.others {
            staying.entry(key(one)).or_default().push(&one.version);
        }
        let mut todo: Vec<&Chosen> = chosen.values().filter(is_moved).copied().collect();
        let (mut needed, mut seen) = (BTreeSet::new(), BTreeSet::new());
        while let Some(dependent) = todo.pop() {
            if !seen.insert(dependent.release) {
                continue;
            }
            for binding in &dependent.bindings {
                let key = key_of(binding.package);
                let asked = asked(&records, dependent, (binding.package, binding.requirement));
                let will_do = |version: &&Version| {
                    let release = find(catalog, binding.package, version);
                    release.is_some_and(|release| {
                        records.accepts(binding.requirement, release)
                            && asked.iter().all(|&feature| records.feature(release, feature).is_some())
                    })
                };
                if !staying.get(&key).into_iter().flatten().any(will_do) {
                    needed.insert((key, track(catalog.version_of(binding.to))));
                    todo.extend(chosen.get(&binding.to).copied());
                }
            }
        }
        needed
    }
}

/// The preference to keep a lock's release.
pub(crate) fn preference(package: &LockedPackage) -> Result<Preference> {
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
    check_package_name(name).map_err(|error| Error::malformed(error.to_string()))?;
    let of_name = || all.iter().filter(|one| one.name == name);
    let is_meant = |one: &&Preference| version.is_none_or(|version| one.version.to_string() == version);
    let found: BTreeSet<Preference> = of_name().filter(is_meant).cloned().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let held: Vec<String> = of_name().map(|one| format!("{name}@{}", one.version)).collect();
    let error = Error::malformed(format!("the lock holds no release {spec:?} that could be moved"));
    Err(match held.is_empty() {
        true => {
            let close = close::packages(name, all.iter().map(|one| one.name.as_str()));
            error.hint(close::question(&close).unwrap_or_else(|| {
                "`headlock tree` shows what it holds; local components are set under [overrides] of the manifest"
                    .to_owned()
            }))
        }
        false => error.hint(format!(
            "it holds {}; behind @ stands the version that the lock has, and `--precise` says which it is to be",
            held.join(", ")
        )),
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

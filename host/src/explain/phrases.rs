//! Names and sets of versions, short: a registry's origin only where there is more than one registry.

use crate::problem::{Catalog, State};

/// Most stretches of versions that are named one by one.
const MOST_STRETCHES: usize = 3;

/// Phrases about one catalog.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phrases<'a> {
    catalog: &'a Catalog,
}

impl<'a> Phrases<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Phrases<'a> {
        Phrases { catalog }
    }

    pub(super) fn catalog(self) -> &'a Catalog {
        self.catalog
    }

    /// A package and something of it: `wasi:io ^0.2`, or `wasi:io ^0.2 of registry.example`.
    pub(super) fn of_package(self, package: u32, what: &str) -> String {
        let (origin, name) = self.catalog.package_key(package);
        let what = match what.is_empty() {
            true => String::new(),
            false => format!(" {what}"),
        };
        match self.catalog.registries.len() > 1 {
            true => format!("{name}{what} of {origin}"),
            false => format!("{name}{what}"),
        }
    }

    /// As [`Phrases::of_package`], with the packages in whose place it stands, where what was declared are others.
    pub(super) fn of_replaced(self, package: u32, what: &str, declared: impl IntoIterator<Item = u32>) -> String {
        let replaced = declared.into_iter().filter(|&declared| declared != package);
        let replaced: Vec<String> = replaced.map(|declared| self.of_package(declared, "")).collect();
        let wanted = self.of_package(package, what);
        match replaced.is_empty() {
            true => wanted,
            false => format!("{wanted} in the place of {}", replaced.join(" and ")),
        }
    }

    /// A requirement, its content shortened.
    pub(super) fn requirement(self, requirement: u32) -> String {
        let requirement = &self.catalog.requirements[requirement as usize];
        match &requirement.content {
            None => requirement.range.clone(),
            Some(content) => {
                let content = content.to_string();
                format!("{} with content {}…", requirement.range, content.get(..8).unwrap_or(&content))
            }
        }
    }

    /// A feature's name.
    pub(super) fn feature(self, feature: u32) -> &'a str {
        &self.catalog.feature_names[feature as usize]
    }

    /// How the versions of a track are written: `1.x`, `0.2.x`, `0.0.3`.
    pub(super) fn track(self, track: u32) -> String {
        self.catalog.track_name(track)
    }

    /// Releases of one track (whose releases are `all`), ascending, as versions: `1.x` if none that is not yanked is
    /// missing, else stretches from one version to another. Yanked releases are passed over, unless there are no others.
    pub(super) fn versions(self, all: std::ops::Range<u32>, releases: &[u32]) -> String {
        let yanked = |release: u32| self.catalog.releases[release as usize].yanked;
        let usable: Vec<u32> = all.clone().filter(|&release| !yanked(release)).collect();
        let named: Vec<u32> = releases.iter().copied().filter(|&release| !yanked(release)).collect();
        if named == usable && !named.is_empty() {
            return self.track(all.start);
        }
        let (whole, named) = match named.is_empty() {
            true => (all.collect(), releases.to_vec()),
            false => (usable, named),
        };
        let place = |release: &u32| whole.partition_point(|other| other < release);
        let version = |release: &u32| self.catalog.version_of(*release).to_string();
        let stretches: Vec<String> = named
            .chunk_by(|a, b| place(a) + 1 == place(b))
            .map(|stretch| match stretch {
                [] => String::new(),
                [one] => version(one),
                [first, .., last] => format!("{} to {}", version(first), version(last)),
            })
            .collect();
        either(&stretches, MOST_STRETCHES)
    }

    /// Why a package has no releases at all, if it has none.
    pub(super) fn absence(self, package: u32) -> Option<String> {
        match self.catalog.states[package as usize] {
            State::Absent => Some(format!("{} does not exist", self.of_package(package, ""))),
            State::Present(span) if span.is_empty() => {
                Some(format!("{} has no releases", self.of_package(package, "")))
            }
            State::Present(_) | State::Unknown => None,
        }
    }
}

/// `a`, `a or b`, `a, b or c`, `a, b or 7 others`
pub(super) fn either(choices: &[String], most: usize) -> String {
    match choices {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        all if all.len() > most => {
            let named = most.saturating_sub(1).max(1);
            format!("{} or {} others", all[..named].join(", "), all.len() - named)
        }
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

//! Taking in what a call adds: every count and every number is checked here, once, but for what a release says of itself
//! alone, which is checked when it is laid out.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::tables::{Counts, Tables};
use super::told::{Place, Told};
use super::{Catalog, Release, Span, State};
use crate::contract;

impl Catalog {
    /// The first tables, the roots, and what is said of packages.
    ///
    /// # Panics
    /// On a breach of the contract.
    pub(crate) fn new(problem: contract::Problem) -> Catalog {
        let contract::Problem { tables, roots, links, overrides, preferences, budget: _ } = problem;
        let mut catalog = Catalog {
            tables: Tables::default(),
            states: Vec::new(),
            releases: Vec::new(),
            calls: Vec::new(),
            namers: Vec::new(),
            links: BTreeMap::new(),
            overrides: BTreeMap::new(),
            preferences: BTreeSet::new(),
            preferred: Vec::new(),
            roots,
            accepted: Default::default(),
        };
        let counts = catalog.extend_tables(tables);
        for root in &catalog.roots {
            check(root.package < counts.packages, "problem.roots: no such package");
            check(root.requirement < counts.requirements, "problem.roots: no such requirement");
            check_all(&root.features, counts.features, "problem.roots: no such feature");
        }
        for link in links {
            check(link.dependent < counts.registries, "problem.links: no such registry");
            check(link.dependency < counts.registries, "problem.links: no such registry");
            check_all(link.packages.as_deref().unwrap_or_default(), counts.packages, "problem.links: no such package");
            let packages = link.packages.map(|packages| packages.into_iter().collect());
            let before = catalog.links.insert((link.dependent, link.dependency), packages);
            check(before.is_none(), "problem.links: two between the same registries");
        }
        for contract::Override { package, replacement } in overrides {
            check(package.max(replacement) < counts.packages, "problem.overrides: no such package");
            let before = catalog.overrides.insert(package, replacement);
            check(before.is_none(), "problem.overrides: two of the same package");
        }
        let is_replaced = |replacement| catalog.overrides.contains_key(replacement);
        check(!catalog.overrides.values().any(is_replaced), "problem.overrides: a replacement is replaced");
        for contract::Preference { package, version } in preferences {
            check(package < counts.packages, "problem.preferences: no such package");
            check(version < counts.versions, "problem.preferences: no such version");
            check(catalog.preferences.insert((package, version)), "problem.preferences: one twice");
        }
        catalog
    }

    fn extend_tables(&mut self, tables: contract::Tables) -> Counts {
        self.tables.extend(tables);
        let counts = self.tables.counts();
        self.states.resize(counts.packages as usize, State::Unknown);
        self.namers.resize(counts.exclusives as usize, Vec::new());
        counts
    }

    /// Packages that were asked for. `expected` are their numbers, ascending.
    ///
    /// # Panics
    /// On a breach of the contract.
    pub(crate) fn supply(&mut self, packages: contract::Packages, expected: &[u32]) {
        let counts = self.extend_tables(packages.tables);
        let mut supplied: Vec<u32> = packages.supplied.iter().map(|supplied| supplied.package).collect();
        supplied.sort_unstable();
        check(supplied == expected, "packages.supplied: not the packages that were asked for");

        let contract::Packages { supplied, releases, exclusives, dependencies, .. } = packages;
        let contract::Packages { dependency_features, features, included, additions, addition_features, .. } = packages;
        let told =
            Told { exclusives, dependencies, dependency_features, features, included, additions, addition_features };
        told.check(counts);
        let mut lists = Lists::new(&told);
        self.calls.push(told);
        self.add_releases(&supplied, &releases, counts, &mut lists);
        lists.finish();
    }

    fn add_releases(
        &mut self,
        supplied: &[contract::Supplied],
        releases: &[contract::Release],
        counts: Counts,
        lists: &mut Lists,
    ) {
        let fits = u32::try_from(self.releases.len() + releases.len()).is_ok_and(|count| count < u32::MAX);
        check(fits, "packages.releases: too many");
        self.releases.reserve(releases.len());
        let mut rest = releases;
        for package in supplied {
            let state = &mut self.states[package.package as usize];
            let Some(count) = package.releases else {
                *state = State::Absent;
                continue;
            };
            check(count as usize <= rest.len(), "packages.releases: fewer than counted");
            let (own, others) = rest.split_at(count as usize);
            rest = others;
            let first = self.releases.len() as u32;
            *state = match count {
                // A package without releases has nothing to offer, like one that does not exist.
                0 => State::Absent,
                _ => State::Present(first, first + (count - 1)),
            };
            for release in own {
                self.add_release(package.package, release, counts, lists);
            }
            self.add_tracks(first);
        }
        check(rest.is_empty(), "packages.releases: more than counted");
    }

    fn add_release(&mut self, package: u32, release: &contract::Release, counts: Counts, lists: &mut Lists) {
        check(release.version < counts.versions, "packages.releases: no such version");
        let number = self.releases.len() as u32;
        let call = self.calls.len() - 1;
        let told = &self.calls[call];
        let place = lists.take(told, call as u32, release);
        for &exclusive in place.exclusives.of(&told.exclusives) {
            let namers = &mut self.namers[exclusive as usize];
            if namers.last() != Some(&number) {
                namers.push(number);
            }
        }
        let preferred = self.preferences.contains(&(package, release.version));
        if preferred {
            self.preferred.push(number);
        }
        self.releases.push(Release {
            package,
            version: release.version,
            content: release.content,
            yanked: release.yanked,
            preferred,
            track: number,
            track_end: number,
            place,
            details: OnceCell::new(),
        });
    }

    /// Finds the tracks of the package whose releases begin at `first`, the last one taken in.
    fn add_tracks(&mut self, first: u32) {
        let mut track = first;
        for number in first + 1..self.releases.len() as u32 {
            let [before, version] =
                [number - 1, number].map(|release| &self.tables.versions[self.version_of(release) as usize]);
            check(before < version, "packages.releases: versions of a package do not ascend");
            if track_key(before) != track_key(version) {
                track = number;
            }
            self.releases[number as usize].track = track;
            self.releases[track as usize].track_end = number;
        }
    }
}

/// What the versions of one track have in common.
fn track_key(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor, version.patch) {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, _, _) => (major, 0, 0),
    }
}

impl Told {
    /// Checks every number, and what has no owner.
    fn check(&self, counts: Counts) {
        check_all(&self.exclusives, counts.exclusives, "packages.exclusives: no such resource");
        check_all(&self.dependency_features, counts.features, "packages.dependency-features: no such feature");
        check_all(&self.included, counts.features, "packages.included: no such feature");
        check_all(&self.addition_features, counts.features, "packages.addition-features: no such feature");
        let contract::Dependencies { packages, requirements, features, optional } = &self.dependencies;
        check_columns(&[packages, requirements, features], "packages.dependencies");
        check_all(packages, counts.packages, "packages.dependencies: no such package");
        check_all(requirements, counts.requirements, "packages.dependencies: no such requirement");
        check(optional.is_sorted_by(|a, b| a < b), "packages.dependencies: optional ones do not ascend");
        let known = optional.last().is_none_or(|last| (*last as usize) < packages.len());
        check(known, "packages.dependencies: no such optional one");
        check_columns(&[&self.additions.dependencies, &self.additions.features], "packages.additions");
        let contract::Features { names, includes, additions } = &self.features;
        check_columns(&[names, includes, additions], "packages.features");
        check_all(names, counts.features, "packages.features: no such feature");
    }
}

/// How far the lists of a call have been counted off.
struct Lists {
    exclusives: Counter,
    dependencies: Counter,
    dependency_features: Counter,
    features: Counter,
    included: Counter,
    additions: Counter,
    addition_features: Counter,
}

impl Lists {
    fn new(told: &Told) -> Lists {
        Lists {
            exclusives: Counter::new(told.exclusives.len()),
            dependencies: Counter::new(told.dependencies.packages.len()),
            dependency_features: Counter::new(told.dependency_features.len()),
            features: Counter::new(told.features.names.len()),
            included: Counter::new(told.included.len()),
            additions: Counter::new(told.additions.dependencies.len()),
            addition_features: Counter::new(told.addition_features.len()),
        }
    }

    /// The place of the next release.
    fn take(&mut self, told: &Told, call: u32, release: &contract::Release) -> Place {
        let exclusives = self.exclusives.take(release.exclusives.into(), "packages.exclusives");
        let dependencies = self.dependencies.take(release.dependencies.into(), "packages.dependencies");
        let features = self.features.take(release.features.into(), "packages.features");
        let asked = sum(dependencies.of(&told.dependencies.features));
        let included = sum(features.of(&told.features.includes));
        let additions = self.additions.take(sum(features.of(&told.features.additions)), "packages.additions");
        let further = sum(additions.of(&told.additions.features));
        Place {
            call,
            exclusives,
            dependencies,
            dependency_features: self.dependency_features.take(asked, "packages.dependency-features"),
            features,
            included: self.included.take(included, "packages.included"),
            additions,
            addition_features: self.addition_features.take(further, "packages.addition-features"),
        }
    }

    fn finish(&self) {
        self.exclusives.finish("packages.exclusives");
        self.dependencies.finish("packages.dependencies");
        self.dependency_features.finish("packages.dependency-features");
        self.features.finish("packages.features");
        self.included.finish("packages.included");
        self.additions.finish("packages.additions");
        self.addition_features.finish("packages.addition-features");
    }
}

/// A list that is counted off: what is next, and where it ends.
struct Counter {
    next: u32,
    end: u32,
}

impl Counter {
    fn new(length: usize) -> Counter {
        match u32::try_from(length) {
            Ok(end) => Counter { next: 0, end },
            Err(_) => panic!("packages: too many entries"),
        }
    }

    fn take(&mut self, count: u64, what: &str) -> Span {
        assert!(count <= u64::from(self.end - self.next), "{what}: fewer than counted");
        let start = self.next;
        self.next += count as u32;
        Span { start, end: self.next }
    }

    fn finish(&self, what: &str) {
        assert!(self.next == self.end, "{what}: more than counted");
    }
}

/// Numbers of 32 bits, fewer than 2^32.
fn sum(counts: &[u32]) -> u64 {
    counts.iter().map(|&count| u64::from(count)).sum()
}

/// Columns are of the same things, so they are equally long.
fn check_columns(columns: &[&Vec<u32>], what: &str) {
    assert!(columns.windows(2).all(|pair| pair[0].len() == pair[1].len()), "{what}: columns of different lengths");
}

fn check_all(numbers: &[u32], count: u32, breach: &str) {
    check(numbers.iter().all(|&number| number < count), breach);
}

/// A breach of the contract is the caller's bug.
fn check(holds: bool, breach: &str) {
    assert!(holds, "{breach}");
}

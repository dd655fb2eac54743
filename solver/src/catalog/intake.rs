//! Taking in what a call adds: every count and every number is checked here, once.

use semver::Version;

use super::tables::{Counts, Tables};
use super::{Addition, Catalog, Dependency, Feature, Release, Span, State};
use crate::contract;

impl Catalog {
    /// The first tables, the roots and the links.
    ///
    /// # Panics
    /// On a breach of the contract.
    pub(crate) fn new(tables: contract::Tables, roots: Vec<contract::Root>, links: Vec<contract::Link>) -> Catalog {
        let mut catalog = Catalog {
            tables: Tables::default(),
            states: Vec::new(),
            releases: Vec::new(),
            exclusives: Vec::new(),
            dependencies: Vec::new(),
            dependency_features: Vec::new(),
            features: Vec::new(),
            included: Vec::new(),
            additions: Vec::new(),
            addition_features: Vec::new(),
            namers: Vec::new(),
            links: links.iter().map(|link| (link.dependent, link.dependency)).collect(),
            roots,
            accepted: Default::default(),
        };
        let counts = catalog.extend_tables(tables);
        for root in &catalog.roots {
            check(root.package < counts.packages, "problem.roots: no such package");
            check(root.requirement < counts.requirements, "problem.roots: no such requirement");
            check_all(&root.features, counts.features, "problem.roots: no such feature");
        }
        for link in &links {
            check(link.dependent < counts.registries, "problem.links: no such registry");
            check(link.dependency < counts.registries, "problem.links: no such registry");
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

        check_all(&packages.exclusives, counts.exclusives, "packages.exclusives: no such resource");
        check_all(&packages.dependency_features, counts.features, "packages.dependency-features: no such feature");
        check_all(&packages.included, counts.features, "packages.included: no such feature");
        check_all(&packages.addition_features, counts.features, "packages.addition-features: no such feature");
        let mut lists = Lists {
            exclusives: Counter::new(self.exclusives.len(), packages.exclusives.len()),
            dependencies: Counter::new(self.dependencies.len(), packages.dependencies.packages.len()),
            dependency_features: Counter::new(self.dependency_features.len(), packages.dependency_features.len()),
            features: Counter::new(self.features.len(), packages.features.names.len()),
            included: Counter::new(self.included.len(), packages.included.len()),
            additions: Counter::new(self.additions.len(), packages.additions.dependencies.len()),
            addition_features: Counter::new(self.addition_features.len(), packages.addition_features.len()),
            definers: vec![None; counts.features as usize],
        };
        self.exclusives.extend(packages.exclusives);
        self.dependency_features.extend(packages.dependency_features);
        self.included.extend(packages.included);
        self.addition_features.extend(packages.addition_features);
        self.add_dependencies(&packages.dependencies, counts, &mut lists);
        self.add_features(&packages.features, &packages.additions, counts, &mut lists);
        self.add_releases(&packages.supplied, &packages.releases, counts, &mut lists);
        lists.finish();
    }

    fn add_dependencies(&mut self, columns: &contract::Dependencies, counts: Counts, lists: &mut Lists) {
        let contract::Dependencies { packages, requirements, features, optional } = columns;
        check_columns(&[packages, requirements, features], "packages.dependencies");
        check_all(packages, counts.packages, "packages.dependencies: no such package");
        check_all(requirements, counts.requirements, "packages.dependencies: no such requirement");
        let first = self.dependencies.len();
        self.dependencies.reserve(packages.len());
        for ((&package, &requirement), &features) in packages.iter().zip(requirements).zip(features) {
            let features = lists.dependency_features.take(features, "packages.dependency-features");
            self.dependencies.push(Dependency { package, requirement, optional: false, features });
        }
        check(optional.is_sorted_by(|a, b| a < b), "packages.dependencies: optional ones do not ascend");
        for &place in optional {
            let dependency = self.dependencies[first..].get_mut(place as usize);
            check(dependency.is_some(), "packages.dependencies: no such optional one");
            dependency.into_iter().for_each(|dependency| dependency.optional = true);
        }
    }

    fn add_features(
        &mut self,
        features: &contract::Features,
        additions: &contract::Additions,
        counts: Counts,
        lists: &mut Lists,
    ) {
        check_columns(&[&additions.dependencies, &additions.features], "packages.additions");
        self.additions.reserve(additions.features.len());
        for (&dependency, &features) in additions.dependencies.iter().zip(&additions.features) {
            let features = lists.addition_features.take(features, "packages.addition-features");
            self.additions.push(Addition { dependency, features });
        }
        let contract::Features { names, includes, additions } = features;
        check_columns(&[names, includes, additions], "packages.features");
        check_all(names, counts.features, "packages.features: no such feature");
        self.features.reserve(names.len());
        for ((&name, &includes), &additions) in names.iter().zip(includes).zip(additions) {
            self.features.push(Feature {
                name,
                includes: lists.included.take(includes, "packages.included"),
                additions: lists.additions.take(additions, "packages.additions"),
            });
        }
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
        let exclusives = lists.exclusives.take(release.exclusives, "packages.exclusives");
        let dependencies = lists.dependencies.take(release.dependencies, "packages.dependencies");
        let features = lists.features.take(release.features, "packages.features");
        for &exclusive in exclusives.of(&self.exclusives) {
            let namers = &mut self.namers[exclusive as usize];
            if namers.last() != Some(&number) {
                namers.push(number);
            }
        }
        let len = dependencies.end - dependencies.start;
        for feature in features.of(&self.features) {
            let definer = lists.definers[feature.name as usize].replace(number);
            check(definer != Some(number), "packages.features: one of a release twice");
            let additions = feature.additions.of(&self.additions);
            check(additions.iter().all(|addition| addition.dependency < len), "packages.additions: no such dependency");
        }
        self.releases.push(Release {
            package,
            version: release.version,
            content: release.content,
            yanked: release.yanked,
            track: number,
            track_end: number,
            exclusives,
            dependencies,
            features,
            is_sorted: false,
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

/// How far the lists of a call have been counted off.
struct Lists {
    exclusives: Counter,
    dependencies: Counter,
    dependency_features: Counter,
    features: Counter,
    included: Counter,
    additions: Counter,
    addition_features: Counter,
    /// For each feature's name, the last release that defined it.
    definers: Vec<Option<u32>>,
}

impl Lists {
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
    fn new(known: usize, added: usize) -> Counter {
        match (u32::try_from(known), u32::try_from(known + added)) {
            (Ok(next), Ok(end)) => Counter { next, end },
            _ => panic!("packages: too many entries"),
        }
    }

    fn take(&mut self, count: u32, what: &str) -> Span {
        let start = self.next;
        match start.checked_add(count) {
            Some(end) if end <= self.end => {
                self.next = end;
                Span { start, end }
            }
            _ => panic!("{what}: fewer than counted"),
        }
    }

    fn finish(&self, what: &str) {
        assert!(self.next == self.end, "{what}: more than counted");
    }
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

//! Packages as they are supplied: what their releases say, numbered and appended to the lists.

use std::sync::Arc;

use headlock_log::record;

use super::catalog::Catalog;
use super::numbers::text;
use super::records::{Addition, Dependency, Feature, Release, ReleaseParts, Span, State};

/// Entries of the release before this one, ascending, and the place of the first in the catalog's list. Most of what one
/// release says it shares with the one before, where it was numbered.
struct Entries<'r, T> {
    rest: &'r [Arc<T>],
    place: usize,
}

impl<T> Default for Entries<'_, T> {
    fn default() -> Self {
        Entries { rest: &[], place: 0 }
    }
}

impl<'r, T> Entries<'r, T> {
    fn new(entries: &'r [Arc<T>], numbered: Span) -> Self {
        Entries { rest: entries, place: numbered.start as usize }
    }

    /// The place of an entry that both share; those that come before it are left out.
    fn find(&mut self, entry: &Arc<T>, comes_before: impl Fn(&T) -> bool) -> Option<usize> {
        let is_shared = |other: &Arc<T>| Arc::ptr_eq(other, entry);
        let skipped = self.rest.iter().take_while(|other| !is_shared(other) && comes_before(other)).count();
        self.rest = &self.rest[skipped..];
        self.place += skipped;
        self.rest.first().is_some_and(is_shared).then_some(self.place)
    }
}

impl Catalog {
    /// Says that a package does not exist.
    pub fn supply_absent(&mut self, package: u32) {
        self.states[package as usize] = State::Absent;
        self.supplied.push(package);
    }

    /// Hands over a package's releases, ascending by precedence, no version twice.
    ///
    /// # Errors
    /// What `semver` says of a range that it does not accept.
    pub fn supply(&mut self, package: u32, releases: &[ReleaseParts<'_>]) -> Result<(), semver::Error> {
        let own = self.packages[package as usize].registry;
        let first = self.releases.len() as u32;
        for (place, parts) in releases.iter().enumerate() {
            let before = match (place.checked_sub(1).and_then(|place| releases.get(place)), self.releases.last()) {
                (Some(parts), Some(&numbered)) => Some((parts.record, numbered)),
                _ => None,
            };
            self.add_release(package, own, parts, before)?;
        }
        self.states[package as usize] = State::Present(Span { start: first, end: self.releases.len() as u32 });
        self.supplied.push(package);
        Ok(())
    }

    fn add_release(
        &mut self,
        package: u32,
        own: u32,
        parts: &ReleaseParts<'_>,
        before: Option<(&record::Release<'_>, Release)>,
    ) -> Result<(), semver::Error> {
        let record = parts.record;
        let (version, new) = self.version_numbers.text(record.version);
        if new {
            self.versions.push(parts.version.clone());
        }
        let exclusives = self.exclusives.len();
        for name in &record.exclusives {
            let number = text(&mut self.exclusive_numbers, &mut self.exclusive_names, name);
            self.exclusives.push(number);
        }
        let dependencies = self.dependencies.len();
        let mut known = before
            .map(|(record, numbered)| Entries::new(&record.dependencies, numbered.dependencies))
            .unwrap_or_default();
        for dependency in &record.dependencies {
            let added = match known.find(dependency, |other| other < dependency) {
                Some(place) => self.dependency_again(self.dependencies[place]),
                None => self.dependency(own, dependency)?,
            };
            self.dependencies.push(added);
        }
        let features = self.features.len();
        let mut known =
            before.map(|(record, numbered)| Entries::new(&record.features, numbered.features)).unwrap_or_default();
        for feature in &record.features {
            let added = match known.find(feature, |other| other.name < feature.name) {
                Some(place) => self.feature_again(self.features[place]),
                None => self.feature(feature),
            };
            self.features.push(added);
        }
        self.releases.push(Release {
            package,
            version,
            content: record.content,
            yanked: parts.yanked,
            place: parts.place,
            exclusives: span(exclusives, self.exclusives.len()),
            dependencies: span(dependencies, self.dependencies.len()),
            features: span(features, self.features.len()),
        });
        Ok(())
    }

    /// Numbers what a dependency says.
    fn dependency(&mut self, own: u32, dependency: &record::Dependency<'_>) -> Result<Dependency, semver::Error> {
        let registry = match dependency.registry {
            Some(origin) => self.registry(origin),
            None => own,
        };
        let package = self.package(registry, dependency.package);
        let requirement = self.requirement(dependency.requirement, dependency.content)?;
        let start = self.dependency_features.len();
        for name in &dependency.features {
            let number = self.feature_name(name);
            self.dependency_features.push(number);
        }
        let features = span(start, self.dependency_features.len());
        Ok(Dependency { package, requirement, optional: dependency.optional, features })
    }

    /// A dependency that says what another does.
    fn dependency_again(&mut self, other: Dependency) -> Dependency {
        Dependency { features: repeat(&mut self.dependency_features, other.features), ..other }
    }

    /// Numbers what a feature says.
    fn feature(&mut self, feature: &record::Feature<'_>) -> Feature {
        let name = self.feature_name(feature.name);
        let included = self.included.len();
        for name in &feature.includes {
            let number = self.feature_name(name);
            self.included.push(number);
        }
        let additions = self.additions.len();
        for addition in &feature.additions {
            let start = self.addition_features.len();
            for name in &addition.features {
                let number = self.feature_name(name);
                self.addition_features.push(number);
            }
            let features = span(start, self.addition_features.len());
            self.additions.push(Addition { dependency: addition.dependency, features });
        }
        let includes = span(included, self.included.len());
        Feature { name, includes, additions: span(additions, self.additions.len()) }
    }

    /// A feature that says what another does.
    fn feature_again(&mut self, other: Feature) -> Feature {
        let includes = repeat(&mut self.included, other.includes);
        let additions = self.additions.len();
        for place in other.additions.range() {
            let addition = self.additions[place];
            let features = repeat(&mut self.addition_features, addition.features);
            self.additions.push(Addition { features, ..addition });
        }
        Feature { includes, additions: span(additions, self.additions.len()), ..other }
    }
}

/// Appends to a list what stands in it already.
fn repeat(list: &mut Vec<u32>, span: Span) -> Span {
    let start = list.len() as u32;
    list.extend_from_within(span.range());
    Span { start, end: list.len() as u32 }
}

fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

//! One package's releases, numbered by themselves: work that can be done apart, and put together quickly.

use semver::Error;

use super::catalog::Catalog;
use super::numbers::text;
use super::records::{Addition, Dependency, Feature, Release, ReleaseParts, Span, State};
use crate::maintainers::Maintainers;

/// A package with all its releases, as a catalog of its own.
#[derive(Debug)]
pub struct Part {
    catalog: Catalog,
    /// Whose word the releases are. Not told to the solver.
    maintainers: Option<Maintainers>,
}

impl Part {
    /// A package's releases, ascending by precedence, no version twice.
    ///
    /// # Errors
    /// What `semver` says of a range that it does not accept.
    pub fn new(origin: &str, name: &str, releases: &[ReleaseParts<'_>]) -> Result<Part, Error> {
        let mut catalog = Catalog::new(0);
        let registry = catalog.registry(origin);
        let package = catalog.package(registry, name);
        catalog.supply(package, releases)?;
        Ok(Part { catalog, maintainers: None })
    }

    /// The same, of a package with these maintainers.
    pub fn maintained(self, maintainers: Option<Maintainers>) -> Part {
        Part { maintainers, ..self }
    }

    /// The package's maintainers, if it has any.
    pub fn maintainers(&self) -> Option<&Maintainers> {
        self.maintainers.as_ref()
    }
}

impl Catalog {
    /// Hands over a package's releases: the same as [`Catalog::supply`], entry for entry and number for number.
    pub fn supply_part(&mut self, package: u32, part: Part) {
        let from = part.catalog;
        let registries: Vec<u32> = from.registries.iter().map(|origin| self.registry(origin)).collect();
        let packages: Vec<u32> = from
            .packages
            .iter()
            .map(|package| self.package(registries[package.registry as usize], &from.names[package.name as usize]))
            .collect();
        let version = |(text, version): (String, _)| {
            let (number, new) = self.version_numbers.number(text, self.versions.len());
            if new {
                self.versions.push(version);
            }
            number
        };
        let versions: Vec<u32> =
            from.version_numbers.into_texts().into_iter().zip(from.versions).map(version).collect();
        let requirements: Vec<u32> = from
            .requirements
            .into_iter()
            .map(|requirement| {
                let (same_range, _) = self.ranges.text(&requirement.range);
                let key = (same_range, requirement.content);
                let (number, new) = self.requirement_numbers.number(key, self.requirements.len());
                if new {
                    self.requirements.push(requirement);
                }
                number
            })
            .collect();
        let features: Vec<u32> = from.feature_names.iter().map(|name| self.feature_name(name)).collect();
        let exclusives: Vec<u32> = from
            .exclusive_names
            .iter()
            .map(|name| text(&mut self.exclusive_numbers, &mut self.exclusive_names, name))
            .collect();

        // The lists stand end to end: theirs behind ours.
        let behind = self.mark();
        let renumbered = |list: &[u32], numbers: &[u32]| -> Vec<u32> {
            list.iter().map(|number| numbers[*number as usize]).collect()
        };
        self.exclusives.extend(renumbered(&from.exclusives, &exclusives));
        self.dependency_features.extend(renumbered(&from.dependency_features, &features));
        self.included.extend(renumbered(&from.included, &features));
        self.addition_features.extend(renumbered(&from.addition_features, &features));
        self.dependencies.extend(from.dependencies.iter().map(|dependency| Dependency {
            package: packages[dependency.package as usize],
            requirement: requirements[dependency.requirement as usize],
            optional: dependency.optional,
            features: moved(dependency.features, behind.dependency_features),
        }));
        self.features.extend(from.features.iter().map(|feature| Feature {
            name: features[feature.name as usize],
            includes: moved(feature.includes, behind.included),
            additions: moved(feature.additions, behind.additions),
        }));
        self.additions.extend(from.additions.iter().map(|addition| Addition {
            dependency: addition.dependency,
            features: moved(addition.features, behind.addition_features),
        }));
        self.releases.extend(from.releases.iter().map(|release| Release {
            package,
            version: versions[release.version as usize],
            exclusives: moved(release.exclusives, behind.exclusives),
            dependencies: moved(release.dependencies, behind.dependencies),
            features: moved(release.features, behind.features),
            ..*release
        }));
        let span = Span { start: behind.releases as u32, end: self.releases.len() as u32 };
        self.states[package as usize] = State::Present(span);
        self.supplied.push(package);
    }
}

/// A stretch of a list that stands behind so many entries of another now.
fn moved(span: Span, by: usize) -> Span {
    Span { start: span.start + by as u32, end: span.end + by as u32 }
}

//! Everything that a solver was told: tables of text, each entry once, and flat lists that refer to them by number.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use semver::{Version, VersionReq};

use super::numbers::{Table, text};
use super::records::{
    Addition, Dependency, Feature, Link, Mark, Override, Package, Preference, Release, Requirement, Root, State,
};

/// Everything that a solver was told.
///
/// Registries, names and so on are numbered in the order of first mention; releases in the order of supply. Numbers
/// fit in 32 bits because the host's limits on pages and packages stay far below that.
#[derive(Clone, Debug)]
pub struct Catalog {
    registry_numbers: Table<String>,
    name_numbers: Table<String>,
    package_numbers: Table<Package>,
    pub(super) version_numbers: Table<String>,
    /// Ranges by their text; the numbers mean something here alone.
    pub(super) ranges: Table<String>,
    pub(super) requirement_numbers: Table<(u32, Option<Digest>)>,
    pub(super) feature_numbers: Table<String>,
    pub(super) exclusive_numbers: Table<String>,
    /// Origins.
    pub registries: Vec<String>,
    /// Package names.
    pub names: Vec<String>,
    /// Packages.
    pub packages: Vec<Package>,
    /// What is known of each package.
    pub states: Vec<State>,
    /// Versions.
    pub versions: Vec<Version>,
    /// Requirements.
    pub requirements: Vec<Requirement>,
    /// Names of features.
    pub feature_names: Vec<String>,
    /// Names of exclusive resources.
    pub exclusive_names: Vec<String>,
    /// Packages in the order of supply.
    pub supplied: Vec<u32>,
    /// Releases, by release number.
    pub releases: Vec<Release>,
    /// Exclusive resources of releases.
    pub exclusives: Vec<u32>,
    /// Dependencies of releases.
    pub dependencies: Vec<Dependency>,
    /// Features asked for by dependencies.
    pub dependency_features: Vec<u32>,
    /// Features of releases.
    pub features: Vec<Feature>,
    /// Features turned on by features.
    pub included: Vec<u32>,
    /// Dependencies added by features.
    pub additions: Vec<Addition>,
    /// Further features of added dependencies.
    pub addition_features: Vec<u32>,
    /// The consumer's dependencies.
    pub roots: Vec<Root>,
    /// The links between registries.
    pub links: Vec<Link>,
    /// Which packages stand in the place of others.
    pub overrides: Vec<Override>,
    /// Which releases are preferred.
    pub preferences: Vec<Preference>,
    /// How many steps the solver may take.
    pub budget: u64,
}

impl Catalog {
    /// An empty catalog.
    pub fn new(budget: u64) -> Catalog {
        Catalog {
            registry_numbers: Table::new(),
            name_numbers: Table::new(),
            package_numbers: Table::new(),
            version_numbers: Table::new(),
            ranges: Table::new(),
            requirement_numbers: Table::new(),
            feature_numbers: Table::new(),
            exclusive_numbers: Table::new(),
            registries: Vec::new(),
            names: Vec::new(),
            packages: Vec::new(),
            states: Vec::new(),
            versions: Vec::new(),
            requirements: Vec::new(),
            feature_names: Vec::new(),
            exclusive_names: Vec::new(),
            supplied: Vec::new(),
            releases: Vec::new(),
            exclusives: Vec::new(),
            dependencies: Vec::new(),
            dependency_features: Vec::new(),
            features: Vec::new(),
            included: Vec::new(),
            additions: Vec::new(),
            addition_features: Vec::new(),
            roots: Vec::new(),
            links: Vec::new(),
            overrides: Vec::new(),
            preferences: Vec::new(),
            budget,
        }
    }

    /// The number of an origin.
    pub fn registry(&mut self, origin: &str) -> u32 {
        text(&mut self.registry_numbers, &mut self.registries, origin)
    }

    /// The number of a package.
    pub fn package(&mut self, registry: u32, name: &str) -> u32 {
        let name = text(&mut self.name_numbers, &mut self.names, name);
        let package = Package { registry, name };
        let (number, new) = self.package_numbers.number(package, self.packages.len());
        if new {
            self.packages.push(package);
            self.states.push(State::Unknown);
        }
        number
    }

    /// The number of a requirement. The range has been read before: it is one that `semver` accepts.
    ///
    /// # Errors
    /// What `semver` says of a range that it does not accept.
    pub fn requirement(&mut self, range: &str, content: Option<Digest>) -> Result<u32, semver::Error> {
        let (same_range, _) = self.ranges.text(range);
        let (number, new) = self.requirement_numbers.number((same_range, content), self.requirements.len());
        if new {
            self.requirements.push(Requirement {
                range: range.to_owned(),
                accepts: VersionReq::parse(range)?,
                content,
            });
        }
        Ok(number)
    }

    /// The number of a feature's name.
    pub fn feature_name(&mut self, name: &str) -> u32 {
        text(&mut self.feature_numbers, &mut self.feature_names, name)
    }

    /// Adds a dependency of the consumer.
    ///
    /// # Errors
    /// What `semver` says of a range that it does not accept.
    pub fn add_root(
        &mut self,
        registry: &str,
        name: &str,
        range: &str,
        content: Option<Digest>,
        features: &[&str],
    ) -> Result<(), semver::Error> {
        let registry = self.registry(registry);
        let package = self.package(registry, name);
        let requirement = self.requirement(range, content)?;
        let features = features.iter().map(|name| self.feature_name(name)).collect();
        self.roots.push(Root { package, requirement, features });
        Ok(())
    }

    /// Allows releases of one registry to depend on packages of another: on those of a list, or on all. It is called
    /// once for the same two registries.
    pub fn add_link(&mut self, dependent: &str, dependency: &str, packages: Option<&[&str]>) {
        let dependent = self.registry(dependent);
        let dependency = self.registry(dependency);
        let packages = packages.map(|names| {
            let numbers: BTreeSet<u32> = names.iter().map(|name| self.package(dependency, name)).collect();
            numbers.into_iter().collect()
        });
        self.links.push(Link { dependent, dependency, packages });
    }

    /// Puts a package in the place of another: registry and name of each. No replacement is replaced, none twice.
    pub fn add_override(&mut self, package: (&str, &str), replacement: (&str, &str)) {
        let [package, replacement] = [package, replacement].map(|(registry, name)| {
            let registry = self.registry(registry);
            self.package(registry, name)
        });
        self.overrides.push(Override { package, replacement });
    }

    /// Lets a release rank above all of its package that are not preferred. None is stated twice.
    pub fn add_preference(&mut self, registry: &str, name: &str, version: &Version) {
        let registry = self.registry(registry);
        let package = self.package(registry, name);
        let (number, new) = self.version_numbers.text(&version.to_string());
        if new {
            self.versions.push(version.clone());
        }
        self.preferences.push(Preference { package, version: number });
    }

    /// How long each list is now.
    pub fn mark(&self) -> Mark {
        Mark {
            registries: self.registries.len(),
            names: self.names.len(),
            packages: self.packages.len(),
            versions: self.versions.len(),
            requirements: self.requirements.len(),
            feature_names: self.feature_names.len(),
            exclusive_names: self.exclusive_names.len(),
            supplied: self.supplied.len(),
            releases: self.releases.len(),
            exclusives: self.exclusives.len(),
            dependencies: self.dependencies.len(),
            dependency_features: self.dependency_features.len(),
            features: self.features.len(),
            included: self.included.len(),
            additions: self.additions.len(),
            addition_features: self.addition_features.len(),
        }
    }

    /// A package's origin and name, for people and for canonical bytes.
    pub fn package_key(&self, package: u32) -> (&str, &str) {
        let Package { registry, name } = self.packages[package as usize];
        (&self.registries[registry as usize], &self.names[name as usize])
    }

    /// A release's version.
    pub fn version_of(&self, release: u32) -> &Version {
        &self.versions[self.releases[release as usize].version as usize]
    }

    /// How the versions of a track are written: `1.x`, `0.2.x`, `0.0.3`. A track is named by its lowest release.
    pub fn track_name(&self, track: u32) -> String {
        let version = self.version_of(track);
        match (version.major, version.minor) {
            (0, 0) => format!("0.0.{}", version.patch),
            (0, minor) => format!("0.{minor}.x"),
            (major, _) => format!("{major}.x"),
        }
    }

    /// The packages that were supplied, by origin and name, with what is known of them.
    pub fn evidence(&self) -> BTreeMap<(&str, &str), State> {
        self.supplied.iter().map(|&package| (self.package_key(package), self.states[package as usize])).collect()
    }
}

//! A problem as people speak of it: names, versions and ranges as text, nothing numbered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use semver::{Version, VersionReq};

/// The registry of a package that names none.
pub(crate) const MAIN: &str = "main";

/// What is to be solved. A package that is not among `packages` is proven absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) roots: Vec<Declaration>,
    /// Releases of the first registry may depend on packages of the second; or, if it is `REGISTRY/NAME`, on that one.
    pub(crate) links: BTreeSet<(String, String)>,
    /// By replaced package: what stands in its place.
    pub(crate) overrides: BTreeMap<Package, Package>,
    /// Releases that rank above the others of their package; they need not be there.
    pub(crate) preferences: BTreeSet<(Package, Version)>,
    /// A map's order of versions is the order of precedence, build metadata last.
    pub(crate) packages: BTreeMap<Package, BTreeMap<Version, Release>>,
}

impl Problem {
    /// Whether releases of a registry may depend on a package of another.
    pub(crate) fn is_linked(&self, from: &str, package: &Package) -> bool {
        let registry = (from.to_owned(), package.registry.clone());
        let one = (from.to_owned(), format!("{}/{}", package.registry, package.name));
        self.links.contains(&registry) || self.links.contains(&one)
    }

    /// The links, one for the same two registries: to the packages of a list, or to all.
    pub(crate) fn merged_links(&self) -> Vec<(&str, &str, Option<Vec<&str>>)> {
        let mut merged: BTreeMap<(&str, &str), Option<Vec<&str>>> = BTreeMap::new();
        for (from, to) in &self.links {
            match to.split_once('/') {
                None => drop(merged.insert((from, to), None)),
                Some((to, package)) => {
                    if let Some(packages) = merged.entry((from, to)).or_insert_with(|| Some(Vec::new())) {
                        packages.push(package);
                    }
                }
            }
        }
        merged.into_iter().map(|((from, to), packages)| (from, to, packages)).collect()
    }
}

/// A name in one registry. Displayed as `REGISTRY/NAME`, of [`MAIN`] as `NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub(crate) registry: String,
    pub(crate) name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) yanked: bool,
    pub(crate) content: Content,
    pub(crate) exclusives: BTreeSet<String>,
    pub(crate) dependencies: Vec<Declaration>,
    pub(crate) features: BTreeMap<String, Feature>,
}

/// A sha256 of which only the first hexadecimal digits are written, all others being 0. Held without trailing zeros,
/// so that text and digest sort alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Content(String);

/// A dependency as it stands in a record or a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) package: Package,
    pub(crate) requirement: Requirement,
    pub(crate) features: BTreeSet<String>,
    /// There only where a feature adds it.
    pub(crate) optional: bool,
}

/// Sorted by the range's text, then content, none before any. Displayed as `RANGE` or `RANGE #CONTENT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Requirement {
    pub(crate) range: String,
    pub(crate) content: Option<Content>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Feature {
    pub(crate) includes: BTreeSet<String>,
    pub(crate) additions: Vec<Addition>,
}

/// A dependency that a feature adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addition {
    /// Place among the release's dependencies.
    pub(crate) dependency: usize,
    pub(crate) features: BTreeSet<String>,
}

impl Package {
    /// Reads `REGISTRY/NAME` or `NAME`.
    pub(crate) fn parse(text: &str) -> Package {
        let (registry, name) = text.rsplit_once('/').unwrap_or((MAIN, text));
        Package { registry: registry.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.registry.as_str() {
            MAIN => f.write_str(&self.name),
            registry => write!(f, "{registry}/{}", self.name),
        }
    }
}

impl Content {
    /// Up to 64 hexadecimal digits.
    pub(crate) fn parse(digits: &str) -> Content {
        let hexadecimal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(hexadecimal && (1..=64).contains(&digits.len()), "content `#{digits}` is not 1 to 64 digits 0-9 a-f");
        Content(digits.trim_end_matches('0').to_owned())
    }

    /// All 64 digits.
    pub(crate) fn digits(&self) -> String {
        format!("{:0<64}", self.0)
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", if self.0.is_empty() { "0" } else { &self.0 })
    }
}

impl Requirement {
    /// The range as read.
    pub(crate) fn read(&self) -> VersionReq {
        VersionReq::parse(&self.range).unwrap_or_else(|error| panic!("range `{}`: {error}", self.range))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.range)?;
        self.content.as_ref().map_or(Ok(()), |content| write!(f, " {content}"))
    }
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.requirement)?;
        for feature in &self.features {
            write!(f, " +{feature}")?;
        }
        f.write_str(if self.optional { " ?" } else { "" })
    }
}

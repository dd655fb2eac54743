//! The entries of a [`Catalog`](super::Catalog): records in the shapes of the contract, which refer to text and to each
//! other by number.

use headlock_log::digest::Digest;
use semver::{Version, VersionReq};

/// A stretch of a flat list: entries `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First entry.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

impl Span {
    /// The stretch as indices.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The entries' numbers.
    pub fn numbers(self) -> std::ops::Range<u32> {
        self.start..self.end
    }

    /// How many entries.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A package: a name in one registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Number of the registry's origin.
    pub registry: u32,
    /// Number of the name.
    pub name: u32,
}

/// What a dependency accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The range as written.
    pub range: String,
    /// The range as read.
    pub accepts: VersionReq,
    /// The only accepted content, where one is stated.
    pub content: Option<Digest>,
}

/// What is known of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Mentioned, not supplied.
    Unknown,
    /// Proven absent.
    Absent,
    /// Its releases, by release number, ascending by precedence.
    Present(Span),
}

/// A release.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// Number of the package.
    pub package: u32,
    /// Number of the version.
    pub version: u32,
    /// The sha256 of the content.
    pub content: Digest,
    /// Whether it is yanked.
    pub yanked: bool,
    /// Place of its record in the log. Not told to the solver.
    pub place: u64,
    /// In [`Catalog::exclusives`](super::Catalog::exclusives).
    pub exclusives: Span,
    /// In [`Catalog::dependencies`](super::Catalog::dependencies).
    pub dependencies: Span,
    /// In [`Catalog::features`](super::Catalog::features).
    pub features: Span,
}

/// A dependency of a release.
#[derive(Clone, Copy, Debug)]
pub struct Dependency {
    /// Number of the package.
    pub package: u32,
    /// Number of the requirement.
    pub requirement: u32,
    /// Whether it is there only where a feature adds it.
    pub optional: bool,
    /// Asked-for features, in [`Catalog::dependency_features`](super::Catalog::dependency_features).
    pub features: Span,
}

/// A feature of a release.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Number of its name.
    pub name: u32,
    /// Other features of the release that it turns on, in [`Catalog::included`](super::Catalog::included).
    pub includes: Span,
    /// Dependencies that it adds, in [`Catalog::additions`](super::Catalog::additions).
    pub additions: Span,
}

/// A dependency that a feature adds.
#[derive(Clone, Copy, Debug)]
pub struct Addition {
    /// Place among the release's own dependencies, from 0.
    pub dependency: u32,
    /// Further features asked for, in [`Catalog::addition_features`](super::Catalog::addition_features).
    pub features: Span,
}

/// A dependency of the consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Number of the package.
    pub package: u32,
    /// Number of the requirement.
    pub requirement: u32,
    /// Asked-for features.
    pub features: Vec<u32>,
}

/// Releases of `dependent` may depend on packages of `dependency`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Number of the depending registry.
    pub dependent: u32,
    /// Number of the registry depended on.
    pub dependency: u32,
    /// The only packages of it that may be depended on, numbers, ascending; all, if there is no list.
    pub packages: Option<Vec<u32>>,
}

/// Whoever depends on `package` depends on `replacement` instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// Number of the replaced package.
    pub package: u32,
    /// Number of the package in its place.
    pub replacement: u32,
}

/// A release that ranks above all of its package that are not preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preference {
    /// Number of the package.
    pub package: u32,
    /// Number of the version.
    pub version: u32,
}

/// How long each list was at some moment; what lies between two marks is what a call adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the length of the list of that name")]
pub struct Mark {
    pub registries: usize,
    pub names: usize,
    pub packages: usize,
    pub versions: usize,
    pub requirements: usize,
    pub feature_names: usize,
    pub exclusive_names: usize,
    pub supplied: usize,
    pub releases: usize,
    pub exclusives: usize,
    pub dependencies: usize,
    pub dependency_features: usize,
    pub features: usize,
    pub included: usize,
    pub additions: usize,
    pub addition_features: usize,
}

/// A release to be supplied: [`headlock_log::record::Release`] as it stands in its page, with what the page says of it
/// beside its own record.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseParts<'a> {
    /// The record.
    pub record: &'a headlock_log::record::Release<'a>,
    /// Its version, read.
    pub version: &'a Version,
    /// Whether the last word of the page on it is a yank.
    pub yanked: bool,
    /// Place of the record in the log.
    pub place: u64,
}

//! A release before it is a record: parts in any order, made canonical here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use headlock_log::digest::Digest;
use headlock_log::record::{Addition, Dependency, Feature, Release};
use semver::Version;

/// How many included features [`Draft::without_implied_includes`] looks at: some hundred times as many as the crate
/// with the most features needs.
const MAX_STEPS: u64 = 10_000_000;

/// A release to be published. Lists may hold doubles and stand in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// The package.
    pub(super) package: String,
    /// The version.
    pub(super) version: Version,
    /// sha256 of the content.
    pub(super) content: Digest,
    /// Exclusive resources.
    pub(super) exclusives: BTreeSet<String>,
    /// Dependencies; features refer to them by place.
    pub(super) dependencies: Vec<DraftDependency>,
    /// Features by name.
    pub(super) features: BTreeMap<String, DraftFeature>,
}

/// A dependency of a draft. The order of the fields is the canonical order of dependencies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DraftDependency {
    /// Origin of another registry; none for the release's own.
    pub(super) registry: Option<String>,
    /// The package depended on.
    pub(super) package: String,
    /// Accepted versions, as the crate `semver` writes them.
    pub(super) requirement: String,
    /// The only accepted content.
    pub(super) content: Option<Digest>,
    /// Whether only a feature brings it in.
    pub(super) optional: bool,
    /// Features asked for.
    pub(super) features: BTreeSet<String>,
}

/// A feature of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DraftFeature {
    /// Other features that it turns on.
    pub(super) includes: BTreeSet<String>,
    /// Dependencies that it adds, by place, with the further features that it asks them for.
    pub(super) additions: BTreeMap<usize, BTreeSet<String>>,
}

impl DraftDependency {
    /// A dependency of the release's own registry that is always there, without features.
    pub(super) fn new(package: String, requirement: String) -> DraftDependency {
        DraftDependency {
            registry: None,
            package,
            requirement,
            content: None,
            optional: false,
            features: BTreeSet::new(),
        }
    }
}

/// A draft in canonical order, from which a record borrows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Canonical {
    draft: Draft,
    version: String,
}

impl Draft {
    /// A release without dependencies and features.
    pub(super) fn new(package: String, version: Version, content: Digest) -> Draft {
        Draft {
            package,
            version,
            content,
            exclusives: BTreeSet::new(),
            dependencies: Vec::new(),
            features: BTreeMap::new(),
        }
    }

    /// Sorts the dependencies, keeps one of equal ones, and lets the features follow.
    pub(super) fn canonical(mut self) -> Canonical {
        let mut numbered: Vec<(DraftDependency, usize)> = self.dependencies.into_iter().zip(0..).collect();
        numbered.sort_unstable();
        let mut places = vec![0; numbered.len()];
        let mut sorted: Vec<DraftDependency> = Vec::with_capacity(numbered.len());
        for (dependency, place) in numbered {
            if sorted.last() != Some(&dependency) {
                sorted.push(dependency);
            }
            places[place] = sorted.len() - 1;
        }
        for feature in self.features.values_mut() {
            let mut additions: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
            for (place, asked) in std::mem::take(&mut feature.additions) {
                additions.entry(places[place]).or_default().extend(asked);
            }
            feature.additions = additions;
        }
        self.dependencies = sorted;
        let version = self.version.to_string();
        Canonical { draft: self, version }
    }

    /// Leaves out, one after the other, included features that are turned on without being named, through other
    /// included ones. What each feature turns on stays the same; the record gets shorter. It stops after a number of
    /// steps that is far above what real crates need.
    pub(super) fn without_implied_includes(mut self) -> Draft {
        let all: Vec<(String, String)> = self
            .features
            .iter()
            .flat_map(|(name, feature)| feature.includes.iter().map(|included| (name.clone(), included.clone())))
            .collect();
        let mut steps = MAX_STEPS;
        for (name, included) in all {
            if self.is_implied(&name, &included, &mut steps)
                && let Some(feature) = self.features.get_mut(&name)
            {
                feature.includes.remove(&included);
            }
        }
        self
    }

    /// Whether feature `name` turns on `included` even if it does not name it. No, once there are no steps left.
    fn is_implied(&self, name: &str, included: &str, steps: &mut u64) -> bool {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![name];
        while let Some(from) = open.pop() {
            let Some(feature) = self.features.get(from) else { continue };
            for next in feature.includes.iter().map(String::as_str) {
                match steps.checked_sub(1) {
                    Some(left) => *steps = left,
                    None => return false,
                }
                if from == name && next == included {
                    continue;
                }
                if next == included {
                    return true;
                }
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }
}

impl Canonical {
    /// The draft again, its dependencies sorted.
    pub(super) fn into_draft(self) -> Draft {
        self.draft
    }

    /// The record's content; `prev` is the log's to add.
    pub(super) fn release(&self) -> Release<'_> {
        let draft = &self.draft;
        Release {
            package: &draft.package,
            version: &self.version,
            content: draft.content,
            exclusives: texts(&draft.exclusives),
            dependencies: draft.dependencies.iter().map(|dependency| dependency.dependency().into()).collect(),
            features: draft.features.iter().map(|(name, feature)| feature.feature(name).into()).collect(),
            maintainers: None,
            prev: None,
            signatures: Vec::new(),
        }
    }
}

impl DraftDependency {
    fn dependency(&self) -> Dependency<'_> {
        Dependency {
            registry: self.registry.as_deref(),
            package: &self.package,
            requirement: &self.requirement,
            content: self.content,
            optional: self.optional,
            features: texts(&self.features),
        }
    }
}

impl DraftFeature {
    fn feature<'a>(&'a self, name: &'a str) -> Feature<'a> {
        let addition = |(&place, features)| Addition { dependency: place as u32, features: texts(features) };
        Feature { name, includes: texts(&self.includes), additions: self.additions.iter().map(addition).collect() }
    }
}

fn texts(set: &BTreeSet<String>) -> Vec<&str> {
    set.iter().map(String::as_str).collect()
}

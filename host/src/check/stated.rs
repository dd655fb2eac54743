//! What a problem states of packages beside their records: what may depend on what, what stands in the place of what, and
//! which releases rank first.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{Catalog, Link, Release};

/// The statements, laid out for quick questions.
#[derive(Debug)]
pub(super) struct Stated {
    /// By dependent registry and registry depended on: the only packages that may be depended on, if not all.
    links: BTreeMap<(u32, u32), Option<BTreeSet<u32>>>,
    /// By replaced package: what stands in its place.
    overrides: BTreeMap<u32, u32>,
    /// Numbers of releases.
    preferred: BTreeSet<u32>,
}

impl Stated {
    pub(super) fn new(catalog: &Catalog) -> Stated {
        let allowed = |link: &Link| link.packages.as_ref().map(|packages| packages.iter().copied().collect());
        let links = catalog.links.iter().map(|link| ((link.dependent, link.dependency), allowed(link)));
        let overrides = catalog.overrides.iter().map(|replaced| (replaced.package, replaced.replacement));
        let preferences: BTreeSet<(u32, u32)> =
            catalog.preferences.iter().map(|preferred| (preferred.package, preferred.version)).collect();
        let is_preferred = |release: &Release| preferences.contains(&(release.package, release.version));
        let preferred = match preferences.is_empty() {
            true => BTreeSet::new(),
            false => {
                (0..).zip(&catalog.releases).filter(|(_, one)| is_preferred(one)).map(|(number, _)| number).collect()
            }
        };
        Stated { links: links.collect(), overrides: overrides.collect(), preferred }
    }

    /// Whether releases of a registry (or the consumer: nothing) may declare a dependency on a package.
    pub(super) fn is_legal(&self, catalog: &Catalog, dependent: Option<u32>, declared: u32) -> bool {
        let registry = catalog.packages[declared as usize].registry;
        let allows = |packages: &Option<BTreeSet<u32>>| packages.as_ref().is_none_or(|all| all.contains(&declared));
        let is_linked = |dependent| self.links.get(&(dependent, registry)).is_some_and(allows);
        dependent.is_none_or(|dependent| dependent == registry || is_linked(dependent))
    }

    /// What a legal dependency on a package is a dependency on.
    pub(super) fn replaced(&self, declared: u32) -> u32 {
        self.overrides.get(&declared).copied().unwrap_or(declared)
    }

    /// The preferred releases of a stretch of releases, ascending.
    pub(super) fn preferred_within(&self, numbers: std::ops::Range<u32>) -> impl DoubleEndedIterator<Item = u32> {
        self.preferred.range(numbers).copied()
    }

    /// Whether a release is preferred.
    pub(super) fn is_preferred(&self, release: u32) -> bool {
        self.preferred.contains(&release)
    }
}

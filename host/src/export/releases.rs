//! The releases of a lock, with what their dependencies are bound to.

use std::collections::BTreeMap;
use std::path::Path;

use headlock_log::name::check_origin;
use semver::Version;

use crate::contents;
use crate::error::{Error, Result};
use crate::lock::{Lock, LockedPackage, Target};

/// A lock's releases: what it depends on is there, and every name and version is one.
pub(super) struct Releases<'l> {
    /// Ascending as in the lock.
    pub(super) all: Vec<Release<'l>>,
    /// Places of those that the consumer's dependencies are bound to.
    pub(super) roots: Vec<usize>,
}

pub(super) struct Release<'l> {
    pub(super) locked: &'l LockedPackage,
    pub(super) version: Version,
    /// Places of those that its dependencies are bound to.
    pub(super) dependencies: Vec<usize>,
}

impl Release<'_> {
    /// Whether it is a local component, which is in no registry.
    pub(super) fn is_local(&self) -> bool {
        self.locked.record.is_none()
    }
}

type Key<'l> = (&'l str, &'l str, &'l str);

impl<'l> Releases<'l> {
    /// # Errors
    /// Malformed: a name or a version that is none, a release that stands twice, a dependency on one that is not there.
    pub(super) fn of(lock: &'l Lock, path: &Path) -> Result<Releases<'l>> {
        let malformed = |what: String| Error::malformed(format!("{}: {what}", path.display()));
        let mut places: BTreeMap<Key<'_>, usize> = BTreeMap::new();
        for (place, package) in lock.derived.packages.iter().enumerate() {
            contents::check(package, path)?;
            let LockedPackage { registry, name, version, .. } = package;
            check_origin(registry).map_err(|error| malformed(error.to_string()))?;
            if places.insert((registry, name, version), place).is_some() {
                return Err(malformed(format!("{name} {version} of {registry} stands twice")));
            }
        }
        let find = |targets: &'l [Target], own: Option<&'l str>| -> Result<Vec<usize>> {
            let place = |target: &'l Target| target.parts(own).and_then(|key| places.get(&key).copied());
            let dangling = |target: &Target| {
                malformed(format!("the lock depends on {:?}, which it does not hold", target.0))
                    .hint("`headlock verify` tells what else differs")
            };
            targets.iter().map(|target| place(target).ok_or_else(|| dangling(target))).collect()
        };
        let mut all = Vec::with_capacity(places.len());
        for locked in &lock.derived.packages {
            let version = Version::parse(&locked.version).map_err(|error| malformed(error.to_string()))?;
            let dependencies = find(&locked.dependencies, Some(&locked.registry))?;
            all.push(Release { locked, version, dependencies });
        }
        Ok(Releases { all, roots: find(&lock.derived.roots, None)? })
    }
}

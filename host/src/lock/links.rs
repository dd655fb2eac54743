//! Which releases of a lock depend on which, by their places in it.

use std::collections::BTreeMap;

use super::{Lock, LockedPackage, Target};
use crate::error::{Error, Result};

/// A release: origin, name and version.
pub type Key<'l> = (&'l str, &'l str, &'l str);

/// The releases of a lock, numbered as they stand in it, and what each is bound to.
#[derive(Clone, Debug)]
pub struct Links<'l> {
    /// The releases.
    pub packages: &'l [LockedPackage],
    /// What the consumer's dependencies are bound to, in the lock's order.
    pub roots: Vec<usize>,
    /// For each release what its dependencies are bound to, in the lock's order.
    pub needs: Vec<Vec<usize>>,
}

impl<'l> Links<'l> {
    /// Reads them.
    ///
    /// # Errors
    /// Malformed: the lock depends on what it does not hold.
    pub fn of(lock: &'l Lock) -> Result<Links<'l>> {
        let packages = &lock.derived.packages;
        let places: BTreeMap<Key<'_>, usize> = packages.iter().map(key).zip(0..).collect();
        let find = |own: Option<&str>, target: &Target| -> Result<usize> {
            let (registry, name, version) = target.parts(own).ok_or_else(|| dangling(&target.0))?;
            let place = places.get(&(registry, name, version)).copied();
            place.ok_or_else(|| dangling(&format!("{name} {version} of {registry}")))
        };
        let all = |own: Option<&str>, targets: &[Target]| targets.iter().map(|target| find(own, target)).collect();
        Ok(Links {
            packages,
            roots: all(None, &lock.derived.roots)?,
            needs: packages
                .iter()
                .map(|package| all(Some(&package.registry), &package.dependencies))
                .collect::<Result<_>>()?,
        })
    }

    /// For each release which others depend on it, ascending.
    pub fn needed_by(&self) -> Vec<Vec<usize>> {
        let mut needed_by = vec![Vec::new(); self.needs.len()];
        for (from, needs) in self.needs.iter().enumerate() {
            for &to in needs {
                if needed_by[to].last() != Some(&from) {
                    needed_by[to].push(from);
                }
            }
        }
        needed_by
    }

    /// By package, origin and name, its releases: more than one where it is there on several tracks.
    pub fn tracks(&self) -> BTreeMap<(&'l str, &'l str), Vec<usize>> {
        let mut tracks: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (place, LockedPackage { registry, name, .. }) in self.packages.iter().enumerate() {
            tracks.entry((registry, name)).or_default().push(place);
        }
        tracks
    }
}

/// A release of a lock by name.
fn key(package: &LockedPackage) -> Key<'_> {
    (&package.registry, &package.name, &package.version)
}

fn dangling(what: &str) -> Error {
    Error::malformed(format!("the lock depends on {what:?}, which it does not hold"))
        .hint("`headlock verify` tells what else differs")
}

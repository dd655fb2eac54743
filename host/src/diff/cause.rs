//! Why a release came, went, or made way for another: by what says most.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};

use super::records::Records;
use super::{Cause, ReleaseName, name_of};
use crate::error::Result;
use crate::inputs::{Input, Inputs, Override, Preference, Replacement};
use crate::lock::{Lock, LockedPackage};

/// Two locks, and the records that came in between.
pub(super) struct Causes<'c, 'p> {
    old: &'c Lock,
    new: &'c Lock,
    records: &'c mut Records<'p>,
    /// Releases that one of the locks holds, and the other does not.
    moved: BTreeSet<ReleaseName>,
    /// Also those that have other features, or are bound otherwise.
    changed: BTreeSet<ReleaseName>,
    /// By release of the older lock: which of it depend on that.
    needed_before: BTreeMap<ReleaseName, Vec<ReleaseName>>,
    /// The same of the newer.
    needed_now: BTreeMap<ReleaseName, Vec<ReleaseName>>,
    preferred_before: BTreeSet<&'c Preference>,
    preferred_now: BTreeSet<&'c Preference>,
}

impl<'c, 'p> Causes<'c, 'p> {
    pub(super) fn new(old: &'c Lock, new: &'c Lock, records: &'c mut Records<'p>) -> Causes<'c, 'p> {
        let held = |lock: &Lock| lock.derived.packages.iter().map(name_of).collect::<BTreeSet<_>>();
        let (before, now) = (held(old), held(new));
        let whole =
            |lock: &'c Lock| lock.derived.packages.iter().map(|one| (name_of(one), one)).collect::<BTreeMap<_, _>>();
        let (whole_before, whole_now) = (whole(old), whole(new));
        let all: BTreeSet<&ReleaseName> = before.union(&now).collect();
        let changed = all.into_iter().filter(|name| whole_before.get(name) != whole_now.get(name)).cloned().collect();
        Causes {
            old,
            new,
            records,
            moved: before.symmetric_difference(&now).cloned().collect(),
            changed,
            needed_before: dependents(old),
            needed_now: dependents(new),
            preferred_before: old.claim.inputs.preferences.iter().collect(),
            preferred_now: new.claim.inputs.preferences.iter().collect(),
        }
    }

    /// Why a release went, came, or made way for another.
    ///
    /// # Errors
    /// As the records' registries say.
    pub(super) fn of(&mut self, gone: Option<&LockedPackage>, come: Option<&LockedPackage>) -> Result<Cause> {
        if let Some(LockedPackage { registry, name, version, .. }) = gone
            && let Some(cause @ Cause::Yanked(_)) = self.records.word_on(registry, name, version)?
        {
            return Ok(cause);
        }
        if let Some(is_new) = [gone, come].into_iter().flatten().find_map(|one| self.is_of_new_override(one)) {
            return Ok(Cause::Override { is_new });
        }
        match (gone, come) {
            (None, Some(come)) => self.of_new(come),
            (Some(gone), None) => self.of_gone(gone),
            (Some(gone), Some(come)) => self.of_moved(gone, come),
            (None, None) => Ok(Cause::Follows),
        }
    }

    /// It is there because something needs it, however new it is itself.
    fn of_new(&mut self, come: &LockedPackage) -> Result<Cause> {
        if is_asked(self.new, come) && !is_wanted(self.old, come) {
            return Ok(Cause::Asked);
        }
        if let Some(cause) = needed(&self.needed_now, come, &self.moved) {
            return Ok(cause);
        }
        if let Some(cause) = needed(&self.needed_now, come, &self.changed) {
            return Ok(cause);
        }
        if self.is_asked_otherwise(come) {
            return Ok(Cause::AskedOtherwise);
        }
        Ok(self.gain(come)?.unwrap_or(Cause::Follows))
    }

    fn of_gone(&mut self, gone: &LockedPackage) -> Result<Cause> {
        if let Some(cause) = self.loss(gone)? {
            return Ok(cause);
        }
        if is_wanted(self.old, gone) && !is_wanted(self.new, gone) {
            return Ok(Cause::Asked);
        }
        if self.is_asked_otherwise(gone) {
            return Ok(Cause::AskedOtherwise);
        }
        Ok(match self.needed_before.get(&name_of(gone)).map(Vec::as_slice) {
            Some([only]) if self.moved.contains(only) => Cause::Needs(only.clone()),
            _ => Cause::Unneeded,
        })
    }

    fn of_moved(&mut self, gone: &LockedPackage, come: &LockedPackage) -> Result<Cause> {
        let is_preferred =
            |all: &BTreeSet<&Preference>, one: &LockedPackage| preference(one).is_some_and(|it| all.contains(&it));
        if is_preferred(&self.preferred_now, come) && !is_preferred(&self.preferred_before, come) {
            return Ok(Cause::Preferred);
        }
        if is_asked(self.old, gone) && self.is_asked_otherwise(come) && !self.will_still_do(gone) {
            return Ok(Cause::AskedOtherwise);
        }
        let version = |one: &LockedPackage| Version::parse(&one.version).ok();
        if version(come) > version(gone)
            && let Some(cause) = self.released(come)
        {
            return Ok(cause);
        }
        if let Some(cause) = self.loss(gone)? {
            return Ok(cause);
        }
        let by_another = needed(&self.needed_now, come, &self.moved);
        let unpreferred = is_preferred(&self.preferred_before, gone) && !is_preferred(&self.preferred_now, gone);
        if by_another.is_none() && unpreferred {
            return Ok(Cause::Unpreferred);
        }
        if let Some(cause) = self.gain(come)? {
            return Ok(cause);
        }
        Ok(by_another.unwrap_or(Cause::Follows))
    }

    /// What it lost that it needs.
    fn loss(&mut self, gone: &LockedPackage) -> Result<Option<Cause>> {
        let is_loss = |cause: &Cause| matches!(cause, Cause::NeededYanked(..) | Cause::PeerGone(..));
        self.records.word_on_needs(gone, is_loss)
    }

    /// What is new of it, or of what it needs.
    fn gain(&mut self, come: &LockedPackage) -> Result<Option<Cause>> {
        if let Some(cause) = self.released(come) {
            return Ok(Some(cause));
        }
        let LockedPackage { registry, name, version, .. } = come;
        if let Some(cause @ Cause::Unyanked(_)) = self.records.word_on(registry, name, version)? {
            return Ok(Some(cause));
        }
        let is_gain = |cause: &Cause| matches!(cause, Cause::NeedsUnyanked(..) | Cause::PeerCame(..));
        if let Some(cause) = self.records.word_on_needs(come, is_gain)? {
            return Ok(Some(cause));
        }
        let needs = |one: &&LockedPackage| {
            let name = (one.registry.as_str(), one.name.as_str(), one.version.as_str());
            come.dependencies.iter().any(|target| target.parts(Some(&come.registry)) == Some(name))
        };
        let needed: Vec<&LockedPackage> = self.new.derived.packages.iter().filter(needs).collect();
        Ok(needed.into_iter().find_map(|one| match self.released(one) {
            Some(Cause::Released(record)) => Some(Cause::NeedsReleased(name_of(one), record)),
            _ => None,
        }))
    }

    /// Whether it was published in between.
    fn released(&self, one: &LockedPackage) -> Option<Cause> {
        let (record, size) = (one.record?, self.records.size(&one.registry)?);
        (record >= size).then_some(Cause::Released(record))
    }

    /// Whether an override that is about a release has come, or gone; nothing if it has not.
    fn is_of_new_override(&self, one: &LockedPackage) -> Option<bool> {
        let is_about = |replaced: &&Override| {
            let is_it = |registry: &str, name: &str| (registry, name) == (one.registry.as_str(), one.name.as_str());
            is_it(&replaced.registry, &replaced.name)
                || matches!(&replaced.by, Replacement::Package { registry, name } if is_it(registry, name))
        };
        let about = |inputs: &'c Inputs| inputs.overrides.iter().filter(is_about).collect::<BTreeSet<_>>();
        let (before, now) = (about(&self.old.claim.inputs), about(&self.new.claim.inputs));
        match (now.difference(&before).next(), before.difference(&now).next()) {
            (Some(_), _) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        }
    }

    /// Whether the consumer asks for a version that a release of the older lock has.
    fn will_still_do(&self, gone: &LockedPackage) -> bool {
        let accepts = |input: &Input| {
            let (range, version) = (VersionReq::parse(&input.requirement), Version::parse(&gone.version));
            (&input.registry, &input.name) == (&gone.registry, &gone.name)
                && range.is_ok_and(|range| version.is_ok_and(|version| range.matches(&version)))
        };
        self.new.claim.inputs.dependencies.iter().any(accepts)
    }

    /// Whether the consumer asks for a package in other words than before.
    fn is_asked_otherwise(&self, one: &LockedPackage) -> bool {
        let asked = |inputs: &'c Inputs| {
            let is_it = |input: &&Input| (&input.registry, &input.name) == (&one.registry, &one.name);
            inputs.dependencies.iter().filter(is_it).collect::<Vec<_>>()
        };
        asked(&self.old.claim.inputs) != asked(&self.new.claim.inputs)
    }
}

/// By release: which of the lock depend on it.
fn dependents(lock: &Lock) -> BTreeMap<ReleaseName, Vec<ReleaseName>> {
    let mut dependents: BTreeMap<ReleaseName, Vec<ReleaseName>> = BTreeMap::new();
    for package in &lock.derived.packages {
        for target in &package.dependencies {
            let Some((registry, name, version)) = target.parts(Some(&package.registry)) else { continue };
            let (registry, name, version) = (registry.to_owned(), name.to_owned(), version.to_owned());
            dependents.entry(ReleaseName { registry, name, version }).or_default().push(name_of(package));
        }
    }
    dependents
}

/// The first of some releases that needs one.
fn needed(
    needed: &BTreeMap<ReleaseName, Vec<ReleaseName>>,
    one: &LockedPackage,
    by: &BTreeSet<ReleaseName>,
) -> Option<Cause> {
    let found = needed.get(&name_of(one))?.iter().find(|dependent| by.contains(dependent));
    found.cloned().map(Cause::Needs)
}

fn preference(one: &LockedPackage) -> Option<Preference> {
    let LockedPackage { registry, name, version, .. } = one;
    let version = Version::parse(version).ok()?;
    Some(Preference { registry: registry.clone(), name: name.clone(), version })
}

/// Whether the consumer's dependencies are bound to a release in a lock.
fn is_asked(lock: &Lock, package: &LockedPackage) -> bool {
    let wanted = (package.registry.as_str(), package.name.as_str(), package.version.as_str());
    lock.derived.roots.iter().any(|target| target.parts(None) == Some(wanted))
}

/// Whether the consumer depends on a package in a lock.
fn is_wanted(lock: &Lock, package: &LockedPackage) -> bool {
    let mut inputs = lock.claim.inputs.dependencies.iter();
    inputs.any(|input| (&input.registry, &input.name) == (&package.registry, &package.name))
}

//! Why a release came, went, or made way for another: by what says most.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};

use super::records::Records;
use super::{Cause, ReleaseName, name_of, release_name, sizes};
use crate::error::Result;
use crate::inputs::{Input, Override, Preference, Replacement};
use crate::lock::{Lock, LockedPackage};
use crate::moving::preference;

/// Two locks, and the records that came in between.
pub(super) struct Causes<'c, 'p> {
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
    inputs_before: BTreeMap<Key<'c>, Vec<&'c Input>>,
    inputs_now: BTreeMap<Key<'c>, Vec<&'c Input>>,
    asked_before: BTreeSet<ReleaseName>,
    asked_now: BTreeSet<ReleaseName>,
    overridden: BTreeMap<Key<'c>, bool>,
    /// How many records the newer lock's logs have.
    sizes_now: BTreeMap<&'c str, u64>,
    /// The newer lock's releases.
    now: BTreeMap<ReleaseName, &'c LockedPackage>,
}

/// A package: origin and name.
type Key<'l> = (&'l str, &'l str);

impl<'c, 'p> Causes<'c, 'p> {
    pub(super) fn new(old: &'c Lock, new: &'c Lock, records: &'c mut Records<'p>) -> Causes<'c, 'p> {
        let held =
            |lock: &'c Lock| lock.derived.packages.iter().map(|one| (name_of(one), one)).collect::<BTreeMap<_, _>>();
        let (before, now) = (held(old), held(new));
        let all = || before.keys().chain(now.keys());
        let moved = all().filter(|name| before.contains_key(name) != now.contains_key(name)).cloned().collect();
        let changed = all().filter(|name| before.get(name) != now.get(name)).cloned().collect();
        Causes {
            records,
            moved,
            changed,
            needed_before: dependents(old),
            needed_now: dependents(new),
            preferred_before: old.claim.inputs.preferences.iter().collect(),
            preferred_now: new.claim.inputs.preferences.iter().collect(),
            inputs_before: inputs(old),
            inputs_now: inputs(new),
            asked_before: asked(old),
            asked_now: asked(new),
            overridden: overridden(old, new),
            sizes_now: sizes(new),
            now,
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
        if let Some(cause) = gone.and_then(|gone| self.not_yet(gone)) {
            return Ok(cause);
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
        if self.asked_now.contains(&name_of(come)) && !self.inputs_before.contains_key(&key(come)) {
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
        if self.inputs_before.contains_key(&key(gone)) && !self.inputs_now.contains_key(&key(gone)) {
            return Ok(Cause::Asked);
        }
        if self.is_asked_before(gone) && self.is_asked_otherwise(gone) {
            return Ok(Cause::AskedOtherwise);
        }
        Ok(match self.needed_before.get(&name_of(gone)).map(Vec::as_slice) {
            Some([only]) if self.moved.contains(only) => Cause::Needs(only.clone()),
            _ => Cause::Unneeded,
        })
    }

    fn of_moved(&mut self, gone: &LockedPackage, come: &LockedPackage) -> Result<Cause> {
        let is_preferred =
            |all: &BTreeSet<&Preference>, one: &LockedPackage| preference(one).is_ok_and(|it| all.contains(&it));
        if self.is_asked_before(gone) && self.is_asked_otherwise(come) && !self.will_still_do(gone) {
            return Ok(Cause::AskedOtherwise);
        }
        if is_preferred(&self.preferred_now, come) && !is_preferred(&self.preferred_before, come) {
            return Ok(Cause::Preferred);
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
        let needed = come
            .dependencies
            .iter()
            .filter_map(|target| self.now.get(&release_name(target.parts(Some(&come.registry))?)));
        Ok(needed.copied().find_map(|one| match self.released(one) {
            Some(Cause::Released(record)) => Some(Cause::NeedsReleased(name_of(one), record)),
            _ => None,
        }))
    }

    /// Whether it was published in between.
    fn released(&self, one: &LockedPackage) -> Option<Cause> {
        let (record, size) = (one.record?, self.records.size(&one.registry)?);
        (record >= size).then_some(Cause::Released(record))
    }

    /// Whether the newer lock's head is before it.
    fn not_yet(&self, one: &LockedPackage) -> Option<Cause> {
        let (before, now) = (self.records.size(&one.registry)?, *self.sizes_now.get(one.registry.as_str())?);
        one.record.filter(|record| (now..before).contains(record)).map(Cause::NotYet)
    }

    /// Whether an override that is about a release has come, or gone; nothing if it has not.
    fn is_of_new_override(&self, one: &LockedPackage) -> Option<bool> {
        self.overridden.get(&key(one)).copied()
    }

    fn is_asked_before(&self, one: &LockedPackage) -> bool {
        self.asked_before.contains(&name_of(one))
    }

    /// Whether the consumer asks for a version that a release of the older lock has.
    fn will_still_do(&self, gone: &LockedPackage) -> bool {
        let accepts = |input: &&Input| {
            let (range, version) = (VersionReq::parse(&input.requirement), Version::parse(&gone.version));
            range.is_ok_and(|range| version.is_ok_and(|version| range.matches(&version)))
        };
        self.inputs_now.get(&key(gone)).into_iter().flatten().any(accepts)
    }

    /// Whether the consumer asks for a package in other words than before.
    fn is_asked_otherwise(&self, one: &LockedPackage) -> bool {
        self.inputs_before.get(&key(one)) != self.inputs_now.get(&key(one))
    }
}

fn key(one: &LockedPackage) -> Key<'_> {
    (&one.registry, &one.name)
}

/// The consumer's dependencies by package.
fn inputs(lock: &Lock) -> BTreeMap<Key<'_>, Vec<&Input>> {
    let mut inputs: BTreeMap<Key<'_>, Vec<&Input>> = BTreeMap::new();
    for input in &lock.claim.inputs.dependencies {
        inputs.entry((&input.registry, &input.name)).or_default().push(input);
    }
    inputs
}

/// The releases that the consumer's dependencies are bound to.
fn asked(lock: &Lock) -> BTreeSet<ReleaseName> {
    let parts = lock.derived.roots.iter().filter_map(|target| target.parts(None));
    parts.map(release_name).collect()
}

/// The packages that overrides are about which only one of the locks states, and whether that is the newer.
fn overridden<'l>(old: &'l Lock, new: &'l Lock) -> BTreeMap<Key<'l>, bool> {
    let stated = |lock: &'l Lock| lock.claim.inputs.overrides.iter().collect::<BTreeSet<&'l Override>>();
    let (before, now) = (stated(old), stated(new));
    let mut overridden = BTreeMap::new();
    let gone = before.difference(&now).map(|replaced| (*replaced, false));
    for (replaced, is_new) in gone.chain(now.difference(&before).map(|replaced| (*replaced, true))) {
        overridden.insert((replaced.registry.as_str(), replaced.name.as_str()), is_new);
        if let Replacement::Package { registry, name } = &replaced.by {
            overridden.insert((registry, name), is_new);
        }
    }
    overridden
}

/// By release: which of the lock depend on it.
fn dependents(lock: &Lock) -> BTreeMap<ReleaseName, Vec<ReleaseName>> {
    let mut dependents: BTreeMap<ReleaseName, Vec<ReleaseName>> = BTreeMap::new();
    for package in &lock.derived.packages {
        for target in &package.dependencies {
            let Some(parts) = target.parts(Some(&package.registry)) else { continue };
            dependents.entry(release_name(parts)).or_default().push(name_of(package));
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

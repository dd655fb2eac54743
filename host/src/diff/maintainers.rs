//! Packages that speak with other people's word than before.

use std::collections::BTreeMap;

use super::records::Records;
use crate::error::Result;
use crate::inputs::{Override, Replacement};
use crate::lock::Lock;
use crate::maintainers::Maintainers;

/// A package with other maintainers than in the older lock, or another package in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintainersChange {
    /// Origin of the package's registry.
    pub registry: String,
    /// The package.
    pub name: String,
    /// Registry and name of the package that an override, which is new, puts in its place.
    pub instead_of: Option<(String, String)>,
    /// The maintainers before.
    pub before: Option<Maintainers>,
    /// The maintainers now.
    pub after: Option<Maintainers>,
    /// The newest record that changes them, if it came in between.
    pub record: Option<u64>,
}

type Word<'l> = BTreeMap<(&'l str, &'l str), Option<&'l Maintainers>>;

/// The packages of a lock that registries released, each with its maintainers.
fn words(lock: &Lock) -> Word<'_> {
    let released = lock.derived.packages.iter().filter(|package| package.record.is_some());
    released.map(|package| ((package.registry.as_str(), package.name.as_str()), package.maintainers.as_ref())).collect()
}

/// All of them. A package that is in one lock only is a release that came or went, and no change of maintainers, but where
/// it stands in the place of another.
pub(super) fn changes(old: &Lock, new: &Lock, records: &mut Records<'_>) -> Result<Vec<MaintainersChange>> {
    let (before, after) = (words(old), words(new));
    let mut changes = Vec::new();
    for ((registry, name), then) in &before {
        if let Some(now) = after.get(&(*registry, *name))
            && now != then
        {
            let record = records.word_on_maintainers(registry, name)?;
            let (registry, name) = ((*registry).to_owned(), (*name).to_owned());
            let (before, after) = (then.cloned(), now.cloned());
            changes.push(MaintainersChange { registry, name, instead_of: None, before, after, record });
        }
    }
    let stood = &old.claim.inputs.overrides;
    for replaced in new.claim.inputs.overrides.iter().filter(|replaced| !stood.contains(replaced)) {
        let Override { registry, name, by: Replacement::Package { registry: by_registry, name: by_name } } = replaced
        else {
            continue;
        };
        let then = before.get(&(registry.as_str(), name.as_str()));
        let now = after.get(&(by_registry.as_str(), by_name.as_str()));
        if let (Some(then), Some(now)) = (then, now)
            && then != now
        {
            changes.push(MaintainersChange {
                registry: registry.clone(),
                name: name.clone(),
                instead_of: Some((by_registry.clone(), by_name.clone())),
                before: then.cloned(),
                after: now.cloned(),
                record: None,
            });
        }
    }
    Ok(changes)
}

//! What a lock is to be made from: a manifest that can be locked.

use std::fmt::Display;
use std::path::Path;

use super::Place;
use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::trust::Trust;

/// The manifest, to be locked.
pub(in crate::cli) fn manifest(place: &Place) -> Result<Manifest> {
    let manifest = Manifest::read(&place.manifest_path())?;
    require_dependencies(&manifest)?;
    manifest.require_files()?;
    Ok(manifest)
}

/// Checks that there is something to lock.
pub(in crate::cli) fn require_dependencies(manifest: &Manifest) -> Result<()> {
    if manifest.inputs.dependencies.is_empty() {
        return Err(Error::malformed(format!(
            "{} names no dependency, so there is nothing to lock",
            manifest.path.display()
        ))
        .hint("add one under [dependencies]: \"namespace:name\" = \"^1.2\""));
    }
    Ok(())
}

/// Checks that the trust file names the log of each registry that the manifest looks for packages in.
pub(in crate::cli) fn require_registries(manifest: &Manifest, trust: &Trust) -> Result<()> {
    let known = |origin| trust.require_log(origin).map_err(|error| manifest.at_registry(origin, &error));
    manifest.inputs.registries().into_iter().try_for_each(known)
}

/// A lock that is there and was made from these inputs.
pub(in crate::cli) fn current<'l>(manifest: &Manifest, lock: Option<&'l Lock>, path: &Path) -> Result<&'l Lock> {
    let Some(lock) = lock else {
        return Err(
            Error::not_current(format!("there is no lock at {}", path.display())).hint("`headlock lock` writes one")
        );
    };
    let (now, then) = (&manifest.inputs, &lock.claim.inputs);
    manifest.require_files()?;
    if manifest.asks_for(then) {
        return Ok(lock);
    }
    let mut lines = Vec::new();
    lines.extend(only_in("", &now.dependencies, &then.dependencies));
    lines.extend(only_in("", &now.forbidden, &then.forbidden));
    lines.extend(only_in("an override of ", &now.overrides, &then.overrides));
    if now.budget != then.budget {
        lines.push(format!("the manifest's budget is {}, the lock's {}", now.budget, then.budget));
    }
    Err(Error::not_current(format!("{} was made from another manifest", path.display()))
        .list(lines)
        .hint("`headlock lock` brings it up to date"))
}

/// What manifest and lock do not both have, a line each.
fn only_in<T: Display + PartialEq>(kind: &str, manifest: &[T], lock: &[T]) -> Vec<String> {
    let line = |place: &str, it: &T| format!("only in the {place}: {kind}{it}");
    let of_manifest = manifest.iter().filter(|it| !lock.contains(it)).map(|it| line("manifest", it));
    let of_lock = lock.iter().filter(|it| !manifest.contains(it)).map(|it| line("lock", it));
    of_manifest.chain(of_lock).collect()
}

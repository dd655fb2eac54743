//! `headlock:solver@0.1.0`: how pages become what its solvers see. Frozen: what is to be otherwise is another world.

use std::fmt;

use headlock_log::page::HashedPage;
use headlock_log::record;
use semver::Version;

use crate::error::{Error, Result};
use crate::inputs::{Input, Local};
use crate::maintainers::Maintainers;
use crate::problem::{Part, ReleaseParts};
use crate::sources::EVIDENCE;

/// Reads a package's page: its releases by ascending precedence, each with the page's last word on whether it is yanked.
/// Later releases of a version, and yanks of what is not there, are void.
///
/// # Errors
/// The answer is no: the page is not a page of this package. Its proof has been checked before, so its registry has
/// signed something malformed.
pub(super) fn read_page(origin: &str, name: &str, page: &HashedPage) -> Result<Part> {
    let page = page.parse(origin, name).map_err(|error| malformed(origin, name, &error))?;
    let folded = page.fold();
    let mut parts = Vec::with_capacity(folded.releases.len());
    for release in &folded.releases {
        let Some(record) = page.release(release) else {
            let what = format!("its record {} is no release", release.place);
            return Err(malformed(origin, name, &what));
        };
        parts.push(ReleaseParts { record, version: &release.version, yanked: release.yanked, place: release.place });
    }
    let part = Part::new(origin, name, &parts).map_err(|error| malformed(origin, name, &error))?;
    Ok(part.maintained(page.authority().keyring().map(Maintainers::of)))
}

/// A local component as a package: its one release, of no record.
///
/// # Errors
/// Malformed: a requirement or a version that is none.
pub(super) fn local_part(origin: &str, name: &str, local: &Local) -> Result<Part> {
    let malformed =
        |error: semver::Error| Error::malformed(format!("the local component in the place of {name}: {error}"));
    let version = Version::parse(&local.version).map_err(malformed)?;
    let record = record::Release {
        dependencies: local.dependencies.iter().map(|needed| dependency(origin, needed).into()).collect(),
        features: local.features.iter().map(|name| feature(name).into()).collect(),
        ..record::Release::new(name, &local.version, local.content)
    };
    let parts = ReleaseParts { record: &record, version: &version, yanked: false, place: 0 };
    Part::new(origin, name, &[parts]).map_err(malformed)
}

fn dependency<'a>(own: &str, needed: &'a Input) -> record::Dependency<'a> {
    let Input { registry, name, requirement, content, features } = needed;
    record::Dependency {
        registry: Some(registry.as_str()).filter(|registry| *registry != own),
        package: name,
        requirement,
        content: *content,
        optional: false,
        features: features.iter().map(String::as_str).collect(),
    }
}

fn feature(name: &str) -> record::Feature<'_> {
    record::Feature { name, includes: Vec::new(), additions: Vec::new() }
}

fn malformed(origin: &str, name: &str, what: &dyn fmt::Display) -> Error {
    Error::no(format!("{origin} has committed to a page of {name} that is none: {what}")).hint(EVIDENCE)
}

//! What a record must hold beyond what its types say.

use std::fmt::{self, Write as _};

use semver::{Version, VersionReq};

use super::maintainers::check_signatures;
use super::{Addition, Dependency, Feature, Mention, Record, RecordError, Release};
use crate::name::{NameError, check_feature_name, check_origin, check_package_name, harmless};

impl Record<'_> {
    /// Checks names, versions, requirements, and the order of lists. [`Record::parse`] does so itself; whoever writes a
    /// record of their own asks here first.
    ///
    /// # Errors
    /// All of [`RecordError`] but those about bytes.
    pub fn check(&self) -> Result<(), RecordError> {
        match self {
            Record::Release(release) => release.check(),
            Record::Yank(mention) | Record::Unyank(mention) => mention.check(),
            Record::Maintainers(handover) => handover.check(),
            Record::Peer(peer) => peer.check(),
            Record::Unpeer(unpeer) => unpeer.check(),
            Record::Sync(sync) => sync.check(),
            Record::Epoch(_) => Ok(()),
        }
    }
}

impl Release<'_> {
    fn check(&self) -> Result<(), RecordError> {
        named("package", check_package_name(self.package))?;
        check_version(self.version)?;
        check_names("exclusives", &self.exclusives)?;
        for dependency in &self.dependencies {
            dependency.check()?;
        }
        check_order("dependencies", &self.dependencies, |dependency| dependency)?;
        for feature in &self.features {
            feature.check(self.dependencies.len())?;
        }
        check_order("features", &self.features, |feature| feature.name)?;
        if let Some(maintainers) = &self.maintainers {
            maintainers.check()?;
        }
        check_signatures(&self.signatures)
    }
}

impl Dependency<'_> {
    pub(super) fn check(&self) -> Result<(), RecordError> {
        if let Some(registry) = self.registry {
            named("registry", check_origin(registry))?;
        }
        named("package", check_package_name(self.package))?;
        check_requirement(self.requirement)?;
        check_names("features asked for", &self.features)
    }
}

impl Feature<'_> {
    pub(super) fn check(&self, dependencies: usize) -> Result<(), RecordError> {
        named("feature", check_feature_name(self.name))?;
        check_names("included features", &self.includes)?;
        for Addition { dependency, features } in &self.additions {
            if *dependency as usize >= dependencies {
                let feature = self.name.to_owned();
                return Err(RecordError::Addition { feature, dependency: *dependency, count: dependencies });
            }
            check_names("features asked for", features)?;
        }
        check_order("added dependencies", &self.additions, |addition| addition.dependency)
    }
}

impl Mention<'_> {
    fn check(&self) -> Result<(), RecordError> {
        named("package", check_package_name(self.package))?;
        check_version(self.version)
    }
}

pub(super) fn named(field: &'static str, checked: Result<(), NameError>) -> Result<(), RecordError> {
    checked.map_err(|error| RecordError::Name { field, error })
}

/// Checks names of features or exclusive resources, and that they ascend.
pub(super) fn check_names(list: &'static str, names: &[&str]) -> Result<(), RecordError> {
    for name in names {
        named(list, check_feature_name(name))?;
    }
    check_order(list, names, |name| *name)
}

pub(super) fn check_order<'a, T, K: Ord>(
    list: &'static str,
    entries: &'a [T],
    key: fn(&'a T) -> K,
) -> Result<(), RecordError> {
    for (place, pair) in entries.windows(2).enumerate() {
        if key(&pair[0]) >= key(&pair[1]) {
            return Err(RecordError::Order { list, place: place + 1 });
        }
    }
    Ok(())
}

/// A version has one text only: the grammar allows no leading zero, no space, and keeps build metadata as it is.
pub(super) fn check_version(text: &str) -> Result<(), RecordError> {
    match Version::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(RecordError::Version { text: text.to_owned(), reason: harmless(&error) }),
    }
}

fn check_requirement(text: &str) -> Result<(), RecordError> {
    let requirement = VersionReq::parse(text)
        .map_err(|error| RecordError::Requirement { text: text.to_owned(), reason: harmless(&error) })?;
    let mut rest = Rest(text);
    if write!(rest, "{requirement}").is_err() || !rest.0.is_empty() {
        return Err(RecordError::RequirementForm { text: text.to_owned(), form: requirement.to_string() });
    }
    Ok(())
}

/// What of a text is still to be written; writing something else fails.
struct Rest<'a>(&'a str);

impl fmt::Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

//! The packages that imports are of.

use headlock_log::digest::Digest;
use headlock_log::name::quoted;
use semver::Version;
use wasmparser::ComponentExternName;

use super::name::{self, Accepted, Asked};
use crate::compatible::are_compatible;
use crate::error::{Error, Result};

/// A package that an artifact needs, by what it imports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// `NAMESPACE:NAME`.
    pub package: String,
    /// Its accepted versions.
    pub accepted: Accepted,
    /// The only accepted content.
    pub content: Option<Digest>,
}

impl Need {
    /// What an import needs, if that is of a package.
    pub(super) fn of(name: &ComponentExternName<'_>) -> Result<Option<Need>> {
        Need::of_name(name.name, name.implements, name.version_suffix)
    }

    /// The same, of the parts of its name.
    pub(super) fn of_name(name: &str, implements: Option<&str>, suffix: Option<&str>) -> Result<Option<Need>> {
        match name::read(name, implements, suffix) {
            Ok(Asked::Package { package, accepted, content }) => Ok(Some(Need { package, accepted, content })),
            Ok(Asked::Elsewhere | Asked::Plain) => Ok(None),
            Err(why) => Err(Error::refused(format!(
                "the import {} is of no package that a registry could have: {why}",
                quoted(name)
            ))),
        }
    }
}

/// Each need once, ascending: of one track the highest version, which does for the lower ones. What is of the package
/// itself, of the same track or any version, it brings along.
pub(super) fn united(mut needs: Vec<Need>, own: Option<&str>, version: Option<&Version>) -> Vec<Need> {
    needs.retain(|need| own != Some(&need.package) || !is_own(&need.accepted, version));
    needs.sort();
    needs.dedup();
    let mut united: Vec<Need> = Vec::with_capacity(needs.len());
    for need in needs {
        match united.last_mut() {
            Some(last) if is_raised_by(last, &need) => *last = need,
            _ => united.push(need),
        }
    }
    united
}

fn is_own(accepted: &Accepted, version: Option<&Version>) -> bool {
    match (accepted, version) {
        (Accepted::From(asked) | Accepted::Exactly(asked), Some(version)) => are_compatible(asked, version),
        (Accepted::Between(least, bound), Some(version)) => {
            least.as_ref().is_none_or(|least| least <= version) && bound.as_ref().is_none_or(|bound| version < bound)
        }
        (Accepted::Any, _) | (_, None) => true,
    }
}

/// Whether the second is the first of a later version of the same track.
fn is_raised_by(first: &Need, second: &Need) -> bool {
    let (Accepted::From(low), Accepted::From(high)) = (&first.accepted, &second.accepted) else { return false };
    (&first.package, first.content) == (&second.package, second.content) && are_compatible(low, high)
}

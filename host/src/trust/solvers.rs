//! Solvers that a trust file accepts by where they were published.

use std::fmt;
use std::path::Path;

use headlock_log::name::{check_origin, check_package_name};
use headlock_log::policy::Policy;
use semver::{Version, VersionReq};
use serde::Deserialize;

use super::read::unknown_log;
use crate::mistake::Mistake;

/// Solvers of a registry that are accepted: the releases of a package in a range, as long as they are not yanked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolverRule {
    /// Origin of the registry.
    pub registry: String,
    /// The package: `headlock:solver`.
    pub package: String,
    /// The versions.
    pub versions: VersionReq,
}

/// A rule as a trust file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleText {
    registry: String,
    package: String,
    versions: String,
}

impl SolverRule {
    /// Whether it is about this package.
    pub fn is_about(&self, package: Option<&str>) -> bool {
        package == Some(self.package.as_str())
    }

    /// Whether the version is in its range.
    pub fn covers(&self, version: &Version) -> bool {
        self.versions.matches(version)
    }
}

impl fmt::Display for SolverRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of {}", self.package, self.versions, self.registry)
    }
}

/// Reads rules. A registry of solvers is one whose key the policy at `logs` names: nobody else's word stands for it.
///
/// # Errors
/// No origin, package or range, a log that the policy does not name, or a rule that stands twice.
pub(super) fn read(logs: &Path, policy: &Policy, texts: Vec<RuleText>) -> Result<Vec<SolverRule>, Mistake> {
    let mut rules: Vec<SolverRule> = Vec::with_capacity(texts.len());
    for (number, RuleText { registry, package, versions }) in texts.into_iter().enumerate() {
        let at = |key: &str, mistake: Mistake| mistake.below(key).entry(number);
        check_origin(&registry).map_err(|error| at("registry", Mistake::new(error)))?;
        check_package_name(&package).map_err(|error| at("package", Mistake::new(error)))?;
        let range = VersionReq::parse(&versions).map_err(|error| {
            let what = format!("expected versions as a range like \"^0.1\", found {versions:?}: {error}");
            at("versions", Mistake::new(what))
        })?;
        if policy.log(&registry).is_none() {
            let mistake = Mistake::new(format!("the registry {registry:?} is no log of {}", logs.display()))
                .hint(unknown_log(policy, logs, &registry));
            return Err(at("registry", mistake));
        }
        let rule = SolverRule { registry, package, versions: range };
        if rules.contains(&rule) {
            return Err(Mistake::new(format!("expected each rule once, found twice: {rule}")).entry(number));
        }
        rules.push(rule);
    }
    Ok(rules)
}

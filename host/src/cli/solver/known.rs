//! The solvers that the registries of a trust file's rules have published.

use crate::cli::published::refuse_lagging;
use crate::cli::session::Place;
use crate::component::NAME_SECTION;
use crate::error::{Error, Result};
use crate::pages::Pages;
use crate::solvers::Release;
use crate::solvers::log::newest_releases;
use crate::trust::{AcceptedHead, Trust};

/// A package of solvers in a registry, at the newest head that is served and accepted.
pub(super) struct Known {
    pub(super) registry: String,
    pub(super) package: String,
    pub(super) accepted: AcceptedHead,
    pub(super) releases: Vec<Release>,
}

/// The usual package of solvers.
pub(super) const PACKAGE: &str = "headlock:solver";

/// Reads the packages that rules name, or, of a registry that the user names, the usual one, too.
///
/// # Errors
/// Malformed: nothing is named. Else as [`newest_releases`] and [`refuse_lagging`].
pub(super) fn known(place: &Place, trust: &Trust, registry: Option<&str>) -> Result<Vec<Known>> {
    let access = place.access();
    let rules = trust.solver_rules.iter().filter(|rule| registry.is_none_or(|registry| registry == rule.registry));
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    for named in
        rules.map(|rule| (rule.registry.as_str(), rule.package.as_str())).chain(registry.map(|it| (it, PACKAGE)))
    {
        if !wanted.contains(&named) {
            wanted.push(named);
        }
    }
    if wanted.is_empty() {
        let what = format!("{} accepts no solvers by where they were published", trust.path.display());
        return Err(
            Error::malformed(what).hint("`--registry ORIGIN` names a registry; `headlock solver trust` adds a rule")
        );
    }
    let read = |(registry, package): (&str, &str)| {
        let (accepted, releases) = newest_releases(access, trust, registry, package)?;
        let mut pages = Pages::new(access);
        pages.open(trust, &accepted)?;
        for memory in [place.memory(), place.seen()] {
            refuse_lagging(memory.as_ref(), trust, &accepted, &mut pages)?;
        }
        Ok(Known { registry: registry.to_owned(), package: package.to_owned(), accepted, releases })
    };
    wanted.into_iter().map(read).collect()
}

/// A component is what its release says that it is.
///
/// # Errors
/// The answer is no: it states another name or version.
pub(super) fn check_name(known: &Known, release: &Release, stated: Option<&(String, String)>) -> Result<()> {
    let expected = (known.package.clone(), release.version.to_string());
    if stated == Some(&expected) {
        return Ok(());
    }
    let found = stated.map_or("none".to_owned(), |(name, version)| format!("{name} {version}"));
    let (name, version) = expected;
    Err(Error::no(format!(
        "{} has published the component {} as {name} {version}, and its section {NAME_SECTION:?} states {found}",
        known.registry, release.content
    )))
}

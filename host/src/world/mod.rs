//! The world: the version of the contract between host and solver, and with it how pages become what a solver sees.
//!
//! Both are frozen together. A lock names its world, and a host that has learnt a newer one keeps this one for the locks
//! that were made with it.

use headlock_log::page::Page;

use crate::error::{Error, Result};
use crate::problem::{Catalog, ReleaseParts};

/// The name of this world, as it stands in locks and in `wit/solver.wit`.
pub const WORLD: &str = "headlock:solver@0.1.0";

/// Hands a package's page over to the catalog: its releases by ascending precedence, each with the page's last word on
/// whether it is yanked. Later releases of a version, and yanks of what is not there, are void.
///
/// # Errors
/// The answer is no: the page is not a page of this package. Its proof has been checked before, so its registry has
/// signed something malformed.
pub fn supply_page(catalog: &mut Catalog, package: u32, bytes: &[u8]) -> Result<()> {
    let (origin, name) = catalog.package_key(package);
    let (origin, name) = (origin.to_owned(), name.to_owned());
    let malformed =
        |what: String| Error::no(format!("{origin} has committed to a page of {name} that is none: {what}"));
    let page = Page::parse(bytes, &name).map_err(|error| malformed(error.to_string()))?;
    let folded = page.fold();
    let mut parts = Vec::with_capacity(folded.releases.len());
    for release in &folded.releases {
        let Some(record) = page.release(release) else {
            return Err(malformed(format!("its record {} is no release", release.place)));
        };
        parts.push(ReleaseParts { record, version: &release.version, yanked: release.yanked, place: release.place });
    }
    catalog.supply(package, &parts).map_err(|error| malformed(error.to_string()))
}

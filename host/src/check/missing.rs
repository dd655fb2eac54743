//! The packages that an outcome asks for.

use crate::problem::{Catalog, State};

use super::{MissingFault, Stated, Words};

/// Checks that every package named is what a root or a legal dependency of a supplied record leads to, that none was
/// supplied, and that they ascend. So nothing can be sent out by asking for it.
pub(super) fn check(catalog: &Catalog, packages: &[u32]) -> Result<(), MissingFault> {
    let count = catalog.packages.len();
    if packages.is_empty() {
        return Err(MissingFault::Nothing);
    }
    if let Some(&number) = packages.iter().find(|&&number| number as usize >= count) {
        return Err(MissingFault::Number { number, count });
    }
    if let Some(pair) = packages.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(MissingFault::Order { before: pair[0], after: pair[1] });
    }
    let stated = Stated::new(catalog);
    let mut mentioned = vec![false; count];
    for root in &catalog.roots {
        mentioned[stated.replaced(root.package) as usize] = true;
    }
    for release in &catalog.releases {
        let dependent = catalog.packages[release.package as usize].registry;
        for dependency in &catalog.dependencies[release.dependencies.range()] {
            if stated.is_legal(catalog, Some(dependent), dependency.package) {
                mentioned[stated.replaced(dependency.package) as usize] = true;
            }
        }
    }
    let words = Words::new(catalog);
    for &package in packages {
        if catalog.states[package as usize] != State::Unknown {
            return Err(MissingFault::Supplied { package: words.package(package) });
        }
        if !mentioned[package as usize] {
            return Err(MissingFault::Unmentioned { package: words.package(package) });
        }
    }
    Ok(())
}

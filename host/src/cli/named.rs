//! Releases of a lock as people name them.

use crate::close;
use crate::error::{Error, Result};
use crate::lock::Links;

/// The releases of a lock that `NAME` or `NAME@VERSION` means, as places in it; at least one.
///
/// # Errors
/// The answer is no: there is none.
pub(super) fn named(links: &Links<'_>, spec: &str) -> Result<Vec<usize>> {
    let (name, version) = match spec.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (spec, None),
    };
    let of_name = || links.packages.iter().enumerate().filter(|(_, package)| package.name == name);
    let meant = of_name().filter(|(_, package)| version.is_none_or(|version| package.version == version));
    let found: Vec<usize> = meant.map(|(place, _)| place).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let held: Vec<String> = of_name().map(|(_, package)| format!("{name}@{}", package.version)).collect();
    let hint = match held.is_empty() {
        false => format!("it holds {}", held.join(", ")),
        true => close::question(&close::packages(name, links.packages.iter().map(|package| package.name.as_str())))
            .unwrap_or_else(|| "`headlock tree` shows what it holds".to_owned()),
    };
    Err(Error::no(format!("the lock holds no release {spec:?}")).hint(hint))
}

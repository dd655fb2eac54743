//! What a project of the component model depends on, as other tools' files say it, in the terms of a manifest.
//!
//! | file | says |
//! |---|---|
//! | `wit/*.wit` | packages that its worlds and interfaces import, export, include or use, perhaps with a version |
//! | `wkg.toml` | `[overrides]`: another requirement of a package, or a folder in its place |
//! | `deps.toml`, `wit/deps.toml` | folders below `wit/deps`, which say themselves which packages they are (wit-deps) |
//! | `Cargo.toml` | `[package.metadata.component]`: the target's package, and dependencies (cargo-component) |
//!
//! [`read`] reads them, [`merge`] adds what they ask for to a manifest's text. `docs/exchange.md` has the rules.

mod cargo_component;
mod merge;
mod requirement;
mod wit;
mod wit_deps;
mod wkg_toml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use headlock_log::name::check_package_name;
use semver::VersionReq;

use crate::error::{Error, Result};
use crate::mistake::Mistake;

pub use merge::{Merged, Outcome, merge};
pub use requirement::of_version;
pub(crate) use wit::{check_beside, package_of as wit_package};

/// What a project's files ask for.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// By package: the requirement, and the files that state it.
    pub wanted: BTreeMap<String, Wanted>,
    /// What they say and a manifest's `[dependencies]` cannot, or not without a person; a sentence each.
    pub unsaid: Vec<String>,
}

/// A dependency that files ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The accepted versions.
    pub requirement: VersionReq,
    /// The files that say so, relative to the project.
    pub places: Vec<String>,
}

/// What one file asks of one package.
#[derive(Clone, Debug)]
struct Ask {
    name: String,
    requirement: VersionReq,
    place: String,
}

/// All that the files say, before it is put together.
#[derive(Debug, Default)]
struct Asks {
    asks: Vec<Ask>,
    /// What stands instead of all that others ask of a package.
    instead: Vec<Ask>,
    /// Packages that are somewhere else than in a registry.
    elsewhere: Vec<String>,
    unsaid: Vec<String>,
}

impl Asks {
    fn ask(&mut self, name: &str, requirement: VersionReq, place: &str) {
        self.asks.push(Ask { name: name.to_owned(), requirement, place: place.to_owned() });
    }
}

/// Reads a project's files.
///
/// # Errors
/// Malformed: none of the files is there, or one is malformed. Could not check: one cannot be read.
pub fn read(project: &Path) -> Result<Found> {
    if !project.as_os_str().is_empty() && !project.is_dir() {
        let what = format!("expected a project's folder at {}, found none", shown(project));
        return Err(Error::malformed(what).hint("--from DIR names it"));
    }
    let mut asks = Asks::default();
    let component = cargo_component::read(project, &mut asks)?;
    let target = component.as_ref().and_then(|component| component.wit.clone());
    let folder = target.clone().unwrap_or_else(|| PathBuf::from("wit"));
    let mut there = component.is_some();
    there |= wit::read(project, &folder, &mut asks)?;
    there |= wkg_toml::read(project, &mut asks)?;
    there |= wit_deps::read(project, &folder, &mut asks)?;
    if !there {
        let what = format!(
            "{}: expected a folder {} of WIT text, wkg.toml, deps.toml, or Cargo.toml with [package.metadata.component], found none",
            shown(project),
            folder.display()
        );
        return Err(Error::malformed(what).hint("--from DIR names a project's folder"));
    }
    Ok(put_together(asks))
}

/// One requirement a package, of all that the files ask of it.
fn put_together(Asks { asks, instead, elsewhere, mut unsaid }: Asks) -> Found {
    let replaced = |name: &str| instead.iter().any(|ask| ask.name == name) || elsewhere.iter().any(|at| at == name);
    let mut by_name: BTreeMap<String, Vec<Ask>> = BTreeMap::new();
    for ask in asks.into_iter().filter(|ask| !replaced(&ask.name)) {
        by_name.entry(ask.name.clone()).or_default().push(ask);
    }
    for ask in instead {
        by_name.entry(ask.name.clone()).or_default().push(ask);
    }
    let mut wanted = BTreeMap::new();
    for (name, asks) in by_name {
        let mut places: Vec<String> = asks.iter().map(|ask| ask.place.clone()).collect();
        places.sort();
        places.dedup();
        match requirement::both_of(asks.iter().map(|ask| &ask.requirement)) {
            Ok(requirement) => drop(wanted.insert(name, Wanted { requirement, places })),
            Err([one, other]) => unsaid.push(format!(
                "{name} is asked for as {one} and as {other} ({}): a manifest has one requirement a package",
                places.join(", ")
            )),
        }
    }
    Found { wanted, unsaid }
}

/// A folder of a project's, for messages.
fn shown(project: &Path) -> String {
    if project.as_os_str().is_empty() { ".".to_owned() } else { project.display().to_string() }
}

/// Checks a name that a file states.
fn checked(name: &str) -> Result<&str, Mistake> {
    check_package_name(name).map_err(Mistake::new)?;
    Ok(name)
}

/// Reads a requirement that a file states of a package.
fn requirement(text: &str, name: &str) -> Result<VersionReq, Mistake> {
    let what = |error| format!("{name} is asked for as {text:?}, which is no requirement: {error}");
    VersionReq::parse(text).map_err(|error| Mistake::new(what(error)))
}

/// What to write for a package that is a folder or a file of the project's own.
fn local(name: &str, path: &str, place: &str) -> String {
    format!(
        "{place}: {name} is at {path:?}, in no registry: a component that is built of it can stand in its place, {name:?} = {{ path = …, version = … }} in [overrides]"
    )
}

#[cfg(test)]
mod tests;

//! `Cargo.toml` of a crate that cargo-component builds: its target and its dependencies.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use semver::VersionReq;
use serde::Deserialize;

use super::{Asks, checked, local, requirement};
use crate::error::Result;
use crate::files;
use crate::mistake::Mistake;

const CARGO_TOML: &str = "Cargo.toml";

/// Largest of these files read, in bytes.
const MAX: u64 = 4 << 20;

#[derive(Default, Deserialize)]
struct Document {
    #[serde(default)]
    package: Package,
}

#[derive(Default, Deserialize)]
struct Package {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    component: Option<Section>,
}

#[derive(Deserialize)]
struct Section {
    target: Option<Target>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Target {
    Package(String),
    Table(TargetTable),
}

#[derive(Deserialize)]
struct TargetTable {
    package: Option<String>,
    version: Option<String>,
    registry: Option<String>,
    path: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Version(String),
    Table(DependencyTable),
}

#[derive(Deserialize)]
struct DependencyTable {
    package: Option<String>,
    version: Option<String>,
    registry: Option<String>,
    path: Option<String>,
}

/// The section of a crate that is a component.
pub(super) struct ComponentSection {
    /// Where its WIT text is, if it says so.
    pub(super) wit: Option<PathBuf>,
}

/// Reads a project's file; nothing where there is none, or one of no component.
///
/// # Errors
/// Malformed: not as cargo-component has it.
pub(super) fn read(project: &Path, asks: &mut Asks) -> Result<Option<ComponentSection>> {
    let path = project.join(CARGO_TOML);
    let Some(text) = files::read_text(&path, MAX)? else { return Ok(None) };
    let document: Document = files::from_toml(&path, &text)?;
    let Some(section) = document.package.metadata.component else { return Ok(None) };
    let wit = read_section(section, asks)
        .map_err(|mistake| mistake.below("component").below("metadata").below("package").in_file(&path, &text))?;
    Ok(Some(ComponentSection { wit }))
}

/// Reads the section, and where its WIT text is, if it says so.
fn read_section(section: Section, asks: &mut Asks) -> Result<Option<PathBuf>, Mistake> {
    dependencies(section.dependencies, asks)?;
    match section.target {
        None => Ok(None),
        Some(Target::Package(text)) => {
            let (name, requirement) = target(&text).map_err(|mistake| mistake.below("target"))?;
            asks.ask(name, requirement, CARGO_TOML);
            Ok(None)
        }
        Some(Target::Table(table)) => target_table(table, asks).map_err(|mistake| mistake.below("target")),
    }
}

fn target_table(table: TargetTable, asks: &mut Asks) -> Result<Option<PathBuf>, Mistake> {
    if let Some(package) = &table.package {
        let version = table
            .version
            .as_deref()
            .ok_or_else(|| Mistake::new(format!("expected a version of the target {package}, found none")))?;
        let name = checked(package).map_err(|mistake| mistake.below("package"))?;
        let requirement = requirement(version, name).map_err(|mistake| mistake.below("version"))?;
        asks.ask(name, requirement, CARGO_TOML);
        named_registry(name, table.registry.as_deref(), asks);
    }
    dependencies(table.dependencies, asks)?;
    table.path.map(|path| inside(&path).map_err(|mistake| mistake.below("path"))).transpose()
}

/// Reads `NAMESPACE:NAME[/WORLD]@REQUIREMENT`.
fn target(text: &str) -> Result<(&str, VersionReq), Mistake> {
    let shape = || Mistake::new(format!("expected a target NAMESPACE:NAME[/WORLD]@VERSION, found {text:?}"));
    let (name, version) = text.split_once('@').ok_or_else(shape)?;
    let name = checked(name.split('/').next().unwrap_or(name))?;
    Ok((name, requirement(version, name)?))
}

fn dependencies(all: BTreeMap<String, Dependency>, asks: &mut Asks) -> Result<(), Mistake> {
    all.into_iter()
        .try_for_each(|(key, dependency)| read_dependency(&key, dependency, asks))
        .map_err(|mistake| mistake.below("dependencies"))
}

fn read_dependency(key: &str, dependency: Dependency, asks: &mut Asks) -> Result<(), Mistake> {
    checked(key).map_err(|mistake| mistake.named(key))?;
    let table = match dependency {
        Dependency::Version(version) => {
            asks.ask(key, requirement(&version, key).map_err(|mistake| mistake.below(key))?, CARGO_TOML);
            return Ok(());
        }
        Dependency::Table(table) => table,
    };
    let name = match &table.package {
        Some(package) => checked(package).map_err(|mistake| mistake.below("package").below(key))?,
        None => key,
    };
    match (&table.path, &table.version) {
        (Some(path), None) => {
            asks.unsaid.push(local(name, path, CARGO_TOML));
            asks.elsewhere.push(name.to_owned());
        }
        (None, Some(version)) => {
            let requirement = requirement(version, name).map_err(|mistake| mistake.below("version").below(key))?;
            asks.ask(name, requirement, CARGO_TOML);
            named_registry(name, table.registry.as_deref(), asks);
        }
        _ => {
            let what = format!("expected a version or a path of {name}, and not both");
            return Err(Mistake::new(what).below(key));
        }
    }
    Ok(())
}

/// What cargo-component calls a registry is no name of a manifest's.
fn named_registry(name: &str, registry: Option<&str>, asks: &mut Asks) {
    if let Some(registry) = registry {
        let what = "which a manifest may call otherwise: add `registry` to the dependency";
        asks.unsaid.push(format!("{CARGO_TOML}: {name} is of the registry {registry:?}, {what}"));
    }
}

/// A folder of the project's own.
fn inside(path: &str) -> Result<PathBuf, Mistake> {
    let folder = PathBuf::from(path);
    let is_inside = folder.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if is_inside && !path.is_empty() {
        return Ok(folder);
    }
    Err(Mistake::new(format!("expected the target's path inside of the project, found {path:?}")))
}

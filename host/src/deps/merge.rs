//! Adding dependencies to a manifest's text: what is added is added, and all else stays as it was written, comments too.

use std::path::Path;

use semver::VersionReq;
use toml_edit::{DocumentMut, InlineTable, Item, Table, TomlError, value};

use super::Found;
use super::requirement::are_same;
use crate::error::{Error, Result};
use crate::manifest::{MAX_MANIFEST, Manifest};

/// A manifest's text with what was added, and what became of each dependency.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The text; as it was where nothing is added.
    pub text: String,
    /// By name, ascending.
    pub outcomes: Vec<(String, Outcome)>,
}

/// What became of a dependency that files ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there.
    Added,
    /// It is there with this requirement.
    There,
    /// It is there with another requirement, as written, which stays.
    Differs(String),
}

/// Adds what is asked for and not there; `registry` is the name that the manifest has for the registry, where it is not the
/// default one. `path` is for messages.
///
/// # Errors
/// Malformed: the manifest is none, before or with what was added.
pub fn merge(path: &Path, text: &str, found: &Found, registry: Option<&str>) -> Result<Merged> {
    let malformed = |what: String| Error::malformed(format!("{}: {what}", path.display()));
    let checked = |text: &str| Manifest::parse(path, text, |_| Ok(None));
    let registries = checked(text)?.registries;
    let mut document: DocumentMut = text.parse().map_err(|error: TomlError| malformed(error.message().to_owned()))?;
    let section = document.entry("dependencies").or_insert(Item::Table(Table::new()));
    let section = section
        .as_table_like_mut()
        .ok_or_else(|| malformed("expected [dependencies] as a table, found otherwise".to_owned()))?;
    let named = registry.unwrap_or("default");
    let mut outcomes = Vec::new();
    for (name, wanted) in &found.wanted {
        let outcome = match section.get(name) {
            Some(there) => {
                let stated = there.as_str().or_else(|| there.get("version")?.as_str()).unwrap_or_default();
                let is_same = VersionReq::parse(stated).is_ok_and(|stated| are_same(&stated, &wanted.requirement));
                if is_same { Outcome::There } else { Outcome::Differs(stated.to_owned()) }
            }
            None if !registries.contains_key(named) => {
                let what =
                    format!("{name} would be looked for in the registry {named:?}, which [registries] does not list");
                let listed: Vec<&str> = registries.keys().map(String::as_str).collect();
                return Err(malformed(what).hint(match listed.is_empty() {
                    true => "it is empty: `NAME = \"ORIGIN\"` lists one".to_owned(),
                    false => format!("`--registry NAME` names another; it lists {}", listed.join(", ")),
                }));
            }
            None => {
                let version = wanted.requirement.to_string();
                let item = match registry {
                    None => value(version),
                    Some(registry) => {
                        let mut table = InlineTable::new();
                        table.insert("version", version.into());
                        table.insert("registry", registry.into());
                        value(table)
                    }
                };
                section.insert(name, item);
                Outcome::Added
            }
        };
        outcomes.push((name.clone(), outcome));
    }
    let is_changed = outcomes.iter().any(|(_, outcome)| *outcome == Outcome::Added);
    let text = if is_changed { document.to_string() } else { text.to_owned() };
    if is_changed {
        if text.len() as u64 > MAX_MANIFEST {
            return Err(malformed(format!("it would have more than {MAX_MANIFEST} bytes")));
        }
        checked(&text)?;
    }
    Ok(Merged { text, outcomes })
}

//! `wkg.toml`: what stands in the place of packages of a registry.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Ask, Asks, checked, local, requirement};
use crate::error::Result;
use crate::mistake::Mistake;
use crate::{files, table};

const WKG_TOML: &str = "wkg.toml";

/// Largest of these files read, in bytes.
const MAX: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    workspace: Option<toml::Value>,
    #[serde(default)]
    overrides: BTreeMap<String, table::Only<Override>>,
    /// For people: no dependency follows from it.
    #[serde(default, rename = "metadata")]
    _metadata: Option<toml::Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    path: Option<String>,
    version: Option<String>,
}

/// Reads a project's file, and says whether there is one.
///
/// # Errors
/// Malformed: not as wkg has it.
pub(super) fn read(project: &Path, asks: &mut Asks) -> Result<bool> {
    let path = project.join(WKG_TOML);
    let Some(text) = files::read_text(&path, MAX)? else { return Ok(false) };
    let document: Document = files::from_toml(&path, &text)?;
    let at = |mistake: Mistake| mistake.below("overrides").in_file(&path, &text);
    if document.workspace.is_some() {
        asks.unsaid
            .push(format!("{WKG_TOML}: [workspace] names other projects, each of which has to be read with --from"));
    }
    for (name, table::Only(Override { path, version })) in document.overrides {
        checked(&name).map_err(|mistake| at(mistake.named(&name)))?;
        match (path, version) {
            // As wkg has it, a path counts more than a version.
            (Some(path), _) => {
                asks.unsaid.push(local(&name, &path, WKG_TOML));
                asks.elsewhere.push(name);
            }
            (None, Some(version)) => {
                let requirement =
                    requirement(&version, &name).map_err(|mistake| at(mistake.below("version").below(&name)))?;
                asks.instead.push(Ask { name, requirement, place: WKG_TOML.to_owned() });
            }
            (None, None) => {
                asks.unsaid.push(format!("{WKG_TOML}: the override of {name} says neither path nor version"))
            }
        }
    }
    Ok(true)
}

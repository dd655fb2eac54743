//! `headlock.toml`: what a consumer depends on, and the part of it that determines an answer.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use headlock_log::name::{check_feature_name, check_origin, check_package_name};
use semver::{Version, VersionReq};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::error::{Error, Result};
use crate::inputs::{Forbidden, Input, Inputs, Local, MAX_BUDGET, Override, Replacement};
use crate::sources::MAX_BLOB;
use crate::{files, table};

/// The manifest's usual name.
pub const MANIFEST: &str = "headlock.toml";

/// Largest manifest read, in bytes.
pub const MAX_MANIFEST: u64 = 4 << 20;

/// Most local components.
pub const MAX_LOCALS: usize = 256;

/// Most bytes of all their files together.
pub const MAX_LOCAL_BYTES: u64 = 1 << 30;

/// The content of a component whose file was not looked at, or is not there.
const UNKNOWN: Digest = Digest([0; 32]);

/// The solver's budget where nobody asks for another, in steps of the released solver. Locking bevy with its 572 releases
/// takes 500,000; what grows exponentially is over after a second or two where code is compiled.
pub const DEFAULT_BUDGET: u64 = 100_000_000;

/// A manifest as it was read: shape and names are right, nothing has been looked up.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was read from.
    pub path: PathBuf,
    /// The trust file, relative to the manifest's folder; none if none is named.
    pub trust: Option<String>,
    /// What it asks for.
    pub inputs: Inputs,
    /// The files of local components, in no order that means anything.
    pub locals: Vec<LocalFile>,
}

/// The file of a local component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Origin of the replaced package's registry.
    pub registry: String,
    /// The replaced package.
    pub name: String,
    /// Where the file is.
    pub path: PathBuf,
    /// Whether it is there. If it is not, the inputs hold no content of it that means anything.
    pub is_there: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    trust: Option<String>,
    #[serde(default, rename = "package", deserialize_with = "table::only")]
    _package: About,
    #[serde(default, deserialize_with = "table::only")]
    solver: SolverTable,
    #[serde(default)]
    registries: BTreeMap<String, String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Wanted>,
    #[serde(default)]
    overrides: BTreeMap<String, Replaced>,
    #[serde(default, deserialize_with = "table::each")]
    forbid: Vec<ForbidTable>,
}

/// An override as written: a package in the place of one, or a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideTable {
    /// Name of the replaced package's registry.
    registry: Option<String>,
    by: Option<String>,
    #[serde(rename = "by-registry")]
    by_registry: Option<String>,
    path: Option<String>,
    version: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Wanted>,
}

/// `[[forbid]]`, with names of registries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForbidTable {
    dependent: Option<String>,
    dependency: String,
}

/// `[package]`: for people only, no answer depends on it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read so that a misspelt field is refused; no answer depends on it")]
struct About {
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SolverTable {
    budget: Option<u64>,
}

/// A dependency as written: a requirement, or a table.
struct Wanted(WantedTable);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedTable {
    version: String,
    registry: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    sha256: Option<String>,
}

/// An override's table.
struct Replaced(OverrideTable);

impl<'de> Deserialize<'de> for Replaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Replaced;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table such as { by = \"acme:log\" } or { path = \"log.wasm\", version = \"1.2.3\" }")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Replaced, A::Error> {
                OverrideTable::deserialize(MapAccessDeserializer::new(map)).map(Replaced)
            }
        }
        deserializer.deserialize_map(Shape)
    }
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Wanted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a requirement such as \"^1.2\", or a table { version, registry, features, sha256 }")
            }

            fn visit_str<E>(self, version: &str) -> Result<Wanted, E> {
                let version = version.to_owned();
                Ok(Wanted(WantedTable { version, registry: None, features: Vec::new(), sha256: None }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
                WantedTable::deserialize(MapAccessDeserializer::new(map)).map(Wanted)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl Manifest {
    /// Reads a manifest file, and the files of local components that are there.
    ///
    /// # Errors
    /// Malformed: not there, too large, not TOML, an unknown field, a name or requirement that is none, a registry that
    /// is not listed, a local component that cannot be read.
    pub fn read(path: &Path) -> Result<Manifest> {
        let left = Cell::new(MAX_LOCAL_BYTES);
        Manifest::parse(path, &text(path)?, |file| {
            let Some(bytes) = files::read_bytes(file, MAX_BLOB.min(left.get()))? else { return Ok(None) };
            left.set(left.get() - bytes.len() as u64);
            Ok(Some(Digest::of(&bytes)))
        })
    }

    /// Where the trust file is that the manifest in a file names, without looking at any other file.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_trust_path(path: &Path) -> Result<Option<PathBuf>> {
        Ok(Manifest::parse(path, &text(path)?, |_| Ok(None))?.trust_path())
    }

    /// Parses a manifest's text. `path` is where it stands; `content` gives the sha256 of a local component's file, or
    /// nothing if it is not there.
    ///
    /// # Errors
    /// As [`Manifest::read`], and what `content` says.
    pub fn parse(path: &Path, text: &str, content: impl Fn(&Path) -> Result<Option<Digest>>) -> Result<Manifest> {
        let document: Document = files::from_toml(path, text)?;
        let at = |what: String| Error::malformed(format!("{}: {what}", path.display()));
        for (alias, origin) in &document.registries {
            check_origin(origin).map_err(|error| at(format!("registry {alias:?}: {error}")))?;
        }
        let mut dependencies = Vec::with_capacity(document.dependencies.len());
        for (name, Wanted(wanted)) in document.dependencies {
            dependencies.push(input(&document.registries, name, wanted).map_err(at)?);
        }
        let budget = document.solver.budget.unwrap_or(DEFAULT_BUDGET);
        if budget > MAX_BUDGET {
            return Err(at(format!("expected a budget of at most {MAX_BUDGET} steps, found {budget}")));
        }
        let registry = |alias: &str| {
            named(&document.registries, alias).map_err(|known| {
                at(format!("forbid names the registry {alias:?}, which [registries] does not list ({known})"))
            })
        };
        let forbidden = document.forbid.iter().map(|ForbidTable { dependent, dependency }| {
            let dependent = dependent.as_deref().map(registry).transpose()?;
            Ok(Forbidden { dependent, dependency: registry(dependency)? })
        });
        let forbidden = forbidden.collect::<Result<_>>()?;
        let (mut overrides, mut paths) = (Vec::new(), BTreeMap::new());
        for (name, Replaced(table)) in document.overrides {
            let about = |what: String| at(format!("override of {name:?}: {what}"));
            let file = table.path.as_ref().map(|file| path.parent().unwrap_or(Path::new("")).join(file));
            let replaced = replaced(&document.registries, &name, table).map_err(about)?;
            if let Some(file) = file {
                paths.insert((replaced.registry.clone(), replaced.name.clone()), file);
            }
            overrides.push(replaced);
        }
        let mut inputs = Inputs::from_unsorted(budget, dependencies, forbidden, overrides, Vec::new());
        inputs.check_overrides().map_err(|what| at(format!("the overrides {what}")))?;
        // Only what has the right form is looked at, each file once.
        if paths.len() > MAX_LOCALS {
            return Err(at(format!("expected at most {MAX_LOCALS} local components, found {}", paths.len())));
        }
        let mut found: BTreeMap<PathBuf, Option<Digest>> = BTreeMap::new();
        let mut locals = Vec::new();
        for replaced in &mut inputs.overrides {
            let key = (replaced.registry.clone(), replaced.name.clone());
            let (Some(file), Replacement::Local(local)) = (paths.remove(&key), &mut replaced.by) else { continue };
            let digest = match found.get(&file) {
                Some(&known) => known,
                None => {
                    let digest = content(&file).map_err(|error| {
                        let at = format!("{}: override of {:?}: {error}", path.display(), replaced.name);
                        Error::new(error.kind(), at)
                    })?;
                    found.insert(file.clone(), digest);
                    digest
                }
            };
            local.content = digest.unwrap_or(UNKNOWN);
            let (registry, name) = key;
            locals.push(LocalFile { registry, name, path: file, is_there: digest.is_some() });
        }
        Ok(Manifest { path: path.to_owned(), trust: document.trust, inputs, locals })
    }

    /// Whether it asks for what a lock was made from. Preferences are the lock's own; and of a local component whose file
    /// is not there, the lock's word is taken.
    pub fn asks_for(&self, inputs: &Inputs) -> bool {
        let mut own = Inputs { preferences: inputs.preferences.clone(), ..self.inputs.clone() };
        for replaced in &mut own.overrides {
            let missing =
                self.missing().any(|file| (&file.registry, &file.name) == (&replaced.registry, &replaced.name));
            let locked = inputs.local(&replaced.registry, &replaced.name);
            if let (true, Replacement::Local(local), Some(locked)) = (missing, &mut replaced.by, locked) {
                local.content = locked.content;
            }
        }
        own == *inputs
    }

    /// The files of local components that are not there.
    pub fn missing(&self) -> impl Iterator<Item = &LocalFile> {
        self.locals.iter().filter(|file| !file.is_there)
    }

    /// Checks that the files of local components are there.
    ///
    /// # Errors
    /// Malformed: one is not.
    pub fn require_files(&self) -> Result<()> {
        let Some(LocalFile { name, path, .. }) = self.missing().next() else { return Ok(()) };
        let (manifest, path) = (self.path.display(), path.display());
        Err(Error::malformed(format!("{manifest}: override of {name:?}: there is no file at {path}"))
            .hint("build the component, or take the override out of [overrides]"))
    }

    /// Where the trust file is that the manifest names.
    pub fn trust_path(&self) -> Option<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        self.trust.as_ref().map(|name| folder.join(name))
    }
}

/// The text of a manifest file.
fn text(path: &Path) -> Result<String> {
    files::read_text(path, MAX_MANIFEST)?.ok_or_else(|| {
        Error::malformed(format!("there is no manifest at {}", path.display()))
            .hint("`headlock init` writes one; `-C DIR` or `--manifest-path FILE` names another place")
    })
}

/// The origin of a registry by its name in the manifest, or which names there are.
fn named(registries: &BTreeMap<String, String>, alias: &str) -> Result<String, String> {
    registries.get(alias).cloned().ok_or_else(|| {
        let known: Vec<&str> = registries.keys().map(String::as_str).collect();
        if known.is_empty() { "it is empty".to_owned() } else { format!("it lists {}", known.join(", ")) }
    })
}

/// Reads one override. An error is a clause without its place.
///
/// A local component has no content yet.
fn replaced(registries: &BTreeMap<String, String>, name: &str, table: OverrideTable) -> Result<Override, String> {
    check_package_name(name).map_err(|error| error.to_string())?;
    let find = |alias: &str| {
        named(registries, alias)
            .map_err(|known| format!("it names the registry {alias:?}, which [registries] does not list ({known})"))
    };
    let alias = table.registry.as_deref().unwrap_or("default");
    let registry = find(alias)?;
    let OverrideTable { by, by_registry, path, version, features, dependencies, .. } = table;
    let is_package = by.is_some() || by_registry.is_some();
    let by = match (is_package, path, version) {
        (true, None, None) if features.is_empty() && dependencies.is_empty() => Replacement::Package {
            registry: by_registry.map_or_else(|| Ok(registry.clone()), |alias| find(&alias))?,
            name: match by {
                None => name.to_owned(),
                Some(by) => check_package_name(&by).map(|()| by.clone()).map_err(|error| error.to_string())?,
            },
        },
        (false, Some(_), Some(version)) => {
            let version = Version::parse(&version)
                .map_err(|error| format!("expected a version such as 1.2.3, found {version:?}: {error}"))?
                .to_string();
            for feature in &features {
                check_feature_name(feature).map_err(|error| error.to_string())?;
            }
            // Where nothing else is said, it needs packages of the registry that it stands in for.
            let needed = dependencies.into_iter().map(|(needed, Wanted(wanted))| {
                let wanted = WantedTable { registry: wanted.registry.or_else(|| Some(alias.to_owned())), ..wanted };
                input(registries, needed, wanted)
            });
            let dependencies = needed.collect::<Result<_, String>>()?;
            Replacement::Local(Local { version, content: UNKNOWN, features, dependencies })
        }
        (false, None, None) => {
            let what = "expected `by` or `by-registry` (another package), or `path` and `version` (a local component)";
            return Err(what.to_owned());
        }
        (true, None, None) => return Err("`features` and `dependencies` are a local component's".to_owned()),
        (true, _, _) => {
            return Err("expected another package (`by`) or a local component (`path`), found both".to_owned());
        }
        (false, Some(_), None) => {
            return Err("`path` goes with the `version` that the component stands for".to_owned());
        }
        (false, None, Some(_)) => return Err("`version` goes with the `path` of a local component".to_owned()),
    };
    Ok(Override { registry, name: name.to_owned(), by })
}

/// Reads one dependency. An error is a clause without its place.
fn input(registries: &BTreeMap<String, String>, name: String, wanted: WantedTable) -> Result<Input, String> {
    check_package_name(&name).map_err(|error| format!("dependency {name:?}: {error}"))?;
    let alias = wanted.registry.as_deref().unwrap_or("default");
    let registry = named(registries, alias).map_err(|known| {
        format!("dependency {name:?} is looked for in registry {alias:?}, which [registries] does not list ({known})")
    })?;
    let requirement = VersionReq::parse(&wanted.version).map_err(|error| {
        format!("dependency {name:?} asks for {:?}, which is no requirement: {error}", wanted.version)
    })?;
    let content = match wanted.sha256 {
        None => None,
        Some(text) => Some(text.parse::<Digest>().map_err(|error| format!("dependency {name:?}: sha256: {error}"))?),
    };
    for feature in &wanted.features {
        check_feature_name(feature).map_err(|error| format!("dependency {name:?}: {error}"))?;
    }
    let requirement = requirement.to_string();
    Ok(Input { registry, name, requirement, content, features: wanted.features })
}
